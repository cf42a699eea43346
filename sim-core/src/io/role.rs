//! What a block is to its filesystem, and runs of such blocks.

use std::fmt;
use std::str::FromStr;

use super::FileId;

/// What a block is to its filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A block of a file's contents.
    Data,
    /// The single indirect block.
    Ind,
    /// The double indirect block.
    Dind,
    /// A leaf under the double indirect block, by its index there.
    DindLeaf(u32),
    /// The triple indirect block.
    Tind,
    /// A block under the triple indirect block, by its index there.
    TindMiddle(u32),
    /// A leaf under such a block: the index of that block, and the index in it.
    TindLeaf(u32, u32),
    /// The superblock.
    Super,
    /// Group descriptors.
    Groups,
    /// The block bitmap of a group.
    Bitmap(u32),
    /// The inode table of a group.
    Inodes(u32),
    /// A block that nothing known to the run uses.
    Unknown,
}

impl Role {
    /// Whether this is one of the blocks that map a file: an indirect block of any level.
    pub fn is_indirect(self) -> bool {
        match self {
            Role::Ind
            | Role::Dind
            | Role::DindLeaf(_)
            | Role::Tind
            | Role::TindMiddle(_)
            | Role::TindLeaf(..) => true,
            Role::Data | Role::Super | Role::Groups | Role::Bitmap(_) | Role::Inodes(_) | Role::Unknown => {
                false
            }
        }
    }

    /// Whether such a block is one file's own: its data, or an indirect block.
    pub fn belongs_to_a_file(self) -> bool {
        self == Role::Data || self.is_indirect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Role::Data => f.write_str("data"),
            Role::Ind => f.write_str("ind"),
            Role::Dind => f.write_str("dind"),
            Role::DindLeaf(leaf) => write!(f, "dleaf/{leaf}"),
            Role::Tind => f.write_str("tind"),
            Role::TindMiddle(middle) => write!(f, "tmid/{middle}"),
            Role::TindLeaf(middle, leaf) => write!(f, "tleaf/{middle}/{leaf}"),
            Role::Super => f.write_str("super"),
            Role::Groups => f.write_str("groups"),
            Role::Bitmap(group) => write!(f, "bitmap/{group}"),
            Role::Inodes(group) => write!(f, "inodes/{group}"),
            Role::Unknown => f.write_str("unknown"),
        }
    }
}

/// A word that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a role: data, ind, dind, dleaf/N, tind, tmid/N, tleaf/N/N, super, groups, bitmap/N, inodes/N or unknown"
)]
pub struct NotARole;

impl FromStr for Role {
    type Err = NotARole;

    /// Reads what [`Role`]'s `Display` prints; indices go up to 2^32 - 1.
    fn from_str(text: &str) -> Result<Role, NotARole> {
        let mut words = text.split('/');
        let name = words.next().ok_or(NotARole)?;
        let mut index = || {
            let digits = words.next().ok_or(NotARole)?;
            // `parse` alone would take a sign.
            let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
            if all_digits { digits.parse().map_err(|_| NotARole) } else { Err(NotARole) }
        };
        let role = match name {
            "data" => Role::Data,
            "ind" => Role::Ind,
            "dind" => Role::Dind,
            "dleaf" => Role::DindLeaf(index()?),
            "tind" => Role::Tind,
            "tmid" => Role::TindMiddle(index()?),
            "tleaf" => Role::TindLeaf(index()?, index()?),
            "super" => Role::Super,
            "groups" => Role::Groups,
            "bitmap" => Role::Bitmap(index()?),
            "inodes" => Role::Inodes(index()?),
            "unknown" => Role::Unknown,
            _ => return Err(NotARole),
        };
        if words.next().is_some() { Err(NotARole) } else { Ok(role) }
    }
}

/// A run of filesystem blocks inside one I/O: consecutive on the device and, where they are data,
/// consecutive in their file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece {
    /// The file that the blocks belong to; none for metadata of the whole filesystem.
    pub file: Option<FileId>,
    /// What the blocks are.
    pub role: Role,
    /// The first block's index in its file (data), else 0.
    pub logical: u64,
    /// The first block's index on the device, in filesystem blocks.
    pub physical: u64,
    /// How many blocks.
    pub blocks: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_printed() {
        for role in [
            Role::Data,
            Role::Ind,
            Role::Dind,
            Role::DindLeaf(3),
            Role::Tind,
            Role::TindMiddle(0),
            Role::TindLeaf(7, u32::MAX),
            Role::Super,
            Role::Groups,
            Role::Bitmap(12),
            Role::Inodes(0),
            Role::Unknown,
        ] {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
    }

    #[test]
    fn other_words_are_no_roles() {
        for text in
            ["", "index", "dleaf", "dleaf/", "dleaf/+1", "dleaf/1/2", "tleaf/1", "ind/0", "bitmap/4294967296"]
        {
            assert_eq!(text.parse::<Role>(), Err(NotARole), "{text}");
        }
    }
}

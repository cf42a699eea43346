//! The entries of a directory block.

/// Bytes of an entry before its name.
pub(super) const HEADER_BYTES: usize = 8;
/// The longest name, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 255;

/// An entry of a directory block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    /// The inode that it names; 0: none, the entry is free.
    pub(super) inode: u32,
    /// Its name.
    pub(super) name: &'a [u8],
}

/// An entry that cannot be right: the byte in the block at which it begins, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadEntry {
    pub(super) offset: usize,
    pub(super) what: &'static str,
}

/// The entries of one block, in order; ends after the first that cannot be right. An entry may not
/// reach into the next block. `typed`: entries carry a file type, so that the length of the name has
/// only one byte.
// [ext2-image.directory]
pub(super) fn entries(block: &[u8], typed: bool) -> Entries<'_> {
    Entries { block, typed, offset: 0 }
}

pub(super) struct Entries<'a> {
    block: &'a [u8],
    typed: bool,
    offset: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, BadEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offset;
        let rest = self.block.get(offset..).filter(|rest| !rest.is_empty())?;
        match entry(rest, self.typed) {
            Ok((entry, length)) => {
                self.offset += length;
                Some(Ok(entry))
            }
            Err(what) => {
                self.offset = self.block.len();
                Some(Err(BadEntry { offset, what }))
            }
        }
    }
}

/// The entry that `rest` begins with, and how long its record is.
// [ext2-image.hostile]
fn entry(rest: &[u8], typed: bool) -> Result<(Entry<'_>, usize), &'static str> {
    let Some((header, _)) = rest.split_first_chunk::<HEADER_BYTES>() else {
        return Err("the block ends within an entry");
    };
    let [i0, i1, i2, i3, r0, r1, n0, n1] = *header;
    let length = match u16::from_le_bytes([r0, r1]) {
        // In blocks of 64 KiB a record of the whole block does not fit its field.
        0xFFFF => 0x1_0000,
        length => usize::from(length),
    };
    let name_length = usize::from(if typed { u16::from(n0) } else { u16::from_le_bytes([n0, n1]) });
    if name_length > MAX_NAME_BYTES {
        return Err("the name is longer than 255 bytes");
    }
    if length < HEADER_BYTES + 4 {
        return Err("the record is shorter than any entry");
    }
    if !length.is_multiple_of(4) {
        return Err("the record's length is no multiple of 4");
    }
    if length < (HEADER_BYTES + name_length).next_multiple_of(4) {
        return Err("the record is too short for its name");
    }
    if length > rest.len() {
        return Err("the record reaches beyond its block");
    }
    let name = &rest[HEADER_BYTES..HEADER_BYTES + name_length];
    Ok((Entry { inode: u32::from_le_bytes([i0, i1, i2, i3]), name }, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(inode: u32, length: u16, name_length: [u8; 2], name: &[u8]) -> Vec<u8> {
        let mut bytes = inode.to_le_bytes().to_vec();
        bytes.extend(length.to_le_bytes());
        bytes.extend(name_length);
        bytes.extend(name);
        bytes.resize(bytes.len().max(usize::from(length).min(64)), 0);
        bytes
    }

    // [ext2-image.directory]
    #[test]
    fn entries_follow_each_other_by_their_record_lengths() {
        let mut block = record(12, 12, [1, 1], b"f");
        block.extend(record(0, 16, [3, 0], b"old"));
        block.extend(record(13, 36, [5, 1], b"other"));
        let found: Vec<_> = entries(&block, true).map(Result::unwrap).collect();
        let names: Vec<_> = found.iter().map(|entry| (entry.inode, entry.name)).collect();
        assert_eq!(names, [(12, &b"f"[..]), (0, b"old"), (13, b"other")]);
    }

    // [ext2-image.directory]
    #[test]
    fn without_types_the_names_length_has_two_bytes() {
        let block = record(12, 12, [1, 1], b"f");
        assert_eq!(
            entries(&block, false).next().unwrap().unwrap_err().what,
            "the name is longer than 255 bytes"
        );
        let block = record(12, 12, [1, 0], b"f");
        assert_eq!(entries(&block, false).next().unwrap().unwrap().name, b"f");
    }

    // [ext2-image.hostile]
    #[test]
    fn an_impossible_record_ends_the_block() {
        for (length, name_length, what) in [
            (0, 1, "the record is shorter than any entry"),
            (8, 1, "the record is shorter than any entry"),
            (13, 1, "the record's length is no multiple of 4"),
            (12, 5, "the record is too short for its name"),
            (68, 1, "the record reaches beyond its block"),
            (0xFFFF, 1, "the record reaches beyond its block"),
        ] {
            let mut block = record(11, 12, [1, 2], b".");
            block.extend(record(12, length, [name_length, 1], b"f"));
            block.resize(64, 0);
            let found: Vec<_> = entries(&block, true).collect();
            assert_eq!(found.len(), 2, "{what}");
            assert_eq!(found[1], Err(BadEntry { offset: 12, what }));
        }
        let mut block = record(12, 12, [1, 1], b"f");
        block.extend([1, 2, 3]);
        let last = entries(&block, true).last().unwrap();
        assert_eq!(last, Err(BadEntry { offset: 12, what: "the block ends within an entry" }));
    }
}

//! Following the pointers from an inode down (`ext2_get_branch`), and changing them.

use sim_core::io::FileId;

use super::path::BlockPath;
use crate::buffer_cache::{Owner, sb_bread};
use crate::errno::Errno;
use crate::kernel::Kernel;
use crate::page::buffers::BufferRef;

/// An array of pointers: the inode's own, or an indirect block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Array {
    Inode,
    Block(BufferRef),
}

/// How far the pointers lead: to the leaf if `physical` is not 0, else to the first zero pointer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub(super) array: Array,
    /// The level of that array; 0 is the inode.
    pub(super) level: usize,
    pub(super) physical: u32,
}

/// Lends the pointers of an array, by index.
pub(super) fn with_pointers<R>(
    k: &Kernel,
    file: FileId,
    array: Array,
    look: impl FnOnce(&dyn Fn(u32) -> u32) -> R,
) -> R {
    match array {
        Array::Inode => {
            let pointers = k.inodes[file.0 as usize].pointers.borrow();
            look(&|index| pointers.get(index as usize).copied().unwrap_or(0))
        }
        Array::Block(buffer) => k
            .pages
            .with_block(buffer, k.sizes.block as usize, |bytes| look(&|index| pointer_in(bytes, index))),
    }
}

fn pointer_in(bytes: &[u8], index: u32) -> u32 {
    let (pointers, _) = bytes.as_chunks::<4>();
    pointers.get(index as usize).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// Sets a pointer to a block, or to 0.
pub(super) fn set_pointer(k: &Kernel, file: FileId, array: Array, index: u32, target: u64) {
    match array {
        Array::Inode => {
            if let Some(pointer) = k.inodes[file.0 as usize].pointers.borrow_mut().get_mut(index as usize) {
                *pointer = narrow(target);
            }
        }
        Array::Block(buffer) => k.pages.change_block(buffer, k.sizes.block as usize, |bytes| {
            set_pointer_in(bytes, index, target);
        }),
    }
}

pub(super) fn set_pointer_in(bytes: &mut [u8], index: u32, target: u64) {
    let (pointers, _) = bytes.as_chunks_mut::<4>();
    if let Some(pointer) = pointers.get_mut(index as usize) {
        *pointer = narrow(target).to_le_bytes();
    }
}

/// A filesystem's blocks are counted in 32 bits.
fn narrow(block: u64) -> u32 {
    let narrow = u32::try_from(block);
    assert!(narrow.is_ok(), "block {block} has no pointer");
    narrow.unwrap_or(0)
}

/// Follows the pointers from the inode down, through `levels` arrays at most, reading each indirect
/// block on the way.
///
/// # Errors
/// [`Errno::Io`] if an indirect block cannot be read.
// [ext2-map.get-branch]
pub(super) async fn get_branch(
    k: &Kernel,
    file: FileId,
    path: &BlockPath,
    levels: usize,
) -> Result<Branch, Errno> {
    let mut array = Array::Inode;
    for level in 0..levels {
        let index = path.offsets[level];
        let physical = with_pointers(k, file, array, |pointer| pointer(index));
        if physical == 0 || level + 1 == levels {
            return Ok(Branch { array, level, physical });
        }
        let owner = Owner { file: Some(file), role: path.role_at(level) };
        // [error.indirect]
        array = Array::Block(sb_bread(k, u64::from(physical), owner).await?);
    }
    Err(Errno::Io)
}

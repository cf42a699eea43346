//! Inodes on the device: reading one in and writing one back (`ext2_iget`, `ext2_write_inode`).
//!
//! `docs/model/ext2.md`, Writing the image back.

use sim_core::io::{FileId, Role};

use super::disk_format::{INODE_BYTES, Inode};
use super::mount::{ext2_error, set_large_file, sync_super};
use crate::buffer_cache::{Owner, adopt_block, mark_buffer_dirty, sb_bread, sync_dirty_buffer};
use crate::errno::Errno;
use crate::kernel::Kernel;

/// The largest size that needs no feature flag.
const SMALL_FILE: u64 = i32::MAX as u64;

/// Where an inode lies: group, block, byte in that block.
fn place(k: &Kernel, inode: u32) -> Option<(u32, u64, usize)> {
    let (group, block, offset) = k.mount.superblock.inode_place(inode)?;
    Some((group, u64::from(k.mount.group(group).inode_table) + u64::from(block), offset))
}

/// A file is opened for the first time: the block of its inode was read.
// [ext2-write-back.after-mount]
pub fn ext2_iget(k: &Kernel, file: FileId) {
    let inode = &k.inodes[file.0 as usize];
    if inode.is_known.replace(true) {
        return;
    }
    if let Some((group, block, _)) = place(k, inode.number) {
        adopt_block(k, block, Owner { file: None, role: Role::Inodes(group) }, false);
    }
}

/// Puts a file's inode into its block of the inode table; with `wait` that block is written.
///
/// # Errors
/// [`Errno::Io`] if the block cannot be read or written.
// [ext2-write-back.inode] [ext2-write-back.inode-fields] [error.inode-table]
pub async fn ext2_write_inode(k: &Kernel, file: FileId, wait: bool) -> Result<(), Errno> {
    let inode = &k.inodes[file.0 as usize];
    let Some((group, block, offset)) = place(k, inode.number) else { return Err(Errno::Io) };
    let read = sb_bread(k, block, Owner { file: None, role: Role::Inodes(group) }).await;
    let Ok(buffer) = read else {
        ext2_error(k).await;
        return Err(Errno::Io);
    };
    k.pages.pin(buffer.page);
    // [ext2-write-back.large-file]
    if inode.size.get() > SMALL_FILE && set_large_file(k) {
        sync_super(k, true).await;
    }
    k.pages.change_block(buffer, k.sizes.block as usize, |bytes| {
        let (inodes, _) = bytes[offset..].as_chunks_mut::<INODE_BYTES>();
        if let Some(bytes) = inodes.first_mut() {
            let on_device = Inode::parse(bytes);
            let times = inode.times.get();
            let written = Inode {
                size: inode.size.get(),
                sectors: u32::try_from(inode.sectors.get()).unwrap_or(u32::MAX),
                pointers: *inode.pointers.borrow(),
                mtime: times.mtime,
                ctime: times.ctime,
                ..on_device
            };
            written.write_to(bytes);
        }
    });
    mark_buffer_dirty(k, buffer);
    let mut result = Ok(());
    if wait {
        sync_dirty_buffer(k, buffer).await;
        if !k.pages.buffer(buffer).up_to_date {
            result = Err(Errno::Io);
        }
    }
    k.pages.unpin(buffer.page);
    result
}

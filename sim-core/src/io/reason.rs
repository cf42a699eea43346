//! Why an I/O was sent. The words are those of `fs/mpage.c` where it has any.

/// Why mpage gave up building a multi-page bio for a page and took it block by block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confused {
    /// Reading: the page already has buffers.
    HasBuffers,
    /// `get_block` failed.
    GetBlockFailed,
    /// The filesystem filled the block's data while mapping it.
    UpToDateBuffer,
    /// A block is mapped after a hole in the same page.
    MappedAfterHole,
    /// A block is not physically next to the one before it in the page.
    NotContiguous,
    /// No bio could be allocated for readahead.
    AllocationFailed,
    /// Writing: a buffer is dirty, but not mapped.
    DirtyUnmapped,
    /// Writing: a buffer is mapped, but not both dirty and up to date.
    NotDirtyUpToDate,
    /// Writing: no buffer is mapped.
    AllUnmapped,
    /// Writing: the page lies wholly at or past the file's size.
    PastEnd,
}

/// Why an I/O was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The mapping reached the end of its indirect block's array, and the filesystem said so.
    Boundary,
    /// The page that was added last is not full: a hole, or the end of the file.
    Hole,
    /// The next page does not lie next to the last one on the device.
    NotContiguous,
    /// The bio had no room for the next page.
    BioFull,
    /// The next page was given up on, for this reason.
    Confused(Confused),
    /// Nothing more was asked for.
    EndOfRequest,
    /// One block of a page read block by block (`block_read_full_folio`), for this reason.
    FullFolio(Confused),
    /// One block of a page written block by block (`block_write_full_page`), for this reason.
    FullPage(Confused),
    /// One block that is partly overwritten, or zeroed in part, and was not in the cache.
    ReadForWrite,
    /// A metadata block that was not in the cache.
    MetadataRead,
    /// The dirty indirect block behind the last data block (`write_boundary_block`).
    BoundaryBlock,
    /// A dirty metadata block.
    MetadataWrite,
    /// A flush of the device's cache.
    Flush,
}

//! Which window to read ahead: the rules of `ondemand_readahead`, as a function of what is known.

use sim_core::trace::ReadaheadRule;

/// The readahead state of an open file (`struct file_ra_state`), in pages.
// [readahead.state]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileRaState {
    /// The first page of the last window.
    pub start: u64,
    /// How many pages it has.
    pub size: u64,
    /// How many pages before its end the mark stands.
    pub async_size: u64,
    /// The largest window; 0: no readahead.
    pub ra_pages: u64,
    /// The byte behind the last one read; -1 at first.
    pub prev_pos: i64,
    /// Whether reading here and there was announced: no readahead.
    // [readahead.advice]
    pub random: bool,
    /// How often a mapping missed a page and was not made up for.
    pub mmap_miss: u32,
}

impl FileRaState {
    /// That of a file just opened.
    pub const fn new(ra_pages: u64) -> FileRaState {
        FileRaState { start: 0, size: 0, async_size: 0, ra_pages, prev_pos: -1, random: false, mmap_miss: 0 }
    }

    fn set(&mut self, start: u64, size: u64, async_size: u64) {
        (self.start, self.size, self.async_size) = (start, size, async_size);
    }
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The page that is missing, or that carries the mark.
    pub index: u64,
    /// Whether it carries the mark.
    pub marked: bool,
    /// How many pages the reader wants from there on.
    pub req_size: u64,
    /// The longest I/O of the device, in pages.
    pub io_pages: u64,
    /// The power of two that is a page.
    pub page_bits: u32,
}

/// A window to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The rule that chose it.
    pub rule: ReadaheadRule,
    /// Its first page.
    pub start: u64,
    /// How many pages.
    pub size: u64,
    /// How many pages before its end the mark is set; 0: no mark.
    pub async_size: u64,
}

/// n rounded up to a power of two, then more the smaller it is.
// [readahead.init-size]
pub fn init_size(n: u64, max: u64) -> u64 {
    let size = n.checked_next_power_of_two().unwrap_or(max);
    if size <= max / 32 {
        size * 4
    } else if size <= max / 4 {
        size * 2
    } else {
        max
    }
}

/// The size of the window that follows one of `size` pages.
// [readahead.next-size]
pub fn next_size(size: u64, max: u64) -> u64 {
    if size < max / 16 {
        size * 4
    } else if size <= max / 2 {
        size * 2
    } else {
        max
    }
}

/// Chooses the window, and changes the state. `cached` tells whether a page of the file is cached.
/// `None`: nothing is to be read.
pub fn ondemand_readahead(
    ra: &mut FileRaState,
    wanted: Wanted,
    cached: impl Fn(u64) -> bool,
) -> Option<Window> {
    let Wanted { index, marked, req_size, io_pages, page_bits } = wanted;
    // [readahead.max]
    let max =
        if req_size > ra.ra_pages && io_pages > ra.ra_pages { req_size.min(io_pages) } else { ra.ra_pages };
    let previous_page = (ra.prev_pos >> page_bits).cast_unsigned();
    let rule = if index == 0 {
        // [readahead.first-page]
        initial(ra, index, req_size, max);
        ReadaheadRule::StartOfFile
    } else if index == (ra.start + ra.size).wrapping_sub(ra.async_size) || index == ra.start + ra.size {
        // [readahead.sequential]
        let size = ra.size.max(next_size(ra.size, max));
        ra.set(ra.start + ra.size, size, size);
        ReadaheadRule::Sequential
    } else if marked {
        // [readahead.marked]
        let looked_at = index + 1..=index.saturating_add(max);
        let missing = looked_at.clone().find(|&page| !cached(page));
        let start = missing.unwrap_or(*looked_at.end());
        let size = next_size(start - index + req_size, max);
        ra.set(start, size, size);
        ReadaheadRule::Marked
    } else if req_size > max {
        // [readahead.oversize]
        initial(ra, index, req_size, max);
        ReadaheadRule::Oversize
    } else if index.wrapping_sub(previous_page) <= 1 {
        // [readahead.near-previous]
        initial(ra, index, req_size, max);
        ReadaheadRule::SequentialMiss
    } else if let Some((size, async_size)) = context(index, req_size, max, cached) {
        ra.set(index, size, async_size);
        ReadaheadRule::Context
    } else {
        // [readahead.random]
        return Some(Window { rule: ReadaheadRule::Random, start: index, size: req_size, async_size: 0 });
    };
    Some(go(ra, rule, index, max))
}

// [readahead.initial]
fn initial(ra: &mut FileRaState, index: u64, req_size: u64, max: u64) {
    let size = init_size(req_size, max);
    let async_size = if size > req_size { size - req_size } else { size };
    ra.set(index, size, async_size);
}

/// Size and mark of a window behind pages that are cached already.
// [readahead.context]
fn context(index: u64, req_size: u64, max: u64, cached: impl Fn(u64) -> bool) -> Option<(u64, u64)> {
    let looked_at = (index.saturating_sub(max)..index).rev();
    let found = looked_at.take_while(|&page| cached(page)).count() as u64;
    // The scan reports the last page that it looked at, even if that is cached.
    let count = if found == max { max.saturating_sub(1) } else { found };
    if count <= req_size {
        return None;
    }
    let count = if count >= index { count * 2 } else { count };
    Some(((count + req_size).min(max), 1))
}

// [readahead.go]
fn go(ra: &mut FileRaState, rule: ReadaheadRule, index: u64, max: u64) -> Window {
    if index == ra.start && ra.size == ra.async_size {
        let add = next_size(ra.size, max);
        if ra.size + add <= max {
            ra.async_size = add;
            ra.size += add;
        } else {
            ra.size = max;
            ra.async_size = max / 2;
        }
    }
    Window { rule, start: ra.start, size: ra.size, async_size: ra.async_size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(index: u64, req_size: u64) -> Wanted {
        Wanted { index, marked: false, req_size, io_pages: 320, page_bits: 12 }
    }

    fn window_at(start: u64, prev_pos: i64) -> FileRaState {
        FileRaState { start, size: 4, async_size: 3, prev_pos, ..FileRaState::new(32) }
    }

    fn window(rule: ReadaheadRule, start: u64, size: u64, async_size: u64) -> Option<Window> {
        Some(Window { rule, start, size, async_size })
    }

    // [readahead.init-size]
    #[test]
    fn the_first_window_is_larger_the_smaller_the_request() {
        let sizes = [1, 2, 3, 8, 9, 16, 17, 33].map(|n| init_size(n, 32));
        assert_eq!(sizes, [4, 4, 8, 16, 32, 32, 32, 32]);
        assert_eq!(init_size(u64::MAX, 32), 32);
    }

    // [readahead.next-size]
    #[test]
    fn windows_grow_until_they_are_full() {
        let sizes = [0, 1, 2, 4, 16, 17, 32].map(|size| next_size(size, 32));
        assert_eq!(sizes, [0, 4, 4, 8, 32, 32, 32]);
    }

    // [readahead.first-page] [readahead.initial] [readahead.state] [readahead.go]
    #[test]
    fn the_start_of_a_file_is_read_ahead() {
        let mut ra = FileRaState::new(32);
        assert_eq!(
            ondemand_readahead(&mut ra, wanted(0, 1), |_| false),
            window(ReadaheadRule::StartOfFile, 0, 4, 3)
        );
        // A request as large as the window: half of the window is read behind it.
        let mut ra = FileRaState::new(32);
        assert_eq!(
            ondemand_readahead(&mut ra, wanted(0, 32), |_| false),
            window(ReadaheadRule::StartOfFile, 0, 32, 16)
        );
    }

    // [readahead.max]
    #[test]
    fn a_request_larger_than_the_window_raises_it_to_what_the_device_takes() {
        let mut ra = FileRaState::new(32);
        let large = ondemand_readahead(&mut ra, wanted(0, 1000), |_| false);
        assert_eq!(large, window(ReadaheadRule::StartOfFile, 0, 320, 160));
        let mut ra = FileRaState::new(32);
        let small_device = Wanted { io_pages: 16, ..wanted(0, 1000) };
        let large = ondemand_readahead(&mut ra, small_device, |_| false);
        assert_eq!(large, window(ReadaheadRule::StartOfFile, 0, 32, 16));
    }

    // [readahead.sequential]
    #[test]
    fn the_expected_page_starts_the_next_window() {
        let state = window_at(0, 4096);
        for index in [1, 4] {
            let mut ra = state;
            let next =
                ondemand_readahead(&mut ra, Wanted { marked: index == 1, ..wanted(index, 1) }, |_| true);
            // At the mark nothing is wanted of the new window yet; at its end it begins with what is.
            let (size, async_size) = if index == 4 { (24, 16) } else { (8, 8) };
            assert_eq!(next, window(ReadaheadRule::Sequential, 4, size, async_size));
        }
    }

    // [readahead.marked]
    #[test]
    fn a_mark_hit_elsewhere_looks_for_the_first_missing_page() {
        let mut ra = window_at(500, 0);
        let hit = Wanted { marked: true, ..wanted(10, 2) };
        let next = ondemand_readahead(&mut ra, hit, |page| page < 14);
        assert_eq!(next, window(ReadaheadRule::Marked, 14, 12, 12));
        let mut ra = window_at(500, 0);
        let next = ondemand_readahead(&mut ra, hit, |_| true);
        assert_eq!(next, window(ReadaheadRule::Marked, 42, 32, 32));
    }

    // [readahead.oversize] [readahead.near-previous]
    #[test]
    fn large_and_adjoining_requests_begin_anew() {
        let state = window_at(500, 99 * 4096);
        let mut ra = state;
        let oversize = ondemand_readahead(&mut ra, Wanted { io_pages: 8, ..wanted(50, 40) }, |_| false);
        assert_eq!(oversize, window(ReadaheadRule::Oversize, 50, 32, 16));
        for index in [99, 100] {
            let mut ra = state;
            let next = ondemand_readahead(&mut ra, wanted(index, 1), |_| false);
            assert_eq!(next, window(ReadaheadRule::SequentialMiss, index, 4, 3));
        }
        let mut ra = state;
        let next = ondemand_readahead(&mut ra, wanted(98, 1), |_| false);
        assert_eq!(next, window(ReadaheadRule::Random, 98, 1, 0));
        assert_eq!(ra, state);
    }

    // [readahead.random] [readahead.context]
    #[test]
    fn pages_cached_before_it_make_a_sequence() {
        let state = window_at(500, 0);
        let context_of = |cached: fn(u64) -> bool| {
            let mut ra = state;
            ondemand_readahead(&mut ra, wanted(40, 2), cached)
        };
        assert_eq!(context_of(|page| page >= 38), window(ReadaheadRule::Random, 40, 2, 0));
        assert_eq!(context_of(|page| page >= 37), window(ReadaheadRule::Context, 40, 5, 1));
        assert_eq!(context_of(|_| true), window(ReadaheadRule::Context, 40, 32, 1));
        // Cached from the file's start on: twice the length.
        let mut ra = state;
        let next = ondemand_readahead(&mut ra, wanted(5, 2), |_| true);
        assert_eq!(next, window(ReadaheadRule::Context, 5, 12, 1));
    }
}

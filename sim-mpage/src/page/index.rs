//! The pages of one mapping by their index: chunks of 512 places, with bit sets for the dirty and
//! the tagged ones.
//!
//! A chunk that has become empty is recycled, so that memory follows the pages that are cached and
//! not the size of the file. The chunk used last is remembered: walks in order look nothing up.

use std::collections::BTreeMap;
use std::ops::Range;

use super::PageRef;

const CHUNK_BITS: u32 = 9;
const CHUNK: usize = 1 << CHUNK_BITS;
const WORDS: usize = CHUNK / 64;
const EMPTY: u32 = u32::MAX;

/// A set of pages within a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Those that hold data that the device does not.
    Dirty,
    /// Those that a writeback for data integrity has set out to write (`PAGECACHE_TAG_TOWRITE`).
    ToWrite,
}

#[derive(Clone, Debug)]
struct Chunk {
    pages: [u32; CHUNK],
    tags: [[u64; WORDS]; 2],
    used: u64,
}

impl Chunk {
    fn empty() -> Chunk {
        Chunk { pages: [EMPTY; CHUNK], tags: [[0; WORDS]; 2], used: 0 }
    }

    fn next_tagged(&self, tag: Tag, from: usize) -> Option<usize> {
        let words = &self.tags[tag as usize];
        let first = from / 64;
        let mut masked = words[first] & (u64::MAX << (from % 64));
        for (number, &word) in words.iter().enumerate().skip(first) {
            if number != first {
                masked = word;
            }
            if masked != 0 {
                return Some(number * 64 + masked.trailing_zeros() as usize);
            }
        }
        None
    }
}

/// Empty chunks, kept for the next one that is wanted; common to all mappings.
#[derive(Clone, Debug, Default)]
pub struct Chunks {
    all: Vec<Chunk>,
    free: Vec<u32>,
}

impl Chunks {
    fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.all.push(Chunk::empty());
            // Chunks hold pages, and pages are numbered in 32 bits.
            u32::try_from(self.all.len() - 1).unwrap_or(EMPTY)
        })
    }
}

/// The pages of one mapping.
#[derive(Clone, Debug)]
pub struct PageIndex {
    chunks: BTreeMap<u64, u32>,
    last: (u64, u32),
    tagged: [u64; 2],
    pages: u64,
}

impl Default for PageIndex {
    fn default() -> Self {
        PageIndex { chunks: BTreeMap::new(), last: (0, EMPTY), tagged: [0; 2], pages: 0 }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "masked to the nine bits of a place")]
#[inline]
const fn place(index: u64) -> usize {
    (index & (CHUNK as u64 - 1)) as usize
}

/// The first index of the next chunk.
#[inline]
const fn behind_chunk(index: u64) -> u64 {
    (index | (CHUNK as u64 - 1)).saturating_add(1)
}

impl PageIndex {
    /// How many pages are in it.
    pub fn len(&self) -> u64 {
        self.pages
    }

    /// Whether no page is in it.
    pub fn is_empty(&self) -> bool {
        self.pages == 0
    }

    /// How many pages carry `tag`.
    pub fn tagged(&self, tag: Tag) -> u64 {
        self.tagged[tag as usize]
    }

    #[inline]
    fn chunk(&mut self, index: u64) -> Option<u32> {
        let number = index >> CHUNK_BITS;
        if self.last.0 == number && self.last.1 != EMPTY {
            return Some(self.last.1);
        }
        self.look_up(number)
    }

    #[cold]
    fn look_up(&mut self, number: u64) -> Option<u32> {
        let chunk = *self.chunks.get(&number)?;
        self.last = (number, chunk);
        Some(chunk)
    }

    /// The page at `index`.
    #[inline]
    pub fn get(&mut self, chunks: &Chunks, index: u64) -> Option<PageRef> {
        let chunk = self.chunk(index)?;
        match chunks.all[chunk as usize].pages[place(index)] {
            EMPTY => None,
            page => Some(PageRef(page)),
        }
    }

    /// The places from `index` to the end of its chunk; none if there is no such chunk.
    #[inline]
    pub fn places<'c>(
        &mut self,
        chunks: &'c Chunks,
        index: u64,
    ) -> impl Iterator<Item = Option<PageRef>> + use<'c> {
        let places = match self.chunk(index) {
            Some(chunk) => &chunks.all[chunk as usize].pages[place(index)..],
            None => &[],
        };
        places.iter().map(|&page| (page != EMPTY).then_some(PageRef(page)))
    }

    /// Puts the pages that `make` makes into the places of `wanted`, up to the first where one is;
    /// returns how many.
    #[inline]
    pub fn insert_missing(
        &mut self,
        chunks: &mut Chunks,
        wanted: Range<u64>,
        mut make: impl FnMut(u64) -> PageRef,
    ) -> u64 {
        let mut index = wanted.start;
        while index < wanted.end {
            let chunk = self.chunk(index).unwrap_or_else(|| self.make_chunk(chunks, index));
            let chunk = &mut chunks.all[chunk as usize];
            let first = index;
            let behind = wanted.end.min(behind_chunk(index));
            for slot in &mut chunk.pages[place(index)..] {
                if index == behind || *slot != EMPTY {
                    break;
                }
                *slot = make(index).0;
                index += 1;
            }
            chunk.used += index - first;
            self.pages += index - first;
            if index < behind {
                break;
            }
        }
        index - wanted.start
    }

    #[cold]
    fn make_chunk(&mut self, chunks: &mut Chunks, index: u64) -> u32 {
        let chunk = chunks.take();
        self.chunks.insert(index >> CHUNK_BITS, chunk);
        self.last = (index >> CHUNK_BITS, chunk);
        chunk
    }

    /// Takes the pages of `indices` out, with their tags.
    pub fn remove(&mut self, chunks: &mut Chunks, indices: Range<u64>) {
        let mut index = indices.start;
        while index < indices.end {
            let behind = indices.end.min(behind_chunk(index));
            if let Some(chunk) = self.chunk(index) {
                self.remove_from_chunk(chunks, chunk, index..behind);
            }
            index = behind;
        }
    }

    #[inline]
    fn remove_from_chunk(&mut self, chunks: &mut Chunks, number: u32, indices: Range<u64>) {
        let chunk = &mut chunks.all[number as usize];
        let places = place(indices.start)..=place(indices.end - 1);
        let mut removed = 0;
        for slot in &mut chunk.pages[places] {
            removed += u64::from(*slot != EMPTY);
            *slot = EMPTY;
        }
        chunk.used -= removed;
        self.pages -= removed;
        if self.tagged != [0; 2] {
            indices.clone().for_each(|index| self.remove_tags(chunk, index));
        }
        if chunk.used == 0 {
            self.remove_chunk(chunks, number, indices.start);
        }
    }

    #[cold]
    fn remove_tags(&mut self, chunk: &mut Chunk, index: u64) {
        for (tagged, words) in self.tagged.iter_mut().zip(&mut chunk.tags) {
            let (word, bit) = (&mut words[place(index) / 64], 1 << (place(index) % 64));
            *tagged -= u64::from(*word & bit != 0);
            *word &= !bit;
        }
    }

    #[cold]
    fn remove_chunk(&mut self, chunks: &mut Chunks, number: u32, index: u64) {
        self.chunks.remove(&(index >> CHUNK_BITS));
        self.last = (0, EMPTY);
        chunks.free.push(number);
    }

    /// Sets or clears the tag of the page at `index`, which is there.
    pub fn set(&mut self, chunks: &mut Chunks, tag: Tag, index: u64, on: bool) {
        let Some(chunk) = self.chunk(index) else { return };
        let word = &mut chunks.all[chunk as usize].tags[tag as usize][place(index) / 64];
        let bit = 1 << (place(index) % 64);
        match (*word & bit != 0, on) {
            (false, true) => self.tagged[tag as usize] += 1,
            (true, false) => self.tagged[tag as usize] -= 1,
            _ => return,
        }
        *word ^= bit;
    }

    /// The first page at or after `from` that carries `tag`, with its index.
    pub fn next_tagged(&self, chunks: &Chunks, tag: Tag, from: u64) -> Option<(u64, PageRef)> {
        if self.tagged[tag as usize] == 0 {
            return None;
        }
        self.chunks.range(from >> CHUNK_BITS..).find_map(|(&number, &chunk)| {
            let chunk = &chunks.all[chunk as usize];
            let start = number << CHUNK_BITS;
            let place = chunk.next_tagged(tag, place(from.max(start)))?;
            Some((start + place as u64, PageRef(chunk.pages[place])))
        })
    }

    /// All pages, in ascending order.
    pub fn iter<'a>(&'a self, chunks: &'a Chunks) -> impl Iterator<Item = (u64, PageRef)> + 'a {
        self.chunks.iter().flat_map(|(&number, &chunk)| {
            let pages = chunks.all[chunk as usize].pages.iter().enumerate();
            pages
                .filter(|&(_, &page)| page != EMPTY)
                .map(move |(place, &page)| ((number << CHUNK_BITS) + place as u64, PageRef(page)))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64, u64),
        Remove(u64, u64),
        Tag(u64, bool),
    }

    fn step() -> impl Strategy<Value = Step> {
        let index = prop_oneof![0_u64..40, 500_u64..530, (1_u64 << 40)..(1 << 40) + 5];
        (index, 0..4, 0_u64..12).prop_map(|(index, kind, length)| match kind {
            0 => Step::Remove(index, length),
            1 => Step::Tag(index, true),
            2 => Step::Tag(index, false),
            _ => Step::Insert(index, length),
        })
    }

    proptest! {
        /// Whatever is done to it, the index holds what a map and a set would.
        #[test]
        fn the_index_is_a_map_and_a_set(steps in prop::collection::vec(step(), 1..200)) {
            let (mut index, mut chunks) = (PageIndex::default(), Chunks::default());
            let (mut map, mut dirty) = (BTreeMap::new(), BTreeSet::new());
            for (number, step) in (0_u32..).zip(steps) {
                match step {
                    Step::Insert(at, length) => {
                        let free = (at..at + length).take_while(|at| !map.contains_key(at)).count() as u64;
                        let page = |at| PageRef(number * 100 + (at % 50) as u32);
                        prop_assert_eq!(index.insert_missing(&mut chunks, at..at + length, page), free);
                        map.extend((at..at + free).map(|at| (at, page(at))));
                    }
                    Step::Remove(at, length) => {
                        index.remove(&mut chunks, at..at + length);
                        map.retain(|index, _| !(at..at + length).contains(index));
                        dirty.retain(|index| !(at..at + length).contains(index));
                    }
                    Step::Tag(at, on) if map.contains_key(&at) => {
                        index.set(&mut chunks, Tag::Dirty, at, on);
                        if on { dirty.insert(at) } else { dirty.remove(&at) };
                    }
                    Step::Tag(..) => {}
                }
                prop_assert_eq!(index.len(), map.len() as u64);
                prop_assert_eq!(index.tagged(Tag::Dirty), dirty.len() as u64);
            }
            let all: Vec<_> = index.iter(&chunks).collect();
            prop_assert_eq!(&all, &map.iter().map(|(&at, &page)| (at, page)).collect::<Vec<_>>());
            for at in [0, 7, 39, 501, 512, 529, 1 << 40] {
                prop_assert_eq!(index.get(&chunks, at), map.get(&at).copied());
                let next = index.next_tagged(&chunks, Tag::Dirty, at).map(|(at, _)| at);
                prop_assert_eq!(next, dirty.range(at..).next().copied());
            }
            let cached: BTreeSet<_> = map.keys().map(|at| at >> CHUNK_BITS).collect();
            prop_assert_eq!(index.chunks.len(), cached.len());
        }
    }
}

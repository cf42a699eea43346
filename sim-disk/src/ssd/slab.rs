//! A slab: values at places that are used again.

/// Values at numbered places.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    places: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Slab { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Puts a value in; its place.
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        if let Some(place) = self.free.pop() {
            self.places[place as usize] = value;
            return place;
        }
        let place = u32::try_from(self.places.len());
        assert!(place.is_ok(), "a slab holds fewer than 2^32 values");
        self.places.push(value);
        place.unwrap_or(u32::MAX)
    }

    /// The value at a place.
    pub(crate) fn get(&self, place: u32) -> &T {
        &self.places[place as usize]
    }

    /// The value at a place, to be changed.
    pub(crate) fn get_mut(&mut self, place: u32) -> &mut T {
        &mut self.places[place as usize]
    }

    /// Gives a place back; its value must not be looked at any more.
    pub(crate) fn release(&mut self, place: u32) {
        self.free.push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_used_again() {
        let mut slab = Slab::default();
        let (first, second) = (slab.insert('a'), slab.insert('b'));
        slab.release(first);
        *slab.get_mut(second) = 'c';
        assert_eq!(slab.insert('d'), first);
        assert_eq!((*slab.get(first), *slab.get(second)), ('d', 'c'));
    }
}

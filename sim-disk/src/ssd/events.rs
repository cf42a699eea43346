//! What happens next inside the drive.

use sim_core::queue::EventQueue;

use super::picoseconds::Picoseconds;

/// Something that happens; commands by their place in the drive's slab, dies by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The firmware is through with a command.
    Processed(u32),
    /// The data of a write are in.
    DataIn(u32),
    /// A die ends what it is at.
    Die(u32),
    /// A command ends.
    Completed(u32),
}

/// The events to come, in order of instant and, at one instant, in the order in which they were
/// set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events(EventQueue<Event>);

impl Events {
    /// Sets an event.
    pub(crate) fn set(&mut self, at: Picoseconds, event: Event) {
        let set = self.0.schedule(at.key(), event);
        assert!(set.is_ok(), "each command and each die has one event, and they are fewer than 2^24");
    }

    /// The instant of the next one.
    pub(crate) fn next_instant(&mut self) -> Option<Picoseconds> {
        self.0.peek_time().map(Picoseconds::from_key)
    }

    /// Takes out the next one that is not after `until`.
    pub(crate) fn next_up_to(&mut self, until: Picoseconds) -> Option<(Picoseconds, Event)> {
        // [ssd-time.order]
        if self.next_instant()? > until {
            return None;
        }
        self.0.next().map(|(key, event)| (Picoseconds::from_key(key), event))
    }
}

//! Why the simulator did something: the walk from an event to what caused it, up to the call.

use sim_core::trace::{Event, EventId, What};

use super::lines::Line;
use super::names::Names;
use super::words::{note, own_line};
use super::{Simulated, WORKER};

/// The events of a run and their lines, for walking up.
pub(super) struct Causes<'a> {
    pub(super) ran: &'a Simulated,
    pub(super) lines: &'a [Line],
    pub(super) names: &'a Names,
}

impl Causes<'_> {
    /// The chain that ends with an event, from the call on, a line each.
    pub(super) fn of(&self, event: EventId) -> Vec<String> {
        let mut chain = Vec::new();
        let mut at = event;
        while let Some(event) = self.find(at) {
            chain.extend(self.told(event));
            // Causes come before what they cause.
            at = event.because;
        }
        chain.reverse();
        chain
    }

    fn find(&self, id: EventId) -> Option<&Event> {
        let place = self.ran.events.binary_search_by_key(&id, |event| event.id).ok()?;
        self.ran.events.get(place)
    }

    fn told(&self, event: &Event) -> Option<String> {
        let line = self.lines.iter().find(|line| line.event == Some(event.id));
        let (text, tag) = match (line, own_line(&event.what)) {
            (_, Some(own)) => own,
            (Some(line), None) => {
                let by_worker =
                    self.ran.outcome.tasks.get(event.task.0 as usize).is_some_and(|name| name == WORKER);
                let (note, tag) = note(&event.what, by_worker);
                let blocks = line.sectors.map(|sectors| self.names.of_sectors(sectors)).unwrap_or_default();
                let words = [line.text.clone(), blocks, note];
                (words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("  "), tag)
            }
            (None, None) => return None,
        };
        Some(match (tag, &event.what) {
            (_, What::Call { .. }) | (None, _) => text,
            (Some(tag), _) => format!("{text}  [{tag}]"),
        })
    }
}

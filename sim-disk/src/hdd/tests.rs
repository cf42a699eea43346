//! Tests of the whole drive: timelines worked out by hand, closed forms, invariants.

mod closed_forms;
pub(crate) mod drives;
mod invariants;
mod timelines;

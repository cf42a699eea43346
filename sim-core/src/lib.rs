//! The ground floor of the simulator: virtual time, the event queue, cooperative tasks, random
//! streams, and the vocabulary of I/O with its trace.
//!
//! What is here knows nothing of how an I/O is served, or why it is sent: the words (`io`) and
//! the record (`trace`) are plain data.

pub mod digest;
pub mod io;
pub mod queue;
pub mod random;
pub mod statistics;
pub mod task;
pub mod time;
pub mod trace;
pub mod wait;

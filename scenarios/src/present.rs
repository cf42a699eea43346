//! What a run came to, for people and for programs: text, JSON, a line an event, a picture.

pub mod event;
pub mod explain;
pub mod json;
pub mod names;
pub mod picture;
pub mod text;
pub mod words;

//! Pictures of a run, written as SVG by a small writer of our own and drawn as bitmaps by plotters.
//!
//! Every picture says in its title what it shows and below it what is drawn; text is at least
//! 11 px, colours keep their meaning from picture to picture and are chosen for readers who do not
//! tell red from green; long runs are thinned, and the subtitle says how.

mod axis;
mod bitmap;
pub mod blocks;
mod canvas;
mod frame;
#[cfg(test)]
mod inspect;
mod io;
mod labels;
pub mod latency;
mod length;
mod obstacles;
pub mod order_strip;
mod palette;
#[cfg(test)]
mod samples;
mod svg;
mod text;
mod words;

pub use bitmap::BitmapError;
pub use canvas::Picture;
pub use io::{Arm, BlockKind, Io, Piece, Run, Subject, Window};

//! The flash drive.
use crate::ideal::Ideal;
/// A flash drive.
pub type SolidState = Ideal;

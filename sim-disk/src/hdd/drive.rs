//! placeholder
use crate::ideal::Ideal;
/// A rotational drive.
pub type Drive = Ideal;

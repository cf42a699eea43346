//! placeholder
/// A filesystem with its files.
#[derive(Clone, Debug)]
pub struct Volume;

//! What is on the device: metadata as bytes, in an overlay over a base.

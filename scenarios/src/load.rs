//! Reading scenario files: text to syntax tree, base file and overrides, check against the schema,
//! values, and the sense of what was said. Mistakes are collected, each with its place.
//!
//! The order is that of the sub-modules: [`parse`] makes a [`tree`] whose every value knows its
//! [`source`] and span; [`extend`] lays a file over its base; [`overrides`] change values by
//! [`path`]; [`check`] compares the tree with the schema; [`read`] lets serde take the values.
//! Values keep their place through all of this, so that a mistake in an override is shown where
//! the override was written.

pub mod arms;
pub mod check;
pub mod diagnostic;
pub mod extend;
mod locate;
mod not_json;
pub mod overrides;
pub mod parse;
pub mod path;
pub mod read;
pub mod source;
pub mod tree;

pub use arms::{Arm, Input, Loaded, Options, load};

//! Presets: drives as data.

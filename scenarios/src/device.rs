//! Devices by the names of their presets.

/// The presets that a scenario may name.
pub const PRESETS: [&str; 3] = ["ideal", "cheetah9LP", "nvme-tlc-64l"];

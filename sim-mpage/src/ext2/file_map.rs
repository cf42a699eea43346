//! file_map

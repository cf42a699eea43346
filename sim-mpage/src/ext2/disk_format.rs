//! disk_format

//! Faults: sectors that fail: always, so many times, or until they heal.

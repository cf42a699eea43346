//! Figures that are made from the trace as it passes, and percentiles.

//! Bytes into frames, incrementally and without I/O.

pub mod json_values;
pub mod sse;

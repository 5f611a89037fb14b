//! The orders in which candidates can be tried. One file, one strategy.

pub mod shuffle;

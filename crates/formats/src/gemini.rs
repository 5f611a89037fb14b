//! The formats that Google defined for Gemini.

pub mod generate;

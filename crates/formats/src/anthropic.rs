//! The formats that Anthropic made.

pub mod messages;

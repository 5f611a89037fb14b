//! What a Rust program gets that calls models with this crate.
#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, not what they call")]

mod answers;
mod failures;
mod program;
mod streams;

//! Looks at the fake provider from outside, as a gateway would.
#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, not what they call")]

mod binary;
mod client;
mod faults;
mod realistic;
mod scripts;
mod waiting;

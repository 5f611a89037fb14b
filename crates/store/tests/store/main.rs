//! The journal and the database together, as a gateway uses them over many lives.
#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, not what they call")]

mod flushing;
mod journal;
mod ledger;

//! One exchange after the other with servers that do as they should, and with those that do not.
#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, not what they call")]

mod bodies;
mod deadlines;
mod exchange;
mod mock;
mod pool;
mod proxy;
mod tls;
mod trust;

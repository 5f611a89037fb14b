//! The whole gateway over real HTTP, in front of a scripted provider.

#![allow(clippy::unwrap_used, reason = "clippy.toml excuses test functions, not what they call")]

mod arguments;
mod auth;
mod bad_input;
mod cancel;
mod chat;
mod crash;
mod drain;
mod faults;
mod headers;
mod media;
mod paths;
mod reload;
mod retries;
mod secrets;
mod start;
mod support;
mod web;

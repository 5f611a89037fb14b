//! The one JSON mechanism: a single pass over an object yields its keys and byte spans, a reader takes the
//! keys it knows, and what is left *is* the extension, in order.
//!
//! `serde(flatten)` with raw values does not work (serde-rs/serde#2213) and buffers everything; a tree of
//! values costs several times the parse. Here nothing is built but what a reader asks for, unknown fields
//! survive byte for byte, and the same spans serve the edits of the relay.

mod error;
mod fields;
mod outline;
mod raw;
mod scan;
mod value;
mod write;

#[cfg(test)]
mod tests;

pub use error::{JsonError, Step};
pub use fields::Fields;
pub use outline::{Outline, Span, names};
pub use raw::RawJson;
pub use scan::MAX_DEPTH;
pub use value::{Items, Kind, Value};
pub use write::{Array, Object, Slot, array, object, push_str, slot};

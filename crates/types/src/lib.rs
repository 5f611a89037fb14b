//! The values that travel through Ferrolite: requests, responses, events, usage, money and errors.
//!
//! Invariant: nothing here does I/O, reads a clock, draws a random number or knows a wire format.

pub mod chat;
pub mod error;
pub mod ext;
pub mod json;
pub mod money;
pub mod operation;
pub mod profile;
pub mod record;
pub mod usage;

pub use error::{Error, ErrorKind, Fault, Retry, Upstream};
pub use ext::{Ext, FormatId, Loss, LossKind, Rest};
pub use json::RawJson;
pub use money::{Amount, Cost, Price};
pub use operation::Operation;
pub use profile::{DetailPlace, Profile, Thinking};
pub use record::{AttemptNote, Outcome, Record, Served};
pub use usage::Usage;

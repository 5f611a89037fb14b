//! What must outlive a request: a local journal that is written before an answer's last byte, and a database
//! that takes the journal's rows in batches.
//!
//! Invariants: only this crate speaks to databases. A record is in the database exactly once, however often the
//! journal is replayed.

mod error;
mod flush;
mod journal;
mod records;
mod sqlite;

pub use error::StoreError;
pub use flush::Flusher;
pub use journal::{Journal, Position};
pub use records::{Batch, Records, SpendLine, SpendRange};
pub use sqlite::Sqlite;

//! What a database does for the gateway.

use futures_util::future::BoxFuture;

use crate::{Position, StoreError};

/// Lines of the journal, and the place that the database has reached when it has taken them.
#[derive(Debug, Clone)]
pub struct Batch<'a> {
    /// Whole lines of JSON.
    pub lines: &'a str,
    /// Where they end.
    pub upto: Position,
}

/// What must last.
pub trait Records: Send + Sync {
    /// Takes a batch: rows, roll-ups and position together or not at all. A record that is there already is
    /// left as it is.
    fn take<'a>(&'a self, batch: Batch<'a>) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The place in the journal up to which everything was taken.
    fn position(&self) -> BoxFuture<'_, Result<Position, StoreError>>;

    /// What was spent, by day and model, newest day first.
    fn spend(&self, range: SpendRange) -> BoxFuture<'_, Result<Vec<SpendLine>, StoreError>>;
}

/// Which days (UTC), both inclusive, as `2026-11-22`; open where `None`.
#[derive(Debug, Clone, Default)]
pub struct SpendRange {
    /// The first day.
    pub from: Option<String>,
    /// The last day.
    pub to: Option<String>,
}

/// What was spent on one model on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpendLine {
    /// The day (UTC), as `2026-11-22`.
    pub day: String,
    /// The model as callers named it.
    pub model: String,
    /// How many calls.
    pub calls: i64,
    /// How many of them failed or were cancelled.
    pub failed: i64,
    /// Tokens in.
    pub input: i64,
    /// Tokens out.
    pub output: i64,
    /// What they cost, in pico-dollars.
    pub cost_pico: i64,
}

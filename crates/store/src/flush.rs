//! Carries the journal into the database, in batches, from where it last got to.
//!
//! It reads the journal's files and nothing else: no queue that could overflow, and after a crash it goes on
//! as if nothing had happened.

use std::sync::Arc;
use std::time::Duration;

use ferrolite_types::json::{Fields, Kind};
use tokio_util::sync::CancellationToken;

use crate::{Batch, Journal, Position, Records, StoreError};

/// How long rows gather before they are carried over. The disk is synced as often.
const EVERY: Duration = Duration::from_millis(100);

/// How long to wait after the database refused.
const PATIENCE: Duration = Duration::from_secs(1);

/// About how many bytes go in one transaction.
const BATCH: usize = 1024 * 1024;

/// Carries the journal into the database.
#[derive(Clone)]
pub struct Flusher {
    journal: Arc<Journal>,
    records: Arc<dyn Records>,
}

impl Flusher {
    /// A flusher between the two.
    pub fn new(journal: Arc<Journal>, records: Arc<dyn Records>) -> Self {
        Self { journal, records }
    }

    /// Carries over until told to stop, then once more, so that a proper end leaves nothing behind.
    ///
    /// # Errors
    /// The last round failed; the rows are still in the journal.
    pub async fn run(self, stop: CancellationToken) -> Result<(), StoreError> {
        let mut synced = Position::default();
        while !stop.is_cancelled() {
            let pause = match self.round(&mut synced).await {
                Ok(()) => EVERY,
                Err(error) => {
                    tracing::error!(%error, "spend rows wait in the journal");
                    PATIENCE
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        self.round(&mut synced).await
    }

    /// Makes durable and carries over all that is there now.
    async fn round(&self, synced: &mut Position) -> Result<(), StoreError> {
        if *synced != self.journal.end() {
            let (journal, end) = (Arc::clone(&self.journal), self.journal.end());
            tokio::task::spawn_blocking(move || journal.sync()).await.unwrap_or(Ok(()))?;
            *synced = end;
            self.drain().await?;
        }
        Ok(())
    }

    /// Carries over all that is there now.
    ///
    /// # Errors
    /// Journal or database refuse; what was carried over before stays carried over.
    pub async fn drain(&self) -> Result<(), StoreError> {
        let mut at = self.records.position().await?;
        loop {
            let (lines, upto) = self.journal.read(at, BATCH)?;
            if lines.is_empty() {
                return self.journal.forget_before(at);
            }
            let lines = readable(&lines);
            self.records.take(Batch { lines: &lines, upto }).await?;
            at = upto;
        }
    }
}

/// The lines that are records; a line that a crash tore is reported and left out.
fn readable(lines: &[u8]) -> String {
    let text = String::from_utf8_lossy(lines);
    let (good, torn): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| is_record(line));
    for line in &torn {
        tracing::error!(bytes = line.len(), "a torn line of the journal was left out");
    }
    good.join("\n")
}

/// Whether the database can take it: one line that it refuses would hold up all behind it.
fn is_record(line: &str) -> bool {
    const NEEDED: &[&str] = &["id", "call_id", "started", "duration", "model", "outcome", "status"];
    let says =
        |fields: &Fields<'_>, key: &str| fields.peek(key).is_some_and(|value| value.kind() != Kind::Null);
    Fields::parse(line).is_ok_and(|fields| NEEDED.iter().all(|key| says(&fields, key)))
}

impl std::fmt::Debug for Flusher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flusher").field("journal", &self.journal).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpendRange, Sqlite};

    fn line(id: &str, model: &str, cost: i64) -> String {
        format!(
            "{{\"id\":\"{id}\",\"call_id\":\"c\",\"started\":1763769600000000,\"duration\":5,\"model\":\"{model}\",\
             \"outcome\":\"success\",\"status\":200,\"input\":3,\"cache_read\":2,\"output\":4,\"cost_pico\":{cost}}}\n"
        )
    }

    async fn spent(records: &Sqlite) -> Vec<(String, i64, i64, i64)> {
        let lines = records.spend(SpendRange::default()).await.unwrap();
        lines.into_iter().map(|line| (line.model, line.calls, line.input, line.cost_pico)).collect()
    }

    #[tokio::test]
    async fn rows_are_counted_once_however_often_the_journal_is_replayed() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Arc::new(Journal::open(folder.path()).unwrap());
        let records = Sqlite::open(&folder.path().join("db.sqlite")).await.unwrap();
        let flusher = Flusher::new(Arc::clone(&journal), Arc::new(records.clone()));
        journal.append(format!("{}{}torn\n", line("1", "a", 10), line("2", "b", 20)).as_bytes()).unwrap();
        flusher.drain().await.unwrap();
        journal.append(line("3", "a", 1).as_bytes()).unwrap();
        flusher.drain().await.unwrap();
        let expected = [("b".to_owned(), 1, 5, 20), ("a".to_owned(), 2, 10, 11)];
        assert_eq!(spent(&records).await, expected);
        sqlx::query("DELETE FROM journal_position").execute(records.pool_for_tests()).await.unwrap();
        flusher.drain().await.unwrap();
        assert_eq!(spent(&records).await, expected);
    }
}

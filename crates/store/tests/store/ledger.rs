//! A state folder with records in it.

use std::path::Path;
use std::sync::Arc;

use ferrolite_store::{Flusher, Journal, Records, SpendLine, SpendRange, Sqlite};
use tempfile::TempDir;

/// 2026-11-22T00:00:00Z in microseconds.
pub(crate) const DAY: i64 = 1_795_305_600_000_000;

/// Journal and database of one life of a gateway.
pub(crate) struct Life {
    pub(crate) journal: Arc<Journal>,
    pub(crate) database: Sqlite,
    pub(crate) flusher: Flusher,
}

impl Life {
    pub(crate) async fn begin(folder: &Path) -> Self {
        let journal = Arc::new(Journal::open(&folder.join("journal")).unwrap());
        let database = Sqlite::open(&folder.join("db.sqlite")).await.unwrap();
        let flusher = Flusher::new(Arc::clone(&journal), Arc::new(database.clone()));
        Self { journal, database, flusher }
    }

    /// Appends records of these identifiers, about the model `m`.
    pub(crate) fn record(&self, ids: impl IntoIterator<Item = usize>) {
        ids.into_iter()
            .for_each(|id| self.journal.append(line(&id.to_string(), "m", DAY).as_bytes()).unwrap());
    }

    /// How many calls the database knows.
    pub(crate) async fn calls(&self) -> i64 {
        self.spent(SpendRange::default()).await.iter().map(|line| line.calls).sum()
    }

    pub(crate) async fn spent(&self, range: SpendRange) -> Vec<SpendLine> {
        self.database.spend(range).await.unwrap()
    }
}

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A record as a line of the journal.
pub(crate) fn line(id: &str, model: &str, started: i64) -> String {
    format!(
        "{{\"id\":\"{id}\",\"call_id\":\"c\",\"started\":{started},\"duration\":5,\"model\":\"{model}\",\
         \"outcome\":\"success\",\"status\":200,\"input\":3,\"output\":4,\"cost_pico\":7}}\n"
    )
}

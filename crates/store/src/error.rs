//! Why the store could not do what it was asked.

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The journal's files.
    #[error("the journal at {path}: {source}")]
    Journal {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Somebody else writes to the journal.
    #[error("the journal at {path} is in use by another gateway; give each a state folder of its own")]
    InUse {
        /// The folder.
        path: String,
    },
    /// The database.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database's tables could not be brought up to date.
    #[error("the database's tables could not be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

impl StoreError {
    /// What the system said about a file of the journal.
    pub(crate) fn journal(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Journal { path: path.display().to_string(), source }
    }
}

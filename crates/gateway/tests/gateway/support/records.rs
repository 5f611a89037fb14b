//! The records that a gateway left, read as somebody else would: from the file, with nothing of ours.

use std::path::Path;

use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

/// The spend rows of a state folder, oldest first.
pub(crate) async fn rows(state: &Path) -> Vec<Value> {
    let file = SqliteConnectOptions::new().filename(state.join("ferrolite.sqlite"));
    let database = SqlitePoolOptions::new().connect_with(file).await.unwrap();
    let records: Vec<String> = sqlx::query_scalar("SELECT record FROM spend ORDER BY started, id")
        .fetch_all(&database)
        .await
        .unwrap();
    database.close().await;
    records.iter().map(|record| serde_json::from_str(record).unwrap()).collect()
}

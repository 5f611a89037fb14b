//! The embedded database: everything for one replica, in one file.

use std::path::Path;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::records::{Batch, Records, SpendLine, SpendRange};
use crate::{Position, StoreError};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// The rows of a batch that are new. The journal's lines go in as one JSON array, so that SQLite itself reads
/// them: one statement a batch, nothing parsed here.
const ROLL_UP: &str = r"
INSERT INTO spend_by_model (day, model, calls, failed, input, output, cost_pico)
SELECT date(value ->> 'started' / 1000000, 'unixepoch'), value ->> 'model', count(*), sum(value ->> 'outcome' <> 'success'),
       sum(coalesce(value ->> 'input', 0) + coalesce(value ->> 'cache_read', 0) + coalesce(value ->> 'cache_write', 0)
           + coalesce(value ->> 'cache_write_1h', 0) + coalesce(value ->> 'input_audio', 0) + coalesce(value ->> 'input_image', 0)),
       sum(coalesce(value ->> 'output', 0) + coalesce(value ->> 'reasoning', 0) + coalesce(value ->> 'output_audio', 0)
           + coalesce(value ->> 'output_image', 0)),
       sum(coalesce(value ->> 'cost_pico', 0))
FROM json_each(?1)
WHERE NOT EXISTS (SELECT 1 FROM spend WHERE id = value ->> 'id')
GROUP BY 1, 2
ON CONFLICT (day, model) DO UPDATE SET
    calls = calls + excluded.calls, failed = failed + excluded.failed, input = input + excluded.input,
    output = output + excluded.output, cost_pico = cost_pico + excluded.cost_pico";

const INSERT: &str = r"
INSERT OR IGNORE INTO spend
    (id, call_id, started, duration, model, deployment, provider, upstream_model, key_name, outcome, status, input, output,
     cost_pico, record)
SELECT value ->> 'id', value ->> 'call_id', value ->> 'started', value ->> 'duration', value ->> 'model',
       value ->> 'deployment', value ->> 'provider', value ->> 'upstream_model', value ->> 'key_name', value ->> 'outcome',
       value ->> 'status', coalesce(value ->> 'input', 0), coalesce(value ->> 'output', 0), value ->> 'cost_pico', value
FROM json_each(?1)";

const MOVE_ON: &str = r#"
INSERT INTO journal_position (one, segment, "offset") VALUES (1, ?1, ?2)
ON CONFLICT (one) DO UPDATE SET segment = excluded.segment, "offset" = excluded."offset""#;

const SPEND: &str = r"
SELECT day, model, calls, failed, input, output, cost_pico FROM spend_by_model
WHERE day >= coalesce(?1, '') AND day <= coalesce(?2, '9999')
ORDER BY day DESC, cost_pico DESC, model";

/// The embedded database.
#[derive(Debug, Clone)]
pub struct Sqlite {
    pool: SqlitePool,
}

impl Sqlite {
    /// Opens a file, making it when it is not there, and brings its tables up to date.
    ///
    /// # Errors
    /// The file cannot be opened or is not ours.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // The journal has its own durability; this file can be rebuilt from it up to the last checkpoint.
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10));
        // One writer is all that SQLite knows; a second connection lets readers not wait for it.
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self { pool })
    }

    /// Closes the file; what was taken is in it.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

impl Records for Sqlite {
    fn take<'a>(&'a self, batch: Batch<'a>) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let rows = as_array(batch.lines);
            let mut transaction = self.pool.begin().await?;
            sqlx::query(ROLL_UP).bind(&rows).execute(&mut *transaction).await?;
            sqlx::query(INSERT).bind(&rows).execute(&mut *transaction).await?;
            let Position { segment, offset } = batch.upto;
            sqlx::query(MOVE_ON).bind(segment as i64).bind(offset as i64).execute(&mut *transaction).await?;
            transaction.commit().await?;
            Ok(())
        })
    }

    fn position(&self) -> BoxFuture<'_, Result<Position, StoreError>> {
        Box::pin(async move {
            let row: Option<(i64, i64)> = sqlx::query_as(r#"SELECT segment, "offset" FROM journal_position"#)
                .fetch_optional(&self.pool)
                .await?;
            Ok(row.map_or_else(Position::default, |(segment, offset)| Position {
                segment: segment as u64,
                offset: offset as u64,
            }))
        })
    }

    fn spend(&self, range: SpendRange) -> BoxFuture<'_, Result<Vec<SpendLine>, StoreError>> {
        Box::pin(async move {
            type Row = (String, String, i64, i64, i64, i64, i64);
            let rows: Vec<Row> =
                sqlx::query_as(SPEND).bind(range.from).bind(range.to).fetch_all(&self.pool).await?;
            let lines = rows.into_iter().map(|(day, model, calls, failed, input, output, cost_pico)| {
                SpendLine { day, model, calls, failed, input, output, cost_pico }
            });
            Ok(lines.collect())
        })
    }
}

/// Lines of JSON as one array.
fn as_array(lines: &str) -> String {
    let mut array = String::with_capacity(lines.len() + 2);
    array.push('[');
    array.push_str(lines.trim_end());
    array.push(']');
    // Line feeds stand only between records: inside JSON strings they are escaped.
    array.replace('\n', ",")
}

#[cfg(test)]
impl Sqlite {
    pub(crate) fn pool_for_tests(&self) -> &SqlitePool {
        &self.pool
    }
}

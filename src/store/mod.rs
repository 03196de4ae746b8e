//! What is kept: one SQLite file. Writers begin immediate and go one by one through a single connection; readers have
//! their own. SQL stays in what SQLite and PostgreSQL share where that
//! costs nothing: numbered parameters, `on conflict`, `returning`. STRICT tables and pragmas are SQLite's own.

pub mod archive;
pub mod context;
pub mod corrections;
pub mod health;
pub mod items;
pub mod leases;
pub mod outbox;
pub mod raw;
pub mod reconcile;
pub mod series;
pub mod signals;
pub mod sources;
mod stories;
pub mod subscriptions;
pub mod topics;
pub mod verdicts;
pub mod versions;
pub mod waiting;

use std::{path::Path, time::Duration};

use jiff::Timestamp;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// Why something could not be stored or found.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file cannot be opened.
    #[error("de database '{path}' kan niet worden geopend: {source}")]
    Open {
        /// The file.
        path: String,
        /// The reason.
        source: sqlx::Error,
    },
    /// The schema cannot be brought up to date.
    #[error("de database kan niet worden bijgewerkt: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A query failed.
    #[error("de database geeft een fout: {0}")]
    Query(#[from] sqlx::Error),
    /// A stored value is not what this version writes.
    #[error("in de database staat iets onleesbaars: {0}")]
    Content(String),
}

/// The store.
#[derive(Clone)]
pub struct Store {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Store {
    /// Opens a file, makes it when it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or migrated.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open { path: path.display().to_string(), source };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: what was committed is on disk, also after a power cut.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            .statement_cache_capacity(100);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await.map_err(failed)?;
        migrate(path, &writer).await?;
        let reader = SqlitePoolOptions::new().max_connections(3).connect_with(options).await.map_err(failed)?;
        Ok(Self { writer, reader })
    }

    /// Starts a writing transaction. It waits for the one before it, and never upgrades from reading, which is where
    /// "database is locked" comes from.
    ///
    /// # Errors
    /// When no transaction can be started.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Closes the store in order; waits for the last transaction.
    pub async fn close(self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// What SQLite says of its own file: empty when it is sound.
    ///
    /// # Errors
    /// When the check itself fails.
    pub async fn integrity(&self) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as("pragma integrity_check").fetch_all(&self.reader).await?;
        Ok(rows.into_iter().map(|(line,)| line).filter(|line| line != "ok").collect())
    }

    /// Size of the database in bytes.
    ///
    /// # Errors
    /// When the question fails.
    pub async fn bytes(&self) -> Result<i64, StoreError> {
        let (pages,): (i64,) = sqlx::query_as("pragma page_count").fetch_one(&self.reader).await?;
        let (size,): (i64,) = sqlx::query_as("pragma page_size").fetch_one(&self.reader).await?;
        Ok(pages * size)
    }
}

/// Brings the schema up to date, one process at a time: SQLite itself does not keep two from making the same change.
async fn migrate(path: &Path, writer: &SqlitePool) -> Result<(), StoreError> {
    let failed =
        |error: std::io::Error| StoreError::Open { path: path.display().to_string(), source: sqlx::Error::Io(error) };
    let file = path.with_extension("lock");
    let locked = tokio::task::spawn_blocking(move || {
        let file = std::fs::File::create(file)?;
        file.lock().map(|()| file)
    });
    let lock = locked.await.map_err(|error| failed(error.into()))?.map_err(failed)?;
    MIGRATIONS.run(writer).await?;
    // Dropping the file gives the lock back; a process that dies gives it back too.
    drop(lock);
    Ok(())
}

/// A stored second as a moment.
fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH)
}

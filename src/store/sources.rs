//! Where each source stands: cursor, the page to go on with, validators, when it is due, what went wrong.

use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use super::{Store, StoreError, moment};
use crate::domain::{
    exchange::{Cursor, Request, Validators},
    source::SourceId,
};

/// Where a source stands.
#[derive(Debug, Clone, Default)]
pub struct PollState {
    /// Where the last complete page ended.
    pub cursor: Cursor,
    /// The page to go on with, when a walk was broken off.
    pub pending: Option<Request>,
    /// Validators of the opening page of the last complete walk.
    pub validators: Validators,
    /// First poll ever.
    pub first_polled: Option<Timestamp>,
    /// Last poll that ended well.
    pub last_ok: Option<Timestamp>,
    /// Last time that something new came.
    pub last_new: Option<Timestamp>,
    /// When it is due.
    pub due: Option<Timestamp>,
    /// Failed polls in a row.
    pub failures: u32,
    /// What went wrong last, in Dutch.
    pub problem: Option<String>,
    /// Where it has moved for good, by its server.
    pub moved: Option<String>,
    /// Digest of the last opening answer.
    pub digest: String,
}

/// What became of a poll.
#[derive(Debug, Clone, Copy)]
pub struct PollNote<'a> {
    /// When it ended.
    pub now: Timestamp,
    /// When the next one is due.
    pub due: Timestamp,
    /// It brought something new.
    pub brought_new: bool,
    /// What went wrong, in Dutch; none when all went well.
    pub problem: Option<&'a str>,
    /// The problem is a fault of the source, not of ours.
    pub counts: bool,
    /// Where the source has moved for good, when its server said so in this poll.
    pub moved: Option<&'a str>,
    /// Digest of the opening answer; empty when there was none.
    pub digest: &'a str,
}

#[derive(FromRow)]
struct Row {
    source: String,
    cursor: String,
    pending: Option<String>,
    etag: Option<String>,
    last_modified: Option<String>,
    first_polled: Option<i64>,
    last_ok: Option<i64>,
    last_new: Option<i64>,
    due: i64,
    failures: i64,
    problem: Option<String>,
    moved: Option<String>,
    digest: String,
}

impl From<Row> for PollState {
    fn from(row: Row) -> Self {
        Self {
            cursor: Cursor(row.cursor),
            // A note of an older version that cannot be read any more only costs a walk from the cursor.
            pending: row.pending.and_then(|text| serde_json::from_str(&text).ok()),
            validators: Validators { etag: row.etag, last_modified: row.last_modified },
            first_polled: row.first_polled.map(moment),
            last_ok: row.last_ok.map(moment),
            last_new: row.last_new.map(moment),
            due: (row.due > 0).then(|| moment(row.due)),
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            problem: row.problem,
            moved: row.moved,
            digest: row.digest,
        }
    }
}

/// How far a walk came with one page.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// New cursor, when the page moves it.
    pub cursor: Option<Cursor>,
    /// The next page; none ends the walk.
    pub pending: Option<Request>,
    /// Validators to remember; only with the last page, for stored earlier a 304 would hide the pages that were missed.
    pub validators: Option<Validators>,
}

const COLUMNS: &str =
    "select source, cursor, pending, etag, last_modified, first_polled, last_ok, last_new, due, failures, problem,
     moved, digest from source_state";

impl Store {
    /// Where a source stands; the default for one that was never polled.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn poll_state(&self, source: &SourceId) -> Result<PollState, StoreError> {
        let sql = sqlx::AssertSqlSafe(format!("{COLUMNS} where source = $1"));
        let row: Option<Row> = sqlx::query_as(sql).bind(&source.0).fetch_optional(&self.reader).await?;
        Ok(row.map(PollState::from).unwrap_or_default())
    }

    /// Where all sources stand that were ever polled; places of backfills are not among them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn poll_states(&self) -> Result<Vec<(SourceId, PollState)>, StoreError> {
        let rows: Vec<Row> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("{COLUMNS} where source not like '%#backfill'")))
                .fetch_all(&self.reader)
                .await?;
        Ok(rows.into_iter().map(|row| (SourceId(row.source.clone()), row.into())).collect())
    }

    /// Writes the outcome of a poll and when the next one is due; also when nothing had changed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn polled(&self, source: &SourceId, note: PollNote<'_>) -> Result<(), StoreError> {
        sqlx::query(
            "insert into source_state (source, first_polled, last_polled, last_ok, last_new, due, failures, problem, moved, digest)
             values ($1, $2, $2, case when $4 is null then $2 end, case when $5 = 1 then $2 end, $3,
                     case when $4 is null then 0 else $6 end, $4, $7, $8)
             on conflict (source) do update set
                 first_polled = coalesce(source_state.first_polled, excluded.first_polled),
                 last_polled = excluded.last_polled,
                 last_ok = coalesce(excluded.last_ok, source_state.last_ok),
                 last_new = coalesce(excluded.last_new, source_state.last_new),
                 due = excluded.due,
                 failures = case when $4 is null then 0 else source_state.failures + $6 end,
                 problem = excluded.problem,
                 moved = case when $4 is null and $8 <> '' then excluded.moved else source_state.moved end,
                 digest = case when $8 <> '' then $8 else source_state.digest end",
        )
        .bind(&source.0)
        .bind(note.now.as_second())
        .bind(note.due.as_second())
        .bind(note.problem)
        .bind(i64::from(note.brought_new))
        .bind(i64::from(note.counts))
        .bind(note.moved)
        .bind(note.digest)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Forgets a place: a backfill that came to its end.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget(&self, ledger: &SourceId) -> Result<(), StoreError> {
        sqlx::query("delete from source_state where source = $1 and first_polled is null")
            .bind(&ledger.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// Spends one request of a day's budget. False when the budget is spent.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn spend(&self, source: &SourceId, day: &str, budget: u32) -> Result<bool, StoreError> {
        let spent = sqlx::query(
            "insert into source_state (source, spent_day, spent) select $1, $2, 1 where $3 > 0
             on conflict (source) do update set
                 spent = case when source_state.spent_day = $2 then source_state.spent + 1 else 1 end, spent_day = $2
             where source_state.spent_day <> $2 or source_state.spent < $3",
        )
        .bind(&source.0)
        .bind(day)
        .bind(i64::from(budget))
        .execute(&self.writer)
        .await?;
        Ok(spent.rows_affected() > 0)
    }
}

/// Moves a source on, within the transaction that keeps its page.
pub(super) async fn advance(
    tx: &mut Transaction<'static, Sqlite>,
    source: &SourceId,
    progress: &Progress,
) -> Result<(), StoreError> {
    let pending = progress.pending.as_ref().map(serde_json::to_string).transpose();
    let pending = pending.map_err(|error| StoreError::Content(error.to_string()))?;
    let validators = progress.validators.clone().unwrap_or_default();
    sqlx::query(
        "insert into source_state (source, cursor, pending, etag, last_modified) values ($1, coalesce($2, ''), $3, $4, $5)
         on conflict (source) do update set
             cursor = coalesce($2, source_state.cursor),
             pending = $3,
             etag = case when $6 = 1 then $4 else source_state.etag end,
             last_modified = case when $6 = 1 then $5 else source_state.last_modified end",
    )
    .bind(&source.0)
    .bind(progress.cursor.as_ref().map(|cursor| cursor.0.clone()))
    .bind(pending)
    .bind(validators.etag)
    .bind(validators.last_modified)
    .bind(i64::from(progress.validators.is_some()))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

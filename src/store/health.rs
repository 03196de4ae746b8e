//! What a source taught us about itself, hour by hour, and what is wrong with it now.

use jiff::Timestamp;
use sqlx::FromRow;

use super::{Store, StoreError, moment};
use crate::domain::{health::Hour, source::SourceId};

#[derive(FromRow)]
struct HourRow {
    hour: i64,
    polls: i64,
    failed: i64,
    unchanged: i64,
    new: i64,
    changed: i64,
    known: i64,
    rejected: i64,
    with_date: i64,
    with_link: i64,
    with_text: i64,
    same: i64,
}

impl From<HourRow> for Hour {
    fn from(row: HourRow) -> Self {
        Self {
            hour: row.hour,
            polls: row.polls,
            failed: row.failed,
            unchanged: row.unchanged,
            new: row.new,
            changed: row.changed,
            known: row.known,
            rejected: row.rejected,
            with_date: row.with_date,
            with_link: row.with_link,
            with_text: row.with_text,
            same: row.same,
        }
    }
}

/// Something wrong with a source, from when on, and until when if it is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The source.
    pub source: SourceId,
    /// Its kind, a word.
    pub kind: String,
    /// In Dutch, for a person.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when; none while it lasts.
    pub until: Option<Timestamp>,
}

type ConditionRow = (String, String, String, i64, Option<i64>);

fn condition((source, kind, detail, since, until): ConditionRow) -> Condition {
    Condition { source: SourceId(source), kind, detail, since: moment(since), until: until.map(moment) }
}

impl Store {
    /// Adds what one poll gave to its hour.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_hour(&self, source: &SourceId, hour: Hour) -> Result<(), StoreError> {
        sqlx::query(
            "insert into source_hour (source, hour, polls, failed, unchanged, new, changed, known, rejected, with_date,
                                      with_link, with_text, same)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             on conflict (source, hour) do update set
                 polls = polls + excluded.polls, failed = failed + excluded.failed, unchanged = unchanged + excluded.unchanged,
                 new = new + excluded.new, changed = changed + excluded.changed, known = known + excluded.known,
                 rejected = rejected + excluded.rejected, with_date = with_date + excluded.with_date,
                 with_link = with_link + excluded.with_link, with_text = with_text + excluded.with_text,
                 same = same + excluded.same",
        )
        .bind(&source.0)
        .bind(hour.hour)
        .bind(hour.polls)
        .bind(hour.failed)
        .bind(hour.unchanged)
        .bind(hour.new)
        .bind(hour.changed)
        .bind(hour.known)
        .bind(hour.rejected)
        .bind(hour.with_date)
        .bind(hour.with_link)
        .bind(hour.with_text)
        .bind(hour.same)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The hours of a source from a moment on, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn hours(&self, source: &SourceId, since: Timestamp) -> Result<Vec<Hour>, StoreError> {
        let rows: Vec<HourRow> = sqlx::query_as(
            "select hour, polls, failed, unchanged, new, changed, known, rejected, with_date, with_link, with_text, same
             from source_hour where source = $1 and hour >= $2 order by hour",
        )
        .bind(&source.0)
        .bind(since.as_second())
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(Hour::from).collect())
    }

    /// Forgets hours before a moment.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_hours(&self, before: Timestamp) -> Result<(), StoreError> {
        sqlx::query("delete from source_hour where hour < $1").bind(before.as_second()).execute(&self.writer).await?;
        Ok(())
    }

    /// What is wrong now, over all sources, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn conditions(&self) -> Result<Vec<Condition>, StoreError> {
        let rows: Vec<ConditionRow> = sqlx::query_as(
            "select source, kind, detail, since, until from condition where until is null order by since, source, kind",
        )
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(condition).collect())
    }

    /// Notes that something is wrong. True the first time; later only its words are renewed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begins(
        &self,
        source: &SourceId,
        kind: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let renewed = sqlx::query("update condition set detail = $3 where source = $1 and kind = $2 and until is null")
            .bind(&source.0)
            .bind(kind)
            .bind(detail)
            .execute(&self.writer)
            .await?
            .rows_affected();
        if renewed > 0 {
            return Ok(false);
        }
        sqlx::query(
            "insert into condition (source, kind, detail, since) values ($1, $2, $3, $4) on conflict do nothing",
        )
        .bind(&source.0)
        .bind(kind)
        .bind(detail)
        .bind(now.as_second())
        .execute(&self.writer)
        .await?;
        Ok(true)
    }

    /// Notes that it is over. Gives back what it was, if it was open.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ends(&self, source: &SourceId, kind: &str, now: Timestamp) -> Result<Option<Condition>, StoreError> {
        let row: Option<ConditionRow> = sqlx::query_as(
            "update condition set until = $3 where source = $1 and kind = $2 and until is null
             returning source, kind, detail, since, until",
        )
        .bind(&source.0)
        .bind(kind)
        .bind(now.as_second())
        .fetch_optional(&self.writer)
        .await?;
        Ok(row.map(condition))
    }
}

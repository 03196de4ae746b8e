//! What a source taught us about itself, hour by hour, and what is wrong with it now.

use jiff::Timestamp;
use sqlx::FromRow;

use super::{Store, StoreError, moment};
use crate::domain::{item::Item, source::SourceId};

/// What new items were made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// With a date of their own.
    pub with_date: u32,
    /// With a link.
    pub with_link: u32,
    /// With more text than a title.
    pub with_text: u32,
}

impl Shape {
    /// Adds one item.
    pub fn add(&mut self, item: &Item) {
        self.with_date += u32::from(item.dated);
        self.with_link += u32::from(item.link.is_some());
        self.with_text += u32::from(!item.text.is_empty());
    }
}

/// One hour of one source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromRow)]
pub struct Hour {
    /// Start of the hour, in seconds since 1970.
    pub hour: i64,
    /// Polls.
    pub polls: i64,
    /// Polls that failed.
    pub failed: i64,
    /// Polls to which the server said "unchanged".
    pub unchanged: i64,
    /// New items.
    pub new: i64,
    /// Changed items.
    pub changed: i64,
    /// Items that were known.
    pub known: i64,
    /// Records that could not be read.
    pub rejected: i64,
    /// New items with a date.
    pub with_date: i64,
    /// New items with a link.
    pub with_link: i64,
    /// New items with text.
    pub with_text: i64,
    /// Polls that gave the same bytes as the one before.
    pub same: i64,
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
        Ok(sqlx::query_as(
            "select hour, polls, failed, unchanged, new, changed, known, rejected, with_date, with_link, with_text, same
             from source_hour where source = $1 and hour >= $2 order by hour",
        )
        .bind(&source.0)
        .bind(since.as_second())
        .fetch_all(&self.reader)
        .await?)
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

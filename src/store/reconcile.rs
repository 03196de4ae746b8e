//! Held against stated: how many records of a closed month we have, and how many the source says there are.

use jiff::Timestamp;

use super::{Store, StoreError, moment};
use crate::domain::source::SourceId;

/// One closed month of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Month {
    /// The source.
    pub source: SourceId,
    /// "2026-09".
    pub month: String,
    /// How many the source states.
    pub stated: i64,
    /// How many we hold; those that could not be read are not among them.
    pub held: i64,
    /// Up to five keys that were missing and have been fetched since, one per line.
    pub missing: String,
    /// When this was checked.
    pub checked: Timestamp,
}

impl Month {
    /// Share of the stated records that we hold, at most 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of records are far below 2^52")]
    pub fn share(&self) -> f64 {
        if self.stated <= 0 { 1.0 } else { (self.held as f64 / self.stated as f64).min(1.0) }
    }
}

type Row = (String, String, i64, i64, String, i64);

impl Store {
    /// How many items of a source have a stated time of change in a stretch of time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn held(&self, source: &SourceId, from: Timestamp, to: Timestamp) -> Result<i64, StoreError> {
        let (count,): (i64,) =
            sqlx::query_as("select count(*) from item where source = $1 and updated >= $2 and updated < $3")
                .bind(&source.0)
                .bind(from.as_second())
                .bind(to.as_second())
                .fetch_one(&self.reader)
                .await?;
        Ok(count)
    }

    /// Keys of items that were first seen from a moment on and changed at the source in a stretch of time: what a repair
    /// brought.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn brought(
        &self,
        source: &SourceId,
        since: Timestamp,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "select key from item where source = $1 and first_seen >= $2 and updated >= $3 and updated < $4 order by id limit 5",
        )
        .bind(&source.0)
        .bind(since.as_second())
        .bind(from.as_second())
        .bind(to.as_second())
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(|(key,)| key).collect())
    }

    /// Writes a month down.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_month(&self, month: &Month) -> Result<(), StoreError> {
        sqlx::query(
            "insert into reconciliation (source, month, stated, held, missing, checked) values ($1, $2, $3, $4, $5, $6)
             on conflict (source, month) do update set
                 stated = excluded.stated, held = excluded.held, missing = excluded.missing, checked = excluded.checked",
        )
        .bind(&month.source.0)
        .bind(&month.month)
        .bind(month.stated)
        .bind(month.held)
        .bind(&month.missing)
        .bind(month.checked.as_second())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// All months that were checked, by source and month.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn months(&self) -> Result<Vec<Month>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as(
            "select source, month, stated, held, missing, checked from reconciliation order by source, month",
        )
        .fetch_all(&self.reader)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(source, month, stated, held, missing, checked)| Month {
                source: SourceId(source),
                month,
                stated,
                held,
                missing,
                checked: moment(checked),
            })
            .collect())
    }
}

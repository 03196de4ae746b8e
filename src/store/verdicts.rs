//! Verdicts by version of the model: what a new model still has to judge, and how what it meets changes over the months.

use jiff::Timestamp;
use sqlx::FromRow;

use super::{Store, StoreError, corrections::overlay, items::insert_labels};
use crate::domain::{drift::MonthSeen, verdict::Verdict};

/// An item that a model has not judged yet.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Unjudged {
    /// Item.
    pub id: i64,
    /// Title.
    pub title: String,
    /// Text, with the article behind it.
    pub text: String,
    /// Language.
    pub language: String,
}

impl Store {
    /// Items that this model has not judged, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unjudged(&self, model: &str, most: u32) -> Result<Vec<Unjudged>, StoreError> {
        Ok(sqlx::query_as(
            "select i.id, i.title, i.text || coalesce(char(10) || i.article, '') as text, i.language from item i
             where i.withdrawn = 0 and not exists (select 1 from verdict v where v.item = i.id and v.model = $1)
             order by i.published desc, i.id desc limit $2",
        )
        .bind(model)
        .bind(most)
        .fetch_all(&self.reader)
        .await?)
    }

    /// How many items this model has not judged.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unjudged_count(&self, model: &str) -> Result<i64, StoreError> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(*) from item i
             where i.withdrawn = 0 and not exists (select 1 from verdict v where v.item = i.id and v.model = $1)",
        )
        .bind(model)
        .fetch_one(&self.reader)
        .await?;
        Ok(count)
    }

    /// Adds a model's verdicts on items that are held; those of other models stay. What people said is laid over them.
    ///
    /// # Errors
    /// When the store fails; none is added then.
    pub async fn rejudge(&self, verdicts: &[(i64, Verdict)]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for (item, verdict) in verdicts {
            sqlx::query("delete from item_fenomeen where item = $1 and model = $2")
                .bind(item)
                .bind(&verdict.model)
                .execute(&mut *tx)
                .await?;
            insert_labels(&mut tx, *item, verdict).await?;
            overlay(&mut tx, *item, &verdict.model).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Per source and month what a model saw of the items published since a moment.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn months_seen(&self, model: &str, since: Timestamp) -> Result<Vec<MonthSeen>, StoreError> {
        let rows: Vec<(String, String, i64, i64, i64, f64)> = sqlx::query_as(
            "select source, month, count(*) as items, sum(best = 2) as yes, sum(best = 1) as doubt,
                    coalesce(avg(unknown), 0.0) as unknown
             from (select i.source, strftime('%Y-%m', i.published, 'unixepoch') as month, v.unknown,
                          coalesce((select max(case f.outcome when 'ja' then 2 else 1 end) from item_fenomeen f
                                    where f.item = i.id and f.model = $1), 0) as best
                   from item i join verdict v on v.item = i.id and v.model = $1
                   where i.published >= $2 and i.withdrawn = 0 and i.backfill = 0)
             group by source, month order by source, month",
        )
        .bind(model)
        .bind(since.as_second())
        .fetch_all(&self.reader)
        .await?;
        let count = |number: i64| u32::try_from(number).unwrap_or(0);
        let month = |(source, month, items, yes, doubt, unknown)| MonthSeen {
            source,
            month,
            items: count(items),
            yes: count(yes),
            doubt: count(doubt),
            unknown,
        };
        Ok(rows.into_iter().map(month).collect())
    }

    /// Per source and month the number of items with "ja" on each fenomeen.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn month_labels(
        &self,
        model: &str,
        since: Timestamp,
    ) -> Result<Vec<(String, String, String, i64)>, StoreError> {
        Ok(sqlx::query_as(
            "select i.source, strftime('%Y-%m', i.published, 'unixepoch') as month, f.fenomeen, count(*)
             from item i join item_fenomeen f on f.item = i.id and f.model = $1 and f.outcome = 'ja'
             where i.published >= $2 and i.withdrawn = 0 and i.backfill = 0
             group by 1, 2, 3 order by 1, 2, 3",
        )
        .bind(model)
        .bind(since.as_second())
        .fetch_all(&self.reader)
        .await?)
    }
}

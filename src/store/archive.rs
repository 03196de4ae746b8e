//! Digests as they were told, and what has since become of the stories that stood in them.

use jiff::Timestamp;

use super::{Store, StoreError, moment};
use crate::domain::week::Week;

/// A week that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The week.
    pub week: Week,
    /// When it was watched.
    pub watched: Timestamp,
    /// The digest as JSON.
    pub digest: String,
}

/// What has become of a story since it was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing that changes the count.
    Stands,
    /// Every telling was taken back by its source, or is gone.
    Withdrawn,
    /// A person said that it is not about this fenomeen.
    Relabelled,
    /// It turned out to be a telling of another story, whose first telling may lie in an earlier week.
    Merged {
        /// The other story.
        into: i64,
        /// Week of its first telling.
        first: Week,
    },
}

type ToldRow = (String, i64, String);

impl Store {
    /// The newest weeks that were told, newest first: up to and with one week, or of all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn told_weeks(&self, until: Option<Week>, most: u32) -> Result<Vec<Told>, StoreError> {
        let rows: Vec<ToldRow> = sqlx::query_as(
            "select week, watched, digest from watch where digest <> '' and week <= $1 order by week desc limit $2",
        )
        .bind(until.map_or_else(|| "9999-W99".to_owned(), |week| week.to_string()))
        .bind(most)
        .fetch_all(&self.reader)
        .await?;
        let told = |(week, watched, digest): ToldRow| {
            let week = week.parse().map_err(StoreError::Content)?;
            Ok(Told { week, watched: moment(watched), digest })
        };
        rows.into_iter().map(told).collect()
    }

    /// What has become of a story that was counted under a fenomeen at a moment. A story bears the number of its first
    /// telling, so that telling says whether the story went up in another one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fate(&self, story: i64, fenomeen: &str, model: &str, since: Timestamp) -> Result<Fate, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("select story from item where id = $1").bind(story).fetch_optional(&self.reader).await?;
        let now = row.map_or(story, |(now,)| now);
        let (live, first): (i64, Option<String>) =
            sqlx::query_as("select count(*), min(week) from item where story = $1 and withdrawn = 0")
                .bind(now)
                .fetch_one(&self.reader)
                .await?;
        let Some(first) = first.filter(|_| live > 0) else { return Ok(Fate::Withdrawn) };
        if now != story {
            return Ok(Fate::Merged { into: now, first: first.parse().map_err(StoreError::Content)? });
        }
        // A person's word counts from the moment it was given; what another model says is no correction.
        let (denied,): (i64,) = sqlx::query_as(
            "select count(*) from item i join correction c on c.item = i.id, json_each(c.no) n
             where i.story = $1 and n.value = $2 and c.at >= $3
               and not exists (select 1 from item j join item_fenomeen f on f.item = j.id
                               where j.story = i.story and j.withdrawn = 0 and f.fenomeen = $2 and f.outcome = 'ja'
                                 and f.model = $4)",
        )
        .bind(now)
        .bind(fenomeen)
        .bind(since.as_second())
        .bind(model)
        .fetch_one(&self.reader)
        .await?;
        Ok(if denied > 0 { Fate::Relabelled } else { Fate::Stands })
    }
}

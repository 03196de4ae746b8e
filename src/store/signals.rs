//! Knelpunten, drafts of signals, and the weeks that were watched.

use jiff::Timestamp;
use sqlx::FromRow;

use super::{Store, StoreError, moment, outbox::queue};
use crate::domain::{
    message::Message,
    signal::{Draft, State},
    week::Week,
};

/// A knelpunt with the item it stands in.
#[derive(Debug, Clone, FromRow)]
pub struct KnelpuntRow {
    /// Item id.
    pub item: i64,
    /// BWB id.
    pub bwb: String,
    /// Name of the law.
    pub law: String,
    /// Article.
    pub article: String,
    /// The sentence, verbatim.
    pub sentence: String,
    /// Paragraph number.
    pub paragraph: String,
    /// Key of the item; the ECLI of a judgment.
    pub key: String,
    /// Address.
    pub link: Option<String>,
    /// Source id.
    pub source: String,
    /// Publication, seconds since 1970.
    pub published: i64,
    /// First sight, seconds since 1970.
    pub first_seen: i64,
    /// Structure of the judgment, as JSON, when it is one.
    pub judgment: Option<String>,
}

/// A stored draft.
#[derive(Debug, Clone)]
pub struct StoredSignal {
    /// Row id, shown as its number.
    pub id: i64,
    /// What it is about.
    pub key: String,
    /// State.
    pub state: State,
    /// The draft.
    pub draft: Draft,
    /// When it was first drafted.
    pub created: Timestamp,
}

/// What a watch found, ready to be written in one transaction with the mails that tell it.
#[derive(Debug)]
pub struct Watched {
    /// The week.
    pub week: Week,
    /// Model version.
    pub model: String,
    /// Findings as JSON.
    pub findings: String,
    /// The composed digest as JSON: what is shown when someone asks for this week later.
    pub digest: String,
    /// Mails.
    pub messages: Vec<Message>,
}

impl Store {
    /// Knelpunten published since a moment, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn knelpunten(&self, since: Timestamp) -> Result<Vec<KnelpuntRow>, StoreError> {
        Ok(sqlx::query_as(
            "select k.item, k.bwb, k.law, k.article, k.sentence, k.paragraph, i.key, i.link, i.source, i.published,
                    i.first_seen, i.judgment
             from knelpunt k join item i on i.id = k.item
             where i.withdrawn = 0 and i.published >= $1 order by i.published, k.id",
        )
        .bind(since.as_second())
        .fetch_all(&self.reader)
        .await?)
    }

    /// Fenomenen with "ja" of an item, most probable first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn fenomenen_of(&self, item: i64, model: &str) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "select fenomeen from item_fenomeen where item = $1 and model = $2 and outcome = 'ja' order by p desc",
        )
        .bind(item)
        .bind(model)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(|(fenomeen,)| fenomeen).collect())
    }

    /// Stores a draft under its key. A draft that a person has taken up is left alone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn draft(&self, key: &str, draft: &Draft, now: Timestamp) -> Result<StoredSignal, StoreError> {
        let json = serde_json::to_string(draft).map_err(|error| StoreError::Content(error.to_string()))?;
        sqlx::query(
            "insert into signal (key, state, draft, created, updated) values ($1, 'drafted', $2, $3, $3)
             on conflict (key) do update set draft = excluded.draft, updated = excluded.updated
             where signal.state = 'drafted' and signal.draft <> excluded.draft",
        )
        .bind(key)
        .bind(json)
        .bind(now.as_second())
        .execute(&self.writer)
        .await?;
        let found = self.signals().await?.into_iter().find(|signal| signal.key == key);
        found.ok_or_else(|| StoreError::Content(format!("het signaal '{key}' is niet bewaard")))
    }

    /// All signals, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn signals(&self) -> Result<Vec<StoredSignal>, StoreError> {
        let rows: Vec<(i64, String, String, String, i64)> =
            sqlx::query_as("select id, key, state, draft, created from signal order by id")
                .fetch_all(&self.reader)
                .await?;
        rows.into_iter()
            .map(|(id, key, state, draft, created)| {
                let state =
                    State::of(&state).ok_or_else(|| StoreError::Content(format!("onbekende staat '{state}'")))?;
                let draft = serde_json::from_str(&draft).map_err(|error| StoreError::Content(error.to_string()))?;
                Ok(StoredSignal { id, key, state, draft, created: moment(created) })
            })
            .collect()
    }

    /// Moves a signal on and notes who did it. The inner error says why it cannot be.
    ///
    /// # Errors
    /// When the store fails; nothing is moved then.
    pub async fn move_signal(
        &self,
        id: i64,
        next: State,
        who: &str,
        now: Timestamp,
    ) -> Result<Result<State, String>, StoreError> {
        let mut tx = self.begin().await?;
        let found: Option<(String,)> =
            sqlx::query_as("select state from signal where id = $1").bind(id).fetch_optional(&mut *tx).await?;
        let Some(state) = found.and_then(|(state,)| State::of(&state)) else {
            return Ok(Err(format!("er is geen signaal {id}")));
        };
        if let Err(why) = state.move_to(next) {
            return Ok(Err(why));
        }
        sqlx::query("update signal set state = $2, updated = $3 where id = $1")
            .bind(id)
            .bind(next.name())
            .bind(now.as_second())
            .execute(&mut *tx)
            .await?;
        sqlx::query("insert into signal_step (signal, at, from_state, to_state, who) values ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(now.as_second())
            .bind(state.name())
            .bind(next.name())
            .bind(who)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Ok(state))
    }

    /// True when that week was watched before.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_watched(&self, week: Week) -> Result<bool, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as("select 1 from watch where week = $1")
            .bind(week.to_string())
            .fetch_optional(&self.reader)
            .await?;
        Ok(row.is_some())
    }

    /// The model by which the newest week before this one was watched.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn model_before(&self, week: Week) -> Result<Option<String>, StoreError> {
        let row: Option<(String,)> =
            sqlx::query_as("select model from watch where week < $1 order by week desc limit 1")
                .bind(week.to_string())
                .fetch_optional(&self.reader)
                .await?;
        Ok(row.map(|(model,)| model))
    }

    /// Writes a watched week and its mails together. False when another worker was first; then nothing is written.
    ///
    /// # Errors
    /// When the store fails; nothing is written then.
    pub async fn watched(&self, watched: &Watched, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let done = sqlx::query(
            "insert into watch (week, watched, model, findings, digest) values ($1, $2, $3, $4, $5) on conflict do nothing",
        )
        .bind(watched.week.to_string())
        .bind(now.as_second())
        .bind(&watched.model)
        .bind(&watched.findings)
        .bind(&watched.digest)
        .execute(&mut *tx)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        for message in &watched.messages {
            queue(&mut tx, message).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Queues mails. Gives back how many were new.
    ///
    /// # Errors
    /// When the store fails; none is queued then.
    pub async fn queue(&self, messages: &[Message]) -> Result<u32, StoreError> {
        let mut tx = self.begin().await?;
        let mut fresh = 0;
        for message in messages {
            fresh += u32::from(queue(&mut tx, message).await?);
        }
        tx.commit().await?;
        Ok(fresh)
    }
}

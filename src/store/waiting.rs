//! Attenderingen before they are mails: which stories met which rule, for whom, and what still waits. A mail and the rows
//! that it tells are written in one transaction.

use std::collections::HashSet;

use jiff::Timestamp;
use sqlx::FromRow;

use super::{Store, StoreError, moment, outbox::queue_of, subscriptions::is_stopped};
use crate::domain::{
    judgment::Judgment,
    message::{Message, Product},
};

/// An item that may raise an alert, without its text: that is read when the rest of a rule holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Item id.
    pub id: i64,
    /// Story id.
    pub story: i64,
    /// Source id.
    pub source: String,
    /// Kind of source.
    pub kind: String,
    /// The source's own identity for it; the ECLI of a judgment.
    pub key: String,
    /// Counts the changes of its text.
    pub version: i64,
    /// When it came: first sight, or publication for what was read long afterwards.
    pub came: Timestamp,
    /// Fenomenen with "ja" and their probability, most probable first.
    pub labels: Vec<(String, f64)>,
    /// Axis and value, in order.
    pub axes: Vec<(String, String)>,
}

/// A story that met a rule, to be noted for one recipient.
#[derive(Debug, Clone)]
pub struct Met<'a> {
    /// Rule.
    pub rule: &'a str,
    /// Story.
    pub story: i64,
    /// The telling that met it.
    pub item: i64,
    /// Recipient.
    pub recipient: &'a str,
    /// From when on it may leave.
    pub due: Timestamp,
    /// The fenomeen that counted, with its probability.
    pub label: Option<(&'a str, f64)>,
    /// Words of the rule that were found.
    pub words: &'a [String],
}

/// A noted alert.
#[derive(Debug, Clone)]
pub struct Noted {
    /// Rule.
    pub rule: String,
    /// Story.
    pub story: i64,
    /// Recipient.
    pub recipient: String,
    /// The telling that met the rule.
    pub item: i64,
    /// When it met it.
    pub found: Timestamp,
    /// From when on it may leave.
    pub due: Timestamp,
    /// It waits for the collected mail of a full day.
    pub over: bool,
    /// `waiting`, `told` or `dropped`.
    pub state: String,
    /// When its mail was queued.
    pub told: Option<Timestamp>,
    /// Why it was dropped.
    pub why: Option<String>,
    /// The fenomeen that counted, with its probability.
    pub label: Option<(String, f64)>,
    /// Words of the rule that were found.
    pub words: Vec<String>,
}

#[derive(FromRow)]
struct NotedRow {
    rule: String,
    story: i64,
    recipient: String,
    item: i64,
    found: i64,
    due: i64,
    over: i64,
    state: String,
    told: Option<i64>,
    why: Option<String>,
    fenomeen: Option<String>,
    p: Option<f64>,
    words: String,
}

impl From<NotedRow> for Noted {
    fn from(row: NotedRow) -> Self {
        Self {
            rule: row.rule,
            story: row.story,
            recipient: row.recipient,
            item: row.item,
            found: moment(row.found),
            due: moment(row.due),
            over: row.over != 0,
            state: row.state,
            told: row.told.map(moment),
            why: row.why,
            label: row.fenomeen.zip(row.p),
            words: serde_json::from_str(&row.words).unwrap_or_default(),
        }
    }
}

/// An item with its text.
#[derive(Debug, Clone, FromRow)]
pub struct FullItem {
    /// Item id.
    pub id: i64,
    /// Story id.
    pub story: i64,
    /// Source id.
    pub source: String,
    /// Kind of source.
    pub kind: String,
    /// The source's own identity for it.
    pub key: String,
    /// Title.
    pub title: String,
    /// Text, with the article behind it.
    pub text: String,
    /// Language.
    pub language: String,
    /// Address.
    pub link: Option<String>,
    /// Publication, seconds since 1970.
    pub published: i64,
    /// First sight, seconds since 1970.
    pub first_seen: i64,
    /// Read long after publication.
    pub backfill: i64,
    /// Withdrawn at the source.
    pub withdrawn: i64,
    /// ISO week of publication.
    pub week: String,
}

const FULL: &str =
    "select id, story, source, kind, key, title, text || coalesce(char(10) || article, '') as text, language,
     link, published, first_seen, backfill, withdrawn, week from item";

impl Store {
    /// Items that came since a moment, oldest first. What was read long after its publication raises no alert, and is only
    /// given to try a rule on the past.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn candidates(
        &self,
        model: &str,
        since: Timestamp,
        past_too: bool,
    ) -> Result<Vec<Candidate>, StoreError> {
        // Without the past the index on first sight serves; this is asked at every piece of news.
        let (came, kept) =
            if past_too { ("case backfill when 1 then published else first_seen end", 1) } else { ("first_seen", 0) };
        let wanted = format!("withdrawn = 0 and backfill <= {kept} and {came} >= $1");
        let items: Vec<(i64, i64, String, String, String, i64, i64)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "select id, story, source, kind, key, version, {came} as came from item where {wanted} order by came, id"
        )))
        .bind(since.as_second())
        .fetch_all(&self.reader)
        .await?;
        let mut all: Vec<Candidate> = items
            .into_iter()
            .map(|(id, story, source, kind, key, version, came)| Candidate {
                id,
                story,
                source,
                kind,
                key,
                version,
                came: moment(came),
                labels: Vec::new(),
                axes: Vec::new(),
            })
            .collect();
        let places: std::collections::HashMap<i64, usize> =
            all.iter().enumerate().map(|(place, candidate)| (candidate.id, place)).collect();
        let labels: Vec<(i64, String, f64)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "select item, fenomeen, p from item_fenomeen where model = $2 and outcome = 'ja'
             and item in (select id from item where {wanted}) order by item, p desc"
        )))
        .bind(since.as_second())
        .bind(model)
        .fetch_all(&self.reader)
        .await?;
        for (item, fenomeen, p) in labels {
            if let Some(candidate) = places.get(&item).and_then(|place| all.get_mut(*place)) {
                candidate.labels.push((fenomeen, p));
            }
        }
        let axes: Vec<(i64, String, String)> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "select item, axis, value from item_axis where item in (select id from item where {wanted})
             order by item, axis, place"
        )))
        .bind(since.as_second())
        .fetch_all(&self.reader)
        .await?;
        for (item, axis, value) in axes {
            if let Some(candidate) = places.get(&item).and_then(|place| all.get_mut(*place)) {
                candidate.axes.push((axis, value));
            }
        }
        Ok(all)
    }

    /// One item with its text.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn full_item(&self, id: i64) -> Result<Option<FullItem>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!("{FULL} where id = $1"));
        Ok(sqlx::query_as(query).bind(id).fetch_optional(&self.reader).await?)
    }

    /// The item with that number, key or link; also one that was withdrawn.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn named(&self, name: &str) -> Result<Option<FullItem>, StoreError> {
        let query = sqlx::AssertSqlSafe(format!(
            "{FULL} where cast(id as text) = $1 or key = $1 or link = $1 or address = $1
             order by cast(id as text) = $1 desc, id limit 1"
        ));
        Ok(sqlx::query_as(query).bind(name).fetch_optional(&self.reader).await?)
    }

    /// True when this model judged the item.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_judged(&self, item: i64, model: &str) -> Result<bool, StoreError> {
        let row: Option<(i64,)> = sqlx::query_as("select item from verdict where item = $1 and model = $2")
            .bind(item)
            .bind(model)
            .fetch_optional(&self.reader)
            .await?;
        Ok(row.is_some())
    }

    /// The items of a story that stand, oldest first, fifty at most.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tellings_of(&self, story: i64) -> Result<Vec<FullItem>, StoreError> {
        let query =
            sqlx::AssertSqlSafe(format!("{FULL} where story = $1 and withdrawn = 0 order by published, id limit 50"));
        Ok(sqlx::query_as(query).bind(story).fetch_all(&self.reader).await?)
    }

    /// What a model, or a person over it, said of an item but for "nee": fenomeen, probability, answer, said by a person.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn labels_of(&self, item: i64, model: &str) -> Result<Vec<(String, f64, String, bool)>, StoreError> {
        Ok(sqlx::query_as(
            "select fenomeen, p, outcome, person from item_fenomeen where item = $1 and model = $2 order by p desc",
        )
        .bind(item)
        .bind(model)
        .fetch_all(&self.reader)
        .await?)
    }

    /// The court that gave a judgment; empty for anything else.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn court(&self, item: i64) -> Result<String, StoreError> {
        let row: Option<(Option<String>,)> =
            sqlx::query_as("select judgment from item where id = $1").bind(item).fetch_optional(&self.reader).await?;
        let Some(json) = row.and_then(|(json,)| json) else { return Ok(String::new()) };
        let judgment: Judgment = serde_json::from_str(&json).map_err(|error| StoreError::Content(error.to_string()))?;
        Ok(judgment.court)
    }

    /// Stories that were noted for a rule since a moment, with the recipient; also the story in which the telling that was
    /// noted stands now, for stories may be joined.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn noted(&self, rule: &str, since: Timestamp) -> Result<HashSet<(i64, String)>, StoreError> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as(
                "select story, recipient from alert where rule = $1 and found >= $2
                 union
                 select i.story, a.recipient from alert a join item i on i.id = a.item where a.rule = $1 and a.found >= $2",
            )
                .bind(rule)
                .bind(since.as_second())
                .fetch_all(&self.reader)
                .await?;
        Ok(rows.into_iter().collect())
    }

    /// What was noted of a story, for all rules.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn noted_of(&self, story: i64) -> Result<Vec<Noted>, StoreError> {
        let rows: Vec<NotedRow> = sqlx::query_as(
            "select * from alert where story = $1 or item in (select id from item where story = $1) order by rule, recipient",
        )
            .bind(story)
            .fetch_all(&self.reader)
            .await?;
        Ok(rows.into_iter().map(Noted::from).collect())
    }

    /// Notes that stories met rules. Gives back how many stories were new to their rule; what was noted before stays. For a
    /// recipient who stopped it is noted as dropped, so that it does not come after all when he starts again.
    ///
    /// # Errors
    /// When the store fails; none is noted then.
    pub async fn note(&self, met: &[Met<'_>], now: Timestamp) -> Result<u32, StoreError> {
        let mut tx = self.begin().await?;
        let mut fresh = HashSet::new();
        for one in met {
            let stopped = is_stopped(&mut tx, one.recipient, Product::Alert, one.rule).await?;
            let words = serde_json::to_string(one.words).map_err(|error| StoreError::Content(error.to_string()))?;
            let done = sqlx::query(
                "insert into alert (rule, story, recipient, item, found, due, state, why, fenomeen, p, words)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (rule, story, recipient) do nothing",
            )
            .bind(one.rule)
            .bind(one.story)
            .bind(one.recipient)
            .bind(one.item)
            .bind(now.as_second())
            .bind(one.due.as_second())
            .bind(if stopped { "dropped" } else { "waiting" })
            .bind(stopped.then_some("afgemeld"))
            .bind(one.label.map(|(fenomeen, _)| fenomeen))
            .bind(one.label.map(|(_, p)| p))
            .bind(words)
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 1 && !stopped {
                fresh.insert((one.rule, one.story));
            }
        }
        tx.commit().await?;
        Ok(u32::try_from(fresh.len()).unwrap_or(u32::MAX))
    }

    /// True when something waits whose time has come.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_due(&self, now: Timestamp) -> Result<bool, StoreError> {
        let row: Option<(i64,)> =
            sqlx::query_as("select story from alert where state = 'waiting' and due <= $1 limit 1")
                .bind(now.as_second())
                .fetch_optional(&self.reader)
                .await?;
        Ok(row.is_some())
    }

    /// All that waits, in order of rule, recipient and time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn waiting(&self) -> Result<Vec<Noted>, StoreError> {
        let rows: Vec<NotedRow> =
            sqlx::query_as("select * from alert where state = 'waiting' order by rule, recipient, found, story")
                .fetch_all(&self.reader)
                .await?;
        Ok(rows.into_iter().map(Noted::from).collect())
    }

    /// Mails of a rule to a recipient since a moment, but for the collected ones: what the cap counts.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mails_since(&self, rule: &str, recipient: &str, since: Timestamp) -> Result<u32, StoreError> {
        let (count,): (i64,) = sqlx::query_as(
            "select count(distinct mail) from alert
             where rule = $1 and recipient = $2 and state = 'told' and over = 0 and told >= $3",
        )
        .bind(rule)
        .bind(recipient)
        .bind(since.as_second())
        .fetch_one(&self.reader)
        .await?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// Queues a mail and notes its stories as told, together. False when another worker was first: then nothing happens.
    ///
    /// # Errors
    /// When the store fails; nothing happens then.
    pub async fn told(&self, told: &[&Noted], message: &Message, now: Timestamp) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        for one in told {
            let done = sqlx::query(
                "update alert set state = 'told', mail = $4, told = $5
                 where rule = $1 and story = $2 and recipient = $3 and state = 'waiting'",
            )
            .bind(&one.rule)
            .bind(one.story)
            .bind(&one.recipient)
            .bind(&message.key)
            .bind(now.as_second())
            .execute(&mut *tx)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(false);
            }
        }
        let rule = told.first().map_or("", |one| one.rule.as_str());
        queue_of(&mut tx, message, rule).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Puts what goes over the cap to the collected mail of that moment.
    ///
    /// # Errors
    /// When the store fails; nothing is moved then.
    pub async fn collect(&self, over: &[&Noted], due: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for one in over {
            sqlx::query(
                "update alert set over = 1, due = $4
                 where rule = $1 and story = $2 and recipient = $3 and state = 'waiting'",
            )
            .bind(&one.rule)
            .bind(one.story)
            .bind(&one.recipient)
            .bind(due.as_second())
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }

    /// Notes that what waited is not told, and why.
    ///
    /// # Errors
    /// When the store fails; nothing is dropped then.
    pub async fn drop_alerts(&self, dropped: &[&Noted], why: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for one in dropped {
            sqlx::query(
                "update alert set state = 'dropped', why = $4
                 where rule = $1 and story = $2 and recipient = $3 and state = 'waiting'",
            )
            .bind(&one.rule)
            .bind(one.story)
            .bind(&one.recipient)
            .bind(why)
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::sqlite::SqlitePoolOptions;

    #[tokio::test]
    async fn what_went_out_before_this_table_is_known_by_rule_and_story() {
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("a database");
        for script in [
            include_str!("migrations/0001_start.sql"),
            include_str!("migrations/0002_sources.sql"),
            include_str!("migrations/0003_teaching.sql"),
            "insert into outbox (message_id, product, key, recipient, subject, text, html, composed, state, next_try) values
             ('a', 'attendering', 'attendering-explosies-regio-2-48213', 'an@voorbeeld.nl', '', '', '', 7, 'sent', 7),
             ('b', 'attendering', 'attendering-havens-9', 'an@voorbeeld.nl', '', '', '', 8, 'queued', 8),
             ('c', 'digest', 'digest-2026-W40', 'an@voorbeeld.nl', '', '', '', 9, 'sent', 9)",
            include_str!("migrations/0005_alerts.sql"),
        ] {
            sqlx::raw_sql(script).execute(&pool).await.expect("a script");
        }
        let rows: Vec<(String, i64, String)> =
            sqlx::query_as("select rule, story, state from alert order by rule").fetch_all(&pool).await.expect("rows");
        let told = |rule: &str, story| (rule.to_owned(), story, "told".to_owned());
        assert_eq!(rows, [told("explosies-regio-2", 48213), told("havens", 9)]);
        let rules: Vec<(String, String)> = sqlx::query_as("select message_id, rule from outbox order by message_id")
            .fetch_all(&pool)
            .await
            .expect("rows");
        let of = |id: &str, rule: &str| (id.to_owned(), rule.to_owned());
        assert_eq!(rules, [of("a", "explosies-regio-2"), of("b", "havens"), of("c", "")]);
    }
}

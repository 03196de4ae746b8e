//! Versions of an item: an edited item is the same item, and only a change of substance is news.

use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use super::{Store, StoreError, moment};
use crate::{changes, dedupe::Shingles, domain::item::Item};

/// Two texts that share this much of their word groups, under one title, say the same.
const SAME_SUBSTANCE: f64 = 0.9;
/// Most changed sentences that are told.
const MOST_TOLD: usize = 5;

/// Writes a later version down before the item itself is changed. True when it changes what the item says.
pub(super) async fn add(
    tx: &mut Transaction<'static, Sqlite>,
    id: i64,
    item: &Item,
    raw: Option<i64>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let (version, title, text): (i64, String, String) =
        sqlx::query_as("select version, title, text from item where id = $1").bind(id).fetch_one(&mut **tx).await?;
    let alike = Shingles::of(&title, &text).similarity(&Shingles::of(&item.title, &item.text));
    let substance = title != item.title || alike < SAME_SUBSTANCE || digits(&text) != digits(&item.text);
    let summary = if substance { changes::told(&text, &item.text, MOST_TOLD) } else { String::new() };
    sqlx::query(
        "insert into item_version (item, version, seen, title, content_hash, substance, summary, raw)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(version + 1)
    .bind(now.as_second())
    .bind(&item.title)
    .bind(&item.content_hash)
    .bind(i64::from(substance))
    .bind(summary)
    .bind(raw)
    .execute(&mut **tx)
    .await?;
    Ok(substance)
}

/// The numbers of a text: "twee arrests" that become "drie" are words, but 2 kilo that becomes 20 is substance however small.
fn digits(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|number| !number.is_empty()).collect()
}

/// A later version of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number; the first sight was 1.
    pub version: i64,
    /// When we saw it.
    pub seen: Timestamp,
    /// It says something else than the one before.
    pub substance: bool,
    /// What changed, in sentences.
    pub summary: String,
}

/// The text of an item as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Kept {
    /// Title.
    pub title: String,
    /// Text.
    pub text: String,
    /// Full text of the page behind its link, while it is kept.
    pub article: Option<String>,
    /// What was masked on entry.
    pub masked: String,
}

impl Store {
    /// The later versions of an item, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn versions(&self, item: i64) -> Result<Vec<Version>, StoreError> {
        let rows: Vec<(i64, i64, i64, String)> = sqlx::query_as(
            "select version, seen, substance, summary from item_version where item = $1 order by version",
        )
        .bind(item)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows
            .into_iter()
            .map(|(version, seen, substance, summary)| Version {
                version,
                seen: moment(seen),
                substance: substance == 1,
                summary,
            })
            .collect())
    }

    /// What is kept of an item.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn kept(&self, item: i64) -> Result<Option<Kept>, StoreError> {
        Ok(sqlx::query_as("select title, text, article, masked from item where id = $1")
            .bind(item)
            .fetch_optional(&self.reader)
            .await?)
    }

    /// How many items could raise an alert: those that were news when they came.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn alertable(&self) -> Result<i64, StoreError> {
        let (count,): (i64,) = sqlx::query_as("select count(*) from item where backfill = 0 and withdrawn = 0")
            .fetch_one(&self.reader)
            .await?;
        Ok(count)
    }
}

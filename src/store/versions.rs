//! Versions of an item: an edited item is the same item, and only a change of substance is news.

use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::StoreError;
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

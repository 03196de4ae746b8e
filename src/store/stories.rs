//! Which items tell of the same event: the same address, or nearly the same text, within ten days.

use sqlx::{Sqlite, Transaction};

use super::StoreError;
use crate::{
    dedupe::{SAME_STORY, Shingles},
    domain::item::Item,
};

/// Two tellings of one event lie at most this far apart, in seconds.
const STORY_SPAN: i64 = 10 * 24 * 3600;

/// Kinds whose items tell of events, so that several can tell of the same one.
pub(super) fn is_news(kind: &str) -> bool {
    matches!(kind, "feed" | "page")
}

/// Finds the story that this item tells: the same address, or nearly the same text, within ten days. True when it is a
/// further telling. Judgments are never copies of one another.
pub(super) async fn story(tx: &mut Transaction<'static, Sqlite>, id: i64, item: &Item) -> Result<bool, StoreError> {
    let mut story = None;
    if is_news(&item.kind) {
        let shingles = Shingles::of(&item.title, &item.text);
        story = same_address(tx, id, item).await?;
        if story.is_none() {
            story = same_text(tx, item, &shingles).await?;
        }
        insert_bands(tx, id, &shingles).await?;
    }
    sqlx::query("update item set story = $2 where id = $1")
        .bind(id)
        .bind(story.unwrap_or(id))
        .execute(&mut **tx)
        .await?;
    Ok(story.is_some())
}

async fn same_address(tx: &mut Transaction<'static, Sqlite>, id: i64, item: &Item) -> Result<Option<i64>, StoreError> {
    let Some(address) = &item.address else { return Ok(None) };
    let found: Option<(i64,)> = sqlx::query_as(
        "select story from item where address = $1 and id <> $2 and source <> $3 and abs(published - $4) <= $5
         order by id limit 1",
    )
    .bind(address)
    .bind(id)
    .bind(&item.source.0)
    .bind(item.published.as_second())
    .bind(STORY_SPAN)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|(story,)| story))
}

async fn same_text(
    tx: &mut Transaction<'static, Sqlite>,
    item: &Item,
    shingles: &Shingles,
) -> Result<Option<i64>, StoreError> {
    let mut query = sqlx::query_as(
        "select distinct i.story, i.title, i.text from band b join item i on i.id = b.item
         where b.key in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
           and abs(i.published - $17) <= $18
         order by i.id limit 50",
    );
    for key in shingles.bands() {
        query = query.bind(key);
    }
    let candidates: Vec<(i64, String, String)> =
        query.bind(item.published.as_second()).bind(STORY_SPAN).fetch_all(&mut **tx).await?;
    let nearest = candidates
        .into_iter()
        .map(|(story, title, text)| (shingles.similarity(&Shingles::of(&title, &text)), story))
        .filter(|(similarity, _)| *similarity >= SAME_STORY)
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
    Ok(nearest.map(|(_, story)| story))
}

pub(super) async fn insert_bands(
    tx: &mut Transaction<'static, Sqlite>,
    id: i64,
    shingles: &Shingles,
) -> Result<(), StoreError> {
    let mut query = sqlx::query(
        "insert into band (item, key) values ($1, $2), ($1, $3), ($1, $4), ($1, $5), ($1, $6), ($1, $7), ($1, $8), ($1, $9),
                ($1, $10), ($1, $11), ($1, $12), ($1, $13), ($1, $14), ($1, $15), ($1, $16), ($1, $17)
         on conflict do nothing",
    )
    .bind(id);
    for key in shingles.bands() {
        query = query.bind(key);
    }
    query.execute(&mut **tx).await?;
    Ok(())
}

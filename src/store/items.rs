//! Items with their labels: a page is kept in one transaction, together with the cursor that says "done up to here".

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::{Sqlite, Transaction};

use super::{
    Store, StoreError,
    sources::{Progress, advance},
};
use crate::{
    dedupe::{SAME_STORY, Shingles},
    domain::{
        item::Item,
        record::Rejection,
        signal::Knelpunt,
        source::SourceId,
        verdict::{Outcome, Verdict},
    },
};

/// Two tellings of one event lie at most this far apart, in seconds.
const STORY_SPAN: i64 = 10 * 24 * 3600;

/// An item with everything that was decided about it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The item.
    pub item: Item,
    /// Its labels.
    pub verdict: Verdict,
    /// Sentences that point at a gap in the law.
    pub knelpunten: Vec<Knelpunt>,
}

/// One page of one source, ready to be kept.
#[derive(Debug, Default)]
pub struct Batch {
    /// What was read.
    pub judged: Vec<Judged>,
    /// What could not be read.
    pub rejected: Vec<Rejection>,
    /// How far the walk came; none keeps the source where it stood.
    pub progress: Option<Progress>,
}

/// What became of a page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Items that were not known.
    pub new: u32,
    /// Of these, further tellings of a known story.
    pub copies: u32,
    /// Known items with another text or status.
    pub changed: u32,
    /// Known items, unchanged.
    pub known: u32,
    /// Records that could not be read.
    pub rejected: u32,
}

impl Tally {
    /// Adds another page's counts.
    pub fn add(&mut self, other: Self) {
        self.new += other.new;
        self.copies += other.copies;
        self.changed += other.changed;
        self.known += other.known;
        self.rejected += other.rejected;
    }
}

/// What is already held of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Revision of the kept item or of the rejection.
    pub revision: String,
    /// Digest of the kept text; none for a record that was rejected.
    pub content_hash: Option<String>,
    /// How often it was rejected.
    pub times_rejected: u32,
}

impl Store {
    /// What is held of these keys of a source.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn known(&self, source: &SourceId, keys: &[String]) -> Result<HashMap<String, Known>, StoreError> {
        let mut known = HashMap::new();
        let mut connection = self.reader.acquire().await?;
        for key in keys {
            let item: Option<(String, String)> =
                sqlx::query_as("select revision, content_hash from item where source = $1 and key = $2")
                    .bind(&source.0)
                    .bind(key)
                    .fetch_optional(&mut *connection)
                    .await?;
            if let Some((revision, hash)) = item {
                known.insert(key.clone(), Known { revision, content_hash: Some(hash), times_rejected: 0 });
                continue;
            }
            let refused: Option<(String, i64)> = sqlx::query_as(
                "select revision, times from rejection where source = $1 and key = $2 order by last_seen desc limit 1",
            )
            .bind(&source.0)
            .bind(key)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some((revision, times)) = refused {
                let times_rejected = u32::try_from(times).unwrap_or(u32::MAX);
                known.insert(key.clone(), Known { revision, content_hash: None, times_rejected });
            }
        }
        Ok(known)
    }

    /// Keeps a page: all of it and its cursor, or nothing.
    ///
    /// # Errors
    /// When the store fails; nothing is kept then.
    pub async fn keep(&self, source: &SourceId, batch: &Batch, now: Timestamp) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        let mut tx = self.begin().await?;
        for judged in &batch.judged {
            keep_one(&mut tx, judged, &mut tally).await?;
        }
        for rejection in &batch.rejected {
            reject(&mut tx, source, rejection, now).await?;
            tally.rejected += 1;
        }
        if let Some(progress) = &batch.progress {
            advance(&mut tx, source, progress).await?;
        }
        tx.commit().await?;
        Ok(tally)
    }
}

async fn keep_one(tx: &mut Transaction<'static, Sqlite>, judged: &Judged, tally: &mut Tally) -> Result<(), StoreError> {
    let item = &judged.item;
    let held: Option<(i64, String, String, i64)> =
        sqlx::query_as("select id, revision, content_hash, withdrawn from item where source = $1 and key = $2")
            .bind(&item.source.0)
            .bind(&item.key)
            .fetch_optional(&mut **tx)
            .await?;
    let Some((id, revision, hash, withdrawn)) = held else {
        tally.new += 1;
        let id = insert(tx, item).await?;
        if story(tx, id, item).await? {
            tally.copies += 1;
        }
        return label(tx, id, judged).await;
    };
    if item.withdrawn {
        if withdrawn == 0 {
            tally.changed += 1;
            return withdraw(tx, id, &item.revision).await;
        }
        tally.known += 1;
        return Ok(());
    }
    if hash == item.content_hash && withdrawn == 0 {
        tally.known += 1;
        if revision != item.revision {
            // Touched at the source, but nothing that a reader would see.
            sqlx::query("update item set revision = $2 where id = $1")
                .bind(id)
                .bind(&item.revision)
                .execute(&mut **tx)
                .await?;
        }
        return Ok(());
    }
    tally.changed += 1;
    update(tx, id, item).await?;
    unlabel(tx, id, &judged.verdict.model).await?;
    label(tx, id, judged).await
}

async fn insert(tx: &mut Transaction<'static, Sqlite>, item: &Item) -> Result<i64, StoreError> {
    let (id,): (i64,) = sqlx::query_as(
        "insert into item (source, kind, key, revision, title, link, address, published, dated, updated, first_seen, week,
                           language, text, backfill, withdrawn, judgment, content_hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
         returning id",
    )
    .bind(&item.source.0)
    .bind(&item.kind)
    .bind(&item.key)
    .bind(&item.revision)
    .bind(&item.title)
    .bind(&item.link)
    .bind(&item.address)
    .bind(item.published.as_second())
    .bind(i64::from(item.dated))
    .bind(item.updated.map(Timestamp::as_second))
    .bind(item.first_seen.as_second())
    .bind(item.week.to_string())
    .bind(&item.language)
    .bind(&item.text)
    .bind(i64::from(item.backfill))
    .bind(i64::from(item.withdrawn))
    .bind(judgment(item)?)
    .bind(&item.content_hash)
    .fetch_one(&mut **tx)
    .await?;
    Ok(id)
}

/// A new version of the same item: its identity, its story, its first sight and its week stay.
async fn update(tx: &mut Transaction<'static, Sqlite>, id: i64, item: &Item) -> Result<(), StoreError> {
    sqlx::query(
        "update item set revision = $2, version = version + 1, title = $3, link = $4, address = $5, updated = $6,
                language = $7, text = $8, judgment = $9, content_hash = $10, withdrawn = 0
         where id = $1",
    )
    .bind(id)
    .bind(&item.revision)
    .bind(&item.title)
    .bind(&item.link)
    .bind(&item.address)
    .bind(item.updated.map(Timestamp::as_second))
    .bind(&item.language)
    .bind(&item.text)
    .bind(judgment(item)?)
    .bind(&item.content_hash)
    .execute(&mut **tx)
    .await?;
    if item.kind == "feed" {
        sqlx::query("delete from band where item = $1").bind(id).execute(&mut **tx).await?;
        insert_bands(tx, id, &Shingles::of(&item.title, &item.text)).await?;
    }
    Ok(())
}

/// Text, structure and quoted sentences go; identity, court, date and labels stay.
async fn withdraw(tx: &mut Transaction<'static, Sqlite>, id: i64, revision: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update item set withdrawn = 1, text = '', judgment = null, revision = $2, version = version + 1 where id = $1",
    )
    .bind(id)
    .bind(revision)
    .execute(&mut **tx)
    .await?;
    sqlx::query("delete from knelpunt where item = $1").bind(id).execute(&mut **tx).await?;
    sqlx::query("delete from band where item = $1").bind(id).execute(&mut **tx).await?;
    Ok(())
}

fn judgment(item: &Item) -> Result<Option<String>, StoreError> {
    item.judgment
        .as_ref()
        .map(serde_json::to_string)
        .transpose()
        .map_err(|error| StoreError::Content(error.to_string()))
}

/// Finds the story that this item tells: the same address, or nearly the same text, within ten days. True when it is a
/// further telling. Judgments are never copies of one another.
async fn story(tx: &mut Transaction<'static, Sqlite>, id: i64, item: &Item) -> Result<bool, StoreError> {
    let mut story = None;
    if item.kind == "feed" {
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

async fn insert_bands(tx: &mut Transaction<'static, Sqlite>, id: i64, shingles: &Shingles) -> Result<(), StoreError> {
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

/// Drops what was decided about an earlier version of the text.
async fn unlabel(tx: &mut Transaction<'static, Sqlite>, id: i64, model: &str) -> Result<(), StoreError> {
    sqlx::query("delete from item_fenomeen where item = $1 and model = $2")
        .bind(id)
        .bind(model)
        .execute(&mut **tx)
        .await?;
    sqlx::query("delete from item_axis where item = $1").bind(id).execute(&mut **tx).await?;
    sqlx::query("delete from knelpunt where item = $1").bind(id).execute(&mut **tx).await?;
    Ok(())
}

/// Writes the labels of this model, and the axes that rules decided.
async fn label(tx: &mut Transaction<'static, Sqlite>, id: i64, judged: &Judged) -> Result<(), StoreError> {
    let verdict = &judged.verdict;
    sqlx::query("insert into verdict (item, model) values ($1, $2) on conflict do nothing")
        .bind(id)
        .bind(&verdict.model)
        .execute(&mut **tx)
        .await?;
    for label in verdict.labels.iter().filter(|label| label.outcome != Outcome::Nee) {
        sqlx::query("insert into item_fenomeen (item, model, fenomeen, p, outcome) values ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(&verdict.model)
            .bind(&label.fenomeen)
            .bind(label.p)
            .bind(label.outcome.name())
            .execute(&mut **tx)
            .await?;
    }
    let axes = [("gebied", &verdict.gebieden), ("instrument", &verdict.instrumenten), ("branche", &verdict.branches)];
    for (axis, values) in axes {
        for (place, value) in (0_i64..).zip(values) {
            sqlx::query(
                "insert into item_axis (item, axis, value, place) values ($1, $2, $3, $4) on conflict do nothing",
            )
            .bind(id)
            .bind(axis)
            .bind(value)
            .bind(place)
            .execute(&mut **tx)
            .await?;
        }
    }
    for knelpunt in &judged.knelpunten {
        sqlx::query(
            "insert into knelpunt (item, bwb, law, article, sentence, paragraph, family) values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(&knelpunt.bwb)
        .bind(&knelpunt.law)
        .bind(&knelpunt.article)
        .bind(&knelpunt.sentence)
        .bind(&knelpunt.paragraph)
        .bind(&knelpunt.family)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

async fn reject(
    tx: &mut Transaction<'static, Sqlite>,
    source: &SourceId,
    rejection: &Rejection,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into rejection (source, key, revision, why, first_seen, last_seen) values ($1, $2, $3, $4, $5, $5)
         on conflict (source, key, revision) do update set
             why = excluded.why, last_seen = excluded.last_seen, times = rejection.times + 1",
    )
    .bind(&source.0)
    .bind(&rejection.key)
    .bind(&rejection.revision)
    .bind(&rejection.why)
    .bind(now.as_second())
    .execute(&mut **tx)
    .await?;
    Ok(())
}

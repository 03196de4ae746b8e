//! Which items tell of the same event: the same address, nearly the same text, or another text that the learned comparison
//! takes for the same event.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::{Store, StoreError, items::Judged};
use crate::{
    dedupe::{SAME_STORY, Shingles},
    domain::item::Item,
    stories::{
        SPAN_DAYS, Sketch,
        cluster::{JOINS, fit},
    },
};

/// Two tellings of one event lie at most this far apart, in seconds.
const STORY_SPAN: i64 = 10 * 24 * 3600;
/// Sketches are kept for so many seconds: late tellings come within a month or not.
const SKETCHES_KEPT: i64 = 40 * 24 * 3600;
/// Tellings that are compared with a new one, newest first.
const CANDIDATES: i64 = 120;
/// A telling that fits two stories by so much more than is needed makes them one.
const MERGES: f64 = 1.5;

/// Kinds whose items tell of events, so that several can tell of the same one.
pub(super) fn is_news(kind: &str) -> bool {
    matches!(kind, "feed" | "page")
}

/// Finds the story that this item tells. True when it is a further telling. Judgments are never copies of one another.
pub(super) async fn story(
    tx: &mut Transaction<'static, Sqlite>,
    id: i64,
    judged: &Judged,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let item = &judged.item;
    let mut story = None;
    if is_news(&item.kind) {
        let shingles = Shingles::of(&item.title, &item.text);
        story = same_address(tx, id, item).await?;
        if story.is_none() {
            story = same_text(tx, item, &shingles).await?;
        }
        insert_bands(tx, id, &shingles).await?;
        if let Some(sketch) = &judged.sketch {
            let fits = same_event(tx, id, sketch).await?;
            story = story.or(fits.first().map(|(story, _)| *story));
            insert_sketch(tx, id, sketch).await?;
            story = merge(tx, id, story, &fits, now).await?;
        }
    }
    sqlx::query("update item set story = $2 where id = $1")
        .bind(id)
        .bind(story.unwrap_or(id))
        .execute(&mut **tx)
        .await?;
    Ok(story.is_some())
}

/// A new version of a telling: what it is compared by is made anew, and a further telling that no longer fits its story
/// becomes a story of its own.
pub(super) async fn retell(
    tx: &mut Transaction<'static, Sqlite>,
    id: i64,
    judged: &Judged,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (true, Some(sketch)) = (is_news(&judged.item.kind), &judged.sketch) else { return Ok(()) };
    drop_sketch(tx, id).await?;
    let fits = same_event(tx, id, sketch).await?;
    insert_sketch(tx, id, sketch).await?;
    let (story, address): (i64, Option<String>) =
        sqlx::query_as("select story, address from item where id = $1").bind(id).fetch_one(&mut **tx).await?;
    let shared: (i64,) = sqlx::query_as(
        "select count(*) from item where story = $1 and id <> $2 and address is not null and address = $3",
    )
    .bind(story)
    .bind(id)
    .bind(&address)
    .fetch_one(&mut **tx)
    .await?;
    // Near copies are known by their text, and the first telling gives the story its number: both stay.
    let compared = fits.iter().any(|(other, _)| *other == story);
    let near = same_text(tx, &judged.item, &Shingles::of(&judged.item.title, &judged.item.text)).await?;
    if story == id || shared.0 > 0 || compared || near == Some(story) {
        return Ok(());
    }
    sqlx::query("update item set story = id where id = $1").bind(id).execute(&mut **tx).await?;
    record(tx, "split", id, (story, id), now).await
}

/// Stories that a telling fits, best first, with the logit.
async fn same_event(
    tx: &mut Transaction<'static, Sqlite>,
    id: i64,
    sketch: &Sketch,
) -> Result<Vec<(i64, f64)>, StoreError> {
    let keys = sketch.keys();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    #[expect(clippy::cast_possible_truncation, reason = "a few days in seconds")]
    let span = (SPAN_DAYS * 86_400.0) as i64;
    let mut query = QueryBuilder::<Sqlite>::new(
        "select i.story, s.sketch from sketch s join item i on i.id = s.item where s.published between ",
    );
    query.push_bind(sketch.published() - span).push(" and ").push_bind(sketch.published() + span);
    query.push(" and s.item <> ").push_bind(id).push(" and s.item in (select item from sketch_key where key in (");
    let mut list = query.separated(", ");
    for key in keys {
        list.push_bind(key);
    }
    query.push(")) order by s.item desc limit ").push_bind(CANDIDATES);
    let rows: Vec<(i64, Vec<u8>)> = query.build_query_as().fetch_all(&mut **tx).await?;
    let mut pairs: BTreeMap<i64, (bool, Vec<f64>)> = BTreeMap::new();
    for (story, bytes) in rows {
        // A sketch of another version of the program is one telling less to compare with, and no fault.
        let Ok(other) = postcard::from_bytes::<Sketch>(&bytes) else { continue };
        let (anchored, logits) = pairs.entry(story).or_default();
        let logit = sketch.same_event(&other);
        *anchored |= logit >= JOINS && sketch.is_anchored(&other);
        logits.push(logit);
    }
    let mut fits: Vec<(i64, f64)> = pairs
        .into_iter()
        .filter(|(_, (anchored, _))| *anchored)
        .filter_map(|(story, (_, logits))| Some((story, fit(&logits)?)))
        .filter(|(_, fit)| *fit >= JOINS)
        .collect();
    fits.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    Ok(fits)
}

/// Two stories that a telling fits beyond doubt were one: the younger goes on under the number of the older. Gives the
/// story that the telling belongs to now.
async fn merge(
    tx: &mut Transaction<'static, Sqlite>,
    id: i64,
    story: Option<i64>,
    fits: &[(i64, f64)],
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let Some(mut own) = story else { return Ok(None) };
    for (other, _) in fits.iter().filter(|(other, fit)| Some(*other) != story && *fit >= JOINS + MERGES) {
        let (older, younger) = (own.min(*other), own.max(*other));
        sqlx::query("update item set story = $2 where story = $1").bind(younger).bind(older).execute(&mut **tx).await?;
        record(tx, "merge", id, (younger, older), now).await?;
        own = older;
    }
    Ok(Some(own))
}

async fn record(
    tx: &mut Transaction<'static, Sqlite>,
    kind: &str,
    item: i64,
    (from, to): (i64, i64),
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("insert into story_change (at, kind, item, from_story, to_story) values ($1, $2, $3, $4, $5)")
        .bind(now.as_second())
        .bind(kind)
        .bind(item)
        .bind(from)
        .bind(to)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl Store {
    /// Forgets what tellings of long ago were compared by; nothing can join them any more.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_sketches(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.as_second() - SKETCHES_KEPT;
        let mut tx = self.begin().await?;
        sqlx::query("delete from sketch_key where item in (select item from sketch where published < $1)")
            .bind(before)
            .execute(&mut *tx)
            .await?;
        let gone = sqlx::query("delete from sketch where published < $1").bind(before).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(gone.rows_affected())
    }
}

/// Takes away what an item is compared by.
pub(super) async fn drop_sketch(tx: &mut Transaction<'static, Sqlite>, id: i64) -> Result<(), StoreError> {
    sqlx::query("delete from sketch where item = $1").bind(id).execute(&mut **tx).await?;
    sqlx::query("delete from sketch_key where item = $1").bind(id).execute(&mut **tx).await?;
    Ok(())
}

async fn insert_sketch(tx: &mut Transaction<'static, Sqlite>, id: i64, sketch: &Sketch) -> Result<(), StoreError> {
    let bytes = postcard::to_stdvec(sketch).map_err(|error| StoreError::Content(error.to_string()))?;
    sqlx::query("insert into sketch (item, published, sketch) values ($1, $2, $3) on conflict do nothing")
        .bind(id)
        .bind(sketch.published())
        .bind(bytes)
        .execute(&mut **tx)
        .await?;
    let keys = sketch.keys();
    if keys.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::<Sqlite>::new("insert into sketch_key (key, item) ");
    query.push_values(keys, |mut row, key| {
        row.push_bind(key).push_bind(id);
    });
    query.push(" on conflict do nothing").build().execute(&mut **tx).await?;
    Ok(())
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
           and (abs(i.published - $17) <= $18 or i.source = $19)
         order by i.id limit 50",
    );
    for key in shingles.bands() {
        query = query.bind(key);
    }
    let candidates: Vec<(i64, String, String)> =
        query.bind(item.published.as_second()).bind(STORY_SPAN).bind(&item.source.0).fetch_all(&mut **tx).await?;
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

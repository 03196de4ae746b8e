//! Items with their labels: a page is kept in one transaction, together with the cursor that says "done up to here".

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite, Transaction};

use super::{
    Store, StoreError,
    context::{self, Registered},
    corrections::overlay,
    raw::{self, Raw},
    sources::{Progress, advance},
    stories::{drop_sketch, insert_bands, is_news, retell, story},
    versions,
};
use crate::{
    dedupe::Shingles,
    domain::{
        figure::Figure,
        item::Item,
        record::Rejection,
        signal::Knelpunt,
        source::SourceId,
        verdict::{Outcome, Verdict},
    },
    stories::Sketch,
};

/// Keys that are looked up in one statement; databases take a thousand and more.
const KEYS_AT_ONCE: usize = 500;

/// An item with everything that was decided about it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The item.
    pub item: Item,
    /// Its labels.
    pub verdict: Verdict,
    /// Sentences that point at a gap in the law.
    pub knelpunten: Vec<Knelpunt>,
    /// What it is compared by with other tellings; none where it has no fenomeen, nor a doubt about one.
    pub sketch: Option<Sketch>,
    /// Place in the batch of the answer that it was read from.
    pub raw: Option<usize>,
}

/// One page of one source, ready to be kept.
#[derive(Debug, Default)]
pub struct Batch {
    /// Under which name the progress is kept: that of the source, or of its backfill.
    pub ledger: SourceId,
    /// What was read.
    pub judged: Vec<Judged>,
    /// What could not be read.
    pub rejected: Vec<Rejection>,
    /// Figures of others.
    pub figures: Vec<Figure>,
    /// Registrations of companies.
    pub registered: Vec<Registered>,
    /// The answers that all of this was read from; those that gave nothing new are not kept.
    pub raws: Vec<Raw>,
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
        // Rejections first: an item that is kept goes before an older refusal of the same key.
        for some in keys.chunks(KEYS_AT_ONCE) {
            let rejections = "select key, revision, '', times from rejection where source = ";
            for (key, revision, _, times) in self.of_keys(rejections, "order by last_seen", source, some).await? {
                let times_rejected = u32::try_from(times).unwrap_or(u32::MAX);
                known.insert(key, Known { revision, content_hash: None, times_rejected });
            }
            let items = "select key, revision, content_hash, 0 from item where source = ";
            for (key, revision, hash, _) in self.of_keys(items, "", source, some).await? {
                known.insert(key, Known { revision, content_hash: Some(hash), times_rejected: 0 });
            }
        }
        Ok(known)
    }

    async fn of_keys(
        &self,
        select: &str,
        order: &str,
        source: &SourceId,
        keys: &[String],
    ) -> Result<Vec<(String, String, String, i64)>, StoreError> {
        let mut query = QueryBuilder::<Sqlite>::new(select);
        query.push_bind(&source.0).push(" and key in (");
        let mut list = query.separated(", ");
        for key in keys {
            list.push_bind(key);
        }
        query.push(") ").push(order);
        Ok(query.build_query_as().fetch_all(&self.reader).await?)
    }

    /// Keeps a page: all of it and its cursor, or nothing.
    ///
    /// # Errors
    /// When the store fails; nothing is kept then.
    pub async fn keep(&self, source: &SourceId, batch: &Batch, now: Timestamp) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        let mut tx = self.begin().await?;
        let mut raws = Raws { source, answers: &batch.raws, ids: HashMap::new(), now };
        for judged in &batch.judged {
            keep_one(&mut tx, judged, &mut raws, &mut tally).await?;
        }
        for registered in &batch.registered {
            if context::keep_registration(&mut tx, source, registered, now).await? {
                tally.new += 1;
            } else {
                tally.known += 1;
            }
        }
        context::keep_figures(&mut tx, source, &batch.figures).await?;
        for rejection in &batch.rejected {
            reject(&mut tx, source, rejection, now).await?;
            tally.rejected += 1;
        }
        if let Some(progress) = &batch.progress {
            advance(&mut tx, &batch.ledger, progress).await?;
        }
        tx.commit().await?;
        Ok(tally)
    }
}

/// The answers of a page; one is written when the first item refers to it.
struct Raws<'a> {
    source: &'a SourceId,
    answers: &'a [Raw],
    ids: HashMap<usize, i64>,
    now: Timestamp,
}

impl Raws<'_> {
    async fn id(
        &mut self,
        tx: &mut Transaction<'static, Sqlite>,
        place: Option<usize>,
    ) -> Result<Option<i64>, StoreError> {
        let Some((place, answer)) = place.and_then(|place| Some((place, self.answers.get(place)?))) else {
            return Ok(None);
        };
        if let Some(id) = self.ids.get(&place) {
            return Ok(Some(*id));
        }
        let id = raw::insert(tx, self.source, answer, self.now).await?;
        self.ids.insert(place, id);
        Ok(Some(id))
    }
}

async fn keep_one(
    tx: &mut Transaction<'static, Sqlite>,
    judged: &Judged,
    raws: &mut Raws<'_>,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    let item = &judged.item;
    let held: Option<(i64, String, String, i64)> =
        sqlx::query_as("select id, revision, content_hash, withdrawn from item where source = $1 and key = $2")
            .bind(&item.source.0)
            .bind(&item.key)
            .fetch_optional(&mut **tx)
            .await?;
    let Some((id, revision, hash, withdrawn)) = held else {
        if under_another_key(tx, item).await? {
            tally.known += 1;
            return Ok(());
        }
        tally.new += 1;
        let raw = raws.id(tx, judged.raw).await?;
        let id = insert(tx, item, raw).await?;
        if story(tx, id, judged, raws.now).await? {
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
            sqlx::query("update item set revision = $2, updated = $3 where id = $1")
                .bind(id)
                .bind(&item.revision)
                .bind(item.updated.map(Timestamp::as_second))
                .execute(&mut **tx)
                .await?;
        }
        return Ok(());
    }
    let raw = raws.id(tx, judged.raw).await?;
    // Only a change of what it says is news; a mended comma is not.
    if versions::add(tx, id, item, raw, raws.now).await? {
        tally.changed += 1;
    } else {
        tally.known += 1;
    }
    update(tx, id, item, raw).await?;
    retell(tx, id, judged, raws.now).await?;
    unlabel(tx, id, &judged.verdict.model).await?;
    label(tx, id, judged).await?;
    overlay(tx, id, &judged.verdict.model).await
}

/// A source that gives its items another id at every poll: the same text at the same address is the same item, and is
/// known by its newest id.
async fn under_another_key(tx: &mut Transaction<'static, Sqlite>, item: &Item) -> Result<bool, StoreError> {
    let (true, Some(address)) = (is_news(&item.kind) && !item.withdrawn, &item.address) else { return Ok(false) };
    let renamed = sqlx::query(
        "update item set key = $3, revision = $4 where id =
         (select id from item where address = $1 and source = $2 and content_hash = $5 and withdrawn = 0 order by id limit 1)",
    )
    .bind(address)
    .bind(&item.source.0)
    .bind(&item.key)
    .bind(&item.revision)
    .bind(&item.content_hash)
    .execute(&mut **tx)
    .await?;
    Ok(renamed.rows_affected() > 0)
}

async fn insert(tx: &mut Transaction<'static, Sqlite>, item: &Item, raw: Option<i64>) -> Result<i64, StoreError> {
    let (id,): (i64,) = sqlx::query_as(
        "insert into item (source, kind, key, revision, title, link, address, published, dated, updated, first_seen, week,
                           language, text, backfill, withdrawn, judgment, content_hash, raw, article, masked)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
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
    .bind(raw)
    .bind(&item.article)
    .bind(&item.masked)
    .fetch_one(&mut **tx)
    .await?;
    Ok(id)
}

/// A new version of the same item: its identity, its story, its first sight and its week stay.
async fn update(
    tx: &mut Transaction<'static, Sqlite>,
    id: i64,
    item: &Item,
    raw: Option<i64>,
) -> Result<(), StoreError> {
    sqlx::query(
        "update item set revision = $2, version = version + 1, title = $3, link = $4, address = $5, updated = $6,
                language = $7, text = $8, judgment = $9, content_hash = $10, withdrawn = 0, raw = $11, article = $12,
                masked = $13
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
    .bind(raw)
    .bind(&item.article)
    .bind(&item.masked)
    .execute(&mut **tx)
    .await?;
    if is_news(&item.kind) {
        sqlx::query("delete from band where item = $1").bind(id).execute(&mut **tx).await?;
        insert_bands(tx, id, &Shingles::of(&item.title, &item.text)).await?;
    }
    Ok(())
}

/// Text, structure and quoted sentences go; identity, court, date and labels stay.
async fn withdraw(tx: &mut Transaction<'static, Sqlite>, id: i64, revision: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update item set withdrawn = 1, text = '', article = null, judgment = null, revision = $2, version = version + 1 where id = $1",
    )
    .bind(id)
    .bind(revision)
    .execute(&mut **tx)
    .await?;
    sqlx::query("delete from knelpunt where item = $1").bind(id).execute(&mut **tx).await?;
    sqlx::query("delete from band where item = $1").bind(id).execute(&mut **tx).await?;
    drop_sketch(tx, id).await?;
    // What was said of it teaches no more, and the words that carried its labels are words of its text.
    sqlx::query("delete from correction where item = $1").bind(id).execute(&mut **tx).await?;
    sqlx::query("update item_fenomeen set why = '[]' where item = $1").bind(id).execute(&mut **tx).await?;
    unsend(tx, id).await
}

/// Mail that is still waiting and rests on this item alone is not sent any more.
async fn unsend(tx: &mut Transaction<'static, Sqlite>, id: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update outbox set state = 'failed', problem = 'ingetrokken bij de bron'
         where state = 'queued' and product = 'attendering'
           and key like '%-' || (select story from item where id = $1)
           and not exists (select 1 from item t where t.story = (select story from item where id = $1) and t.withdrawn = 0)",
    )
    .bind(id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn judgment(item: &Item) -> Result<Option<String>, StoreError> {
    item.judgment
        .as_ref()
        .map(serde_json::to_string)
        .transpose()
        .map_err(|error| StoreError::Content(error.to_string()))
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

/// Writes that a model judged an item, and its labels that are not "nee".
pub(super) async fn insert_labels(
    tx: &mut Transaction<'static, Sqlite>,
    id: i64,
    verdict: &Verdict,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into verdict (item, model, unknown, near) values ($1, $2, $3, $4)
         on conflict do update set unknown = $3, near = $4",
    )
    .bind(id)
    .bind(&verdict.model)
    .bind(verdict.unknown)
    .bind(verdict.labels.iter().map(|label| label.p).fold(0.0, f64::max))
    .execute(&mut **tx)
    .await?;
    let labels: Vec<_> = verdict.labels.iter().filter(|label| label.outcome != Outcome::Nee).collect();
    if labels.is_empty() {
        return Ok(());
    }
    let why = labels
        .iter()
        .map(|label| serde_json::to_string(&label.why).map_err(|error| StoreError::Content(error.to_string())))
        .collect::<Result<Vec<_>, _>>()?;
    let mut query = QueryBuilder::<Sqlite>::new("insert into item_fenomeen (item, model, fenomeen, p, outcome, why) ");
    query.push_values(labels.into_iter().zip(why), |mut row, (label, why)| {
        row.push_bind(id).push_bind(&verdict.model).push_bind(&label.fenomeen);
        row.push_bind(label.p).push_bind(label.outcome.name()).push_bind(why);
    });
    query.build().execute(&mut **tx).await?;
    Ok(())
}

/// Writes the labels of this model with what people said over them, and the axes that rules decided.
async fn label(tx: &mut Transaction<'static, Sqlite>, id: i64, judged: &Judged) -> Result<(), StoreError> {
    let verdict = &judged.verdict;
    insert_labels(tx, id, verdict).await?;
    let axes = [("gebied", &verdict.gebieden), ("instrument", &verdict.instrumenten), ("branche", &verdict.branches)];
    let values: Vec<_> = axes
        .into_iter()
        .flat_map(|(axis, values)| (0_i64..).zip(values).map(move |(place, value)| (axis, place, value)))
        .collect();
    for some in values.chunks(KEYS_AT_ONCE / 4) {
        let mut query = QueryBuilder::<Sqlite>::new("insert into item_axis (item, axis, value, place) ");
        query.push_values(some, |mut row, (axis, place, value)| {
            row.push_bind(id).push_bind(*axis).push_bind(*value).push_bind(*place);
        });
        query.push(" on conflict do nothing").build().execute(&mut **tx).await?;
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

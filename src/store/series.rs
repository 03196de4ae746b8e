//! What the trends are counted from, and the stories that stand behind them.

use jiff::Timestamp;
use sqlx::FromRow;

use super::{Store, StoreError, moment};
use crate::domain::{
    trend::{Labelled, Marked, Narrowing, Telling},
    week::Week,
};

/// A story as readers see it: its first telling, and how often it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryLine {
    /// Story id.
    pub story: i64,
    /// Title of the first telling.
    pub title: String,
    /// Text of the first telling.
    pub text: String,
    /// Its address.
    pub link: String,
    /// Source of the first telling.
    pub source: String,
    /// When it was first published.
    pub published: Timestamp,
    /// Tellings in all.
    pub tellings: u32,
    /// Different sources among them.
    pub publishers: u32,
}

/// The first telling of a story that is near ondermijning.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Week of publication.
    pub week: Week,
    /// Story id.
    pub story: i64,
    /// Title.
    pub title: String,
    /// Text.
    pub text: String,
    /// Source.
    pub source: String,
    /// Highest probability of any fenomeen.
    pub near: f64,
    /// Whether any got "ja".
    pub known: bool,
    /// Those that did.
    pub fenomenen: Vec<String>,
}

/// What one source brought in one week.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Volume {
    /// Source id.
    pub source: String,
    /// Items published in that week.
    pub items: i64,
}

/// A judgment of the week.
#[derive(Debug, Clone)]
pub struct JudgmentLine {
    /// Item id.
    pub item: i64,
    /// ECLI.
    pub ecli: String,
    /// Address.
    pub link: String,
    /// The structure, as JSON.
    pub judgment: String,
    /// Instruments by rule.
    pub instrumenten: Vec<String>,
    /// Fenomenen with "ja".
    pub fenomenen: Vec<String>,
}

#[derive(FromRow)]
struct TellingRow {
    week: String,
    story: i64,
    source: String,
}

#[derive(FromRow)]
struct StoryRow {
    story: i64,
    title: String,
    text: String,
    link: Option<String>,
    source: String,
    published: i64,
    tellings: i64,
    publishers: i64,
}

impl Store {
    /// Every telling of feeds in these weeks that this model judged. What only an earlier model judged is no exposure: it
    /// would make a rise out of the change of model.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tellings(&self, model: &str, from: Week, to: Week) -> Result<Vec<Telling>, StoreError> {
        let rows: Vec<TellingRow> = sqlx::query_as(
            "select distinct i.week, i.story, i.source from item i join verdict v on v.item = i.id and v.model = $1
             where i.kind in ('feed', 'page') and i.withdrawn = 0 and i.week between $2 and $3",
        )
        .bind(model)
        .bind(from.to_string())
        .bind(to.to_string())
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Telling {
                    week: row.week.parse().map_err(StoreError::Content)?,
                    story: row.story,
                    source: row.source,
                })
            })
            .collect()
    }

    /// Fenomenen of the stories of these weeks, by one model: what any telling got "ja" for.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn labelled(&self, model: &str, from: Week, to: Week) -> Result<Vec<Labelled>, StoreError> {
        let rows: Vec<(i64, String)> = sqlx::query_as(
            "select distinct i.story as story, f.fenomeen as fenomeen from item i join item_fenomeen f on f.item = i.id
             where i.kind in ('feed', 'page') and i.withdrawn = 0 and f.model = $1 and f.outcome = 'ja' and i.week between $2 and $3",
        )
        .bind(model)
        .bind(from.to_string())
        .bind(to.to_string())
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(|(story, fenomeen)| Labelled { story, fenomeen }).collect())
    }

    /// Gemeenten, instruments and branches of the labelled stories of these weeks.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn marked(&self, model: &str, from: Week, to: Week) -> Result<Vec<Marked>, StoreError> {
        let rows: Vec<(i64, String, String)> = sqlx::query_as(
            "select distinct i.story as story, a.axis as axis, a.value as value
             from item i join item_axis a on a.item = i.id
             where i.kind in ('feed', 'page') and i.withdrawn = 0 and i.week between $2 and $3
               and exists (select 1 from item_fenomeen f where f.item = i.id and f.model = $1 and f.outcome = 'ja')",
        )
        .bind(model)
        .bind(from.to_string())
        .bind(to.to_string())
        .fetch_all(&self.reader)
        .await?;
        let axis = |name: &str| match name {
            "instrument" => Narrowing::Instrument,
            "branche" => Narrowing::Branche,
            _ => Narrowing::Gemeente,
        };
        Ok(rows.into_iter().map(|(story, name, value)| Marked { story, axis: axis(&name), value }).collect())
    }

    /// The stories with these ids, in the order of the ids.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn stories(&self, ids: &[i64]) -> Result<Vec<StoryLine>, StoreError> {
        let mut lines = Vec::with_capacity(ids.len());
        let mut connection = self.reader.acquire().await?;
        for id in ids {
            let row: Option<StoryRow> = sqlx::query_as(
                "select i.story as story, i.title as title, i.text as text, i.link as link, i.source as source,
                        i.published as published,
                        (select count(*) from item t where t.story = i.story and t.withdrawn = 0) as tellings,
                        (select count(distinct t.source) from item t where t.story = i.story and t.withdrawn = 0) as publishers
                 from item i where i.story = $1 and i.withdrawn = 0 order by i.published, i.id limit 1",
            )
            .bind(id)
            .fetch_optional(&mut *connection)
            .await?;
            lines.extend(row.map(StoryLine::from));
        }
        Ok(lines)
    }

    /// First tellings of stories of these weeks that are at least so near ondermijning, oldest first: where new topics are
    /// sought.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn near(&self, model: &str, least: f64, (from, to): (Week, Week)) -> Result<Vec<Near>, StoreError> {
        type Row = (String, i64, String, String, String, f64, Option<String>);
        let rows: Vec<Row> = sqlx::query_as(
            "select i.week, i.story, i.title, i.text, i.source, v.near,
                    (select group_concat(f.fenomeen, ' ') from item_fenomeen f
                     where f.item = i.id and f.model = $1 and f.outcome = 'ja')
             from item i join verdict v on v.item = i.id and v.model = $1
             where i.id = i.story and i.kind in ('feed', 'page') and i.withdrawn = 0 and i.week between $2 and $3
               and v.near >= $4
             order by i.week, i.id",
        )
        .bind(model)
        .bind(from.to_string())
        .bind(to.to_string())
        .bind(least)
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter()
            .map(|(week, story, title, text, source, near, fenomenen)| {
                let fenomenen: Vec<String> =
                    fenomenen.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
                let week = week.parse().map_err(StoreError::Content)?;
                Ok(Near { week, story, title, text, source, near, known: !fenomenen.is_empty(), fenomenen })
            })
            .collect()
    }

    /// Items per source published in one week.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn volumes(&self, week: Week) -> Result<Vec<Volume>, StoreError> {
        Ok(sqlx::query_as("select source, count(*) as items from item where week = $1 group by source order by source")
            .bind(week.to_string())
            .fetch_all(&self.reader)
            .await?)
    }

    /// Last publication and number of items per source, for `status` and for silence.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn totals(&self) -> Result<Vec<(String, i64, Timestamp, Timestamp)>, StoreError> {
        let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
            "select source, count(*), min(published), max(published) from item group by source order by source",
        )
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(|(source, items, first, last)| (source, items, moment(first), moment(last))).collect())
    }

    /// Reasons of rejection since a moment, with their number, most frequent first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn rejections(&self, since: Timestamp) -> Result<Vec<(String, String, i64)>, StoreError> {
        Ok(sqlx::query_as(
            "select source, why, count(*) from rejection where last_seen >= $1 group by source, why order by 3 desc, 1, 2",
        )
        .bind(since.as_second())
        .fetch_all(&self.reader)
        .await?)
    }

    /// Judgments published in a week that carry an instrument, a fenomeen or a knelpunt.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn judgments(&self, model: &str, week: Week) -> Result<Vec<JudgmentLine>, StoreError> {
        let rows: Vec<(i64, String, Option<String>, String)> = sqlx::query_as(
            "select i.id, i.key, i.link, i.judgment from item i
             where i.kind = 'judgments' and i.withdrawn = 0 and i.judgment is not null and i.week = $1
               and (exists (select 1 from item_axis a where a.item = i.id and a.axis = 'instrument')
                    or exists (select 1 from item_fenomeen f where f.item = i.id and f.model = $2 and f.outcome = 'ja')
                    or exists (select 1 from knelpunt k where k.item = i.id))
             order by i.published desc, i.key",
        )
        .bind(week.to_string())
        .bind(model)
        .fetch_all(&self.reader)
        .await?;
        let mut lines = Vec::with_capacity(rows.len());
        for (item, ecli, link, judgment) in rows {
            let instrumenten = self.axis(item, "instrument").await?;
            let fenomenen: Vec<(String,)> = sqlx::query_as(
                "select fenomeen from item_fenomeen where item = $1 and model = $2 and outcome = 'ja' order by p desc",
            )
            .bind(item)
            .bind(model)
            .fetch_all(&self.reader)
            .await?;
            let fenomenen = fenomenen.into_iter().map(|(fenomeen,)| fenomeen).collect();
            lines.push(JudgmentLine { item, ecli, link: link.unwrap_or_default(), judgment, instrumenten, fenomenen });
        }
        Ok(lines)
    }

    /// Values of one axis of an item, in order.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn axis(&self, item: i64, axis: &str) -> Result<Vec<String>, StoreError> {
        let rows: Vec<(String,)> =
            sqlx::query_as("select value from item_axis where item = $1 and axis = $2 order by place")
                .bind(item)
                .bind(axis)
                .fetch_all(&self.reader)
                .await?;
        Ok(rows.into_iter().map(|(value,)| value).collect())
    }
}

impl From<StoryRow> for StoryLine {
    fn from(row: StoryRow) -> Self {
        let count = |value: i64| u32::try_from(value).unwrap_or(0);
        Self {
            story: row.story,
            title: row.title,
            text: row.text,
            link: row.link.unwrap_or_default(),
            source: row.source,
            published: moment(row.published),
            tellings: count(row.tellings),
            publishers: count(row.publishers),
        }
    }
}

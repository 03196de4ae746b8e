//! What people said of the fenomenen of items: kept for ever with who and when, laid over what the model says, and given
//! to training as examples.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sqlx::{FromRow, Sqlite, Transaction};

use super::{Store, StoreError, moment};

/// Fenomenen that a person said to apply, and not to apply; and those of which nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Apply.
    pub yes: Vec<String>,
    /// Do not apply.
    pub no: Vec<String>,
    /// Nobody knows.
    pub open: Vec<String>,
}

/// One act of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Number.
    pub id: i64,
    /// The item, where it is held.
    pub item: Option<i64>,
    /// Source of the item.
    pub source: String,
    /// Key within its source.
    pub key: String,
    /// Who said it.
    pub who: String,
    /// When.
    pub at: Timestamp,
    /// The model that had judged it.
    pub model: String,
    /// Title as it was then.
    pub title: String,
    /// Text as it was then.
    pub text: String,
    /// What was said.
    pub said: Said,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    item: Option<i64>,
    source: String,
    key: String,
    who: String,
    at: i64,
    model: String,
    title: String,
    text: String,
    yes: String,
    no: String,
    open: String,
}

/// An item that a person is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Item.
    pub item: i64,
    /// Its story, so that one event is asked about once.
    pub story: i64,
    /// Source.
    pub source: String,
    /// Title.
    pub title: String,
    /// Text.
    pub text: String,
    /// Language.
    pub language: String,
    /// When it was published.
    pub published: Timestamp,
}

/// Item, story, source, key, title, text, language, published.
type AskedRow = (i64, i64, String, String, String, String, String, i64);

impl Store {
    /// Keeps an act and lays it over the labels of its item. An act that is already there (the same item, person and
    /// moment) is left alone; gives back whether it was new.
    ///
    /// # Errors
    /// When the store fails; nothing is kept then.
    pub async fn correct(&self, act: &Correction, model: &str) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let kept = sqlx::query(
            "insert into correction (item, source, key, who, at, model, title, text, yes, no, open)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing",
        )
        .bind(act.item)
        .bind(&act.source)
        .bind(&act.key)
        .bind(&act.who)
        .bind(act.at.as_second())
        .bind(&act.model)
        .bind(&act.title)
        .bind(&act.text)
        .bind(list(&act.said.yes)?)
        .bind(list(&act.said.no)?)
        .bind(list(&act.said.open)?)
        .execute(&mut *tx)
        .await?;
        if let Some(item) = act.item {
            overlay(&mut tx, item, model).await?;
        }
        tx.commit().await?;
        Ok(kept.rows_affected() > 0)
    }

    /// Takes the newest act of a person back; gives it back, or nothing when there is none. The labels of its item are
    /// judged again by the caller.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn uncorrect(&self, who: &str) -> Result<Option<Correction>, StoreError> {
        let row: Option<Row> = sqlx::query_as(
            "delete from correction where id = (select id from correction where who = $1 order by at desc, id desc limit 1)
             returning *",
        )
        .bind(who)
        .fetch_optional(&self.writer)
        .await?;
        row.map(Correction::try_from).transpose()
    }

    /// All acts, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn corrections(&self) -> Result<Vec<Correction>, StoreError> {
        let rows: Vec<Row> = sqlx::query_as("select * from correction order by at, id").fetch_all(&self.reader).await?;
        rows.into_iter().map(Correction::try_from).collect()
    }

    /// The item with that number, or with that key in any source.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn asked(&self, name: &str) -> Result<Option<(Asked, String)>, StoreError> {
        let row: Option<AskedRow> = sqlx::query_as(
            "select id, story, source, key, title, text || coalesce(char(10) || article, ''), language, published
             from item where withdrawn = 0 and (cast(id as text) = $1 or key = $1 or link = $1) order by id limit 1",
        )
        .bind(name)
        .fetch_optional(&self.reader)
        .await?;
        Ok(row.map(|(item, story, source, key, title, text, language, published)| {
            (Asked { item, story, source, title, text, language, published: moment(published) }, key)
        }))
    }

    /// Items published since a moment that this model judged and no person did, one per story, newest first. With
    /// `doubtful` only those with a label "twijfel"; else only those without any label, for an audit of what is missed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unreviewed(
        &self,
        model: &str,
        since: Timestamp,
        doubtful: bool,
        most: u32,
    ) -> Result<Vec<Asked>, StoreError> {
        let sql = if doubtful {
            "select i.id, i.story, i.source, i.title, i.text || coalesce(char(10) || i.article, ''), i.language, i.published
             from item i where i.published >= $2 and i.withdrawn = 0 and i.id = i.story
               and exists (select 1 from item_fenomeen f where f.item = i.id and f.model = $1 and f.outcome = 'twijfel')
               and not exists (select 1 from correction c where c.item = i.id)
             order by i.published desc, i.id desc limit $3"
        } else {
            "select i.id, i.story, i.source, i.title, i.text || coalesce(char(10) || i.article, ''), i.language, i.published
             from item i join verdict v on v.item = i.id and v.model = $1
             where i.published >= $2 and i.withdrawn = 0 and i.id = i.story
               and not exists (select 1 from item_fenomeen f where f.item = i.id and f.model = $1)
               and not exists (select 1 from correction c where c.item = i.id)
             order by (i.id * 2654435761) % 4294967296 limit $3"
        };
        let rows: Vec<(i64, i64, String, String, String, String, i64)> =
            sqlx::query_as(sql).bind(model).bind(since.as_second()).bind(most).fetch_all(&self.reader).await?;
        Ok(rows
            .into_iter()
            .map(|(item, story, source, title, text, language, published)| Asked {
                item,
                story,
                source,
                title,
                text,
                language,
                published: moment(published),
            })
            .collect())
    }
}

/// Lays what people said over the labels that a model gave: an answer of a person is certain.
pub(super) async fn overlay(tx: &mut Transaction<'static, Sqlite>, item: i64, model: &str) -> Result<(), StoreError> {
    let rows: Vec<Row> = sqlx::query_as("select * from correction where item = $1 order by at, id")
        .bind(item)
        .fetch_all(&mut **tx)
        .await?;
    let acts: Vec<Correction> = rows.into_iter().map(Correction::try_from).collect::<Result<_, _>>()?;
    if acts.is_empty() {
        return Ok(());
    }
    for (fenomeen, applies) in answers(&acts) {
        sqlx::query("delete from item_fenomeen where item = $1 and model = $2 and fenomeen = $3")
            .bind(item)
            .bind(model)
            .bind(&fenomeen)
            .execute(&mut **tx)
            .await?;
        if applies {
            sqlx::query(
                "insert into item_fenomeen (item, model, fenomeen, p, outcome, person) values ($1, $2, $3, 1.0, 'ja', 1)",
            )
            .bind(item)
            .bind(model)
            .bind(&fenomeen)
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(())
}

/// The answer on each fenomeen that was spoken of; a later act goes before an earlier one.
#[must_use]
pub fn answers(acts: &[Correction]) -> BTreeMap<String, bool> {
    let mut answers = BTreeMap::new();
    for act in acts {
        answers.extend(act.said.yes.iter().map(|fenomeen| (fenomeen.clone(), true)));
        answers.extend(act.said.no.iter().map(|fenomeen| (fenomeen.clone(), false)));
    }
    answers
}

/// What all acts on one item say together: the last word on each fenomeen, and what is still open.
#[must_use]
pub fn fold(acts: &[Correction]) -> Said {
    let answers = answers(acts);
    let of = |wanted: bool| answers.iter().filter(|(_, own)| **own == wanted).map(|(name, _)| name.clone()).collect();
    let open = acts.last().map_or_else(Vec::new, |act| act.said.open.clone());
    Said {
        yes: of(true),
        no: of(false),
        open: open.into_iter().filter(|fenomeen| !answers.contains_key(fenomeen)).collect(),
    }
}

/// The acts of each item or text, oldest first.
#[must_use]
pub fn by_text(acts: Vec<Correction>) -> Vec<Vec<Correction>> {
    let mut grouped: BTreeMap<(String, String), Vec<Correction>> = BTreeMap::new();
    for act in acts {
        grouped.entry((act.source.clone(), act.key.clone())).or_default().push(act);
    }
    grouped.into_values().collect()
}

/// Fenomenen on which two people gave opposite answers about the same text: item key, fenomeen, and who said yes and no.
#[must_use]
pub fn conflicts(acts: &[Vec<Correction>]) -> Vec<(String, String, String, String)> {
    let mut found = Vec::new();
    for acts in acts {
        for fenomeen in answers(acts).into_keys() {
            let said = |of: fn(&Said) -> &Vec<String>| {
                acts.iter().rfind(|act| of(&act.said).contains(&fenomeen)).map(|act| act.who.clone())
            };
            if let (Some(yes), Some(no)) = (said(|said| &said.yes), said(|said| &said.no))
                && yes != no
            {
                found.push((acts.first().map_or_else(String::new, |act| act.key.clone()), fenomeen, yes, no));
            }
        }
    }
    found
}

fn list(names: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(names).map_err(|error| StoreError::Content(error.to_string()))
}

impl TryFrom<Row> for Correction {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let names = |text: &str| {
            serde_json::from_str::<Vec<String>>(text).map_err(|error| StoreError::Content(error.to_string()))
        };
        Ok(Self {
            said: Said { yes: names(&row.yes)?, no: names(&row.no)?, open: names(&row.open)? },
            id: row.id,
            item: row.item,
            source: row.source,
            key: row.key,
            who: row.who,
            at: moment(row.at),
            model: row.model,
            title: row.title,
            text: row.text,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(who: &str, at: i64, yes: &[&str], no: &[&str], open: &[&str]) -> Correction {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        Correction {
            id: at,
            item: Some(1),
            source: "bron".into(),
            key: "k".into(),
            who: who.into(),
            at: moment(at),
            model: "m".into(),
            title: "t".into(),
            text: String::new(),
            said: Said { yes: names(yes), no: names(no), open: names(open) },
        }
    }

    #[test]
    fn the_last_word_counts_and_a_conflict_is_named() {
        let acts =
            [act("an", 1, &["witwassen"], &[], &["zorgfraude"]), act("bo", 2, &[], &["witwassen"], &["zorgfraude"])];
        let said = fold(&acts);
        assert_eq!(said.no, ["witwassen"]);
        assert!(said.yes.is_empty());
        assert_eq!(said.open, ["zorgfraude"]);
        let found = conflicts(&by_text(acts.to_vec()));
        assert_eq!(found, [("k".into(), "witwassen".into(), "an".into(), "bo".into())]);
    }
}

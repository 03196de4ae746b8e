//! OData and SyncFeed: documents of the Tweede Kamer (`entities.rs`, `syncfeed.rs`) and cells of statistical tables of CBS
//! and the police (`table.rs`). `answer.rs` reads what all forms of OData share.
//!
//! Sources of the formats: OData 4.0 JSON Format, OData 3.0, the information model 0.90 of the Tweede Kamer, and what
//! public clients report of the services. Nothing here was tested against a live service.

mod answer;
mod entities;
mod syncfeed;
mod table;

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::{Adapter, Page, ReadError, encoding, xml};
use crate::domain::{
    exchange::{Cursor, Request, Response},
    record::Record,
};

/// Dialects that this kind speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// OData v4 of the Tweede Kamer.
    Entities,
    /// SyncFeed of the Tweede Kamer: a log of changes in Atom.
    Syncfeed,
    /// A table of CBS in OData v3, one column per measure.
    TableV3,
    /// A table of CBS in OData v4, one row per cell.
    TableV4,
}

/// The `[adapter]` table of such a source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// Root of the service, up to and without the entity or table; for SyncFeed the address of the feed.
    pub url: String,
    /// Dialect.
    pub form: Form,
    /// Entity (entities) or category (SyncFeed): `Document`, `Zaak`, `Activiteit`, `Toezegging`, `Verslag`.
    pub entity: Option<String>,
    /// Entities: a condition in the language of OData, added to that on time.
    pub filter: Option<String>,
    /// Entities: related entities whose titles come along, such as `Zaak`.
    pub expand: Option<String>,
    /// Entities: first day of change that is read when there is no cursor yet.
    pub start: Option<Date>,
    /// SyncFeed: the place in the log where the first poll begins; without it, at its beginning in 2008.
    pub skiptoken: Option<u64>,
    /// Most rows in one answer: 250 for entities unless stated, 2000 for tables.
    pub page_size: Option<u32>,
    /// Entities and SyncFeed: also read the file of a document, where it is XML or HTML.
    #[serde(default)]
    pub text: bool,
    /// Tables: id of the table.
    pub table: Option<String>,
    /// Tables: name of the dimension that holds regions, such as `RegioS`.
    pub region: Option<String>,
    /// Tables: beginnings of region codes that are kept; gemeenten and the country unless stated.
    #[serde(default = "gemeenten")]
    pub regions: Vec<String>,
    /// Tables: name of the other dimension that is kept.
    pub category: Option<String>,
    /// Tables: codes of that dimension, asked for one by one; all in one question when empty.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Tables: names of the measures that are kept, with or without CBS's number behind it; all when empty.
    #[serde(default)]
    pub measures: Vec<String>,
    /// Tables: how many years back, this year counted.
    pub periods: Option<u32>,
    /// Tables that have no dimension of time: the period that they are about, e.g. `2024JJ00`.
    pub period: Option<String>,
}

fn gemeenten() -> Vec<String> {
    vec!["GM".into(), "NL".into()]
}

impl Spec {
    /// What is wrong with it, each a sentence with its remedy.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |wrong: bool, why: &str| {
            if wrong {
                faults.push(why.to_owned());
            }
        };
        let is_table = matches!(self.form, Form::TableV3 | Form::TableV4);
        fault(!is_table && self.entity.is_none(), "`entity` ontbreekt: zet er bijvoorbeeld `entity = \"Document\"`");
        fault(
            self.entity.as_deref().is_some_and(answer::is_about_persons),
            "`entity` gaat over personen; die lezen wij niet. Kies bijvoorbeeld Document of Zaak",
        );
        fault(
            self.form == Form::Entities && self.start.is_none(),
            "`start` ontbreekt: zet de eerste dag, bijvoorbeeld \"2026-01-01\"",
        );
        fault(
            self.form != Form::Entities && self.start.is_some(),
            "`start` geldt alleen voor `form = \"entities\"`: haal het weg",
        );
        fault(
            self.form != Form::Entities && (self.filter.is_some() || self.expand.is_some()),
            "`filter` en `expand` gelden alleen voor `form = \"entities\"`: haal ze weg",
        );
        fault(
            self.form != Form::Syncfeed && self.skiptoken.is_some(),
            "`skiptoken` geldt alleen voor `form = \"syncfeed\"`: haal het weg",
        );
        fault(
            is_table && self.table.is_none(),
            "`table` ontbreekt: zet het nummer van de tabel, bijvoorbeeld \"47018NED\"",
        );
        fault(is_table && self.text, "`text` geldt niet voor een tabel: haal het weg");
        fault(
            !is_table
                && (self.table.is_some() || self.region.is_some() || self.category.is_some() || self.periods.is_some()),
            "`table`, `region`, `category` en `periods` gelden alleen voor een tabel: haal ze weg",
        );
        fault(
            !self.categories.is_empty() && self.category.is_none(),
            "`categories` heeft `category` nodig: de naam van de dimensie",
        );
        fault(self.page_size == Some(0) || self.page_size > Some(10_000), "`page-size` moet tussen 1 en 10000 liggen");
        fault(self.form == Form::Entities && self.page_size > Some(250), "`page-size` mag hier hoogstens 250 zijn");
        fault(self.periods == Some(0) || self.periods > Some(50), "`periods` moet tussen 1 en 50 jaar liggen");
        fault(
            self.period.as_deref().is_some_and(|period| !table::is_period(period)),
            "`period` moet eruitzien als \"2024JJ00\", \"2024KW01\" of \"2024MM06\"",
        );
        faults
    }

    fn entity(&self) -> &str {
        self.entity.as_deref().unwrap_or("Document")
    }
}

/// Reads such a source.
pub struct Odata {
    spec: Spec,
}

impl Odata {
    /// The adapter for one source.
    #[must_use]
    pub fn new(mut spec: Spec) -> Self {
        spec.url = spec.url.trim_end_matches(['/', '?']).to_owned();
        Self { spec }
    }
}

impl Adapter for Odata {
    fn open(&self, since: &Cursor, now: Timestamp) -> Request {
        match self.spec.form {
            Form::Entities => entities::open(&self.spec, since, now),
            Form::Syncfeed => syncfeed::open(&self.spec, since),
            Form::TableV3 | Form::TableV4 => table::open(&self.spec, since, now),
        }
    }

    fn read(&self, response: &Response) -> Result<Page, ReadError> {
        match self.spec.form {
            Form::Entities => entities::read(&self.spec, response),
            Form::Syncfeed => syncfeed::read(&self.spec, response),
            Form::TableV3 | Form::TableV4 => table::read(&self.spec, response),
        }
    }

    fn backfill(&self, from: Date, _now: Timestamp) -> Option<Request> {
        (self.spec.form == Form::Entities).then(|| entities::backfill(&self.spec, from))
    }

    fn count(&self, from: Date, to: Date) -> Option<Request> {
        (self.spec.form == Form::Entities).then(|| entities::count(&self.spec, from, to))
    }

    fn complete(&self, record: Record, detail: &Response) -> Result<Record, ReadError> {
        entities::complete(record, detail)
    }
}

/// Reads a saved document of any of the forms: a page or a single entity of OData, cells of a table, SyncFeed.
///
/// # Errors
/// When it is another kind of document, an error of the service, or metadata; the words say which.
pub fn read_saved(body: &[u8]) -> Result<Page, ReadError> {
    let text = encoding::decode(body, None);
    if text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('<') && !is_web_page(&text) {
        let root = xml::parse(&text).map_err(|error| ReadError::Broken(error.to_string()))?;
        if syncfeed::is_it(&root) {
            return syncfeed::page(&root, None);
        }
        return rows(&answer::of_xml(&root)?);
    }
    rows(&answer::parse(body, None)?)
}

fn rows(answer: &answer::Answer) -> Result<Page, ReadError> {
    if table::is_it(answer) {
        return table::saved(answer);
    }
    entities::page(answer, None)
}

fn is_web_page(text: &str) -> bool {
    let head: String = text.chars().take(500).collect::<String>().to_lowercase();
    head.contains("<html") || head.contains("<!doctype html")
}

#[cfg(test)]
mod tests;

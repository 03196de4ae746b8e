//! JSON services: company registers, and services that give items as JSON. A source file says by JSON pointers where
//! things stand; presets know the services of KvK. Of a register only the phenomenon is kept (`kvk.rs`).

mod guess;
mod items;
mod kvk;
mod walk;
mod when;

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use serde_json::Value;

use super::{Adapter, Page, ReadError, json};
use crate::domain::{
    exchange::{Cursor, Request, Response, SecretHeader},
    figure::Registration,
    record::Record,
};

const EXPECTED: &str = "antwoord van een JSON-dienst";
const ACCEPT: &str = "application/json, application/hal+json";

/// Services whose answers are known by heart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// KvK Zoeken, versions 1 and 2.
    KvkZoeken,
    /// KvK Basisprofiel version 1 of one company, and Vestigingsprofiel.
    KvkBasisprofiel,
    /// KvK Mutatieservice: signals of change.
    KvkMutatieservice,
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeps {
    /// Items with title and text.
    #[default]
    Items,
    /// Registrations, which are counted.
    Registrations,
}

/// How a service divides its answer in pages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, tag = "by", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Paging {
    /// Pages have numbers.
    Number {
        /// Parameter of the number.
        param: String,
        /// Parameter of the size, where there is one.
        size_param: Option<String>,
        /// Items in one page.
        size: u32,
        /// Number of the first page.
        #[serde(default = "one")]
        first: u32,
        /// JSON pointer to a boolean that says that this is the last page.
        last: Option<String>,
    },
    /// Pages begin at an item.
    Offset {
        /// Parameter of the offset.
        param: String,
        /// Parameter of the size, where there is one.
        size_param: Option<String>,
        /// Items in one page.
        size: u32,
        /// JSON pointer to a boolean that says that this is the last page.
        last: Option<String>,
    },
    /// The answer holds the address of the next page.
    NextLink {
        /// JSON pointer to that address.
        pointer: String,
    },
}

fn one() -> u32 {
    1
}

/// One or several JSON pointers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Pointers {
    /// Nowhere.
    #[default]
    None,
    /// One.
    One(String),
    /// The first that holds something; for texts: all, in order.
    Several(Vec<String>),
}

impl Pointers {
    fn iter(&self) -> impl Iterator<Item = &str> {
        let list = match self {
            Self::None => &[],
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several.as_slice(),
        };
        list.iter().map(String::as_str)
    }

    fn first_in(&self, row: &Value) -> Option<String> {
        self.iter().find_map(|pointer| json::text_at(row, pointer))
    }
}

/// Where things stand in one item: JSON pointers (RFC 6901) from the item, `*` for every element of a list, names without
/// regard to case.
#[derive(Debug, Clone, Default)]
struct Fields {
    key: Pointers,
    key_until: Option<String>,
    revision: Pointers,
    title: Pointers,
    link: Pointers,
    text: Pointers,
    published: Pointers,
    updated: Pointers,
    place: Pointers,
    sbi: Pointers,
    started: Pointers,
    ended: Pointers,
    legal_form: Pointers,
    status: Pointers,
}

/// The `[adapter]` table of such a source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// Address of the first page, with the fixed part of the query.
    pub url: String,
    /// A service that is known by heart; then no pointers are needed.
    pub preset: Option<Preset>,
    /// Header and name of the secret that the service wants.
    pub secret: Option<SecretHeader>,
    /// Most questions a day; a service with a secret costs money or is rationed.
    pub budget: Option<u32>,
    /// How the answer is divided in pages; one page when absent.
    pub paging: Option<Paging>,
    /// JSON pointer to the list of items; empty when the answer is that list.
    #[serde(default)]
    pub items: String,
    /// JSON pointer to the number of items in all pages.
    pub total: Option<String>,
    /// What becomes of a record.
    #[serde(default)]
    pub keeps: Keeps,
    /// Parameter for the first day or moment of change or publication.
    pub since_param: Option<String>,
    /// Parameter for the last.
    pub until_param: Option<String>,
    /// How the service writes both: `yyyymmdd`, `yyyy-mm-dd`, `dd-mm-yyyy` or `rfc3339`.
    #[serde(default)]
    pub date_format: when::Format,
    /// Days that are asked again on every poll.
    #[serde(default = "two")]
    pub overlap_days: u16,
    /// First day that is asked for when there is no cursor yet.
    pub start: Option<Date>,
    /// Address before a KvK number where its Basisprofiel is found, for signals of change.
    pub detail: Option<String>,
    /// Identity of an item; failing that, its link.
    #[serde(default)]
    pub key: Pointers,
    /// The key is cut off before this text, e.g. before `_` where a version follows.
    pub key_until: Option<String>,
    /// What changes when the item changes.
    #[serde(default)]
    pub revision: Pointers,
    /// Title.
    #[serde(default)]
    pub title: Pointers,
    /// Address for readers.
    #[serde(default)]
    pub link: Pointers,
    /// Text, HTML allowed.
    #[serde(default)]
    pub text: Pointers,
    /// When it was published.
    #[serde(default)]
    pub published: Pointers,
    /// When it was changed.
    #[serde(default)]
    pub updated: Pointers,
    /// Gemeente or place.
    #[serde(default)]
    pub place: Pointers,
    /// SBI codes, main activity first.
    #[serde(default)]
    pub sbi: Pointers,
    /// Day of start.
    #[serde(default)]
    pub started: Pointers,
    /// Day of end.
    #[serde(default)]
    pub ended: Pointers,
    /// Legal form in words.
    #[serde(default)]
    pub legal_form: Pointers,
    /// What happened to it.
    #[serde(default)]
    pub status: Pointers,
}

fn two() -> u16 {
    2
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
        fault(self.budget == Some(0), "`budget` is nul: zet het hoogste aantal vragen per dag");
        fault(
            self.secret.is_some() && self.budget.is_none(),
            "`budget` ontbreekt: een dienst met een sleutel heeft een hoogste aantal vragen per dag nodig",
        );
        let kvk = self.preset.is_some();
        fault(
            !kvk && self.keeps == Keeps::Items && self.title == Pointers::None && self.text == Pointers::None,
            "`title` ontbreekt: zet de plaats van de titel, bijvoorbeeld \"/titel\"",
        );
        fault(
            !kvk && self.key == Pointers::None && self.link == Pointers::None,
            "`key` ontbreekt: zet de plaats van het kenmerk, bijvoorbeeld \"/id\"",
        );
        let all = [&self.key, &self.revision, &self.title, &self.link, &self.text, &self.published, &self.updated];
        let own = [&self.place, &self.sbi, &self.started, &self.ended, &self.legal_form, &self.status];
        let pointers = all.into_iter().chain(own).flat_map(Pointers::iter);
        let others = [Some(self.items.as_str()), self.total.as_deref()].into_iter().flatten();
        fault(
            pointers.chain(others).any(|pointer| !pointer.is_empty() && !pointer.starts_with('/')),
            "een JSON-pointer begint met een schuine streep, bijvoorbeeld \"/titel\"",
        );
        let size = match &self.paging {
            Some(Paging::Number { size, .. } | Paging::Offset { size, .. }) => Some(*size),
            _ => None,
        };
        fault(size == Some(0), "`size` van `paging` is nul: zet het aantal per pagina");
        fault(self.until_param.is_some() && self.since_param.is_none(), "`until-param` heeft `since-param` nodig");
        fault(
            self.since_param.is_some() && self.start.is_none(),
            "`start` ontbreekt: zet de eerste dag, bijvoorbeeld \"2026-01-01\"",
        );
        faults
    }

    /// Most questions a day; none where the source sets no limit.
    #[must_use]
    pub fn budget(&self) -> Option<u32> {
        self.budget
    }

    fn fields(&self) -> Fields {
        Fields {
            key: self.key.clone(),
            key_until: self.key_until.clone(),
            revision: self.revision.clone(),
            title: self.title.clone(),
            link: self.link.clone(),
            text: self.text.clone(),
            published: self.published.clone(),
            updated: self.updated.clone(),
            place: self.place.clone(),
            sbi: self.sbi.clone(),
            started: self.started.clone(),
            ended: self.ended.clone(),
            legal_form: self.legal_form.clone(),
            status: self.status.clone(),
        }
    }

    /// What a preset means, written out.
    fn written_out(mut self) -> Self {
        let number = |param: &str, size: &str| Paging::Number {
            param: param.into(),
            size_param: Some(size.into()),
            size: 100,
            first: 1,
            last: None,
        };
        match self.preset {
            Some(Preset::KvkZoeken) => {
                let size = if self.url.contains("/v1/") { "aantal" } else { "resultatenPerPagina" };
                self.paging.get_or_insert(number("pagina", size));
            }
            Some(Preset::KvkMutatieservice) => {
                self.paging.get_or_insert(number("pagina", "aantal"));
                self.since_param.get_or_insert("vanaf".into());
                self.until_param.get_or_insert("tot".into());
                self.date_format = when::Format::Rfc3339;
                self.detail.get_or_insert("https://api.kvk.nl/api/v1/basisprofielen/".into());
            }
            Some(Preset::KvkBasisprofiel) | None => return self,
        }
        self.total.get_or_insert("/totaal".into());
        self
    }
}

/// Reads such a source.
pub struct Registry {
    spec: Spec,
}

impl Registry {
    /// The adapter for one source.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self { spec: spec.written_out() }
    }
}

impl Adapter for Registry {
    fn open(&self, since: &Cursor, now: Timestamp) -> Request {
        walk::open(&self.spec, since, now)
    }

    fn read(&self, response: &Response) -> Result<Page, ReadError> {
        // 204: the service has nothing for this question.
        if response.status == 204 {
            return Ok(walk::ended(response));
        }
        let value = json::parse(&response.body, response.content_type.as_deref(), EXPECTED)?;
        let mut page = if self.spec.preset.is_some() {
            kvk::page(&value)?
        } else {
            items::page(&value, &self.spec.items, &self.spec.fields(), self.spec.keeps)?
        };
        if let Some(total) = &self.spec.total {
            page.stated = page.stated.or_else(|| json::at(&value, total).and_then(json::count));
        }
        if self.spec.preset == Some(Preset::KvkMutatieservice) {
            if let Some(id) = kvk::subscription(&value) {
                page.next = walk::signals(&self.spec, response, &id);
                return Ok(page);
            }
            self.ask_profiles(&value, &mut page);
        }
        let seen = page.records.len() + page.rejected.len();
        walk::after(&self.spec, response, &value, seen, &mut page);
        Ok(page)
    }

    fn backfill(&self, from: Date, now: Timestamp) -> Option<Request> {
        walk::window(&self.spec, from, None, now)
    }

    fn count(&self, from: Date, to: Date) -> Option<Request> {
        self.spec.total.as_ref()?;
        self.spec.until_param.as_ref()?;
        walk::window(&self.spec, from, Some(to), Timestamp::UNIX_EPOCH)
    }

    fn complete(&self, record: Record, detail: &Response) -> Result<Record, ReadError> {
        let record = Record { detail: None, ..record };
        // Profiles of what has ended, or may not be delivered, answer 404: the signal itself still counts.
        if detail.status >= 400 {
            return Ok(record);
        }
        let value = json::parse(&detail.body, detail.content_type.as_deref(), EXPECTED)?;
        let profile = kvk::page(&value)?.records.into_iter().next();
        Ok(profile.map_or(record.clone(), |profile| kvk::joined(record, profile)))
    }
}

impl Registry {
    /// A signal names only a number: what it is about stands in its profile. The number is in the question and nowhere
    /// else, and goes when the record is complete.
    fn ask_profiles(&self, value: &Value, page: &mut Page) {
        let Some(detail) = &self.spec.detail else { return };
        for (id, number) in kvk::signal_numbers(value) {
            if let Some(record) = page.records.iter_mut().find(|record| record.key == id) {
                let url = format!("{detail}{number}");
                record.detail = Some(Request::new(url, ACCEPT).with_secret(self.spec.secret.clone()));
            }
        }
    }
}

/// Reads a saved answer: of KvK in any shape, of the politie API, of the Woo search, or any list of objects with names of
/// fields that can be guessed.
///
/// # Errors
/// When it is an error of the service, a description of it, or something without items.
pub fn read_saved(body: &[u8]) -> Result<Page, ReadError> {
    let value = json::parse(body, None, EXPECTED)?;
    if kvk::is_it(&value) {
        return kvk::page(&value);
    }
    let guessed = guess::page(&value);
    if guessed.as_ref().is_ok_and(|page| !page.records.is_empty()) {
        return guessed;
    }
    items::refusal(&value).map_or(guessed, Err)
}

/// A record that carries a registration, in words that name nobody.
fn registered(key: String, registration: Registration) -> Record {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(registration.legal_form.as_ref().map(|form| form.to_lowercase()));
    parts.extend(registration.sbi.first().map(|sbi| format!("SBI {sbi}")));
    parts.extend(registration.place.clone());
    let what =
        registration.event.as_ref().map_or_else(|| "Registratie".to_owned(), |event| format!("Registratie ({event})"));
    let title = if parts.is_empty() { what } else { format!("{what}: {}", parts.join(", ")) };
    Record {
        key,
        title,
        published: registration.started.as_deref().and_then(when::moment),
        registration: Some(registration),
        ..Record::default()
    }
}

#[cfg(test)]
mod tests;

//! KOOP's SRU (Search/Retrieve via URL): official publications and disciplinary decisions (SRU 2.0), laws and local
//! regulations (SRU 1.2). A walk over days of change gives metadata; the text is a document of its own.
//!
//! Three facts rule this file. The service fails on deep paging, so questions are sliced by day. It answers errors with
//! status 200, as a diagnostic or as a web page, so the root element is looked at first. And prefixes differ by recorder
//! and service, so everything is matched on local names. (SRU 1.2 and 2.0; recorded answers of 2023.)

mod answer;
mod document;
mod law;
mod meta;
mod publication;
mod ruling;
mod text;
mod walk;
mod web;

use jiff::{Span, Timestamp, civil::Date};
use serde::Deserialize;

use super::{Adapter, Page, ReadError, encoding};
use crate::domain::{
    exchange::{Cursor, Request, Response},
    record::{Record, Rejection},
    week::amsterdam,
};

/// The `[adapter]` table of such a source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// Address of the service, without a query.
    pub endpoint: String,
    /// Which collection is asked; it decides the version of SRU, the names of the indexes and the overlap.
    pub collection: Collection,
    /// What is sought, in CQL, without the collection and without the days. Empty is everything.
    #[serde(default)]
    pub query: String,
    /// First day of change that is read when there is no cursor yet.
    pub start: Date,
    /// Most records in one page, 1 to 1000. One page is one unit of work: small pages lose less on a stop.
    #[serde(default = "hundred")]
    pub page_size: u32,
    /// Also fetch the text of each new record, a request each; otherwise title and abstract are all.
    #[serde(default)]
    pub full_text: bool,
    /// Name of the index that holds the day of change, where the service has another than is known here.
    pub date_index: Option<String>,
}

fn hundred() -> u32 {
    100
}

/// A collection of KOOP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Collection {
    /// Official publications: gemeenteblad, Staatscourant, kamerstukken and their like.
    Officielepublicaties,
    /// Decisions of disciplinary courts.
    Tuchtrecht,
    /// Notices that lead to official publications.
    Lokalebekendmakingen,
    /// Staten-Generaal Digitaal: parliament before 1995.
    Sgd,
    /// Basiswettenbestand: laws as they stand.
    Bwb,
    /// Local regulations.
    Cvdr,
}

impl Collection {
    /// The name that the service knows.
    fn name(self) -> &'static str {
        match self {
            Self::Officielepublicaties => "officielepublicaties",
            Self::Tuchtrecht => "tuchtrecht",
            Self::Lokalebekendmakingen => "lokalebekendmakingen",
            Self::Sgd => "sgd",
            Self::Bwb => "BWB",
            Self::Cvdr => "cvdr",
        }
    }

    /// Laws and regulations stand on the older service.
    fn is_regulation(self) -> bool {
        matches!(self, Self::Bwb | Self::Cvdr)
    }

    fn date_index(self) -> &'static str {
        match self {
            Self::Bwb => "dcterms.modified",
            Self::Cvdr => "modified",
            Self::Officielepublicaties | Self::Tuchtrecht | Self::Lokalebekendmakingen | Self::Sgd => "dt.modified",
        }
    }

    /// Days that are asked again on every poll: the day of change is a date, and a document becomes findable after it.
    fn overlap(self) -> Span {
        Span::new().days(if self.is_regulation() { 7 } else { 2 })
    }
}

impl Spec {
    /// What is wrong with it, each a sentence with its remedy.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |wrong: bool, text: String| {
            if wrong {
                faults.push(text);
            }
        };
        fault(
            !(1..=walk::LARGEST_PAGE).contains(&self.page_size),
            format!("page-size is {}: kies een getal van 1 tot en met {}", self.page_size, walk::LARGEST_PAGE),
        );
        fault(
            self.endpoint.contains(['?', '#']),
            format!("endpoint '{}' heeft een vraag erachter: zet die in query en laat het adres over", self.endpoint),
        );
        let old_service = self.endpoint.contains("zoekservice.overheid.nl");
        fault(
            old_service && !self.collection.is_regulation(),
            format!(
                "zoekservice.overheid.nl heeft geen {}: gebruik https://repository.overheid.nl/sru",
                self.collection.name()
            ),
        );
        fault(
            self.endpoint.contains("repository.overheid.nl") && self.collection.is_regulation(),
            format!(
                "repository.overheid.nl heeft geen {}: gebruik https://zoekservice.overheid.nl/sru/Search",
                self.collection.name()
            ),
        );
        let query = self.query.to_lowercase();
        fault(
            !is_balanced(&query),
            "query heeft haakjes of aanhalingstekens die niet sluiten: maak ze paarsgewijs".into(),
        );
        fault(
            query.contains(&self.date_index().to_lowercase()),
            format!("query noemt {}: laat die weg, want de dagen zet Uitkijk er zelf bij", self.date_index()),
        );
        fault(query.contains("sortby"), "query heeft een sortBy: laat die weg, want de volgorde telt niet".into());
        fault(
            self.date_index.as_ref().is_some_and(|name| name.is_empty() || name.contains(|c: char| c.is_whitespace())),
            "date-index is geen naam van een index: laat de sleutel weg of noem er een, zoals dt.modified".into(),
        );
        faults
    }

    fn date_index(&self) -> &str {
        self.date_index.as_deref().unwrap_or_else(|| self.collection.date_index())
    }
}

/// Whether brackets outside quotes, and the quotes themselves, come in pairs.
fn is_balanced(query: &str) -> bool {
    let (mut depth, mut quoted) = (0_i32, false);
    for character in query.chars() {
        match character {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return false;
        }
    }
    depth == 0 && !quoted
}

/// Reads KOOP's SRU.
pub struct Sru {
    spec: Spec,
}

impl Sru {
    /// The adapter for one source.
    #[must_use]
    pub fn new(mut spec: Spec) -> Self {
        spec.page_size = spec.page_size.clamp(1, walk::LARGEST_PAGE);
        spec.endpoint = spec.endpoint.trim().trim_end_matches('/').to_owned();
        Self { spec }
    }

    /// Lets a record ask for its text, where the source wants that and the address is one of the government.
    fn with_detail(&self, mut record: Record, rejected: &mut Vec<Rejection>) -> Record {
        let Some(detail) = record.detail.take().filter(|_| self.spec.full_text) else { return record };
        if self.is_known_host(&detail.url) {
            record.detail = Some(detail);
        } else {
            let why = format!(
                "de tekst staat op een adres dat niet van de overheid is ({}), en is niet opgehaald",
                detail.url
            );
            rejected.push(Rejection::new(format!("{} (tekst)", record.key), why));
        }
        record
    }

    /// Addresses in answers are foreign text: only hosts of the publisher are asked, and the host of the service itself.
    fn is_known_host(&self, address: &str) -> bool {
        const HOSTS: [&str; 3] = ["overheid.nl", "officiele-overheidspublicaties.nl", "officielebekendmakingen.nl"];
        let host = |address: &str| url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
        let Some(asked) = host(address) else { return false };
        HOSTS.iter().any(|known| asked == *known || asked.ends_with(&format!(".{known}")))
            || host(&self.spec.endpoint).is_some_and(|own| own == asked)
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned_datetime(amsterdam().clone()).date()
}

impl Adapter for Sru {
    fn open(&self, since: &Cursor, now: Timestamp) -> Request {
        let from = since.0.parse::<Date>().ok().and_then(|last| last.checked_sub(self.spec.collection.overlap()).ok());
        let from = from.map_or(self.spec.start, |from| from.max(self.spec.start));
        walk::Window::first(from, day(now)).request(&self.spec)
    }

    fn read(&self, response: &Response) -> Result<Page, ReadError> {
        let window = walk::Window::of(&response.request)?;
        let body = encoding::decode(&response.body, response.content_type.as_deref());
        let answer = answer::read(&document::root(&body)?)?;
        let step = window.after(&answer, self.spec.page_size)?;
        let mut page = Page { stated: answer.total, cursor: step.cursor, ..Page::default() };
        page.next = step.next.map(|window| window.next(&self.spec));
        if step.keep {
            page.rejected = answer.rejected;
            page.rejected.extend(step.rejected);
            page.records = Vec::with_capacity(answer.records.len());
            for record in answer.records {
                let record = self.with_detail(record, &mut page.rejected);
                page.records.push(record);
            }
        }
        Ok(page)
    }

    fn backfill(&self, from: Date, now: Timestamp) -> Option<Request> {
        Some(walk::Window::past(from, day(now)).request(&self.spec))
    }

    fn count(&self, from: Date, to: Date) -> Option<Request> {
        Some(walk::Window::count(from, to).request(&self.spec))
    }

    fn complete(&self, record: Record, detail: &Response) -> Result<Record, ReadError> {
        match detail.status {
            // Taken away on purpose.
            410 => return Ok(Record { withdrawn: true, body: Default::default(), detail: None, ..record }),
            // This form of the text is not there, but the search has just told that the publication is.
            404 => return Ok(Record { detail: None, ..record }),
            _ => {}
        }
        let text = encoding::decode(&detail.body, detail.content_type.as_deref());
        document::read(&text)?.complete(record)
    }
}

/// Reads a saved document: an answer to a search, a part of one, or any document that such an answer leads to.
///
/// # Errors
/// When it is another kind of document, or the service tells of an error.
pub fn read_saved(body: &[u8]) -> Result<Page, ReadError> {
    document::read_saved(&encoding::decode(body, None))
}

#[cfg(test)]
mod tests;

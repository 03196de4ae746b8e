//! Rechtspraak Open Data: a walk over time windows of modified ECLIs, then one content document per ECLI.
//!
//! Two facts rule this file. `modified` in a question is read as Amsterdam time and any zone is ignored, while `updated`
//! in an answer is UTC. And `updated` is not unique, so offset paging can drop rows: a window is split until the total
//! that the service states fits in one page. (Technical manual 1.15; facts reported by public clients, August 2026.)

mod document;
mod search;

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::Deserialize;

use super::{Adapter, Page, ReadError, encoding, xml};
use crate::domain::{
    exchange::{Cursor, Request, Response},
    judgment::Judgment,
    record::{Body, Record},
    week::amsterdam,
};

/// The `[adapter]` table of a judgments source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// Root of the service, up to and without `/uitspraken`.
    pub endpoint: String,
    /// First day of change that is read when there is no cursor yet.
    pub start: Date,
    /// Most ECLIs in one page, 1 to 1000. One page is one unit of work: small pages lose less on a stop.
    #[serde(default = "hundred")]
    pub page_size: u32,
    /// Also courts of the Caribbean part of the Kingdom.
    #[serde(default)]
    pub caribbean: bool,
}

fn hundred() -> u32 {
    100
}

/// Reads Rechtspraak Open Data.
pub struct Judgments {
    spec: Spec,
}

impl Judgments {
    /// The adapter for one service.
    #[must_use]
    pub fn new(mut spec: Spec) -> Self {
        spec.page_size = spec.page_size.clamp(1, search::LARGEST_PAGE);
        spec.endpoint = spec.endpoint.trim_end_matches('/').to_owned();
        Self { spec }
    }

    fn content(&self, ecli: &str) -> Request {
        let id: String = url::form_urlencoded::byte_serialize(ecli.as_bytes()).collect();
        Request::new(format!("{}/uitspraken/content?id={id}", self.spec.endpoint), "application/xml, text/xml")
    }
}

/// Asked again on every poll, because of clocks that differ and the hour that comes twice in October.
const OVERLAP: SignedDuration = SignedDuration::from_hours(2);

impl Adapter for Judgments {
    fn open(&self, since: &Cursor, now: Timestamp) -> Request {
        let start = midnight(self.spec.start).unwrap_or(Timestamp::UNIX_EPOCH);
        let from = since.0.parse::<Timestamp>().map_or(start, |at| at.saturating_sub(OVERLAP).unwrap_or(start));
        search::Window::first(from.min(now), now).request(&self.spec)
    }

    fn read(&self, response: &Response) -> Result<Page, ReadError> {
        let window = search::Window::of(&response.request)?;
        let answer = search::read(&encoding::decode(&response.body, response.content_type.as_deref()))?;
        let (keep, next) = window.after(&answer, self.spec.page_size);
        let mut page = Page {
            next: next.map(|window| window.next(&self.spec)),
            stated: Some(answer.total.into()),
            ..Page::default()
        };
        if !keep {
            return Ok(page);
        }
        page.cursor = Cursor(window.to.to_string());
        page.rejected = answer.rejected;
        for mut record in answer.records {
            if !self.spec.caribbean && is_caribbean(&record.key) {
                continue;
            }
            record.detail = Some(self.content(&record.key));
            page.records.push(record);
        }
        Ok(page)
    }

    fn backfill(&self, from: Date, now: Timestamp) -> Option<Request> {
        Some(search::Window::first(midnight(from)?.min(now), now).request(&self.spec))
    }

    fn count(&self, from: Date, to: Date) -> Option<Request> {
        Some(search::Window::whole(midnight(from)?, midnight(to)?).request(&Spec { page_size: 1, ..self.spec.clone() }))
    }

    fn complete(&self, record: Record, detail: &Response) -> Result<Record, ReadError> {
        if matches!(detail.status, 404 | 410) {
            return Ok(Record { withdrawn: true, body: Body::default(), detail: None, ..record });
        }
        let judgment = read_document(&detail.body, detail.content_type.as_deref())?;
        if !judgment.ecli.eq_ignore_ascii_case(&record.key) {
            let found = format!("het document van {}", judgment.ecli);
            return Err(ReadError::NotThis { expected: "document van de gevraagde ECLI", found });
        }
        Ok(completed(record, judgment))
    }
}

/// The start of a day in the Netherlands.
fn midnight(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned_datetime(amsterdam().clone()).ok()?.timestamp())
}

fn is_caribbean(ecli: &str) -> bool {
    ecli.split(':').nth(2).is_some_and(|court| court.starts_with("OG") || court.starts_with("OHD"))
}

fn read_document(body: &[u8], content_type: Option<&str>) -> Result<Judgment, ReadError> {
    let text = encoding::decode(body, content_type);
    let root = xml::parse(&text).map_err(|error| ReadError::Broken(error.to_string()))?;
    document::read(&root)
}

fn completed(record: Record, judgment: Judgment) -> Record {
    let day = |date: &str| {
        let date: Date = date.parse().ok()?;
        date.at(12, 0, 0, 0).to_zoned_datetime(amsterdam().clone()).ok().map(|zoned| zoned.timestamp())
    };
    let title = if record.title.is_empty() {
        format!("{}, {}, {}, {}", judgment.ecli, judgment.court, judgment.date, judgment.case_numbers.join(", "))
    } else {
        record.title
    };
    let mut text = judgment.inhoudsindicatie.clone();
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&judgment.text());
    Record {
        title,
        published: day(&judgment.issued).or_else(|| day(&judgment.date)),
        withdrawn: judgment.replaced_by.is_some(),
        body: Body::Plain(text),
        detail: None,
        judgment: Some(judgment),
        ..record
    }
}

/// Reads a saved document: a page of search results or one content document.
///
/// # Errors
/// When it is neither.
pub fn read_saved(body: &[u8]) -> Result<Page, ReadError> {
    let text = encoding::decode(body, None);
    let root = xml::parse(&text).map_err(|error| ReadError::Broken(error.to_string()))?;
    if root.name == "feed" {
        let answer = search::read(&text)?;
        return Ok(Page { records: answer.records, rejected: answer.rejected, ..Page::default() });
    }
    let judgment = document::read(&root)?;
    let record = Record {
        key: judgment.ecli.clone(),
        link: Some(format!("https://uitspraken.rechtspraak.nl/details?id={}", judgment.ecli)),
        ..Record::default()
    };
    Ok(Page { records: vec![completed(record, judgment)], ..Page::default() })
}

#[cfg(test)]
mod tests;

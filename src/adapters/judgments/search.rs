//! The search endpoint: windows on `modified`, and the Atom page that answers them.

use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::AmbiguousOffset};
use regex::Regex;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::Serializer;

use super::Spec;
use crate::{
    adapters::{Next, ReadError, xml},
    domain::{
        exchange::Request,
        record::{Body, Record, Rejection},
        week::amsterdam,
    },
};

/// The service never gives more than this in one page, whatever is asked.
pub(super) const LARGEST_PAGE: u32 = 1000;
const SECOND: SignedDuration = SignedDuration::from_secs(1);
const FIRST_SPAN: SignedDuration = SignedDuration::from_hours(24);

/// A stretch of time that one question covers, and how far the walk must go. Both ends inclusive, to the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    end: Timestamp,
    /// Offset within a single second that holds more than one page; 0 otherwise.
    offset: u32,
}

impl Window {
    pub(super) fn first(from: Timestamp, end: Timestamp) -> Self {
        let (from, end) = (whole(from), whole(end));
        Self { from, to: plus(from, FIRST_SPAN).min(end), end, offset: 0 }
    }

    /// All of a stretch in one question, for its total alone. The end is exclusive.
    pub(super) fn whole(from: Timestamp, to: Timestamp) -> Self {
        let to = to.saturating_sub(SECOND).unwrap_or(to);
        Self { from, to, end: to, offset: 0 }
    }

    pub(super) fn of(request: &Request) -> Result<Self, ReadError> {
        serde_json::from_str(&request.note)
            .map_err(|_| ReadError::Broken("de vraag draagt geen tijdvak; begin de bron opnieuw".into()))
    }

    pub(super) fn request(&self, spec: &Spec) -> Request {
        let (from, to) = self.local();
        let mut query = Serializer::new(String::new());
        query.append_pair("return", "DOC").append_pair("sort", "ASC");
        query.append_pair("max", &spec.page_size.to_string());
        query.append_pair("modified", &from.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        query.append_pair("modified", &to.strftime("%Y-%m-%dT%H:%M:%S").to_string());
        if self.offset > 0 {
            query.append_pair("from", &self.offset.to_string());
        }
        let url = format!("{}/uitspraken/zoeken?{}", spec.endpoint, query.finish());
        Request::new(url, "application/atom+xml").with_note(serde_json::to_string(self).unwrap_or_default())
    }

    pub(super) fn next(&self, spec: &Spec) -> Next {
        Next { request: self.request(spec), only_if_new: false }
    }

    /// The window in Amsterdam wall-clock time. Where an end falls in the hour that comes twice, it is widened by that
    /// hour: a few ECLIs are then seen twice, and none is missed.
    fn local(&self) -> (DateTime, DateTime) {
        let wall = |at: Timestamp| at.to_zoned_datetime(amsterdam().clone()).datetime();
        let repeated =
            |at: DateTime| matches!(amsterdam().to_ambiguous_timestamp(at).offset(), AmbiguousOffset::Fold { .. });
        let hour = SignedDuration::from_hours(1);
        let (from, to) = (wall(self.from), wall(self.to));
        let lower = if repeated(from) { from.saturating_sub(hour) } else { from };
        let upper = if repeated(to) { to.saturating_add(hour) } else { to };
        (lower, upper)
    }

    /// Whether the answer covers the whole window and may be kept, and what to ask next.
    pub(super) fn after(&self, answer: &Answer, page_size: u32) -> (bool, Option<Self>) {
        let seen = self.offset + u32::try_from(answer.records.len() + answer.rejected.len()).unwrap_or(u32::MAX);
        if answer.total > page_size && self.from < self.to {
            let half = self.to.duration_since(self.from).as_secs() / 2;
            let to = plus(self.from, SignedDuration::from_secs(half));
            return (false, Some(Self { to, ..self.clone() }));
        }
        if answer.total > seen && seen > self.offset {
            return (true, Some(Self { offset: seen, ..self.clone() }));
        }
        if self.to >= self.end {
            return (true, None);
        }
        let span = self.to.duration_since(self.from).max(SECOND);
        let span = if answer.total.saturating_mul(2) < page_size { twice(span) } else { span };
        let from = plus(self.to, SECOND);
        (true, Some(Self { from, to: plus(from, span).min(self.end), end: self.end, offset: 0 }))
    }
}

fn twice(span: SignedDuration) -> SignedDuration {
    span.saturating_add(span).min(SignedDuration::from_hours(24 * 366))
}

fn plus(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.saturating_add(span).unwrap_or(Timestamp::MAX)
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// One page of search results.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) total: u32,
    pub(super) records: Vec<Record>,
    pub(super) rejected: Vec<Rejection>,
}

pub(super) fn read(text: &str) -> Result<Answer, ReadError> {
    let root = xml::parse(text)
        .map_err(|error| ReadError::NotThis { expected: "zoekantwoord van Rechtspraak", found: error.to_string() })?;
    if root.name != "feed" {
        return Err(ReadError::NotThis { expected: "zoekantwoord van Rechtspraak", found: format!("<{}>", root.name) });
    }
    let subtitle = root.child("subtitle").map(xml::Element::text).unwrap_or_default();
    let total =
        stated_total(&subtitle).ok_or_else(|| ReadError::Broken(format!("geen aantal ECLI's in '{subtitle}'")))?;
    let mut answer = Answer { total, ..Answer::default() };
    for (place, entry) in root.named("entry").enumerate() {
        match record(entry) {
            Ok(record) => answer.records.push(record),
            Err(why) => answer.rejected.push(Rejection::new(format!("zoekresultaat {}", place + 1), why)),
        }
    }
    Ok(answer)
}

/// The only total that the service gives stands in words: `Aantal gevonden ECLI's: 3`.
fn stated_total(subtitle: &str) -> Option<u32> {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"([\d.]+)\s*$").ok());
    let found = NUMBER.as_ref()?.captures(subtitle)?;
    found.get(1)?.as_str().replace('.', "").parse().ok()
}

fn record(entry: &xml::Element) -> Result<Record, String> {
    let text = |name: &str| entry.child(name).map(xml::Element::text).unwrap_or_default();
    let ecli = text("id");
    if !is_ecli(&ecli) {
        return Err(format!("'{ecli}' is geen ECLI"));
    }
    let revision = text("updated");
    let updated: Timestamp = revision.parse().map_err(|_| format!("{ecli}: geen tijd van wijziging ('{revision}')"))?;
    let link = entry.named("link").find_map(|link| link.attribute("href"));
    let summary = Some(text("summary")).filter(|summary| summary != "-").unwrap_or_default();
    Ok(Record {
        key: ecli,
        revision: updated.to_string(),
        title: text("title"),
        link,
        updated: Some(updated),
        body: Body::Plain(summary),
        ..Record::default()
    })
}

/// `ECLI:` country, court, year, number (Council conclusions 2011/C 127/01).
pub(super) fn is_ecli(text: &str) -> bool {
    static ECLI: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^ECLI:[A-Z]{2}:[A-Za-z][A-Za-z0-9]{0,6}:\d{4}:[A-Za-z0-9.]{1,25}$").ok());
    ECLI.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

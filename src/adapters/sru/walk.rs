//! The walk: windows of days on the day of change, and pages within a window. All of it travels in the note of the
//! request, so that a restart goes on where it was.

use jiff::{Span, civil::Date};
use serde::{Deserialize, Serialize};
use url::form_urlencoded::Serializer;

use super::{Spec, answer::Answer};
use crate::{
    adapters::{Next, ReadError},
    domain::{
        exchange::{Cursor, Request},
        record::Rejection,
    },
};

/// The service caps pages at this, whatever is asked.
pub(super) const LARGEST_PAGE: u32 = 1000;
/// Deepest record that is asked for: near 15,000 the service fails.
const DEEPEST: u64 = 10_000;
/// Longest window; a quiet source is walked by the year.
const LONGEST: i32 = 366;

/// A stretch of days that one question covers, both ends inclusive, and how far the walk must go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Window {
    from: Date,
    to: Date,
    end: Date,
    /// Place of the first record asked for; the first of all is 1.
    start: u64,
    /// A walk into the past leaves the cursor alone.
    #[serde(default)]
    past: bool,
    /// Only the number of records is asked.
    #[serde(default)]
    count: bool,
}

/// What an answer means for the walk.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// The answer is a part of the walk; otherwise the window is first split.
    pub(super) keep: bool,
    pub(super) next: Option<Window>,
    pub(super) cursor: Cursor,
    /// Said when a day is too large to be read to its end.
    pub(super) rejected: Option<Rejection>,
}

impl Window {
    pub(super) fn first(from: Date, end: Date) -> Self {
        let from = from.min(end);
        Self { from, to: from, end, start: 1, past: false, count: false }
    }

    pub(super) fn past(from: Date, end: Date) -> Self {
        Self { past: true, ..Self::first(from, end) }
    }

    /// `to` is the first day that does not count.
    pub(super) fn count(from: Date, to: Date) -> Self {
        let last = to.yesterday().unwrap_or(to);
        Self { to: last, count: true, ..Self::first(from, last) }
    }

    pub(super) fn of(request: &Request) -> Result<Self, ReadError> {
        serde_json::from_str(&request.note)
            .map_err(|_| ReadError::Broken("de vraag draagt geen tijdvak; begin de bron opnieuw".into()))
    }

    pub(super) fn request(&self, spec: &Spec) -> Request {
        let size = if self.count { 0 } else { spec.page_size };
        let regulation = spec.collection.is_regulation();
        let mut query = Serializer::new(String::new());
        query.append_pair("operation", "searchRetrieve");
        query.append_pair("version", if regulation { "1.2" } else { "2.0" });
        if regulation {
            query.append_pair("x-connection", spec.collection.name());
        }
        query.append_pair("query", &self.cql(spec));
        query.append_pair("startRecord", &self.start.to_string());
        query.append_pair("maximumRecords", &size.to_string());
        let url = format!("{}?{}", spec.endpoint, query.finish());
        Request::new(url, "application/xml").with_note(serde_json::to_string(self).unwrap_or_default())
    }

    /// The upper end is "before the next day", which is right whether the index holds days or times.
    fn cql(&self, spec: &Spec) -> String {
        let index = spec.date_index();
        let mut parts = Vec::new();
        if !spec.collection.is_regulation() {
            parts.push(format!("c.product-area=={}", spec.collection.name()));
        }
        if !spec.query.trim().is_empty() {
            parts.push(format!("({})", spec.query.trim()));
        }
        parts.push(format!("{index}>={}", self.from));
        parts.push(format!("{index}<{}", later(self.to, 1)));
        parts.join(" and ")
    }

    pub(super) fn next(&self, spec: &Spec) -> Next {
        Next { request: self.request(spec), only_if_new: false }
    }

    /// Whether the answer may be kept, and what to ask next.
    ///
    /// # Errors
    /// When the service states records and gives none: it does so now and then, and the end of a walk is not that.
    pub(super) fn after(&self, answer: &Answer, page_size: u32) -> Result<Step, ReadError> {
        if self.count {
            return Ok(Step::default());
        }
        let total =
            answer.total.ok_or_else(|| ReadError::Broken("het antwoord noemt geen aantal (numberOfRecords)".into()))?;
        let span = days(self.from, self.to);
        if total > DEEPEST && span > 1 {
            let to = later(self.from, span / 2 - 1);
            return Ok(Step { next: Some(Self { to, start: 1, ..self.clone() }), ..Step::default() });
        }
        let place = self.start.saturating_add(u64::try_from(answer.seen).unwrap_or(u64::MAX));
        if answer.seen == 0 && self.start <= total {
            let why = format!("de dienst noemt {total} records, maar geeft er geen vanaf nummer {}", self.start);
            return Err(ReadError::Broken(why));
        }
        let place = answer.next.filter(|next| *next > self.start).unwrap_or(place);
        if place <= total && place <= DEEPEST {
            return Ok(Step { keep: true, next: Some(Self { start: place, ..self.clone() }), ..Step::default() });
        }
        let rejected = (place <= total).then(|| self.too_large(place, total));
        Ok(Step { rejected, ..self.finished(span, total, page_size) })
    }

    fn too_large(&self, place: u64, total: u64) -> Rejection {
        let why = format!(
            "op deze dag zijn er {total}, en dieper dan {DEEPEST} bladert de dienst niet: {} zijn niet gelezen; \
             maak de query smaller of verdeel haar over meer bronnen",
            total.saturating_sub(place.saturating_sub(1))
        );
        Rejection::new(format!("{} vanaf record {place}", self.from), why)
    }

    /// The window is read to its end: the next one is wider where little was found.
    fn finished(&self, span: i32, total: u64, page_size: u32) -> Step {
        let cursor = if self.past { Cursor::default() } else { Cursor(self.to.to_string()) };
        let span =
            if total.saturating_mul(2) < u64::from(page_size) { span.saturating_mul(2).min(LONGEST) } else { span };
        let from = later(self.to, 1);
        let next = (self.to < self.end && from > self.to).then(|| Self {
            from,
            to: later(from, span - 1).min(self.end),
            start: 1,
            ..self.clone()
        });
        Step { keep: true, next, cursor, rejected: None }
    }
}

/// Days from one to another, both counted; at least 1.
fn days(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days()).max(0).saturating_add(1)
}

fn later(date: Date, days: i32) -> Date {
    date.checked_add(Span::new().days(days)).unwrap_or(Date::MAX)
}

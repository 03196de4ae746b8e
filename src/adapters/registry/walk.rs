//! Pages and windows of a JSON service. The cursor is the moment of the question, and is set with the last page only: a
//! list that grows or shifts while it is read is then read again from before that moment.

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::{ACCEPT, Paging, Spec};
use crate::{
    adapters::{Next, Page, json},
    domain::{
        exchange::{Cursor, Request, Response},
        record::Rejection,
        week::amsterdam,
    },
};

/// No walk is longer than this, whatever a service says.
const MOST_PAGES: u32 = 2_000;

/// What a question remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Walk {
    /// Moment of the question: the cursor, once all pages are read. None for a question that moves no cursor.
    at: Option<Timestamp>,
    /// Address of the first page, window included.
    base: String,
    /// Pages read before this one.
    pages: u32,
    /// Items read before this one.
    items: u64,
}

pub(super) fn open(spec: &Spec, since: &Cursor, now: Timestamp) -> Request {
    let overlap = SignedDuration::from_hours(24 * i64::from(spec.overlap_days));
    let start = spec.start.map(midnight);
    let from = since.0.parse::<Timestamp>().ok().map(|at| at.saturating_sub(overlap).unwrap_or(at)).or(start);
    let base = with_window(spec, &spec.url, from, now);
    Walk { at: Some(now), base, pages: 0, items: 0 }.request(spec)
}

/// A question about a window of the past, where the service can be asked for one.
pub(super) fn window(spec: &Spec, from: Date, to: Option<Date>, now: Timestamp) -> Option<Request> {
    spec.since_param.as_ref()?;
    // Windows count whole days, both ends inclusive.
    let until = to.map_or(now, |to| midnight(to).saturating_sub(SignedDuration::from_secs(1)).unwrap_or(now));
    let base = with_window(spec, &spec.url, Some(midnight(from)), until);
    Some(Walk { at: None, base, pages: 0, items: 0 }.request(spec))
}

fn midnight(day: Date) -> Timestamp {
    day.to_zoned_datetime(amsterdam().clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

fn with_window(spec: &Spec, url: &str, from: Option<Timestamp>, until: Timestamp) -> String {
    let since = spec.since_param.as_deref().zip(from).map(|(name, at)| (name, spec.date_format.write(at)));
    let until = since.as_ref().and(spec.until_param.as_deref()).map(|name| (name, spec.date_format.write(until)));
    with_query(url, &since.into_iter().chain(until).collect::<Vec<_>>())
}

/// The address with these parameters in place of those of the same name.
fn with_query(url: &str, pairs: &[(&str, String)]) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    if pairs.is_empty() {
        return url.to_owned();
    }
    let held: Vec<(String, String)> = parsed
        .query_pairs()
        .filter(|(name, _)| !pairs.iter().any(|(new, _)| name == new))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    parsed.query_pairs_mut().clear().extend_pairs(held).extend_pairs(pairs);
    parsed.to_string()
}

impl Walk {
    fn request(&self, spec: &Spec) -> Request {
        let place = match &spec.paging {
            Some(Paging::Number { param, first, .. }) => Some((param.as_str(), u64::from(first + self.pages))),
            Some(Paging::Offset { param, .. }) => Some((param.as_str(), self.items)),
            Some(Paging::NextLink { .. }) | None => None,
        };
        let size = match &spec.paging {
            Some(Paging::Number { size_param, size, .. } | Paging::Offset { size_param, size, .. }) => {
                size_param.as_deref().map(|name| (name, u64::from(*size)))
            }
            _ => None,
        };
        let pairs: Vec<(&str, String)> =
            place.into_iter().chain(size).map(|(name, number)| (name, number.to_string())).collect();
        self.carried_by(spec, with_query(&self.base, &pairs))
    }

    fn carried_by(&self, spec: &Spec, url: String) -> Request {
        Request::new(url, ACCEPT)
            .with_note(serde_json::to_string(self).unwrap_or_default())
            .with_secret(spec.secret.clone())
    }
}

/// The page that ends a walk without anything in it.
pub(super) fn ended(response: &Response) -> Page {
    let walk: Option<Walk> = serde_json::from_str(&response.request.note).ok();
    Page { cursor: cursor(walk.as_ref()), stated: Some(0), ..Page::default() }
}

fn cursor(walk: Option<&Walk>) -> Cursor {
    Cursor(walk.and_then(|walk| walk.at).map(|at| at.to_string()).unwrap_or_default())
}

/// Sets the next page or, after the last, the cursor.
pub(super) fn after(spec: &Spec, response: &Response, value: &Value, seen: usize, page: &mut Page) {
    let walk: Option<Walk> = serde_json::from_str(&response.request.note).ok();
    let Some(walk) = walk else { return };
    let seen = u64::try_from(seen).unwrap_or(u64::MAX);
    let on = Walk { pages: walk.pages.saturating_add(1), items: walk.items.saturating_add(seen), ..walk.clone() };
    let is_last = |last: &Option<String>| last.as_deref().and_then(|last| json::at(value, last)).map(json::is_yes);
    let request = match &spec.paging {
        None => None,
        Some(Paging::NextLink { pointer }) => json::text_at(value, pointer).and_then(|href| {
            let next = json::same_host(&response.request.url, &href);
            if next.is_none() {
                page.rejected
                    .push(Rejection::new("volgende pagina", "de link wijst naar een andere server; niet gevolgd"));
            }
            next.filter(|next| *next != response.request.url).map(|next| on.carried_by(spec, next))
        }),
        Some(Paging::Number { size, last, .. } | Paging::Offset { size, last, .. }) => {
            let more = match (is_last(last), page.stated) {
                (Some(last), _) => !last,
                (None, Some(total)) => on.items < total,
                (None, None) => seen >= u64::from(*size),
            };
            (more && seen > 0).then(|| on.request(spec))
        }
    };
    let request = request.filter(|_| on.pages < MOST_PAGES);
    // A walk ends by itself where the service tells its size or was asked for a window; else it stops at known ground.
    let ends = page.stated.is_some() || spec.since_param.is_some();
    page.next = request.map(|request| Next { request, only_if_new: !ends });
    let goes_on = page.next.as_ref().is_some_and(|next| !next.only_if_new);
    page.cursor = if goes_on { Cursor::default() } else { cursor(Some(&walk)) };
}

/// The question for the signals of a subscription, after the list of subscriptions.
pub(super) fn signals(spec: &Spec, response: &Response, id: &str) -> Option<Next> {
    let walk: Walk = serde_json::from_str(&response.request.note).ok()?;
    let mut base = Url::parse(&walk.base).ok()?;
    base.path_segments_mut().ok()?.pop_if_empty().push(id);
    let request = Walk { base: base.to_string(), pages: 0, items: 0, ..walk }.request(spec);
    Some(Next { request, only_if_new: false })
}

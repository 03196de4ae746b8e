//! RSS 0.9x to 2.0, RDF, Atom and JSON Feed. Real feeds are damaged in a hundred ways, so a document is first made clean
//! (`soup` reads XML leniently, `tidy` rewrites it as plain Atom, `json` does the same for JSON Feed), and `feed-rs` reads
//! that. Links to older pages (RFC 5005) are followed.

mod json;
mod soup;
#[cfg(test)]
mod tests;
mod tidy;

use std::collections::HashSet;

use feed_rs::{
    model::{Entry, Feed as Parsed},
    parser::Builder,
};
use jiff::Timestamp;
use regex::Regex;
use serde::Deserialize;

use super::{Adapter, Hints, Next, Page, ReadError, date, encoding, page::consent, xml};
use crate::domain::{
    exchange::{Cursor, Request, Response},
    record::{Body, Record, Rejection},
};

const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5";

/// The `[adapter]` table of a feed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// Address of the feed.
    pub url: String,
    /// Follow `rel="next"` (RFC 5005) or `next_url` (JSON Feed) to older pages, as long as they bring something new.
    #[serde(default = "yes")]
    pub follow_next: bool,
}

fn yes() -> bool {
    true
}

/// Reads feeds.
pub struct Feed {
    spec: Spec,
}

impl Feed {
    /// The adapter for one feed.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self { spec }
    }
}

impl Adapter for Feed {
    fn open(&self, _since: &Cursor, _now: Timestamp) -> Request {
        Request::new(self.spec.url.clone(), ACCEPT)
    }

    fn read(&self, response: &Response) -> Result<Page, ReadError> {
        let mut page = read(&response.body, response.content_type.as_deref(), &response.address)?;
        if !self.spec.follow_next {
            page.next = None;
        }
        Ok(page)
    }
}

/// Reads a saved feed.
///
/// # Errors
/// When it is no feed.
pub fn read_saved(body: &[u8]) -> Result<Page, ReadError> {
    read(body, None, "")
}

/// A document made clean, as `feed-rs` reads it.
#[derive(Default)]
struct Clean {
    feed: String,
    next: Option<String>,
    /// What each entry is beside that.
    aside: Vec<tidy::Aside>,
    rejected: Vec<Rejection>,
    hints: Hints,
}

fn read(body: &[u8], content_type: Option<&str>, url: &str) -> Result<Page, ReadError> {
    let text = without_c1(encoding::decode(body, content_type));
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    let clean = if text.starts_with(['{', '[']) { json::clean(text, url)? } else { clean_xml(text, url)? };
    let feed = parse(&clean.feed)?;
    let mut page = Page { rejected: clean.rejected, hints: clean.hints, ..Page::default() };
    let mut seen = Seen::default();
    for (place, entry) in feed.entries.into_iter().enumerate() {
        let aside = clean.aside.get(place).cloned().unwrap_or_default();
        let place = format!("bericht {}", place + 1);
        match record(entry, aside, &place).and_then(|record| seen.tell_apart(record)) {
            Ok(record) => page.records.push(record),
            Err(why) => page.rejected.push(Rejection::new(place, why)),
        }
    }
    let links = feed.links.iter().find(|link| link.rel.as_deref() == Some("next")).map(|link| link.href.clone());
    page.next = clean
        .next
        .or(links)
        .and_then(|href| absolute(url, &href))
        .filter(|href| href != url)
        .map(|href| Next { request: Request::new(href, ACCEPT), only_if_new: true });
    Ok(page)
}

fn clean_xml(text: &str, url: &str) -> Result<Clean, ReadError> {
    let other = |found: String| ReadError::NotThis { expected: "feed", found };
    if text.is_empty() {
        return Err(other("een leeg antwoord".into()));
    }
    let document = soup::read(text).map_err(|error| ReadError::Broken(error.to_string()))?;
    let Some(root) = tidy::root(&document) else {
        if let Some(what) = consent::looks_like(text) {
            return Err(other(what.into()));
        }
        return Err(other(match document.elements().next().map(|element| element.name.as_str()) {
            None => "gewone tekst".into(),
            Some("html" | "head" | "body" | "div" | "p") => "een webpagina".into(),
            Some(name) => format!("een document van de soort <{name}>"),
        }));
    };
    let tidied = tidy::tidy(root, url);
    if tidied.aside.is_empty() && ["<item>", "<item ", "<entry>", "<entry "].iter().any(|tag| text.contains(tag)) {
        return Err(ReadError::Broken("er staan berichten in, maar in een vorm die niet bekend is".into()));
    }
    Ok(Clean { feed: tidied.atom, aside: tidied.aside, hints: tidied.hints, ..Clean::default() })
}

fn parse(text: &str) -> Result<Parsed, ReadError> {
    Builder::new()
        .sanitize_content(false)
        .timestamp_parser(|text| {
            let at = date::parse(text)?;
            chrono::DateTime::from_timestamp(at.as_second(), 0)
        })
        // Our own key is made in `record`: feed-rs makes one from the title, so it would change with an edit.
        .id_generator(|_, _, _| String::new())
        .build()
        .parse(text.as_bytes())
        // The clean form is ours, so what fails here is a fault of the cleaning, and its words help only a maker.
        .map_err(|_| ReadError::Broken("de feed is zo beschadigd dat er geen bericht uit te lezen is".into()))
}

/// An entry as a record. `place` says where it stands.
fn record(entry: Entry, aside: tidy::Aside, place: &str) -> Result<Record, String> {
    if aside.is_cut {
        return Err("afgekapt: het document houdt hier op".into());
    }
    let link = aside.link.filter(|href| !href.is_empty());
    let title = entry.title.map(|title| title.content).unwrap_or_default();
    let (content, is_plain) = entry.content.map_or((String::new(), false), |content| {
        (content.body.unwrap_or_default(), content.content_type.subty() == "plain")
    });
    let summary = entry.summary.map(|summary| summary.content).unwrap_or_default();
    let body = match content.len() >= summary.len() {
        true if is_plain => Body::Plain(content),
        true => Body::Html(content),
        false => Body::Html(summary),
    };
    let published = entry.published.or(entry.updated).and_then(|at| Timestamp::from_second(at.timestamp()).ok());
    let updated = entry.updated.and_then(|at| Timestamp::from_second(at.timestamp()).ok());
    let (Body::Plain(text) | Body::Html(text)) = &body;
    let words: String = text.chars().take(100).collect();
    let named = [
        stable(entry.id.trim(), link.as_deref()).to_owned(),
        link.clone().unwrap_or_default(),
        prefixed("titel:", &title),
        prefixed("tekst:", &words),
        // It has a date and nothing else: it is given out, and its reader says what it lacks.
        published.map(|_| place.to_owned()).unwrap_or_default(),
    ];
    let key =
        named.into_iter().find(|name| !name.is_empty()).ok_or("geen titel, geen tekst, geen adres en geen datum")?;
    Ok(Record { key, title, link, published, updated, body, ..Record::default() })
}

fn prefixed(what: &str, text: &str) -> String {
    let text = xml::collapse(text);
    if text.is_empty() { text } else { format!("{what}{text}") }
}

/// Some make an id of the address and the time of asking, so that every poll would bring all items anew. An id that is the
/// item's own address with nothing but a moment behind it says no more than the address: that is then the key. Items with
/// one address stay apart, for within a document no two keys are the same.
fn stable<'a>(id: &'a str, link: Option<&'a str>) -> &'a str {
    let Some(tail) = link.filter(|link| !link.is_empty()).and_then(|link| id.strip_prefix(link)) else { return id };
    let moment = tail.trim_start_matches(|c: char| c.is_ascii_punctuation());
    let moment = moment.rsplit('=').next().unwrap_or_default();
    let is_moment = (10..=17).contains(&moment.len()) && moment.chars().all(|c| c.is_ascii_digit() || c == '.');
    if is_moment { link.unwrap_or(id) } else { id }
}

/// What came earlier in the document, so that two items never share a key.
#[derive(Default)]
struct Seen {
    keys: HashSet<String>,
    whole: HashSet<(String, Option<String>, String, String)>,
}

impl Seen {
    /// Two items under one id are two items: the second is known by its address or its title.
    fn tell_apart(&mut self, mut record: Record) -> Result<Record, String> {
        let (Body::Plain(text) | Body::Html(text)) = &record.body;
        if !self.whole.insert((record.key.clone(), record.link.clone(), record.title.clone(), text.clone())) {
            return Err("staat al eerder in dit document".into());
        }
        let names = [record.key.clone(), record.link.clone().unwrap_or_default(), prefixed("titel:", &record.title)];
        let free = names.into_iter().find(|name| !name.is_empty() && !self.keys.contains(name));
        record.key = free.unwrap_or_else(|| format!("{}#{}", record.key, self.keys.len()));
        self.keys.insert(record.key.clone());
        Ok(record)
    }
}

/// The code points U+0080 to U+009F are controls that nobody writes; who has them meant Windows-1252.
fn without_c1(text: String) -> String {
    let is_c1 = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if !text.contains(is_c1) {
        return text;
    }
    let meant = |c: char| u8::try_from(u32::from(c)).ok().filter(|_| is_c1(c));
    text.chars().map(|c| meant(c).map_or(c, encoding::windows_1252)).collect()
}

fn absolute(base: &str, href: &str) -> Option<String> {
    let joined = url::Url::parse(base).ok()?.join(href).ok()?;
    matches!(joined.scheme(), "http" | "https").then(|| joined.to_string())
}

#[expect(clippy::expect_used, reason = "the pattern is a constant that the tests compile")]
fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

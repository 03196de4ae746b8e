//! RSS 0.9x to 2.0, RDF, Atom and JSON Feed, through `feed-rs`. Around it stand the things that real feeds need: encodings,
//! lenient dates, a repair of stray ampersands and of a tail that was cut off, and links to older pages (RFC 5005).

use std::sync::LazyLock;

use feed_rs::{
    model::{Entry, Feed as Parsed, Link},
    parser::Builder,
};
use jiff::Timestamp;
use regex::{Captures, Regex};
use serde::Deserialize;

use super::{Adapter, Next, Page, ReadError, date, encoding, xml};
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
        let mut page = read(&response.body, response.content_type.as_deref(), &response.request.url)?;
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

fn read(body: &[u8], content_type: Option<&str>, url: &str) -> Result<Page, ReadError> {
    let text = encoding::decode(body, content_type);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    let mut rejected = Vec::new();
    let (feed, older) = if text.starts_with('{') {
        (parse(&known_json_version(text), url)?, next_url(text))
    } else {
        (parse_xml(text, url, &mut rejected)?, None)
    };
    if feed.entries.is_empty() && !text.starts_with('{') && (text.contains("<item") || text.contains("<entry")) {
        return Err(ReadError::Broken("er staan berichten in, maar in een vorm die niet bekend is".into()));
    }
    let older = older.or_else(|| feed.links.iter().find(|link| is_next(link)).map(|link| link.href.clone()));
    let mut page = Page { rejected, ..Page::default() };
    let mut keys = std::collections::HashSet::new();
    for (place, entry) in feed.entries.into_iter().enumerate() {
        match record(entry) {
            Ok(mut record) => {
                // Two items under one id are two items: the second is known by its address or its title.
                if !keys.insert(record.key.clone()) {
                    record.key =
                        record.link.clone().unwrap_or_else(|| format!("titel:{}", xml::collapse(&record.title)));
                    keys.insert(record.key.clone());
                }
                page.records.push(record);
            }
            Err(why) => page.rejected.push(Rejection::new(format!("bericht {}", place + 1), why)),
        }
    }
    page.next = older
        .and_then(|href| absolute(url, &href))
        .filter(|href| href != url)
        .map(|href| Next { request: Request::new(href, ACCEPT), only_if_new: true });
    Ok(page)
}

fn parse_xml(text: &str, url: &str, rejected: &mut Vec<Rejection>) -> Result<Parsed, ReadError> {
    if text.is_empty() {
        return Err(ReadError::NotThis { expected: "feed", found: "een leeg antwoord".into() });
    }
    let root = root_name(text);
    if root.eq_ignore_ascii_case("html") {
        return Err(ReadError::NotThis { expected: "feed", found: "een webpagina".into() });
    }
    xml::guard(text).map_err(|error| ReadError::Broken(error.to_string()))?;
    let text = modern_atom(known_version(without_declaration(text)));
    let text = OLD_NAMESPACES.iter().fold(text, |text, (old, new)| text.replace(old, new));
    let first = match parse(&text, url) {
        Ok(feed) => return Ok(feed),
        Err(error) => error,
    };
    let repaired = repair_structure(&repair_references(&text));
    if let Ok(feed) = parse(&repaired, url) {
        return Ok(feed);
    }
    salvage(&repaired, &root, url, rejected).ok_or(first)
}

/// Reads each item of a damaged document apart, inside the head that they share: one bad item costs only itself.
fn salvage(text: &str, root: &str, url: &str, rejected: &mut Vec<Rejection>) -> Option<Parsed> {
    const MOST_ITEMS: usize = 1_000;
    let (name, closing) = match root.rsplit(':').next()? {
        "rss" => ("item", "</channel></rss>".to_owned()),
        "RDF" => ("item", format!("</{root}>")),
        "feed" => ("entry", format!("</{root}>")),
        _ => return None,
    };
    let (opens, closes) = (format!("<{name}"), format!("</{name}>"));
    let head = text.get(..text.find(&opens)?)?;
    let mut whole: Option<Parsed> = None;
    for (place, piece) in text.get(head.len()..)?.split_inclusive(&closes).take(MOST_ITEMS).enumerate() {
        let Some(start) = piece.find(&opens) else { continue };
        let item = piece.get(start..).unwrap_or_default();
        match parse(&format!("{head}{item}{closing}"), url) {
            Ok(feed) if item.ends_with(&closes) => match &mut whole {
                Some(whole) => whole.entries.extend(feed.entries),
                None => whole = Some(feed),
            },
            _ => rejected.push(Rejection::new(format!("bericht {}", place + 1), "beschadigd of afgekapt")),
        }
    }
    whole
}

fn parse(text: &str, url: &str) -> Result<Parsed, ReadError> {
    let base = Some(url).filter(|url| !url.is_empty());
    Builder::new()
        .base_uri(base)
        .sanitize_content(false)
        .timestamp_parser(|text| {
            let at = date::parse(text)?;
            chrono::DateTime::from_timestamp(at.as_second(), 0)
        })
        // Our own key is made in `record`: feed-rs makes one from the title, so it would change with an edit.
        .id_generator(|_, _, _| String::new())
        .build()
        .parse(text.as_bytes())
        .map_err(|error| ReadError::Broken(error.to_string()))
}

fn record(entry: Entry) -> Result<Record, String> {
    let link = entry
        .links
        .iter()
        .find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"))
        .or(entry.links.first())
        .map(|link| link.href.trim().to_owned())
        .filter(|href| !href.is_empty());
    let title = entry.title.map(|title| title.content).unwrap_or_default();
    let content = entry.content.and_then(|content| content.body).unwrap_or_default();
    let summary = entry.summary.map(|summary| summary.content).unwrap_or_default();
    let body = if content.len() >= summary.len() { content } else { summary };
    if title.trim().is_empty() && body.trim().is_empty() {
        return Err("geen titel en geen tekst".into());
    }
    let key = Some(entry.id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .or_else(|| link.clone())
        .unwrap_or_else(|| format!("titel:{}", xml::collapse(&title)));
    let published = entry.published.or(entry.updated).and_then(|at| Timestamp::from_second(at.timestamp()).ok());
    let updated = entry.updated.and_then(|at| Timestamp::from_second(at.timestamp()).ok());
    Ok(Record { key, title, link, published, updated, body: Body::Html(body), ..Record::default() })
}

fn is_next(link: &Link) -> bool {
    link.rel.as_deref() == Some("next")
}

fn next_url(json: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Paging {
        next_url: Option<String>,
    }
    serde_json::from_str::<Paging>(json).ok()?.next_url
}

fn absolute(base: &str, href: &str) -> Option<String> {
    let joined = url::Url::parse(base).ok()?.join(href).ok()?;
    matches!(joined.scheme(), "http" | "https").then(|| joined.to_string())
}

#[expect(clippy::expect_used, reason = "the pattern is a constant that the tests compile")]
fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

fn root_name(text: &str) -> String {
    static ROOT: LazyLock<Regex> = LazyLock::new(|| pattern(r"<([A-Za-z_][\w.:-]*)"));
    let head: String = text.chars().take(20_000).collect();
    ROOT.captures(&head).and_then(|found| found.get(1)).map(|name| name.as_str().to_owned()).unwrap_or_default()
}

/// The text is UTF-8 by now, so what the declaration says of its encoding is no longer true.
fn without_declaration(text: &str) -> &str {
    text.strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")).map_or(text, |(_, rest)| rest)
}

/// `feed-rs` knows 0.91, 0.92 and 2.0; the other versions of RSS and a version that is absent are read as 2.0, which
/// includes them all.
fn known_version(text: &str) -> String {
    static RSS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)<rss(\s[^>]*)?>"));
    static VERSION: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?i)\s+version\s*=\s*("[^"]*"|'[^']*')"#));
    RSS.replace(text, |found: &Captures<'_>| {
        let attributes = found.get(1).map_or("", |group| group.as_str());
        format!("<rss version=\"2.0\"{}>", VERSION.replace(attributes, ""))
    })
    .into_owned()
}

/// Namespaces of early RSS, which `feed-rs` does not know, and what they became.
const OLD_NAMESPACES: [(&str, &str); 4] = [
    ("http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/"),
    ("http://channel.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/"),
    ("http://backend.userland.com/rss2", "http://purl.org/rss/1.0/"),
    ("https://www.w3.org/2005/Atom", "http://www.w3.org/2005/Atom"),
];

/// Atom 0.3 (draft-nottingham-atom-format-02) has its own namespace and older names for the same elements.
fn modern_atom(text: String) -> String {
    const OLD: &str = "http://purl.org/atom/ns#";
    static NAMES: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"<(/?)([A-Za-z_][\w.-]*:)?(issued|created|modified|tagline)\b"));
    static MODE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"\s+mode\s*=\s*("[^"]*"|'[^']*')"#));
    if !text.contains(OLD) {
        return text;
    }
    let renamed = NAMES.replace_all(&text, |found: &Captures<'_>| {
        let part = |number: usize| found.get(number).map_or("", |group| group.as_str());
        let name = match part(3) {
            "modified" => "updated",
            "tagline" => "subtitle",
            _ => "published",
        };
        format!("<{}{}{name}", part(1), part(2))
    });
    let plain = renamed.replace(OLD, "http://www.w3.org/2005/Atom").replace("\"text/plain\"", "\"text\"");
    MODE.replace_all(&plain, "").into_owned()
}

/// A stray `&` and a named entity that XML does not know become text; control characters go. The HTML cleaner resolves
/// the names afterwards.
fn repair_references(text: &str) -> String {
    static AMPERSAND: LazyLock<Regex> = LazyLock::new(|| pattern(r"&(#\d{1,7};|#x[0-9A-Fa-f]{1,6};|\w{1,32};)?"));
    let clean: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
    AMPERSAND
        .replace_all(&clean, |found: &Captures<'_>| match found.get(1).map(|group| group.as_str()) {
            Some(known @ ("amp;" | "lt;" | "gt;" | "quot;" | "apos;")) => format!("&{known}"),
            Some(number) if number.starts_with('#') => format!("&{number}"),
            Some(name) => format!("&amp;{name}"),
            None => "&amp;".to_owned(),
        })
        .into_owned()
}

/// A JSON Feed whose version is misspelt is read as version 1.1 when it has items.
fn known_json_version(json: &str) -> String {
    let Ok(serde_json::Value::Object(mut feed)) = serde_json::from_str(json) else { return json.to_owned() };
    if !feed.get("items").is_some_and(serde_json::Value::is_array) {
        return json.to_owned();
    }
    // Ids are text; some write them as numbers.
    for item in feed.get_mut("items").and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
        if let Some(id) = item.get_mut("id").filter(|id| id.is_number()) {
            *id = serde_json::Value::String(id.to_string());
        }
    }
    feed.insert("version".into(), "https://jsonfeed.org/version/1.1".into());
    serde_json::Value::Object(feed).to_string()
}

/// Content of a type that is none becomes HTML, and items outside a channel get one.
fn repair_structure(text: &str) -> String {
    static TYPED: LazyLock<Regex> = LazyLock::new(|| {
        pattern(
            r#"<((?:\w+:)?(?:title|subtitle|summary|content|rights))\b([^>]*?)\stype\s*=\s*(?:"([^"]*)"|'([^']*)')"#,
        )
    });
    let typed = TYPED.replace_all(text, |found: &Captures<'_>| {
        let part = |number: usize| found.get(number).map_or("", |group| group.as_str());
        let kind = match format!("{}{}", part(3), part(4)).as_str() {
            known @ ("text" | "html" | "xhtml") => known.to_owned(),
            "text/plain" => "text".to_owned(),
            _ => "html".to_owned(),
        };
        format!("<{}{} type=\"{kind}\"", part(1), part(2))
    });
    if typed.contains("<rss") && typed.contains("<item") && !typed.contains("<channel") {
        return typed.replacen("<item", "<channel><item", 1).replace("</rss>", "</channel></rss>");
    }
    typed.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(document: &str) -> Vec<String> {
        let page = read(document.as_bytes(), None, "https://voorbeeld.nl/feed").expect("a feed");
        page.records.into_iter().map(|record| record.title).collect()
    }

    #[test]
    fn every_version_of_rss_is_read() {
        for version in ["0.90", "0.91", "0.92", "0.93", "0.94", "2.0", ""] {
            let document = format!(
                "<?xml version=\"1.0\"?><rss version=\"{version}\"><channel><title>t</title>\
                 <item><title>een</title><link>https://voorbeeld.nl/1</link></item></channel></rss>"
            );
            assert_eq!(titles(&document), ["een"], "{version}");
        }
    }

    #[test]
    fn a_stray_ampersand_and_a_cut_tail_do_not_cost_the_feed() {
        let document = "<rss version='2.0'><channel><item><title>Wijn & spijs, caf&eacute;</title></item>\
                        <item><title>half";
        let page = read(document.as_bytes(), None, "").expect("a feed");
        assert_eq!(page.records.len(), 1);
        assert_eq!(page.rejected.len(), 1);
    }

    #[test]
    fn older_pages_are_found_in_atom_rss_and_json() {
        let atom =
            "<feed xmlns='http://www.w3.org/2005/Atom'><id>x</id><title>t</title><link rel='next' href='?p=2'/></feed>";
        let rss = "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>t</title>\
                   <atom:link rel='next' href='https://voorbeeld.nl/feed?p=2'/></channel></rss>";
        let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","next_url":"https://voorbeeld.nl/feed?p=2","items":[]}"#;
        for document in [atom, rss, json] {
            let page = read(document.as_bytes(), None, "https://voorbeeld.nl/feed").expect("a feed");
            let next = page.next.expect("a next page");
            assert_eq!(next.request.url, "https://voorbeeld.nl/feed?p=2", "{document}");
            assert!(next.only_if_new);
        }
    }

    #[test]
    fn a_web_page_is_no_feed() {
        for document in ["<!doctype html><html><body>cookies?</body></html>", "", "gewoon tekst", "{}"] {
            assert!(read(document.as_bytes(), None, "").is_err(), "{document}");
        }
    }
}

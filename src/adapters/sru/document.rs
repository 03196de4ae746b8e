//! What a body is, by its root element, and the documents that a search leads to.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{answer, law, meta, publication, ruling, text, web};
use crate::{
    adapters::{
        Page, ReadError,
        xml::{self, Element, XmlError},
    },
    domain::record::{Body, Record, Rejection},
};

/// What we read, for messages.
pub(super) const EXPECTED: &str = "document van KOOP";

/// A document: what is known about it, and its text.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// The record, with its lead as body.
    pub(super) record: Record,
    /// The text itself.
    pub(super) content: Body,
}

impl Document {
    /// The record with lead and text.
    pub(super) fn whole(self) -> Record {
        Record { body: join(self.record.body, self.content), detail: None, ..self.record }
    }

    /// Puts this text below what the search told.
    ///
    /// # Errors
    /// When it is the text of something else.
    pub(super) fn complete(self, record: Record) -> Result<Record, ReadError> {
        let (asked, got) = (plain_key(&record.key), plain_key(&self.record.key));
        let unnamed = got.starts_with("titel:");
        if !unnamed && asked != got && !asked.starts_with(&format!("{got}_")) {
            let found = format!("de tekst van {}", self.record.key);
            return Err(ReadError::NotThis { expected: "tekst van de gevraagde publicatie", found });
        }
        Ok(Record {
            title: if record.title.is_empty() { self.record.title } else { record.title },
            published: record.published.or(self.record.published),
            body: join(record.body, self.content),
            detail: None,
            ..record
        })
    }
}

fn plain_key(key: &str) -> String {
    key.trim_start_matches("CVDR").to_lowercase()
}

/// One text below the other.
fn join(first: Body, second: Body) -> Body {
    match (first, second) {
        (Body::Plain(first), Body::Plain(second)) => {
            let parts: Vec<&str> = [first.trim(), second.trim()].into_iter().filter(|part| !part.is_empty()).collect();
            Body::Plain(parts.join("\n"))
        }
        (first, second) => Body::Html(html(first) + &html(second)),
    }
}

fn html(body: Body) -> String {
    match body {
        Body::Html(html) => html,
        Body::Plain(text) => {
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            escaped.lines().map(|line| format!("<p>{line}</p>")).collect()
        }
    }
}

/// The first element of one of these names, at any depth.
pub(super) fn find<'a>(element: &'a Element, names: &[&str]) -> Option<&'a Element> {
    element.elements().find_map(
        |child| {
            if names.contains(&child.name.as_str()) { Some(child) } else { find(child, names) }
        },
    )
}

/// The root element of an XML document.
///
/// # Errors
/// When it is a web page or no XML at all: quotes what it says.
pub(super) fn root(text: &str) -> Result<Element, ReadError> {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if let Some(found) = not_markup(text) {
        return Err(ReadError::NotThis { expected: EXPECTED, found });
    }
    if web::is_page(text) {
        return Err(ReadError::NotThis { expected: EXPECTED, found: web::message(text) });
    }
    parse(text)
}

fn parse(text: &str) -> Result<Element, ReadError> {
    // A document type without declarations of its own defines nothing, so it can be left out unread.
    static DOCTYPE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^<!DOCTYPE[^\[<>]*>").ok());
    let parsed = match xml::parse(text) {
        Err(XmlError::Dtd) => {
            let start = text.find("<!DOCTYPE").unwrap_or_default();
            let (head, tail) = text.split_at_checked(start).unwrap_or(("", text));
            let tail = DOCTYPE.as_ref().map_or(tail.into(), |pattern| pattern.replace(tail, ""));
            let text = format!("{head}{tail}");
            xml::parse(&text).or_else(|error| repaired(&text, error))
        }
        outcome => outcome.or_else(|error| repaired(text, error)),
    };
    parsed.map_err(|error| ReadError::Broken(error.to_string()))
}

/// A second look at text that is not well-formed: with stray ampersands escaped, and the names of HTML resolved.
fn repaired(text: &str, error: XmlError) -> Result<Element, XmlError> {
    static AMPERSAND: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"&(#\d{1,7};|#x[0-9A-Fa-f]{1,6};|\w{1,32};)?").ok());
    let (XmlError::Malformed(_), Some(pattern)) = (&error, AMPERSAND.as_ref()) else { return Err(error) };
    let text = pattern.replace_all(text, |found: &Captures<'_>| {
        let name = found.get(1).map_or("", |group| group.as_str().trim_end_matches(';'));
        match (name, character(name)) {
            ("amp" | "lt" | "gt" | "quot" | "apos", _) => format!("&{name};"),
            (_, Some(character)) => character.to_owned(),
            _ if name.starts_with('#') => format!("&{name};"),
            ("", _) => "&amp;".to_owned(),
            _ => format!("&amp;{name};"),
        }
    });
    xml::parse(&text).map_err(|_| error)
}

/// Names of HTML that Dutch texts use and XML does not know.
fn character(name: &str) -> Option<&'static str> {
    Some(match name {
        "nbsp" => "\u{a0}",
        "eacute" => "é",
        "euml" => "ë",
        "egrave" => "è",
        "iuml" => "ï",
        "ouml" => "ö",
        "uuml" => "ü",
        "euro" => "€",
        "sect" => "§",
        "ndash" => "–",
        "mdash" => "—",
        "bull" => "•",
        "lsquo" => "‘",
        "rsquo" => "’",
        "ldquo" => "“",
        "rdquo" => "”",
        _ => return None,
    })
}

fn not_markup(text: &str) -> Option<String> {
    if text.starts_with('<') {
        return None;
    }
    let log = ["HTTP request sent", "Saving to:", "% Total    % Received"].iter().any(|mark| text.contains(mark));
    Some(if text.is_empty() {
        "een leeg antwoord".into()
    } else if log {
        "het logboek van een downloadprogramma: bewaar het document zelf".into()
    } else if text.starts_with(['{', '[']) {
        "JSON: vraag de dienst om XML".into()
    } else {
        format!("platte tekst: \"{}\"", text.chars().take(120).collect::<String>().trim())
    })
}

/// Reads one document that is no search answer.
///
/// # Errors
/// When it is of no known kind, or an error page.
pub(super) fn read(text: &str) -> Result<Document, ReadError> {
    if web::is_page(text) {
        return web::read(text);
    }
    of_root(&root(text)?)
}

fn of_root(root: &Element) -> Result<Document, ReadError> {
    if let Some(found) = answer::refusal(root) {
        return Err(ReadError::NotThis { expected: EXPECTED, found });
    }
    match root.name.as_str() {
        "toestand" => law::toestand(root),
        "wetstechnische-informatie" => law::technical(root),
        "cvdr" => law::regulation(root),
        name if publication::is_publication(name) => publication::read(root),
        _ if ruling::is_ruling(root) && find(root, &["owmskern"]).is_none() => Ok(ruling::read(root)),
        _ => general(root),
    }
}

/// Metadata files, disciplinary decisions and whatever else carries its facts under the names of OWMS.
fn general(root: &Element) -> Result<Document, ReadError> {
    if find(root, &["identifier"]).is_none() && root.name != "metadata_gegevens" {
        return Err(ReadError::NotThis { expected: EXPECTED, found: format!("<{}>", root.name) });
    }
    let record = meta::Fields::of(root).record().map_err(ReadError::Broken)?;
    let content =
        find(root, &["uitspraaktekst", "uitspraak", "body", "regeling", "tekst"]).map(text::of).unwrap_or_default();
    Ok(Document { record, content: Body::Plain(content) })
}

/// Reads any saved document of this kind.
///
/// # Errors
/// When it is of another kind, or tells of an error.
pub(super) fn read_saved(body: &str) -> Result<Page, ReadError> {
    let text = body.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if web::is_page(text) {
        return Ok(page(web::read(text)?.whole()));
    }
    let root = root(text)?;
    match root.name.as_str() {
        "searchRetrieveResponse" | "records" => {
            let answer = answer::read(&root)?;
            let stated = answer.total;
            Ok(Page { records: answer.records, rejected: answer.rejected, stated, ..Page::default() })
        }
        "record" | "recordData" | "gzd" | "originalData" | "meta" if answer::refusal(&root).is_none() => {
            match answer::record(&root) {
                Ok(record) => Ok(page(Record { detail: None, ..record })),
                Err(why) => Ok(Page { rejected: vec![Rejection::new(root.name, why)], ..Page::default() }),
            }
        }
        "work" => Ok(law::manifest(&root)),
        _ => Ok(page(of_root(&root)?.whole())),
    }
}

fn page(record: Record) -> Page {
    Page { records: vec![record], ..Page::default() }
}

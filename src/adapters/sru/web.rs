//! A publication as a web page: its facts stand in `<meta name="DC.identifier" ...>`, its text in `#broodtekst`, in each
//! of the dialects. A page without those facts is an error page, whatever its status.

use std::sync::LazyLock;

use regex::Regex;
use scraper::{Html, Selector};

use super::{document::Document, document::EXPECTED, meta::Fields};
use crate::{
    adapters::{ReadError, xml::collapse},
    domain::record::Body,
};

/// Deepest nesting that is parsed: parsing costs the square of the depth.
const DEEPEST: usize = 400;
/// Longest page that is parsed, in bytes.
const LONGEST: usize = 20_000_000;
/// Where the text may stand, most precise first.
const PLACES: [&str; 6] = ["#broodtekst", ".officiele-publicatie", "article", "main", "#Inhoud", "body"];

/// Whether this is a web page: its root is `html`, or it says so in its document type.
pub(super) fn is_page(text: &str) -> bool {
    static PAGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?is)^\W*(?:<\?.{0,500}?\?>\s*|<!--.{0,5000}?-->\s*)*<(?:!doctype\s+html|(?:\w+:)?html|head|body)\b",
        )
        .ok()
    });
    let head: String = text.chars().take(10_000).collect();
    PAGE.as_ref().is_some_and(|pattern| pattern.is_match(&head))
}

/// What an error page says, for a message.
pub(super) fn message(text: &str) -> String {
    parsed(text).map_or_else(|_| "een webpagina".into(), |page| told(&page, text))
}

/// Reads a publication from its page.
///
/// # Errors
/// When the page is none of a publication: quotes what it says.
pub(super) fn read(text: &str) -> Result<Document, ReadError> {
    let page = parsed(text)?;
    let mut facts = Fields::default();
    if let Ok(selector) = Selector::parse("meta[name][content]") {
        for element in page.select(&selector) {
            let value = |name: &str| element.attr(name).unwrap_or_default();
            facts.push(value("name"), value("scheme"), value("resourceidentifier"), value("content"));
        }
    }
    if facts.first(&["identifier"]).is_none() {
        return Err(ReadError::NotThis { expected: EXPECTED, found: told(&page, text) });
    }
    if facts.first(&["title"]).is_none() {
        facts.push("title", "", "", &first_text(&page, &["h1", "title"]).unwrap_or_default());
    }
    let mut record = facts.record().map_err(ReadError::Broken)?;
    record.detail = None;
    let content = PLACES.iter().find_map(|place| {
        let element = page.select(&Selector::parse(place).ok()?).next()?;
        let has_text = element.text().any(|text| !text.trim().is_empty());
        // The source is wrapped at a fixed width, and a line of ours is a block.
        has_text.then(|| element.inner_html().replace(['\n', '\r'], " "))
    });
    Ok(Document { record, content: Body::Html(content.unwrap_or_default()) })
}

fn parsed(text: &str) -> Result<Html, ReadError> {
    // XHTML closes empty elements in themselves; to HTML `<title/>` and `<script/>` are open and swallow what follows.
    static CLOSED: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"<(title|script|style|div|a|span|p|td|iframe|textarea)\b([^<>]*)/>").ok());
    if text.len() > LONGEST || nesting(text) > DEEPEST {
        return Err(ReadError::Broken("de webpagina is te groot of te diep genest".into()));
    }
    let text = CLOSED.as_ref().map_or(text.into(), |pattern| pattern.replace_all(text, "<$1$2></$1>"));
    Ok(Html::parse_document(&text))
}

/// How deep the tags nest at most, counted roughly.
fn nesting(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for tag in html.split('<').skip(1) {
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).flat_map(char::to_lowercase).collect();
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !name.is_empty()
            && !matches!(
                name.as_str(),
                "br" | "img" | "hr" | "input" | "meta" | "link" | "col" | "p" | "li" | "area" | "wbr"
            )
            && !tag.split('>').next().is_some_and(|inside| inside.ends_with('/'))
        {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
}

/// What a page says that is no publication: its title, and the start of its text.
fn told(page: &Html, text: &str) -> String {
    let title = first_text(page, &["title", "h1", "h2"]).unwrap_or_default();
    let body = first_text(page, &["main", "#content", "body"]).unwrap_or_default();
    let body: String = body.chars().take(200).collect();
    let said: Vec<String> =
        [title, body].into_iter().filter(|part| !part.is_empty()).map(|part| format!("\"{part}\"")).collect();
    let kind = if text.contains("fout404") {
        "een webpagina die zegt dat het document er niet is (fout404)"
    } else {
        "een webpagina"
    };
    if said.is_empty() { kind.to_owned() } else { format!("{kind}: {}", said.join(" ")) }
}

fn first_text(page: &Html, places: &[&str]) -> Option<String> {
    places.iter().find_map(|place| {
        let element = page.select(&Selector::parse(place).ok()?).next()?;
        let text = collapse(&element.text().collect::<Vec<_>>().join(" "));
        (!text.is_empty()).then_some(text)
    })
}

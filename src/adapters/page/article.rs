//! The main text of a page, and a page as one record.

use dom_smoothie::{Config, Readability};
use scraper::Html;
use url::Url;

use super::{consent, dom, meta};
use crate::{
    adapters::ReadError,
    domain::record::{Body, Record},
};

/// Pages with more elements are too much for the scoring of readability, which looks at each of them several times.
const MOST_ELEMENTS: usize = 20_000;
/// A shorter text than this is hardly an article: then the plain way may find more.
const SHORT: usize = 250;

/// Title and text of the article on a page: what the pipeline uses for the full text of a feed's item. None when the page
/// is a wall or holds no text.
#[must_use]
pub fn article(html: &str, url: &str) -> Option<(String, String)> {
    let record = read(html, url).ok()?;
    let Body::Plain(text) = record.body else { return None };
    (!text.is_empty()).then_some((record.title, text))
}

/// A page as one record.
///
/// # Errors
/// When it is something else than a page, a wall in front of one, or empty.
pub(super) fn read(html: &str, url: &str) -> Result<Record, ReadError> {
    check(html)?;
    if let Some(wall) = consent::looks_like(html) {
        return Err(ReadError::NotThis { expected: "webpagina", found: wall.into() });
    }
    let Some(page) = dom::parse(html) else { return flat(html, url) };
    let meta = meta::read(&page, html, url);
    let mut text = main_text(&page, html, url, &meta.title);
    // The publisher's own words for the whole text beat what readability made of the markup.
    let body = dom::lines(&plain(&meta.body));
    if body.len() > SHORT && body.len() * 2 > text.len() {
        text = body;
    }
    if text.is_empty() {
        text.clone_from(&meta.description);
    }
    if meta.title.is_empty() && text.is_empty() {
        return Err(ReadError::Broken(
            "de pagina heeft geen titel en geen tekst: wordt zij door een script gevuld?".into(),
        ));
    }
    let key = meta.link.clone().unwrap_or_else(|| format!("titel:{}", meta.title));
    Ok(Record {
        key,
        title: escaped(&meta.title),
        link: meta.link,
        published: meta.published,
        updated: meta.updated,
        body: Body::Plain(text),
        ..Record::default()
    })
}

/// Says what a document is, if it is not a page.
pub(super) fn check(html: &str) -> Result<(), ReadError> {
    let other = |found: &str| Err(ReadError::NotThis { expected: "webpagina", found: found.to_owned() });
    let start = html.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    let head = dom::cut(start, 2_000).to_lowercase();
    let is_html =
        ["<html", "<!doctype html", "<body", "<head", "<div", "<p", "<article", "<main", "<h1", "<title", "<meta"]
            .iter()
            .any(|tag| head.contains(tag));
    match () {
        () if start.is_empty() => other("een leeg antwoord"),
        () if start.starts_with("%PDF") => other("een PDF"),
        () if start.starts_with(['{', '[']) => other("JSON"),
        () if head.starts_with("mime-version:") || head.starts_with("from: <saved by") => {
            other("een archief (MHTML): bewaar de pagina als HTML")
        }
        () if !is_html && ["<rss", "<feed", "<rdf:rdf"].iter().any(|tag| head.contains(tag)) => other("een feed"),
        () if !is_html && head.starts_with("<?xml") => other("een XML-document"),
        () if !start.contains('<') => other("gewone tekst"),
        () => Ok(()),
    }
}

/// A page that nests too deep to be parsed: title and text without structure.
fn flat(html: &str, url: &str) -> Result<Record, ReadError> {
    let title = html.split_once("<title").and_then(|(_, rest)| rest.split_once('>')).map_or("", |(_, rest)| rest);
    let title = title.split('<').next().unwrap_or_default();
    let title = title.split_whitespace().take(100).collect::<Vec<_>>().join(" ");
    let text = dom::without_tags(html, ' ');
    if text.is_empty() {
        return Err(ReadError::Broken("de pagina nest dieper dan 400 niveaus en heeft geen tekst".into()));
    }
    let link = Url::parse(url).ok().map(|_| url.to_owned());
    let key = link.clone().unwrap_or_else(|| format!("titel:{title}"));
    Ok(Record { key, title, link, body: Body::Plain(text), ..Record::default() })
}

/// The text that a page is about: by readability, or the plainest element that holds it.
pub(super) fn main_text(page: &Html, html: &str, url: &str, title: &str) -> String {
    let found = readable(html, url).unwrap_or_default();
    if found.len() >= SHORT {
        return without_title(&found, title);
    }
    let plain =
        ["[itemprop=articleBody]", "article", "main", "[role=main]", "#content", "body"].iter().find_map(|name| {
            let element = dom::first(page, name)?;
            Some(dom::text(element, &dom::FURNITURE)).filter(|text| text.len() > title.len() + 40)
        });
    let plain = plain.unwrap_or_default();
    without_title(if plain.len() > found.len() { &plain } else { &found }, title)
}

fn readable(html: &str, url: &str) -> Option<String> {
    let url = Some(url).filter(|url| Url::parse(url).is_ok_and(|url| url.has_host()));
    let config = Config { max_elements_to_parse: MOST_ELEMENTS, disable_json_ld: true, ..Config::default() };
    let article = Readability::new(html, url, Some(config)).ok()?.parse().ok()?;
    Some(plain(&article.content))
}

/// The title is kept apart, so it need not open the text too.
fn without_title(text: &str, title: &str) -> String {
    let rest = text.strip_prefix(title).filter(|rest| !title.is_empty() && rest.starts_with('\n'));
    rest.unwrap_or(text).trim().to_owned()
}

/// Plain text of a piece of HTML.
pub(super) fn plain(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    dom::parse(html).map_or_else(|| dom::without_tags(html, ' '), |page| dom::text(page.root_element(), &[]))
}

/// A title of plain text, as our records hold it: they may hold markup there.
pub(super) fn escaped(title: &str) -> String {
    title.replace('&', "&amp;").replace('<', "&lt;")
}

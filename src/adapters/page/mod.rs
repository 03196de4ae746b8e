//! Reads web pages without a feed: a list of entries by selectors (`list`), one page that is watched for changes, and any
//! saved page as an article (`article`). Nothing is guessed: a selector that finds nothing is an error.

mod article;
pub mod consent;
mod dates;
mod dom;
mod list;
mod meta;
#[cfg(test)]
mod tests;

use std::hash::Hasher;

use jiff::Timestamp;
use regex::Regex;
use serde::Deserialize;
use siphasher::sip128::{Hasher128, SipHasher13};

pub use self::{article::article, dates::Format};
use super::{Adapter, Page, ReadError, encoding};
use crate::domain::{
    exchange::{Cursor, Request, Response},
    record::{Body, Record},
};

const ACCEPT: &str = "text/html, application/xhtml+xml;q=0.9, */*;q=0.5";

/// The `[adapter]` table of such a source. Selectors are those of CSS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// Address of the list, or of the page that is watched.
    pub url: String,
    /// One entry of the list.
    pub item: Option<String>,
    /// The link within an entry; by default its first link, or the entry itself where it is one.
    pub link: Option<String>,
    /// The title within an entry; by default its heading, else the text of the link.
    pub title: Option<String>,
    /// The date within an entry.
    pub date: Option<String>,
    /// The attribute of that element that holds the date, e.g. `datetime`; by default its text.
    pub date_attribute: Option<String>,
    /// How the date is written.
    #[serde(default)]
    pub date_format: Format,
    /// Where the link tells the date: a regular expression with groups for year, month and day.
    pub date_in_link: Option<String>,
    /// The summary within an entry.
    pub lead: Option<String>,
    /// The link to the next page.
    pub next: Option<String>,
    /// The parameter of the query that counts pages, where there is no such link.
    pub page_param: Option<String>,
    /// The number of the first page: 1, and 0 for some.
    #[serde(default = "one")]
    pub first_page: u32,
    /// Fetch the page of each entry for its text.
    #[serde(default)]
    pub follow: bool,
    /// The text on such a page, or on the page that is watched; by default readability finds it.
    pub article: Option<String>,
    /// What is not text there.
    #[serde(default)]
    pub remove: Vec<String>,
    /// The page itself is the one item, and its text is compared with what it was.
    #[serde(default)]
    pub watch: bool,
}

fn one() -> u32 {
    1
}

impl Spec {
    /// What is wrong with it, each a sentence with its remedy.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let named = [
            ("item", &self.item),
            ("link", &self.link),
            ("title", &self.title),
            ("date", &self.date),
            ("lead", &self.lead),
            ("next", &self.next),
            ("article", &self.article),
        ];
        let removed = self.remove.iter().map(|selector| ("remove", selector));
        for (key, selector) in
            named.iter().filter_map(|(key, selector)| Some((*key, selector.as_ref()?))).chain(removed)
        {
            if dom::selector(selector).is_none() {
                faults.push(format!("{key} = '{selector}' is geen CSS-selector: verbeter of verwijder hem"));
            }
        }
        match self.date_in_link.as_deref().map(Regex::new) {
            Some(Err(_)) => faults.push("date-in-link is geen reguliere expressie: verbeter of verwijder haar".into()),
            Some(Ok(pattern)) if pattern.captures_len() < 3 => faults.push(
                "date-in-link heeft groepen nodig voor jaar, maand en dag, bijvoorbeeld '/([0-9]{4})/([0-9]{2})/([0-9]{2})/'"
                    .into(),
            ),
            _ => {}
        }
        let clashes = [
            (
                !self.watch && self.item.is_none(),
                "item ontbreekt: geef de selector van een bericht in de lijst, of zet watch = true",
            ),
            (
                self.watch && (self.item.is_some() || self.follow),
                "watch = true gaat niet samen met item of follow: kies een van beide",
            ),
            (
                self.next.is_some() && self.page_param.is_some(),
                "next en page-param gaan niet samen: kies een van beide",
            ),
            (
                self.date_attribute.is_some() && self.date.is_none(),
                "date-attribute zonder date: geef ook de selector van de datum",
            ),
        ];
        faults.extend(clashes.iter().filter(|(wrong, _)| *wrong).map(|(_, text)| (*text).to_owned()));
        faults
    }
}

/// Reads web pages.
pub struct Pages {
    spec: Spec,
}

impl Pages {
    /// The adapter for one source.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self { spec }
    }

    /// The text of one page, by the selector of the source or by readability.
    fn text(&self, html: &str, url: &str) -> Result<Record, ReadError> {
        let mut record = article::read(html, url)?;
        let Some(mut page) = dom::parse(html) else { return Ok(record) };
        dom::remove(&mut page, &self.spec.remove);
        let text = if let Some(selector) = &self.spec.article {
            let found = dom::selector(selector)
                .and_then(|parsed| page.select(&parsed).next())
                .map(|found| dom::text(found, &[]));
            found.filter(|text| !text.is_empty()).ok_or_else(|| {
                ReadError::Broken(format!(
                    "de selector '{selector}' vindt niets op deze pagina: is de pagina veranderd?"
                ))
            })?
        } else if self.spec.remove.is_empty() {
            return Ok(record);
        } else {
            article::main_text(&page, &page.html(), url, &record.title)
        };
        record.body = Body::Plain(text);
        Ok(record)
    }

    /// The watched page as its one record; its revision changes with its text.
    fn watched(&self, html: &str, url: &str) -> Result<Page, ReadError> {
        let mut record = self.text(html, url)?;
        let Body::Plain(text) = &record.body else { return Ok(Page::default()) };
        if text.is_empty() {
            return Err(ReadError::Broken("de pagina heeft geen tekst: is zij veranderd?".into()));
        }
        record.revision = digest(&[text]);
        // The source is this page, whatever it calls itself.
        record.key.clone_from(&self.spec.url);
        record.link = Some(self.spec.url.clone());
        Ok(Page { records: vec![record], ..Page::default() })
    }
}

impl Adapter for Pages {
    fn open(&self, _since: &Cursor, _now: Timestamp) -> Request {
        Request::new(self.spec.url.clone(), ACCEPT)
    }

    fn read(&self, response: &Response) -> Result<Page, ReadError> {
        let html = encoding::decode(&response.body, response.content_type.as_deref());
        let url = &response.address;
        article::check(&html)?;
        if self.spec.watch {
            return self.watched(&html, url);
        }
        let page = dom::parse(&html)
            .ok_or_else(|| ReadError::Broken("de pagina nest dieper dan 400 niveaus; zo diep lezen we niet".into()))?;
        list::read(&self.spec, &page, &html, url)
    }

    /// Fills in the text, and what the list did not tell. A page that is gone means that the entry was withdrawn.
    fn complete(&self, mut record: Record, detail: &Response) -> Result<Record, ReadError> {
        if matches!(detail.status, 404 | 410) {
            return Ok(Record { withdrawn: true, ..record });
        }
        let html = encoding::decode(&detail.body, detail.content_type.as_deref());
        let page = self.text(&html, &detail.address)?;
        let (Body::Plain(text) | Body::Html(text)) = &page.body;
        if !text.is_empty() {
            record.body = page.body;
        }
        if record.title.is_empty() {
            record.title = page.title;
        }
        record.published = record.published.or(page.published);
        record.updated = page.updated;
        Ok(record)
    }
}

/// Reads a saved page as an article: there are no selectors here.
///
/// # Errors
/// When it is another kind of document, or a wall in front of a page.
pub fn read_saved(body: &[u8]) -> Result<Page, ReadError> {
    let html = encoding::decode(body, None);
    let record = article::read(&html, "")?;
    Ok(Page { records: vec![record], ..Page::default() })
}

/// A digest that is the same on every machine and in every version: SipHash-1-3 with a fixed key, 128 bits.
fn digest(parts: &[&str]) -> String {
    let mut hasher = SipHasher13::new_with_keys(0x7061_6769, 0x6e61_2121);
    for part in parts {
        hasher.write(part.as_bytes());
        hasher.write_u8(0xff);
    }
    let hash = hasher.finish128();
    format!("{:016x}{:016x}", hash.h1, hash.h2)
}

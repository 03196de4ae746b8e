//! What is behind an address that a person typed: a document of a kind that we read, or a page that names its feeds.

use scraper::{Html, Selector};
use url::Url;

use super::{Page, Spec, encoding};
use crate::domain::exchange::Response;

/// Kinds in the order in which they are tried; a page is what is left.
const TRIED: [&str; 5] = ["feed", "judgments", "sru", "odata", "registry"];
/// Feeds that are named at most.
const MOST: usize = 10;

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// A document of a kind that has an adapter.
    Document {
        /// The kind.
        kind: &'static str,
        /// What it holds.
        page: Box<Page>,
    },
    /// A web page, and the feeds that it names.
    Website {
        /// Its title.
        title: String,
        /// Absolute addresses, in the order of the page.
        feeds: Vec<String>,
    },
}

/// Looks at an answer.
#[must_use]
pub fn look(response: &Response) -> Found {
    for kind in TRIED {
        let read = Spec::read_saved(kind, &response.body).ok();
        if let Some(page) = read.filter(|page| !page.records.is_empty() || !page.figures.is_empty()) {
            return Found::Document { kind, page: Box::new(page) };
        }
    }
    let html = encoding::decode(&response.body, response.content_type.as_deref());
    let (title, feeds) = website(&html, &response.address);
    Found::Website { title, feeds }
}

/// Title and feeds of a page: `<link rel="alternate">` with a type of a feed (RSS autodiscovery).
fn website(html: &str, address: &str) -> (String, Vec<String>) {
    let head = html.get(..html.find("<body").unwrap_or(html.len())).unwrap_or(html);
    let document = Html::parse_document(head);
    let select = |css: &str| Selector::parse(css).ok();
    let title = select("title")
        .and_then(|title| document.select(&title).next())
        .map(|title| title.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
        .unwrap_or_default();
    let base = Url::parse(address).ok();
    let feeds = select("link[rel~=alternate][href]").map_or_else(Vec::new, |link| {
        document
            .select(&link)
            .filter(|link| {
                let kind = link.attr("type").unwrap_or_default().to_lowercase();
                kind.contains("rss") || kind.contains("atom") || kind.contains("feed+json")
            })
            .filter_map(|link| Some(base.as_ref()?.join(link.attr("href")?).ok()?.to_string()))
            .take(MOST)
            .collect()
    });
    (title, feeds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exchange::Request;

    #[test]
    fn a_page_names_its_feeds_and_a_feed_is_known() {
        let answer =
            |body: &str| Response::saved(Request::new("https://voorbeeld.nl/nieuws/", ""), body.as_bytes().to_vec());
        let html = "<html><head><title> Gemeente\n Voorbeeld</title><link rel='alternate' type='application/rss+xml' href='../rss'>\
                    <link rel='alternate' hreflang='en' href='/en'></head><body></body></html>";
        let Found::Website { title, feeds } = look(&answer(html)) else { panic!("a website") };
        assert_eq!((title.as_str(), feeds), ("Gemeente Voorbeeld", vec!["https://voorbeeld.nl/rss".to_owned()]));
        let rss = "<rss version='2.0'><channel><item><title>Een</title><guid>1</guid></item></channel></rss>";
        assert!(matches!(look(&answer(rss)), Found::Document { kind: "feed", .. }));
    }
}

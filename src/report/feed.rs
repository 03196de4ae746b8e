//! The digests as an Atom feed (RFC 4287): one entry for each week, newest first.

use askama::Template;
use jiff::Timestamp;

use super::digest::{entry, parts::Digest};
use crate::domain::reader::Reader;

#[derive(Template)]
#[template(path = "feed.xml", ext = "html")]
struct Feed<'a> {
    region: &'a str,
    id: String,
    updated: Timestamp,
    entries: Vec<Entry>,
}

struct Entry {
    week: String,
    title: String,
    published: Timestamp,
    content: String,
}

/// Composes the feed of these digests, newest first. Ids are made of region and week alone, so an entry stays itself.
///
/// # Errors
/// When a template cannot be filled, which tests exclude.
pub fn compose(region: &str, digests: &[Digest], reader: &Reader) -> Result<String, askama::Error> {
    let mut entries = Vec::new();
    for digest in digests {
        let (title, content) = entry(digest, reader)?;
        entries.push(Entry { week: digest.week.to_string(), title, published: digest.known, content });
    }
    let updated = digests.iter().map(|digest| digest.known).max().unwrap_or(Timestamp::UNIX_EPOCH);
    // XML 1.0 has no control characters, and a title of a foreign source may hold one.
    let id = region.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let xml = Feed { region, id, updated, entries }.render()?;
    Ok(xml.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect())
}

//! From a record as read to an item as kept: clean text, one language, a date that can be trusted, an address that can be
//! compared.

pub mod language;
pub mod text;
pub mod url;

use jiff::{SignedDuration, Timestamp};
use siphasher::sip128::{Hasher128, SipHasher13};
use std::hash::Hasher;

use crate::{
    domain::{
        item::Item,
        record::{Body, Record, Rejection},
        source::Source,
        week::Week,
    },
    mask::{Counts, mask},
};

/// First sight later than this after publication is backfill: kept and counted, never an alert.
const BACKFILL_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A stated time further ahead than this is a mistake.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);
/// Nothing that we watch was published on the web before this moment (1 January 1990): such dates are zeros in disguise.
const OLDEST: i64 = 631_152_000;
/// Longest text that is kept of one item, in bytes. The longest recorded judgment has 354 kB of XML.
const LONGEST_TEXT: usize = 2_000_000;

/// Makes an item of a record.
///
/// # Errors
/// A rejection, in Dutch, when nothing readable is left.
pub fn normalise(record: Record, source: &Source, now: Timestamp) -> Result<Item, Rejection> {
    let reject = |why: &str| Rejection { key: record.key.clone(), revision: record.revision.clone(), why: why.into() };
    if record.key.trim().is_empty() || record.key.len() > 2_000 {
        return Err(reject("geen bruikbare sleutel"));
    }
    let mut title = text::line(&record.title);
    let mut body = match &record.body {
        Body::Plain(plain) => text::tidy(plain),
        Body::Html(html) => text::of_html(html),
    };
    text::truncate(&mut body, LONGEST_TEXT);
    if title.is_empty() && body.is_empty() && !record.withdrawn {
        return Err(reject("geen titel en geen tekst na opschonen"));
    }
    // Judgments stay as the judiciary pseudonymised them.
    let mut counts = Counts::default();
    if source.kind != "judgments" {
        title = mask(&title, &mut counts);
        body = mask(&body, &mut counts);
    }
    let stated = record.published.filter(|at| is_plausible(*at, now, &source.kind));
    let published = stated.unwrap_or(now);
    let address = record.link.as_deref().and_then(url::comparable);
    // What is no web address, "javascript:" above all, never reaches a mail.
    let link = record.link.filter(|_| address.is_some());
    Ok(Item {
        source: source.id.clone(),
        kind: source.kind.clone(),
        content_hash: digest(&title, &body),
        language: language::of(&title, &body, &source.language),
        week: Week::of(published),
        backfill: now.duration_since(published) > BACKFILL_AFTER,
        dated: stated.is_some(),
        key: record.key,
        revision: record.revision,
        title,
        link,
        address,
        published,
        updated: record.updated,
        first_seen: now,
        text: if record.withdrawn { String::new() } else { body },
        article: None,
        masked: counts.words(),
        withdrawn: record.withdrawn,
        judgment: record.judgment,
    })
}

/// Cleans and masks the text of an article that was read from its own page.
#[must_use]
pub fn article(text: &str) -> String {
    let mut text = text::tidy(text);
    text::truncate(&mut text, LONGEST_TEXT);
    mask(&text, &mut Counts::default())
}

/// Judgments, laws and publications may be older than the web; everything else may not.
fn is_plausible(at: Timestamp, now: Timestamp, kind: &str) -> bool {
    let ahead = at.duration_since(now);
    ahead < AHEAD && (matches!(kind, "judgments" | "sru") || at.as_second() > OLDEST)
}

/// SipHash-1-3 with a fixed key, 128 bits: the same on every machine and in every version, and enough to tell texts apart
/// that nobody forged on purpose.
fn digest(title: &str, body: &str) -> String {
    let mut hasher = SipHasher13::new_with_keys(0x7569_746b, 0x696a_6b21);
    hasher.write(title.as_bytes());
    hasher.write_u8(0xff);
    hasher.write(body.as_bytes());
    let hash = hasher.finish128();
    format!("{:016x}{:016x}", hash.h1, hash.h2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::source::SourceId;

    fn source() -> Source {
        Source {
            id: SourceId("proef".into()),
            kind: "feed".into(),
            every: SignedDuration::from_mins(30),
            pause: SignedDuration::from_secs(1),
            language: "nl".into(),
            ..Source::default()
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn impossible_dates_become_the_time_of_first_sight() {
        let now = at("2026-10-05T08:00:00Z");
        for (stated, expected) in [
            (Some("1970-01-01T00:00:00Z"), "2026-10-05T08:00:00Z"),
            (Some("2099-01-01T00:00:00Z"), "2026-10-05T08:00:00Z"),
            (Some("2026-10-04T08:00:00Z"), "2026-10-04T08:00:00Z"),
            (None, "2026-10-05T08:00:00Z"),
        ] {
            let record =
                Record { key: "1".into(), title: "Titel".into(), published: stated.map(at), ..Record::default() };
            let item = normalise(record, &source(), now).expect("an item");
            assert_eq!(item.published, at(expected), "{stated:?}");
            assert_eq!(item.dated, stated.is_some_and(|text| text.starts_with("2026")));
            assert!(!item.backfill);
        }
    }

    #[test]
    fn an_empty_record_is_rejected_and_an_old_one_is_backfill() {
        let now = at("2026-10-05T08:00:00Z");
        let empty = Record { key: "1".into(), body: Body::Html("<p> </p>".into()), ..Record::default() };
        assert!(normalise(empty, &source(), now).is_err());
        let old = Record {
            key: "1".into(),
            title: "&Eacute;&eacute;n titel".into(),
            published: Some(at("2026-01-01T08:00:00Z")),
            ..Record::default()
        };
        let item = normalise(old, &source(), now).expect("an item");
        assert!(item.backfill);
        assert_eq!(item.title, "Één titel");
    }
}

//! How each kind of source is asked and read. A new kind is a file here, a variant of [`Spec`] and an arm of
//! [`Spec::adapter`]: this is the only place where kinds are listed.

pub mod date;
pub mod discover;
pub mod encoding;
pub mod feed;
pub mod json;
pub mod judgments;
pub mod odata;
pub mod page;
pub mod registry;
pub mod sru;
pub mod xml;

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::Deserialize;
use thiserror::Error;

use crate::domain::{
    exchange::{Cursor, Request, Response},
    figure::Figure,
    record::{Record, Rejection},
};

/// How one kind of source is asked and read. Pure: a saved response is a complete test. An adapter never retries,
/// sleeps, reads the clock or logs; `fetch` and `pipeline` do.
pub trait Adapter: Send + Sync {
    /// The request that opens a poll, given where the last one ended and what time it is.
    fn open(&self, since: &Cursor, now: Timestamp) -> Request;

    /// Reads one answer.
    ///
    /// # Errors
    /// When this is not the document that we know: nothing of it is kept, and the cursor stays.
    fn read(&self, response: &Response) -> Result<Page, ReadError>;

    /// The first question of a backfill from a day on, for kinds that can be asked about the past. It is walked like any
    /// other page and ends by itself. None where the source has no past to ask for.
    fn backfill(&self, _from: Date, _now: Timestamp) -> Option<Request> {
        None
    }

    /// The question whose answer states how many records the source holds of the days from `from` up to and without
    /// `to`: [`Page::stated`] then holds the number. None where the source states none.
    fn count(&self, _from: Date, _to: Date) -> Option<Request> {
        None
    }

    /// Fills in a record from its own document; only asked for records that name one and are new. A response with
    /// status 404 or 410 comes here too, for what it means differs by kind.
    ///
    /// # Errors
    /// When the document is not the one we know: the record is rejected, the rest of the page goes on.
    fn complete(&self, record: Record, _detail: &Response) -> Result<Record, ReadError> {
        Ok(record)
    }
}

/// What one answer holds.
#[derive(Debug, Default)]
pub struct Page {
    /// Records in document order.
    pub records: Vec<Record>,
    /// What could not be read, and why: data, not an error.
    pub rejected: Vec<Rejection>,
    /// The page after this one.
    pub next: Option<Next>,
    /// Where to start once this page is stored.
    pub cursor: Cursor,
    /// Cells of a statistical table.
    pub figures: Vec<Figure>,
    /// How many records the source says there are for the question as a whole, over all its pages.
    pub stated: Option<u64>,
    /// What the document says about how often to ask.
    pub hints: Hints,
}

/// What a document says about how often to ask (RSS 2.0 `ttl`, `skipHours`, `skipDays`; the syndication module).
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Hints {
    /// The shortest time until it makes sense to ask again.
    pub ttl: Option<SignedDuration>,
    /// Hours in UTC, 0 to 23, in which nobody should ask.
    pub skip_hours: Vec<i8>,
    /// Days in UTC, 1 is Monday, in which nobody should ask.
    pub skip_days: Vec<i8>,
}

/// The page after this one, and when to ask for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Next {
    /// The question.
    pub request: Request,
    /// Only while this page still brought something new; otherwise the walk has met known ground and ends.
    pub only_if_new: bool,
}

/// Why an answer is not the document that we know.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum ReadError {
    /// Another kind of document, e.g. an error or consent page.
    #[error("dit is geen {expected}, maar {found}")]
    NotThis {
        /// What the adapter reads.
        expected: &'static str,
        /// What came instead.
        found: String,
    },
    /// The right kind, but damaged.
    #[error("onleesbaar: {0}")]
    Broken(String),
}

/// What to read and how, as written in the `[adapter]` table of a source file.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Spec {
    /// RSS, Atom or JSON Feed.
    Feed(feed::Spec),
    /// Rechtspraak Open Data.
    Judgments(judgments::Spec),
    /// KOOP's SRU: official publications, laws, local regulations.
    Sru(sru::Spec),
    /// OData and SyncFeed: parliament, and statistical tables.
    Odata(Box<odata::Spec>),
    /// JSON services: company registers and others.
    Registry(Box<registry::Spec>),
    /// Web pages without a feed.
    Page(Box<page::Spec>),
}

/// The names of all kinds, as in source files.
pub const KINDS: [&str; 6] = ["feed", "judgments", "sru", "odata", "registry", "page"];

impl Spec {
    /// Faults that only this kind can see, each a sentence that says the remedy: a selector that does not parse, a
    /// budget of zero. Empty when all is well.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        match self {
            Self::Feed(_) | Self::Judgments(_) => Vec::new(),
            Self::Sru(spec) => spec.faults(),
            Self::Odata(spec) => spec.faults(),
            Self::Registry(spec) => spec.faults(),
            Self::Page(spec) => spec.faults(),
        }
    }

    /// The adapter for this kind.
    #[must_use]
    pub fn adapter(self) -> Box<dyn Adapter> {
        match self {
            Self::Feed(spec) => Box::new(feed::Feed::new(spec)),
            Self::Judgments(spec) => Box::new(judgments::Judgments::new(spec)),
            Self::Sru(spec) => Box::new(sru::Sru::new(spec)),
            Self::Odata(spec) => Box::new(odata::Odata::new(*spec)),
            Self::Registry(spec) => Box::new(registry::Registry::new(*spec)),
            Self::Page(spec) => Box::new(page::Pages::new(*spec)),
        }
    }

    /// Most requests in a day, for services that cost money.
    #[must_use]
    pub fn budget(&self) -> Option<u32> {
        match self {
            Self::Registry(spec) => spec.budget(),
            Self::Feed(_) | Self::Judgments(_) | Self::Sru(_) | Self::Odata(_) | Self::Page(_) => None,
        }
    }

    /// The name of the kind, as in source files and in the store.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Feed(_) => "feed",
            Self::Judgments(_) => "judgments",
            Self::Sru(_) => "sru",
            Self::Odata(_) => "odata",
            Self::Registry(_) => "registry",
            Self::Page(_) => "page",
        }
    }

    /// The address that a person would open to see what this source is.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Feed(spec) => &spec.url,
            Self::Judgments(spec) => &spec.endpoint,
            Self::Sru(spec) => &spec.endpoint,
            Self::Odata(spec) => &spec.url,
            Self::Registry(spec) => &spec.url,
            Self::Page(spec) => &spec.url,
        }
    }

    /// Reads one saved document of a kind: what `uitkijk read` does, and every test over recorded documents.
    ///
    /// # Errors
    /// When the kind is unknown or the document is not of that kind.
    pub fn read_saved(kind: &str, body: &[u8]) -> Result<Page, ReadError> {
        match kind {
            "feed" => feed::read_saved(body),
            "judgments" => judgments::read_saved(body),
            "sru" => sru::read_saved(body),
            "odata" => odata::read_saved(body),
            "registry" => registry::read_saved(body),
            "page" => page::read_saved(body),
            other => Err(ReadError::NotThis { expected: "bekende soort bron", found: format!("'{other}'") }),
        }
    }
}

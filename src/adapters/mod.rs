//! How each kind of source is asked and read. A new kind is a file here, a variant of [`Spec`] and an arm of
//! [`Spec::adapter`]: this is the only place where kinds are listed.

pub mod date;
pub mod encoding;
pub mod feed;
pub mod judgments;
pub mod xml;

use jiff::Timestamp;
use serde::Deserialize;
use thiserror::Error;

use crate::domain::{
    exchange::{Cursor, Request, Response},
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
}

impl Spec {
    /// The adapter for this kind.
    #[must_use]
    pub fn adapter(self) -> Box<dyn Adapter> {
        match self {
            Self::Feed(spec) => Box::new(feed::Feed::new(spec)),
            Self::Judgments(spec) => Box::new(judgments::Judgments::new(spec)),
        }
    }

    /// The name of the kind, as in source files and in the store.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Feed(_) => "feed",
            Self::Judgments(_) => "judgments",
        }
    }

    /// The address that a person would open to see what this source is.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Feed(spec) => &spec.url,
            Self::Judgments(spec) => &spec.endpoint,
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
            other => Err(ReadError::NotThis { expected: "soort bron (feed, judgments)", found: format!("'{other}'") }),
        }
    }
}

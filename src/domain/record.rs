//! An item as an adapter read it, before anything was cleaned or decided.

use jiff::Timestamp;

use super::{exchange::Request, figure::Registration, judgment::Judgment};

/// One item of one answer.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// The source's own identity for it.
    pub key: String,
    /// Changes when the source says that it changed; empty when the source says nothing.
    pub revision: String,
    /// Title as given; may hold markup and entities.
    pub title: String,
    /// Address as given, absolute where the document allows it.
    pub link: Option<String>,
    /// Publication time as stated.
    pub published: Option<Timestamp>,
    /// Time of change as stated.
    pub updated: Option<Timestamp>,
    /// The text as given.
    pub body: Body,
    /// The document that completes this record, where there is one.
    pub detail: Option<Request>,
    /// Structure of a judgment.
    pub judgment: Option<Judgment>,
    /// What a company register says of a registration; such a record is counted, never kept as an item.
    pub registration: Option<Registration>,
    /// CBS code of the gemeente that the source itself states, e.g. "GM0479".
    pub gemeente: Option<String>,
    /// The source says, or shows, that it took this back.
    pub withdrawn: bool,
}

/// Text with the one thing a cleaner must know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Text that holds no markup.
    Plain(String),
    /// Text that may hold HTML.
    Html(String),
}

impl Default for Body {
    fn default() -> Self {
        Self::Plain(String::new())
    }
}

/// A part of an answer that could not be read: kept as data, so that it can be counted and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The record's key, or a description of where it stood.
    pub key: String,
    /// Revision that was refused, empty when unknown; a later revision is read again.
    pub revision: String,
    /// Why, in Dutch, for the digest's footer and `status`.
    pub why: String,
}

impl Rejection {
    /// A rejection of a record whose revision is unknown.
    #[must_use]
    pub fn new(key: impl Into<String>, why: impl Into<String>) -> Self {
        Self { key: key.into(), revision: String::new(), why: why.into() }
    }
}

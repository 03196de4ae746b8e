//! An item as it is kept: one text from one source, cleaned, dated and placed in its week.

use jiff::Timestamp;

use super::{judgment::Judgment, source::SourceId, week::Week};

/// One kept item.
#[derive(Debug, Clone)]
pub struct Item {
    /// Where it came from.
    pub source: SourceId,
    /// The kind of that source (`feed`, `judgments`): series are never added up over kinds.
    pub kind: String,
    /// The source's own identity for it; never changes when the text is edited.
    pub key: String,
    /// Changes when the source says that the item changed.
    pub revision: String,
    /// Title, plain text, one line.
    pub title: String,
    /// Address to show to readers.
    pub link: Option<String>,
    /// The address without tracking parameters and fragment, to recognise copies.
    pub address: Option<String>,
    /// When it was published: as stated, or the time of first sight where the statement is absent or impossible.
    pub published: Timestamp,
    /// False when `published` is only the time of first sight.
    pub dated: bool,
    /// When the source says that it changed.
    pub updated: Option<Timestamp>,
    /// When we first saw it.
    pub first_seen: Timestamp,
    /// ISO week of `published` in Europe/Amsterdam.
    pub week: Week,
    /// ISO 639-1 code, as detected or by the source's default.
    pub language: String,
    /// Plain text without markup.
    pub text: String,
    /// Full text of the page behind the link, where the source asks for it; goes with the source's retention.
    pub article: Option<String>,
    /// Kinds of direct identifiers that were masked on entry, with their number: "iban 1, telefoon 2".
    pub masked: String,
    /// First sight long after publication: counted, never an alert.
    pub backfill: bool,
    /// Withdrawn at the source: text is empty, identity and labels stay.
    pub withdrawn: bool,
    /// Structure of a judgment, for items of kind `judgments`.
    pub judgment: Option<Judgment>,
    /// SHA-free 128-bit digest of title and text in hex: equal means that no reader would see a difference.
    pub content_hash: String,
}

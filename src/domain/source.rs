//! A source of items, as `sources/<id>.toml` tells it once checked.

use std::fmt;

use jiff::SignedDuration;

/// The file name of a source without its ending; also its name in the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub String);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the stages need to know about a source, whatever its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// Name for readers.
    pub title: String,
    /// Who publishes it.
    pub owner: String,
    /// Terms of reuse, in words.
    pub licence: String,
    /// Kind of adapter that reads it.
    pub kind: String,
    /// Normal time between two polls.
    pub every: SignedDuration,
    /// Smallest pause between two requests to its host.
    pub pause: SignedDuration,
    /// ISO 639-1 code for texts too short to tell.
    pub language: String,
    /// Most pages that one poll walks.
    pub max_pages: u32,
    /// Polled at all.
    pub enabled: bool,
}

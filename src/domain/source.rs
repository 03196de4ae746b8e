//! A source of items, as `sources/<id>.toml` tells it once checked.

use std::fmt;

use jiff::SignedDuration;

/// The file name of a source without its ending; also its name in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub String);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the stages need to know about a source, whatever its kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Shortest time between two polls, however busy the source is.
    pub fastest: SignedDuration,
    /// Longest time between two polls, however quiet it is.
    pub slowest: SignedDuration,
    /// Smallest pause between two requests to its host.
    pub pause: SignedDuration,
    /// ISO 639-1 code for texts too short to tell.
    pub language: String,
    /// Most pages that one poll walks.
    pub max_pages: u32,
    /// Read and counted, but no alert is made of it.
    pub muted: bool,
    /// Its host may be on a closed network, e.g. a mirror of our own.
    pub private: bool,
    /// robots.txt is heeded.
    pub robots: bool,
    /// An answer to another source with the same address serves within this time; zero when no other has it.
    pub reuse: SignedDuration,
    /// How long raw answers and full texts are kept.
    pub retention: SignedDuration,
    /// The article behind each link is read too, for feeds that carry only a summary.
    pub full_text: bool,
    /// Most requests in a day, for services that cost money; none without a limit.
    pub budget: Option<u32>,
    /// Whom to write to about access, when the owner's name is not enough.
    pub contact: String,
    /// Polled at all.
    pub enabled: bool,
}

//! What is wrong with a source, by its own past: silence against its rhythm, half of what it used to bring, another shape,
//! only rejections, the same page for ever.

use jiff::Timestamp;

use crate::domain::health::Hour;

/// What can be wrong, as far as the hours tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing new for much longer than usual.
    Silent,
    /// Much less new than usual.
    Thin,
    /// New items lack what they used to have: date, link or text.
    Shape,
    /// Everything that comes is rejected.
    Rejecting,
    /// The server sends the same bytes for ever, without saying "unchanged".
    Same,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Silent, Self::Thin, Self::Shape, Self::Rejecting, Self::Same];

    /// Name in the store and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "stil",
            Self::Thin => "minder",
            Self::Shape => "vorm",
            Self::Rejecting => "geweigerd",
            Self::Same => "zelfde",
        }
    }
}

/// Something wrong, in Dutch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What.
    pub kind: Kind,
    /// For a person: "stil sinds dinsdag 6 oktober, normaal om de 5 uur".
    pub detail: String,
}

/// What is wrong now, given the hours in which the source was polled, oldest first.
#[must_use]
pub fn assess(_hours: &[Hour], _now: Timestamp) -> Vec<Wrong> {
    Vec::new()
}

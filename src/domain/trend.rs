//! What the watch finds: a series that left its own past, a term that was not there before, a gap that judges point at.

use super::week::Week;

/// A direction of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More than expected.
    Up,
    /// Fewer than expected.
    Down,
}

/// How sure a finding is, in the three words that readers learn once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// Chance of at most one in a hundred before correction: worth knowing, not yet a trend.
    Aanwijzing,
    /// Survives the correction for the number of series that were looked at.
    Waarschijnlijk,
    /// Chance of less than one in a thousand, and survives the correction.
    ZeerZeker,
}

impl Sureness {
    /// The word for readers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Aanwijzing => "aanwijzing",
            Self::Waarschijnlijk => "waarschijnlijk",
            Self::ZeerZeker => "zeer zeker",
        }
    }
}

/// Which series: a fenomeen, everywhere or in one gemeente.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesKey {
    /// Fenomeen id.
    pub fenomeen: String,
    /// CBS code of the gemeente, or none for the whole panel.
    pub gemeente: Option<String>,
}

/// One finding about one series in one week.
#[derive(Debug, Clone, PartialEq)]
pub struct Trend {
    /// The series.
    pub key: SeriesKey,
    /// The week that was judged.
    pub week: Week,
    /// Up or down.
    pub direction: Direction,
    /// Stories seen in that week.
    pub seen: u32,
    /// Stories expected from the series' own past and from how much was read.
    pub expected: f64,
    /// 95% prediction interval of the expectation, whole stories.
    pub interval: (u32, u32),
    /// Probability of a count at least (at most) this extreme if nothing changed.
    pub p: f64,
    /// In words.
    pub sureness: Sureness,
    /// Most likely first week of the change.
    pub since: Week,
    /// Number of different publishers among this week's stories.
    pub publishers: u32,
    /// Story ids of this week, most told first.
    pub stories: Vec<i64>,
    /// Counts and expectations of the weeks before, oldest first, this week last.
    pub history: Vec<(Week, u32, f64)>,
}

impl Trend {
    /// Times as many as expected; the expectation is floored at 0.1 so that a first case is no infinity.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        f64::from(self.seen) / self.expected.max(0.1)
    }
}

/// A word or phrase that was absent or rare and now occurs.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// The word or phrase.
    pub term: String,
    /// Stories with it in the recent weeks.
    pub recent: u32,
    /// Stories with it in the year before.
    pub before: u32,
    /// Publishers among the recent ones.
    pub publishers: u32,
    /// z-score of the log-odds with Dirichlet prior (Monroe, Colaresi and Quinn 2008).
    pub z: f64,
    /// Recent stories that hold it.
    pub stories: Vec<i64>,
}

/// One story in one source in one week: the unit of exposure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Week of publication of this telling.
    pub week: Week,
    /// Story id.
    pub story: i64,
    /// Source that told it.
    pub source: String,
}

/// A label of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    /// Story id.
    pub story: i64,
    /// Fenomeen id.
    pub fenomeen: String,
}

/// A place of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Story id.
    pub story: i64,
    /// CBS code of the gemeente.
    pub gemeente: String,
}

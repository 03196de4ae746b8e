//! What the watch finds: a series that left its own past, a term that was not there before, a gap that judges point at.

use serde::{Deserialize, Serialize};

use super::week::Week;

/// A direction of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// More than expected.
    Up,
    /// Fewer than expected.
    Down,
}

/// How sure a finding is, in the three words that readers learn once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

/// Which series: a fenomeen, narrowed to a gemeente, an instrument, a branche, or several of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeriesKey {
    /// Fenomeen id.
    pub fenomeen: String,
    /// CBS code of the gemeente, or none for the whole panel.
    pub gemeente: Option<String>,
    /// Instrument id.
    #[serde(default)]
    pub instrument: Option<String>,
    /// Branche id.
    #[serde(default)]
    pub branche: Option<String>,
}

impl SeriesKey {
    /// The series of a whole fenomeen.
    #[must_use]
    pub fn whole(fenomeen: &str) -> Self {
        Self { fenomeen: fenomeen.to_owned(), ..Self::default() }
    }

    /// How many axes narrow it.
    #[must_use]
    pub fn depth(&self) -> usize {
        [&self.gemeente, &self.instrument, &self.branche].into_iter().flatten().count()
    }

    /// True when `other` is this series or a part of it.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        let axis = |own: &Option<String>, theirs: &Option<String>| own.is_none() || own == theirs;
        self.fenomeen == other.fenomeen
            && axis(&self.gemeente, &other.gemeente)
            && axis(&self.instrument, &other.instrument)
            && axis(&self.branche, &other.branche)
    }
}

/// One finding about one series in one week.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// True when the rise is one that stayed, as the detector with memory sees it.
    #[serde(default)]
    pub sustained: bool,
    /// Stories of this week per 100,000 inhabitants, for a gemeente.
    #[serde(default)]
    pub per_100_000: Option<f64>,
    /// The parts that carry it, largest first: series below this one that stand out for themselves.
    #[serde(default)]
    pub parts: Vec<Self>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// Words that rose together and so may be a new fenomeen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    /// Its strongest term when it was first seen; stays the same from week to week.
    pub key: String,
    /// Name for readers.
    pub name: String,
    /// Its terms, strongest first.
    pub terms: Vec<Term>,
    /// Story ids, newest first.
    pub stories: Vec<i64>,
    /// Publishers among them.
    pub publishers: u32,
    /// Week of its first story.
    pub first: Week,
    /// CBS codes of the gemeenten that its stories name, most named first.
    pub gemeenten: Vec<String>,
    /// Fenomenen that its stories have, with how many of them; none is where a new fenomeen shows first.
    pub fenomenen: Vec<(String, u32)>,
    /// What it is ranked by: the weight of its terms, its sources and how near it is to ondermijning.
    pub score: f64,
}

/// Neighbouring gemeenten that stand out together against their region (space-time scan).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// Fenomeen id.
    pub fenomeen: String,
    /// CBS codes, the centre first.
    pub gemeenten: Vec<String>,
    /// Length in weeks, ending in the judged one.
    pub weeks: u32,
    /// Stories seen.
    pub seen: u32,
    /// Stories expected.
    pub expected: f64,
    /// Probability of a cluster at least this strong anywhere, by shuffling.
    pub p: f64,
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

/// The axes by which a fenomeen is narrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrowing {
    /// CBS code of a gemeente.
    Gemeente,
    /// Id of an instrument.
    Instrument,
    /// Id of a branche.
    Branche,
}

/// A gemeente, instrument or branche of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    /// Story id.
    pub story: i64,
    /// Which axis.
    pub axis: Narrowing,
    /// The value.
    pub value: String,
}

//! What a digest is made of. It is stored as JSON with the week, so what is here must stay readable: a new field has a
//! default, and none changes its meaning.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::domain::{trend::Sureness, week::Week};

/// One digest as it was known at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// Name of the region.
    pub region: String,
    /// The week.
    pub week: Week,
    /// When this was known.
    pub known: Timestamp,
    /// Rises, surest first.
    pub up: Vec<Finding>,
    /// Falls.
    pub down: Vec<Finding>,
    /// New topics.
    pub topics: Vec<NewTopic>,
    /// Rises that were told before and are over.
    pub gone: Vec<Gone>,
    /// The region.
    pub map: Map,
    /// Neighbouring gemeenten that stand out together.
    pub clusters: Vec<ClusterLine>,
    /// Judgments of the week that matter.
    pub judgments: Vec<CaseLine>,
    /// Open concept signals.
    pub signals: Vec<SignalLine>,
    /// What earlier digests had wrong.
    pub corrections: Vec<CorrectionLine>,
    /// How complete the view was.
    pub complete: Completeness,
}

/// A rise or fall of one fenomeen, with the parts that carry it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Fenomeen id.
    pub fenomeen: String,
    /// Label.
    pub label: String,
    /// Short name for the subject.
    pub short: String,
    /// The whole first, then its parts, largest first.
    pub lines: Vec<NumberLine>,
    /// Steps of the barrièremodel.
    pub steps: Vec<String>,
    /// Who can act.
    pub partners: Vec<String>,
    /// Stories, those of the surest line first; more than are shown.
    pub stories: Vec<StoryRef>,
}

/// Numbers of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NumberLine {
    /// CBS code of its gemeente, if it has one.
    pub gemeente: Option<String>,
    /// Instrument id, if it has one.
    pub instrument: Option<String>,
    /// Branche id, if it has one.
    #[serde(default)]
    pub branche: Option<String>,
    /// What it counts, in words: a gemeente, or all of it.
    pub place: String,
    /// Stories seen.
    pub seen: u32,
    /// Stories expected.
    pub expected: f64,
    /// 95% of ordinary weeks lie in here.
    pub interval: (u32, u32),
    /// Chance of this if nothing changed.
    pub p: f64,
    /// How sure.
    pub sureness: Sureness,
    /// First week of the change.
    pub since: Week,
    /// True when the change stays.
    pub sustained: bool,
    /// Stories per 100,000 inhabitants.
    pub per_100_000: Option<f64>,
    /// Independent publishers.
    pub publishers: u32,
    /// Ids of the stories that were counted.
    pub stories: Vec<i64>,
    /// The weeks of its chart, this one last.
    pub weeks: Vec<Point>,
}

/// One week of a chart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The week.
    pub week: Week,
    /// Stories seen.
    pub seen: u32,
    /// Stories expected.
    pub expected: f64,
}

/// A story with its link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoryRef {
    /// Story id.
    pub story: i64,
    /// Title.
    pub title: String,
    /// Address.
    pub link: String,
    /// Name of the source.
    pub source: String,
    /// Day.
    pub day: Date,
    /// Further tellings.
    pub copies: u32,
}

/// Words that rose together and may be something new.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewTopic {
    /// Name.
    pub name: String,
    /// Its other terms.
    pub terms: Vec<String>,
    /// Stories of the last weeks.
    pub recent: u32,
    /// Stories of the year before with its strongest term.
    pub before: u32,
    /// Publishers.
    pub publishers: u32,
    /// Week of its first story.
    pub first: Option<Week>,
    /// CBS codes and names of the gemeenten that are named.
    pub places: Vec<(String, String)>,
    /// Ids and labels of the fenomenen of its stories; none is where something new shows first.
    pub fenomenen: Vec<(String, String)>,
    /// Stories.
    pub stories: Vec<StoryRef>,
}

/// A rise that was told before and is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gone {
    /// Fenomeen id.
    pub fenomeen: String,
    /// Label.
    pub label: String,
    /// CBS code of its gemeente, if it had one.
    pub gemeente: Option<String>,
    /// What was counted, in words.
    pub place: String,
    /// The week in which it was told last.
    pub told: Week,
    /// Stories seen then.
    pub then: u32,
    /// Stories seen now.
    pub now: u32,
    /// Stories that are usual.
    pub usual: f64,
}

/// The region as tiles.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// Columns.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// One tile for each gemeente.
    pub tiles: Vec<Tile>,
}

/// One gemeente on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// CBS code.
    pub code: String,
    /// Code of three letters.
    pub short: String,
    /// Name.
    pub name: String,
    /// Column.
    pub column: usize,
    /// Row.
    pub row: usize,
    /// Ids of the week's stories, by fenomeen.
    pub stories: BTreeMap<String, BTreeSet<i64>>,
    /// Fenomenen of which it has more than usual.
    pub news: BTreeSet<String>,
}

/// Neighbouring gemeenten that stand out together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterLine {
    /// Fenomeen id.
    pub fenomeen: String,
    /// Label.
    pub label: String,
    /// CBS codes and names, the centre first.
    pub places: Vec<(String, String)>,
    /// Length in weeks.
    pub weeks: u32,
    /// Stories seen.
    pub seen: u32,
    /// Stories expected.
    pub expected: f64,
    /// Chance of this anywhere if nothing changed.
    pub p: f64,
}

/// A judgment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseLine {
    /// Court.
    pub court: String,
    /// Day.
    pub day: Option<Date>,
    /// ECLI.
    pub ecli: String,
    /// Address.
    pub link: String,
    /// Fenomenen by id.
    pub fenomenen: Vec<String>,
    /// Instrumenten by id.
    pub instrumenten: Vec<String>,
    /// Procedure, instruments and fenomenen, in words.
    pub about: String,
    /// Inhoudsindicatie.
    pub summary: String,
    /// Sentences that point at a gap, with their paragraph.
    pub quotes: Vec<String>,
}

/// An open concept signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignalLine {
    /// Number.
    pub number: i64,
    /// Title.
    pub title: String,
    /// Judgments behind it.
    pub sources: usize,
}

/// Why a story that was counted counts no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// Taken back by its source.
    Withdrawn,
    /// A person said that it is about something else.
    Relabelled,
    /// A telling of another story.
    Merged,
}

/// One story that an earlier digest should not have counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorrectionLine {
    /// The week in which it was counted.
    pub week: Week,
    /// Story id.
    pub story: i64,
    /// Fenomeen id.
    pub fenomeen: String,
    /// Label.
    pub label: String,
    /// Title as it was told then; empty when it was counted but not shown.
    pub title: String,
    /// Why.
    pub why: Why,
    /// The count that was told.
    pub told: u32,
    /// What it is now.
    pub now: u32,
}

/// A source with what there is to say of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Title of the source.
    pub source: String,
    /// Since when.
    pub since: Option<Date>,
    /// What, in words; may be empty.
    pub said: String,
}

/// How complete the view was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Items of the week.
    pub items: i64,
    /// Records of the week that could not be read.
    pub refused: i64,
    /// Sources that brought items.
    pub sources: usize,
    /// Records that could not be read, with reasons.
    pub rejected: Vec<Note>,
    /// Closed months held against what sources state.
    pub months: Vec<Note>,
    /// Silent sources.
    pub silent: Vec<Note>,
    /// Sources with a problem.
    pub broken: Vec<Note>,
    /// Sources that are followed too short to count.
    pub young: Vec<Note>,
    /// Sources that no longer look like what the model knows.
    pub strange: Vec<Note>,
    /// What must be known of the model: a new one, or items that it has not judged.
    pub model: Vec<String>,
    /// Sources in the panel.
    pub panel: usize,
}

/// How much there is in a gemeente.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing.
    None,
    /// Up to a third of the fullest.
    Few,
    /// Up to two thirds.
    Some,
    /// More.
    Many,
    /// More than usual there.
    News,
}

/// A tile as one reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileView {
    /// CBS code.
    pub code: String,
    /// Code of three letters.
    pub short: String,
    /// Name.
    pub name: String,
    /// Stories.
    pub count: usize,
    /// How it is coloured.
    pub level: Level,
}

impl Finding {
    /// The line that stands for it: the whole, or what is left of it for one reader.
    #[must_use]
    pub fn main(&self) -> Option<&NumberLine> {
        self.lines.first()
    }

    /// The surest of its lines.
    #[must_use]
    pub fn surest(&self) -> Option<&NumberLine> {
        self.lines.iter().min_by(|a, b| b.sureness.cmp(&a.sureness).then(a.p.total_cmp(&b.p)))
    }

    /// Names of the gemeenten that stand out, each once.
    #[must_use]
    pub fn places(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for line in self.lines.iter().filter(|line| line.gemeente.is_some()) {
            let name = line.place.split(" · ").next().unwrap_or_default();
            if !names.iter().any(|own| own == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// How many different stories were counted.
    #[must_use]
    pub fn counted(&self) -> usize {
        self.lines.iter().flat_map(|line| &line.stories).collect::<BTreeSet<_>>().len()
    }
}

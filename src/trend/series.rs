//! From tellings to series: stories counted once, in the week in which the panel first told them, with what the panel
//! read that week as exposure.
//!
//! The panel is fixed for each judged week: only sources that were there through the whole past and are there this week.
//! A source that was added, or one that fell silent, changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::domain::{
    trend::{Labelled, Marked, Narrowing, SeriesKey, Telling},
    week::Week,
};

/// Share of the past weeks in which a source must have published to be in the panel.
const PRESENT: f64 = 0.8;
/// A series that is narrowed by an instrument or a branche, or by two axes, is counted from so many stories in its past; the
/// judged week and the ones just before it have no say in that.
const WORTH_COUNTING: usize = 8;
/// The judged week and those just before it.
const RECENT: i64 = 4;

/// One series up to and with the week that is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Which.
    pub key: SeriesKey,
    /// Weeks, oldest first; the last is judged.
    pub weeks: Vec<Week>,
    /// Stories per week.
    pub counts: Vec<u32>,
    /// Stories that the panel told about anything, per week.
    pub exposure: Vec<f64>,
    /// Expected share of this series in its parent, as stories per unit of exposure: the prior.
    pub prior_rate: f64,
    /// Publishers among the judged week's stories.
    pub publishers: u32,
    /// Judged week's stories, most told first.
    pub stories: Vec<i64>,
}

impl Series {
    /// Count of the judged week.
    #[must_use]
    pub fn seen(&self) -> u32 {
        self.counts.last().copied().unwrap_or(0)
    }

    /// The judged week.
    #[must_use]
    pub fn week(&self) -> Week {
        self.weeks.last().copied().unwrap_or_else(|| Week::of(jiff::Timestamp::UNIX_EPOCH))
    }
}

/// All series of a week.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// The series: per fenomeen, and narrowed by gemeente, instrument and branche.
    pub series: Vec<Series>,
    /// Sources in the panel.
    pub panel: BTreeSet<String>,
}

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct Stories<'a> {
    /// Every telling of every story, whatever it is about.
    pub tellings: &'a [Telling],
    /// Fenomenen of stories.
    pub labelled: &'a [Labelled],
    /// Gemeenten, instruments and branches of stories.
    pub marked: &'a [Marked],
}

/// Counts everything for the judgement of `week`. `region` limits the gemeenten that get a series of their own; `all`
/// lists the fenomenen, so that one that was never seen still counts as a series that could have alarmed.
#[must_use]
pub fn count(of: Stories<'_>, week: Week, history: usize, region: &HashSet<String>, all: &[String]) -> Counted {
    let weeks: Vec<Week> = (0..=i64::try_from(history).unwrap_or(52)).rev().map(|back| week.plus(-back)).collect();
    let (weeks, panel) = panel(of.tellings, weeks);
    let stories = first_weeks(of.tellings, &panel);
    let place: HashMap<Week, usize> = weeks.iter().enumerate().map(|(place, week)| (*week, place)).collect();
    let mut exposure = vec![0.0; weeks.len()];
    for told in stories.values() {
        if let Some(sum) = place.get(&told.week).and_then(|at| exposure.get_mut(*at)) {
            *sum += 1.0;
        }
    }
    let mut marks: HashMap<i64, Marks<'_>> = HashMap::new();
    for row in of.marked.iter().filter(|row| row.axis != Narrowing::Gemeente || region.contains(&row.value)) {
        marks.entry(row.story).or_default().add(row);
    }
    let mut by_key: BTreeMap<SeriesKey, Vec<i64>> =
        all.iter().map(|fenomeen| (SeriesKey::whole(fenomeen), Vec::new())).collect();
    let nothing = Marks::default();
    for row in of.labelled.iter().filter(|row| stories.contains_key(&row.story)) {
        for key in marks.get(&row.story).unwrap_or(&nothing).keys(&row.fenomeen) {
            by_key.entry(key).or_default().push(row.story);
        }
    }
    let is_past = |story: &i64| stories.get(story).is_some_and(|told| told.week.until(week) >= RECENT);
    by_key.retain(|key, ids| {
        let plain = key.instrument.is_none() && key.branche.is_none();
        plain || ids.iter().filter(|story| is_past(story)).count() >= WORTH_COUNTING
    });
    let builder = Builder { weeks: &weeks, place: &place, exposure: &exposure, stories: &stories };
    let shares = shares(&by_key);
    let series = by_key.iter().map(|(key, ids)| builder.series(key, ids, &by_key, &shares)).collect();
    Counted { series, panel }
}

/// By what a story can be narrowed.
#[derive(Default)]
struct Marks<'a> {
    gemeenten: BTreeSet<&'a str>,
    instrumenten: BTreeSet<&'a str>,
    branches: BTreeSet<&'a str>,
}

impl<'a> Marks<'a> {
    fn add(&mut self, row: &'a Marked) {
        let axis = match row.axis {
            Narrowing::Gemeente => &mut self.gemeenten,
            Narrowing::Instrument => &mut self.instrumenten,
            Narrowing::Branche => &mut self.branches,
        };
        axis.insert(&row.value);
    }

    /// Every series of a fenomeen that such a story belongs to: the whole, and each way to narrow it.
    fn keys(&self, fenomeen: &str) -> Vec<SeriesKey> {
        fn each(values: &BTreeSet<&str>) -> impl Iterator<Item = Option<String>> + Clone {
            let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
            std::iter::once(None).chain(values.into_iter().map(Some))
        }
        let mut keys = Vec::new();
        for gemeente in each(&self.gemeenten) {
            for instrument in each(&self.instrumenten) {
                for branche in each(&self.branches) {
                    let (gemeente, instrument) = (gemeente.clone(), instrument.clone());
                    keys.push(SeriesKey { fenomeen: fenomeen.to_owned(), gemeente, instrument, branche });
                }
            }
        }
        keys
    }
}

/// Sources present in most of the past and in the judged week, and the weeks since the first of them began.
fn panel(tellings: &[Telling], weeks: Vec<Week>) -> (Vec<Week>, BTreeSet<String>) {
    let mut active: BTreeMap<&str, BTreeSet<Week>> = BTreeMap::new();
    for telling in tellings {
        active.entry(&telling.source).or_default().insert(telling.week);
    }
    // History begins where anything was read at all: before it there is nothing to compare with.
    let first = active.values().filter_map(|seen| seen.first()).min().copied();
    let weeks: Vec<Week> = weeks.into_iter().filter(|week| first.is_some_and(|first| *week >= first)).collect();
    let judged = weeks.last().copied();
    let needed = PRESENT * f64::from(u32::try_from(weeks.len()).unwrap_or(0));
    let panel = active
        .into_iter()
        .filter(|(_, seen)| judged.is_some_and(|week| seen.contains(&week)))
        .filter(|(_, seen)| {
            let present = weeks.iter().filter(|week| seen.contains(week)).count();
            f64::from(u32::try_from(present).unwrap_or(0)) >= needed
        })
        .map(|(source, _)| source.to_owned())
        .collect();
    (weeks, panel)
}

/// When the panel first told a story, and who told it.
struct Told<'a> {
    week: Week,
    sources: BTreeSet<&'a str>,
}

fn first_weeks<'a>(tellings: &'a [Telling], panel: &BTreeSet<String>) -> HashMap<i64, Told<'a>> {
    let mut stories: HashMap<i64, Told<'a>> = HashMap::new();
    for telling in tellings.iter().filter(|telling| panel.contains(&telling.source)) {
        let told =
            stories.entry(telling.story).or_insert_with(|| Told { week: telling.week, sources: BTreeSet::new() });
        told.week = told.week.min(telling.week);
        told.sources.insert(&telling.source);
    }
    stories
}

/// Share of all placed stories that each gemeente has, whatever their fenomeen.
fn shares(by_key: &BTreeMap<SeriesKey, Vec<i64>>) -> HashMap<String, f64> {
    let mut placed: HashMap<String, f64> = HashMap::new();
    for (key, ids) in by_key {
        if let (Some(gemeente), 1) = (&key.gemeente, key.depth()) {
            *placed.entry(gemeente.clone()).or_default() += count_of(ids.len());
        }
    }
    let total: f64 = by_key.iter().filter(|(key, _)| key.depth() == 0).map(|(_, ids)| count_of(ids.len())).sum();
    placed.into_iter().map(|(gemeente, count)| (gemeente, count / total.max(1.0))).collect()
}

fn count_of(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}

struct Builder<'a> {
    weeks: &'a [Week],
    place: &'a HashMap<Week, usize>,
    exposure: &'a [f64],
    stories: &'a HashMap<i64, Told<'a>>,
}

impl Builder<'_> {
    fn series(
        &self,
        key: &SeriesKey,
        ids: &[i64],
        by_key: &BTreeMap<SeriesKey, Vec<i64>>,
        shares: &HashMap<String, f64>,
    ) -> Series {
        let mut counts = vec![0; self.weeks.len()];
        let last = self.weeks.last().copied();
        let (mut publishers, mut now) = (BTreeSet::new(), Vec::new());
        for id in ids {
            let Some(told) = self.stories.get(id) else { continue };
            if let Some(count) = self.place.get(&told.week).and_then(|at| counts.get_mut(*at)) {
                *count += 1;
            }
            if Some(told.week) == last {
                publishers.extend(told.sources.iter().copied());
                now.push((told.sources.len(), *id));
            }
        }
        now.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        // A gemeente is expected to have its usual share of the fenomeen; what is narrower is expected to go on as it did.
        let parent = by_key.get(&SeriesKey::whole(&key.fenomeen)).map_or(0.0, |ids| count_of(ids.len()));
        let expected = match (&key.gemeente, key.depth()) {
            (_, 0) => parent,
            (Some(gemeente), 1) => parent * shares.get(gemeente).copied().unwrap_or(0.0),
            _ => count_of(ids.len()),
        };
        Series {
            key: key.clone(),
            weeks: self.weeks.to_vec(),
            counts,
            exposure: self.exposure.to_vec(),
            prior_rate: expected / self.exposure.iter().sum::<f64>().max(1.0),
            publishers: u32::try_from(publishers.len()).unwrap_or(u32::MAX),
            stories: now.into_iter().map(|(_, id)| id).collect(),
        }
    }
}

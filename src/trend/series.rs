//! From tellings to series: stories counted once, in the week in which the panel first told them, with what the panel
//! read that week as exposure.
//!
//! The panel is fixed for each judged week: only sources that were there through the whole past and are there this week.
//! A source that was added, or one that fell silent, changes nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::score::Prediction;
use crate::domain::{
    trend::{Labelled, Placed, SeriesKey, Telling},
    week::Week,
};

/// Share of the past weeks in which a source must have published to be in the panel.
const PRESENT: f64 = 0.8;

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

    /// Weeks with their counts and what the prediction's rate would expect of each.
    #[must_use]
    pub fn history(&self, prediction: &Prediction) -> Vec<(Week, u32, f64)> {
        let weeks = self.weeks.iter().zip(&self.counts).zip(&self.exposure);
        weeks.map(|((week, count), exposure)| (*week, *count, prediction.rate * exposure)).collect()
    }
}

/// All series of a week.
#[derive(Debug, Clone, Default)]
pub struct Counted {
    /// The series, per fenomeen and per fenomeen and gemeente.
    pub series: Vec<Series>,
    /// Sources in the panel.
    pub panel: BTreeSet<String>,
}

/// Counts everything for the judgement of `week`. `region` limits the gemeenten that get a series of their own; `all`
/// lists the fenomenen, so that one that was never seen still counts as a series that could have alarmed.
#[must_use]
pub fn count(
    tellings: &[Telling],
    labelled: &[Labelled],
    placed: &[Placed],
    week: Week,
    history: usize,
    region: &HashSet<String>,
    all: &[String],
) -> Counted {
    let weeks: Vec<Week> = (0..=i64::try_from(history).unwrap_or(52)).rev().map(|back| week.plus(-back)).collect();
    let (weeks, panel) = panel(tellings, weeks);
    let stories = first_weeks(tellings, &panel);
    let place: HashMap<Week, usize> = weeks.iter().enumerate().map(|(place, week)| (*week, place)).collect();
    let mut exposure = vec![0.0; weeks.len()];
    for told in stories.values() {
        if let Some(sum) = place.get(&told.week).and_then(|at| exposure.get_mut(*at)) {
            *sum += 1.0;
        }
    }
    let mut gemeenten: HashMap<i64, Vec<&str>> = HashMap::new();
    for row in placed.iter().filter(|row| region.contains(&row.gemeente)) {
        gemeenten.entry(row.story).or_default().push(&row.gemeente);
    }
    let mut by_key: BTreeMap<SeriesKey, Vec<i64>> =
        all.iter().map(|fenomeen| (SeriesKey::whole(fenomeen), Vec::new())).collect();
    for row in labelled.iter().filter(|row| stories.contains_key(&row.story)) {
        let mut add = |gemeente: Option<&str>| {
            let key = SeriesKey { gemeente: gemeente.map(str::to_owned), ..SeriesKey::whole(&row.fenomeen) };
            by_key.entry(key).or_default().push(row.story);
        };
        add(None);
        for gemeente in gemeenten.get(&row.story).into_iter().flatten() {
            add(Some(gemeente));
        }
    }
    let builder = Builder { weeks: &weeks, place: &place, exposure: &exposure, stories: &stories };
    let shares = shares(&by_key);
    let series = by_key.iter().map(|(key, ids)| builder.series(key, ids, &by_key, &shares)).collect();
    Counted { series, panel }
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
        if let Some(gemeente) = &key.gemeente {
            *placed.entry(gemeente.clone()).or_default() += count_of(ids.len());
        }
    }
    let total: f64 = by_key.iter().filter(|(key, _)| key.gemeente.is_none()).map(|(_, ids)| count_of(ids.len())).sum();
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
        let parent = SeriesKey::whole(&key.fenomeen);
        let parent = by_key.get(&parent).map_or(0.0, |ids| count_of(ids.len()));
        let share = key.gemeente.as_ref().map_or(1.0, |gemeente| shares.get(gemeente).copied().unwrap_or(0.0));
        Series {
            key: key.clone(),
            weeks: self.weeks.to_vec(),
            counts,
            exposure: self.exposure.to_vec(),
            prior_rate: parent * share / self.exposure.iter().sum::<f64>().max(1.0),
            publishers: u32::try_from(publishers.len()).unwrap_or(u32::MAX),
            stories: now.into_iter().map(|(_, id)| id).collect(),
        }
    }
}

//! What left its own past? Weekly counts of stories per fenomeen, gemeente, instrument and branche, held against what they
//! should have brought, and corrected for the number of series that are looked at.

pub mod baseline;
pub mod farrington;
pub mod memory;
pub mod negbin;
pub mod outbreak;
pub mod scan;
pub mod series;
pub mod sparse;
pub mod topics;
pub mod trial;
pub mod weigh;
pub mod words;

use crate::domain::{
    trend::{Direction, Sureness, Trend},
    week::Week,
};
use series::Series;
use sparse::Prior;
use weigh::{Judged, judge};

/// Knobs of the watch.
#[derive(Debug, Clone)]
pub struct Params {
    /// Share of false findings among the reported ones that is accepted (Benjamini and Hochberg 1995).
    pub false_discovery_rate: f64,
    /// Fewest stories in the week for a rise.
    pub least_stories: u32,
    /// Fewest publishers for a rise.
    pub least_publishers: u32,
    /// Smallest ratio of seen to expected for a rise.
    pub least_ratio: f64,
    /// Weeks of history that are looked back.
    pub weeks: usize,
    /// Fewest weeks of history for a test.
    pub least_weeks: usize,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            false_discovery_rate: 0.05,
            least_stories: 3,
            least_publishers: 2,
            least_ratio: 1.5,
            weeks: 316,
            least_weeks: 8,
        }
    }
}

/// Weeks of average exposure that a prior is worth.
const PRIOR_WEEKS: f64 = 6.0;
/// Share of a parent's surplus that a part must have to be told in its place.
const EXPLAINS: f64 = 0.7;

/// A series with its test.
struct Tested<'a> {
    series: &'a Series,
    judged: Judged,
}

/// Findings of one week over all its series, surest first. Every series that could have alarmed counts in the
/// correction, also those that stayed quiet. A rise and the rises of its parts are one finding, told at the level that
/// explains most of it.
#[must_use]
pub fn detect(all: &[Series], params: &Params) -> Vec<Trend> {
    let tested = test_all(all, params);
    let up = rejected(tested.iter().map(|one| one.judged.p), params.false_discovery_rate);
    let down = rejected(tested.iter().map(|one| one.judged.p_down), params.false_discovery_rate);
    let rises = tested.iter().filter_map(|one| rise(one, up, params)).collect();
    let mut trends = told_once(rises);
    trends.extend(tested.iter().filter_map(|one| fall(one, down)));
    trends.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.key.cmp(&b.key)));
    trends
}

/// Tests all series, on all cores.
fn test_all<'a>(all: &'a [Series], params: &Params) -> Vec<Tested<'a>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let part = all.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = all
            .chunks(part)
            .map(|some| scope.spawn(|| some.iter().filter_map(|series| test(series, params)).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

fn test<'a>(series: &'a Series, params: &Params) -> Option<Tested<'a>> {
    let counts: Vec<f64> = series.counts.iter().copied().map(f64::from).collect();
    let weeks = f64::from(u32::try_from(series.exposure.len()).unwrap_or(u32::MAX)).max(1.0);
    let total = series.exposure.iter().sum::<f64>();
    let exposure = PRIOR_WEEKS * total / weeks;
    let rate = series.prior_rate.max(0.5 / total.max(1.0));
    let prior = Prior { shape: rate * exposure, exposure };
    judge(&counts, &series.exposure, Some(prior), params.least_weeks).map(|judged| Tested { series, judged })
}

/// Rises with their parts below them. The widest series that rose is told, unless a part has most of its surplus.
fn told_once(mut rises: Vec<Trend>) -> Vec<Trend> {
    rises.sort_by(|a, b| a.key.depth().cmp(&b.key.depth()).then(a.p.total_cmp(&b.p)).then_with(|| a.key.cmp(&b.key)));
    let mut told: Vec<Trend> = Vec::new();
    for rise in rises {
        match told.iter_mut().find(|wider| wider.key.holds(&rise.key)) {
            Some(wider) => wider.parts.push(rise),
            None => told.push(rise),
        }
    }
    told.into_iter().flat_map(narrowed).collect()
}

/// The part that explains most of a rise in its place, with the parts that it holds itself; what rose beside it is told beside
/// it.
fn narrowed(mut trend: Trend) -> Vec<Trend> {
    let surplus = |trend: &Trend| f64::from(trend.seen) - trend.expected;
    let enough = EXPLAINS * surplus(&trend);
    // A part that has nearly all of it says more than the whole; of several the one that is widest, then largest.
    let best = trend.parts.iter().enumerate().filter(|(_, part)| surplus(part) >= enough);
    let best =
        best.min_by(|(_, a), (_, b)| a.key.depth().cmp(&b.key.depth()).then_with(|| surplus(b).total_cmp(&surplus(a))));
    let Some(place) = best.map(|(place, _)| place) else {
        trend.parts.sort_by(|a, b| surplus(b).total_cmp(&surplus(a)));
        return vec![trend];
    };
    let parts = std::mem::take(&mut trend.parts);
    let mut chosen = None;
    let mut rest = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
        if at == place {
            chosen = Some(part);
        } else {
            rest.push(part);
        }
    }
    let Some(mut chosen) = chosen else { return vec![trend] };
    chosen.sureness = chosen.sureness.max(trend.sureness);
    let (own, mut beside): (Vec<Trend>, Vec<Trend>) = rest.into_iter().partition(|part| chosen.key.holds(&part.key));
    // The same stories seen from another side are no second finding.
    beside.retain(|part| {
        let common = part.stories.iter().filter(|story| chosen.stories.contains(story)).count();
        2 * common < part.stories.len()
    });
    chosen.parts = own;
    let mut told = narrowed(chosen);
    told.extend(told_once(beside));
    told
}

/// The largest p that Benjamini and Hochberg still reject at this rate; 0 when they reject none.
fn rejected(ps: impl Iterator<Item = f64>, rate: f64) -> f64 {
    let mut sorted: Vec<f64> = ps.collect();
    sorted.sort_by(f64::total_cmp);
    let count = f64::from(u32::try_from(sorted.len()).unwrap_or(u32::MAX)).max(1.0);
    sorted
        .iter()
        .zip(1_u32..)
        .filter(|(p, rank)| **p <= rate * f64::from(*rank) / count)
        .map(|(p, _)| *p)
        .fold(0.0, f64::max)
}

fn rise(one: &Tested<'_>, cut: f64, params: &Params) -> Option<Trend> {
    let (seen, p) = (one.series.seen(), one.judged.p);
    let enough = seen >= params.least_stories
        && one.series.publishers >= params.least_publishers
        && f64::from(seen) >= params.least_ratio * one.judged.law.mean;
    let sureness = if p <= cut && p < 0.001 {
        Sureness::ZeerZeker
    } else if p <= cut {
        Sureness::Waarschijnlijk
    } else if p <= 0.01 {
        Sureness::Aanwijzing
    } else {
        return None;
    };
    enough.then(|| trend(one, Direction::Up, p, sureness))
}

/// Falls are told for whole fenomenen only, and only when there was something to lose.
fn fall(one: &Tested<'_>, cut: f64) -> Option<Trend> {
    let whole = one.series.key.depth() == 0 && one.judged.law.mean >= 4.0;
    let p = one.judged.p_down;
    (whole && p <= cut).then(|| {
        let sureness = if p < 0.001 { Sureness::ZeerZeker } else { Sureness::Waarschijnlijk };
        trend(one, Direction::Down, p, sureness)
    })
}

fn trend(one: &Tested<'_>, direction: Direction, p: f64, sureness: Sureness) -> Trend {
    let (series, judged) = (one.series, &one.judged);
    let weeks = series.weeks.iter().zip(&series.counts).zip(&judged.means);
    let history: Vec<(Week, u32, f64)> = weeks.map(|((week, count), mean)| (*week, *count, *mean)).collect();
    Trend {
        key: series.key.clone(),
        week: series.week(),
        direction,
        seen: series.seen(),
        expected: judged.law.mean,
        interval: judged.law.interval(),
        p,
        sustained: judged.lasting && direction == Direction::Up,
        per_100_000: None,
        parts: Vec::new(),
        sureness,
        since: since(&history, direction),
        publishers: series.publishers,
        stories: series.stories.clone(),
        history,
    }
}

/// The most likely first week: of all stretches that end in the judged week, the one whose counts leave their expectation
/// furthest behind, by the expectation-based Poisson score c ln(c/m) + m - c (Neill 2009, on scan statistics).
fn since(history: &[(Week, u32, f64)], direction: Direction) -> Week {
    const FURTHEST: usize = 26;
    let (mut seen, mut expected) = (0.0, 0.0);
    let mut best: Option<(f64, Week)> = None;
    for (week, count, mean) in history.iter().rev().take(FURTHEST) {
        seen += f64::from(*count);
        expected += mean.max(1e-6);
        let beyond = match direction {
            Direction::Up => seen > expected,
            Direction::Down => seen < expected,
        };
        let score = if seen > 0.0 { seen * (seen / expected).ln() + expected - seen } else { expected };
        if beyond && best.is_none_or(|(highest, _)| score > highest) {
            best = Some((score, *week));
        }
    }
    let last = history.last().map(|(week, _, _)| *week);
    best.map(|(_, week)| week).or(last).unwrap_or_else(|| Week::of(jiff::Timestamp::UNIX_EPOCH))
}

#[cfg(test)]
mod tests;

//! What left its own past? Weekly counts of stories per fenomeen and gemeente, held against a negative-binomial
//! prediction with exposure, and corrected for the number of series that are looked at.

pub mod score;
pub mod series;
pub mod terms;

use crate::domain::{
    trend::{Direction, Sureness, Trend},
    week::Week,
};
use score::{Prediction, predict};
use series::Series;

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
    /// Most recent weeks that are left out of the past, so that a running rise is not its own baseline.
    pub gap: usize,
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
            weeks: 60,
            gap: 4,
            least_weeks: 8,
        }
    }
}

/// A series with its test.
struct Tested<'a> {
    series: &'a Series,
    prediction: Prediction,
    p_up: f64,
    p_down: f64,
}

/// Findings of one week over all its series, surest first. Every series that could have alarmed counts in the
/// correction, also those that stayed quiet.
#[must_use]
pub fn detect(all: &[Series], params: &Params) -> Vec<Trend> {
    let tested: Vec<Tested<'_>> = all.iter().filter_map(|series| test(series, params)).collect();
    let up = rejected(tested.iter().map(|one| one.p_up), params.false_discovery_rate);
    let down = rejected(tested.iter().map(|one| one.p_down), params.false_discovery_rate);
    let mut trends: Vec<Trend> =
        tested.iter().filter_map(|one| rise(one, up, params).or_else(|| fall(one, down))).collect();
    trends.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.key.cmp(&b.key)));
    trends
}

fn test<'a>(series: &'a Series, params: &Params) -> Option<Tested<'a>> {
    let prediction = predict(series, params.gap, params.least_weeks)?;
    let seen = series.seen();
    Some(Tested { p_up: prediction.at_least(seen), p_down: prediction.at_most(seen), series, prediction })
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
    let seen = one.series.seen();
    let enough = seen >= params.least_stories
        && one.series.publishers >= params.least_publishers
        && f64::from(seen) >= params.least_ratio * one.prediction.mean;
    let sureness = if one.p_up <= cut && one.p_up < 0.001 {
        Sureness::ZeerZeker
    } else if one.p_up <= cut {
        Sureness::Waarschijnlijk
    } else if one.p_up <= 0.01 {
        Sureness::Aanwijzing
    } else {
        return None;
    };
    enough.then(|| trend(one, Direction::Up, one.p_up, sureness))
}

/// Falls are told for whole fenomenen only, and only when there was something to lose.
fn fall(one: &Tested<'_>, cut: f64) -> Option<Trend> {
    let whole = one.series.key.gemeente.is_none() && one.prediction.mean >= 4.0;
    (whole && one.p_down <= cut).then(|| {
        let sureness = if one.p_down < 0.001 { Sureness::ZeerZeker } else { Sureness::Waarschijnlijk };
        trend(one, Direction::Down, one.p_down, sureness)
    })
}

fn trend(one: &Tested<'_>, direction: Direction, p: f64, sureness: Sureness) -> Trend {
    let history = one.series.history(&one.prediction);
    Trend {
        key: one.series.key.clone(),
        week: one.series.week(),
        direction,
        seen: one.series.seen(),
        expected: one.prediction.mean,
        interval: one.prediction.interval(),
        p,
        sustained: false,
        per_100_000: None,
        parts: Vec::new(),
        sureness,
        since: since(&history, direction),
        publishers: one.series.publishers,
        stories: one.series.stories.clone(),
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

//! One series, one week: what was expected, how surprising the week is, and whether a rise stays. It chooses the model by how
//! much history there is: a regression with season and trend for long ones, a rate with its prior for short and sparse ones.

use super::{
    baseline,
    memory::{self, WINDOW},
    negbin::NegBin,
    outbreak::{self, Week},
    sparse::{self, Part, Prior},
};

/// A lasting rise is told when the odds against it, weighed with how much a week of this series can say, fall below this.
const LASTING: f64 = 15.0;
/// Weeks with and without a rise differ more clearly in series of many stories; these are asked for a little less.
const CLARITY: f64 = 0.3;
const TYPICAL: f64 = 3.0;
/// What a lasting rise adds to the p of a single week.
const LASTING_P: f64 = 0.002;
/// The price of looking in two ways.
const TWO_LOOKS: f64 = 1.05;
/// Weeks of history from which a short series is asked for a lasting rise.
const LASTING_WEEKS: usize = 52;
/// Weeks that must be above their expectation together for a rise that stays.
const RECENT: usize = 6;
/// Nominal rates of a single week and of the alarm as a whole: see [`Judged::alarm`].
const WEEK_ALARM: f64 = 0.004;

/// What is known of the judged week of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What the week was drawn from, if nothing changed; the uncertainty of the expectation is part of its dispersion.
    pub law: NegBin,
    /// Expected stories per week of the series, oldest first, as far as the model reaches.
    pub means: Vec<f64>,
    /// Probability of a week that looks as much like a rise, if nothing changed.
    pub p: f64,
    /// Probability of the week's count or fewer.
    pub p_down: f64,
    /// A rise that stays.
    pub lasting: bool,
    /// The same for this week with the one before it alone.
    pub p_week: f64,
}

impl Judged {
    /// True where a detector of nominally 1% would alarm: four in a thousand for the week itself, the rest for a rise that
    /// stays.
    #[must_use]
    pub fn alarm(&self) -> bool {
        self.lasting || self.p_week <= WEEK_ALARM
    }
}

/// Judges the last week of a series by the weeks before it. None when nothing was read in it, or fewer than `least` weeks
/// before it have exposure: no test is not the same as no alarm.
#[must_use]
pub fn judge(counts: &[f64], exposure: &[f64], prior: Option<Prior>, least: usize) -> Option<Judged> {
    let (count, read) = (*counts.last()?, exposure.last().copied().filter(|read| *read > 0.0)?);
    let seen = Seen { counts, exposure, count, read };
    match baseline::fit(counts, exposure) {
        Some(fit) => Some(seen.by_regression(&fit)),
        None => Some(seen.by_rate(&sparse::posterior(counts, exposure, prior, least)?)),
    }
}

struct Seen<'a> {
    counts: &'a [f64],
    exposure: &'a [f64],
    count: f64,
    read: f64,
}

impl Seen<'_> {
    fn by_regression(&self, fit: &baseline::Fit) -> Judged {
        let judged = self.counts.len() - 1;
        let mean = |week: usize, exposure: f64| fit.mean(week, exposure.max(1e-9));
        let se = fit.se();
        // A single week is held against the uncertainty of its own expectation too.
        let wide = |mean: f64| NegBin::new(mean, fit.dispersion + mean * se * se);
        let near: Vec<Week> =
            self.recent(4).map(|(week, count, read)| Week { count, law: wide(mean(week, read)) }).collect();
        let means = self.exposure.iter().enumerate().map(|(week, exposure)| mean(week, *exposure)).collect();
        let against = match baseline::without_silences(fit, self.counts, self.exposure) {
            None => self.lasting(fit, |_| true),
            Some(spoken) => self.lasting(&spoken, |count| count > 0.0),
        };
        self.judged(wide(mean(judged, self.read)), means, outbreak::p(&near), against)
    }

    /// Odds against a lasting rise over the weeks that count.
    fn lasting(&self, fit: &baseline::Fit, counts: impl Fn(f64) -> bool) -> f64 {
        let weeks: Vec<Week> = self
            .recent(WINDOW)
            .filter(|(_, count, _)| counts(*count))
            .map(|(week, count, read)| Week { count, law: NegBin::new(fit.mean(week, read), fit.dispersion) })
            .collect();
        against(&weeks, fit.se())
    }

    /// Place, count and exposure of the last weeks in which anything was read, the judged one first.
    fn recent(&self, most: usize) -> impl Iterator<Item = (usize, f64, f64)> {
        let weeks = self.counts.iter().zip(self.exposure).enumerate().rev().take(most);
        weeks.filter(|(_, (_, exposure))| **exposure > 0.0).map(|(week, (count, exposure))| (week, *count, *exposure))
    }

    fn by_rate(&self, parts: &[Part]) -> Judged {
        let mut p_week = 0.0;
        for part in parts {
            let recent = self.counts.iter().zip(self.exposure).rev().take(4).filter(|(_, exposure)| **exposure > 0.0);
            let near: Vec<Week> = recent
                .map(|(count, exposure)| Week {
                    count: *count,
                    law: NegBin::new(part.rate * exposure, part.dispersion),
                })
                .collect();
            p_week += part.weight * outbreak::p(&near);
        }
        let moment = |of: &dyn Fn(&Part) -> f64| parts.iter().map(|part| part.weight * of(part)).sum::<f64>();
        let rate = moment(&|part| part.rate).max(1e-12);
        let dispersion = moment(&|part| part.dispersion);
        let spread = moment(&|part| (part.rate - rate).powi(2)).max(0.0);
        let mean = rate * self.read;
        let law = NegBin::new(mean, dispersion + spread * self.read * self.read / mean.max(1e-9));
        let far: Vec<Week> = self
            .recent(WINDOW)
            .map(|(_, count, read)| Week { count, law: NegBin::new(rate * read, dispersion) })
            .collect();
        let long = self.counts.len() > LASTING_WEEKS;
        let against = if long { against(&far, spread.sqrt() / rate) } else { f64::INFINITY };
        let means = self.exposure.iter().map(|exposure| rate * exposure).collect();
        self.judged(law, means, p_week, against)
    }

    fn judged(&self, law: NegBin, means: Vec<f64>, p_week: f64, against: f64) -> Judged {
        let p = (TWO_LOOKS * p_week).min(LASTING_P * against).min(1.0);
        Judged { p, p_down: law.at_most(self.count), lasting: against <= LASTING, p_week: p_week.min(1.0), law, means }
    }
}

/// Odds against a lasting rise, weighed by how clearly a week of this series can show one.
fn against(weeks: &[Week], se: f64) -> f64 {
    // Where the last weeks brought no more than expected there is no rise that stays, and nothing to compute.
    let (seen, expected) =
        weeks.iter().take(RECENT).fold((0.0, 0.0), |sum, week| (sum.0 + week.count, sum.1 + week.law.mean));
    if seen <= expected {
        return f64::INFINITY;
    }
    let number = f64::from(u32::try_from(weeks.len()).unwrap_or(u32::MAX)).max(1.0);
    let clarity: f64 = weeks.iter().map(|week| week.law.mean / week.law.dispersion).sum::<f64>() / number;
    memory::odds_against(weeks, se) * (clarity.max(1e-6) / TYPICAL).powf(-CLARITY)
}

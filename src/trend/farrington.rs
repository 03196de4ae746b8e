//! The quasi-Poisson regression of Farrington Flexible (Noufaily et al. 2013, Statistics in Medicine 32:1206-1222), step by
//! step as `farringtonFlexible` of R's package `surveillance` computes it with the settings of that paper: five years, three
//! weeks either side, ten seasonal levels, the last 26 weeks left out, Anscombe residuals weighted down above 2.58.
//!
//! Where R has an intercept and nine contrasts, each level here has a mean of its own. It is the same model, but its normal
//! equations have the shape of an arrow and are solved in one pass over the weeks, without a matrix.

use super::negbin::NegBin;

/// Weeks of a seasonal year.
pub const YEAR: usize = 52;
/// Seasonal levels; the last is the time of year of the judged week.
const LEVELS: usize = 10;
const LAST: usize = LEVELS - 1;
/// Weeks either side of the same week of earlier years that have the last level.
const HALF: usize = 3;
/// Most recent weeks that are no baseline.
pub const LEFT_OUT: usize = 26;
/// Anscombe residuals above this bound are weighted down.
pub(super) const BOUND: f64 = 2.58;
/// As R's `glm`: relative change of the deviance, and rounds.
const TOLERANCE: f64 = 1e-8;
const ROUNDS: usize = 25;

/// One week of the baseline, with what the fit knows of it.
#[derive(Clone, Copy)]
struct Point {
    count: f64,
    offset: f64,
    level: usize,
    time: f64,
    /// Prior weight: 1 at first, less for an outbreak of the past.
    omega: f64,
    eta: f64,
    mean: f64,
    /// Working weight of the last step.
    weight: f64,
}

/// A fitted baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    levels: [f64; LEVELS],
    slope: f64,
    judged: usize,
    /// Variance over mean, at least 1.
    pub dispersion: f64,
    /// Whether a trend is part of the model.
    pub trend: bool,
    /// Standard error of the logarithm of the judged week's expectation.
    pub se: f64,
}

/// What the last step of a weighted fit knew.
struct Solved {
    levels: [f64; LEVELS],
    slope: f64,
    /// Per level the sum of weights and the mean time; over all the remaining variance of time.
    sums: [f64; LEVELS],
    centres: [f64; LEVELS],
    spread: f64,
    rank: f64,
}

fn at(levels: &[f64; LEVELS], level: usize) -> f64 {
    levels.get(level).copied().unwrap_or_default()
}

fn add(levels: &mut [f64; LEVELS], level: usize, value: f64) {
    if let Some(sum) = levels.get_mut(level) {
        *sum += value;
    }
}

/// Level of a week that lies `back` weeks before the judged one: the last within three weeks of the same week of a year,
/// else one of nine blocks of five weeks, counted forward in time.
fn level(back: usize) -> usize {
    let within = (back + HALF) % YEAR;
    if within <= 2 * HALF { LAST } else { (YEAR - within - 1) * LAST / (YEAR - 2 * HALF - 1) }
}

/// Fits the baseline of week `judged`, a place in `counts` and `exposure`, over `years` past years of 52 weeks.
///
/// None when there are too few weeks, nothing was read in the judged one, or the regression converges neither with a
/// trend nor without.
#[must_use]
pub fn fit(counts: &[f64], exposure: &[f64], judged: usize, years: usize) -> Option<Fit> {
    let first = judged.checked_sub(years * YEAR + HALF)?;
    let last = judged.checked_sub(LEFT_OUT + 1)?;
    let now = exposure.get(judged).copied().filter(|exposure| *exposure > 0.0)?;
    let weeks = counts.iter().zip(exposure).enumerate().take(last + 1).skip(first);
    let points: Vec<Point> = weeks
        .filter(|(_, (_, exposure))| **exposure > 0.0)
        .map(|(week, (count, exposure))| Point {
            count: *count,
            offset: exposure.ln(),
            level: level(judged - week),
            time: -number(judged - week),
            omega: 1.0,
            eta: 0.0,
            mean: 0.0,
            weight: 0.0,
        })
        .collect();
    let most = points.iter().map(|point| point.count).fold(0.0, f64::max);
    // A trend that expects more than was ever seen is an extrapolation, and is dropped.
    fit_with(points.clone(), true, judged)
        .filter(|fit| fit.mean(judged, now) <= most)
        .or_else(|| fit_with(points, false, judged))
}

fn fit_with(mut points: Vec<Point>, trend: bool, judged: usize) -> Option<Fit> {
    let first = solve(&mut points, trend)?;
    let dispersion = dispersion_of(&points, &first);
    reweight(&mut points, &first, dispersion);
    let second = solve(&mut points, trend)?;
    let dispersion = dispersion_of(&points, &second);
    let lean = if second.spread > 0.0 { at(&second.centres, LAST).powi(2) / second.spread } else { 0.0 };
    let se = (dispersion * (1.0 / at(&second.sums, LAST).max(1e-12) + lean)).sqrt();
    Some(Fit { levels: second.levels, slope: second.slope, judged, dispersion, trend, se })
}

/// Weighted IRLS from mu = y + 0.1, as R's `glm.fit`. None when it does not converge.
fn solve(points: &mut [Point], trend: bool) -> Option<Solved> {
    for point in points.iter_mut() {
        point.mean = point.count + 0.1;
        point.eta = point.mean.ln();
    }
    let mut deviance = deviance_of(points);
    for _ in 0..ROUNDS {
        let solved = step(points, trend);
        for point in points.iter_mut() {
            point.eta = at(&solved.levels, point.level) + solved.slope * point.time + point.offset;
            point.mean = point.eta.exp();
        }
        let before = deviance;
        deviance = deviance_of(points);
        if !deviance.is_finite() {
            return None;
        }
        if (deviance - before).abs() / (deviance.abs() + 0.1) < TOLERANCE {
            return Some(solved);
        }
    }
    None
}

/// One weighted least squares fit of z = eta + (y - mu)/mu.
fn step(points: &mut [Point], trend: bool) -> Solved {
    let (mut sums, mut z_means, mut centres) = ([0.0; LEVELS], [0.0; LEVELS], [0.0; LEVELS]);
    for point in points.iter_mut() {
        point.weight = point.omega * point.mean;
        add(&mut sums, point.level, point.weight);
        add(&mut z_means, point.level, point.weight * point.working());
        add(&mut centres, point.level, point.weight * point.time);
    }
    for ((sum, z), centre) in sums.iter().zip(&mut z_means).zip(&mut centres).filter(|((sum, _), _)| **sum > 0.0) {
        *z /= sum;
        *centre /= sum;
    }
    let (mut spread, mut cross) = (0.0, 0.0);
    for point in points.iter().filter(|_| trend) {
        let apart = point.time - at(&centres, point.level);
        spread += point.weight * apart * apart;
        cross += point.weight * apart * (point.working() - at(&z_means, point.level));
    }
    let slope = if spread > 0.0 { cross / spread } else { 0.0 };
    let mut levels = z_means;
    for (level, centre) in levels.iter_mut().zip(&centres) {
        *level -= slope * centre;
    }
    let rank = number(sums.iter().filter(|sum| **sum > 0.0).count() + usize::from(trend));
    Solved { levels, slope, sums, centres, spread, rank }
}

impl Point {
    /// The working response, without the offset.
    fn working(&self) -> f64 {
        self.eta - self.offset + (self.count - self.mean) / self.mean
    }
}

fn deviance_of(points: &[Point]) -> f64 {
    points
        .iter()
        .map(|point| {
            let log = if point.count > 0.0 { point.count * (point.count / point.mean).ln() } else { 0.0 };
            2.0 * point.omega * (log - (point.count - point.mean))
        })
        .sum()
}

/// Pearson's statistic over its degrees of freedom, with the working weights of the last step as R has them; at least 1.
fn dispersion_of(points: &[Point], solved: &Solved) -> f64 {
    let pearson: f64 =
        points.iter().map(|point| point.weight * ((point.count - point.mean) / point.mean).powi(2)).sum();
    (pearson / (number(points.len()) - solved.rank).max(1.0)).max(1.0)
}

/// Weights that take past outbreaks down: the inverse square of an Anscombe residual above the bound, scaled so that they
/// sum to the number of points.
fn reweight(points: &mut [Point], solved: &Solved, dispersion: f64) {
    for point in points.iter_mut() {
        let apart = point.time - at(&solved.centres, point.level);
        let lean = if solved.spread > 0.0 { apart * apart / solved.spread } else { 0.0 };
        let hat = point.weight * (1.0 / at(&solved.sums, point.level) + lean);
        let residual = anscombe(point.count, point.mean, dispersion * (1.0 - hat));
        point.omega = if residual > BOUND { residual.powi(-2) } else { 1.0 };
    }
    let scale = number(points.len()) / points.iter().map(|point| point.omega).sum::<f64>().max(1e-12);
    for point in points.iter_mut() {
        point.omega *= scale;
    }
}

/// Anscombe residual of a count against its mean: near normal for Poisson-like counts.
pub(super) fn anscombe(count: f64, mean: f64, variance: f64) -> f64 {
    1.5 * ((count * count).cbrt() / mean.powf(1.0 / 6.0) - mean.sqrt()) / variance.sqrt()
}

fn number(value: usize) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

impl Fit {
    /// Expected count of a week (a place, not after the judged one) at this exposure.
    #[must_use]
    pub fn mean(&self, week: usize, exposure: f64) -> f64 {
        let back = self.judged.saturating_sub(week);
        (at(&self.levels, level(back)) - self.slope * number(back) + exposure.ln()).exp()
    }

    /// Probability of `count` or more in a week, by the plug-in negative binomial.
    #[must_use]
    pub fn p(&self, week: usize, exposure: f64, count: f64) -> f64 {
        NegBin { mean: self.mean(week, exposure), dispersion: self.dispersion }.at_least(count)
    }
}

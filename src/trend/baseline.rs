//! What a series with some history should bring: a quasi-Poisson regression in the manner of Farrington and Noufaily, made
//! calmer. Two harmonics stand for the season instead of ten levels and are shrunk as far as their own noise asks (empirical
//! Bayes), the slope has a prior, and the dispersion is made good for what the weighting of outbreaks takes off its tail.
//! On quiet series its expectation varies a third as much as that of ten levels.

use nalgebra::{SMatrix, SVector};

use super::{
    farrington::{BOUND, LEFT_OUT, YEAR, anscombe},
    negbin::NegBin,
};

/// Level, slope per year, and cosine and sine of one and of two waves a year.
const TERMS: usize = 6;
type Square = SMatrix<f64, TERMS, TERMS>;
type Column = SVector<f64, TERMS>;

/// Years that are looked back.
const YEARS: usize = 5;
/// Fewest baseline weeks, and fewest counts in them: below these a regression on the logarithm is worth nothing.
const FEWEST_WEEKS: usize = 74;
const FEWEST_COUNTS: f64 = 25.0;
/// Standard deviation of the slope's prior, in logarithms per year.
const SLOPE: f64 = 0.3;
/// Rounds of fit, dispersion, weights and shrinkage; steps of Newton in each.
const ROUNDS: usize = 3;
const STEPS: usize = 12;
/// Dispersion at which it is asked whether there are too many weeks without any count.
const SILENT_DISPERSION: f64 = 1.6;

struct Point {
    count: f64,
    ln_exposure: f64,
    row: Column,
    omega: f64,
    mean: f64,
}

/// A fitted baseline.
#[derive(Debug, Clone)]
pub struct Fit {
    weights: Column,
    covariance: Square,
    judged: usize,
    /// Variance over mean, at least 1.
    pub dispersion: f64,
}

fn row(back: usize) -> Column {
    let years = f64::from(u32::try_from(back).unwrap_or(u32::MAX)) / f64::from(u32::try_from(YEAR).unwrap_or(52));
    let wave = std::f64::consts::TAU * years;
    Column::from([1.0, -years, wave.cos(), wave.sin(), (2.0 * wave).cos(), (2.0 * wave).sin()])
}

/// Fits the weeks up to 27 before the judged one, the last of `counts`. None when there are too few.
#[must_use]
pub fn fit(counts: &[f64], exposure: &[f64]) -> Option<Fit> {
    fit_over(counts, exposure, false)
}

/// The same without the weeks of silence, where there are more weeks without any count than counting explains: a silence of
/// a source is no count, and what follows it is no rise. None where there are not.
#[must_use]
pub fn without_silences(fitted: &Fit, counts: &[f64], exposure: &[f64]) -> Option<Fit> {
    let (mut zeros, mut expected, mut variance) = (0.0, 0.0, 0.0);
    for (week, (count, exposure)) in baseline(counts, exposure).filter(|(_, (_, exposure))| **exposure > 0.0) {
        let chance = NegBin::new(fitted.mean(week, *exposure), SILENT_DISPERSION).ln_of(0.0).exp();
        expected += chance;
        variance += chance * (1.0 - chance);
        zeros += f64::from(u8::from(*count == 0.0));
    }
    if zeros - expected < 5.0 * f64::sqrt(variance) + 5.0 { None } else { fit_over(counts, exposure, true) }
}

/// Places, counts and exposures of the baseline.
fn baseline<'a>(counts: &'a [f64], exposure: &'a [f64]) -> impl Iterator<Item = (usize, (&'a f64, &'a f64))> {
    let judged = counts.len().saturating_sub(1);
    let first = judged.saturating_sub(YEARS * YEAR + 3);
    counts.iter().zip(exposure).enumerate().take(judged.saturating_sub(LEFT_OUT)).skip(first)
}

fn fit_over(counts: &[f64], exposure: &[f64], silences: bool) -> Option<Fit> {
    let judged = counts.len().checked_sub(1)?;
    let mut points: Vec<Point> = baseline(counts, exposure)
        .filter(|(_, (count, exposure))| **exposure > 0.0 && !(silences && **count == 0.0))
        .map(|(week, (count, exposure))| Point {
            count: *count,
            ln_exposure: exposure.ln(),
            row: row(judged - week),
            omega: 1.0,
            mean: 0.0,
        })
        .collect();
    let total: f64 = points.iter().map(|point| point.count).sum();
    if total < FEWEST_COUNTS || points.len() < if silences { FEWEST_WEEKS / 3 } else { FEWEST_WEEKS } {
        return None;
    }
    let read: f64 = points.iter().map(|point| point.ln_exposure.exp()).sum();
    let mut weights = Column::zeros();
    *weights.get_mut(0)? = (total / read).ln();
    let mut precision = Column::from([1e-6, SLOPE.powi(-2), 1.0, 1.0, 1.0, 1.0]);
    let (mut dispersion, mut covariance) = (1.0, Square::identity());
    for round in 0..ROUNDS {
        covariance = newton(&mut points, &mut weights, &precision, dispersion)?;
        dispersion = dispersion_of(&points, round > 0);
        reweight(&mut points, dispersion);
        if round + 1 < ROUNDS {
            shrink(&mut precision, &weights, &covariance);
        }
    }
    Some(Fit { weights, covariance, judged, dispersion })
}

/// Penalised maximum likelihood by Newton's method; gives the covariance of the terms.
fn newton(points: &mut [Point], weights: &mut Column, precision: &Column, dispersion: f64) -> Option<Square> {
    let mut information = Square::identity();
    for _ in 0..STEPS {
        information = Square::from_diagonal(precision);
        let mut gradient = -precision.component_mul(weights);
        // The level has no prior worth the name.
        *gradient.get_mut(0)? = 0.0;
        for point in points.iter_mut() {
            point.mean = (point.row.dot(weights) + point.ln_exposure).exp().clamp(1e-9, 1e7);
            information.syger(point.omega * point.mean / dispersion, &point.row, &point.row, 1.0);
            gradient.axpy(point.omega * (point.count - point.mean) / dispersion, &point.row, 1.0);
        }
        information.fill_upper_triangle_with_lower_triangle();
        let step = information.cholesky()?.solve(&gradient);
        *weights += step.map(|part| part.clamp(-1.0, 1.0));
        if step.amax() < 1e-6 {
            break;
        }
    }
    Some(information.cholesky()?.inverse())
}

/// Each wave's prior variance is what its size says beyond its own noise.
fn shrink(precision: &mut Column, weights: &Column, covariance: &Square) {
    for first in [2, 4] {
        let pair = |of: &dyn Fn(usize) -> f64| of(first) + of(first + 1);
        let size = pair(&|term| weights.get(term).map_or(0.0, |weight| weight * weight));
        let noise = pair(&|term| covariance.get((term, term)).copied().unwrap_or(0.0));
        let variance = ((size - noise) / 2.0).max(noise * 0.02).max(1e-4);
        for term in [first, first + 1] {
            if let Some(own) = precision.get_mut(term) {
                *own = 1.0 / variance;
            }
        }
    }
}

/// Pearson's statistic, and from the second round on made good for what the weights take off: the dispersion whose own
/// weighted statistic would be the one that was seen, at three typical means.
fn dispersion_of(points: &[Point], weighted: bool) -> f64 {
    let freedom = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX)) - 5.0;
    let seen: f64 = points.iter().map(|point| point.omega * (point.count - point.mean).powi(2) / point.mean).sum();
    let raw = seen / freedom.max(1.0);
    if !weighted {
        return raw.max(1.0);
    }
    let mut means: Vec<f64> = points.iter().map(|point| point.mean).collect();
    means.sort_by(f64::total_cmp);
    let typical: Vec<f64> = [1, 3, 5].iter().filter_map(|sixth| means.get(means.len() * sixth / 6).copied()).collect();
    let mut dispersion = raw.max(1.0);
    for _ in 0..4 {
        let left = typical.iter().map(|mean| left_by_weights(*mean, dispersion)).sum::<f64>();
        dispersion = (raw * f64::from(u32::try_from(typical.len()).unwrap_or(1)) / left.max(1e-9)).max(1.0);
    }
    dispersion
}

/// Share of the dispersion that is left after outbreaks are weighted down, where there are none.
fn left_by_weights(mean: f64, dispersion: f64) -> f64 {
    let (mut squares, mut weights, mut count) = (0.0, 0.0, 0.0);
    for of in NegBin::new(mean, dispersion).table() {
        let weight = weight(anscombe(count, mean, dispersion));
        squares += of * weight * (count - mean).powi(2) / (mean * dispersion);
        weights += of * weight;
        count += 1.0;
    }
    (squares / weights).clamp(0.5, 1.2)
}

fn weight(residual: f64) -> f64 {
    if residual > BOUND { residual.powi(-2) } else { 1.0 }
}

fn reweight(points: &mut [Point], dispersion: f64) {
    for point in points.iter_mut() {
        point.omega = weight(anscombe(point.count, point.mean, dispersion));
    }
    let sum: f64 = points.iter().map(|point| point.omega).sum();
    let scale = f64::from(u32::try_from(points.len()).unwrap_or(u32::MAX)) / sum.max(1e-9);
    for point in points.iter_mut() {
        point.omega *= scale;
    }
}

impl Fit {
    /// Expected count of a week, a place that is not after the judged one, at this exposure.
    #[must_use]
    pub fn mean(&self, week: usize, exposure: f64) -> f64 {
        (row(self.judged.saturating_sub(week)).dot(&self.weights) + exposure.ln()).exp()
    }

    /// Standard error of the logarithm of the judged week's expectation.
    #[must_use]
    pub fn se(&self) -> f64 {
        let row = row(0);
        (self.covariance * row).dot(&row).max(0.0).sqrt()
    }
}

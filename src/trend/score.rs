//! The prediction of next week's count from the series' own past: a Gamma-Poisson model with exposure, a prior from the
//! parent series, and over-dispersion (the short-history method; compare Farrington et al. 1996 for the trimming of past
//! outbreaks by their residuals).

use statrs::function::beta::beta_reg;

use super::series::Series;

/// Weeks of average exposure that the prior is worth.
const PRIOR_WEEKS: f64 = 6.0;
/// Past weeks with a larger Pearson residual are taken out once: an old outbreak must not hide a new one.
const OUTBREAK: f64 = 2.58;
/// Pseudo-observations at dispersion 1: a few weeks cannot estimate a variance.
const DISPERSION_PRIOR: f64 = 12.0;

/// A negative-binomial prediction for one week.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Expected stories.
    pub mean: f64,
    /// Size of the negative binomial: variance is mean + mean²/size.
    pub size: f64,
    /// Expected stories per unit of exposure.
    pub rate: f64,
}

/// Predicts the last week of a series from its past, leaving `gap` weeks out. None when fewer than `least` weeks of past
/// with exposure are there, or nothing was read this week: no test is not the same as no alarm.
#[must_use]
pub fn predict(series: &Series, gap: usize, least: usize) -> Option<Prediction> {
    let exposure = series.exposure.last().copied().filter(|exposure| *exposure > 0.0)?;
    let past = series.weeks.len().checked_sub(1 + gap)?;
    let mut weeks: Vec<(f64, f64)> = series
        .counts
        .iter()
        .zip(&series.exposure)
        .take(past)
        .map(|(count, exposure)| (f64::from(*count), *exposure))
        .filter(|(_, exposure)| *exposure > 0.0)
        .collect();
    if weeks.len() < least {
        return None;
    }
    let prior = series.prior_rate.max(0.5 / weeks.iter().map(|(_, exposure)| exposure).sum::<f64>().max(1.0));
    let mut fit = Fit::of(&weeks, prior);
    weeks.retain(|(count, exposure)| residual(*count, fit.rate() * exposure, fit.dispersion) <= OUTBREAK);
    fit = Fit::of(&weeks, prior);
    let mean = fit.rate() * exposure;
    let variance = fit.dispersion * mean + fit.dispersion * mean * mean / fit.shape;
    let size = mean * mean / (variance - mean).max(1e-9);
    Some(Prediction { mean, size, rate: fit.rate() })
}

struct Fit {
    /// Posterior Gamma(shape, exposure).
    shape: f64,
    exposure: f64,
    dispersion: f64,
}

impl Fit {
    fn of(weeks: &[(f64, f64)], prior_rate: f64) -> Self {
        let number = f64::from(u32::try_from(weeks.len()).unwrap_or(u32::MAX)).max(1.0);
        let (count, exposure) = weeks.iter().fold((0.0, 0.0), |sum, week| (sum.0 + week.0, sum.1 + week.1));
        let prior_exposure = PRIOR_WEEKS * exposure / number;
        let mut fit =
            Self { shape: prior_rate * prior_exposure + count, exposure: prior_exposure + exposure, dispersion: 1.0 };
        let pearson: f64 = weeks
            .iter()
            .map(|(count, exposure)| (count - fit.rate() * exposure).powi(2) / (fit.rate() * exposure).max(1e-9))
            .sum();
        fit.dispersion = ((pearson + DISPERSION_PRIOR) / ((number - 1.0).max(1.0) + DISPERSION_PRIOR)).max(1.0);
        fit
    }

    fn rate(&self) -> f64 {
        self.shape / self.exposure.max(1e-9)
    }
}

fn residual(count: f64, mean: f64, dispersion: f64) -> f64 {
    (count - mean) / (dispersion * mean.max(1e-9)).sqrt()
}

impl Prediction {
    /// Probability of `count` stories or more.
    #[must_use]
    pub fn at_least(&self, count: u32) -> f64 {
        if count == 0 || self.mean <= 0.0 {
            return if count == 0 { 1.0 } else { 0.0 };
        }
        beta_reg(f64::from(count), self.size, self.mean / (self.mean + self.size))
    }

    /// Probability of `count` stories or fewer.
    #[must_use]
    pub fn at_most(&self, count: u32) -> f64 {
        1.0 - self.at_least(count.saturating_add(1))
    }

    /// Smallest and largest count of the central 95%.
    #[must_use]
    pub fn interval(&self) -> (u32, u32) {
        let low = (0..100_000).find(|count| self.at_most(*count) >= 0.025).unwrap_or(0);
        let high = (low..100_000).find(|count| self.at_most(*count) >= 0.975).unwrap_or(low);
        (low, high)
    }
}

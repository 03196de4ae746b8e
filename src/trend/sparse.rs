//! What a short or sparse series should bring: a rate with a gamma prior from the parent series, seen through its exposure
//! (Gamma-Poisson), over several dispersions at once, because eight weeks cannot tell a variance.

use statrs::distribution::{ContinuousCDF, Gamma};

use super::negbin::NegBin;

/// Dispersions that are held possible, with their weight before any week is seen: among series of stories three in ten
/// vary twice as much as chance, or more.
const DISPERSIONS: [(f64, f64); 6] = [(1.0, 0.12), (1.3, 0.15), (1.7, 0.19), (2.3, 0.2), (3.2, 0.2), (4.5, 0.14)];
/// Points at which the rate's distribution is taken, of equal weight.
const QUANTILES: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
/// Weeks further above their expectation than this, in standard deviations, are taken out once.
const OUTBREAK: f64 = 5.0;
/// Recent weeks that are left out, so that a rise is not its own baseline: one of a short past, four of a long one.
const GAP: usize = 1;
const LONG_GAP: usize = 4;
/// From so many weeks on a past is long.
const LONG: usize = 40;

/// What is believed of the rate before any week is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prior {
    /// Stories that it is worth.
    pub shape: f64,
    /// Exposure that it is worth.
    pub exposure: f64,
}

/// One possibility: a rate per unit of exposure and a dispersion, with its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// Stories per unit of exposure.
    pub rate: f64,
    /// Variance over mean.
    pub dispersion: f64,
    /// Weight; all weights sum to 1.
    pub weight: f64,
}

/// The possibilities after the past was seen. The last of `counts` is judged and not looked at. None when fewer than
/// `least` past weeks have exposure.
#[must_use]
pub fn posterior(counts: &[f64], exposure: &[f64], prior: Option<Prior>, least: usize) -> Option<Vec<Part>> {
    let gap = if counts.len() > LONG { LONG_GAP } else { GAP };
    let past = counts.len().checked_sub(1 + gap)?;
    let mut weeks: Vec<(f64, f64)> = counts.iter().copied().zip(exposure.iter().copied()).take(past).collect();
    weeks.retain(|(_, exposure)| *exposure > 0.0);
    if weeks.len() < least.max(2) {
        return None;
    }
    let prior = prior.unwrap_or_else(|| Prior { shape: 1.0, exposure: 0.5 * mean_exposure(&weeks) });
    let rough = rate(&weeks, prior);
    let spread = dispersion(&weeks, rough);
    weeks.retain(|(count, exposure)| {
        let mean = (rough * exposure).max(0.1);
        (count - mean) / (spread * mean).sqrt() <= OUTBREAK
    });
    let rate = rate(&weeks, prior);
    let seen: f64 = prior.shape + weeks.iter().map(|(count, _)| count).sum::<f64>();
    let logs: Vec<f64> = DISPERSIONS.iter().map(|(dispersion, _)| likelihood(&weeks, rate, *dispersion)).collect();
    let top = logs.iter().copied().fold(f64::MIN, f64::max);
    let mut parts = Vec::new();
    for ((dispersion, before), log) in DISPERSIONS.iter().zip(&logs) {
        let weight = before * (log - top).exp();
        let shape = (seen / dispersion).max(0.3);
        let Ok(law) = Gamma::new(shape, shape / rate) else { continue };
        parts.extend(QUANTILES.iter().filter(|_| weight > 1e-4).map(|at| Part {
            rate: law.inverse_cdf(*at).max(rate * 0.02),
            dispersion: *dispersion,
            weight: weight / 5.0,
        }));
    }
    let sum: f64 = parts.iter().map(|part| part.weight).sum();
    for part in &mut parts {
        part.weight /= sum.max(1e-12);
    }
    Some(parts)
}

fn mean_exposure(weeks: &[(f64, f64)]) -> f64 {
    weeks.iter().map(|(_, exposure)| exposure).sum::<f64>() / length(weeks)
}

fn length(weeks: &[(f64, f64)]) -> f64 {
    f64::from(u32::try_from(weeks.len()).unwrap_or(u32::MAX)).max(1.0)
}

fn rate(weeks: &[(f64, f64)], prior: Prior) -> f64 {
    let (count, exposure) = weeks.iter().fold((0.0, 0.0), |sum, week| (sum.0 + week.0, sum.1 + week.1));
    ((prior.shape + count) / (prior.exposure + exposure).max(1e-9)).max(1e-12)
}

/// Pearson's statistic with ten pseudo-weeks of dispersion 1.4.
fn dispersion(weeks: &[(f64, f64)], rate: f64) -> f64 {
    let pearson: f64 =
        weeks.iter().map(|(count, exposure)| (count - rate * exposure).powi(2) / (rate * exposure).max(1e-9)).sum();
    ((pearson + 14.0) / (length(weeks) + 9.0)).max(1.0)
}

/// Log-likelihood of a dispersion, the rate integrated out by Laplace's method.
fn likelihood(weeks: &[(f64, f64)], rate: f64, dispersion: f64) -> f64 {
    let fit: f64 = weeks.iter().map(|(count, exposure)| NegBin::new(rate * exposure, dispersion).ln_of(*count)).sum();
    fit + 0.5 * dispersion.ln()
}

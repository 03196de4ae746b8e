//! Counts that vary more than chance: the negative binomial with variance = dispersion × mean, and the Poisson where the
//! dispersion is 1. Sums of such counts stay in the family, which is what windows of weeks need.

use statrs::function::{
    beta::beta_reg,
    gamma::{gamma_lr, ln_gamma},
};

/// Below this excess over 1 the dispersion is taken for that of a Poisson.
const POISSON: f64 = 1e-6;
/// Up to this count a ratio is multiplied out.
const FEW: f64 = 48.0;
/// A table of probabilities ends where the rest is smaller than this.
const REST: f64 = 1e-12;
/// Longest table: counts of a week beyond it are not weighed finer.
const LONGEST: usize = 4_000;

/// A distribution of counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NegBin {
    /// Expected count, above 0.
    pub mean: f64,
    /// Variance over mean, at least 1.
    pub dispersion: f64,
}

impl NegBin {
    /// The distribution, with mean and dispersion kept within what can be computed.
    #[must_use]
    pub fn new(mean: f64, dispersion: f64) -> Self {
        Self { mean: mean.clamp(1e-9, 1e7), dispersion: dispersion.clamp(1.0, 1e4) }
    }

    fn is_poisson(self) -> bool {
        self.dispersion <= 1.0 + POISSON
    }

    /// Number of successes r of the textbook form: mean/(dispersion-1).
    fn size(self) -> f64 {
        self.mean / (self.dispersion - 1.0)
    }

    /// Probability of `count` or more.
    #[must_use]
    pub fn at_least(self, count: f64) -> f64 {
        if count < 1.0 {
            1.0
        } else if self.is_poisson() {
            gamma_lr(count, self.mean)
        } else {
            beta_reg(count, self.size(), 1.0 - 1.0 / self.dispersion)
        }
    }

    /// Probability of `count` or fewer.
    #[must_use]
    pub fn at_most(self, count: f64) -> f64 {
        1.0 - self.at_least(count.floor() + 1.0)
    }

    /// Logarithm of the probability of exactly `count`.
    #[must_use]
    pub fn ln_of(self, count: f64) -> f64 {
        if self.is_poisson() {
            return count * self.mean.ln() - self.mean - ln_gamma(count + 1.0);
        }
        let size = self.size();
        ln_gamma(count + size) - ln_gamma(size) - ln_gamma(count + 1.0) - size * self.dispersion.ln()
            + count * (1.0 - 1.0 / self.dispersion).ln()
    }

    /// Probabilities of 0, 1, 2, ... until next to nothing is left.
    #[must_use]
    pub fn table(self) -> Vec<f64> {
        let (mut of, mut count, mut sum) = (self.ln_of(0.0).exp(), 0.0, 0.0);
        let mut table = Vec::new();
        while table.len() < LONGEST {
            table.push(of);
            sum += of;
            if count > self.mean && (1.0 - sum < REST || of < REST / 100.0) {
                break;
            }
            of *= if self.is_poisson() {
                self.mean / (count + 1.0)
            } else {
                (count + self.size()) / (count + 1.0) * (1.0 - 1.0 / self.dispersion)
            };
            count += 1.0;
        }
        table
    }

    /// How many times likelier each count 0, 1, 2, ... is when `extra` is added to the mean, at the same dispersion.
    #[must_use]
    pub fn ratios(self, extra: f64, length: usize) -> Vec<f64> {
        let mut ratio = self.ln_ratio(extra, 0.0).exp();
        let (old, new) = (self.size(), (self.mean + extra) / (self.dispersion - 1.0));
        let step = (self.mean + extra) / self.mean;
        let mut count = 0.0;
        (0..length)
            .map(|_| {
                let now = ratio;
                ratio *= if self.is_poisson() { step } else { (count + new) / (count + old) };
                count += 1.0;
                now
            })
            .collect()
    }

    /// Logarithm of how many times likelier `count` is when `extra` (which may be negative) is added to the mean.
    #[must_use]
    pub fn ln_ratio(self, extra: f64, count: f64) -> f64 {
        let raised = (self.mean + extra).max(1e-9);
        if self.is_poisson() {
            return count * (raised / self.mean).ln() - (raised - self.mean);
        }
        let (old, new) = (self.size(), raised / (self.dispersion - 1.0));
        if count <= FEW {
            // A product of a few factors costs less than four logarithms of the gamma function.
            let (mut product, mut one) = (1.0, 0.0);
            while one < count {
                product *= (new + one) / (old + one);
                one += 1.0;
            }
            return product.ln() - (new - old) * self.dispersion.ln();
        }
        ln_gamma(count + new) - ln_gamma(count + old) + ln_gamma(old)
            - ln_gamma(new)
            - (new - old) * self.dispersion.ln()
    }

    /// Smallest and largest count of the central 95%.
    #[must_use]
    pub fn interval(self) -> (u32, u32) {
        let (mut below, mut low, mut high) = (0.0, None, 0);
        for (count, of) in (0_u32..).zip(self.table()) {
            below += of;
            if low.is_none() && below >= 0.025 {
                low = Some(count);
            }
            high = count;
            if below >= 0.975 {
                break;
            }
        }
        (low.unwrap_or(0), high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_tail_and_ratio_agree() {
        for (mean, dispersion) in [(0.05, 1.0), (2.0, 1.7), (150.0, 1.2), (3.0, 5.0)] {
            let law = NegBin::new(mean, dispersion);
            let table = law.table();
            assert!((table.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let tail: f64 = table.iter().skip(3).sum();
            assert!((tail - law.at_least(3.0)).abs() < 1e-9, "{mean} {dispersion}");
            let raised = NegBin::new(mean + 2.0, dispersion).ln_of(4.0) - law.ln_of(4.0);
            assert!((raised - law.ln_ratio(2.0, 4.0)).abs() < 1e-8);
            let ratios = law.ratios(2.0, 6);
            assert!((ratios.get(4).expect("five").ln() - raised).abs() < 1e-8);
        }
    }

    #[test]
    fn the_interval_holds_ninety_five_of_a_hundred() {
        let law = NegBin::new(10.0, 1.5);
        let (low, high) = law.interval();
        assert!(law.at_most(f64::from(high)) >= 0.975 && law.at_most(f64::from(low)) >= 0.025);
        assert!((3..7).contains(&low) && (16..20).contains(&high), "{low} {high}");
    }
}

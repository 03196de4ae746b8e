//! A rise that stays: a jump of the level, or a slow ramp. A hidden Markov model over the last weeks says how probable it is
//! that the series has been above its expectation for a while.
//!
//! Its states are normal, an outbreak in its first, second or third week (of several sizes), and raised by one of several
//! factors, which may creep up. An outbreak has states of its own so that its aftermath is no lasting rise, which is what a
//! Cusum takes it for. The expectation itself may be off by its own error, alike in all weeks: five offsets are weighed by
//! what they explain.

use super::{outbreak::SPREAD, outbreak::Week};

/// Weeks that are looked back.
pub const WINDOW: usize = 39;
/// Factors of a raised level.
const RAISED: [f64; 7] = [1.15, 1.32, 1.52, 1.75, 2.1, 2.6, 3.3];
/// Sizes of an outbreak, in standard deviations.
const SIZES: [f64; 5] = [1.5, 3.0, 5.0, 8.0, 12.0];
/// Chances per week: an outbreak begins, the level rises, a raised level ends, goes one factor up, one down.
const OUTBREAK: f64 = 0.02;
const RISE: f64 = 0.002;
const END: f64 = 0.12;
const UP: f64 = 0.12;
const DOWN: f64 = 0.03;
/// Weeks by which a raised level has proved itself; older ones are counted together.
const AGES: usize = 5;
const PROVED: usize = AGES - 2;
/// One week of a young rise says at most this, as a log-likelihood ratio: one high week is an outbreak.
const YOUNG_SAYS: f64 = 2.0;
/// Offsets of the expectation, in standard errors, with their weight.
const OFFSETS: [(f64, f64); 5] = [(-2.0, 0.06), (-1.0, 0.24), (0.0, 0.4), (1.0, 0.24), (2.0, 0.06)];
const LEAST_DEVIATION: f64 = 0.4;

type Levels = [f64; RAISED.len()];

/// Probabilities of the states; they sum to 1.
#[derive(Clone, Copy)]
struct State {
    normal: f64,
    outbreak: [[f64; SIZES.len()]; SPREAD.len()],
    /// Per age in weeks.
    raised: [Levels; AGES],
}

/// Odds against a rise that stays: near 0 when there surely is one. `weeks` has the judged one first; `se` is the standard
/// error of the logarithm of the expectation.
#[must_use]
pub fn odds_against(weeks: &[Week], se: f64) -> f64 {
    let runs: Vec<(f64, f64, f64)> = OFFSETS
        .iter()
        .map(|(offset, weight)| {
            let (evidence, raised) = run(weeks, (offset * se).exp());
            (*weight, evidence, raised)
        })
        .collect();
    let top = runs.iter().map(|(_, evidence, _)| *evidence).fold(f64::MIN, f64::max);
    let (mut with, mut without) = (0.0, 0.0);
    for (weight, evidence, raised) in runs {
        let share = weight * (evidence - top).exp();
        with += share * raised;
        without += share * (1.0 - raised);
    }
    without / with.max(1e-300)
}

/// One pass with the expectation multiplied: log-evidence, and the probability of a proved raised level at the end.
fn run(weeks: &[Week], factor: f64) -> (f64, f64) {
    let mut state =
        State { normal: 1.0, outbreak: [[0.0; SIZES.len()]; SPREAD.len()], raised: [[0.0; RAISED.len()]; AGES] };
    let mut evidence = 0.0;
    for week in weeks.iter().take(WINDOW).rev() {
        evidence += week.law.ln_ratio(week.law.mean * (factor - 1.0), week.count);
        let law = super::negbin::NegBin::new(week.law.mean * factor, week.law.dispersion);
        let mut next = state.moved();
        next.weighed(Week { count: week.count, law });
        let sum = next.sum();
        evidence += sum.ln();
        state = next.scaled(1.0 / sum.max(1e-300));
    }
    (evidence, state.raised.iter().skip(PROVED).flatten().sum())
}

impl State {
    /// A week later, before the week is seen.
    fn moved(&self) -> Self {
        let [first, second, third] = self.outbreak;
        let all_raised: f64 = self.raised.iter().flatten().sum();
        let normal = self.normal * (1.0 - OUTBREAK - RISE) + third.iter().sum::<f64>() + all_raised * END;
        let begins = self.normal * OUTBREAK / number(SIZES.len());
        let mut raised = [[0.0; RAISED.len()]; AGES];
        for (age, levels) in self.raised.iter().enumerate() {
            if let Some(older) = raised.get_mut((age + 1).min(AGES - 1)) {
                drift(levels, older);
            }
        }
        if let Some(youngest) = raised.first_mut() {
            youngest.fill(self.normal * RISE / number(RAISED.len()));
        }
        Self { normal, outbreak: [[begins; SIZES.len()], first, second], raised }
    }

    /// Each state multiplied by how much likelier it makes the week.
    fn weighed(&mut self, week: Week) {
        let deviation = (week.law.mean * week.law.dispersion).sqrt().max(LEAST_DEVIATION);
        for (chances, share) in self.outbreak.iter_mut().zip(SPREAD) {
            for (chance, size) in chances.iter_mut().zip(SIZES).filter(|(chance, _)| **chance > 1e-12) {
                *chance *= week.law.ln_ratio(size * deviation * share, week.count).min(27.0).exp();
            }
        }
        let says = RAISED.map(|factor| week.law.ln_ratio(week.law.mean * (factor - 1.0), week.count).min(20.0));
        for (age, levels) in self.raised.iter_mut().enumerate() {
            for (chance, says) in levels.iter_mut().zip(says) {
                *chance *= if age < PROVED { says.min(YOUNG_SAYS) } else { says }.exp();
            }
        }
    }

    fn sum(&self) -> f64 {
        self.normal + self.outbreak.iter().flatten().sum::<f64>() + self.raised.iter().flatten().sum::<f64>()
    }

    fn scaled(mut self, by: f64) -> Self {
        self.normal *= by;
        self.outbreak.iter_mut().flatten().chain(self.raised.iter_mut().flatten()).for_each(|chance| *chance *= by);
        self
    }
}

/// A raised level stays what it is, creeps up or goes down.
fn drift(levels: &Levels, into: &mut Levels) {
    for (place, chance) in levels.iter().enumerate() {
        let stays = chance * (1.0 - END);
        let up = (place + 1).min(levels.len() - 1);
        for (to, share) in [(place, 1.0 - UP - DOWN), (up, UP), (place.saturating_sub(1), DOWN)] {
            if let Some(sum) = into.get_mut(to) {
                *sum += stays * share;
            }
        }
    }
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{super::negbin::NegBin, *};

    fn weeks(counts: &[f64]) -> Vec<Week> {
        let law = NegBin::new(4.0, 1.2);
        counts.iter().rev().map(|count| Week { count: *count, law }).collect()
    }

    #[test]
    fn a_level_that_doubled_is_seen_and_an_outbreak_that_passed_is_not() {
        let mut quiet = [4.0, 3.0, 5.0, 4.0, 4.0, 3.0, 5.0, 4.0].repeat(4);
        assert!(odds_against(&weeks(&quiet), 0.1) > 100.0);
        let mut shifted = quiet.clone();
        shifted.extend([8.0, 9.0, 7.0, 8.0, 9.0, 8.0]);
        assert!(odds_against(&weeks(&shifted), 0.1) < 5.0);
        quiet.extend([16.0, 13.0, 6.0, 4.0, 4.0, 3.0]);
        assert!(odds_against(&weeks(&quiet), 0.1) > 50.0);
    }
}

//! Is a new model better than the one in use? Both answer the same examples that neither was fitted on, and the same draws
//! of these examples tell how sure the difference is.

use serde::Serialize;

use super::{
    evaluate::{Counts, Test},
    measures::{Draws, Tested, interval},
};

/// Draws of the bootstrap.
const DRAWS: usize = 1_000;

/// A figure of both models, and the interval of the difference.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Difference {
    /// The model in use.
    pub old: f64,
    /// The new one.
    pub new: f64,
    /// 95% interval of new minus old.
    pub interval: (f64, f64),
}

/// What a comparison found.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// Examples that both answered.
    pub examples: usize,
    /// Mean F1 over the fenomenen.
    pub macro_f1: Difference,
    /// False "ja" per 100 texts without a fenomeen.
    pub false_per_100: Difference,
}

/// What follows from a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// The interval of the difference lies above nothing.
    Better,
    /// It holds nothing: no difference is shown.
    Same,
    /// It lies below nothing, or clearly more false labels come.
    Worse,
}

/// Compares two tests of the same examples, in the same order.
#[must_use]
pub fn compare(old: &Test, new: &Test, seed: u64) -> Comparison {
    let figures = |test: &Test, places: &[usize]| {
        let rows: Vec<&Tested> = places.iter().filter_map(|place| test.tested.get(*place)).collect();
        let counts = Counts::of(rows.into_iter(), test.labels.len());
        (counts.macro_f1(), counts.false_all())
    };
    let all: Vec<usize> = (0..old.tested.len().min(new.tested.len())).collect();
    let (mut f1s, mut wrongs) = (Vec::with_capacity(DRAWS), Vec::with_capacity(DRAWS));
    let mut draws = Draws::new(&old.tested, seed);
    for _ in 0..DRAWS {
        let places = draws.places();
        let (before, after) = (figures(old, &places), figures(new, &places));
        f1s.push(after.0 - before.0);
        wrongs.push(after.1 - before.1);
    }
    let (before, after) = (figures(old, &all), figures(new, &all));
    Comparison {
        examples: all.len(),
        macro_f1: Difference { old: before.0, new: after.0, interval: interval(f1s) },
        false_per_100: Difference { old: before.1, new: after.1, interval: interval(wrongs) },
    }
}

impl Comparison {
    /// Better, the same or worse.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        if self.macro_f1.interval.1 < 0.0 || self.false_per_100.interval.0 > 0.0 {
            Conclusion::Worse
        } else if self.macro_f1.interval.0 > 0.0 {
            Conclusion::Better
        } else {
            Conclusion::Same
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::verdict::Outcome;

    fn test(right: impl Fn(usize) -> bool) -> Test {
        let tested = (0..200)
            .map(|place| {
                let truth = place % 2 == 0;
                let outcome = if truth == right(place) { Outcome::Ja } else { Outcome::Nee };
                Tested {
                    place,
                    group: place,
                    answers: vec![Some((0.5, outcome, truth))],
                    negative: !truth,
                    hard: false,
                }
            })
            .collect();
        Test::from_parts(vec!["witwassen".into()], tested)
    }

    #[test]
    fn better_same_and_worse_are_told_apart() {
        let good = test(|_| true);
        let poor = test(|place| place % 3 != 0);
        assert_eq!(compare(&poor, &good, 1).conclusion(), Conclusion::Better);
        assert_eq!(compare(&good, &good, 1).conclusion(), Conclusion::Same);
        assert_eq!(compare(&good, &poor, 1).conclusion(), Conclusion::Worse);
    }
}

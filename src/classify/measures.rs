//! Measures of a multi-label classifier on tested examples, and their intervals. Formulas as in Manning, Raghavan and
//! Schütze, *Introduction to Information Retrieval* (2008), chapter 8; calibration error as in Naeini, Cooper and
//! Hauskrecht (2015) with bins of equal mass.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::domain::verdict::Outcome;

/// One answer: the probability, what was said, and the truth.
pub type Answer = (f64, Outcome, bool);

/// One tested example.
#[derive(Debug, Clone)]
pub struct Tested {
    /// Place in the corpus that was tested.
    pub place: usize,
    /// Near copies and tellings of one story share a group; intervals draw groups.
    pub group: usize,
    /// Per label, in the model's order; none where nobody knows the truth.
    pub answers: Vec<Option<Answer>>,
    /// About no fenomeen.
    pub negative: bool,
    /// Marked as hard.
    pub hard: bool,
}

/// Figures of one label.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LabelReport {
    /// Fenomeen id.
    pub fenomeen: String,
    /// Examples that carry it.
    pub support: u32,
    /// Share of "ja" that is right.
    pub precision: f64,
    /// Share of carriers that got "ja".
    pub recall: f64,
    /// 2PR/(P+R).
    pub f1: f64,
    /// 95% bootstrap interval of F1.
    pub f1_interval: (f64, f64),
    /// Area under precision and recall, by rank.
    pub average_precision: f64,
    /// Expected calibration error, ten bins of equal mass.
    pub calibration_error: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
}

/// Figures over all labels.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Summary {
    /// Mean of the labels' F1, of labels that occur.
    pub macro_f1: f64,
    /// F1 of all answers pooled.
    pub micro_f1: f64,
    /// Mean of the labels' average precision, of labels that occur.
    pub mean_average_precision: f64,
    /// False "ja" per 100 negatives that are ordinary.
    pub false_per_100_ordinary: f64,
    /// False "ja" per 100 negatives that are hard.
    pub false_per_100_hard: f64,
}

/// One bin of a reliability plot.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Bin {
    /// Answers in it.
    pub count: usize,
    /// Mean probability.
    pub said: f64,
    /// Share that is true.
    pub seen: f64,
}

/// The answers of one label.
pub fn column(tested: &[Tested], place: usize) -> Vec<Answer> {
    tested.iter().filter_map(|row| row.answers.get(place).copied().flatten()).collect()
}

/// Precision and recall of "ja"; 0 where nothing was said or nothing is true.
#[must_use]
pub fn precision_recall(answers: &[Answer]) -> (f64, f64) {
    let said = answers.iter().filter(|(_, outcome, _)| *outcome == Outcome::Ja).count();
    let true_ones = answers.iter().filter(|(_, _, truth)| *truth).count();
    let right = answers.iter().filter(|(_, outcome, truth)| *truth && *outcome == Outcome::Ja).count();
    let share = |all: usize| if all == 0 { 0.0 } else { number(right) / number(all) };
    (share(said), share(true_ones))
}

/// The harmonic mean of precision and recall.
#[must_use]
pub fn f1((precision, recall): (f64, f64)) -> f64 {
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

/// Sum over ranks of the gain in recall times the precision there.
#[must_use]
pub fn average_precision(answers: &[Answer]) -> f64 {
    let mut ranked: Vec<&Answer> = answers.iter().collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let total = number(ranked.iter().filter(|answer| answer.2).count());
    let (mut right, mut sum) = (0.0, 0.0);
    for (rank, answer) in ranked.iter().enumerate() {
        if answer.2 {
            right += 1.0;
            sum += right / number(rank + 1);
        }
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

/// Bins of equal mass, by rising probability.
#[must_use]
pub fn bins(answers: &[Answer], count: usize) -> Vec<Bin> {
    let mut ranked: Vec<(f64, f64)> = answers.iter().map(|(p, _, truth)| (*p, f64::from(u8::from(*truth)))).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = ranked.len().div_ceil(count).max(1);
    let mean = |bin: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| bin.iter().map(of).sum::<f64>() / number(bin.len());
    ranked
        .chunks(size)
        .map(|bin| Bin { count: bin.len(), said: mean(bin, |pair| pair.0), seen: mean(bin, |pair| pair.1) })
        .collect()
}

/// Expected calibration error over ten bins of equal mass.
#[must_use]
pub fn calibration_error(answers: &[Answer]) -> f64 {
    let gap: f64 = bins(answers, 10).iter().map(|bin| number(bin.count) * (bin.said - bin.seen).abs()).sum();
    gap / number(answers.len()).max(1.0)
}

/// Mean squared error of the probability.
#[must_use]
pub fn brier(answers: &[Answer]) -> f64 {
    let sum: f64 = answers.iter().map(|(p, _, truth)| (p - f64::from(u8::from(*truth))).powi(2)).sum();
    sum / number(answers.len()).max(1.0)
}

/// False "ja" per 100 negatives of one sort.
#[must_use]
pub fn false_per_100(tested: &[Tested], hard: bool) -> f64 {
    let rows: Vec<&Tested> = tested.iter().filter(|row| row.negative && row.hard == hard).collect();
    let said = |row: &&Tested| row.answers.iter().flatten().filter(|answer| answer.1 == Outcome::Ja).count();
    100.0 * number(rows.iter().map(said).sum()) / number(rows.len()).max(1.0)
}

/// The figures over all labels.
#[must_use]
pub fn summary(tested: &[Tested], labels: usize) -> Summary {
    let columns: Vec<Vec<Answer>> = (0..labels).map(|place| column(tested, place)).collect();
    let occur: Vec<&Vec<Answer>> = columns.iter().filter(|column| column.iter().any(|answer| answer.2)).collect();
    let mean = |of: &dyn Fn(&[Answer]) -> f64| {
        occur.iter().map(|column| of(column)).sum::<f64>() / number(occur.len()).max(1.0)
    };
    let all: Vec<Answer> = columns.iter().flatten().copied().collect();
    Summary {
        macro_f1: mean(&|column| f1(precision_recall(column))),
        micro_f1: f1(precision_recall(&all)),
        mean_average_precision: mean(&average_precision),
        false_per_100_ordinary: false_per_100(tested, false),
        false_per_100_hard: false_per_100(tested, true),
    }
}

/// Draws of groups, with replacement, as places in `tested`.
pub struct Draws<'a> {
    groups: Vec<Vec<usize>>,
    tested: &'a [Tested],
    random: ChaCha8Rng,
}

impl<'a> Draws<'a> {
    /// Draws over the groups of these examples.
    #[must_use]
    pub fn new(tested: &'a [Tested], seed: u64) -> Self {
        let mut by_group: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, row) in tested.iter().enumerate() {
            by_group.entry(row.group).or_default().push(place);
        }
        let groups = by_group.into_values().collect();
        Self { groups, tested, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Places of one draw: as many groups as there are.
    pub fn places(&mut self) -> Vec<usize> {
        let count = self.groups.len();
        let mut places = Vec::with_capacity(self.tested.len());
        for _ in 0..count {
            let drawn = self.random.gen_range(0..count.max(1));
            places.extend(self.groups.get(drawn).into_iter().flatten());
        }
        places
    }

    /// The examples of one draw.
    pub fn rows(&mut self) -> Vec<Tested> {
        self.places().into_iter().filter_map(|place| self.tested.get(place).cloned()).collect()
    }
}

/// The 2.5th and 97.5th percentile.
#[must_use]
pub fn interval(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a short list")]
        let place = (share * number(values.len().saturating_sub(1))).round() as usize;
        values.get(place).copied().unwrap_or(0.0)
    };
    (at(0.025), at(0.975))
}

/// A count as a number.
#[must_use]
pub fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measures_agree_with_small_sums() {
        let answers = [
            (0.9, Outcome::Ja, true),
            (0.8, Outcome::Ja, false),
            (0.7, Outcome::Twijfel, true),
            (0.1, Outcome::Nee, false),
        ];
        assert_eq!(precision_recall(&answers), (0.5, 0.5));
        assert!((average_precision(&answers) - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-9);
        let calibrated = [(0.0, Outcome::Nee, false), (1.0, Outcome::Ja, true)];
        assert!(calibration_error(&calibrated) < 1e-9);
        assert!((brier(&[(0.5, Outcome::Nee, true)]) - 0.25).abs() < 1e-9);
        assert_eq!(interval((0..=1000).map(f64::from).collect()), (25.0, 975.0));
    }

    #[test]
    fn a_draw_takes_groups_whole() {
        let row = |place, group| Tested { place, group, answers: Vec::new(), negative: true, hard: false };
        let tested = [row(0, 0), row(1, 0), row(2, 2)];
        let mut draws = Draws::new(&tested, 1);
        for _ in 0..50 {
            let places = draws.places();
            let count = |place| places.iter().filter(|own| **own == place).count();
            assert_eq!(count(0), count(1));
        }
    }
}

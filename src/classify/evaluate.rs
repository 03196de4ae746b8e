//! How good is the model on texts that it never saw? Grouped cross-validation: in each round a whole bundle, with its
//! calibration and thresholds, is fitted on the other folds, so that nothing of the test has been seen.

use std::fmt::Write;

use serde::Serialize;

use super::{
    Classifier,
    corpus::Corpus,
    train::{Params, TrainError, folds, train},
};
use crate::domain::verdict::Outcome;

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
    /// Area under precision and recall, by rank.
    pub average_precision: f64,
    /// Expected calibration error, ten bins of equal mass.
    pub calibration_error: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
}

/// Figures of a whole evaluation.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    /// How it was measured.
    pub method: String,
    /// Examples tested.
    pub examples: usize,
    /// Per label, in the model's order.
    pub labels: Vec<LabelReport>,
    /// Mean of the labels' F1.
    pub macro_f1: f64,
    /// F1 of all answers pooled.
    pub micro_f1: f64,
    /// Mean of the labels' average precision.
    pub mean_average_precision: f64,
    /// Calibration error over all answers with p above 0.05.
    pub calibration_error: f64,
    /// Calibration error over all answers.
    pub calibration_error_all: f64,
    /// False "ja" per 100 negatives that are ordinary.
    pub false_per_100_ordinary: f64,
    /// False "ja" per 100 negatives that are hard.
    pub false_per_100_hard: f64,
    /// Share of answers that were "twijfel", among carriers of any label.
    pub doubt: f64,
}

/// One tested example: per label the probability, the answer and the truth.
struct Tested {
    answers: Vec<(f64, Outcome, bool)>,
    negative: bool,
    hard: bool,
}

/// Grouped cross-validation over a corpus.
///
/// # Errors
/// When a fold cannot be fitted.
pub fn cross_validate(corpus: &Corpus, params: &Params) -> Result<Report, TrainError> {
    let mut tested = Vec::new();
    for held_out in folds(corpus, params.folds, params.seed.wrapping_add(1)) {
        let training: Vec<usize> = (0..corpus.examples.len()).filter(|place| !held_out.contains(place)).collect();
        let classifier = Classifier::new(train(&corpus.subset(&training), params)?);
        tested.extend(test(&classifier, &corpus.subset(&held_out)));
    }
    let method = format!(
        "gegroepeerde kruisvalidatie, {} delen, zaad {}; ijking en drempels alleen op de andere delen",
        params.folds, params.seed
    );
    Ok(report(&corpus.labels, &tested, method))
}

/// Tests a fitted classifier on a corpus that it never saw.
#[must_use]
pub fn test_on(classifier: &Classifier, corpus: &Corpus, method: &str) -> Report {
    let labels: Vec<String> = classifier.fenomenen().map(str::to_owned).collect();
    report(&labels, &test(classifier, corpus), method.to_owned())
}

fn test(classifier: &Classifier, corpus: &Corpus) -> Vec<Tested> {
    corpus
        .examples
        .iter()
        .map(|example| Tested {
            answers: classifier
                .judge(&example.title, &example.text, "nl")
                .into_iter()
                .map(|label| (label.p, label.outcome, example.labels.contains(&label.fenomeen)))
                .collect(),
            negative: example.labels.is_empty(),
            hard: example.hard,
        })
        .collect()
}

fn report(names: &[String], tested: &[Tested], method: String) -> Report {
    let column = |place: usize| -> Vec<(f64, Outcome, bool)> {
        tested.iter().filter_map(|row| row.answers.get(place).copied()).collect()
    };
    let columns: Vec<Vec<(f64, Outcome, bool)>> = (0..names.len()).map(column).collect();
    let labels: Vec<LabelReport> =
        names.iter().zip(&columns).map(|(name, column)| label_report(name, column)).collect();
    let all: Vec<(f64, Outcome, bool)> = columns.into_iter().flatten().collect();
    let (precision, recall) = precision_recall(&all);
    let with_support: Vec<&LabelReport> = labels.iter().filter(|label| label.support > 0).collect();
    let mean = |value: fn(&LabelReport) -> f64| {
        with_support.iter().map(|label| value(label)).sum::<f64>() / number(with_support.len()).max(1.0)
    };
    let carriers: Vec<&Tested> = tested.iter().filter(|row| !row.negative).collect();
    let doubtful = carriers.iter().filter(|row| {
        !row.answers.iter().any(|(_, outcome, _)| *outcome == Outcome::Ja)
            && row.answers.iter().any(|(_, outcome, _)| *outcome == Outcome::Twijfel)
    });
    Report {
        method,
        examples: tested.len(),
        macro_f1: mean(|label| label.f1),
        micro_f1: f1(precision, recall),
        mean_average_precision: mean(|label| label.average_precision),
        calibration_error: calibration_error(&all.iter().filter(|(p, _, _)| *p > 0.05).copied().collect::<Vec<_>>()),
        calibration_error_all: calibration_error(&all),
        false_per_100_ordinary: false_per_100(tested, false),
        false_per_100_hard: false_per_100(tested, true),
        doubt: number(doubtful.count()) / number(carriers.len()).max(1.0),
        labels,
    }
}

fn label_report(name: &str, answers: &[(f64, Outcome, bool)]) -> LabelReport {
    let (precision, recall) = precision_recall(answers);
    LabelReport {
        fenomeen: name.to_owned(),
        support: u32::try_from(answers.iter().filter(|answer| answer.2).count()).unwrap_or(u32::MAX),
        precision,
        recall,
        f1: f1(precision, recall),
        average_precision: average_precision(answers),
        calibration_error: calibration_error(answers),
        brier: answers.iter().map(|(p, _, truth)| (p - f64::from(u8::from(*truth))).powi(2)).sum::<f64>()
            / number(answers.len()).max(1.0),
    }
}

fn precision_recall(answers: &[(f64, Outcome, bool)]) -> (f64, f64) {
    let said = answers.iter().filter(|(_, outcome, _)| *outcome == Outcome::Ja).count();
    let true_ones = answers.iter().filter(|(_, _, truth)| *truth).count();
    let right = answers.iter().filter(|(_, outcome, truth)| *truth && *outcome == Outcome::Ja).count();
    let share = |all: usize| if all == 0 { 0.0 } else { number(right) / number(all) };
    (share(said), share(true_ones))
}

fn f1(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}

/// Sum over ranks of the gain in recall times the precision there.
fn average_precision(answers: &[(f64, Outcome, bool)]) -> f64 {
    let mut ranked: Vec<&(f64, Outcome, bool)> = answers.iter().collect();
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

/// Expected calibration error over ten bins of equal mass.
fn calibration_error(answers: &[(f64, Outcome, bool)]) -> f64 {
    let mut ranked: Vec<(f64, f64)> = answers.iter().map(|(p, _, truth)| (*p, f64::from(u8::from(*truth)))).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let size = ranked.len().div_ceil(10).max(1);
    let gap: f64 = ranked
        .chunks(size)
        .map(|bin| (bin.iter().map(|pair| pair.0).sum::<f64>() - bin.iter().map(|pair| pair.1).sum::<f64>()).abs())
        .sum();
    gap / number(ranked.len()).max(1.0)
}

fn false_per_100(tested: &[Tested], hard: bool) -> f64 {
    let rows: Vec<&Tested> = tested.iter().filter(|row| row.negative && row.hard == hard).collect();
    let wrong: usize = rows.iter().map(|row| row.answers.iter().filter(|answer| answer.1 == Outcome::Ja).count()).sum();
    100.0 * number(wrong) / number(rows.len()).max(1.0)
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

impl Report {
    /// The report as a Markdown section, for a terminal and for `CARD.md`.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("{} voorbeelden; {}.\n\n", self.examples, self.method);
        text.push_str("| fenomeen | aantal | precisie | recall | F1 | AP | ijkfout | Brier |\n|---|--:|--:|--:|--:|--:|--:|--:|\n");
        for label in &self.labels {
            writeln!(
                text,
                "| {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.3} | {:.4} |",
                label.fenomeen,
                label.support,
                label.precision,
                label.recall,
                label.f1,
                label.average_precision,
                label.calibration_error,
                label.brier
            )
            .unwrap_or_default();
        }
        writeln!(
            text,
            "\n- macro-F1 **{:.3}**, micro-F1 **{:.3}**, gemiddelde AP **{:.3}**\n\
             - ijkfout {:.3} over alle kansen boven 0,05 ({:.4} over alle kansen)\n\
             - onterechte labels per 100 negatieven: gewoon {:.1}, moeilijk {:.1}\n\
             - alleen twijfel bij berichten met een fenomeen: {:.0}%",
            self.macro_f1,
            self.micro_f1,
            self.mean_average_precision,
            self.calibration_error,
            self.calibration_error_all,
            self.false_per_100_ordinary,
            self.false_per_100_hard,
            100.0 * self.doubt
        )
        .unwrap_or_default();
        text
    }
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
    }
}

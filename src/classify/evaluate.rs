//! How good is the model on texts that it never saw? In every test a whole bundle, with its joint score, calibration and
//! thresholds, is fitted on other examples, so that nothing of the test has been seen.

use std::{collections::BTreeMap, fmt::Write};

use serde::Serialize;

use super::{
    Classifier,
    corpus::{Corpus, Example},
    measures::{
        Answer, Bin, Draws, LabelReport, Summary, Tested, average_precision, bins, brier, calibration_error, column,
        f1, interval, number, precision_recall, summary,
    },
    train::{Params, TrainError, folds, train},
};
use crate::domain::verdict::Outcome;

/// Draws of the bootstrap.
const DRAWS: usize = 1_000;
/// Errors that are told in words.
const WORST: usize = 10;

/// Figures of a whole evaluation.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How it was measured.
    pub method: String,
    /// Examples tested.
    pub examples: usize,
    /// Negatives among them: ordinary, hard.
    pub negatives: (usize, usize),
    /// Per label, in the model's order.
    pub labels: Vec<LabelReport>,
    /// Over all labels.
    #[serde(flatten)]
    pub summary: Summary,
    /// 95% intervals of macro-F1, micro-F1, and false "ja" per 100 ordinary and hard negatives.
    pub intervals: [(f64, f64); 4],
    /// Calibration error over all answers with p above 0.05.
    pub calibration_error: f64,
    /// Calibration error over all answers.
    pub calibration_error_all: f64,
    /// Brier score over all answers, and its skill: 1 - Brier / (base · (1 - base)).
    pub brier: (f64, f64),
    /// Reliability of the answers with p above 0.05, ten bins of equal mass.
    pub reliability: Vec<Bin>,
    /// Share of carriers of any label for whom the best answer was "twijfel".
    pub doubt: f64,
    /// F1 per register: kind, examples, macro-F1 of labels that occur in it, false "ja" per 100 negatives.
    pub kinds: Vec<(String, usize, f64, f64)>,
    /// The surest errors.
    pub worst: Vec<Wrong>,
}

/// An error in words.
#[derive(Debug, Clone, Serialize)]
pub struct Wrong {
    /// Id of the example.
    pub id: String,
    /// Its title, or the start of its text.
    pub title: String,
    /// Fenomeen.
    pub fenomeen: String,
    /// What was said, and with which probability.
    pub said: String,
    /// Probability.
    pub p: f64,
    /// The words that carried it.
    pub words: Vec<String>,
}

/// Examples with what was said of them.
pub struct Test {
    /// Labels, in the model's order.
    pub labels: Vec<String>,
    /// What was said.
    pub tested: Vec<Tested>,
    /// The surest errors of each part.
    worst: Vec<Wrong>,
}

/// Grouped cross-validation over a corpus.
///
/// # Errors
/// When a fold cannot be fitted.
pub fn cross_validate(corpus: &Corpus, params: &Params) -> Result<Report, TrainError> {
    let test = cross_test(corpus, &[], params)?;
    let method = format!(
        "gegroepeerde kruisvalidatie, {} delen, zaad {}; score, ijking en drempels alleen op de andere delen",
        params.folds, params.seed
    );
    Ok(report(&test, corpus, params.seed, method))
}

/// What whole models say of each part of a corpus when fitted on the other parts, and on `more` besides.
///
/// # Errors
/// When a fold cannot be fitted.
pub fn cross_test(corpus: &Corpus, more: &[Example], params: &Params) -> Result<Test, TrainError> {
    let mut test = Test { labels: corpus.labels.clone(), tested: Vec::new(), worst: Vec::new() };
    for held_out in folds(corpus, params.folds, params.seed.wrapping_add(1)) {
        let training: Vec<usize> = (0..corpus.examples.len()).filter(|place| !held_out.contains(place)).collect();
        let mut training = corpus.subset(&training);
        if !more.is_empty() {
            training = training.with(more.to_vec());
            training.labels.clone_from(&corpus.labels);
        }
        let classifier = Classifier::new(train(&training, params)?);
        test.add(&classifier, corpus, &held_out);
    }
    Ok(test)
}

/// Tests one register by a model that never saw it.
///
/// # Errors
/// When the model cannot be fitted.
pub fn held_out_kind(corpus: &Corpus, kind: &str, params: &Params) -> Result<Report, TrainError> {
    let (held_out, training): (Vec<usize>, Vec<usize>) =
        (0..corpus.examples.len()).partition(|place| corpus.examples.get(*place).is_some_and(|own| own.kind == kind));
    let classifier = Classifier::new(train(&corpus.subset(&training), params)?);
    let mut test = Test { labels: corpus.labels.clone(), tested: Vec::new(), worst: Vec::new() };
    test.add(&classifier, corpus, &held_out);
    let method = format!("geleerd zonder het register '{kind}', getoetst op dat register");
    Ok(report(&test, corpus, params.seed, method))
}

/// Tests a fitted classifier on a corpus that it never saw.
#[must_use]
pub fn test_on(classifier: &Classifier, corpus: &Corpus, seed: u64, method: &str) -> Report {
    let test = Test::of(classifier, corpus);
    report(&test, corpus, seed, method.to_owned())
}

impl Test {
    /// A test of answers that were given elsewhere.
    #[cfg(test)]
    pub(super) fn from_parts(labels: Vec<String>, tested: Vec<Tested>) -> Self {
        Self { labels, tested, worst: Vec::new() }
    }

    /// What a classifier says of a whole corpus.
    #[must_use]
    pub fn of(classifier: &Classifier, corpus: &Corpus) -> Self {
        let labels = classifier.fenomenen().map(str::to_owned).collect();
        let mut test = Self { labels, tested: Vec::new(), worst: Vec::new() };
        test.add(classifier, corpus, &(0..corpus.examples.len()).collect::<Vec<_>>());
        test
    }

    /// The same test with only these labels, in this order.
    #[must_use]
    pub fn only(mut self, labels: &[String]) -> Self {
        let places: Vec<Option<usize>> =
            labels.iter().map(|label| self.labels.iter().position(|own| own == label)).collect();
        for row in &mut self.tested {
            let pick = |place: &Option<usize>| row.answers.get((*place)?).copied().flatten();
            row.answers = places.iter().map(pick).collect();
        }
        self.labels = labels.to_vec();
        self
    }

    fn add(&mut self, classifier: &Classifier, corpus: &Corpus, places: &[usize]) {
        let mut wrong: Vec<(f64, usize, String, Outcome, f64)> = Vec::new();
        for place in places {
            let (Some(example), Some(group)) = (corpus.examples.get(*place), corpus.groups.get(*place)) else {
                continue;
            };
            let labels = classifier.judge(&example.title, &example.text, "nl");
            let answers: Vec<Option<Answer>> = self
                .labels
                .iter()
                .map(|name| {
                    let label = labels.iter().find(|label| label.fenomeen == *name)?;
                    let truth = example.answer(name)?;
                    let surprise = if truth { 1.0 - label.p } else { label.p };
                    if truth != (label.outcome == Outcome::Ja) {
                        wrong.push((surprise, *place, name.clone(), label.outcome, label.p));
                    }
                    Some((label.p, label.outcome, truth))
                })
                .collect();
            let negative = example.about_any() == Some(false);
            self.tested.push(Tested { place: *place, group: *group, answers, negative, hard: example.hard });
        }
        wrong.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        for (_, place, fenomeen, outcome, p) in wrong.into_iter().take(WORST) {
            let Some(example) = corpus.examples.get(place) else { continue };
            let reasons = classifier.explain(&example.title, &example.text, &fenomeen, 4);
            let title = if example.title.is_empty() { &example.text } else { &example.title };
            self.worst.push(Wrong {
                id: example.id.clone(),
                title: title.chars().take(90).collect(),
                fenomeen,
                said: outcome.name().to_owned(),
                p,
                words: reasons.into_iter().map(|reason| reason.word).collect(),
            });
        }
    }
}

fn report(test: &Test, corpus: &Corpus, seed: u64, method: String) -> Report {
    let tested = &test.tested;
    let count = test.labels.len();
    let columns: Vec<Vec<Answer>> = (0..count).map(|place| column(tested, place)).collect();
    let mut labels: Vec<LabelReport> =
        test.labels.iter().zip(&columns).map(|(name, column)| label_report(name, column)).collect();
    let intervals = bootstrap(tested, count, seed, &mut labels);
    let all: Vec<Answer> = columns.into_iter().flatten().collect();
    let likely: Vec<Answer> = all.iter().filter(|(p, _, _)| *p > 0.05).copied().collect();
    let base = number(all.iter().filter(|answer| answer.2).count()) / number(all.len()).max(1.0);
    let carriers: Vec<&Tested> = tested.iter().filter(|row| !row.negative).collect();
    let said = |row: &Tested, wanted: Outcome| row.answers.iter().flatten().any(|answer| answer.1 == wanted);
    let doubtful = carriers.iter().filter(|row| !said(row, Outcome::Ja) && said(row, Outcome::Twijfel)).count();
    let negatives = |hard: bool| tested.iter().filter(|row| row.negative && row.hard == hard).count();
    let mut worst = test.worst.clone();
    worst.sort_by(|a, b| {
        let surprise = |wrong: &Wrong| if wrong.said == "ja" { wrong.p } else { 1.0 - wrong.p };
        surprise(b).total_cmp(&surprise(a)).then_with(|| a.id.cmp(&b.id))
    });
    worst.truncate(WORST);
    Report {
        method,
        examples: tested.len(),
        negatives: (negatives(false), negatives(true)),
        summary: summary(tested, count),
        intervals,
        calibration_error: calibration_error(&likely),
        calibration_error_all: calibration_error(&all),
        brier: (brier(&all), 1.0 - brier(&all) / (base * (1.0 - base)).max(f64::MIN_POSITIVE)),
        reliability: bins(&likely, 10),
        doubt: number(doubtful) / number(carriers.len()).max(1.0),
        kinds: by_kind(test, corpus),
        worst,
        labels,
    }
}

fn label_report(name: &str, answers: &[Answer]) -> LabelReport {
    let (precision, recall) = precision_recall(answers);
    LabelReport {
        fenomeen: name.to_owned(),
        support: u32::try_from(answers.iter().filter(|answer| answer.2).count()).unwrap_or(u32::MAX),
        precision,
        recall,
        f1: f1((precision, recall)),
        f1_interval: (0.0, 0.0),
        average_precision: average_precision(answers),
        calibration_error: calibration_error(answers),
        brier: brier(answers),
    }
}

/// Percentile intervals over draws of groups. Counts are enough for F1, so that a thousand draws cost little.
fn bootstrap(tested: &[Tested], count: usize, seed: u64, labels: &mut [LabelReport]) -> [(f64, f64); 4] {
    let mut draws = Draws::new(tested, seed);
    let mut per_label: Vec<Vec<f64>> = vec![Vec::with_capacity(DRAWS); count];
    let mut overall: [Vec<f64>; 4] = Default::default();
    for _ in 0..DRAWS {
        let counts = Counts::of(draws.places().iter().filter_map(|place| tested.get(*place)), count);
        let f1s = counts.f1s();
        let occur: Vec<f64> = f1s.iter().copied().flatten().collect();
        let [macro_f1, micro_f1, ordinary, hard] = &mut overall;
        macro_f1.push(occur.iter().sum::<f64>() / number(occur.len()).max(1.0));
        micro_f1.push(counts.micro());
        ordinary.push(counts.false_share(0));
        hard.push(counts.false_share(1));
        for (values, own) in per_label.iter_mut().zip(f1s) {
            values.extend(own);
        }
    }
    for (label, values) in labels.iter_mut().zip(per_label) {
        label.f1_interval = interval(values);
    }
    overall.map(interval)
}

/// Right, said and true per label, and false ones on negatives.
#[derive(Clone, Default)]
pub(super) struct Counts {
    labels: Vec<[u32; 3]>,
    negatives: [[u32; 2]; 2],
}

impl Counts {
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a Tested>, count: usize) -> Self {
        let mut counts = Self { labels: vec![[0; 3]; count], negatives: [[0; 2]; 2] };
        for row in rows {
            let mut said_any = 0;
            for (label, answer) in counts.labels.iter_mut().zip(&row.answers) {
                let Some((_, outcome, truth)) = answer else { continue };
                let said = u32::from(*outcome == Outcome::Ja);
                let [right, all_said, all_true] = label;
                *right += said * u32::from(*truth);
                *all_said += said;
                *all_true += u32::from(*truth);
                said_any += said;
            }
            if row.negative
                && let Some([all, wrong]) = counts.negatives.get_mut(usize::from(row.hard))
            {
                *all += 1;
                *wrong += said_any;
            }
        }
        counts
    }

    /// F1 of each label; none where it does not occur.
    fn f1s(&self) -> Vec<Option<f64>> {
        let of = |[right, said, truth]: &[u32; 3]| {
            (*truth > 0).then(|| 2.0 * f64::from(*right) / f64::from(*said + *truth).max(1.0))
        };
        self.labels.iter().map(of).collect()
    }

    /// Mean F1 of the labels that occur.
    pub(super) fn macro_f1(&self) -> f64 {
        let occur: Vec<f64> = self.f1s().into_iter().flatten().collect();
        occur.iter().sum::<f64>() / number(occur.len()).max(1.0)
    }

    fn micro(&self) -> f64 {
        let sum = |place: usize| self.labels.iter().filter_map(|label| label.get(place)).copied().sum::<u32>();
        2.0 * f64::from(sum(0)) / f64::from(sum(1) + sum(2)).max(1.0)
    }

    /// False "ja" per 100 negatives of any sort.
    pub(super) fn false_all(&self) -> f64 {
        let [[ordinary, one], [hard, other]] = self.negatives;
        100.0 * f64::from(one + other) / f64::from(ordinary + hard).max(1.0)
    }

    /// False "ja" per 100 negatives: 0 for ordinary, 1 for hard.
    fn false_share(&self, sort: usize) -> f64 {
        self.negatives.get(sort).map_or(0.0, |[all, wrong]| 100.0 * f64::from(*wrong) / f64::from(*all).max(1.0))
    }
}

fn by_kind(test: &Test, corpus: &Corpus) -> Vec<(String, usize, f64, f64)> {
    let mut kinds: BTreeMap<&str, Vec<&Tested>> = BTreeMap::new();
    for row in &test.tested {
        let kind = corpus.examples.get(row.place).map_or("", |example| example.kind.as_str());
        kinds.entry(kind).or_default().push(row);
    }
    let figures = |(kind, rows): (&str, Vec<&Tested>)| {
        let counts = Counts::of(rows.iter().copied(), test.labels.len());
        let negatives = rows.iter().filter(|row| row.negative).count();
        let [[_, ordinary], [_, hard]] = counts.negatives;
        let wrong = 100.0 * f64::from(ordinary + hard) / number(negatives).max(1.0);
        (kind.to_owned(), rows.len(), counts.macro_f1(), wrong)
    };
    kinds.into_iter().map(figures).collect()
}

impl Report {
    /// The report as a Markdown section, for a terminal and for `CARD.md`.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "{} voorbeelden, waarvan {} gewone en {} moeilijke zonder fenomeen; {}.\n\n",
            self.examples, self.negatives.0, self.negatives.1, self.method
        );
        let [macro_f1, micro_f1, ordinary, hard] = self.intervals;
        let summary = &self.summary;
        let lines = [
            format!(
                "macro-F1 **{:.3}** ({:.3}-{:.3}), micro-F1 **{:.3}** ({:.3}-{:.3}), gemiddelde AP **{:.3}**",
                summary.macro_f1,
                macro_f1.0,
                macro_f1.1,
                summary.micro_f1,
                micro_f1.0,
                micro_f1.1,
                summary.mean_average_precision
            ),
            format!(
                "onterechte labels per 100 zonder fenomeen: gewoon {:.1} ({:.1}-{:.1}), moeilijk {:.1} ({:.1}-{:.1}); dus {:.0} per 1.000 gewone berichten",
                summary.false_per_100_ordinary,
                ordinary.0,
                ordinary.1,
                summary.false_per_100_hard,
                hard.0,
                hard.1,
                10.0 * summary.false_per_100_ordinary
            ),
            format!(
                "ijkfout {:.3} over alle kansen boven 0,05 ({:.4} over alle kansen); Brier {:.4}, beter dan het gemiddelde gokken met {:.0}%",
                self.calibration_error,
                self.calibration_error_all,
                self.brier.0,
                100.0 * self.brier.1
            ),
            format!("alleen twijfel bij berichten met een fenomeen: {:.0}%", 100.0 * self.doubt),
        ];
        for line in lines {
            writeln!(text, "- {line}").unwrap_or_default();
        }
        self.table(&mut text);
        text
    }

    /// The figures per fenomeen and per register.
    fn table(&self, text: &mut String) {
        text.push_str("\n| fenomeen | aantal | precisie | recall | F1 | 95% | AP | ijkfout | Brier |\n|---|--:|--:|--:|--:|:-:|--:|--:|--:|\n");
        for label in &self.labels {
            writeln!(
                text,
                "| {} | {} | {:.2} | {:.2} | {:.2} | {:.2}-{:.2} | {:.2} | {:.3} | {:.4} |",
                label.fenomeen,
                label.support,
                label.precision,
                label.recall,
                label.f1,
                label.f1_interval.0,
                label.f1_interval.1,
                label.average_precision,
                label.calibration_error,
                label.brier
            )
            .unwrap_or_default();
        }
        if self.kinds.len() > 1 {
            text.push_str(
                "\n| register | voorbeelden | macro-F1 | onterecht per 100 zonder fenomeen |\n|---|--:|--:|--:|\n",
            );
            for (kind, count, f1, wrong) in &self.kinds {
                writeln!(text, "| {kind} | {count} | {f1:.2} | {wrong:.1} |").unwrap_or_default();
            }
        }
    }

    /// The surest errors in words.
    #[must_use]
    pub fn errors(&self) -> String {
        let mut text = String::new();
        for wrong in &self.worst {
            let truth = if wrong.said == "ja" { "ten onrechte" } else { "gemist" };
            writeln!(
                text,
                "- `{}` \"{}\": {} **{}**, gezegd {} ({:.2}). Telden mee: {}.",
                wrong.id,
                wrong.title,
                truth,
                wrong.fenomeen,
                wrong.said,
                wrong.p,
                wrong.words.join(", ")
            )
            .unwrap_or_default();
        }
        text
    }
}

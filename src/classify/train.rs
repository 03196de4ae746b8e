//! Fitting: one separator per label on sparse features, a gate over all labels together, their scores joined, probabilities
//! by Platt scaling, and two thresholds per label. All but the separators rests on scores of examples that the separator
//! in question never saw. The same corpus and seed give the same bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use linfa::{
    DatasetBase, ParamGuard,
    composing::platt_scaling::{Platt, platt_newton_method},
    traits::Fit,
};
use ndarray::Array1;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use thiserror::Error;

use super::{
    bundle::{Bundle, Joint, LabelParams, best_others},
    corpus::{Corpus, Example},
    features::{Sparse, Vocabulary},
    logistic::{FitError, FittedSparseLogistic, Matrix, SparseLogistic, SparseRows},
};

/// Knobs of a training run.
#[derive(Debug, Clone)]
pub struct Params {
    /// Version name of the bundle.
    pub version: String,
    /// Seed of the folds.
    pub seed: u64,
    /// Folds of the cross-fit that joining, calibration and thresholds rest on.
    pub folds: usize,
    /// Penalty of the separators.
    pub alpha: f64,
    /// Penalty of the gate; stronger, for it must carry over to forms of crime that it never saw.
    pub gate_alpha: f64,
    /// "ja" must be right at least this often; raised until the two bounds below hold too.
    pub precision: f64,
    /// Most false "ja" per 100 hard negatives.
    pub most_hard: f64,
    /// Most false "ja" per 100 ordinary negatives.
    pub most_ordinary: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            version: "proef".into(),
            seed: 1,
            folds: 5,
            alpha: 0.05,
            gate_alpha: 0.3,
            precision: 0.7,
            most_hard: 12.0,
            most_ordinary: 2.0,
        }
    }
}

/// Why training failed.
#[derive(Debug, Error)]
pub enum TrainError {
    /// A label could not be fitted.
    #[error("'{label}' kan niet worden geleerd: {source}")]
    Label {
        /// Which label.
        label: String,
        /// Why.
        source: FitError,
    },
    /// A label has too few examples.
    #[error("'{label}' heeft {count} voorbeelden; minstens {least} zijn nodig: schrijf er meer in models/training")]
    TooFew {
        /// Which label.
        label: String,
        /// How many it has.
        count: usize,
        /// How many are needed.
        least: usize,
    },
    /// A worker thread failed.
    #[error("een rekentaak is onverwacht gestopt")]
    Worker,
}

/// Fits a bundle.
///
/// # Errors
/// Names the label that could not be fitted.
pub fn train(corpus: &Corpus, params: &Params) -> Result<Bundle, TrainError> {
    for label in &corpus.labels {
        let count = corpus.targets(label).iter().filter(|target| **target).count();
        if count < params.folds {
            return Err(TrainError::TooFew { label: label.clone(), count, least: params.folds });
        }
    }
    let separators = fit_all(corpus, params)?;
    let scores = out_of_fold(corpus, params)?;
    let joint = join(corpus, &scores)?;
    let joined: Vec<Vec<f32>> = scores.iter().map(|row| joint.scores(&row.own, row.gate)).collect();
    let column = |place: usize| joined.iter().filter_map(move |row| row.get(place)).map(|score| f64::from(*score));
    let answers: Vec<Vec<Option<bool>>> = corpus.labels.iter().map(|label| answers(corpus, label)).collect();
    let known_of = |place: usize, answers: &[Option<bool>]| -> Vec<(f64, bool)> {
        column(place).zip(answers).filter_map(|(score, answer)| Some((score, (*answer)?))).collect()
    };
    let pooled: Vec<(f64, bool)> =
        answers.iter().enumerate().flat_map(|(place, answers)| known_of(place, answers)).collect();
    let shared = calibrate(&pooled);
    let mut calibrated = Vec::with_capacity(corpus.labels.len());
    for ((place, label), answers) in corpus.labels.iter().enumerate().zip(answers) {
        let platt = shrunk(calibrate(&known_of(place, &answers)), shared, &answers);
        let p = column(place).map(|score| probability(score, platt)).collect();
        calibrated.push(Calibrated { label: label.clone(), platt, p, answers });
    }
    let (precision, high) = thresholds(&corpus.examples, &calibrated, params);
    let labels = calibrated
        .into_iter()
        .zip(&separators.fitted)
        .zip(high)
        .map(|((label, fitted), high)| LabelParams {
            fenomeen: label.label,
            bias: single(fitted.bias),
            platt: label.platt,
            low: single((high / 3.0).max(LEAST_DOUBT)),
            high: single(high),
        })
        .collect();
    Ok(bundle(corpus, params, &separators, labels, joint, precision))
}

/// The score of what is always the same.
const CERTAIN: f64 = 5.0;

/// Below this probability nothing is worth a person's look.
const LEAST_DOUBT: f64 = 0.1;

/// Separators of all labels over one vocabulary; the last is the gate's.
struct Separators {
    vocabulary: Vocabulary,
    fitted: Vec<FittedSparseLogistic>,
}

fn fit_all(corpus: &Corpus, params: &Params) -> Result<Separators, TrainError> {
    let vocabulary =
        Vocabulary::of(corpus.examples.iter().map(|example| (example.title.as_str(), example.text.as_str())));
    let rows = Arc::new(matrix(&vocabulary, corpus));
    let fit = |label: Option<&String>| {
        let answer = |example: &Example| label.map_or_else(|| example.about_any(), |label| example.answer(label));
        let answers: Vec<Option<bool>> = corpus.examples.iter().map(answer).collect();
        let alpha = label.map_or(params.gate_alpha, |_| params.alpha);
        fit_one(&rows, &answers, alpha).map_err(|source| TrainError::Label {
            label: label.map_or_else(|| "enig fenomeen".to_owned(), Clone::clone),
            source,
        })
    };
    // The gate last, as in the columns of the bundle.
    let columns: Vec<Option<&String>> = corpus.labels.iter().map(Some).chain(std::iter::once(None)).collect();
    let fitted = in_parallel(&columns, &fit)?;
    Ok(Separators { vocabulary, fitted })
}

/// Fits one separator on the examples of which the answer is known.
fn fit_one(rows: &Arc<Matrix>, answers: &[Option<bool>], alpha: f64) -> Result<FittedSparseLogistic, FitError> {
    let estimator = SparseLogistic { alpha, iterations: 150, tolerance: 1e-2 };
    let known: Vec<bool> = answers.iter().copied().flatten().collect();
    if let (true, Some(only)) = (known.iter().all(|answer| Some(answer) == known.first()), known.first()) {
        // A part of the corpus may say the same of all: then there is nothing to separate.
        let bias = if *only { CERTAIN } else { -CERTAIN };
        return Ok(FittedSparseLogistic { weights: Array1::zeros(rows.cols()), bias });
    }
    let rows = if known.len() == answers.len() { rows.clone() } else { Arc::new(select(rows, answers)) };
    estimator.fit(&DatasetBase::new(SparseRows(rows), Array1::from(known)))
}

/// The rows whose answer is known.
fn select(rows: &Matrix, answers: &[Option<bool>]) -> Matrix {
    let mut starts = vec![0_u32];
    let (mut indices, mut values) = (Vec::new(), Vec::new());
    for (row, _) in rows.outer_iterator().zip(answers).filter(|(_, answer)| answer.is_some()) {
        indices.extend_from_slice(row.indices());
        values.extend_from_slice(row.data());
        starts.push(small(indices.len()));
    }
    Matrix::new((starts.len() - 1, rows.cols()), starts, indices, values)
}

/// A place in a matrix, which holds far fewer than 2^32 values.
fn small(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// Runs one fit per column on all cores; the order of the answers is that of the columns.
fn in_parallel<T: Send>(
    columns: &[Option<&String>],
    fit: &(dyn Fn(Option<&String>) -> Result<T, TrainError> + Sync),
) -> Result<Vec<T>, TrainError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let size = columns.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = columns
            .chunks(size)
            .map(|chunk| scope.spawn(move || chunk.iter().map(|column| fit(*column)).collect::<Result<Vec<_>, _>>()))
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| TrainError::Worker)??);
        }
        Ok(all)
    })
}

fn matrix(vocabulary: &Vocabulary, corpus: &Corpus) -> Matrix {
    let vectors = corpus.examples.iter().map(|example| vocabulary.vector(&example.title, &example.text));
    let vectors: Vec<Sparse> = vectors.collect();
    let mut starts = vec![0_u32];
    let (mut indices, mut values) = (Vec::new(), Vec::new());
    for vector in &vectors {
        for (index, value) in vector {
            indices.push(*index);
            values.push(*value);
        }
        starts.push(small(indices.len()));
    }
    Matrix::new((vectors.len(), vocabulary.len()), starts, indices, values)
}

/// Scores of one example by separators that never saw its group.
#[derive(Debug, Clone, Default)]
struct Scored {
    own: Vec<f32>,
    gate: f32,
}

fn out_of_fold(corpus: &Corpus, params: &Params) -> Result<Vec<Scored>, TrainError> {
    let mut scored = vec![Scored::default(); corpus.examples.len()];
    for held_out in folds_by_hand(corpus, params.folds, params.seed) {
        let training: Vec<usize> = (0..corpus.examples.len()).filter(|place| !held_out.contains(place)).collect();
        let separators = fit_all(&corpus.subset(&training), params)?;
        let rows = SparseRows(Arc::new(matrix(&separators.vocabulary, &corpus.subset(&held_out))));
        for fitted in &separators.fitted {
            for (place, score) in held_out.iter().zip(fitted.scores(&rows)) {
                if let Some(row) = scored.get_mut(*place) {
                    row.own.push(single(score));
                }
            }
        }
    }
    for row in &mut scored {
        row.gate = row.own.pop().unwrap_or(0.0);
    }
    Ok(scored)
}

/// Places of each fold: groups stay together, and each label is spread evenly, rarest label first.
#[must_use]
pub fn folds(corpus: &Corpus, count: usize, seed: u64) -> Vec<Vec<usize>> {
    let mut by_group: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, group) in corpus.groups.iter().enumerate() {
        by_group.entry(*group).or_default().push(place);
    }
    let mut groups: Vec<Vec<usize>> = by_group.into_values().collect();
    groups.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let main = |places: &Vec<usize>| {
        places.first().and_then(|place| corpus.examples.get(*place)).and_then(|example| example.labels.first().cloned())
    };
    groups.sort_by_key(|places| (main(places), std::cmp::Reverse(places.len())));
    let mut folds = vec![Vec::new(); count.max(1)];
    for (turn, places) in groups.into_iter().enumerate() {
        let fold = turn % count.max(1);
        if let Some(fold) = folds.get_mut(fold) {
            fold.extend(places);
        }
    }
    folds
}

/// Places of each fold such that a fold holds whole hands: what a model says of a writer that it never read is what it will
/// say of the news. Spread by chance, as in [`folds`], are the examples without a hand, and those with a label that too
/// few other hands wrote about.
#[must_use]
pub fn folds_by_hand(corpus: &Corpus, count: usize, seed: u64) -> Vec<Vec<usize>> {
    const ENOUGH: usize = 10;
    let mut by_hand: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut wrote: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (place, example) in corpus.examples.iter().enumerate().filter(|(_, example)| !example.hand.is_empty()) {
        by_hand.entry(&example.hand).or_default().push(place);
        for label in &example.labels {
            *wrote.entry((label, &example.hand)).or_default() += 1;
        }
    }
    let by_others = |label: &str, hand: &str| {
        wrote.iter().filter(|((own, other), _)| *own == label && *other != hand).map(|(_, count)| count).sum::<usize>()
    };
    let spread = folds(corpus, count, seed);
    let mut hands: Vec<(&str, Vec<usize>)> = by_hand.into_iter().collect();
    hands.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    let mut whole = vec![Vec::new(); count.max(1)];
    for (hand, places) in hands {
        let carried = |place: &usize| {
            corpus
                .examples
                .get(*place)
                .is_some_and(|own| own.labels.iter().all(|label| by_others(label, hand) >= ENOUGH))
        };
        if let Some(fold) = whole.iter_mut().min_by_key(|fold: &&mut Vec<usize>| fold.len()) {
            fold.extend(places.into_iter().filter(carried));
        }
    }
    let placed: BTreeSet<usize> = whole.iter().flatten().copied().collect();
    for (fold, places) in whole.iter_mut().zip(spread) {
        fold.extend(places.into_iter().filter(|place| !placed.contains(place)));
    }
    whole
}

/// Learns how the three scores of a label make one, by the same logistic regression, over all labels together: three
/// weights on thousands of pairs of example and label.
fn join(corpus: &Corpus, scored: &[Scored]) -> Result<Joint, TrainError> {
    let (mut starts, mut indices, mut values, mut answers) = (vec![0_u32], Vec::new(), Vec::new(), Vec::new());
    for (example, row) in corpus.examples.iter().zip(scored) {
        for ((label, own), other) in corpus.labels.iter().zip(&row.own).zip(best_others(&row.own)) {
            let Some(answer) = example.answer(label) else { continue };
            indices.extend([0, 1, 2]);
            values.extend([*own, row.gate, other]);
            starts.push(small(indices.len()));
            answers.push(answer);
        }
    }
    let rows = Matrix::new((answers.len(), 3), starts, indices, values);
    let estimator = SparseLogistic { alpha: 1e-3, iterations: 200, tolerance: 1e-4 };
    let fitted = estimator
        .fit(&DatasetBase::new(SparseRows(Arc::new(rows)), Array1::from(answers)))
        .map_err(|source| TrainError::Label { label: "de samengevoegde score".into(), source })?;
    let weight = |place: usize| single(fitted.weights.get(place).copied().unwrap_or(0.0));
    Ok(Joint { own: weight(0), gate: weight(1), other: weight(2), bias: single(fitted.bias) })
}

/// Platt scaling (Platt 1999; Lin, Lin and Weng 2007) as linfa has it: p = 1/(1+exp(a·score+b)).
fn calibrate(known: &[(f64, bool)]) -> (f32, f32) {
    let (scores, answers): (Vec<f64>, Vec<bool>) = known.iter().copied().unzip();
    let params = Platt::<f64, ()>::params().check();
    params
        .ok()
        .and_then(|params| platt_newton_method(Array1::from(scores).view(), Array1::from(answers).view(), &params).ok())
        .map_or((-1.0, 0.0), |(a, b)| (single(a), single(b)))
}

/// A label's own calibration, drawn towards that of all labels together: a hundred carriers weigh as much as the rest.
fn shrunk(own: (f32, f32), shared: (f32, f32), answers: &[Option<bool>]) -> (f32, f32) {
    const WORTH: f64 = 100.0;
    let carriers =
        f64::from(u32::try_from(answers.iter().filter(|answer| **answer == Some(true)).count()).unwrap_or(0));
    let weight = single(carriers / (carriers + WORTH));
    let between = |own: f32, shared: f32| weight * own + (1.0 - weight) * shared;
    (between(own.0, shared.0), between(own.1, shared.1))
}

/// What is known of a label, example by example.
fn answers(corpus: &Corpus, label: &str) -> Vec<Option<bool>> {
    corpus.examples.iter().map(|example| example.answer(label)).collect()
}

/// The calibrated probability of a score.
#[must_use]
pub fn probability(score: f64, (a, b): (f32, f32)) -> f64 {
    super::logistic::sigmoid(-(f64::from(a) * score + f64::from(b)))
}

/// A label with its calibration, and for each example the probability and the truth.
struct Calibrated {
    label: String,
    platt: (f32, f32),
    p: Vec<f64>,
    answers: Vec<Option<bool>>,
}

/// The lowest precision, from the one that was asked upwards, at whose thresholds the negatives stay within their bounds,
/// and the threshold of each label there.
fn thresholds(examples: &[Example], labels: &[Calibrated], params: &Params) -> (f64, Vec<f64>) {
    let mut pooled: Vec<(f64, bool)> =
        labels.iter().flat_map(|label| label.p.iter().copied().zip(&label.answers)).filter_map(known).collect();
    pooled.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut precision = params.precision;
    loop {
        let high: Vec<f64> = labels.iter().map(|label| threshold(label, &pooled, precision)).collect();
        let rate = |hard: bool| {
            let places =
                examples.iter().enumerate().filter(|(_, own)| own.about_any() == Some(false) && own.hard == hard);
            let (mut all, mut wrong) = (0.0_f64, 0.0);
            for (place, _) in places {
                all += 1.0;
                let said = labels.iter().zip(&high).filter(|(own, high)| own.p.get(place).is_some_and(|p| p >= high));
                wrong += f64::from(u32::try_from(said.count()).unwrap_or(0));
            }
            100.0 * wrong / all.max(1.0)
        };
        if precision >= 0.97 || (rate(true) <= params.most_hard && rate(false) <= params.most_ordinary) {
            return (precision, high);
        }
        precision += 0.01;
    }
}

fn known((p, answer): (f64, &Option<bool>)) -> Option<(f64, bool)> {
    answer.map(|answer| (p, answer))
}

/// The lowest probability from which on a label's "ja" is right as often as asked. Some dozens of examples do not carry
/// that alone: the precision of all labels together at the same probability counts as a hundred more answers.
fn threshold(label: &Calibrated, pooled: &[(f64, bool)], precision: f64) -> f64 {
    const WORTH: f64 = 100.0;
    let mut own: Vec<(f64, bool)> = label.p.iter().copied().zip(&label.answers).filter_map(known).collect();
    own.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut all, mut high) = (0.0, 0.0, HIGHEST);
    let (mut pooled_right, mut pooled_all, mut rest) = (0.0, 0.0, pooled.iter().peekable());
    for (p, target) in own {
        while let Some((_, target)) = rest.next_if(|(other, _)| *other >= p) {
            pooled_all += 1.0;
            pooled_right += f64::from(u8::from(*target));
        }
        all += 1.0;
        right += f64::from(u8::from(target));
        let shared = pooled_right / f64::max(pooled_all, 1.0);
        if (right + WORTH * shared) / (all + WORTH) >= precision {
            high = p;
        }
    }
    high.clamp(LOWEST, HIGHEST)
}

/// A "ja" is never given below this probability, and never asks more than the other.
const LOWEST: f64 = 0.25;
const HIGHEST: f64 = 0.9;

/// Keeps features that matter for some label: a weight that moves no score by more than a hundredth of a logit costs
/// space and says nothing.
fn bundle(
    corpus: &Corpus,
    params: &Params,
    separators: &Separators,
    labels: Vec<LabelParams>,
    joint: Joint,
    precision: f64,
) -> Bundle {
    const SMALLEST: f64 = 0.02;
    let size = separators.vocabulary.len();
    let weight = |feature: usize, fitted: &FittedSparseLogistic| fitted.weights.get(feature).copied().unwrap_or(0.0);
    let keep: Vec<bool> = (0..size)
        .map(|feature| separators.fitted.iter().any(|fitted| weight(feature, fitted).abs() >= SMALLEST))
        .collect();
    let weights = (0..size)
        .zip(&keep)
        .filter(|(_, keep)| **keep)
        .flat_map(|(feature, _)| separators.fitted.iter().map(move |fitted| single(weight(feature, fitted))))
        .collect();
    Bundle {
        version: params.version.clone(),
        corpus: corpus.digest(),
        seed: params.seed,
        vocabulary: separators.vocabulary.retain(&keep),
        weights,
        gate_bias: separators.fitted.last().map_or(0.0, |gate| single(gate.bias)),
        joint,
        precision: single(precision),
        labels,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights and probabilities need no more than single precision")]
fn single(value: f64) -> f32 {
    value as f32
}

//! Fitting: one separator per label on sparse features, probabilities by Platt scaling on out-of-fold scores, and two
//! thresholds. The same corpus and seed give the same bytes.

use std::collections::BTreeMap;

use linfa::{
    DatasetBase, ParamGuard,
    composing::platt_scaling::{Platt, platt_newton_method},
    traits::Fit,
};
use ndarray::Array1;
use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use sprs::CsMat;
use thiserror::Error;

use super::{
    bundle::{Bundle, LabelParams},
    corpus::Corpus,
    features::{Sparse, Vocabulary},
    logistic::{FitError, FittedSparseLogistic, SparseLogistic, SparseRows},
};

/// Knobs of a training run.
#[derive(Debug, Clone)]
pub struct Params {
    /// Version name of the bundle.
    pub version: String,
    /// Seed of the folds.
    pub seed: u64,
    /// Folds of the cross-fit that calibration and thresholds rest on.
    pub folds: usize,
    /// Penalty of the separators.
    pub alpha: f64,
    /// "ja" must be right at least this often, by the lower end of a 95% Wilson interval.
    pub precision: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { version: "proef".into(), seed: 1, folds: 5, alpha: 0.15, precision: 0.75 }
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
    let mut labels = Vec::new();
    let mut pooled: Vec<(f64, bool)> = Vec::new();
    for ((label, fitted), scores) in corpus.labels.iter().zip(&separators.fitted).zip(&scores) {
        let targets = corpus.targets(label);
        let platt = calibrate(scores, &targets);
        pooled.extend(scores.iter().zip(&targets).map(|(score, target)| (probability(*score, platt), *target)));
        labels.push(LabelParams { fenomeen: label.clone(), bias: single(fitted.bias), platt, low: 0.0, high: 0.0 });
    }
    let (low, high) = thresholds(&mut pooled, params.precision);
    for label in &mut labels {
        (label.low, label.high) = (single(low), single(high));
    }
    Ok(bundle(corpus, params, &separators, labels))
}

/// Separators of all labels over one vocabulary.
struct Separators {
    vocabulary: Vocabulary,
    fitted: Vec<FittedSparseLogistic>,
}

fn fit_all(corpus: &Corpus, params: &Params) -> Result<Separators, TrainError> {
    let vocabulary =
        Vocabulary::of(corpus.examples.iter().map(|example| (example.title.as_str(), example.text.as_str())));
    let rows = matrix(&vocabulary, corpus);
    let estimator = SparseLogistic { alpha: params.alpha, iterations: 150, tolerance: 1e-3 };
    let fit = |label: &String| {
        let dataset = DatasetBase::new(SparseRows(rows.clone()), Array1::from(corpus.targets(label)));
        estimator.fit(&dataset).map_err(|source| TrainError::Label { label: label.clone(), source })
    };
    let fitted = in_parallel(&corpus.labels, &fit)?;
    Ok(Separators { vocabulary, fitted })
}

/// Runs one fit per label on all cores; the order of the answers is that of the labels.
fn in_parallel<T: Send>(
    labels: &[String],
    fit: &(dyn Fn(&String) -> Result<T, TrainError> + Sync),
) -> Result<Vec<T>, TrainError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let size = labels.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = labels
            .chunks(size)
            .map(|chunk| scope.spawn(move || chunk.iter().map(fit).collect::<Result<Vec<_>, _>>()))
            .collect();
        let mut all = Vec::new();
        for worker in workers {
            all.extend(worker.join().map_err(|_| TrainError::Worker)??);
        }
        Ok(all)
    })
}

fn matrix(vocabulary: &Vocabulary, corpus: &Corpus) -> CsMat<f64> {
    let vectors: Vec<Sparse> =
        corpus.examples.iter().map(|example| vocabulary.vector(&example.title, &example.text)).collect();
    let mut starts = vec![0_usize];
    let (mut indices, mut values) = (Vec::new(), Vec::new());
    for vector in &vectors {
        for (index, value) in vector {
            indices.push(*index as usize);
            values.push(f64::from(*value));
        }
        starts.push(indices.len());
    }
    CsMat::new((vectors.len(), vocabulary.len()), starts, indices, values)
}

/// Scores of each example by separators that never saw its group, label by label.
fn out_of_fold(corpus: &Corpus, params: &Params) -> Result<Vec<Vec<f64>>, TrainError> {
    let mut scores = vec![vec![0.0; corpus.examples.len()]; corpus.labels.len()];
    for held_out in folds(corpus, params.folds, params.seed) {
        let training: Vec<usize> = (0..corpus.examples.len()).filter(|place| !held_out.contains(place)).collect();
        let separators = fit_all(&corpus.subset(&training), params)?;
        let rows = SparseRows(matrix(&separators.vocabulary, &corpus.subset(&held_out)));
        for (fitted, all) in separators.fitted.iter().zip(&mut scores) {
            for (place, score) in held_out.iter().zip(fitted.scores(&rows)) {
                if let Some(slot) = all.get_mut(*place) {
                    *slot = score;
                }
            }
        }
    }
    Ok(scores)
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

/// Platt scaling (Platt 1999; Lin, Lin and Weng 2007) as linfa has it: p = 1/(1+exp(a·score+b)).
fn calibrate(scores: &[f64], targets: &[bool]) -> (f32, f32) {
    let params = Platt::<f64, ()>::params().check();
    let scores = Array1::from(scores.to_vec());
    params
        .ok()
        .and_then(|params| platt_newton_method(scores.view(), Array1::from(targets.to_vec()).view(), &params).ok())
        .map_or((-1.0, 0.0), |(a, b)| (single(a), single(b)))
}

/// The calibrated probability of a score.
#[must_use]
pub fn probability(score: f64, (a, b): (f32, f32)) -> f64 {
    super::logistic::sigmoid(-(f64::from(a) * score + f64::from(b)))
}

/// One pair of thresholds over all labels together, for with a few dozen examples a label cannot carry its own: "ja" at
/// the lowest probability from which on precision is as asked, "twijfel" at a third of that.
fn thresholds(pooled: &mut [(f64, bool)], precision: f64) -> (f64, f64) {
    pooled.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut right, mut all, mut high) = (0.0, 0.0, 0.9);
    for (p, target) in pooled.iter() {
        all += 1.0;
        right += f64::from(u8::from(*target));
        if wilson_lower(right, all) >= precision {
            high = *p;
        }
    }
    let high = high.clamp(0.3, 0.9);
    (high / 3.0, high)
}

/// Lower end of the 95% Wilson interval (Wilson 1927) of `right` out of `all`.
#[must_use]
pub fn wilson_lower(right: f64, all: f64) -> f64 {
    const Z: f64 = 1.959_964;
    let share = right / all;
    let centre = share + Z * Z / (2.0 * all);
    let spread = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    (centre - spread) / (1.0 + Z * Z / all)
}

/// Keeps features that matter for some label: a weight that moves no score by more than a hundredth of a logit costs
/// space and says nothing.
fn bundle(corpus: &Corpus, params: &Params, separators: &Separators, labels: Vec<LabelParams>) -> Bundle {
    const SMALLEST: f64 = 0.01;
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
        labels,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "weights and probabilities need no more than single precision")]
fn single(value: f64) -> f32 {
    value as f32
}

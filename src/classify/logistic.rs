//! Logistic regression on sparse rows as a linfa estimator. linfa's own takes dense arrays only, which for twenty labels
//! over tens of thousands of n-grams costs half an hour and hundreds of megabytes; the loss, the penalty and the solver
//! (L-BFGS of argmin with a More-Thuente line search) are the same, and a test holds the two together.

use std::{cell::RefCell, sync::Arc};

use argmin::{
    core::{CostFunction, Error as ArgminError, Executor, Gradient, State},
    solver::{linesearch::MoreThuenteLineSearch, quasinewton::LBFGS},
};
use linfa::{
    DatasetBase,
    dataset::Records,
    traits::{Fit, PredictInplace},
};
use ndarray::Array1;
use sprs::CsMatI;
use thiserror::Error;

/// A sparse matrix in half the bytes: a fit reads it a hundred times, and memory is what it waits for.
pub type Matrix = CsMatI<f32, u32>;

/// Sparse rows as linfa records; a newtype, because linfa and sprs are both foreign. Twenty labels share one matrix.
#[derive(Clone)]
pub struct SparseRows(pub Arc<Matrix>);

impl Records for SparseRows {
    type Elem = f64;

    fn nsamples(&self) -> usize {
        self.0.rows()
    }

    fn nfeatures(&self) -> usize {
        self.0.cols()
    }
}

/// Why a model cannot be fitted.
#[derive(Debug, Error)]
pub enum FitError {
    /// linfa's own errors.
    #[error(transparent)]
    Linfa(#[from] linfa::error::Error),
    /// The solver gave up.
    #[error("de optimalisatie liep vast: {0}")]
    Solver(#[from] ArgminError),
    /// All examples say the same.
    #[error("alle voorbeelden hebben hetzelfde antwoord")]
    OneClass,
}

/// Parameters: L2 penalty on the weights (not on the bias) and the most iterations.
#[derive(Debug, Clone, Copy)]
pub struct SparseLogistic {
    /// Weight of the penalty: alpha/2 times the squared length of the weights, against the summed log loss.
    pub alpha: f64,
    /// Most iterations of L-BFGS.
    pub iterations: u64,
    /// The solver stops when the gradient is shorter than this.
    pub tolerance: f64,
}

/// A fitted separator; positive scores say yes.
#[derive(Debug, Clone)]
pub struct FittedSparseLogistic {
    /// One weight per feature.
    pub weights: Array1<f64>,
    /// The score of an empty row.
    pub bias: f64,
}

impl Fit<SparseRows, Array1<bool>, FitError> for SparseLogistic {
    type Object = FittedSparseLogistic;

    fn fit(&self, dataset: &DatasetBase<SparseRows, Array1<bool>>) -> Result<Self::Object, FitError> {
        let targets = dataset.targets();
        let positives = targets.iter().filter(|target| **target).count();
        if positives == 0 || positives == targets.len() {
            return Err(FitError::OneClass);
        }
        let problem = Problem {
            rows: &dataset.records().0,
            signs: targets.iter().map(|target| if *target { 1.0 } else { -1.0 }).collect(),
            alpha: self.alpha,
            last: RefCell::default(),
        };
        let start = Array1::zeros(dataset.nfeatures() + 1);
        let solver = LBFGS::new(MoreThuenteLineSearch::new(), 8).with_tolerance_grad(self.tolerance)?;
        let result = Executor::new(problem, solver)
            .configure(|state| state.param(start.clone()).max_iters(self.iterations))
            .run()?;
        let found = result.state.get_best_param().cloned().unwrap_or(start);
        let bias = found.last().copied().unwrap_or(0.0);
        let weights = found.iter().take(dataset.nfeatures()).copied().collect();
        Ok(FittedSparseLogistic { weights, bias })
    }
}

impl FittedSparseLogistic {
    /// The score of each row, in logits before calibration.
    #[must_use]
    pub fn scores(&self, rows: &SparseRows) -> Array1<f64> {
        let mut scores = self.default_target(rows);
        self.predict_inplace(rows, &mut scores);
        scores
    }
}

impl PredictInplace<SparseRows, Array1<f64>> for FittedSparseLogistic {
    /// Writes the score of each row, in logits before calibration.
    fn predict_inplace(&self, rows: &SparseRows, scores: &mut Array1<f64>) {
        let weights = self.weights.as_slice().unwrap_or_default();
        for (row, score) in rows.0.outer_iterator().zip(scores.iter_mut()) {
            *score = self.bias + dot(row.indices(), row.data(), weights);
        }
    }

    fn default_target(&self, rows: &SparseRows) -> Array1<f64> {
        Array1::zeros(rows.nsamples())
    }
}

/// A sparse row times dense weights.
fn dot(indices: &[u32], values: &[f32], weights: &[f64]) -> f64 {
    let weight = |index: &u32| weights.get(*index as usize).copied().unwrap_or(0.0);
    indices.iter().zip(values).map(|(index, value)| f64::from(*value) * weight(index)).sum()
}

/// Summed log loss with a penalty on the weights. The last parameter is the bias.
struct Problem<'a> {
    rows: &'a Matrix,
    signs: Vec<f64>,
    alpha: f64,
    /// Margins of the parameters that were asked last: the solver asks cost and gradient at the same point.
    last: RefCell<(Array1<f64>, Vec<f64>)>,
}

impl Problem<'_> {
    /// Calls `then` with the margins at these parameters.
    fn with_margins<T>(&self, parameters: &Array1<f64>, then: impl FnOnce(&[f64]) -> T) -> T {
        let mut last = self.last.borrow_mut();
        if last.0 != parameters {
            let bias = parameters.last().copied().unwrap_or(0.0);
            let weights = parameters.as_slice().unwrap_or_default();
            last.1.clear();
            last.1.extend(
                self.rows
                    .outer_iterator()
                    .zip(&self.signs)
                    .map(|(row, sign)| sign * (dot(row.indices(), row.data(), weights) + bias)),
            );
            last.0.clone_from(parameters);
        }
        then(&last.1)
    }
}

impl CostFunction for Problem<'_> {
    type Param = Array1<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Self::Param) -> Result<f64, ArgminError> {
        let loss: f64 = self.with_margins(parameters, |margins| margins.iter().copied().map(log_loss).sum());
        let bias = parameters.last().copied().unwrap_or(0.0);
        let penalty: f64 = parameters.iter().map(|weight| weight * weight).sum::<f64>() - bias * bias;
        Ok(loss + 0.5 * self.alpha * penalty)
    }
}

impl Gradient for Problem<'_> {
    type Param = Array1<f64>;
    type Gradient = Array1<f64>;

    fn gradient(&self, parameters: &Self::Param) -> Result<Self::Gradient, ArgminError> {
        let mut gradient = parameters * self.alpha;
        let mut bias = 0.0;
        let slots = gradient.as_slice_mut().unwrap_or_default();
        self.with_margins(parameters, |margins| {
            for ((row, sign), margin) in self.rows.outer_iterator().zip(&self.signs).zip(margins) {
                let pull = -sign * sigmoid(-margin);
                bias += pull;
                for (index, value) in row.indices().iter().zip(row.data()) {
                    if let Some(part) = slots.get_mut(*index as usize) {
                        *part += pull * f64::from(*value);
                    }
                }
            }
        });
        if let Some(last) = gradient.last_mut() {
            *last = bias;
        }
        Ok(gradient)
    }
}

/// ln(1 + exp(-m)) without overflow.
fn log_loss(margin: f64) -> f64 {
    if margin > 0.0 { (-margin).exp().ln_1p() } else { margin.exp().ln_1p() - margin }
}

/// 1 / (1 + exp(-x)).
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use linfa::Dataset;
    use linfa_logistic::LogisticRegression;
    use ndarray::Array2;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use sprs::TriMatI;

    use super::*;

    #[test]
    fn it_finds_the_weights_of_dense_linfa_logistic() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let (rows, columns) = (300, 12);
        let mut sparse = TriMatI::<f32, u32>::new((rows, columns));
        let mut dense = Array2::<f64>::zeros((rows, columns));
        let mut targets = Vec::new();
        for row in 0..rows {
            let mut score = -0.7;
            for column in 0..columns {
                if random.gen_bool(0.3) {
                    let value: f32 = random.gen_range(0.1..1.0);
                    sparse.add_triplet(row, column, value);
                    dense[(row, column)] = f64::from(value);
                    score += f64::from(value) * (column as f64 - 5.0) / 2.0;
                }
            }
            targets.push(random.gen_bool(sigmoid(score)));
        }
        let ours = SparseLogistic { alpha: 1.0, iterations: 200, tolerance: 1e-8 }
            .fit(&DatasetBase::new(SparseRows(Arc::new(sparse.to_csr())), Array1::from(targets.clone())))
            .expect("fits");
        let labels = Array1::from(targets.iter().map(|yes| usize::from(*yes)).collect::<Vec<_>>());
        let theirs = LogisticRegression::default()
            .alpha(1.0)
            .max_iterations(200)
            .gradient_tolerance(1e-8)
            .fit(&Dataset::new(dense, labels))
            .expect("fits");
        // Their positive class is not always label 1: read it.
        let sign = if theirs.labels().pos.class == 1 { 1.0 } else { -1.0 };
        for (our, their) in ours.weights.iter().zip(theirs.params()) {
            assert!((our - sign * their).abs() < 1e-3, "{our} {their}");
        }
        assert!((ours.bias - sign * theirs.intercept()).abs() < 1e-3);
        assert_eq!(ours.scores(&SparseRows(Arc::new(sparse.to_csr()))).len(), rows);
    }

    #[test]
    fn one_class_is_an_error_and_no_panic() {
        let rows = SparseRows(Arc::new(TriMatI::<f32, u32>::new((3, 2)).to_csr()));
        let dataset = DatasetBase::new(rows, Array1::from(vec![true, true, true]));
        let outcome = SparseLogistic { alpha: 1.0, iterations: 10, tolerance: 1e-4 }.fit(&dataset);
        assert!(matches!(outcome, Err(FitError::OneClass)));
    }
}

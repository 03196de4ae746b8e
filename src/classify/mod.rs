//! What is an item about? Fenomenen by a fitted linear model, instruments and branches by word lists. The model is fitted
//! with linfa (see [`train`]); judging is a sparse dot product.

pub mod bundle;
pub mod check;
pub mod compare;
pub mod corpus;
pub mod evaluate;
pub mod features;
pub mod lexicon;
pub mod logistic;
pub mod measures;
pub mod plots;
pub mod train;
pub mod weak;
mod why;

use crate::domain::verdict::{Label, Outcome};
use bundle::Bundle;
use features::Sparse;

/// Words and phrases that are kept with an answer.
const REASONS: usize = 6;

/// The fitted model, ready to judge.
pub struct Classifier {
    bundle: Bundle,
}

impl Classifier {
    /// A classifier of a bundle.
    #[must_use]
    pub fn new(bundle: Bundle) -> Self {
        Self { bundle }
    }

    /// Version of the model.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.bundle.version
    }

    /// Labels that the model knows, in its order.
    pub fn fenomenen(&self) -> impl Iterator<Item = &str> {
        self.bundle.labels.iter().map(|label| label.fenomeen.as_str())
    }

    /// The threshold of a label's "ja".
    #[must_use]
    pub fn threshold(&self, fenomeen: &str) -> Option<f64> {
        let label = self.bundle.labels.iter().find(|label| label.fenomeen == fenomeen)?;
        Some(f64::from(label.high))
    }

    /// The answer for every label. The model is Dutch: a text in another language gets no "ja".
    #[must_use]
    pub fn judge(&self, title: &str, text: &str, language: &str) -> Vec<Label> {
        let scores = self.scores(&self.bundle.vocabulary.vector(title, text));
        self.bundle
            .labels
            .iter()
            .zip(scores)
            .map(|(label, score)| {
                let p = train::probability(f64::from(score), label.platt);
                let outcome = if p >= f64::from(label.high) && language == "nl" {
                    Outcome::Ja
                } else if p >= f64::from(label.low) {
                    Outcome::Twijfel
                } else {
                    Outcome::Nee
                };
                Label { fenomeen: label.fenomeen.clone(), p, outcome, why: Vec::new() }
            })
            .collect()
    }

    /// As [`Self::judge`], with the words that carried each answer other than "nee".
    #[must_use]
    pub fn judge_with_why(&self, title: &str, text: &str, language: &str) -> Vec<Label> {
        let mut labels = self.judge(title, text, language);
        for label in labels.iter_mut().filter(|label| label.outcome != Outcome::Nee) {
            label.why = self.explain(title, text, &label.fenomeen, REASONS);
        }
        labels
    }

    /// Share of the different words of a text that the model has never read, 0 to 1.
    #[must_use]
    pub fn unknown(&self, title: &str, text: &str) -> f64 {
        self.bundle.vocabulary.unknown(title, text)
    }

    /// Joint scores of all labels, in logits before calibration.
    fn scores(&self, vector: &Sparse) -> Vec<f32> {
        let columns = self.bundle.columns();
        let mut own: Vec<f32> = self.bundle.labels.iter().map(|label| label.bias).collect();
        own.push(self.bundle.gate_bias);
        for (index, value) in vector {
            let start = *index as usize * columns;
            let Some(weights) = self.bundle.weights.get(start..start + columns) else { continue };
            for (score, weight) in own.iter_mut().zip(weights) {
                *score += weight * value;
            }
        }
        let gate = own.pop().unwrap_or(0.0);
        self.bundle.joint.scores(&own, gate)
    }
}

//! What is an item about? Fenomenen by a fitted linear model, instruments and branches by word lists. The model is fitted
//! with linfa (see [`train`]); judging is a sparse dot product.

pub mod bundle;
pub mod corpus;
pub mod evaluate;
pub mod features;
pub mod lexicon;
pub mod logistic;
pub mod train;

use std::collections::BTreeMap;

use crate::domain::verdict::{Label, Outcome, Reason};
use bundle::Bundle;

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

    /// The answer for every label. The model is Dutch: a text in another language gets no "ja".
    #[must_use]
    pub fn judge(&self, title: &str, text: &str, language: &str) -> Vec<Label> {
        let vector = self.bundle.vocabulary.vector(title, text);
        let count = self.bundle.labels.len();
        let mut scores: Vec<f32> = self.bundle.labels.iter().map(|label| label.bias).collect();
        for (index, value) in vector {
            let start = index as usize * count;
            let Some(weights) = self.bundle.weights.get(start..start + count) else { continue };
            for (score, weight) in scores.iter_mut().zip(weights) {
                *score += weight * value;
            }
        }
        let labels = self.bundle.labels.iter().zip(scores);
        labels
            .map(|(label, score)| {
                let p = train::probability(f64::from(score), label.platt);
                let outcome = if p >= f64::from(label.high) && language == "nl" {
                    Outcome::Ja
                } else if p >= f64::from(label.low) {
                    Outcome::Twijfel
                } else {
                    Outcome::Nee
                };
                Label { fenomeen: label.fenomeen.clone(), p, outcome }
            })
            .collect()
    }

    /// The words that moved a label most, strongest first, in logits. A word counts with its own feature, its pairs and
    /// its pieces.
    #[must_use]
    pub fn explain(&self, title: &str, text: &str, fenomeen: &str, most: usize) -> Vec<Reason> {
        let Some(place) = self.bundle.labels.iter().position(|label| label.fenomeen == fenomeen) else {
            return Vec::new();
        };
        let count = self.bundle.labels.len();
        let (words, uses) = self.bundle.vocabulary.trace(title, text);
        let values: BTreeMap<u32, f32> = self.bundle.vocabulary.vector(title, text).into_iter().collect();
        let mut times: BTreeMap<u32, f32> = BTreeMap::new();
        for (index, _) in &uses {
            *times.entry(*index).or_default() += 1.0;
        }
        // A feature's share of the score is divided over the words that gave it.
        let mut by_word: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        for (index, word) in &uses {
            let Some(word) = words.get(*word) else { continue };
            let weight = self.bundle.weights.get(*index as usize * count + place).copied().unwrap_or(0.0);
            let share = weight * values.get(index).copied().unwrap_or(0.0) / times.get(index).copied().unwrap_or(1.0);
            let entry = by_word.entry(&word.form).or_insert((word.start, 0.0));
            entry.1 += f64::from(share);
        }
        let mut reasons: Vec<Reason> =
            by_word.into_iter().map(|(word, (_, weight))| Reason { word: word.to_owned(), weight }).collect();
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()).then_with(|| a.word.cmp(&b.word)));
        reasons.truncate(most);
        reasons
    }
}

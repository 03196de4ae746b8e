//! The fitted model as one file: a mark, a format number, the content, and a checksum, so that half a file or a file of
//! another version is one clear sentence and never a wrong answer.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use thiserror::Error;

use super::features::Vocabulary;

const MARK: &[u8; 8] = b"UITKIJK\0";
const FORMAT: u32 = 2;

/// Why a bundle cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum BundleError {
    /// Not a bundle at all.
    #[error("dit is geen model van Uitkijk")]
    NotABundle,
    /// Made by another version of the program.
    #[error("dit model heeft formaat {0}; deze versie leest formaat {FORMAT}: maak het opnieuw met 'uitkijk train'")]
    Format(u32),
    /// Cut off or changed.
    #[error("het model is beschadigd of afgekapt; zet het bestand terug of maak het opnieuw met 'uitkijk train'")]
    Damaged,
}

/// One label's calibration and thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelParams {
    /// Fenomeen id.
    pub fenomeen: String,
    /// Bias of the separator.
    pub bias: f32,
    /// Platt scaling of the joint score: p = 1/(1+exp(a·score+b)).
    pub platt: (f32, f32),
    /// From this probability on the answer is "twijfel".
    pub low: f32,
    /// From this probability on the answer is "ja".
    pub high: f32,
}

/// How a label's own score, the gate ("is this about any fenomeen at all?") and the best other label make one score. The
/// gate is one separator over all labels together; it has seen far more examples than any label and keeps lookalikes out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Joint {
    /// Weight of the label's own score.
    pub own: f32,
    /// Weight of the gate's score.
    pub gate: f32,
    /// Weight of the highest score among the other labels.
    pub other: f32,
    /// Constant.
    pub bias: f32,
}

impl Joint {
    /// Joint scores of all labels, from their own scores and the gate's.
    #[must_use]
    pub fn scores(self, own: &[f32], gate: f32) -> Vec<f32> {
        own.iter()
            .zip(best_others(own))
            .map(|(score, other)| self.own * score + self.gate * gate + self.other * other + self.bias)
            .collect()
    }
}

/// For each label the highest score among the others; for a single label its own negative, as "none of the others".
#[must_use]
pub fn best_others(own: &[f32]) -> Vec<f32> {
    let (mut first, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for score in own {
        if *score > first {
            (first, second) = (*score, first);
        } else if *score > second {
            second = *score;
        }
    }
    let other = |score: f32| if score < first { first } else { second };
    own.iter().map(|score| Some(other(*score)).filter(|other| other.is_finite()).unwrap_or(-score)).collect()
}

/// The fitted model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bundle {
    /// Version name, equal to its folder.
    pub version: String,
    /// Digest of the training texts and labels.
    pub corpus: String,
    /// Seed of folds.
    pub seed: u64,
    /// Features.
    pub vocabulary: Vocabulary,
    /// Weights, feature by feature: `weights[feature * columns + label]`; the last column is the gate's.
    pub weights: Vec<f32>,
    /// Bias of the gate.
    pub gate_bias: f32,
    /// How scores are joined.
    pub joint: Joint,
    /// The precision that the thresholds were chosen for.
    pub precision: f32,
    /// The labels in order.
    pub labels: Vec<LabelParams>,
}

impl Bundle {
    /// Columns of the weights: one per label, and the gate.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.labels.len() + 1
    }

    /// The file's bytes; the same for the same content.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let content = postcard::to_stdvec(self).unwrap_or_default();
        let mut bytes = MARK.to_vec();
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(checksum(&content).to_le_bytes());
        bytes.extend(content);
        bytes
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// Says in one sentence what is wrong with the file.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        let rest = bytes.strip_prefix(MARK.as_slice()).ok_or(BundleError::NotABundle)?;
        let (format, rest) = rest.split_first_chunk::<4>().ok_or(BundleError::Damaged)?;
        let format = u32::from_le_bytes(*format);
        if format != FORMAT {
            return Err(BundleError::Format(format));
        }
        let (sum, content) = rest.split_first_chunk::<8>().ok_or(BundleError::Damaged)?;
        if u64::from_le_bytes(*sum) != checksum(content) {
            return Err(BundleError::Damaged);
        }
        let bundle: Self = postcard::from_bytes(content).map_err(|_| BundleError::Damaged)?;
        if bundle.weights.len() != bundle.vocabulary.len() * bundle.columns() {
            return Err(BundleError::Damaged);
        }
        Ok(bundle)
    }
}

fn checksum(content: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(FORMAT.into(), 0);
    hasher.write(content);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_read_back_and_a_damaged_one_is_refused() {
        let bundle = Bundle {
            version: "proef".into(),
            corpus: "0".into(),
            seed: 1,
            vocabulary: Vocabulary::of([("", "een twee"), ("", "een drie"), ("", "vier"), ("", "vijf")].into_iter()),
            weights: Vec::new(),
            gate_bias: 0.0,
            joint: Joint { own: 1.0, gate: 0.5, other: -0.5, bias: 0.0 },
            precision: 0.8,
            labels: Vec::new(),
        };
        let bundle = Bundle { weights: vec![0.5; bundle.vocabulary.len()], ..bundle };
        let bytes = bundle.to_bytes();
        assert_eq!(Bundle::from_bytes(&bytes), Ok(bundle));
        assert_eq!(Bundle::from_bytes(b"tekst"), Err(BundleError::NotABundle));
        assert_eq!(Bundle::from_bytes(bytes.get(..bytes.len() / 2).expect("half")), Err(BundleError::Damaged));
        let mut other = bytes.clone();
        if let Some(byte) = other.get_mut(8) {
            *byte = 9;
        }
        assert_eq!(Bundle::from_bytes(&other), Err(BundleError::Format(9)));
    }

    #[test]
    fn the_best_other_label_is_never_the_label_itself() {
        assert_eq!(best_others(&[1.0, 3.0, 2.0]), [3.0, 2.0, 3.0]);
        assert_eq!(best_others(&[2.0, 2.0]), [2.0, 2.0]);
        assert_eq!(best_others(&[-1.5]), [1.5]);
    }
}

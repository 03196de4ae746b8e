//! Why a label was given: the words and phrases of this very text that moved its score, as spans. The model holds hashes
//! and no words, so that an explanation can only be made of the text at hand.

use std::collections::BTreeMap;

use super::{Classifier, features::Word};
use crate::domain::verdict::{Part, Reason};

/// Words at most this many bytes apart belong to one phrase.
const BETWEEN: usize = 1;
/// A phrase has at most this many words.
const LONGEST: usize = 4;

impl Classifier {
    /// The phrases that moved a label most, strongest first, in logits before calibration. A word counts with its own
    /// feature, its pairs, its pieces and its share of a citation; neighbours that pull the same way are one phrase, and a
    /// phrase that occurs more often is told once, with its weights added up.
    #[must_use]
    pub fn explain(&self, title: &str, text: &str, fenomeen: &str, most: usize) -> Vec<Reason> {
        let Some(label) = self.bundle.labels.iter().position(|label| label.fenomeen == fenomeen) else {
            return Vec::new();
        };
        let (words, shares) = self.shares(title, text, label);
        let of = |word: &Word| if word.in_title { title } else { text };
        // A word that matters is one that moves the score by a twentieth of the strongest word or more.
        let strongest = shares.iter().fold(0.0_f64, |most, share| most.max(share.abs()));
        let mut phrases: Vec<(Reason, usize)> = Vec::new();
        for (word, share) in words.iter().zip(&shares) {
            if share.abs() < strongest / 20.0 {
                continue;
            }
            let part = if word.in_title { Part::Title } else { Part::Text };
            let joined = phrases.last_mut().filter(|(reason, count)| {
                let gap = of(word).get(reason.end..word.start);
                reason.part == part
                    && *count < LONGEST
                    && reason.weight.signum() == share.signum()
                    && gap.is_some_and(|gap| gap.len() <= BETWEEN && gap.chars().all(|c| c == ' ' || c == '-'))
            });
            match joined {
                Some((reason, count)) => {
                    reason.end = word.end;
                    reason.weight += share;
                    *count += 1;
                }
                None => phrases
                    .push((Reason { word: String::new(), part, start: word.start, end: word.end, weight: *share }, 1)),
            }
        }
        let mut told: BTreeMap<String, Reason> = BTreeMap::new();
        for (mut reason, _) in phrases {
            let part = if reason.part == Part::Title { title } else { text };
            part.get(reason.start..reason.end).unwrap_or_default().clone_into(&mut reason.word);
            told.entry(reason.word.to_lowercase()).and_modify(|first| first.weight += reason.weight).or_insert(reason);
        }
        let mut reasons: Vec<Reason> = told.into_values().collect();
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()).then_with(|| a.word.cmp(&b.word)));
        reasons.truncate(most);
        reasons
    }

    /// Each word's share in the joint score of a label: its own weights and those of the gate.
    fn shares(&self, title: &str, text: &str, label: usize) -> (Vec<Word>, Vec<f64>) {
        let bundle = &self.bundle;
        let columns = bundle.columns();
        let (words, uses) = bundle.vocabulary.trace(title, text);
        let values: BTreeMap<u32, f32> = bundle.vocabulary.vector(title, text).into_iter().collect();
        let mut times: BTreeMap<u32, f32> = BTreeMap::new();
        for (index, _) in &uses {
            *times.entry(*index).or_default() += 1.0;
        }
        let mut shares = vec![0.0; words.len()];
        for (index, place) in &uses {
            let row = *index as usize * columns;
            let weight = |column: usize| bundle.weights.get(row + column).copied().unwrap_or(0.0);
            let joint = bundle.joint.own * weight(label) + bundle.joint.gate * weight(columns - 1);
            // A feature's share of the score is divided over the words that gave it.
            let value = values.get(index).copied().unwrap_or(0.0) / times.get(index).copied().unwrap_or(1.0);
            if let Some(share) = shares.get_mut(*place) {
                *share += f64::from(joint * value);
            }
        }
        (words, shares)
    }
}

//! What the classifier says of an item: fenomenen with probabilities, and the other three axes by rule.

use serde::{Deserialize, Serialize};

/// Three answers: counted, to be reviewed, not this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// At or above the label's threshold.
    Ja,
    /// Between the two thresholds: for review, not for counts.
    Twijfel,
    /// Below the lower threshold.
    Nee,
}

impl Outcome {
    /// Name in the store and in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::Twijfel => "twijfel",
            Self::Nee => "nee",
        }
    }
}

/// One fenomeen's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// Fenomeen id.
    pub fenomeen: String,
    /// Calibrated probability, 0 to 1.
    pub p: f64,
    /// The answer.
    pub outcome: Outcome,
    /// The words that carried it; filled for answers other than "nee".
    pub why: Vec<Reason>,
}

/// The answers on all four axes for one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Version of the model that spoke.
    pub model: String,
    /// All fenomenen of the model, in its order.
    pub labels: Vec<Label>,
    /// Share of the different words that the model had never read, 0 to 1.
    pub unknown: f64,
    /// Ids of instruments.
    pub instrumenten: Vec<String>,
    /// CBS codes of gemeenten, in order of first mention.
    pub gebieden: Vec<String>,
    /// Ids of branches.
    pub branches: Vec<String>,
}

impl Verdict {
    /// The labels with that answer, most probable first.
    #[must_use]
    pub fn with(&self, outcome: Outcome) -> Vec<&Label> {
        let mut labels: Vec<&Label> = self.labels.iter().filter(|label| label.outcome == outcome).collect();
        labels.sort_by(|a, b| b.p.total_cmp(&a.p));
        labels
    }
}

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// In the title.
    Title,
    /// In the text, or in the article behind it.
    Text,
}

/// A word or phrase of the text and how much it moved one label's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The phrase as it stands there.
    pub word: String,
    /// Where it stands.
    pub part: Part,
    /// First byte within its part.
    pub start: usize,
    /// Byte after its last.
    pub end: usize,
    /// Logits before calibration; positive speaks for the label, negative against it.
    pub weight: f64,
}

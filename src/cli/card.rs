//! The card of a model: `CARD.md`, `evaluation.json` and two pictures.

use std::path::Path;

use super::{Failure, model::write};
use crate::classify::{bundle::Bundle, corpus::Corpus, evaluate::Report, plots, train::Params};

/// The card tells what the model is made of and how good it is; it is written by the program, so that it cannot be
/// prettier than the figures.
pub(super) struct Card<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) size: usize,
    pub(super) report: &'a Report,
    pub(super) held_out: &'a Report,
    pub(super) unseen: &'a Report,
    pub(super) real: Option<String>,
}

impl Card<'_> {
    pub(super) fn write(&self, folder: &Path, corpus: &Corpus) -> Result<(), Failure> {
        write(folder, "CARD.md", self.text(corpus).as_bytes())?;
        let figures = serde_json::json!({
            "version": self.bundle.version, "corpus": self.bundle.corpus, "cross_validation": self.report,
            "held_out_register": self.held_out, "other_writer": self.unseen, "real_text": self.real,
        });
        write(folder, "evaluation.json", (serde_json::to_string_pretty(&figures)? + "\n").as_bytes())?;
        let drawn =
            |picture: Result<String, String>| picture.map_err(|error| anyhow::anyhow!("een plaatje tekenen: {error}"));
        write(folder, "reliability.svg", drawn(plots::reliability(self.report))?.as_bytes())?;
        write(folder, "precision-recall.svg", drawn(plots::precision_recall(self.report))?.as_bytes())
    }

    fn text(&self, corpus: &Corpus) -> String {
        let bundle = self.bundle;
        let (ordinary, hard) = self.report.negatives;
        let thresholds: Vec<String> =
            bundle.labels.iter().map(|label| format!("{} {:.2}", label.fenomeen, label.high)).collect();
        format!(
            "# Model {}\n\nOne-vs-rest logistic regression on words, pairs of words, character n-grams (3 to 5), the title, and cited articles;\n\
             a gate over all labels together; the scores joined by a third regression; Platt scaling and thresholds per label. Fitted with\n\
             linfa (`Fit`, `Predict`, Platt scaling) and argmin (L-BFGS); see `src/classify`. Written by `uitkijk evaluate --card`; the\n\
             figures are those of the run below, nothing else. What was tried besides stands in [`../TRIED.md`](../TRIED.md).\n\n\
             | | |\n|---|---|\n| corpus | `models/training`, digest `{}` |\n| examples | {} ({} with a fenomeen, {} ordinary negatives, {} hard negatives) |\n\
             | features | {} |\n| size | {} kB |\n| seed | {} |\n| joint score | own {:.2}, gate {:.2}, best other {:.2} |\n\
             | stated precision | {:.2}: the lowest from {:.2} up at which, on examples not learned from, at most {:.0} false labels per 100 hard and {:.0} per 100 ordinary negatives remain |\n\
             | \"ja\" from | {} |\n\n\
             The corpus is fictional and written for this purpose by a few hands: figures on text by others will be lower than those of\n\
             cross-validation. The model is for Dutch text; other languages get at most \"twijfel\".\n\n\
             ## Cross-validation\n\n{}\n![reliability](reliability.svg) ![precision and recall](precision-recall.svg)\n\n\
             The surest errors:\n\n{}\n## A register that was not learned from\n\n{}\n\
             ## A writer that was not learned from\n\n`models/toets`, never trained on, used by `train --compare`.\n\n{}\nThe surest errors:\n\n{}{}",
            bundle.version,
            bundle.corpus,
            corpus.examples.len(),
            corpus.examples.len() - hard - ordinary,
            ordinary,
            hard,
            bundle.vocabulary.len(),
            self.size / 1000,
            bundle.seed,
            bundle.joint.own,
            bundle.joint.gate,
            bundle.joint.other,
            bundle.precision,
            Params::default().precision,
            Params::default().most_hard,
            Params::default().most_ordinary,
            thresholds.join(", "),
            self.report.markdown(),
            self.report.errors(),
            self.held_out.markdown(),
            self.unseen.markdown(),
            self.unseen.errors(),
            self.real.as_ref().map_or_else(String::new, |real| format!("\n## Real documents\n\n{real}"))
        )
    }
}

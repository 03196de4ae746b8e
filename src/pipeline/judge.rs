//! An item's four axes and its knelpunten.

use crate::{
    domain::{item::Item, verdict::Verdict},
    settings::Knowledge,
    store::items::Judged,
};

/// Longest text, in bytes, that the word lists read: a judgment names its subject long before.
const MOST_RULED: usize = 60_000;

/// The answers for a title and text on all four axes.
#[must_use]
pub fn verdict(knowledge: &Knowledge, title: &str, text: &str, language: &str) -> Verdict {
    let mut ruled = text.to_owned();
    crate::normalise::text::truncate(&mut ruled, MOST_RULED);
    Verdict {
        model: knowledge.classifier.version().to_owned(),
        labels: knowledge.classifier.judge(title, text, language),
        instrumenten: knowledge.instrumenten.find(title, &ruled),
        gebieden: knowledge.gazetteer.find(title, &ruled),
        branches: knowledge.branches.find(title, &ruled),
    }
}

/// Judges one item.
#[must_use]
pub fn judge(knowledge: &Knowledge, item: Item) -> Judged {
    let verdict = verdict(knowledge, &item.title, &item.text, &item.language);
    let knelpunten = match &item.judgment {
        Some(judgment) => knowledge.finder.in_judgment(judgment, &knowledge.laws),
        None => item.text.lines().flat_map(|line| knowledge.finder.in_text(line, "", &knowledge.laws)).collect(),
    };
    Judged { item, verdict, knelpunten }
}

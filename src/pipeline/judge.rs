//! An item's four axes and its knelpunten.

use crate::{
    domain::{
        item::Item,
        verdict::{Outcome, Verdict},
    },
    settings::Knowledge,
    store::items::Judged,
    stories::{About, Sketch},
};

/// Longest text, in bytes, that the word lists read: a judgment names its subject long before.
const MOST_RULED: usize = 60_000;

/// The answers for a title and text on all four axes.
#[must_use]
pub fn verdict(knowledge: &Knowledge, title: &str, text: &str, language: &str) -> Verdict {
    let (instrumenten, gebieden, branches) = rules(knowledge, title, text);
    Verdict {
        model: knowledge.classifier.version().to_owned(),
        labels: knowledge.classifier.judge_with_why(title, text, language),
        unknown: knowledge.classifier.unknown(title, text),
        instrumenten,
        gebieden,
        branches,
    }
}

/// The three axes that rules decide: instruments, gemeenten and branches.
#[must_use]
pub fn rules(knowledge: &Knowledge, title: &str, text: &str) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut ruled = text.to_owned();
    crate::normalise::text::truncate(&mut ruled, MOST_RULED);
    (
        knowledge.instrumenten.find(title, &ruled),
        knowledge.gazetteer.find(title, &ruled),
        knowledge.branches.find(title, &ruled),
    )
}

/// Judges one item by its own text and the article behind it. A gemeente that the source itself states goes before what
/// the text suggests.
#[must_use]
pub fn judge(knowledge: &Knowledge, item: Item, gemeente: Option<String>) -> Judged {
    let whole = item.article.as_ref().map(|article| format!("{}\n{article}", item.text));
    let mut verdict = verdict(knowledge, &item.title, whole.as_ref().unwrap_or(&item.text), &item.language);
    if let Some(code) = gemeente.filter(|code| knowledge.gazetteer.gemeente(code).is_some()) {
        verdict.gebieden.retain(|found| *found != code);
        verdict.gebieden.insert(0, code);
    }
    let knelpunten = match &item.judgment {
        Some(judgment) => knowledge.finder.in_judgment(judgment, &knowledge.laws),
        None => item.text.lines().flat_map(|line| knowledge.finder.in_text(line, "", &knowledge.laws)).collect(),
    };
    let sketch = sketch(knowledge, &item, &verdict);
    Judged { item, verdict, knelpunten, sketch, raw: None }
}

/// What an item is compared by with other tellings of its event. Only what may be a story of a fenomeen is compared so
/// far; of the rest copies and near copies are enough.
fn sketch(knowledge: &Knowledge, item: &Item, verdict: &Verdict) -> Option<Sketch> {
    verdict.labels.iter().find(|label| label.outcome != Outcome::Nee)?;
    let about = About {
        published: item.published.as_second(),
        source: item.source.0.clone(),
        gemeenten: verdict.gebieden.iter().cloned().collect(),
        fenomenen: About::fenomenen(verdict.labels.iter().map(|label| (label.fenomeen.clone(), label.p))),
    };
    Some(Sketch::new(&item.title, &item.text, about, &knowledge.words))
}

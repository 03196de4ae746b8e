//! The ground on which it turned. A decision that fell did so on the defect that the court names, one
//! that stood on what it upheld; what
//! a party says is not what the court says.

use std::collections::BTreeSet;

use super::{
    Found, Place,
    rules::{GroundRule, Rules},
    text::{Doc, Sentence, Zone},
};

/// What was found.
#[derive(Default)]
pub(super) struct Grounds {
    pub(super) main: Option<Found<String>>,
    pub(super) all: Vec<Found<String>>,
    pub(super) decisive: Vec<Place>,
}

/// Weight from which a ground was really dealt with, and not only named.
const ENOUGH: i32 = 2;
/// How many sentences back the argument of the same paragraph may have ended.
const AROUND: usize = 12;
/// Fewer sentences of reasoning than this are too few to rely on.
const FEW: usize = 3;
/// Most sentences that are shown as decisive.
const MOST: usize = 8;

/// A ground with its weight and the sentences that carry it.
struct Score<'r, 'a> {
    rule: &'r GroundRule,
    total: i32,
    sentences: Vec<(i32, Sentence<'a>)>,
}

pub(super) fn read(doc: &Doc, fell: Option<bool>, rules: &Rules) -> Grounds {
    // With so few reasons the headings were not recognised, and the court reasons in what seems the procedure.
    let sentences = doc.sentences(|zone| zone == Zone::Reasons);
    let few = sentences.len() < FEW;
    let sentences = if few { doc.sentences(|zone| matches!(zone, Zone::Course | Zone::Reasons)) } else { sentences };
    let spoken: Vec<Sentence<'_>> =
        sentences.into_iter().filter(|sentence| !rules.gronden.partij.is_match(sentence.text)).collect();
    // Without a clear winner (an interim ruling gives the body a chance to mend) a named defect is still the ground.
    let fell =
        fell.unwrap_or_else(|| rules.grond.iter().any(|rule| spoken.iter().any(|one| rule.gebrek.is_match(one.text))));
    let mut scores: Vec<Score<'_, '_>> = rules
        .grond
        .iter()
        .map(|rule| score(doc, rule, &spoken, fell, rules))
        .filter(|score| score.total >= ENOUGH)
        .collect();
    scores.sort_by_key(|score| std::cmp::Reverse(score.total));
    let all: Vec<Found<String>> = scores.iter().filter_map(|score| found(doc, score)).collect();
    let mut decisive: Vec<Place> = Vec::new();
    let mut seen = BTreeSet::new();
    let carrying = scores.first().map(|score| score.sentences.as_slice()).unwrap_or_default();
    for (_, sentence) in carrying.iter().take(MOST) {
        if seen.insert(sentence.from) {
            decisive.push(doc.place_of(sentence));
        }
    }
    decisive.sort_by_key(|place| place.start);
    Grounds { main: all.first().cloned(), all, decisive }
}

fn found(doc: &Doc, score: &Score<'_, '_>) -> Option<Found<String>> {
    let (_, sentence) = score.sentences.iter().max_by_key(|(weight, _)| *weight)?;
    Some(Found { value: score.rule.id.clone(), place: doc.place_of(sentence) })
}

/// A sentence counts more when the court gives its view in it, and when the argument in the same paragraph succeeds when the
/// decision fell, or fails when it stood.
fn score<'r, 'a>(doc: &Doc, rule: &'r GroundRule, spoken: &[Sentence<'a>], fell: bool, rules: &Rules) -> Score<'r, 'a> {
    let words = if fell { &rule.gebrek } else { &rule.houdt };
    let cue = if fell { &rules.gronden.slaagt } else { &rules.gronden.faalt };
    let mut kept: Vec<(i32, Sentence<'a>)> = Vec::new();
    let mut total = 0;
    for (index, sentence) in spoken.iter().enumerate() {
        let weight = if !fell && rule.gebrek.is_match(sentence.text) && !rule.houdt.is_match(sentence.text) {
            // Of a decision that stood, "niet onevenredig" upholds; a plain "onevenredig" is only the standard that was tested.
            0
        } else if words.is_match(sentence.text) {
            let around =
                spoken.iter().skip(index.saturating_sub(AROUND)).take_while(|other| other.line <= sentence.line + 2);
            let near = around.filter(|other| near(doc, sentence, other)).any(|other| cue.is_match(other.text));
            2 + 2 * i32::from(rules.gronden.oordeel.is_match(sentence.text)) + i32::from(near)
        } else {
            i32::from(rule.onderwerp.is_match(sentence.text) && rules.gronden.oordeel.is_match(sentence.text))
        };
        if weight > 0 {
            total += weight;
            kept.push((weight, *sentence));
        }
    }
    kept.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    Score { rule, total, sentences: kept }
}

/// In the same paragraph or one of the two below it.
fn near(doc: &Doc, sentence: &Sentence<'_>, other: &Sentence<'_>) -> bool {
    let number = |line: usize| doc.lines.get(line).map(|line| line.number.as_str());
    other.line >= sentence.line
        && (other.line == sentence.line
            || (other.line <= sentence.line + 2 && number(other.line) == number(sentence.line)))
}

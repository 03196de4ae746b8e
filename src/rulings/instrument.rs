//! Which power of the mayor or another body is at stake: by the articles that the metadata and the text cite, and by the
//! words for it.

use super::{
    Found, Place,
    rules::{InstrumentRule, Rules},
    text::{Doc, Zone},
};
use crate::{citations::Citation, domain::judgment::Judgment};

/// A single mention in passing makes no instrument; three do, or one where the decision under review is described.
const ENOUGH: usize = 3;
/// Laws of this weight are hardly ever named in passing: one mention will do.
const SPECIFIC: usize = 3;

pub(super) fn read(
    doc: &Doc,
    judgment: &Judgment,
    citations: &[Citation],
    rules: &Rules,
) -> (Option<Found<String>>, Vec<Found<String>>) {
    let area = judgment.subjects.join("; ").to_lowercase();
    let mut scored: Vec<((usize, usize), Found<String>)> = rules
        .instrument
        .iter()
        .filter(|rule| rule.rechtsgebied.is_match(&area))
        .filter_map(|rule| {
            let (score, place) = score(rule, doc, judgment, citations, rules);
            let place = place.filter(|_| score >= if rule.gewicht >= SPECIFIC { 1 } else { ENOUGH })?;
            Some(((rule.gewicht, score), Found { value: rule.id.clone(), place }))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let all: Vec<Found<String>> = scored.into_iter().map(|(_, found)| found).collect();
    (all.first().cloned(), all)
}

/// The weight of all mentions, and the place of the most telling one.
fn score(
    rule: &InstrumentRule,
    doc: &Doc,
    judgment: &Judgment,
    citations: &[Citation],
    rules: &Rules,
) -> (usize, Option<Place>) {
    let mut total = 0;
    let mut best: Option<(usize, Place)> = None;
    let mut count = |weight: usize, place: &dyn Fn() -> Place| {
        total += weight;
        if best.as_ref().is_none_or(|(other, _)| weight > *other) {
            best = Some((weight, place()));
        }
    };
    for reference in judgment.references.iter().filter(|reference| meets(rule, &reference.law, &reference.article)) {
        count(3, &|| Place::metadata("dcterms:references", &reference.text));
    }
    if rule.patronen.is_match(&doc.summary) {
        let place =
            || Place { origin: super::Origin::Inhoudsindicatie, ..Place::metadata("inhoudsindicatie", &doc.summary) };
        count(3, &place);
    }
    for sentence in doc.sentences(|zone| zone != Zone::Tail) {
        let mentions = rule.patronen.count(sentence.text);
        if mentions == 0 {
            continue;
        }
        // Where the decision under review is described, or the power is said to be used, one mention is enough.
        let course = doc.lines.get(sentence.line).is_some_and(|line| matches!(line.zone, Zone::Head | Zone::Course));
        if rules.instrumentzin.terloops.is_match(sentence.text) {
            continue;
        }
        let weight = if course || rules.instrumentzin.kracht.is_match(sentence.text) { 3 } else { 1 };
        count(weight * mentions.min(2), &|| doc.place_of(&sentence));
    }
    for citation in citations {
        if let (Some(law), Some(article)) = (&citation.bwb, citation.article.as_ref().or(Some(&String::new())))
            && meets(rule, law, article)
            && !rule.patronen.is_match(&citation.text)
        {
            count(1, &|| cited(doc, citation));
        }
    }
    (total, best.map(|(_, place)| place))
}

fn meets(rule: &InstrumentRule, law: &str, article: &str) -> bool {
    rule.artikelen.iter().any(|wanted| {
        wanted.split_once(':').is_some_and(|(bwb, number)| bwb == law && (number == "*" || number == article))
    })
}

/// The sentence in which a citation stands.
fn cited(doc: &Doc, citation: &Citation) -> Place {
    let byte = doc.whole.char_indices().nth(citation.start).map_or(doc.whole.len(), |(at, _)| at);
    let line = doc.lines.iter().position(|line| line.from <= byte && byte < line.to).unwrap_or_default();
    let sentence = doc.sentences(|_| true).into_iter().find(|one| one.from <= byte && byte < one.from + one.text.len());
    sentence.map_or_else(|| doc.place(line, byte, byte + citation.text.len()), |one| doc.place_of(&one))
}

//! Which court, in which chamber, in which procedure, in which area of law.

use super::{
    Field, Found, Place,
    rules::Rules,
    text::{Doc, Zone},
};
use crate::domain::judgment::Judgment;

/// The kind of court, as the rules call it; empty when no rule knows it.
pub(super) fn kind<'r>(judgment: &Judgment, rules: &'r Rules) -> &'r str {
    if judgment.kind == "Conclusie" {
        return "parket";
    }
    rules.rechter.iter().find(|rule| rule.naam.is_match(&judgment.court)).map_or("", |rule| rule.soort.as_str())
}

pub(super) fn name(judgment: &Judgment, doc: &Doc) -> Field<String> {
    if !judgment.court.is_empty() {
        let place = Place::metadata("dcterms:creator", &judgment.court);
        return Field::Found(Found { value: judgment.court.clone(), place });
    }
    // Without metadata the text itself begins with the court.
    let line = doc.lines.iter().take(6).enumerate().find(|(_, line)| {
        let text = doc.text(line).to_lowercase();
        text.len() < 80
            && ["rechtbank", "gerechtshof", "hoge raad", "raad van state"].iter().any(|one| text.starts_with(one))
    });
    let found =
        line.map(|(at, line)| Found { value: doc.text(line).to_owned(), place: doc.place(at, line.from, line.to) });
    found.into()
}

pub(super) fn area(judgment: &Judgment) -> Field<String> {
    let found = judgment
        .subjects
        .iter()
        .max_by_key(|subject| subject.len())
        .map(|subject| Found { value: subject.clone(), place: Place::metadata("dcterms:subject", subject) });
    found.into()
}

/// From the procedure in the metadata, then the opening, then the signatures.
pub(super) fn chamber(doc: &Doc, judgment: &Judgment, rules: &Rules) -> Field<String> {
    let opening = lines(doc, |at, zone| zone == Zone::Head || at < 12);
    let closing = lines(doc, |_, zone| matches!(zone, Zone::Dictum | Zone::Tail));
    // A grand chamber or a single judge is named in the text, while the metadata may say only "meervoudig".
    let stages: [&[usize]; 2] = [&opening, &closing];
    for rule in &rules.kamer {
        if let Some(procedure) = judgment.procedures.iter().find(|procedure| rule.patroon.is_match(procedure)) {
            let place = Place::metadata("psi:procedure", procedure);
            return Field::Found(Found { value: rule.waarde.clone(), place });
        }
        if rule.waarde == "grote kamer"
            && let Some(found) = first(doc, &opening, rule)
        {
            return Field::Found(found);
        }
    }
    for stage in stages {
        if let Some(found) = rules.kamer.iter().find_map(|rule| first(doc, stage, rule)) {
            return Field::Found(found);
        }
    }
    Field::default()
}

fn lines(doc: &Doc, wanted: impl Fn(usize, Zone) -> bool) -> Vec<usize> {
    doc.lines.iter().enumerate().filter(|(at, line)| wanted(*at, line.zone)).map(|(at, _)| at).collect()
}

fn first(doc: &Doc, lines: &[usize], rule: &super::rules::Labelled) -> Option<Found<String>> {
    lines.iter().find_map(|at| {
        let line = doc.lines.get(*at)?;
        let matched = rule.patroon.is_match(doc.text(line));
        matched.then(|| Found { value: rule.waarde.clone(), place: doc.place(*at, line.from, line.to) })
    })
}

/// All procedures that the metadata names; without any, the first that the opening names.
pub(super) fn procedure(doc: &Doc, judgment: &Judgment, rules: &Rules) -> Field<Vec<String>> {
    let mut values: Vec<String> = Vec::new();
    let named = judgment.procedures.join("; ");
    for rule in &rules.procedure {
        let known = judgment.procedures.iter().any(|procedure| rule.metadata.is_match(procedure));
        // "voorlopige voorziening en bodemzaak" holds "voorlopige voorziening", "hoger beroep kort geding" both.
        if known && !values.iter().any(|value| value.contains(rule.waarde.as_str())) {
            values.push(rule.waarde.clone());
        }
    }
    if judgment.kind == "Conclusie" && values.is_empty() {
        let place = Place::metadata("dcterms:type", &judgment.kind);
        return Field::Found(Found { value: vec!["conclusie".to_owned()], place });
    }
    if !values.is_empty() {
        return Field::Found(Found { value: values, place: Place::metadata("psi:procedure", &named) });
    }
    let opening = lines(doc, |at, zone| zone == Zone::Head || at < 12);
    let found = rules.procedure.iter().find_map(|rule| {
        opening.iter().find_map(|at| {
            let line = doc.lines.get(*at)?;
            let matched = rule.tekst.is_match(doc.text(line));
            matched.then(|| Found { value: vec![rule.waarde.clone()], place: doc.place(*at, line.from, line.to) })
        })
    });
    found.into()
}

//! What was decided: every outcome in the dictum with its part or party, and the main one.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    Field, Found, Place,
    dictum::{self, Clause, Dictum},
    rules::{OutcomeRule, Rules},
    text::Doc,
};
use crate::domain::judgment::Judgment;

/// One outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Id in `uitspraken.toml`.
    pub id: String,
    /// The same for readers.
    pub label: String,
    /// Only for a part.
    pub partly: bool,
    /// Which case, party or part, in the words of the court.
    pub concerns: Option<String>,
}

/// All that was decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Id of the main outcome.
    pub main: Field<String>,
    /// The main outcome holds for a part only, or another part or party got another outcome.
    pub partly: bool,
    /// Every outcome, in the order of the dictum.
    pub all: Vec<Found<Outcome>>,
    /// What became of the decision of the public body: `in stand`, `vernietigd`, `herroepen`, `geschorst`, ...
    pub decision: Field<String>,
    /// The whole dictum.
    pub dictum: Option<Place>,
    /// Whether the decision under review fell. When nothing is known of it, whether whoever went to court won.
    #[serde(skip)]
    fell: Option<bool>,
}

impl Verdict {
    /// Whether the decision under review fell; open when the outcome does not say.
    pub(super) fn fell(&self) -> Option<bool> {
        self.fell
    }

    /// Says what became of the decision under review, given what the earlier court did with it.
    pub(super) fn decide(&mut self, rules: &Rules, earlier: Option<&Found<String>>) {
        let has = |id: &str| self.all.iter().find(|found| found.value.id == id);
        let rule = rules.besluit.iter().find(|rule| {
            rule.uitkomsten.iter().all(|id| has(id).is_some())
                && rule.eerder.as_ref().is_none_or(|wanted| earlier.is_some_and(|found| found.value == *wanted))
        });
        self.fell = rule.map(|rule| !rule.houdt).or(self.fell);
        let place =
            rule.and_then(|rule| rule.uitkomsten.first()).and_then(|id| has(id)).map(|found| found.place.clone());
        self.decision = rule.zip(place).map(|(rule, place)| Found { value: rule.waarde.clone(), place }).into();
    }
}

/// An outcome before the main one is chosen.
struct Hit<'r> {
    rule: &'r OutcomeRule,
    /// Position of the rule in the file: within a family the order of weight.
    order: usize,
    found: Found<Outcome>,
}

pub(super) fn read(doc: &Doc, judgment: &Judgment, kind: &str, rules: &Rules) -> Verdict {
    let area = judgment.subjects.join("; ").to_lowercase();
    let fits = |rule: &OutcomeRule| {
        (rule.rechter.is_empty() || rule.rechter.iter().any(|one| one == kind))
            && !rule.niet_rechter.iter().any(|one| one == kind)
            && rule.gebied.as_ref().is_none_or(|pattern| area.is_empty() || pattern.is_match(&area))
            && rule.niet_gebied.as_ref().is_none_or(|pattern| !pattern.is_match(&area))
    };
    let active: Vec<(usize, &OutcomeRule)> = rules.uitkomst.iter().enumerate().filter(|(_, rule)| fits(rule)).collect();
    let Dictum { clauses, place } = if kind == "parket" {
        dictum::advice(doc, rules)
    } else {
        dictum::find(doc, rules, |clause| !matches(clause, &active, rules).is_empty())
    };
    let mut hits: Vec<Hit<'_>> = Vec::new();
    for clause in &clauses {
        for (order, rule) in matches(clause, &active, rules) {
            let found = outcome(doc, clause, rule, rules);
            hits.push(Hit { rule, order, found });
        }
    }
    let mut verdict = choose(&hits, rules);
    verdict.dictum = place;
    verdict.all = distinct(hits.into_iter().map(|hit| hit.found));
    verdict
}

fn distinct(found: impl Iterator<Item = Found<Outcome>>) -> Vec<Found<Outcome>> {
    let mut seen = HashSet::new();
    found.filter(|one| seen.insert((one.value.id.clone(), one.place.start))).collect()
}

/// The rules that a clause meets. In a group only the one whose words stand first: "vernietigt de uitspraak, voor zover
/// daarbij het besluit ..." is about the ruling.
fn matches<'r>(
    clause: &Clause<'_>,
    active: &[(usize, &'r OutcomeRule)],
    rules: &Rules,
) -> Vec<(usize, &'r OutcomeRule)> {
    if rules.dictum.rest.is_match(clause.item) {
        return Vec::new();
    }
    let found = met(&join(clause.text, rules), active);
    if found.is_empty() && clause.long.len() > clause.text.len() {
        met(&join(clause.long, rules), active)
    } else {
        found
    }
}

fn met<'r>(text: &str, active: &[(usize, &'r OutcomeRule)]) -> Vec<(usize, &'r OutcomeRule)> {
    let mut found: Vec<(usize, usize, &OutcomeRule)> = Vec::new();
    for (order, rule) in active {
        let Some((_, end)) = rule.patroon.find(text) else { continue };
        if rule.niet.as_ref().is_some_and(|pattern| pattern.is_match(text)) {
            continue;
        }
        let rival = found.iter_mut().find(|(_, _, other)| rule.groep.is_some() && other.groep == rule.groep);
        match rival {
            Some(rival) if end < rival.1 => *rival = (*order, end, rule),
            Some(_) => {}
            None => found.push((*order, end, rule)),
        }
    }
    found.into_iter().map(|(order, _, rule)| (order, rule)).collect()
}

/// Names for kinds of appeal become one word each, and white space one space, so that patterns can tell them apart.
fn join(text: &str, rules: &Rules) -> String {
    let mut joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for rule in &rules.samen {
        if rule.van.is_match(&joined) {
            joined = rule.van.regex().replace_all(&joined, rule.naar.as_str()).into_owned();
        }
    }
    joined
}

fn outcome(doc: &Doc, clause: &Clause<'_>, rule: &OutcomeRule, rules: &Rules) -> Found<Outcome> {
    let part = rules.dictum.onderdeel.regex().find(clause.text).map(|found| found.as_str().trim().to_owned());
    let concerns = match (clause.heading, part) {
        (Some(heading), Some(part)) => Some(format!("{heading}: {part}")),
        (heading, part) => part.or_else(|| heading.map(str::to_owned)),
    };
    // What is partial only by form ("voor zover aangevallen") is taken out before asking.
    let plain = rules.dictum.niet_deels.regex().replace_all(clause.text, "");
    let value = Outcome {
        id: rule.id.clone(),
        label: rule.label.clone(),
        partly: rules.dictum.deels.is_match(&plain),
        concerns,
    };
    let words = clause.text.trim_end_matches([' ', ',', '\n', '-']);
    let words = words.strip_suffix(" en").unwrap_or(words).trim_end_matches([' ', ',']);
    Found { value, place: doc.place(clause.line, clause.from, clause.from + words.len()) }
}

/// The main outcome: the family of the highest rank, of equals the one that comes first, and in it the heaviest outcome.
fn choose(hits: &[Hit<'_>], rules: &Rules) -> Verdict {
    let rank = |hit: &Hit<'_>| rules.familierang.get(&hit.rule.familie).copied();
    let Some(first) = hits.iter().filter(|hit| rank(hit).is_some()).min_by_key(|hit| rank(hit)) else {
        return Verdict::default();
    };
    let family: Vec<&Hit<'_>> = hits.iter().filter(|hit| hit.rule.familie == first.rule.familie).collect();
    let Some(main) = family.iter().min_by_key(|hit| hit.order) else { return Verdict::default() };
    let differs = family.iter().any(|hit| {
        hit.rule.id != main.rule.id && (hit.rule.gewonnen != main.rule.gewonnen || hit.rule.gewonnen == Some(false))
    });
    // When one clause holds for a part and another for all, the outcome is whole. "Vernietigt, voor zover ...; verwijst" is
    // one outcome in two clauses.
    let whole = |id: &str| family.iter().any(|hit| hit.rule.id == id && !hit.found.value.partly);
    let partial = family.iter().any(|hit| hit.rule.gewonnen == main.rule.gewonnen && !whole(&hit.rule.id));
    Verdict {
        main: Field::Found(Found { value: main.rule.id.clone(), place: main.found.place.clone() }),
        partly: differs || partial,
        fell: main.rule.gewonnen,
        ..Verdict::default()
    }
}

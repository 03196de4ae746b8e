//! The closure of a house or business: for how long, and of what.

use serde::{Deserialize, Serialize};

use super::{
    Field, Found,
    rules::{ClosureRules, Pattern, Rules},
    text::{Doc, Sentence, Zone},
};

/// How long a closure lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duration {
    /// Until the body says otherwise.
    #[serde(rename = "onbepaalde tijd")]
    Indefinite,
    /// A number of hours.
    Uren(u32),
    /// A number of days.
    Dagen(u32),
    /// A number of weeks.
    Weken(u32),
    /// A number of months; years are twelve of them.
    Maanden(u32),
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Indefinite => write!(f, "onbepaalde tijd"),
            Self::Uren(number) => write!(f, "{number} uur"),
            Self::Dagen(number) => write!(f, "{number} dagen"),
            Self::Weken(number) => write!(f, "{number} weken"),
            Self::Maanden(number) => write!(f, "{number} maanden"),
        }
    }
}

/// A closure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// As the body ordered it.
    pub duration: Field<Duration>,
    /// As the court set it in the dictum, when it did.
    pub duration_by_court: Field<Duration>,
    /// `woning`, `lokaal`, `bedrijf` or `horeca`.
    pub object: Field<String>,
}

pub(super) fn read(doc: &Doc, instruments: &[Found<String>], rules: &Rules) -> Closure {
    let closing = &rules.sluiting;
    if !instruments.iter().any(|found| closing.instrumenten.contains(&found.value)) {
        return Closure::default();
    }
    let before = doc.sentences(|zone| matches!(zone, Zone::Head | Zone::Course | Zone::Reasons));
    let decided = doc.sentences(|zone| zone == Zone::Dictum);
    let about: Vec<(i32, &Sentence<'_>)> = before
        .iter()
        .filter(|sentence| closing.woorden.is_match(sentence.text))
        .map(|sentence| (weight(doc, closing, sentence), sentence))
        .collect();
    Closure {
        duration: best(doc, &about, |text| duration(closing, text)).into(),
        duration_by_court: in_dictum(doc, closing, &decided).into(),
        object: best(doc, &about, |text| object(closing, text)).into(),
    }
}

/// How surely a sentence tells about the closure under review: one that describes the decision more than one about policy
/// or another case.
fn weight(doc: &Doc, closing: &ClosureRules, sentence: &Sentence<'_>) -> i32 {
    let course = doc.lines.get(sentence.line).is_some_and(|line| line.zone == Zone::Course);
    let says = |pattern: &Pattern| i32::from(pattern.is_match(sentence.text));
    i32::from(course) + 2 * says(&closing.voor) + 2 * says(&closing.later) - 3 * says(&closing.tegen)
}

/// The value of the weightiest sentence that has one; of equals the first. A sentence about policy alone is no evidence.
fn best<T>(doc: &Doc, about: &[(i32, &Sentence<'_>)], value: impl Fn(&str) -> Option<T>) -> Option<Found<T>> {
    let mut found: Option<(i32, T, &Sentence<'_>)> = None;
    for (weight, sentence) in about.iter().filter(|(weight, _)| *weight >= 0) {
        if found.as_ref().is_none_or(|(other, _, _)| weight > other)
            && let Some(value) = value(sentence.text)
        {
            found = Some((*weight, value, sentence));
        }
    }
    found.map(|(_, value, sentence)| Found { value, place: doc.place_of(sentence) })
}

fn in_dictum(doc: &Doc, closing: &ClosureRules, decided: &[Sentence<'_>]) -> Option<Found<Duration>> {
    decided.iter().filter(|sentence| closing.woorden.is_match(sentence.text)).find_map(|sentence| {
        let value = duration(closing, sentence.text)?;
        Some(Found { value, place: doc.place_of(sentence) })
    })
}

/// The duration that stands nearest to the word for closing.
fn duration(closing: &ClosureRules, text: &str) -> Option<Duration> {
    let (verb, _) = closing.woorden.find(text).filter(|_| !closing.nooit.is_match(text))?;
    if closing.onbepaald.is_match(text) {
        return Some(Duration::Indefinite);
    }
    // "bekort tot vier maanden": what follows the word for the change.
    let near = closing.later.find(text).map_or(verb, |(_, end)| end);
    closing
        .duur
        .regex()
        .find_iter(text)
        .filter(|found| !text.get(..found.start()).is_some_and(|before| closing.duur_niet_na.is_match(before)))
        .min_by_key(|found| found.start().abs_diff(near))
        .and_then(|found| parse(closing, &found.as_str().to_lowercase()))
}

fn parse(closing: &ClosureRules, words: &str) -> Option<Duration> {
    let half_year = words.starts_with("half") || words.starts_with("een half");
    if half_year && words.contains("jaar") {
        return Some(Duration::Maanden(6));
    }
    if words.starts_with("anderhal") && words.contains("jaar") {
        return Some(Duration::Maanden(18));
    }
    let first = words.split_whitespace().next()?;
    let number = first.parse().ok().or_else(|| closing.getallen.get(first).copied())?;
    // "6 (zes) maanden": the unit is the last word.
    match words.split_whitespace().last()?.chars().take(3).collect::<String>().as_str() {
        "maa" => Some(Duration::Maanden(number)),
        "wek" | "wee" => Some(Duration::Weken(number)),
        "jaa" | "jar" => Some(Duration::Maanden(number * 12)),
        "dag" => Some(Duration::Dagen(number)),
        "uur" => Some(Duration::Uren(number)),
        _ => None,
    }
}

/// The object that stands nearest to the word for closing.
fn object(closing: &ClosureRules, text: &str) -> Option<String> {
    let (verb, _) = closing.woorden.find(text)?;
    closing
        .object
        .iter()
        .filter_map(|rule| {
            let near = rule.patroon.regex().find_iter(text).map(|found| found.start().abs_diff(verb)).min()?;
            Some((near, rule.waarde.clone()))
        })
        .min_by_key(|(near, _)| *near)
        .map(|(_, value)| value)
}

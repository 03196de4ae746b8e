//! Does an item meet a rule, and if not, which condition failed first? What costs least is asked first; the text is read
//! only when all else holds.

use crate::{
    settings::{AlertRule, Settings},
    store::{Store, StoreError, waiting::Candidate},
};

/// What of an item met a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hit {
    /// The surest fenomeen that counted.
    pub label: Option<(String, f64)>,
    /// Words and phrases of the rule that were found.
    pub words: Vec<String>,
}

/// The first condition that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// The rule is switched off.
    Off,
    /// The source is muted.
    Muted,
    /// Another source.
    Source,
    /// No judgment, or of another court.
    Court,
    /// No fenomeen of the rule, or not sure enough.
    Fenomeen,
    /// Elsewhere.
    Gebied,
    /// No instrument of the rule.
    Instrument,
    /// No branche of the rule.
    Branche,
    /// None of the words.
    Words,
    /// None of the phrases.
    Phrases,
}

/// Holds an item against a rule; whether the rule is switched off is left to the caller.
///
/// # Errors
/// When the store fails.
pub async fn meets(
    store: &Store,
    settings: &Settings,
    rule: &AlertRule,
    item: &Candidate,
) -> Result<Result<Hit, Miss>, StoreError> {
    let label = match axes(settings, rule, item) {
        Ok(label) => label,
        Err(miss) => return Ok(Err(miss)),
    };
    if !rule.instanties.is_empty() && !is_of_court(rule, item, &store.court(item.id).await?) {
        return Ok(Err(Miss::Court));
    }
    if !rule.reads_text() {
        return Ok(Ok(Hit { label, words: Vec::new() }));
    }
    let Some(full) = store.full_item(item.id).await? else { return Ok(Err(Miss::Words)) };
    Ok(text(rule, &full.title, &full.text).map(|words| Hit { label, words }))
}

/// What can be told without the text.
fn axes(settings: &Settings, rule: &AlertRule, item: &Candidate) -> Result<Option<(String, f64)>, Miss> {
    if settings.source(&item.source).is_some_and(|entry| entry.source.muted) {
        return Err(Miss::Muted);
    }
    if !rule.bronnen.is_empty() && !rule.bronnen.contains(&item.source) {
        return Err(Miss::Source);
    }
    if !rule.instanties.is_empty() && item.kind != "judgments" {
        return Err(Miss::Court);
    }
    let least = rule.at_least.unwrap_or(0.0);
    let wanted = |fenomeen: &String| rule.fenomenen.is_empty() || rule.fenomenen.contains(fenomeen);
    let label = item.labels.iter().find(|(fenomeen, p)| *p >= least && wanted(fenomeen)).cloned();
    if label.is_none() && (!rule.fenomenen.is_empty() || rule.at_least.is_some()) {
        return Err(Miss::Fenomeen);
    }
    let on = |axis: &str, wanted: &[String]| {
        wanted.is_empty() || item.axes.iter().any(|(own, value)| own == axis && wanted.contains(value))
    };
    let in_region = || {
        rule.gebieden.iter().any(|wanted| wanted == "regio")
            && item.axes.iter().any(|(axis, code)| axis == "gebied" && settings.region.gemeenten.contains(code))
    };
    if !on("gebied", &rule.gebieden) && !in_region() {
        Err(Miss::Gebied)
    } else if !on("instrument", &rule.instrumenten) {
        Err(Miss::Instrument)
    } else if !on("branche", &rule.branches) {
        Err(Miss::Branche)
    } else {
        Ok(label)
    }
}

/// A court by its code in the ECLI ("RBNHO") or by a part of its name ("Noord-Holland").
fn is_of_court(rule: &AlertRule, item: &Candidate, court: &str) -> bool {
    let code = item.key.split(':').nth(2).unwrap_or_default();
    let court = court.to_lowercase();
    rule.instanties.iter().any(|wanted| wanted.eq_ignore_ascii_case(code) || court.contains(&wanted.to_lowercase()))
}

/// The words and phrases that stand in a text; a rule that asks both needs one of each.
fn text(rule: &AlertRule, title: &str, text: &str) -> Result<Vec<String>, Miss> {
    let mut found = rule.words.find(title, text);
    if !rule.woorden.is_empty() && found.is_empty() {
        return Err(Miss::Words);
    }
    let whole = flat(&format!("{title}\n{text}"));
    let phrases: Vec<&String> = rule.zinnen.iter().filter(|phrase| stands_in(&whole, &flat(phrase))).collect();
    if !rule.zinnen.is_empty() && phrases.is_empty() {
        return Err(Miss::Phrases);
    }
    found.extend(phrases.into_iter().cloned());
    Ok(found)
}

/// Small letters, with one space wherever there is white space: a phrase may be broken over lines.
fn flat(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True when the phrase stands there as whole words.
fn stands_in(text: &str, phrase: &str) -> bool {
    let is_edge = |letter: Option<char>| !letter.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase).any(|(start, found)| {
        is_edge(text.get(..start).and_then(|before| before.chars().next_back()))
            && is_edge(text.get(start + found.len()..).and_then(|after| after.chars().next()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_found_as_whole_words_over_line_ends() {
        let text = flat("De rechter vond\n  de sluiting   niet noodzakelijk.");
        assert!(stands_in(&text, &flat("Sluiting niet noodzakelijk")));
        assert!(!stands_in(&text, &flat("sluiting niet nood")));
    }
}

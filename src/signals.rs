//! Where a source points at a gap in the law: sentences by rule, grouped by law and article over sources. *Structural* is
//! counted, never asserted.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::Deserialize;
use thiserror::Error;

use crate::{
    domain::{judgment::Judgment, signal::Knelpunt},
    law::{Citation, Laws},
};

/// Why the phrases cannot be used.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct SignalError(String);

/// Phrases as written in `config/lijsten/knelpunten.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    /// Families of phrases that point at a gap.
    familie: Vec<Family>,
    /// What looks like one and is none.
    lookalikes: Lookalikes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Family {
    id: String,
    #[serde(rename = "label")]
    _label: String,
    patterns: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookalikes {
    patterns: Vec<String>,
}

/// Finds knelpunten in text.
pub struct Finder {
    /// Family and pattern. One by one: most patterns begin with a word that is found fast, and a set of all of them is an
    /// automaton that no cache holds.
    gaps: Vec<(String, Regex)>,
    lookalikes: Vec<Regex>,
    sentence: Regex,
}

/// Longest sentence that is quoted, in characters; longer ones are no sentences.
const LONGEST: usize = 700;

impl Finder {
    /// Compiles the phrases.
    ///
    /// # Errors
    /// Names the pattern that is not a regular expression.
    pub fn new(phrases: &Phrases) -> Result<Self, SignalError> {
        let compile =
            |pattern: &String| Regex::new(&format!("(?i){pattern}")).map_err(|error| SignalError(error.to_string()));
        let all =
            phrases.familie.iter().flat_map(|family| family.patterns.iter().map(move |pattern| (family, pattern)));
        Ok(Self {
            gaps: all
                .map(|(family, pattern)| Ok((family.id.clone(), compile(pattern)?)))
                .collect::<Result<_, SignalError>>()?,
            lookalikes: phrases.lookalikes.patterns.iter().map(compile).collect::<Result<_, _>>()?,
            // A full stop ends a sentence only before a capital or a bracket, so that "art. 13b" and "nr. 4" do not.
            sentence: Regex::new(r#"[.!?]["'”’)]?\s+[A-Z(\["“‘]"#).map_err(|error| SignalError(error.to_string()))?,
        })
    }

    /// Knelpunten in the numbered paragraphs of a judgment. The claims of the parties come before the considerations and
    /// are not the court's, so a section with the role of procesverloop is left out.
    #[must_use]
    pub fn in_judgment(&self, judgment: &Judgment, laws: &Laws) -> Vec<Knelpunt> {
        let mut found = Vec::new();
        for section in judgment.sections.iter().filter(|section| section.role != "procesverloop") {
            for paragraph in &section.paragraphs {
                found.extend(self.in_text(&paragraph.text, &paragraph.number, laws));
            }
        }
        found
    }

    /// Knelpunten in one paragraph: a gap phrase with an article in the same sentence or one of its neighbours.
    #[must_use]
    pub fn in_text(&self, text: &str, number: &str, laws: &Laws) -> Vec<Knelpunt> {
        // Articles are found fast and are rare, so they are sought first.
        if laws.find(text).iter().all(|citation| citation.article.is_empty()) {
            return Vec::new();
        }
        let sentences = self.sentences(text);
        let cited: Vec<Option<Citation>> = sentences
            .iter()
            .map(|sentence| laws.find(sentence).into_iter().find(|citation| !citation.article.is_empty()))
            .collect();
        let mut found = Vec::new();
        for (place, sentence) in sentences.iter().enumerate() {
            let near = [Some(place), place.checked_sub(1), Some(place + 1)];
            let Some(citation) = near.into_iter().flatten().find_map(|at| cited.get(at).cloned().flatten()) else {
                continue;
            };
            let Some(law) = laws.all().get(citation.law) else { continue };
            let Some((family, _)) = self.gaps.iter().find(|(_, pattern)| pattern.is_match(sentence)) else { continue };
            if sentence.chars().count() > LONGEST || self.lookalikes.iter().any(|pattern| pattern.is_match(sentence)) {
                continue;
            }
            found.push(Knelpunt {
                bwb: law.bwb.clone(),
                law: law.name.clone(),
                article: citation.article,
                sentence: (*sentence).to_owned(),
                paragraph: number.to_owned(),
                family: family.clone(),
            });
        }
        found
    }

    fn sentences<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let mut sentences = Vec::new();
        let mut start = 0;
        for end in self.sentence.find_iter(text) {
            let stop = text.get(end.start()..end.end()).and_then(|gap| gap.rfind(char::is_whitespace)).unwrap_or(1);
            sentences.extend(text.get(start..end.start() + stop).map(str::trim));
            start = end.start() + stop;
        }
        sentences.extend(text.get(start..).map(str::trim).filter(|rest| !rest.is_empty()));
        sentences
    }
}

/// A knelpunt with what is needed to group it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    /// Item that holds it.
    pub item: i64,
    /// Court or publisher.
    pub voice: String,
    /// The knelpunt.
    pub knelpunt: Knelpunt,
}

/// A gap that several sources point at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// BWB id.
    pub bwb: String,
    /// Name of the law.
    pub law: String,
    /// Article.
    pub article: String,
    /// Places in the list of pointers, one per item.
    pub pointers: Vec<usize>,
    /// Different courts or publishers.
    pub voices: usize,
}

/// Fewest items that point at one gap.
const LEAST_ITEMS: usize = 3;
/// Fewest different courts or publishers.
const LEAST_VOICES: usize = 2;

/// Gaps that at least three items of two voices point at, most pointed at first. An item serves one candidate only: two
/// articles that the same judgments name are one gap.
#[must_use]
pub fn candidates(pointers: &[Pointer]) -> Vec<Candidate> {
    let mut by_article: BTreeMap<(String, String), Vec<usize>> = BTreeMap::new();
    for (place, pointer) in pointers.iter().enumerate() {
        let key = (pointer.knelpunt.bwb.clone(), pointer.knelpunt.article.clone());
        let places = by_article.entry(key).or_default();
        let known = places.iter().any(|at| pointers.get(*at).is_some_and(|other| other.item == pointer.item));
        if !known {
            places.push(place);
        }
    }
    let mut ranked: Vec<_> = by_article.into_iter().collect();
    ranked.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.0.cmp(&b.0)));
    let mut used: BTreeSet<i64> = BTreeSet::new();
    let mut found = Vec::new();
    for ((bwb, article), places) in ranked {
        let own: Vec<&Pointer> = places.iter().filter_map(|place| pointers.get(*place)).collect();
        let fresh = own.iter().filter(|pointer| !used.contains(&pointer.item)).count();
        let voices = own.iter().map(|pointer| pointer.voice.as_str()).collect::<BTreeSet<_>>().len();
        if fresh < LEAST_ITEMS || voices < LEAST_VOICES {
            continue;
        }
        used.extend(own.iter().map(|pointer| pointer.item));
        let law = own.first().map(|pointer| pointer.knelpunt.law.clone()).unwrap_or_default();
        found.push(Candidate { bwb, law, article, pointers: places, voices });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assets;

    fn parts() -> (Finder, Laws) {
        let phrases = toml::from_str(assets::config("lijsten/knelpunten.toml").expect("embedded")).expect("phrases");
        let laws = Laws::new(assets::config("wetten/wetten.csv").expect("embedded")).expect("laws");
        (Finder::new(&phrases).expect("compiles"), laws)
    }

    #[test]
    fn a_gap_needs_a_phrase_and_an_article_and_a_lookalike_is_none() {
        let (finder, laws) = parts();
        let cases = [
            ("Artikel 13b van de Opiumwet biedt de burgemeester hier geen bevoegdheid om te sluiten.", 1),
            ("De verhuur valt buiten de reikwijdte van artikel 1a van de Wwft.", 1),
            ("De wetgever heeft in deze situatie niet voorzien. Artikel 13b van de Opiumwet ziet op iets anders.", 1),
            ("De wet biedt hier geen bevoegdheid.", 0),
            ("Het beroep is gegrond, want het besluit is onvoldoende gemotiveerd (artikel 3:46 van de Awb).", 0),
            ("Niet is bewezen wat in artikel 3 van de Opiumwet staat, wegens onvoldoende bewijs.", 0),
        ];
        for (text, expected) in cases {
            assert_eq!(finder.in_text(text, "", &laws).len(), expected, "{text}");
        }
    }

    #[test]
    fn three_items_of_two_voices_make_a_candidate_and_copies_do_not() {
        let knelpunt = |article: &str| Knelpunt {
            bwb: "BWBR0001941".into(),
            law: "Opiumwet".into(),
            article: article.into(),
            sentence: String::new(),
            paragraph: String::new(),
            family: "afwezigheid".into(),
        };
        let pointer = |item, voice: &str, article| Pointer { item, voice: voice.into(), knelpunt: knelpunt(article) };
        let one_voice = [pointer(1, "a", "13b"), pointer(2, "a", "13b"), pointer(3, "a", "13b")];
        assert_eq!(candidates(&one_voice), []);
        let same_item = [pointer(1, "a", "13b"), pointer(1, "a", "13b"), pointer(2, "b", "13b")];
        assert_eq!(candidates(&same_item), []);
        let mut real = vec![pointer(1, "a", "13b"), pointer(2, "b", "13b"), pointer(3, "b", "13b")];
        real.extend([pointer(1, "a", "3"), pointer(2, "b", "3"), pointer(3, "b", "3")]);
        let found = candidates(&real);
        assert_eq!(found.len(), 1, "the same judgments make one candidate");
        assert_eq!(found.first().map(|candidate| candidate.voices), Some(2));
    }
}

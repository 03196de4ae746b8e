//! Training examples: JSON Lines with a title, a text and the fenomenen that it is about.

use std::{collections::HashSet, hash::Hasher, path::Path};

use serde::Deserialize;
use siphasher::sip::SipHasher13;
use thiserror::Error;

use crate::dedupe::Shingles;

/// Longest line that is read, in bytes.
const LONGEST_LINE: usize = 1_000_000;
/// From this similarity on, two examples stay on one side of every split.
const SAME_GROUP: f64 = 0.3;

/// One example. Other fields are left alone: an annotator may keep notes beside a text.
#[derive(Debug, Clone, Deserialize)]
pub struct Example {
    /// Unique id.
    pub id: String,
    /// Title; may be empty.
    #[serde(default)]
    pub title: String,
    /// Text.
    #[serde(default)]
    pub text: String,
    /// Fenomeen ids; none for a negative.
    pub labels: Vec<String>,
    /// Register: news, police, om, municipal, publication, judgment, parliament, council, opinion, registry.
    #[serde(default)]
    pub kind: String,
    /// A positive without an obvious word, or a negative with one.
    #[serde(default)]
    pub hard: bool,
    /// Who wrote it: examples of one hand share a style, and a model must not learn that. Empty where it does not matter.
    #[serde(default)]
    pub hand: String,
    /// Fenomenen of which nobody said whether they apply: left out when these are fitted.
    #[serde(default)]
    pub unknown: Vec<String>,
}

impl Example {
    /// What is known of a label: yes, no, or nothing.
    #[must_use]
    pub fn answer(&self, label: &str) -> Option<bool> {
        let has = |list: &[String]| list.iter().any(|own| own == label);
        if has(&self.labels) { Some(true) } else { (!has(&self.unknown)).then_some(false) }
    }

    /// Whether it is about any fenomeen at all, as far as known.
    #[must_use]
    pub fn about_any(&self) -> Option<bool> {
        if self.labels.is_empty() { self.unknown.is_empty().then_some(false) } else { Some(true) }
    }
}

/// What is wrong with a line of a training file.
#[derive(Debug, Error)]
#[error("{file}:{line}: {why}")]
pub struct CorpusError {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and what to do, in Dutch.
    pub why: String,
}

/// Examples in a fixed order, each with the group that it belongs to.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// The examples.
    pub examples: Vec<Example>,
    /// Group number of each: near copies share one.
    pub groups: Vec<usize>,
    /// Label ids, in alphabetical order.
    pub labels: Vec<String>,
}

impl Corpus {
    /// Reads texts of files that are already in memory: names for faults, and their lines.
    ///
    /// # Errors
    /// Names the first file and line that is not an example.
    pub fn parse<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
        known: &[String],
    ) -> Result<Self, CorpusError> {
        let mut examples = Vec::new();
        let mut ids = HashSet::new();
        for (file, text) in files {
            let fault = |line, why: String| CorpusError { file: file.to_owned(), line, why };
            for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                let example = parse(line, known).map_err(|why| fault(place + 1, why))?;
                if !ids.insert(example.id.clone()) {
                    let why = format!("id '{}' komt twee keer voor; geef een van beide een ander id", example.id);
                    return Err(fault(place + 1, why));
                }
                examples.push(example);
            }
        }
        if examples.is_empty() {
            let why = "geen voorbeelden gevonden; zet er *.jsonl-bestanden in".to_owned();
            return Err(CorpusError { file: "voorbeelden".into(), line: 0, why });
        }
        Ok(Self::of(examples))
    }

    /// Reads all `*.jsonl` files of a folder, by name.
    ///
    /// # Errors
    /// Names the first file and line that is not an example.
    pub fn read(folder: &Path, known: &[String]) -> Result<Self, CorpusError> {
        let fault = |file: &Path, line, why: String| CorpusError { file: file.display().to_string(), line, why };
        let entries = std::fs::read_dir(folder)
            .map_err(|error| fault(folder, 0, format!("de map kan niet worden gelezen: {error}")))?;
        let mut files: Vec<_> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
            .collect();
        files.sort();
        let mut texts = Vec::with_capacity(files.len());
        for file in &files {
            let bytes = std::fs::read(file).map_err(|error| fault(file, 0, format!("niet te lezen: {error}")))?;
            let text = String::from_utf8(bytes)
                .map_err(|_| fault(file, 0, "is geen UTF-8; bewaar het bestand opnieuw als UTF-8".into()))?;
            texts.push((file.display().to_string(), text));
        }
        Self::parse(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())), known)
            .map_err(|error| if error.line == 0 { fault(folder, 0, error.why) } else { error })
    }

    /// Groups examples and lists their labels.
    #[must_use]
    pub fn of(examples: Vec<Example>) -> Self {
        let mut labels: Vec<String> = examples.iter().flat_map(|example| example.labels.iter().cloned()).collect();
        labels.sort();
        labels.dedup();
        let groups = groups(&examples);
        Self { examples, groups, labels }
    }

    /// The corpus with more examples; those whose id is already there are left out.
    #[must_use]
    pub fn with(&self, more: Vec<Example>) -> Self {
        let known: HashSet<&str> = self.examples.iter().map(|example| example.id.as_str()).collect();
        let new: Vec<Example> = more.into_iter().filter(|example| !known.contains(example.id.as_str())).collect();
        Self::of(self.examples.iter().cloned().chain(new).collect())
    }

    /// The examples at these places, with their groups.
    #[must_use]
    pub fn subset(&self, places: &[usize]) -> Self {
        let examples = places.iter().filter_map(|place| self.examples.get(*place).cloned()).collect();
        let groups = places.iter().filter_map(|place| self.groups.get(*place).copied()).collect();
        Self { examples, groups, labels: self.labels.clone() }
    }

    /// Which examples carry a label.
    #[must_use]
    pub fn targets(&self, label: &str) -> Vec<bool> {
        self.examples.iter().map(|example| example.answer(label) == Some(true)).collect()
    }

    /// A digest of all texts and labels, in hex: names the corpus that a model was fitted on.
    #[must_use]
    pub fn digest(&self) -> String {
        let mut hasher = SipHasher13::new_with_keys(1, 2);
        for example in &self.examples {
            let (labels, unknown) = (example.labels.join(","), example.unknown.join(","));
            for part in [&example.id, &example.title, &example.text, &labels, &unknown] {
                hasher.write(part.as_bytes());
                hasher.write_u8(0xff);
            }
        }
        format!("{:016x}", hasher.finish())
    }
}

fn parse(line: &str, known: &[String]) -> Result<Example, String> {
    if line.len() > LONGEST_LINE {
        return Err(format!("de regel is langer dan {LONGEST_LINE} bytes; splits of kort het voorbeeld in"));
    }
    let example: Example = serde_json::from_str(line).map_err(|error| format!("geen voorbeeld in JSON: {error}"))?;
    if example.title.trim().is_empty() && example.text.trim().is_empty() {
        return Err("titel en tekst zijn leeg; vul er een in of haal de regel weg".into());
    }
    if let Some(label) = example.labels.iter().chain(&example.unknown).find(|label| !known.contains(label)) {
        return Err(format!("'{label}' is geen fenomeen; de lijst staat in config/fenomenen"));
    }
    Ok(example)
}

/// Near copies get one group number, so that they never stand on both sides of a split.
fn groups(examples: &[Example]) -> Vec<usize> {
    let shingles: Vec<Shingles> = examples.iter().map(|example| Shingles::of(&example.title, &example.text)).collect();
    let mut by_band = std::collections::HashMap::<(usize, i64), Vec<usize>>::new();
    let mut groups: Vec<usize> = (0..examples.len()).collect();
    for (place, own) in shingles.iter().enumerate() {
        for (band, key) in own.bands().into_iter().enumerate() {
            let others = by_band.entry((band, key)).or_default();
            for other in others.iter() {
                let similar = shingles.get(*other).is_some_and(|other| own.similarity(other) >= SAME_GROUP);
                if similar {
                    let (from, to) = (groups.get(place).copied(), groups.get(*other).copied());
                    if let (Some(from), Some(to)) = (from, to) {
                        for group in &mut groups {
                            if *group == from {
                                *group = to;
                            }
                        }
                    }
                }
            }
            others.push(place);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_in_a_training_line_is_one_clear_sentence() {
        let known = ["witwassen".to_owned()];
        let cases = [
            ("{", "geen voorbeeld in JSON"),
            (r#"{"id":"1","title":"","text":" ","labels":[]}"#, "zijn leeg"),
            (r#"{"id":"1","title":"x","labels":["witwasssen"]}"#, "geen fenomeen"),
            (r#"{"id":"1","title":"x"}"#, "missing field"),
        ];
        for (line, expected) in cases {
            let why = parse(line, &known).expect_err(line);
            assert!(why.contains(expected), "{why}");
        }
        assert!(parse(&format!("\"{}\"", "x".repeat(LONGEST_LINE)), &known).expect_err("too long").contains("langer"));
    }

    #[test]
    fn near_copies_share_a_group() {
        let text = "De politie heeft in een loods aan de haven honderden dozen met sigaretten zonder accijnszegel gevonden en twee mannen aangehouden.";
        let example = |id: &str, text: &str| Example {
            id: id.into(),
            title: String::new(),
            text: text.into(),
            labels: Vec::new(),
            kind: String::new(),
            hard: false,
            hand: String::new(),
            unknown: Vec::new(),
        };
        let corpus = Corpus::of(vec![
            example("a", text),
            example(
                "b",
                "De gemeenteraad vergadert morgen over de nieuwe begroting en het zwembad in de wijk, meldt de griffie van de gemeente.",
            ),
            example("c", &format!("{text} Het onderzoek loopt nog.")),
        ]);
        assert_eq!(corpus.groups.first(), corpus.groups.get(2));
        assert_ne!(corpus.groups.first(), corpus.groups.get(1));
    }
}

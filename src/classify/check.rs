//! Is the corpus varied enough to be learned from? Near copies, openings that are used too often, and words that give a
//! label away alone: such a word is learned, and everything that lacks it is missed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use serde::Serialize;

use super::corpus::Corpus;

/// An opening of this many words ...
const OPENING: usize = 3;
/// ... may be used by at most this share of the examples,
const SHARE: f64 = 0.004;
/// and a word in this share of a label's examples, hardly elsewhere, gives it away.
const TELLING: f64 = 0.35;

/// What the check found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Findings {
    /// Examples.
    pub examples: usize,
    /// Per label: examples, of which hard, of which with more labels.
    pub labels: BTreeMap<String, (usize, usize, usize)>,
    /// Negatives: ordinary, hard.
    pub negatives: (usize, usize),
    /// Per register: examples.
    pub kinds: BTreeMap<String, usize>,
    /// Words per example: the tenth, fifth and ninth decile.
    pub words: (usize, usize, usize),
    /// Ids that are near copies of one another.
    pub copies: Vec<Vec<String>>,
    /// Openings used too often, with how often.
    pub openings: Vec<(String, usize)>,
    /// Words that nearly give a label away: label, word, share of its examples, share of all examples with it that carry
    /// the label.
    pub telling: Vec<(String, String, f64, f64)>,
}

/// Checks a corpus.
#[must_use]
pub fn check(corpus: &Corpus) -> Findings {
    let mut findings = Findings { examples: corpus.examples.len(), ..Findings::default() };
    let mut openings: BTreeMap<String, usize> = BTreeMap::new();
    let mut with_word: BTreeMap<String, usize> = BTreeMap::new();
    let mut with_both: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut lengths = Vec::with_capacity(corpus.examples.len());
    for example in &corpus.examples {
        *findings.kinds.entry(example.kind.clone()).or_default() += 1;
        match (example.labels.is_empty(), example.hard) {
            (true, false) => findings.negatives.0 += 1,
            (true, true) => findings.negatives.1 += 1,
            (false, _) => {}
        }
        let whole = format!("{} {}", example.title, example.text).to_lowercase();
        let words: Vec<&str> = whole.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        lengths.push(words.len());
        let opening: Vec<&str> = example.text.split_whitespace().take(OPENING).collect();
        if opening.len() == OPENING {
            *openings.entry(opening.join(" ").to_lowercase()).or_default() += 1;
        }
        let different: BTreeSet<&str> = words.into_iter().filter(|word| word.chars().count() > 3).collect();
        for word in different {
            *with_word.entry(word.to_owned()).or_default() += 1;
            for label in &example.labels {
                *with_both.entry((label.clone(), word.to_owned())).or_default() += 1;
            }
        }
        for label in &example.labels {
            let (all, hard, more) = findings.labels.entry(label.clone()).or_default();
            *all += 1;
            *hard += usize::from(example.hard);
            *more += usize::from(example.labels.len() > 1);
        }
    }
    lengths.sort_unstable();
    let decile = |tenth: usize| lengths.get(lengths.len() * tenth / 10).copied().unwrap_or(0);
    findings.words = (decile(1), decile(5), decile(9));
    findings.copies = copies(corpus);
    let most = super::measures::number(findings.examples) * SHARE;
    findings.openings =
        openings.into_iter().filter(|(_, count)| super::measures::number(*count) > most.max(3.0)).collect();
    findings.openings.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    for ((label, word), both) in with_both {
        let all = findings.labels.get(&label).map_or(0, |counts| counts.0);
        let share = super::measures::number(both) / super::measures::number(all).max(1.0);
        let alone = super::measures::number(both)
            / super::measures::number(with_word.get(&word).copied().unwrap_or(0)).max(1.0);
        if share >= TELLING && alone >= 0.8 {
            findings.telling.push((label, word, share, alone));
        }
    }
    findings
}

/// Groups of near copies, by the ids of their members.
fn copies(corpus: &Corpus) -> Vec<Vec<String>> {
    let mut groups: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for (example, group) in corpus.examples.iter().zip(&corpus.groups) {
        groups.entry(*group).or_default().push(example.id.clone());
    }
    groups.into_values().filter(|ids| ids.len() > 1).collect()
}

impl Findings {
    /// The findings in words, for a terminal.
    #[must_use]
    pub fn told(&self) -> String {
        let mut text = format!(
            "{} voorbeelden, {} gewone en {} moeilijke zonder fenomeen; woorden per voorbeeld: {} / {} / {} (1e, 5e, 9e deciel)\n\n",
            self.examples, self.negatives.0, self.negatives.1, self.words.0, self.words.1, self.words.2
        );
        let mut line = |line: String| writeln!(text, "{line}").unwrap_or_default();
        for (label, (all, hard, more)) in &self.labels {
            line(format!("{label:<24} {all:>4}, waarvan {hard} zonder sprekend woord en {more} met meer fenomenen"));
        }
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        line(format!("\nregisters: {}", kinds.join(", ")));
        line(format!("\nbijna gelijk: {}", if self.copies.is_empty() { "geen" } else { "" }));
        for ids in &self.copies {
            line(format!("  {}", ids.join(", ")));
        }
        line(format!("te vaak hetzelfde begin: {}", if self.openings.is_empty() { "geen" } else { "" }));
        for (opening, count) in &self.openings {
            line(format!("  {count:>3}x \"{opening}\""));
        }
        line(format!(
            "woorden die een fenomeen alleen al verraden: {}",
            if self.telling.is_empty() { "geen" } else { "" }
        ));
        for (label, word, share, alone) in &self.telling {
            line(format!(
                "  {label}: '{word}' staat in {:.0}% van de voorbeelden, en {:.0}% van wie het heeft is dit",
                100.0 * share,
                100.0 * alone
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::corpus::Example;

    #[test]
    fn copies_openings_and_telling_words_are_named() {
        let example = |id: usize, text: &str, label: &str| Example {
            id: id.to_string(),
            title: String::new(),
            text: text.to_owned(),
            labels: vec![label.to_owned()],
            kind: "news".into(),
            hard: false,
            hand: String::new(),
            unknown: Vec::new(),
        };
        let mut examples: Vec<Example> = (0..6)
            .map(|n| example(n, &format!("De politie trof hennep aan op adres {}", "x".repeat(n + 4)), "hennepteelt"))
            .collect();
        examples.extend((6..12).map(|n| example(n, &format!("Ander verhaal nummer {n} zonder iets"), "witwassen")));
        let findings = check(&Corpus::of(examples));
        assert!(findings.openings.iter().any(|(opening, count)| opening == "de politie trof" && *count == 6));
        assert!(findings.telling.iter().any(|(label, word, _, _)| label == "hennepteelt" && word == "hennep"));
        assert!(findings.told().contains("hennep"));
    }
}

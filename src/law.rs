//! References to laws in running Dutch text: "artikel 13b, eerste lid, van de Opiumwet", "art. 3 lid 1 Wet Bibob". Laws and
//! their abbreviations are a data file.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;
use serde::Deserialize;
use thiserror::Error;

/// Why the list of laws cannot be used.
#[derive(Debug, Error)]
#[error("wetten.csv: {0}")]
pub struct LawError(String);

/// One law.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Law {
    /// Id in the Basiswettenbestand.
    pub bwb: String,
    /// Name by which it is cited.
    pub name: String,
    /// Abbreviation of the ministry that can change it.
    pub ministry: String,
}

#[derive(Deserialize)]
struct Row {
    bwb: String,
    naam: String,
    afkortingen: String,
    ministerie: String,
    stand: String,
}

/// A reference in a text; offsets are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// Place of the law in [`Laws::all`].
    pub law: usize,
    /// Article; empty when only the law is named.
    pub article: String,
}

/// The laws and how they are recognised.
pub struct Laws {
    laws: Vec<Law>,
    matcher: AhoCorasick,
    /// Law of each pattern, and whether the pattern is an abbreviation, which counts only after an article.
    patterns: Vec<(usize, bool)>,
    article: Regex,
}

impl Laws {
    /// Reads the table of laws.
    ///
    /// # Errors
    /// When the table is not as expected.
    pub fn new(table: &str) -> Result<Self, LawError> {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let rows: Vec<Row> =
            reader.deserialize().collect::<Result<_, _>>().map_err(|error| LawError(error.to_string()))?;
        let mut names: HashMap<String, (usize, bool)> = HashMap::new();
        let mut laws = Vec::new();
        // A law in force wins a name or abbreviation from one that was repealed.
        for in_force in [true, false] {
            for row in rows.iter().filter(|row| (row.stand == "in force") == in_force) {
                let place = laws.len();
                laws.push(Law { bwb: row.bwb.clone(), name: row.naam.clone(), ministry: row.ministerie.clone() });
                names.entry(row.naam.to_lowercase()).or_insert((place, false));
                for short in row.afkortingen.split(';').map(str::trim).filter(|short| short.chars().count() > 1) {
                    let is_short = !short.to_lowercase().starts_with("wet ");
                    names.entry(short.to_lowercase()).or_insert((place, is_short));
                }
            }
        }
        let mut sorted: Vec<(String, (usize, bool))> = names.into_iter().collect();
        sorted.sort();
        let (texts, patterns): (Vec<String>, Vec<(usize, bool)>) = sorted.into_iter().unzip();
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&texts)
            .map_err(|error| LawError(error.to_string()))?;
        // From an article to the law that it belongs to: "artikel 13b, eerste lid, aanhef en onder a, van de".
        let article = Regex::new(
            r"(?i)\b(?:artikel(?:en)?|artt?\.)\s+(\d+[a-z]{0,3}(?:[:.]\d+[a-z]{0,2})?)((?:,?\s*(?:(?:eerste|tweede|derde|vierde|vijfde|zesde|zevende|achtste|\d+e)\s+lid|lid\s+\d+|aanhef|en|juncto|jo\.|onder(?:deel)?\s+[a-z\d]\b|sub\s+[a-z\d]\b|\d+[a-z]{0,2}(?:[:.]\d+[a-z]{0,2})?))*),?\s*(?:van\s+)?(?:de\s+|het\s+)?$",
        )
        .map_err(|error| LawError(error.to_string()))?;
        Ok(Self { laws, matcher, patterns, article })
    }

    /// All laws.
    #[must_use]
    pub fn all(&self) -> &[Law] {
        &self.laws
    }

    /// References in a text, in order.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Citation> {
        // Lower case must keep byte offsets, so only ASCII is folded; names of laws begin in ASCII letters.
        let lower = text.to_ascii_lowercase();
        let mut citations = Vec::new();
        for found in self.matcher.find_iter(&lower) {
            let Some((law, is_short)) = self.patterns.get(found.pattern().as_usize()).copied() else { continue };
            // A row without an id only keeps its name from being read as that of another law.
            if self.laws.get(law).is_none_or(|law| law.bwb.is_empty()) {
                continue;
            }
            let before = lower.get(..found.start()).unwrap_or_default();
            let after = lower.get(found.end()..).unwrap_or_default();
            let joined = before.chars().next_back().is_some_and(char::is_alphanumeric)
                || after.chars().next().is_some_and(char::is_alphanumeric);
            if joined {
                continue;
            }
            let window = last_bytes(before, 160);
            let article = self.article.captures(window);
            let start = article
                .as_ref()
                .and_then(|found| found.get(0))
                .map_or(found.start(), |all| before.len() - window.len() + all.start());
            let article =
                article.and_then(|found| found.get(1)).map(|number| number.as_str().to_owned()).unwrap_or_default();
            if article.is_empty() && is_short {
                continue;
            }
            citations.push(Citation { start, end: found.end(), law, article });
        }
        citations
    }
}

fn last_bytes(text: &str, most: usize) -> &str {
    let start = (text.len().saturating_sub(most)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(start..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Laws;
    use crate::assets;

    #[test]
    fn references_are_found_in_the_forms_that_courts_use() {
        let laws = Laws::new(assets::config("wetten/wetten.csv").expect("embedded")).expect("a table");
        let cases: [(&str, &[(&str, &str)]); 10] = [
            ("op grond van artikel 13b, eerste lid, aanhef en onder a, van de Opiumwet", &[("BWBR0001941", "13b")]),
            ("art. 3 lid 1 Wet Bibob", &[("BWBR0013798", "3")]),
            ("artikel 4:84 van de Algemene wet bestuursrecht (Awb)", &[("BWBR0005537", "4:84")]),
            ("in strijd met artikel 3:4, tweede lid, van de Awb", &[("BWBR0005537", "3:4")]),
            ("valt buiten de reikwijdte van artikel 1a van de Wwft", &[("BWBR0024282", "1a")]),
            ("artikel 174a Gemeentewet en artikel 2 Opiumwet", &[("BWBR0005416", "174a"), ("BWBR0001941", "2")]),
            ("De Opiumwet kent dit niet.", &[("BWBR0001941", "")]),
            ("Ow, wat een dag", &[]),
            ("artikel 2:41 van de Algemene Plaatselijke Verordening", &[]),
            ("artikel 3.1 van de Wet natuurbescherming en art. 36 Wet IB 1964", &[]),
        ];
        for (text, expected) in cases {
            let found: Vec<(&str, String)> = laws
                .find(text)
                .into_iter()
                .filter_map(|citation| Some((laws.all().get(citation.law)?.bwb.as_str(), citation.article)))
                .collect();
            let found: Vec<(&str, &str)> = found.iter().map(|(bwb, article)| (*bwb, article.as_str())).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}

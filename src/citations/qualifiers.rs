//! What stands behind the number of an article: lid, onderdeel, aanhef, "(oud)". Only the leden are kept.

use std::sync::LazyLock;

use regex::Regex;

use super::{CitationError, fold::Folded, pattern};

/// One lid, with the place of its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lid {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) number: String,
}

pub(super) struct Qualifiers {
    ordinals: Regex,
    ordinal: Regex,
    figures: Regex,
    figure: Regex,
    bracket: Regex,
    part: Regex,
    old: Regex,
}

const ORDINAL: &str = "(?:eerste|tweede|derde|vierde|vijfde|zesde|zevende|achtste|negende|tiende|elfde|twaalfde|dertiende|\
    veertiende|vijftiende|zestiende|zeventiende|achttiende|negentiende|twintigste|enig|enige|laatste|\\d{1,2}(?:e|de|ste))";

const WORDS: [&str; 20] = [
    "eerste",
    "tweede",
    "derde",
    "vierde",
    "vijfde",
    "zesde",
    "zevende",
    "achtste",
    "negende",
    "tiende",
    "elfde",
    "twaalfde",
    "dertiende",
    "veertiende",
    "vijftiende",
    "zestiende",
    "zeventiende",
    "achttiende",
    "negentiende",
    "twintigste",
];

static LEADING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let link = r"(?:,\s|\sen\s|\sof\s|,\sen\s|\sen/of\s|\st/m\s|\stot\sen\smet\s)";
    pattern(&format!(
        r"\b((?:{ORDINAL}(?:{link}(?:het\s)?{ORDINAL})*\slid)|lid\s\d{{1,2}})(?:,[^,.;:]{{1,30}})?,?\svan\s(?:het\s|de\s)?$"
    ))
    .ok()
});

impl Qualifiers {
    pub(super) fn new() -> Result<Self, CitationError> {
        let link = r"(?:,\sen\s|,\s|\sen\s|\sof\s|\sen/of\s|\st/m\s|\stot\sen\smet\s|\sdan\swel\s|\sjuncto\s|-)";
        let letter = r"(?:(?:[a-z]|aa|bb|cc|dd|ee|ff|gg|hh)\b°?|[ivx]{1,4}\b|\d{1,2}\s?[°º])";
        let figure = r"(?:\d{1,2}[a-z]?\b(?:\s?°)?)";
        // "onder C en 10" is a letter and the next article; figures go on only where figures began.
        let letters = format!(
            "{letter}(?:{link}(?:(?:onder\\s|sub\\s|ten\\s){figure}(?:{link}{figure})*|(?:onder\\s|sub\\s)?{letter}))*"
        );
        let list = format!("(?:{letters}|{figure}(?:{link}(?:onder\\s|sub\\s|ten\\s)?(?:{figure}|{letter}))*)");
        let what = r"(?:volzin|zin|zinsnede|zinsdeel|alinea|gedachtestreepje|gedachtenstreepje|streepje|aandachtsstreepje|onderdeel|gedeelte|punt)";
        Ok(Self {
            ordinals: pattern(&format!(r"^(?:het\s)?{ORDINAL}(?:{link}(?:het\s)?{ORDINAL})*\s(?:lid|leden)\b"))?,
            ordinal: pattern(&format!(r"(tot\sen\smet\s|t/m\s|-)?(?:het\s)?\b({ORDINAL})\b"))?,
            figures: pattern(
                r"^(?:het\s)?(?:lid\s\d{1,2}(?:\b|[a-z]\b)|(?:leden|lid)\s\d{1,2}(?:(?:,\s|\sen\s|,\sen\s|\sof\s|\st/m\s|\stot\sen\smet\s|-)\d{1,2}[a-z]?\b)+)",
            )?,
            figure: pattern(r"(tot\sen\smet\s|t/m\s|-)?(\d{1,2}[a-z]?)\b")?,
            bracket: pattern(r"^\((\d{1,2})\)")?,
            part: pattern(&format!(
                r"^(?:de\s|het\s)?(?:e\.v\.|en\svolgende\b|aanhef\b|slot\b|{ORDINAL}\s{what}(?:\sen\s{ORDINAL}\s{what})?|ten\s{ORDINAL}\b|\([a-z]\)|\d{{1,2}}\s?(?:o\b|°|ø)|
                (?:onderdelen|onderdeel|onder|sub|letters|letter|punt|ten|nummer|nr\.|volzin|categorie|gedachtestreepje)
                \s?{list})"
            ))?,
            old: pattern(r"^(?:\((?:oud|oude|nieuw|nieuwe)\)|oud\b|\(oud\b[^()]{0,30}\))")?,
        })
    }

    /// Length of the qualifier that begins here, if one does; its leden are added. "lid 1, 4 en 5" in a list of articles
    /// means lid 1 and the articles 4 and 5, so the plural word decides.
    pub(super) fn read(&self, folded: &Folded, at: usize, leden: &mut Vec<Lid>) -> Option<usize> {
        let rest = folded.lower_from(at);
        if let Some(found) = self.ordinals.find(rest) {
            leden.extend(numbers(&self.ordinal, found.as_str(), at));
            widen(leden, at + found.end());
            return Some(found.end());
        }
        if let Some(found) = self.figures.find(rest) {
            leden.extend(numbers(&self.figure, found.as_str(), at));
            widen(leden, at + found.end());
            return Some(found.end());
        }
        if let Some(found) = self.bracket.captures(rest) {
            let end = found.get(0).map_or(0, |all| all.end());
            let number = found.get(1).map_or("", |number| number.as_str());
            leden.push(Lid { start: at, end: at + end, number: number.to_owned() });
            return Some(end);
        }
        self.part.find(rest).map(|found| found.end())
    }

    /// Length of "(oud)", if it stands here.
    pub(super) fn old(&self, folded: &Folded, at: usize) -> Option<usize> {
        self.old.find(folded.lower_from(at)).map(|found| found.end())
    }

    /// Leden in front of the article: "het eerste lid van artikel 7". Gives where they begin.
    pub(super) fn leading(&self, folded: &Folded, at: usize) -> Option<(usize, Vec<Lid>)> {
        let window = folded.lower_before(at, 90);
        if !window.trim_end().ends_with(['n', 't', 'e']) || !window.contains("lid") {
            return None;
        }
        let words = LEADING.as_ref()?.captures(window)?.get(1)?;
        let start = at - window.len() + words.start();
        let reader = if words.as_str().starts_with("lid") { &self.figure } else { &self.ordinal };
        let leden = numbers(reader, words.as_str(), start);
        (!leden.is_empty()).then_some((start, leden))
    }
}

/// The last lid takes the word "lid" with it, so that its words can be read alone.
fn widen(leden: &mut [Lid], end: usize) {
    if let Some(last) = leden.last_mut() {
        last.end = end.max(last.end);
    }
}

fn numbers(reader: &Regex, words: &str, at: usize) -> Vec<Lid> {
    let mut leden: Vec<Lid> = Vec::new();
    for found in reader.captures_iter(words) {
        let (Some(all), Some(written)) = (found.get(0), found.get(2)) else { continue };
        let Some(number) = value(written.as_str()) else { continue };
        if let (Some(_), Some(last)) = (found.get(1), leden.last().cloned()) {
            let (from, to) = (last.number.parse::<u32>().unwrap_or(0), number.parse::<u32>().unwrap_or(0));
            for between in (from + 1..to).take(20) {
                let place = at + all.start();
                let end = at + written.start();
                leden.push(Lid { start: place, end, number: between.to_string() });
            }
        }
        leden.push(Lid { start: at + written.start(), end: at + written.end(), number });
    }
    leden
}

/// The number of a lid: "eerste" is 1. "Laatste" has none that the text tells.
fn value(word: &str) -> Option<String> {
    if let Some(place) = WORDS.iter().position(|one| *one == word) {
        return Some((place + 1).to_string());
    }
    match word {
        "enig" | "enige" => Some("1".to_owned()),
        "laatste" => None,
        _ if word.starts_with(|c: char| c.is_ascii_digit()) => Some(
            word.strip_suffix("ste")
                .or_else(|| word.strip_suffix("de"))
                .or_else(|| word.strip_suffix('e'))
                .unwrap_or(word)
                .to_owned(),
        ),
        _ => None,
    }
}

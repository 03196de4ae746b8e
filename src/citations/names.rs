//! Names and abbreviations of laws in a text. Which of several laws an abbreviation means is decided by what else the
//! text names, how the article is numbered, and at last by the table.

use std::collections::{HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use super::{
    CitationError,
    fold::Folded,
    laws::{Laws, Style},
    pattern,
};

/// What a mention stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// One of these laws of the table.
    Laws(Vec<usize>),
    /// A rule that is not in the table, by name.
    Unknown(String),
    /// A regulation or directive of the European Union, by its number.
    Act,
    /// Something that is no rule: a party, a contract, a foreign law.
    Nothing,
}

/// A name in the text.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) target: Target,
    /// An abbreviation, which counts without article only where the sentence treats it as a law.
    pub(super) is_short: bool,
    /// Defined by the text itself.
    pub(super) is_defined: bool,
}

struct Entry {
    laws: Vec<usize>,
    /// Spellings in which an abbreviation counts; empty for a name in full.
    spellings: HashSet<String>,
}

pub(super) struct Names {
    matcher: AhoCorasick,
    entries: Vec<Entry>,
    /// Words in front that make another rule of it: "Uitvoeringsregeling Wet ...".
    other_rule: Regex,
    /// Words behind that make it the law of another country of the kingdom.
    abroad: Regex,
    /// A year behind that makes it the law of another time: "de Successiewet van 1859".
    other_year: Regex,
    /// A rule that the table lacks.
    lacking: Regex,
}

impl Names {
    pub(super) fn new(laws: &Laws) -> Result<Self, CitationError> {
        let mut map: HashMap<String, Entry> = HashMap::new();
        for (place, law) in laws.all.iter().enumerate() {
            for name in &law.names {
                let entry =
                    map.entry(name.to_lowercase()).or_insert(Entry { laws: Vec::new(), spellings: HashSet::new() });
                entry.spellings.clear();
                if !entry.laws.contains(&place) {
                    entry.laws.push(place);
                }
            }
        }
        for (place, law) in laws.all.iter().enumerate() {
            for short in &law.shorts {
                let fresh = !map.contains_key(&short.to_lowercase());
                let entry =
                    map.entry(short.to_lowercase()).or_insert(Entry { laws: Vec::new(), spellings: HashSet::new() });
                if !entry.laws.contains(&place) {
                    entry.laws.push(place);
                }
                if fresh || !entry.spellings.is_empty() {
                    entry.spellings.extend(spellings(short));
                }
            }
        }
        let mut sorted: Vec<(String, Entry)> = map.into_iter().collect();
        sorted.sort_by(|one, other| one.0.cmp(&other.0));
        let (texts, entries): (Vec<String>, Vec<Entry>) = sorted.into_iter().unzip();
        let matcher = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&texts)?;
        Ok(Self {
            matcher,
            entries,
            other_rule: pattern(
                r"\b(?:[a-z]*(?:uitvoerings|invoerings|wijzigings|aanpassings|intrekkings|overgangs|vrijstellings|subsidie|
                reparatie)?(?:besluit|wet|regeling|beleidsregels?|reglement|circulaire|aanwijzing|richtlijn)|rijkswet)\s$",
            )?,
            other_year: pattern(r"^\s(?:van\s)?(?:18|19|20)\d\d\b")?,
            lacking: pattern(
                r"\b(?:[A-Z][\p{L}&-]+(?:wet|besluit|regeling|reglement|verordening|beschikking|richtlijn)|
                (?:Tijdelijke|Nadere|Algemene)\s(?:wet|regeling(?:en)?|regels|verordening)|
                (?:Verordening|Regeling|Reglement|Wijzigingswet|Beleidsregel|Leidraad)\s(?:op|inzake|[A-Z][\p{L}\d]*|[\p{L}-]{6,}))\b",
            )?,
            abroad: pattern(r"^\s(?:bes\b|van\s(?:de\snederlandse\santillen|aruba|curaçao|sint\smaarten|suriname)\b)")?,
        })
    }

    /// The names in a text, in order.
    pub(super) fn find(&self, folded: &Folded, laws: &Laws) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for found in self.matcher.find_iter(&folded.lower) {
            let (start, end) = (found.start(), found.end());
            let Some(entry) = self.entries.get(found.pattern().as_usize()) else { continue };
            if !folded.is_whole(start, end) {
                continue;
            }
            let written = folded.plain.get(start..end).unwrap_or_default();
            let is_short = !entry.spellings.is_empty();
            if is_short && !entry.spellings.contains(written) {
                continue;
            }
            // "Uitvoeringsregeling Wet ..." is another rule; on a line of its own the word in front is a heading.
            let other_rule = written.starts_with(char::is_uppercase)
                && folded.plain_before(start, 1) == " "
                && self.other_rule.is_match(folded.lower_before(start, 40));
            let other_year = !is_short
                && !written.ends_with(|c: char| c.is_ascii_digit())
                && self.other_year.is_match(folded.lower_from(end));
            let target = if self.abroad.is_match(folded.lower_from(end)) || other_rule || other_year {
                Target::Nothing
            } else {
                Target::Laws(entry.laws.clone())
            };
            mentions.push(Mention { start, end, target, is_short, is_defined: false });
        }
        settle(&mut mentions, folded, laws);
        self.add_lacking(folded, &mut mentions);
        mentions
    }

    /// Rules that the table lacks are remembered too, or an article that stands alone behind one would be given to the law
    /// before it.
    fn add_lacking(&self, folded: &Folded, mentions: &mut Vec<Mention>) {
        let more: Vec<Mention> = self
            .lacking
            .find_iter(&folded.plain)
            .filter(|hit| folded.is_whole(hit.start(), hit.end()))
            .map(|hit| (hit.start(), hit.end(), Target::Unknown(hit.as_str().to_owned())))
            .map(|(start, end, target)| Mention { start, end, target, is_short: false, is_defined: false })
            .collect();
        let known = std::mem::take(mentions);
        // A known name is never cut short by a guess, so the known ones go first and only free places are filled.
        let mut free = more
            .into_iter()
            .filter(|guess| {
                let after = known.partition_point(|mention| mention.end <= guess.start);
                known.get(after).is_none_or(|mention| mention.start >= guess.end)
            })
            .collect::<Vec<_>>();
        mentions.extend(known.iter().cloned());
        mentions.append(&mut free);
        mentions.sort_by_key(|mention| mention.start);
    }
}

/// An abbreviation is also read in capitals, and with only the first letter as a capital when it is long enough.
fn spellings(short: &str) -> Vec<String> {
    let mut all = vec![short.to_owned(), short.to_uppercase()];
    if short.chars().filter(|c| c.is_alphabetic()).count() >= 3 && short.chars().all(char::is_alphanumeric) {
        let mut letters = short.chars();
        if let Some(first) = letters.next() {
            all.push(first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect());
        }
    }
    all
}

/// Narrows mentions that may be several laws to the one that the text names in full, if it names just one.
fn settle(mentions: &mut [Mention], folded: &Folded, laws: &Laws) {
    let mut named: HashSet<usize> = HashSet::new();
    for mention in mentions.iter().filter(|mention| !mention.is_short) {
        if let Target::Laws(laws) = &mention.target {
            named.extend(laws.iter().copied().take(2).filter(|_| laws.len() == 1));
        }
    }
    for mention in mentions.iter_mut() {
        let Target::Laws(candidates) = &mut mention.target else { continue };
        if candidates.len() < 2 {
            continue;
        }
        let in_text: Vec<usize> = candidates.iter().copied().filter(|law| named.contains(law)).collect();
        if in_text.len() == 1 {
            *candidates = in_text;
            continue;
        }
        // The law with precedence comes first; the others follow, for the article's number may point at them.
        let written = folded.plain.get(mention.start..mention.end).unwrap_or_default();
        candidates.sort_by_key(|place| {
            let law = laws.get(*place);
            let has = |list: &[String]| list.iter().any(|one| one == written);
            (!law.is_some_and(|law| has(&law.precedence)), !law.is_some_and(|law| has(&law.shorts)))
        });
    }
}

/// The law that is meant, given how the article is numbered; none when the table leaves it open.
pub(super) fn choose(candidates: &[usize], laws: &Laws, written: &str, style: Option<Style>) -> Option<usize> {
    let fitting: Vec<usize> = candidates
        .iter()
        .copied()
        .filter(|place| {
            candidates.len() == 1 || style.is_none_or(|style| laws.get(*place).is_some_and(|law| law.style == style))
        })
        .collect();
    let [first, rest @ ..] = fitting.as_slice() else { return None };
    if rest.is_empty() {
        return Some(*first);
    }
    let law = laws.get(*first)?;
    // Rows for one law under two names (it was renamed) are no ambiguity.
    let same = law.bwb.is_some() && rest.iter().all(|place| laws.get(*place).is_some_and(|other| other.bwb == law.bwb));
    let preferred = law.precedence.iter().any(|one| one == written);
    let is_name = law.names.iter().any(|name| name.eq_ignore_ascii_case(written));
    (same || preferred || is_name).then_some(*first)
}

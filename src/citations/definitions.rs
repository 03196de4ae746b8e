//! Short names that a text gives to laws: "(hierna: Wabo)", "(verder: de Wet)", "(WED)". Such a name holds from there on
//! in this text alone, and beats the table.

use std::collections::HashMap;

use aho_corasick::AhoCorasick;
use regex::Regex;

use super::{
    CitationError,
    fold::Folded,
    laws::{Class, Laws},
    names::{Mention, Target},
    pattern,
};

/// From a byte on, "de Wet" (or "het Besluit") is this rule.
#[derive(Debug, Clone)]
pub(super) struct Meaning {
    pub(super) at: usize,
    /// None when the short name is a word of its own, which is then a mention.
    pub(super) class: Option<Class>,
    pub(super) target: Target,
}

/// What a text defines.
#[derive(Debug, Default)]
pub(super) struct Defined {
    pub(super) meanings: Vec<Meaning>,
    /// Stretches of the definitions themselves, in which a name is no citation.
    pub(super) stretches: Vec<(usize, usize)>,
}

impl Defined {
    /// True when a byte lies in a definition.
    pub(super) fn holds(&self, at: usize) -> bool {
        let after = self.stretches.partition_point(|stretch| stretch.0 <= at);
        after.checked_sub(1).and_then(|last| self.stretches.get(last)).is_some_and(|stretch| at < stretch.1)
    }
}

pub(super) struct Definitions {
    announced: Regex,
    bracketed: Regex,
    between: Regex,
    head: Regex,
    gazette: Regex,
}

/// A text with more definitions than this is no judgment.
const MOST: usize = 500;

struct Short {
    start: usize,
    end: usize,
    key: String,
    key_start: usize,
    is_announced: bool,
}

impl Definitions {
    pub(super) fn new() -> Result<Self, CitationError> {
        Ok(Self {
            announced: pattern(
                r"(?:\(|\[|,\s|\s)(?:[Hh]ierna|[Vv]erder|[Vv]oortaan|in\shet\svervolg|[Nn]ader)
                (?:,?\s(?:ook|te|aan|aangehaald|aangeduid|aan\ste\sduiden|duiden|genoemd|noemen|als|met|tot|steeds|af|korten|afgekort|
                verkort|zo|mede|kortheidshalve|kortweg|in\shet\svervolg|verder|aan\ste\shalen|halen))*\s?:?\s?[\x22']?(?:(?:de|het|De|Het)\s)?
                ([A-Z][\p{L}\d&./-]{0,30}(?:\s(?:(?:19|20)\d\d|[\p{L}\d&./-]{1,20})){0,3}?|wet|besluit|regeling|verordening|richtlijn|verdrag)
                [\x22']?\s?(?:[)\],;]|\.\s)",
            )?,
            bracketed: pattern(r"\([\x22']?(?:(?:de|het)\s)?([A-Z][\p{L}\d&./-]{1,15}(?:\s(?:19|20)\d\d)?)[\x22']?\)")?,
            between: pattern(r"^,?\s?(?:\(?(?:Stb|Trb|Stcrt|PB|Pb|wet\svan|oud)[^()]{0,50}\)?)?,?\s?$")?,
            gazette: pattern(r",?\s\(?(?:Stb|Stcrt|Trb|PB|Pb)[^()\n]{0,40}$")?,
            head: pattern(
                r"\b(?:[A-Z][\p{L}&-]*(?:wet|wetboek|besluit|regeling|reglement|verordening|beschikking|richtlijn|circulaire|regels|regelingen)|
                Wet|Besluit|Regeling|Verordening|Reglement|Beschikking|Beleidsregels?|Circulaire|Nadere\s[Rr]egeling(?:en)?|Richtlijn|
                Algemene\s[Ww]et|Algemene\s[Vv]oorwaarden|Protocol|Verdrag)\b",
            )?,
        })
    }

    /// The definitions of a text. Mentions of defined names are added to the list or replace those of the table.
    pub(super) fn find(&self, folded: &Folded, mentions: &mut Vec<Mention>, laws: &Laws) -> Defined {
        let mut defined = Defined::default();
        let mut words: HashMap<String, Vec<(usize, Target)>> = HashMap::new();
        for short in self.shorts(folded) {
            let Some(target) = self.target(folded, &short, mentions, laws) else { continue };
            defined.stretches.push((short.start, short.end));
            let lower = short.key.to_lowercase();
            let class = Class::of_word(&lower).filter(|_| is_class_word(&lower));
            defined.meanings.push(Meaning { at: short.end, class, target: target.clone() });
            if class.is_none() {
                words.entry(short.key).or_default().push((short.end, target));
            }
        }
        if !words.is_empty() {
            merge(mentions, occurrences(folded, &words));
        }
        defined
    }

    fn shorts(&self, folded: &Folded) -> Vec<Short> {
        let mut shorts = Vec::new();
        for (regex, is_announced) in [(&self.announced, true), (&self.bracketed, false)] {
            for found in regex.captures_iter(&folded.plain).take(MOST) {
                let (Some(all), Some(key)) = (found.get(0), found.get(1)) else { continue };
                let (start, end) = (all.start(), all.end());
                shorts.push(Short { start, end, key: key.as_str().to_owned(), key_start: key.start(), is_announced });
            }
        }
        shorts.sort_by_key(|short| short.start);
        shorts
    }

    /// What the words before a definition name; none when the definition says nothing about a law.
    fn target(&self, folded: &Folded, short: &Short, mentions: &[Mention], laws: &Laws) -> Option<Target> {
        let count = mentions.partition_point(|mention| mention.end <= short.start);
        let before = count.checked_sub(1).and_then(|last| mentions.get(last));
        if let Some(mention) = before {
            let gap = folded.plain.get(mention.end..short.start).unwrap_or(".");
            if gap.len() <= 70 && self.between.is_match(gap) {
                return Some(mention.target.clone()).filter(|target| *target != Target::Nothing || short.is_announced);
            }
        }
        // A name that the table knows for one law is not taken away by a definition that could not be read.
        let of_table = mentions.binary_search_by_key(&short.key_start, |mention| mention.start).ok();
        let is_known = of_table.and_then(|place| mentions.get(place)).is_some_and(|mention| {
            matches!(&mention.target, Target::Laws(candidates) if candidates.len() == 1) && laws.all.len() > 1
        });
        if is_known || !short.is_announced {
            return None;
        }
        // "(hierna: de Ontvanger)" names a party, whatever stands before it; a law has a short name of capitals or of its class.
        let capitals = short.key.chars().filter(|c| c.is_uppercase()).count();
        let is_lawlike =
            capitals >= 2 || short.key.chars().count() <= 5 || Class::of_word(&short.key.to_lowercase()).is_some();
        if !is_lawlike {
            return None;
        }
        let window = folded.plain_before(short.start, 160);
        let window = self.gazette.find(window).map_or(window, |found| window.get(..found.start()).unwrap_or_default());
        let clause = window.rsplit(['.', ';', '\n', '(', ')', ':']).next().unwrap_or_default();
        Some(match self.head.find(clause) {
            Some(head) => Target::Unknown(clause.get(head.start()..).unwrap_or_default().trim().to_owned()),
            None => Target::Nothing,
        })
    }
}

fn is_class_word(word: &str) -> bool {
    matches!(
        word,
        "wet"
            | "wetboek"
            | "besluit"
            | "regeling"
            | "verordening"
            | "richtlijn"
            | "verdrag"
            | "reglement"
            | "beschikking"
    )
}

/// Where defined names stand after their definition.
fn occurrences(folded: &Folded, words: &HashMap<String, Vec<(usize, Target)>>) -> Vec<Mention> {
    let mut keys: Vec<&String> = words.keys().collect();
    keys.sort();
    let Ok(matcher) = AhoCorasick::builder().match_kind(aho_corasick::MatchKind::LeftmostLongest).build(&keys) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for hit in matcher.find_iter(&folded.plain) {
        if !folded.is_whole(hit.start(), hit.end()) {
            continue;
        }
        let meanings = keys.get(hit.pattern().as_usize()).and_then(|key| words.get(*key));
        let latest = meanings.and_then(|list| {
            let before = list.partition_point(|(at, _)| *at <= hit.start());
            before.checked_sub(1).and_then(|last| list.get(last))
        });
        if let Some((_, target)) = latest {
            let (start, end) = (hit.start(), hit.end());
            found.push(Mention { start, end, target: target.clone(), is_short: true, is_defined: true });
        }
    }
    found
}

/// Puts mentions together; of two that overlap the longer stays, of two of one length the defined one.
pub(super) fn merge(mentions: &mut Vec<Mention>, more: Vec<Mention>) {
    mentions.extend(more);
    mentions.sort_by_key(|mention| (mention.start, std::cmp::Reverse(mention.end), !mention.is_defined));
    let mut free = 0;
    mentions.retain(|mention| {
        let stays = mention.start >= free;
        if stays {
            free = mention.end;
        }
        stays
    });
}

//! The text of a judgment as lines with their zone and number, and sentences with their offsets. Every place that is
//! shown to a reader is made here, so that a quotation is always a literal piece of [`Judgment::text`].

use std::sync::LazyLock;

use regex::Regex;

use super::{Origin, Place, rules::Rules};
use crate::domain::judgment::Judgment;

/// Where in the judgment a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Zone {
    /// Court, number, date, parties.
    Head,
    /// What happened before.
    Course,
    /// Why.
    Reasons,
    /// What is decided.
    Dictum,
    /// Signatures, remedies, annexes.
    Tail,
}

/// One heading or paragraph.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// First byte in the whole text.
    pub(super) from: usize,
    /// Byte after the last.
    pub(super) to: usize,
    pub(super) zone: Zone,
    pub(super) heading: bool,
    /// Own number, or that of the last numbered line above it.
    pub(super) number: String,
    /// Title above it.
    pub(super) title: String,
    /// Opens the dictum: its heading, by title, role or words.
    pub(super) opens_dictum: bool,
}

/// One sentence of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sentence<'a> {
    pub(super) line: usize,
    pub(super) from: usize,
    pub(super) text: &'a str,
}

/// The whole text and its lines.
pub(super) struct Doc {
    pub(super) whole: String,
    pub(super) lines: Vec<Line>,
    pub(super) summary: String,
}

/// Most lines before the procedure is told.
const MOST_HEAD: usize = 45;

/// A number inside a paragraph: old judgments print a whole chapter as one paragraph.
static INNER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?:^|\s)(\d{1,2}(?:\.\d{1,2}){1,3})\.?\s+['\[\p{Lu}]").ok());

impl Doc {
    pub(super) fn new(judgment: &Judgment, rules: &Rules) -> Self {
        let whole = judgment.text();
        let mut builder = Builder { rules, conclusie: judgment.kind == "Conclusie", lines: Vec::new(), at: 0 };
        for section in &judgment.sections {
            builder.section(&section.role, &section.title, &section.paragraphs);
        }
        let mut lines = builder.lines;
        // Before the last decision nothing is decided yet and no annex has begun: a summary may hold an earlier "Beslissing",
        // and the legal framework may stand in the middle.
        let last = lines.iter().rposition(|line| line.opens_dictum).unwrap_or_default();
        for line in lines.iter_mut().take(last).filter(|line| line.zone >= Zone::Dictum && !line.opens_dictum) {
            line.zone = Zone::Reasons;
        }
        Self { lines, whole, summary: judgment.inhoudsindicatie.clone() }
    }

    pub(super) fn text(&self, line: &Line) -> &str {
        self.whole.get(line.from..line.to).unwrap_or_default()
    }

    /// All sentences of the zones asked for.
    pub(super) fn sentences(&self, wanted: impl Fn(Zone) -> bool) -> Vec<Sentence<'_>> {
        let mut all = Vec::new();
        for (index, line) in self.lines.iter().enumerate().filter(|(_, line)| wanted(line.zone) && !line.heading) {
            for (from, text) in split(self.text(line)) {
                all.push(Sentence { line: index, from: line.from + from, text });
            }
        }
        all
    }

    /// The place of a stretch of bytes of the whole text that begins in a line.
    pub(super) fn place(&self, line: usize, from: usize, to: usize) -> Place {
        let chars = |byte: usize| self.whole.get(..byte).map_or(0, |text| text.chars().count());
        let sentence = self.whole.get(from..to).unwrap_or_default();
        let start = chars(from);
        let (section, paragraph) =
            self.lines.get(line).map(|line| (line.title.clone(), self.inner_number(line, from))).unwrap_or_default();
        Place {
            origin: Origin::Tekst,
            section,
            paragraph,
            sentence: sentence.to_owned(),
            start,
            end: start + sentence.chars().count(),
        }
    }

    pub(super) fn place_of(&self, sentence: &Sentence<'_>) -> Place {
        self.place(sentence.line, sentence.from, sentence.from + sentence.text.len())
    }

    fn inner_number(&self, line: &Line, from: usize) -> String {
        let before = self.whole.get(line.from..from).unwrap_or_default();
        // The sentence may itself begin with the number.
        let reach = self.whole.get(line.from..).and_then(|rest| rest.get(..before.len() + 12)).unwrap_or(before);
        let root = line.number.split('.').next().unwrap_or_default();
        INNER
            .as_ref()
            .and_then(|pattern| pattern.captures_iter(reach).filter_map(|found| found.get(1)).last())
            .map(|found| found.as_str())
            .filter(|inner| !root.is_empty() && inner.split('.').next() == Some(root))
            .map_or_else(|| line.number.clone(), str::to_owned)
    }
}

struct Builder<'r> {
    rules: &'r Rules,
    conclusie: bool,
    lines: Vec<Line>,
    /// Byte at which the next line begins.
    at: usize,
}

impl Builder<'_> {
    fn section(&mut self, role: &str, title: &str, paragraphs: &[crate::domain::judgment::Paragraph]) {
        let decides = role == "beslissing";
        if title.is_empty() {
            self.enter(zone_of(role));
        } else {
            self.line("", title, true, decides, zone_of(role));
        }
        for (index, paragraph) in paragraphs.iter().enumerate() {
            self.at += if paragraph.number.is_empty() { 0 } else { paragraph.number.len() + 1 };
            let opens = decides && title.is_empty() && index == 0;
            self.paragraph(&paragraph.number, &paragraph.text, opens);
        }
    }

    /// A section with a role but without a title changes the zone from its first line on.
    fn enter(&mut self, zone: Option<Zone>) {
        if let (Some(zone), Some(last)) = (zone, self.lines.last())
            && last.zone < zone
        {
            let at = self.at;
            let title = last.title.clone();
            self.lines.push(Line {
                from: at,
                to: at,
                zone,
                heading: true,
                number: String::new(),
                title,
                opens_dictum: zone == Zone::Dictum,
            });
        }
    }

    fn paragraph(&mut self, number: &str, text: &str, opens: bool) {
        // "5. Beslissing De Hoge Raad verwerpt het beroep." is a heading and a paragraph in one.
        let split = self.rules.dictum.kop_in_alinea.regex().captures(text).and_then(|found| found.get(1));
        if let Some(heading) = split {
            let rest = text.get(heading.end()..).unwrap_or_default();
            let gap = rest.len() - rest.trim_start().len();
            let end = self.at + text.len() + 1;
            self.push(number, heading.as_str(), Zone::Dictum, true, true);
            self.at += heading.end() + gap;
            self.push(number, rest.trim_start(), Zone::Dictum, false, false);
            self.at = end;
        } else {
            self.line(number, text, false, opens, None);
        }
    }

    fn line(&mut self, number: &str, text: &str, is_title: bool, opens: bool, role: Option<Zone>) {
        let koppen = &self.rules.koppen;
        let last = self.lines.last().map_or(Zone::Head, |line| line.zone);
        let conclusie = self.conclusie && koppen.conclusie.is_match(text);
        // "UITSPRAAK" at the top says what kind of document it is.
        let dictum = koppen.dictum.is_match(text) && (last > Zone::Head || text.to_lowercase().contains("beslissing"));
        let (zone, heading, opens) = if dictum || conclusie || (is_title && opens) {
            (Zone::Dictum, true, true)
        } else if koppen.slot.is_match(text) && last >= Zone::Reasons {
            (Zone::Tail, true, false)
        } else if koppen.procesverloop.is_match(text) && last <= Zone::Course {
            (Zone::Course, true, false)
        } else if koppen.overwegingen.is_match(text) {
            (Zone::Reasons, true, false)
        } else if last == Zone::Head
            && text.len() > 150
            && (number.starts_with(['1', 'I']) || self.lines.len() > MOST_HEAD)
        {
            // Files without headings go straight to the first numbered paragraph.
            (Zone::Course, false, false)
        } else if is_title && last == Zone::Course && role.is_none() {
            // A title that no rule knows, below the procedure: the court begins to reason under titles of its own.
            (Zone::Reasons, true, false)
        } else if is_title && last == Zone::Dictum && role.is_none() && !self.parts_of_dictum(text) {
            // "Informatie over hoger beroep": below the decision only its own parts have titles.
            (Zone::Tail, true, false)
        } else {
            (role.unwrap_or(last), is_title, opens)
        };
        self.push(number, text, zone, heading, opens);
        self.at += text.len() + 1;
    }

    fn parts_of_dictum(&self, title: &str) -> bool {
        let dictum = &self.rules.dictum;
        title.to_lowercase().starts_with("in ") || dictum.onderdeel.is_match(title) || dictum.aanhef.is_match(title)
    }

    fn push(&mut self, number: &str, text: &str, zone: Zone, heading: bool, opens_dictum: bool) {
        let last = self.lines.last();
        let title = if heading { text.to_owned() } else { last.map(|line| line.title.clone()).unwrap_or_default() };
        let number = match last {
            _ if !number.is_empty() => number.to_owned(),
            Some(last) if !heading => last.number.clone(),
            _ => String::new(),
        };
        self.lines.push(Line { from: self.at, to: self.at + text.len(), zone, heading, number, title, opens_dictum });
    }
}

fn zone_of(role: &str) -> Option<Zone> {
    match role {
        "info" => Some(Zone::Head),
        "procesverloop" => Some(Zone::Course),
        "overwegingen" => Some(Zone::Reasons),
        "beslissing" => Some(Zone::Dictum),
        _ => None,
    }
}

/// Sentences of a paragraph, with their first byte. A full stop after an abbreviation, an initial or a number is none.
pub(super) fn split(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let ends = match character {
            '.' | '!' | '?' => ends_here(text, from, at, end),
            _ => false,
        };
        if ends || characters.peek().is_none() {
            let piece = text.get(from..end).unwrap_or_default();
            let lead = piece.len() - piece.trim_start().len();
            if !piece.trim().is_empty() {
                found.push((from + lead, piece.trim()));
            }
            from = end;
        }
    }
    found
}

fn ends_here(text: &str, from: usize, at: usize, end: usize) -> bool {
    const ABBREVIATIONS: [&str; 28] = [
        "nr", "nrs", "art", "artt", "mr", "mrs", "dr", "prof", "ing", "jo", "o.a", "d.d", "p", "blz", "ca", "resp",
        "bijv", "vgl", "zgn", "st", "rov", "r.o", "ro", "no", "zaaknr", "rek", "w.g", "fl",
    ];
    let mut after = text.get(end..).unwrap_or_default().chars();
    let begins = after.next().is_some_and(char::is_whitespace)
        && after.next().is_some_and(|next| next.is_uppercase() || next.is_ascii_digit() || "['\"‘“(„-".contains(next));
    if !begins {
        return false;
    }
    let before = text.get(from..at).unwrap_or_default();
    let word = before.rsplit([' ', '(', '\u{a0}']).next().unwrap_or_default();
    // A year or an amount may end a sentence; "3." and "4.2." open one.
    let numeric = word.chars().all(|one| one.is_ascii_digit() || one == '.');
    let short = word.chars().count() <= 1 || (numeric && (word.contains('.') || word.len() < 3));
    // "E.J.M." are initials, "B.V." ends many sentences but opens more names.
    let initials = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 2);
    !(short || initials || ABBREVIATIONS.contains(&word.to_lowercase().as_str()))
}

//! Where the decision stands, in any of the three generations of markup, and its parts.

use super::{
    Place,
    rules::Rules,
    text::{Doc, Zone, split},
};

/// A part of the decision that begins with a verb of deciding: "vernietigt het bestreden besluit".
#[derive(Debug, Clone)]
pub(super) struct Clause<'a> {
    pub(super) line: usize,
    pub(super) from: usize,
    /// From the verb to the next verb.
    pub(super) text: &'a str,
    /// From the verb to the end of the part, for when a verb stands inside a subordinate clause.
    pub(super) long: &'a str,
    /// The part that the clause stands in.
    pub(super) item: &'a str,
    pub(super) item_from: usize,
    /// The words above it that say about which case or party it is: "in de zaak met nummer ...".
    pub(super) heading: Option<&'a str>,
}

/// A decision is never longer than this; what looks longer has lost its end.
const MOST_LINES: usize = 80;

/// Most bytes before the verb of a part: a dash, or a number.
const LEAD: usize = 8;

/// Lines of the block that begins at a line: as far as the signatures, the remedies or the next chapter.
fn block(doc: &Doc, rules: &Rules, start: usize) -> std::ops::Range<usize> {
    let mut end = start;
    for (index, line) in doc.lines.iter().enumerate().skip(start).take(MOST_LINES) {
        let text = doc.text(line);
        let leaves = line.zone != Zone::Dictum && line.heading;
        if index > start && (leaves || (!line.heading && rules.dictum.einde.is_match(text))) {
            break;
        }
        end = index + 1;
    }
    start..end
}

/// Parts of the block, each a stretch of the whole text with its first line. A part runs to a semicolon or full stop; a
/// line that begins in lower case without a verb continues the one above it.
fn items(doc: &Doc, rules: &Rules, range: std::ops::Range<usize>) -> Vec<(usize, usize, usize)> {
    let mut joined: Vec<(usize, usize, usize)> = Vec::new();
    let mut open = false;
    for index in range {
        let Some(line) = doc.lines.get(index) else { break };
        let text = doc.text(line);
        if line.heading && line.opens_dictum {
            continue;
        }
        let verb = rules.dictum.werkwoorden.find(text).is_some_and(|(at, _)| at < LEAD);
        let lower = text.chars().next().is_some_and(|first| first.is_lowercase() || first.is_ascii_digit());
        match joined.last_mut() {
            Some(last) if open && lower && !verb => last.2 = line.to,
            _ => joined.push((index, line.from, line.to)),
        }
        open = !text.ends_with([';', '.', ':']);
    }
    joined
        .into_iter()
        .flat_map(|(line, from, to)| {
            let text = doc.whole.get(from..to).unwrap_or_default();
            let mut parts = Vec::new();
            for (at, sentence) in split(text) {
                let mut begin = at;
                for piece in sentence.split_inclusive(';') {
                    parts.push((line, from + begin, from + begin + piece.len()));
                    begin += piece.len();
                }
            }
            parts
        })
        .collect()
}

/// The clauses of a block.
fn clauses<'a>(doc: &'a Doc, rules: &Rules, range: std::ops::Range<usize>) -> Vec<Clause<'a>> {
    let mut found = Vec::new();
    let mut heading = None;
    for (line, from, to) in items(doc, rules, range) {
        let item = doc.whole.get(from..to).unwrap_or_default();
        let verbs: Vec<usize> = rules.dictum.werkwoorden.regex().find_iter(item).map(|verb| verb.start()).collect();
        if verbs.is_empty() {
            // "in de zaak met nummer ...:" holds for what follows, until the next of its kind.
            if rules.dictum.onderdeel.is_match(item) && item.len() < 160 {
                heading = Some(item.trim_end_matches(':'));
            }
            continue;
        }
        for (index, start) in verbs.iter().enumerate() {
            let end = verbs.get(index + 1).copied().unwrap_or(item.len());
            let text = item.get(*start..end).unwrap_or_default();
            let long = item.get(*start..).unwrap_or_default();
            found.push(Clause { line, from: from + start, text, long, item, item_from: from, heading });
        }
    }
    found
}

/// The decision: its clauses, and the stretch of text that holds it.
#[derive(Default)]
pub(super) struct Dictum<'a> {
    pub(super) clauses: Vec<Clause<'a>>,
    pub(super) place: Option<Place>,
}

/// Finds the decision. Of several headings the last one under which something is decided counts: a judgment may quote an
/// earlier decision, or begin with a summary of its own.
pub(super) fn find<'a>(doc: &'a Doc, rules: &Rules, decides: impl Fn(&Clause<'_>) -> bool) -> Dictum<'a> {
    let headed = doc.lines.iter().enumerate().filter(|(_, line)| line.opens_dictum).map(|(index, _)| index);
    // Without a heading: the lines that open like a decision, the last first.
    let bare = |line: &super::text::Line| {
        matches!(line.zone, Zone::Reasons | Zone::Course | Zone::Dictum) && rules.dictum.aanhef.is_match(doc.text(line))
    };
    let opened = doc.lines.iter().enumerate().filter(|(_, line)| bare(line)).map(|(index, _)| index);
    let mut starts: Vec<usize> = headed.collect();
    starts.reverse();
    let mut others: Vec<usize> = opened.collect();
    others.reverse();
    starts.extend(others);
    for start in starts {
        let range = block(doc, rules, start);
        let found = clauses(doc, rules, range.clone());
        if found.iter().any(&decides) {
            let place = range.end.checked_sub(1).and_then(|last| doc.lines.get(last)).zip(doc.lines.get(start));
            let place = place.map(|(last, first)| doc.place(start, first.from, last.to));
            return Dictum { clauses: found, place };
        }
    }
    Dictum::default()
}

/// The advice of an advocate-general: the last sentences that say what the conclusion leads to.
pub(super) fn advice<'a>(doc: &'a Doc, rules: &Rules) -> Dictum<'a> {
    let mut found: Vec<Clause<'a>> = Vec::new();
    for sentence in doc.sentences(|_| true) {
        if let Some((at, _)) = rules.dictum.advies.find(sentence.text) {
            let text = sentence.text.get(at..).unwrap_or_default();
            let (line, item, item_from) = (sentence.line, sentence.text, sentence.from);
            found.push(Clause { line, from: item_from + at, text, long: text, item, item_from, heading: None });
        }
    }
    // Earlier ones tell what others concluded.
    let last = found.last().map_or(0, |clause| clause.line);
    found.retain(|clause| clause.line + 3 > last);
    let place =
        found.last().map(|clause| doc.place(clause.line, clause.item_from, clause.item_from + clause.item.len()));
    Dictum { clauses: found, place }
}

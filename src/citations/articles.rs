//! Expressions of articles: "artikel 13b, eerste lid", "de artikelen 4:84 en 5:32", "artt. 36-39". To which law they
//! belong is decided elsewhere.

use regex::Regex;

use super::{
    CitationError,
    fold::Folded,
    names::Mention,
    owner::{Owner, Owners},
    pattern,
    qualifiers::{Lid, Qualifiers},
};

/// One article in an expression.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) start: usize,
    pub(super) end: usize,
    /// As written, without spaces: `13b`, `6:162`.
    pub(super) number: String,
    pub(super) is_old: bool,
    pub(super) leden: Vec<Lid>,
    /// Where the word that makes a range of the article before and this one stands.
    pub(super) range: Option<(usize, usize)>,
}

/// Articles that share a law.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) items: Vec<Item>,
}

/// A text may hold one list of a million figures; a real list is shorter, and the rest of it is read anew.
const LONGEST: usize = 200;

/// Articles of a reading that is only tried, so that trying costs no more than reading.
const FEW: usize = 12;

pub(super) struct Articles {
    trigger: Regex,
    number: Regex,
    spaced: Regex,
    roman: Regex,
    link: Regex,
    again: Regex,
    goes_on: Regex,
    counted: Regex,
    closes: Regex,
    qualifiers: Qualifiers,
}

/// How an article is joined to the one before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    Comma,
    Word,
    Range,
    Dash,
}

impl Articles {
    pub(super) fn new() -> Result<Self, CitationError> {
        Ok(Self {
            trigger: pattern(r"\b(?:(artikelen|artikels|artt\.|artn\.|artt|artikelleden|art\.)|artikel|art)\s?")?,
            number: pattern(
                r"^(?:\d{1,2}a?\s?:\s?)?\d{1,4}(?:bis|ter|quater|quinquies|sexies|septies|octies)?[a-z]{0,3}
                (?:\.\d{1,3}[a-z]{0,2}){0,3}(?:\.[a-z]\b)?(?:\s(?:bis|quater|quinquies|sexies))?\b",
            )?,
            spaced: pattern(
                r"^(\d{1,4}\s[a-z])(?:,?\s(?:van\s(?:de|het)|lid|eerste|tweede|derde|vierde|opiumwet|sr\b|sv\b|awb\b|wvw))",
            )?,
            roman: pattern(r"^[IVXL]{1,6}[a-z]?\b")?,
            link: pattern(
                r"^,?\s?(?:(tot\sen\smet\b|t/m|t\.e\.m\.|tot\b)|(en/of|en\swel\b|alsmede(?:\smet)?\b|evenals\b|dan\swel\b|
                danwel\b|onderscheidenlijk\b|respectievelijk\b|resp\.|juncto\b|junctis\b|jis\b|jo\.?|jº\.?|j°\.?|j\.|
                (?:gelezen\s)?in\s(?:onderlinge\s)?(?:verbinding|samenhang|combinatie)(?:\sgelezen)?\smet\b|
                gelezen\smet\b|en\b|of\b|&|/)|(,|;|\+)|(-))\s?",
            )?,
            again: pattern(
                r"^(?:(?:het|de)\sbepaalde\s(?:in|bij)\s|met\s|ook\s|van\s|in\s|op\s)?(?:de\s|het\s)?(?:artikelen|artikel|artt\.|art\.)\s?",
            )?,
            goes_on: pattern(
                r"^,?\s(?:en|alsmede|juncto|jo\.?|en/of|in\sverbinding\smet|in\ssamenhang\smet)\s(?:de\s)?|^,\s",
            )?,
            counted: pattern(
                r"^\s(?:januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december|jaar|jaren|
                maanden|maand|weken|week|dagen|dag|uur|uren|minuten|gulden|euro|procent|personen|kilogram|gram|hectare|
                meter|m2|km|cm|stuks|woningen|panden|miljoen|leden)\b|^\s?(?:%|€)|^/\d|^,\d",
            )?,
            closes: pattern(
                r"^(?:$|[,.;:)\]\x22'\n(-]|\s(?:van|der|lid|leden|jo\b|jo\.|juncto|en|of|tot|t/m|in|juncto|sub|onder|aanhef|
                eerste|tweede|derde|vierde|vijfde|\(|is|zijn|wordt|niet|j°))",
            )?,
            qualifiers: Qualifiers::new()?,
        })
    }

    /// The expressions in a text, in order.
    pub(super) fn find(&self, folded: &Folded, owners: &Owners, mentions: &[Mention]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut free = 0;
        for found in self.trigger.captures_iter(&folded.lower) {
            let Some(all) = found.get(0) else { continue };
            if all.start() < free {
                continue;
            }
            if let Some(mut group) =
                self.widest(folded, (all.start(), all.end()), found.get(1).is_some(), owners, mentions)
            {
                if let Some((start, mut leden)) = self.qualifiers.leading(folded, group.start)
                    && let Some(first) = group.items.first_mut().filter(|first| start >= free && first.leden.is_empty())
                {
                    first.start = start;
                    // Words in front belong to the article as a whole; only the first lid keeps them.
                    for lid in &mut leden {
                        lid.end = lid.end.max(first.end);
                    }
                    leden.truncate(1);
                    first.leden = leden;
                    group.start = start;
                }
                free = group.end;
                groups.push(group);
                while let Some(group) = self.going_on(folded, free, owners, mentions) {
                    free = group.end;
                    groups.push(group);
                }
            }
        }
        groups
    }

    /// The expression behind a word for "artikel". In the singular a comma ends it ("artikel 3, 14 dagen"), unless a law
    /// closes the longer reading ("artikel 16, 17 en 18 Wwft").
    fn widest(
        &self,
        folded: &Folded,
        word: (usize, usize),
        is_plural: bool,
        owners: &Owners,
        mentions: &[Mention],
    ) -> Option<Group> {
        let group = self.group(folded, word, is_plural, LONGEST)?;
        let rest = folded.lower_from(group.end);
        let may_go_on = rest.strip_prefix(", ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        if is_plural || !may_go_on {
            return Some(group);
        }
        let longer = self.group(folded, word, true, FEW)?;
        let is_closed = matches!(owners.find(folded, longer.end, mentions), Owner::Mention(_));
        Some(if is_closed { longer } else { group })
    }

    /// Articles of a second law without the word "artikel": "de artikelen 36b en 57 Sr en 2 en 10 van de Opiumwet". They
    /// count only with a law on both sides, or any figure would do.
    fn going_on(&self, folded: &Folded, at: usize, owners: &Owners, mentions: &[Mention]) -> Option<Group> {
        let Owner::Mention(place) = owners.find(folded, at, mentions) else { return None };
        let end = mentions.get(place)?.end;
        let start = end + self.goes_on.find(folded.lower_from(end))?.end();
        let group = self.group(folded, (start, start), true, LONGEST)?;
        matches!(owners.find(folded, group.end, mentions), Owner::Mention(_) | Owner::Word { is_capital: true, .. })
            .then_some(group)
    }

    /// `word` is where the word for "artikel" begins and where the number behind it does.
    fn group(&self, folded: &Folded, word: (usize, usize), is_plural: bool, most: usize) -> Option<Group> {
        let (start, first) = word;
        let mut many = is_plural;
        let (number, length) = self.read_number(folded, first)?;
        let mut items =
            vec![Item { start, end: first + length, number, is_old: false, leden: Vec::new(), range: None }];
        let mut at = first + length;
        while items.len() < most {
            if let Some(next) = self.qualify(folded, at, &mut items) {
                at = next;
            } else if let Some((item, next)) =
                self.next_item(folded, at, &mut many).filter(|_| most > FEW || !self.repeats(folded, at))
            {
                items.push(item);
                at = next;
            } else {
                break;
            }
        }
        Some(Group { start, end: at, items })
    }

    /// Reads lid, onderdeel or "(oud)" behind the last article, with or without a comma or "en" before it.
    fn qualify(&self, folded: &Folded, at: usize, items: &mut [Item]) -> Option<usize> {
        let item = items.last_mut()?;
        let mut places = vec![at];
        let rest = folded.lower_from(at);
        let mut skip = |text: &str| {
            if rest.starts_with(text) {
                places.push(at + text.len());
            }
        };
        for text in
            [" ", ", ", ",", " en ", ", en ", " of ", ", of ", " en/of ", " jo. ", " juncto ", ", juncto ", " dan wel "]
        {
            skip(text);
        }
        for place in places {
            if let Some(length) = self.qualifiers.old(folded, place) {
                item.is_old = true;
                item.end = place + length;
                return Some(item.end);
            }
            let before = item.leden.len();
            if let Some(length) = self.qualifiers.read(folded, place, &mut item.leden)
                && length > 0
            {
                item.end = place + length;
                return Some(item.end);
            }
            item.leden.truncate(before);
        }
        None
    }

    /// True when the word "artikel" comes again before the next number; a trial reading stops there.
    fn repeats(&self, folded: &Folded, at: usize) -> bool {
        let rest = folded.lower_from(at);
        let link = self.link.find(rest).map_or(0, |link| link.end());
        self.again.is_match(rest.get(link..).unwrap_or_default())
    }

    fn next_item(&self, folded: &Folded, at: usize, many: &mut bool) -> Option<(Item, usize)> {
        let rest = folded.lower_from(at);
        let found = self.link.captures(rest)?;
        let link = match (found.get(1), found.get(2), found.get(3)) {
            (Some(_), _, _) => Link::Range,
            (_, Some(_), _) => Link::Word,
            (_, _, Some(_)) => Link::Comma,
            _ => Link::Dash,
        };
        let after = at + found.get(0)?.end();
        let again = self.again.find(folded.lower_from(after));
        let begin = after;
        let place = after + again.as_ref().map_or(0, |again| again.end());
        if let Some(again) = &again {
            // A comma or dash before a new "artikel" opens another sentence part as often as not.
            if link == Link::Dash || (link == Link::Comma && !*many) {
                return None;
            }
            *many = *many || again.as_str().contains("artikelen") || again.as_str().contains("artt");
        } else if (!*many && matches!(link, Link::Comma | Link::Dash))
            || (link == Link::Dash && rest.starts_with([' ', ',']))
        {
            return None;
        }
        let (number, length) = self.read_number(folded, place)?;
        let end = place + length;
        let behind = folded.lower_from(end);
        if self.counted.is_match(behind) || (again.is_none() && !*many && !self.closes.is_match(behind)) {
            return None;
        }
        let range = matches!(link, Link::Range | Link::Dash).then_some((at, begin));
        Some((Item { start: begin, end, number, is_old: false, leden: Vec::new(), range }, end))
    }

    /// The number of an article, and how many bytes it takes.
    fn read_number(&self, folded: &Folded, at: usize) -> Option<(String, usize)> {
        let rest = folded.lower_from(at);
        if let Some(found) = self.spaced.captures(rest).and_then(|found| found.get(1)) {
            return Some((found.as_str().replace(' ', ""), found.end()));
        }
        if let Some(found) = self.number.find(rest) {
            let number: String = found.as_str().split_whitespace().collect();
            let (book, tail) = number.split_once(':').unwrap_or(("", number.as_str()));
            // "artikel 3en" is a slip of the pen; "artikel 2000/136" and "artikel 12:30:05" are none.
            let ends_well = !rest.get(found.end()..).unwrap_or_default().starts_with(['°', '%', '€']);
            return (ends_well && !tail.starts_with("0")).then(|| {
                let number = if book.is_empty() { number.clone() } else { format!("{}:{tail}", book.to_uppercase()) };
                (number, found.end())
            });
        }
        let found = self.roman.find(folded.plain_from(at))?;
        Some((found.as_str().to_owned(), found.end()))
    }
}

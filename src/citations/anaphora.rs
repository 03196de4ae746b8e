//! Words that stand for a citation made before: "dat artikel", "het eerste lid van genoemd artikel", "die wet", "de Wet".

use regex::Regex;

use super::{
    CitationError,
    fold::Folded,
    laws::Class,
    pattern,
    qualifiers::{Lid, Qualifiers},
};

/// To what a pointer points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Points {
    /// The article cited last.
    Article,
    /// The law of this class named last.
    Law(Class),
    /// The rule that the text itself calls "de Wet" or "het Besluit".
    Defined(Class),
}

/// A pointer in the text.
#[derive(Debug, Clone)]
pub(super) struct Pointer {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) leden: Vec<Lid>,
    pub(super) points: Points,
}

pub(super) struct Anaphora {
    article: Regex,
    law: Regex,
    capital: Regex,
    /// "genoemde wet van 21 april 1993" is named by its date, not by what stood before.
    dated: Regex,
    qualifiers: Qualifiers,
}

impl Anaphora {
    pub(super) fn new() -> Result<Self, CitationError> {
        let back = r"(?:voormelde?|voornoemde?|genoemde?|gemelde?|evengenoemde?|eerdergenoemde?|laatstgenoemde?|laatstbedoelde?|
            laatstvermelde?|bovengenoemde?|bovenvermelde?|meergenoemde?|aangehaalde?|hiervoor\sgenoemde?)";
        Ok(Self {
            article: pattern(&format!(
                r"\b(?:(?:dat|dit|{back})\s(?:artikel|artikellid|wetsartikel)|(?:die|{back})\s(?:wets)?bepaling)\b"
            ))?,
            law: pattern(&format!(r"\b(?:die|{back})\s(wet|wetboek|verdrag|richtlijn|verordening)\b"))?,
            capital: pattern(
                r"\b(?:[Dd]e|[Hh]et|der|van)\s(Wet|Besluit|Regeling|Verordening|Richtlijn|Verdrag|Beschikking|Reglement|Wetboek)\b",
            )?,
            dated: pattern(r"^\svan\s\d{1,2}\s[a-z]{3,9}\s\d{4}")?,
            qualifiers: Qualifiers::new()?,
        })
    }

    /// The pointers in a text, in order.
    pub(super) fn find(&self, folded: &Folded) -> Vec<Pointer> {
        let mut pointers: Vec<Pointer> = Vec::new();
        for found in self.article.find_iter(&folded.lower) {
            // "dat artikel 13b" names the article itself; a compound ("dat artikel-nummer") is none.
            let after = folded.lower_from(found.end());
            let number = folded.plain_from(found.end()).strip_prefix(' ').unwrap_or_default();
            if number.starts_with(|c: char| c.is_ascii_digit() || matches!(c, 'I' | 'V' | 'X'))
                || after.starts_with('-')
            {
                continue;
            }
            let leading = self.qualifiers.leading(folded, found.start());
            let (start, mut leden) = leading.unwrap_or((found.start(), Vec::new()));
            leden.truncate(1);
            let mut end = found.end();
            for skip in [", ", " "] {
                let place = end + skip.len();
                if leden.is_empty()
                    && folded.lower_from(end).starts_with(skip)
                    && let Some(length) = self.qualifiers.read(folded, place, &mut leden).filter(|_| !leden.is_empty())
                {
                    end = place + length;
                    break;
                }
            }
            pointers.push(Pointer { start, end, leden, points: Points::Article });
        }
        for found in self.law.captures_iter(&folded.lower) {
            if let (Some(all), Some(class)) =
                (found.get(0), found.get(1).and_then(|word| Class::of_word(word.as_str())))
                && folded.is_whole(all.start(), all.end())
                && !self.dated.is_match(folded.lower_from(all.end()))
            {
                pointers.push(Pointer {
                    start: all.start(),
                    end: all.end(),
                    leden: Vec::new(),
                    points: Points::Law(class),
                });
            }
        }
        for found in self.capital.captures_iter(&folded.plain) {
            let Some(word) = found.get(1) else { continue };
            if let Some(class) =
                Class::of_word(&word.as_str().to_lowercase()).filter(|_| folded.is_whole(word.start(), word.end()))
            {
                pointers.push(Pointer {
                    start: word.start(),
                    end: word.end(),
                    leden: Vec::new(),
                    points: Points::Defined(class),
                });
            }
        }
        pointers.sort_by_key(|pointer| pointer.start);
        pointers
    }
}

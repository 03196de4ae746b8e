//! Dates in the text of pages: "Nieuwsbericht | 12 maart 2026 | 14.30 uur" holds one, and so does a path.

use std::sync::LazyLock;

use jiff::{Timestamp, civil::Date};
use regex::{Captures, Regex};
use serde::Deserialize;

use crate::{adapters::date, domain::week::amsterdam};

/// How a site writes its dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Format {
    /// Whichever of the others comes first in the text.
    #[default]
    #[serde(rename = "auto")]
    Auto,
    /// "12 maart 2026", "12 mrt. 2026".
    #[serde(rename = "d mmmm yyyy")]
    Words,
    /// "12-03-2026", "12/3/2026".
    #[serde(rename = "dd-mm-yyyy")]
    DayFirst,
    /// "2026-03-12", with a time and a zone or without (ISO 8601).
    #[serde(rename = "yyyy-mm-dd")]
    Iso,
}

const TIME: &str = r"(?:[\s,|–-]{0,5}(?:om\s+)?(?P<h>[01]?\d|2[0-3])[:.](?P<min>[0-5]\d)(?:[:.][0-5]\d)?\b)?";

#[expect(clippy::expect_used, reason = "the patterns are constants that the tests compile")]
fn pattern(source: &str) -> Regex {
    Regex::new(source).expect("a constant pattern")
}

/// The first date in a text.
pub(super) fn find(text: &str, format: Format) -> Option<Timestamp> {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(
            r"(?i)\b(?P<d>\d{{1,2}})(?:e|ste|de)?[\s-]+(?P<m>jan|feb|maart|mrt|mar|apr|mei|may|jun|jul|aug|sep|okt|oct|nov|dec)[a-z]*\.?[\s-]+(?P<y>\d{{4}})\b{TIME}"
        ))
    });
    static DAY_FIRST: LazyLock<Regex> = LazyLock::new(|| {
        pattern(&format!(r"\b(?P<d>\d{{1,2}})[-/.](?P<m>\d{{1,2}})[-/.](?P<y>(?:19|20)\d{{2}})\b{TIME}"))
    });
    static ISO: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"\b(?:19|20)\d{2}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})?)?")
    });
    let all = [(Format::Words, &*WORDS), (Format::DayFirst, &*DAY_FIRST), (Format::Iso, &*ISO)];
    let wanted = all.into_iter().filter(|(known, _)| format == Format::Auto || *known == format);
    let found = wanted.filter_map(|(known, pattern)| Some((known, pattern.captures(text)?)));
    let (known, found) = found.min_by_key(|(_, found)| found.get(0).map_or(usize::MAX, |whole| whole.start()))?;
    if known == Format::Iso { date::parse(found.get(0)?.as_str()) } else { of_parts(&found) }
}

fn of_parts(found: &Captures<'_>) -> Option<Timestamp> {
    let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
    let (day, month, year) = (part("d"), part("m"), part("y"));
    let time = if part("h").is_empty() { String::new() } else { format!(" {:0>2}:{}", part("h"), part("min")) };
    if month.starts_with(|c: char| c.is_ascii_digit()) {
        return date::parse(&format!("{year}-{month:0>2}-{day:0>2}{time}"));
    }
    date::parse(&format!("{day} {month} {year}{time}"))
}

/// The date in an address, by a pattern whose groups are year, month and day: named so, or in that order. Noon in
/// Amsterdam, because a path tells no time.
pub(super) fn in_link(link: &str, pattern: &Regex) -> Option<Timestamp> {
    let found = pattern.captures(link)?;
    let part = |name: &str, number: usize| found.name(name).or_else(|| found.get(number)).map(|part| part.as_str());
    let (year, month, day) = (part("year", 1)?, part("month", 2)?, part("day", 3).unwrap_or("1"));
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    date.at(12, 0, 0, 0).to_zoned_datetime(amsterdam().clone()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_found_in_the_text_around_them() {
        let cases = [
            ("Nieuwsbericht | 12 maart 2026 | 14.30 uur", Format::Auto, Some("2026-03-12T13:30:00Z")),
            ("Nieuwsbericht | 12-03-2026", Format::Auto, Some("2026-03-12T11:00:00Z")),
            ("do 5 mrt. 2026, 09:05", Format::Words, Some("2026-03-05T08:05:00Z")),
            ("op 2026-07-01T10:00:00+02:00 gemaakt", Format::Auto, Some("2026-07-01T08:00:00Z")),
            ("12/3/2026", Format::DayFirst, Some("2026-03-12T11:00:00Z")),
            ("12 maart 2026", Format::Iso, None),
            ("2 uur geleden", Format::Auto, None),
            ("32 maart 2026", Format::Auto, None),
        ];
        for (text, format, expected) in cases {
            assert_eq!(find(text, format).map(|at| at.to_string()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn a_path_tells_the_day() {
        let named = Regex::new(r"/(?P<year>\d{4})/(?P<month>\d{2})/(?P<day>\d{2})/").expect("a pattern");
        let at = in_link("https://voorbeeld.nl/actueel/nieuws/2026/03/12/inval", &named).expect("a date");
        assert_eq!(at.to_string(), "2026-03-12T11:00:00Z");
        assert_eq!(in_link("https://voorbeeld.nl/2026/13/12/x", &named), None);
    }
}

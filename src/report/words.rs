//! Dutch words for numbers, dates and lists.

use jiff::{Timestamp, civil::Date};

use crate::domain::{reader::Dates, week::Week};

/// The months, January first.
pub const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];

const FRISIAN: [&str; 12] = [
    "jannewaris",
    "febrewaris",
    "maart",
    "april",
    "maaie",
    "juny",
    "july",
    "augustus",
    "septimber",
    "oktober",
    "novimber",
    "desimber",
];

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `5 oktober 2026`.
#[must_use]
pub fn date(date: Date) -> String {
    date_in(Dates::Nl, date)
}

/// `30-09`, for lines on a screen.
#[must_use]
pub fn short_date(at: Timestamp) -> String {
    let date = crate::domain::week::day(at);
    format!("{:02}-{:02}", date.day(), date.month())
}

/// `5 oktober 2026`, `5 October 2026`.
#[must_use]
pub fn date_in(dates: Dates, date: Date) -> String {
    format!("{} {} {}", date.day(), month(dates, date), date.year())
}

/// `28 september - 4 oktober 2026`.
#[must_use]
pub fn span_in(dates: Dates, week: Week) -> String {
    let (from, to) = (week.monday(), week.sunday());
    if from.month() == to.month() {
        format!("{} - {}", from.day(), date_in(dates, to))
    } else if from.year() == to.year() {
        format!("{} {} - {}", from.day(), month(dates, from), date_in(dates, to))
    } else {
        format!("{} - {}", date_in(dates, from), date_in(dates, to))
    }
}

fn month(dates: Dates, date: Date) -> &'static str {
    let months = match dates {
        Dates::Nl => &MONTHS,
        Dates::Fy => &FRISIAN,
        Dates::En => &ENGLISH,
    };
    usize::try_from(date.month()).ok().and_then(|month| months.get(month.wrapping_sub(1))).copied().unwrap_or("")
}

/// `2,4`: one decimal, with a comma.
#[must_use]
pub fn decimal(value: f64) -> String {
    format!("{value:.1}").replace('.', ",")
}

/// `0,93`: two decimals, with a comma.
#[must_use]
pub fn probability(value: f64) -> String {
    format!("{value:.2}").replace('.', ",")
}

/// `12.345`.
#[must_use]
pub fn whole(value: i64) -> String {
    let digits = value.abs().to_string();
    let length = digits.len();
    let mut text = if value < 0 { "-".to_owned() } else { String::new() };
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (length - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// `a`, `a en b`, `a, b en c`.
#[must_use]
pub fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} en {last}", first.join(", ")),
    }
}

/// A count with its noun: `1 bericht`, `12 berichten`.
#[must_use]
pub fn counted(count: i64, one: &str, more: &str) -> String {
    format!("{} {}", whole(count), if count == 1 { one } else { more })
}

/// At most `most` characters, cut at a word.
#[must_use]
pub fn excerpt(text: &str, most: usize) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= most {
        return flat;
    }
    let cut: String = flat.chars().take(most).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(head, _)| head);
    format!("{} ...", cut.trim_end_matches([',', ';', ':', '.']))
}

/// The first letter as a capital.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A span of time in its largest unit: "40 minuten", "5 uur", "3 dagen".
#[must_use]
pub fn lasting(span: jiff::SignedDuration) -> String {
    let minutes = span.as_mins().max(1);
    match minutes {
        1..=90 => counted(minutes, "minuut", "minuten"),
        91..=2880 => format!("{} uur", (minutes + 30) / 60),
        _ => format!("{} dagen", (minutes + 720) / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_numbers_and_lists_read_as_dutch() {
        let span = |dates, week: &str| span_in(dates, week.parse().expect("a week"));
        assert_eq!(span(Dates::Nl, "2026-W40"), "28 september - 4 oktober 2026");
        assert_eq!(span(Dates::Nl, "2026-W42"), "12 - 18 oktober 2026");
        assert_eq!(span(Dates::Nl, "2026-W53"), "28 december 2026 - 3 januari 2027");
        assert_eq!(span(Dates::Fy, "2026-W40"), "28 septimber - 4 oktober 2026");
        assert_eq!(span(Dates::En, "2026-W53"), "28 December 2026 - 3 January 2027");
        assert_eq!(whole(1_234_567), "1.234.567");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b en c");
        assert_eq!(excerpt("een twee drie vier", 9), "een twee ...");
    }
}

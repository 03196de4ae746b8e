//! Dates as feeds write them: RFC 2822, RFC 3339, Dutch and English month names, with and without a zone. A time without
//! a zone is Amsterdam time, because that is what Dutch publishers mean.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    fmt::rfc2822,
    tz::Offset,
};

use crate::domain::week::amsterdam;

/// The moment that a feed's text names, if it names one.
#[must_use]
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > 80 {
        return None;
    }
    // "CEST" and its like mean UTC to RFC 2822; publishers mean what they say.
    let named = text.rsplit(' ').next().and_then(named_zone).is_some_and(|hours| hours != 0);
    if named && let Some(at) = in_words(text) {
        return Some(at);
    }
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok())
        .or_else(|| civil(text))
        .or_else(|| in_words(text))
}

fn civil(text: &str) -> Option<Timestamp> {
    let text = text.replace('/', "-").replacen(' ', "T", 1).replace(' ', "");
    let text = year_first(&text);
    let (stamp, zone) = split_zone(&text);
    let stamp = &two_digits(stamp);
    // A day without a time is noon, so that no zone moves it to another day.
    let at: DateTime =
        if stamp.contains('T') { stamp.parse().ok()? } else { stamp.parse::<Date>().ok()?.at(12, 0, 0, 0) };
    local(at, zone.as_deref())
}

/// `9:05:1` lacks the zeros that a clock has; `2026-10` is the first of that month.
fn two_digits(stamp: &str) -> String {
    let Some((date, time)) = stamp.split_once('T') else {
        return if stamp.len() == 7 && stamp.get(4..5) == Some("-") { format!("{stamp}-01") } else { stamp.to_owned() };
    };
    format!("{date}T{}", time.split(':').map(|part| format!("{part:0>2}")).collect::<Vec<_>>().join(":"))
}

/// `05-10-2026` is how the Dutch write a day.
fn year_first(text: &str) -> String {
    let (date, rest) = text.split_at_checked(10).unwrap_or((text, ""));
    let parts: Vec<&str> = date.split('-').collect();
    match parts.as_slice() {
        [day, month, year] if year.len() == 4 && day.len() == 2 && month.len() == 2 => {
            format!("{year}-{month}-{day}{rest}")
        }
        _ => text.to_owned(),
    }
}

/// `2026-10-05T10:00:00+0200` has a zone that RFC 3339 does not allow; take it off and read it apart.
fn split_zone(text: &str) -> (&str, Option<String>) {
    let Some(time) = text.find('T') else { return (text, None) };
    let tail = text.get(time..).unwrap_or_default();
    let Some(sign) = tail.rfind(['+', '-']) else {
        return text.strip_suffix(['Z', 'z']).map_or((text, None), |stamp| (stamp, Some("Z".into())));
    };
    let (stamp, zone) = text.split_at_checked(time + sign).unwrap_or((text, ""));
    (stamp, Some(zone.to_owned()))
}

/// `ma, 5 oktober 2026 10:00 CEST`, in any mixture of Dutch and English.
fn in_words(text: &str) -> Option<Timestamp> {
    let (mut day, mut month, mut year, mut time, mut zone) = (None, None, None, None, None);
    for word in text.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
        if word.contains(':') && time.is_none() {
            time = clock(word);
        } else if let Ok(number) = word.parse::<i16>() {
            if day.is_none() && (1..=31).contains(&number) && word.len() <= 2 && !word.starts_with(['+', '-']) {
                day = i8::try_from(number).ok();
            } else if word.len() == 4 {
                year = Some(number);
            } else if word.starts_with(['+', '-']) {
                zone = Some(word.to_owned());
            }
        } else if month.is_none() && month_number(word).is_some() {
            month = month_number(word);
        } else if named_zone(word).is_some() {
            zone = Some(word.to_owned());
        }
    }
    let date = Date::new(year?, month?, day?).ok()?;
    local(date.to_datetime(time.unwrap_or(Time::constant(12, 0, 0, 0))), zone.as_deref())
}

fn clock(word: &str) -> Option<Time> {
    let mut parts = word.split(':').map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    Time::new(hour, minute, parts.next().flatten().unwrap_or(0), 0).ok()
}

fn month_number(word: &str) -> Option<i8> {
    let word = word.trim_end_matches('.').to_lowercase();
    let start: String = word.chars().take(3).collect();
    let names: [&[&str]; 12] = [
        &["jan"],
        &["feb"],
        &["maa", "mrt", "mar"],
        &["apr"],
        &["mei", "may"],
        &["jun"],
        &["jul"],
        &["aug"],
        &["sep"],
        &["okt", "oct"],
        &["nov"],
        &["dec"],
    ];
    let place = names.iter().position(|spellings| spellings.contains(&start.as_str()))?;
    // A weekday or stray word can share three letters with a month ("maandag"); months never do.
    (!word.starts_with("maan")).then(|| i8::try_from(place + 1).unwrap_or(1))
}

fn named_zone(word: &str) -> Option<i32> {
    match word.to_ascii_uppercase().as_str() {
        "Z" | "UT" | "UTC" | "GMT" | "WET" => Some(0),
        "CET" | "MET" | "BST" => Some(1),
        "CEST" | "MEST" => Some(2),
        "EST" => Some(-5),
        "EDT" => Some(-4),
        "PST" => Some(-8),
        "PDT" => Some(-7),
        _ => None,
    }
}

fn local(at: DateTime, zone: Option<&str>) -> Option<Timestamp> {
    let Some(zone) = zone else {
        return at.to_zoned_datetime(amsterdam().clone()).ok().map(|zoned| zoned.timestamp());
    };
    let seconds = named_zone(zone).map(|hours| hours * 3600).or_else(|| {
        let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
        let number: i32 = digits.parse().ok()?;
        let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
        Some((hours * 3600 + minutes * 60) * if zone.starts_with('-') { -1 } else { 1 })
    })?;
    Offset::from_seconds(seconds).ok()?.to_timestamp(at).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn dates_of_dutch_feeds_are_read() {
        let cases = [
            ("Mon, 05 Oct 2026 10:00:00 +0200", "2026-10-05T08:00:00Z"),
            ("Thu, 05 Oct 2026 10:00:00 GMT", "2026-10-05T10:00:00Z"),
            ("2026-10-05T10:00:00Z", "2026-10-05T10:00:00Z"),
            ("2026-10-05T10:00:00+0200", "2026-10-05T08:00:00Z"),
            ("2026-10-05 10:00:00", "2026-10-05T08:00:00Z"),
            ("2026-01-05T10:00", "2026-01-05T09:00:00Z"),
            ("2026-01-05", "2026-01-05T11:00:00Z"),
            ("ma, 5 okt 2026 10:00:00 CEST", "2026-10-05T08:00:00Z"),
            ("maandag 5 oktober 2026, 10:00", "2026-10-05T08:00:00Z"),
            ("5 mrt. 2026", "2026-03-05T11:00:00Z"),
            ("Mon, 05 Oct 2026 10:00:00 CEST", "2026-10-05T08:00:00Z"),
            ("2026-07-06 10:00:00 +0200", "2026-07-06T08:00:00Z"),
            ("06-07-2026 10:00", "2026-07-06T08:00:00Z"),
            ("2026/07/06", "2026-07-06T10:00:00Z"),
            ("2006-01-17T12:35:1+01:00", "2006-01-17T11:35:01Z"),
            ("2026-07-06 9:05", "2026-07-06T07:05:00Z"),
            ("2026-07", "2026-07-01T10:00:00Z"),
            ("Sun Jan  4 16:29:06 PST 2026", "2026-01-05T00:29:06Z"),
            ("Mon, 05 Oct 26 10:00:00 GMT", "2026-10-05T10:00:00Z"),
            ("2026-10-05T10:00:00.123+0200", "2026-10-05T08:00:00.123Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).map(|at| at.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in ["", "gisteren", "32 okt 2026", "Mon, 31 Feb 2026 10:00:00 +0200", &"9".repeat(1000)] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

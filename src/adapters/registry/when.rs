//! Days and moments as registers write them: `20170710`, also with unknown parts as zeros; ISO; `05-10-2026`; seconds or
//! milliseconds since 1970; local time without a zone, which is Amsterdam's.

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use crate::{adapters::date, domain::week};

/// How a service wants a day or moment in a question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Format {
    /// `20261005`
    #[serde(rename = "yyyymmdd")]
    Compact,
    /// `2026-10-05`
    #[default]
    #[serde(rename = "yyyy-mm-dd")]
    Iso,
    /// `05-10-2026`
    #[serde(rename = "dd-mm-yyyy")]
    Dutch,
    /// `2026-10-05T08:00:00Z`
    #[serde(rename = "rfc3339")]
    Rfc3339,
}

impl Format {
    /// A moment in this form; days are those of Amsterdam.
    pub(super) fn write(self, at: Timestamp) -> String {
        let day = week::day(at);
        match self {
            Self::Compact => day.strftime("%Y%m%d").to_string(),
            Self::Iso => day.to_string(),
            Self::Dutch => day.strftime("%d-%m-%Y").to_string(),
            Self::Rfc3339 => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }
}

/// A moment, if the text names one.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_digit()) {
        return match text.len() {
            8 => date::parse(&spread(text)?),
            14 => date::parse(&format!(
                "{}T{}:{}:{}",
                spread(text)?,
                text.get(8..10)?,
                text.get(10..12)?,
                text.get(12..14)?
            )),
            9 | 10 => Timestamp::from_second(text.parse().ok()?).ok(),
            12 | 13 => Timestamp::from_millisecond(text.parse().ok()?).ok(),
            _ => None,
        };
    }
    date::parse(text)
}

fn spread(digits: &str) -> Option<String> {
    Some(format!("{}-{}-{}", digits.get(..4)?, digits.get(4..6)?, digits.get(6..8)?))
}

/// A day as `yyyy-mm-dd`, cut off where the month or the day is unknown: `20170000` is `2017`.
pub(super) fn day(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.chars().all(|c| c.is_ascii_digit());
    let iso = match text.len() {
        4 | 6 | 8 if digits => {
            let pieces = [text.get(..4), text.get(4..6), text.get(6..8)].into_iter().flatten();
            pieces.filter(|piece| !piece.is_empty()).collect::<Vec<_>>().join("-")
        }
        10 if text.get(2..3) == Some("-") && text.get(5..6) == Some("-") => {
            format!("{}-{}-{}", text.get(6..)?, text.get(3..5)?, text.get(..2)?)
        }
        4 | 7 | 10 => text.to_owned(),
        _ => return moment(text).map(|at| week::day(at).to_string()),
    };
    let mut parts = iso.split('-');
    let year =
        parts.next().filter(|year| year.len() == 4 && *year != "0000" && year.chars().all(|c| c.is_ascii_digit()))?;
    let mut known = |most: u8| {
        let part = parts.next().filter(|part| part.len() == 2)?;
        part.parse::<u8>().ok().filter(|number| (1..=most).contains(number)).map(|_| part.to_owned())
    };
    let Some(month) = known(12) else { return Some(year.to_owned()) };
    let Some(number) = known(31) else { return Some(format!("{year}-{month}")) };
    let day = format!("{year}-{month}-{number}");
    Some(if day.parse::<Date>().is_ok() { day } else { format!("{year}-{month}") })
}

#[cfg(test)]
mod tests {
    use super::{day, moment};

    #[test]
    fn days_are_cut_off_where_they_are_not_known() {
        let cases = [
            ("20170710", Some("2017-07-10")),
            ("20170700", Some("2017-07")),
            ("20170000", Some("2017")),
            ("2017-07-10", Some("2017-07-10")),
            ("2017-00-00", Some("2017")),
            ("10-07-2017", Some("2017-07-10")),
            ("2017-07-10T23:30:00Z", Some("2017-07-11")),
            ("20170231", Some("2017-02")),
            ("2017", Some("2017")),
            ("00000000", None),
            ("string", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(day(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn moments_are_read_in_every_form() {
        let cases = [
            ("2022-04-02 20:46:00", "2022-04-02T18:46:00Z"),
            ("20220402", "2022-04-02T10:00:00Z"),
            ("1648925160", "2022-04-02T18:46:00Z"),
            ("1648925160000", "2022-04-02T18:46:00Z"),
            ("2026-03-21T09:23:36.587Z", "2026-03-21T09:23:36.587Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(moment(text).map(|at| at.to_string()).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(moment("20170000"), None);
    }
}

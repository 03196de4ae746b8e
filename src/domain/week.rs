//! ISO weeks in Europe/Amsterdam: the unit in which everything is counted.

use std::{fmt, str::FromStr, sync::OnceLock};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, ISOWeekDate, Weekday},
    tz::TimeZone,
};

/// The time zone of Dutch sources and readers.
#[must_use]
#[expect(clippy::expect_used, reason = "the time zone database is compiled in, and holds Europe/Amsterdam")]
pub fn amsterdam() -> &'static TimeZone {
    static ZONE: OnceLock<TimeZone> = OnceLock::new();
    ZONE.get_or_init(|| TimeZone::get("Europe/Amsterdam").expect("compiled in"))
}

/// The calendar day in Amsterdam at a moment.
#[must_use]
pub fn day(at: Timestamp) -> Date {
    at.to_zoned_datetime(amsterdam().clone()).date()
}

/// An ISO 8601 week, named by its Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Week(Date);

impl Week {
    /// The week in which a moment falls, seen from Amsterdam.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self::of_day(day(at))
    }

    /// The week of a calendar day.
    #[must_use]
    pub fn of_day(date: Date) -> Self {
        let back = i64::from(date.weekday().to_monday_zero_offset());
        Self(date.checked_sub(back.days()).unwrap_or(date))
    }

    /// The Monday on which it begins.
    #[must_use]
    pub fn monday(self) -> Date {
        self.0
    }

    /// The Sunday on which it ends.
    #[must_use]
    pub fn sunday(self) -> Date {
        self.0.checked_add(6.days()).unwrap_or(self.0)
    }

    /// The week `n` weeks later, or earlier when negative.
    #[must_use]
    pub fn plus(self, n: i64) -> Self {
        Self(self.0.checked_add((n * 7).days()).unwrap_or(self.0))
    }

    /// Weeks from `self` to `later`; negative when it lies before.
    #[must_use]
    pub fn until(self, later: Self) -> i64 {
        self.0.until(later.0).map_or(0, |span| i64::from(span.get_days()) / 7)
    }

    /// The first moment of the week.
    #[must_use]
    pub fn start(self) -> Timestamp {
        self.0.to_zoned_datetime(amsterdam().clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
    }

    /// The first moment of the next week.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.plus(1).start()
    }

    /// Number within its ISO year, 1 to 53.
    #[must_use]
    pub fn number(self) -> i8 {
        self.0.iso_week_date().week()
    }
}

impl fmt::Display for Week {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let iso = self.0.iso_week_date();
        write!(f, "{:04}-W{:02}", iso.year(), iso.week())
    }
}

impl serde::Serialize for Week {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Week {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Week {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("'{text}' is geen week; schrijf bijvoorbeeld 2026-W40");
        let (year, week) = text.split_once("-W").ok_or_else(wrong)?;
        let (year, week) = (year.parse().map_err(|_| wrong())?, week.parse().map_err(|_| wrong())?);
        let iso = ISOWeekDate::new(year, week, Weekday::Monday).map_err(|_| wrong())?;
        Ok(Self(iso.date()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_is_named_and_read_back() {
        for name in ["2026-W40", "2020-W53", "2024-W01"] {
            let week: Week = name.parse().expect("a week");
            assert_eq!(week.to_string(), name);
            assert_eq!(Week::of(week.start()), week);
            assert_eq!(week.until(week.plus(60)), 60);
        }
        assert!("2025-W53".parse::<Week>().is_err());
        assert!("week 40".parse::<Week>().is_err());
    }

    #[test]
    fn sunday_night_in_amsterdam_belongs_to_the_old_week() {
        let at: Timestamp = "2026-10-04T21:59:59Z".parse().expect("a time");
        assert_eq!(Week::of(at).to_string(), "2026-W40");
        let at: Timestamp = "2026-10-04T22:00:00Z".parse().expect("a time");
        assert_eq!(Week::of(at).to_string(), "2026-W41");
    }
}

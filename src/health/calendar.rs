//! Days on which Dutch sources may rest: public holidays, and the weeks of school holidays and recess.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// What kind of day it is for those who publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// An ordinary day, weekends too.
    None,
    /// A public holiday, or a day that offices commonly add to one: at most a Sunday.
    Holiday,
    /// School holidays or recess somewhere in the country: some stop, most go on.
    Vacation(Season),
}

/// Vacations differ: who goes on in May may stop in summer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Season {
    /// A week or two in February, May or October.
    Short,
    /// July and August.
    Summer,
    /// The weeks around Christmas.
    Christmas,
}

impl Season {
    pub(super) const ALL: [Self; 3] = [Self::Short, Self::Summer, Self::Christmas];
}

/// Month and day of any year.
type Day = (i8, i8);

/// First and last day, as month and day. Recess of parliament and the school holidays of all three regions fall inside.
const VACATIONS: [(Day, Day, Season); 6] = [
    ((1, 1), (1, 11), Season::Christmas),
    ((2, 14), (3, 5), Season::Short),
    ((4, 24), (5, 10), Season::Short),
    ((7, 3), (9, 1), Season::Summer),
    ((10, 10), (10, 29), Season::Short),
    ((12, 19), (12, 31), Season::Christmas),
];

/// Holidays with a fixed date; 24 and 31 December because offices close early or wholly.
const FIXED: [(i8, i8); 7] = [(1, 1), (4, 27), (5, 5), (12, 24), (12, 25), (12, 26), (12, 31)];

/// Holidays in days after Easter: from Good Friday to Whit Monday, with the Friday after Ascension.
const AFTER_EASTER: [i32; 7] = [-2, 0, 1, 39, 40, 49, 50];

/// The kind of a day.
pub(super) fn rest(date: Date) -> Rest {
    let day = (date.month(), date.day());
    let after = easter(date.year()).and_then(|easter| easter.until(date).ok()).map(|span| span.get_days());
    // King's Day moves to Saturday when it would be a Sunday.
    let moved = day == (4, 26) && date.weekday() == Weekday::Saturday;
    if moved || FIXED.contains(&day) || after.is_some_and(|days| AFTER_EASTER.contains(&days)) {
        return Rest::Holiday;
    }
    let vacation = VACATIONS.iter().find(|(from, to, _)| (*from..=*to).contains(&day));
    vacation.map_or(Rest::None, |(_, _, season)| Rest::Vacation(*season))
}

/// Easter Sunday by the anonymous Gregorian rule.
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let after = i64::from(h + l - 7 * m);
    Date::new(year, 3, 22).ok()?.checked_add(after.days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn easter_and_what_hangs_on_it() {
        for (year, month, day) in [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28)] {
            assert_eq!(easter(year), Some(date(year, month, day)));
        }
        assert_eq!(rest(date(2026, 5, 14)), Rest::Holiday);
        assert_eq!(rest(date(2026, 5, 25)), Rest::Holiday);
        assert_eq!(rest(date(2026, 5, 26)), Rest::None);
        assert_eq!(rest(date(2026, 7, 20)), Rest::Vacation(Season::Summer));
        assert_eq!(rest(date(2026, 12, 28)), Rest::Vacation(Season::Christmas));
    }
}

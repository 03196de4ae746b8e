//! The hours of a source laid on the Dutch week: what each successful poll looked at.

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, date},
};

use super::calendar::{Rest, rest};
use crate::domain::{health::Hour, week::amsterdam};

/// Hours in a week.
pub(super) const CELLS: usize = 168;
/// Seconds in an hour and in a day.
pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

/// One hour of the Dutch calendar.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    /// Hour of the week, from Monday midnight.
    pub(super) cell: usize,
    /// Week, counted from the first in the past.
    pub(super) week: usize,
    /// Day, counted from the first in the past.
    pub(super) day: usize,
    /// What kind of day it is.
    pub(super) rest: Rest,
}

/// A row with at least one successful poll.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look<'a> {
    /// The row.
    pub(super) hour: &'a Hour,
    /// The hours it tells about: since the look before, but no further back than a few usual waits, for after a time of
    /// failures or without us an empty answer says little.
    pub(super) slots: &'a [Slot],
}

impl Look<'_> {
    /// Something new came.
    pub(super) fn batch(&self) -> bool {
        self.hour.new > 0
    }

    /// Polls that gave an answer.
    pub(super) fn polls(&self) -> i64 {
        (self.hour.polls - self.hour.failed).max(0)
    }
}

/// The successful looks of a source, without the very first hour: that holds what was there when we came.
pub(super) struct Past<'a> {
    /// Rows and how many hours each tells about, oldest first.
    rows: Vec<(&'a Hour, usize)>,
    /// Those hours, row after row.
    slots: Vec<Slot>,
}

impl<'a> Past<'a> {
    pub(super) fn new(hours: &'a [Hour], now: Timestamp) -> Self {
        let mut past = Self { rows: Vec::with_capacity(hours.len()), slots: Vec::with_capacity(hours.len()) };
        // The running hour is not over: its news may still come.
        let now = now.as_second();
        let done = |hour: &&Hour| hour.hour <= now && (hour.new > 0 || hour.hour <= now - HOUR);
        let good: Vec<&Hour> = hours.iter().filter(|hour| hour.polls > hour.failed).filter(done).collect();
        let mut waits: Vec<i64> =
            good.windows(2).filter_map(|pair| Some((pair.last()?.hour - pair.first()?.hour) / HOUR)).collect();
        waits.sort_unstable();
        let longest = waits.get(waits.len() / 2).map_or(6, |median| (median * 4).clamp(6, 24));
        let Some(first) = hours.first() else { return past };
        let mut calendar = Calendar::new(first.hour);
        let mut before = first.hour;
        for hour in good.into_iter().filter(|hour| hour.hour > first.hour) {
            let span = ((hour.hour - before) / HOUR).clamp(1, longest);
            past.slots.extend((0..span).rev().map(|back| calendar.slot(hour.hour - back * HOUR)));
            past.rows.push((hour, usize::try_from(span).unwrap_or(1)));
            before = hour.hour;
        }
        past
    }

    /// The looks, oldest first.
    pub(super) fn looks(&self) -> Vec<Look<'_>> {
        let mut rest = self.slots.as_slice();
        let look = |(hour, span): &(&'a Hour, usize)| {
            let (slots, after) = rest.split_at_checked(*span)?;
            rest = after;
            Some(Look { hour, slots })
        };
        self.rows.iter().map_while(look).collect()
    }
}

/// Turns seconds into slots; asks the time zone once a day only, which puts an hour wrong in the two nights of the change.
struct Calendar {
    utc_day: i64,
    offset: i64,
    local_day: i64,
    rest: Rest,
    first_day: Option<i64>,
    from: i64,
}

impl Calendar {
    fn new(from: i64) -> Self {
        Self { utc_day: i64::MIN, offset: 0, local_day: i64::MIN, rest: Rest::None, first_day: None, from }
    }

    fn slot(&mut self, second: i64) -> Slot {
        if self.utc_day != second.div_euclid(DAY) {
            self.utc_day = second.div_euclid(DAY);
            let at = Timestamp::from_second(self.utc_day * DAY).unwrap_or_default();
            self.offset = amsterdam().to_offset(at).seconds().into();
        }
        let local = second + self.offset;
        let day = local.div_euclid(DAY);
        if self.local_day != day {
            self.local_day = day;
            self.rest = civil(day).map_or(Rest::None, rest);
        }
        // Counted from the Monday of the first day.
        let offset = self.offset;
        let from = self.from;
        let first = *self.first_day.get_or_insert_with(|| {
            let day = (from + offset).div_euclid(DAY) - 1;
            day - (day + 3).rem_euclid(7)
        });
        let index = |n: i64| usize::try_from(n).unwrap_or(0);
        Slot {
            cell: index((day + 3).rem_euclid(7) * 24 + local.rem_euclid(DAY) / HOUR),
            week: index((day - first).div_euclid(7)),
            day: index(day - first),
            rest: self.rest,
        }
    }
}

fn civil(day: i64) -> Option<Date> {
    date(1970, 1, 1).checked_add(day.days()).ok()
}

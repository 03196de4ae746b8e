//! The pace of a subscription to attenderingen: at once or gathered by hour, day or week, quiet hours, a cap per day. Pure,
//! so that what is sent and what a trial of a rule shows are decided by the same lines.

use std::collections::BTreeMap;

use jiff::{
    Timestamp, ToSpan, ZonedDateTime,
    civil::{Date, Time, Weekday},
};

use super::week::{amsterdam, day};

/// How often a subscription may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// A mail per story, as it comes.
    AtOnce,
    /// What came in an hour, together.
    Hour,
    /// What came in a day, together.
    Day,
    /// What came in a week, together.
    Week,
}

impl Interval {
    /// Name in the files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AtOnce => "meteen",
            Self::Hour => "uur",
            Self::Day => "dag",
            Self::Week => "week",
        }
    }

    /// The interval of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        [Self::AtOnce, Self::Hour, Self::Day, Self::Week].into_iter().find(|interval| interval.name() == name)
    }
}

/// Hours in which nothing leaves, by the clock of Amsterdam; they may run over midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// First quiet moment.
    pub from: Time,
    /// First moment that is not quiet any more.
    pub to: Time,
}

impl Quiet {
    /// Reads "22-07" or "22.30-07.00".
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let quiet = Self { from: time(from)?, to: time(to)? };
        (quiet.from != quiet.to).then_some(quiet)
    }

    /// The moment itself, or the end of the quiet hours in which it falls.
    #[must_use]
    pub fn after(self, at: Timestamp) -> Timestamp {
        let local = local(at);
        let (now, over_night) = (local.time(), self.from > self.to);
        let inside = if over_night { now >= self.from || now < self.to } else { now >= self.from && now < self.to };
        if !inside {
            return at;
        }
        let ends = if over_night && now >= self.from { next(local.date()) } else { local.date() };
        // Where the clock jumps over the end, the end may seem to lie before the moment.
        moment(ends, self.to).max(at)
    }
}

/// The pace of one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// At once or gathered.
    pub interval: Interval,
    /// Quiet hours.
    pub quiet: Option<Quiet>,
    /// Most mails a day, the collected mail of the rest not counted.
    pub most_per_day: u32,
    /// Weekday of what is gathered by the week.
    pub day: Weekday,
    /// Hour of what is gathered by day or week, and of the collected mail.
    pub hour: i8,
}

/// A story that waits to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// From when on it may leave.
    pub due: Timestamp,
    /// The day was full: it goes with the collected mail.
    pub over: bool,
}

/// What is to be done now with what waits; numbers are places in the list that was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// Mails that leave now, each with its stories.
    pub mails: Vec<Vec<usize>>,
    /// What goes over the cap, and waits for the collected mail of that moment.
    pub over: Vec<usize>,
}

/// Most stories in one collected mail, so that it stays a mail that can be read and received.
const MOST_TOGETHER: usize = 150;

impl Pace {
    /// When a story that is found now may leave, but for the cap.
    #[must_use]
    pub fn due(&self, found: Timestamp) -> Timestamp {
        let now = local(found);
        let due = match self.interval {
            Interval::AtOnce => found,
            Interval::Hour => {
                let past = i64::from(now.minute()) * 60 + i64::from(now.second());
                found.saturating_add((3600 - past).seconds()).unwrap_or(found)
            }
            Interval::Day => self.next_hour(found),
            Interval::Week => {
                let mut at = self.next_hour(found);
                while local(at).weekday() != self.day {
                    at = self.next_hour(at);
                }
                at
            }
        };
        self.quiet.map_or(due, |quiet| quiet.after(due))
    }

    /// When the collected mail of what went over the cap leaves: one a day.
    #[must_use]
    pub fn collected(&self, at: Timestamp) -> Timestamp {
        let due = self.next_hour(at);
        self.quiet.map_or(due, |quiet| quiet.after(due))
    }

    /// Decides over what waits for one recipient of one rule. `sent` counts the mails of today that the cap counts.
    #[must_use]
    pub fn release(&self, waiting: &[Waiting], sent: u32, now: Timestamp) -> Release {
        let mut release = Release::default();
        if self.quiet.is_some_and(|quiet| quiet.after(now) > now) {
            return release;
        }
        let due = |over: bool| {
            let places = waiting.iter().enumerate().filter(move |(_, one)| one.due <= now && one.over == over);
            places.map(|(place, _)| place).collect::<Vec<usize>>()
        };
        let together = |places: &[usize]| places.chunks(MOST_TOGETHER).map(<[usize]>::to_vec).collect::<Vec<_>>();
        release.mails = together(&due(true));
        let fresh = due(false);
        let room = usize::try_from(self.most_per_day.saturating_sub(sent)).unwrap_or(usize::MAX);
        match self.interval {
            Interval::AtOnce => {
                let (told, over) = fresh.split_at(room.min(fresh.len()));
                release.mails.extend(told.iter().map(|place| vec![*place]));
                release.over = over.to_vec();
            }
            Interval::Hour if room == 0 => release.over = fresh,
            // One mail a day or a week needs no cap.
            Interval::Hour | Interval::Day | Interval::Week => release.mails.extend(together(&fresh)),
        }
        release
    }

    /// What would have left when, of stories that came at these moments, oldest first: each mail with its moment, its
    /// stories by place, and whether it is the collected mail of a full day.
    #[must_use]
    pub fn simulate(&self, came: &[Timestamp]) -> Vec<(Timestamp, Vec<usize>, bool)> {
        let (mut waiting, mut next, mut mails): (Vec<(usize, Waiting)>, usize, Vec<_>) = (Vec::new(), 0, Vec::new());
        let mut sent: BTreeMap<Date, u32> = BTreeMap::new();
        loop {
            let due = waiting.iter().map(|(_, one)| one.due).min();
            let Some(now) = came.get(next).copied().into_iter().chain(due).min() else { return mails };
            let before = next;
            while let Some(at) = came.get(next).filter(|at| **at <= now) {
                waiting.push((next, Waiting { due: self.due(*at), over: false }));
                next += 1;
            }
            let list: Vec<Waiting> = waiting.iter().map(|(_, one)| *one).collect();
            let today = sent.entry(day(now)).or_default();
            let release = self.release(&list, *today, now);
            let stuck = release == Release::default() && next == before;
            for places in &release.mails {
                let told: Vec<(usize, bool)> = places
                    .iter()
                    .filter_map(|place| waiting.get(*place))
                    .map(|(story, one)| (*story, one.over))
                    .collect();
                let collected = told.iter().any(|(_, over)| *over);
                *today += u32::from(!collected);
                mails.push((now, told.into_iter().map(|(story, _)| story).collect(), collected));
            }
            for place in &release.over {
                if let Some((_, one)) = waiting.get_mut(*place) {
                    *one = Waiting { due: self.collected(now), over: true };
                }
            }
            if stuck {
                // Only where the clock was turned within the quiet hours; an hour on it is over.
                let later = now.saturating_add(1.hour()).unwrap_or(now);
                waiting.iter_mut().for_each(|(_, one)| one.due = one.due.max(later));
            }
            let told: Vec<usize> = release.mails.concat();
            let mut place = 0;
            waiting.retain(|_| {
                place += 1;
                !told.contains(&(place - 1))
            });
        }
    }

    /// The next time that the clock shows the hour of collected mails, after a moment.
    fn next_hour(&self, at: Timestamp) -> Timestamp {
        let (today, time) = (local(at).date(), Time::new(self.hour, 0, 0, 0).unwrap_or(Time::MIN));
        let due = moment(today, time);
        if due > at { due } else { moment(next(today), time) }
    }
}

/// The first moment of the day in Amsterdam: caps are counted by it.
#[must_use]
pub fn day_start(at: Timestamp) -> Timestamp {
    moment(day(at), Time::MIN)
}

fn local(at: Timestamp) -> ZonedDateTime {
    at.to_zoned_datetime(amsterdam().clone())
}

fn next(date: Date) -> Date {
    date.tomorrow().unwrap_or(date)
}

fn moment(date: Date, time: Time) -> Timestamp {
    date.to_datetime(time)
        .to_zoned_datetime(amsterdam().clone())
        .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// "22", "22.30" or "22:30"; "24" is midnight.
fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    let (hour, minute) = text.split_once(['.', ':']).unwrap_or((text, "0"));
    let hour: i8 = hour.parse().ok()?;
    Time::new(if hour == 24 { 0 } else { hour }, minute.parse().ok()?, 0, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn pace(interval: Interval, quiet: &str, most_per_day: u32) -> Pace {
        Pace { interval, quiet: Quiet::of(quiet), most_per_day, day: Weekday::Monday, hour: 7 }
    }

    #[test]
    fn quiet_hours_end_on_the_right_day_also_when_the_clock_changes() {
        let night = Quiet::of("22-07").expect("hours");
        // Late in the evening of 26 November (winter, one hour before UTC), and early in the morning after it.
        assert_eq!(night.after(at("2026-11-26T21:30:00Z")), at("2026-11-27T06:00:00Z"));
        assert_eq!(night.after(at("2026-11-27T05:59:59Z")), at("2026-11-27T06:00:00Z"));
        assert_eq!(night.after(at("2026-11-27T06:00:00Z")), at("2026-11-27T06:00:00Z"));
        // In the night of 25 October 2026 the clock goes back from summer to winter.
        assert_eq!(night.after(at("2026-10-24T20:30:00Z")), at("2026-10-25T06:00:00Z"));
        let noon = Quiet::of("12.30-13:00").expect("hours");
        assert_eq!(noon.after(at("2026-11-26T11:45:00Z")), at("2026-11-26T12:00:00Z"));
        for wrong in ["22", "22-22", "25-07", "nacht", "22-07-08"] {
            assert_eq!(Quiet::of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_interval_has_its_moment() {
        let found = at("2026-11-26T08:15:10Z");
        assert_eq!(pace(Interval::AtOnce, "", 3).due(found), found);
        assert_eq!(pace(Interval::Hour, "", 3).due(found), at("2026-11-26T09:00:00Z"));
        assert_eq!(pace(Interval::Day, "", 3).due(found), at("2026-11-27T06:00:00Z"));
        assert_eq!(pace(Interval::Week, "", 3).due(found), at("2026-11-30T06:00:00Z"));
        // Seven o'clock lies within these quiet hours, so the mail of the day comes when they end.
        assert_eq!(pace(Interval::Day, "22-08", 3).due(found), at("2026-11-27T07:00:00Z"));
    }

    #[test]
    fn what_is_over_the_cap_waits_for_one_collected_mail() {
        let now = at("2026-11-26T08:00:00Z");
        let pace = pace(Interval::AtOnce, "22-07", 3);
        let four = [Waiting { due: now, over: false }; 4];
        let release = pace.release(&four, 1, now);
        assert_eq!(release, Release { mails: vec![vec![0], vec![1]], over: vec![2, 3] });
        let morning = pace.collected(now);
        assert_eq!(morning, at("2026-11-27T06:00:00Z"));
        let rest = [Waiting { due: morning, over: true }; 2];
        assert_eq!(pace.release(&rest, 0, now), Release::default(), "not yet");
        assert_eq!(pace.release(&rest, 3, morning).mails, vec![vec![0, 1]], "the cap does not hold it up");
        let night = at("2026-11-26T22:00:00Z");
        assert_eq!(pace.release(&four, 0, night), Release::default(), "nothing leaves in the quiet hours");
    }

    #[test]
    fn a_trial_tells_each_story_once_at_the_moment_at_which_it_would_have_left() {
        let pace = pace(Interval::AtOnce, "22-07", 2);
        let came: Vec<Timestamp> = [
            "2026-11-26T08:00:00Z",
            "2026-11-26T09:00:00Z",
            "2026-11-26T10:00:00Z",
            "2026-11-26T11:00:00Z",
            "2026-11-26T23:00:00Z",
        ]
        .map(at)
        .to_vec();
        let morning = at("2026-11-27T06:00:00Z");
        let expected = vec![
            (came[0], vec![0], false),
            (came[1], vec![1], false),
            (morning, vec![2, 3], true),
            (morning, vec![4], false),
        ];
        assert_eq!(pace.simulate(&came), expected);
    }
}

//! Much less than usual: the items of the last weeks held against the weeks before.
//!
//! Days are weighed by their weekday, by holidays and by how much of them was looked at. A window of one, two or four weeks
//! must bring at most six tenths of what the weeks before let expect, and that must be strange for a source whose weeks
//! differ as much as those of this one. The rule is walked day by day through the past, so that a fault that was seen
//! goes on until the source brings a good share of the usual again, not until a threshold is no longer met. After two months
//! or so the lower count is what is usual: the caller remembers no more.

use super::{
    calendar::{Rest, Season},
    past::Look,
};

/// Windows, in days, and how many deviations below the expected make a fault.
const WINDOWS: [(usize, f64); 3] = [(7, 3.4), (14, 2.8), (28, 2.3)];
/// Fewest days of past before a window, in whole weeks.
const LEAST_PAST: usize = 42;
/// Largest share of the expected that is a fault, and the share that ends it.
const HALF: f64 = 0.6;
const ENOUGH: f64 = 0.8;
/// Fewest items expected in a window.
const LEAST_EXPECTED: f64 = 8.0;
/// A source that brings less than this share of the usual in vacations rests then: those days do not count.
const RESTS: f64 = 0.85;

/// A window with much less than usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Thin {
    /// Items that came.
    pub(super) seen: f64,
    /// Days in which they came.
    pub(super) days: usize,
    /// Items expected in those days.
    pub(super) expected: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct DaySum {
    items: f64,
    /// Hours looked at, as a share of the day.
    looked: f64,
    weekday: usize,
    rest: Option<Rest>,
    weight: f64,
}

/// What is thin now.
pub(super) fn thin(looks: &[Look<'_>]) -> Option<Thin> {
    let days = weighed(&days(looks));
    let mut open: Option<Thin> = None;
    for end in LEAST_PAST..=days.len() {
        let past = days.get(..end)?;
        open = match open {
            None => WINDOWS.iter().find_map(|(window, deviations)| strange(past, *window, *deviations)),
            Some(found) => Some(found).filter(|found| share(past, found.days).is_none_or(|share| share < ENOUGH)),
        };
    }
    open
}

/// Whole days with what they brought.
fn days(looks: &[Look<'_>]) -> Vec<DaySum> {
    let mut days: Vec<DaySum> = Vec::new();
    let first = looks.first().and_then(|look| look.slots.last()).map_or(0, |slot| slot.day + 1);
    for look in looks {
        for slot in look.slots {
            let Some(at) = slot.day.checked_sub(first) else { continue };
            if days.len() <= at {
                days.resize(at + 1, DaySum::default());
            }
            let Some(day) = days.get_mut(at) else { continue };
            day.looked += 1.0 / 24.0;
            day.items += look.hour.new as f64 / look.slots.len() as f64;
            (day.weekday, day.rest) = (slot.cell / 24, Some(slot.rest));
        }
    }
    days.pop();
    days
}

/// Gives each day its weight: what it would bring, relative to other days.
fn weighed(days: &[DaySum]) -> Vec<DaySum> {
    let cap = cap(days);
    let mean = |wanted: &dyn Fn(&DaySum) -> bool, prior: f64, weight: f64| {
        let (items, looked) = days
            .iter()
            .filter(|day| wanted(day))
            .fold((0.0, 0.0), |(items, looked), day| (items + day.items.min(cap), looked + day.looked));
        (items + prior * weight) / (looked + weight)
    };
    let all = mean(&|day| day.rest == Some(Rest::None), 0.0, 1e-6).max(1e-9);
    let weekday: Vec<f64> =
        (0..7).map(|n| mean(&|day| day.weekday == n && day.rest == Some(Rest::None), all, 2.0) / all).collect();
    let vacation = |season| mean(&|day| day.rest == Some(Rest::Vacation(season)), 0.0, 2.0) / all >= RESTS;
    let goes_on: Vec<Rest> =
        Season::ALL.into_iter().filter(|season| vacation(*season)).map(Rest::Vacation).chain([Rest::None]).collect();
    let weigh = |day: &DaySum| {
        let usual = weekday.get(day.weekday).copied().unwrap_or(1.0);
        if day.rest.is_some_and(|rest| goes_on.contains(&rest)) {
            DaySum { weight: usual * day.looked.min(1.0), ..*day }
        } else {
            DaySum { items: 0.0, ..*day }
        }
    };
    days.iter().map(weigh).collect()
}

/// A day with more than this is an event of its own.
fn cap(days: &[DaySum]) -> f64 {
    let mut items: Vec<f64> = days.iter().map(|day| day.items).collect();
    items.sort_by(f64::total_cmp);
    items.get(items.len() * 98 / 100).copied().unwrap_or(f64::MAX)
}

fn sum(days: &[DaySum]) -> (f64, f64) {
    days.iter().fold((0.0, 0.0), |(items, weight), day| (items + day.items, weight + day.weight))
}

/// The last window against all before it.
fn share(days: &[DaySum], window: usize) -> Option<f64> {
    let (past, recent) = days.split_at_checked(days.len().checked_sub(window)?)?;
    let ((seen, weight), (before, weights)) = (sum(recent), sum(past));
    (weight > 0.0 && before > 0.0).then(|| seen / weight / (before / weights))
}

fn strange(days: &[DaySum], window: usize, deviations: f64) -> Option<Thin> {
    let (past, recent) = days.split_at_checked(days.len().checked_sub(window)?)?;
    if past.len() < LEAST_PAST.max(2 * window) {
        return None;
    }
    let ((seen, weight), (before, weights)) = (sum(recent), sum(past));
    let rate = before / weights.max(1e-9);
    let expected = rate * weight;
    // Both halves of the window must be low: one quiet day or a Christmas is no decline.
    let (early, late) = recent.split_at_checked(window / 2)?;
    let low = |days: &[DaySum]| {
        let (seen, weight) = sum(days);
        seen <= 0.7 * rate * weight
    };
    if expected < LEAST_EXPECTED || seen > HALF * expected || seen < 1.0 || !low(early) || !low(late) {
        return None;
    }
    let blocks: Vec<(f64, f64)> = past.rchunks_exact(7).map(sum).filter(|block| block.1 > 0.0).collect();
    let pearson: f64 =
        blocks.iter().map(|(items, weight)| (items - rate * weight).powi(2) / (rate * weight).max(1e-9)).sum();
    let dispersion = ((pearson + 3.0) / (blocks.len() as f64 + 2.0)).max(1.0);
    let variance = dispersion * expected * (1.0 + weight / weights);
    let windows = past.rchunks_exact(window).map(sum).filter(|block| block.1 > 0.0);
    let least = windows.map(|(items, weight)| items / weight / rate).fold(1.0, f64::min);
    let deviations = deviations * (1.0 + 3.0 / blocks.len() as f64);
    (expected - seen >= deviations * variance.sqrt() && seen < 0.9 * least * expected).then_some(Thin {
        seen,
        days: window,
        expected,
    })
}

//! The rhythm of a source: how likely something new is in each hour of the week, and how regular it is in that measure.
//!
//! Silence is measured in expected batches (operational time), not in hours: a night, a weekend or a recess in which
//! nothing ever comes adds nothing. The past silences of the source, in the same measure and each judged by the other weeks
//! only, say how irregular it is; a Gamma law with that dispersion, and the uncertainty of its mean, gives the chance of a
//! silence this long.

use statrs::function::beta::beta_reg;

use super::{
    calendar::{Rest, Season},
    past::{CELLS, Look, Slot},
};

/// Silences that a steady source (Poisson) would be thought to have beside its own, before its irregularity is judged.
const STEADY: f64 = 3.0;
/// Most that one hour can be sure of news.
const SUREST: f64 = 0.98;
/// Share of the usual days with news that is expected in vacations, as if seen over so many days, until the source has
/// shown its own.
const VACATION: f64 = 0.3;
const VACATION_DAYS: f64 = 3.0;
/// A longest silence counts for at most so many times the second: one fault in the past must not hide the next.
const ALONE: f64 = 2.0;
/// A silence must be so many times the longest of the past to be strange.
const BEYOND: f64 = 1.15;

/// Expected batches in each hour of the week.
type Week = Vec<f64>;

/// What a source usually does.
#[derive(Debug)]
pub(super) struct Rhythm {
    /// Learned from all weeks.
    all: Week,
    /// Learned from all weeks but one.
    without: Vec<Week>,
    /// What comes in vacations.
    vacations: Vacations,
    /// Past silences in expected batches, longest last.
    silences: Vec<f64>,
}

/// Batches and hours looked at, by hour of the week.
#[derive(Debug, Clone)]
struct Sums {
    batches: Week,
    hours: Week,
}

impl Sums {
    fn new() -> Self {
        Self { batches: vec![0.0; CELLS], hours: vec![0.0; CELLS] }
    }

    fn minus(&self, other: &Self) -> Self {
        let minus = |left: &Week, right: &Week| left.iter().zip(right).map(|(left, right)| left - right).collect();
        Self { batches: minus(&self.batches, &other.batches), hours: minus(&self.hours, &other.hours) }
    }

    /// Log-likelihood of these hours under a rhythm.
    fn likelihood(&self, week: &Week) -> f64 {
        let cells = self.batches.iter().zip(&self.hours).zip(week);
        cells.map(|((batches, hours), rate)| batches * rate.max(1e-9).ln() - rate * hours).sum()
    }
}

type View = fn(&Sums) -> Week;
/// Ways to see a week, from coarse to fine.
const VIEWS: [View; 3] = [flat, by_day_and_hour, by_hour_of_week];

impl Rhythm {
    /// Learns from the looks up to the last batch.
    pub(super) fn learn(looks: &[Look<'_>]) -> Self {
        let vacations = Vacations::learn(looks);
        let mut weeks: Vec<Sums> = Vec::new();
        for look in looks {
            let share = if look.batch() { 1.0 / look.slots.len().max(1) as f64 } else { 0.0 };
            for slot in look.slots.iter().filter(|slot| slot.rest != Rest::Holiday) {
                if weeks.len() <= slot.week {
                    weeks.resize(slot.week + 1, Sums::new());
                }
                let Some(sums) = weeks.get_mut(slot.week) else { continue };
                add(&mut sums.batches, slot.cell, share);
                add(&mut sums.hours, slot.cell, vacations.share(slot.rest));
            }
        }
        let mut total = Sums::new();
        for sums in &weeks {
            (0..CELLS).for_each(|cell| {
                add(&mut total.batches, cell, of(&sums.batches, cell));
                add(&mut total.hours, cell, of(&sums.hours, cell));
            });
        }
        let others: Vec<Sums> = weeks.iter().map(|week| total.minus(week)).collect();
        let score = |view: View| -> f64 {
            weeks.iter().zip(&others).map(|(week, others)| week.likelihood(&view(others))).sum()
        };
        let scored = VIEWS.into_iter().map(|view| (score(view), view));
        let view = scored.max_by(|(one, _), (other, _)| one.total_cmp(other)).map_or(flat as View, |(_, view)| view);
        let span = looks.iter().map(|look| look.slots.len()).sum::<usize>() as f64 / looks.len().max(1) as f64;
        let sure = |week: Week| week.into_iter().map(|rate| -(1.0 - (rate * span).min(SUREST)).ln() / span).collect();
        let mut rhythm = Self {
            all: sure(view(&total)),
            without: others.iter().map(|others| sure(view(others))).collect(),
            vacations,
            silences: Vec::new(),
        };
        rhythm.silences = rhythm.closed(looks, span);
        rhythm
    }

    /// The silences between batches.
    fn closed(&self, looks: &[Look<'_>], span: f64) -> Vec<f64> {
        let mut silences = Vec::new();
        let mut running: Option<f64> = None;
        for look in looks {
            let own = |slot: &Slot| self.rate(self.without.get(slot.week).unwrap_or(&self.all), slot);
            let expected = look.slots.iter().map(own).sum::<f64>();
            if look.batch() {
                // A look after a time of failures is long, and says little about when in it the news came.
                let own = expected * (span / look.slots.len().max(1) as f64).min(1.0);
                silences.extend(running.replace(0.0).map(|silence| silence + own));
            } else if let Some(running) = &mut running {
                *running += expected;
            }
        }
        silences.sort_by(f64::total_cmp);
        if let [.., second, longest] = silences.as_mut_slice() {
            *longest = longest.min(*second * ALONE);
        }
        silences
    }

    fn rate(&self, week: &Week, slot: &Slot) -> f64 {
        let usual = of(week, slot.cell);
        match slot.rest {
            Rest::None => usual,
            Rest::Holiday => usual.min(of(week, CELLS - 24 + slot.cell % 24)),
            Rest::Vacation(_) => usual * self.vacations.share(slot.rest),
        }
    }

    /// Batches expected in these looks.
    pub(super) fn expected(&self, looks: &[Look<'_>]) -> f64 {
        looks.iter().flat_map(|look| look.slots).map(|slot| self.rate(&self.all, slot)).sum()
    }

    /// Batches that were seen after another.
    pub(super) fn batches(&self) -> usize {
        self.silences.len()
    }

    /// The chance that a silence of this source lasts so many expected batches; 1 when its own past held one nearly as long.
    pub(super) fn chance(&self, silence: f64) -> f64 {
        let number = self.silences.len() as f64;
        let mean = (self.silences.iter().sum::<f64>() / number.max(1.0)).max(1e-6);
        if self.silences.last().is_none_or(|longest| silence < longest * BEYOND) {
            return 1.0;
        }
        let spread: f64 = self.silences.iter().map(|silence| (silence / mean - 1.0).powi(2)).sum();
        let dispersion = ((spread + STEADY) / (number - 1.0 + STEADY)).clamp(0.03, 8.0);
        let shape = 1.0 / dispersion;
        let share = number * mean / (number * mean + silence);
        beta_reg(shape * number, shape, share.clamp(0.0, 1.0))
    }
}

/// The share of the usual that comes in each season of vacations.
#[derive(Debug, Clone, Copy)]
struct Vacations([f64; 3]);

impl Vacations {
    /// Whoever publishes in weekends is thought to go on in vacations too; for the rest a season learns from its own days
    /// and from the other seasons, Christmas only the rest that was taken there. Squared, because rest comes in one piece:
    /// half of the days silent is mostly half of the weeks.
    fn learn(looks: &[Look<'_>]) -> Self {
        let days = days(looks);
        let count = |wanted: &dyn Fn(&NewsDay) -> bool| {
            let own = days.iter().filter(|day| wanted(day));
            own.fold((0.0, 0.0), |(news, days), day| (news + f64::from(u8::from(day.news)), days + 1.0))
        };
        let weekday: Vec<f64> = (0..7)
            .map(|n| {
                let (news, days) = count(&|day| day.weekday == n && day.rest == Rest::None);
                news / f64::max(days, 1.0)
            })
            .collect();
        let mean = |days: &[f64]| days.iter().sum::<f64>() / days.len().max(1) as f64;
        let (work, weekend) = weekday.split_at_checked(5).unwrap_or_default();
        let weekend = (mean(weekend) / mean(work).max(1e-6)).clamp(VACATION, 1.0);
        let share = |wanted: &dyn Fn(Rest) -> bool, prior: f64| {
            let (news, _) = count(&|day| wanted(day.rest));
            let expected: f64 = days.iter().filter(|day| wanted(day.rest)).map(|day| of(&weekday, day.weekday)).sum();
            ((news + prior * VACATION_DAYS) / (expected + VACATION_DAYS)).min(1.0)
        };
        let any = share(&|rest| matches!(rest, Rest::Vacation(_)), weekend);
        Self(Season::ALL.map(|season| {
            let prior = if season == Season::Christmas { any.min(weekend) } else { any };
            share(&|rest| rest == Rest::Vacation(season), prior).powi(2)
        }))
    }

    fn share(self, rest: Rest) -> f64 {
        let [short, summer, christmas] = self.0;
        match rest {
            Rest::None | Rest::Holiday => 1.0,
            Rest::Vacation(Season::Short) => short,
            Rest::Vacation(Season::Summer) => summer,
            Rest::Vacation(Season::Christmas) => christmas,
        }
    }
}

/// A day that was looked at.
struct NewsDay {
    day: usize,
    weekday: usize,
    rest: Rest,
    news: bool,
}

fn days(looks: &[Look<'_>]) -> Vec<NewsDay> {
    let mut days: Vec<NewsDay> = Vec::new();
    for look in looks {
        let Some(slot) = look.slots.last() else { continue };
        match days.last_mut() {
            Some(last) if last.day == slot.day => last.news |= look.batch(),
            _ => days.push(NewsDay { day: slot.day, weekday: slot.cell / 24, rest: slot.rest, news: look.batch() }),
        }
    }
    days
}

fn flat(sums: &Sums) -> Week {
    let rate = sums.batches.iter().sum::<f64>() / sums.hours.iter().sum::<f64>().max(1.0);
    vec![rate; CELLS]
}

/// Each weekday its weight, each hour its weight on working days and in weekends.
fn by_day_and_hour(sums: &Sums) -> Week {
    let flat = flat(sums);
    let by_day = weigh(sums, &flat, 7, |cell| cell / 24, 2.0, &[1.0]);
    weigh(sums, &by_day, 48, |cell| cell % 24 + if cell >= 120 { 24 } else { 0 }, 1.0, &[0.5, 0.25])
}

fn by_hour_of_week(sums: &Sums) -> Week {
    weigh(sums, &by_day_and_hour(sums), CELLS, |cell| cell, 1.0, &[3.0 / 9.0, 2.0 / 9.0, 1.0 / 9.0])
}

/// Multiplies a rhythm by what each group of hours brings more or less than it says, smoothed over neighbours and held
/// back by `prior` batches that came as it says. `kernel` is one half of the weights, from the middle.
fn weigh(sums: &Sums, week: &Week, groups: usize, group: fn(usize) -> usize, prior: f64, kernel: &[f64]) -> Week {
    let mut seen = vec![0.0; groups];
    let mut expected = vec![0.0; groups];
    for cell in 0..CELLS {
        add(&mut seen, group(cell), of(&sums.batches, cell));
        add(&mut expected, group(cell), of(week, cell) * of(&sums.hours, cell));
    }
    let smooth = |values: &[f64], at: usize| -> f64 {
        let sides = kernel.iter().enumerate().map(|(far, weight)| match far {
            0 => weight * of(values, at),
            _ => weight * (of(values, (at + far) % groups) + of(values, (at + groups - far) % groups)),
        });
        sides.sum()
    };
    let weights: Vec<f64> =
        (0..groups).map(|at| (smooth(&seen, at) + prior) / (smooth(&expected, at) + prior)).collect();
    (0..CELLS).map(|cell| of(week, cell) * of(&weights, group(cell))).collect()
}

fn of(values: &[f64], at: usize) -> f64 {
    values.get(at).copied().unwrap_or(0.0)
}

fn add(values: &mut [f64], at: usize, more: f64) {
    if let Some(value) = values.get_mut(at) {
        *value += more;
    }
}

//! What is wrong with a source, by its own past: silence against its rhythm, half of what it used to bring, another shape,
//! only rejections, the same page for ever.

mod calendar;
mod drift;
mod past;
mod rhythm;
mod shape;
mod thin;

pub use drift::drift;
use jiff::Timestamp;

use crate::domain::{health::Hour, week::amsterdam};
use past::{DAY, HOUR, Look, Past};
use rhythm::Rhythm;

/// What can be wrong, as far as the hours tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Nothing new for much longer than usual.
    Silent,
    /// Much less new than usual.
    Thin,
    /// New items lack what they used to have: date, link or text.
    Shape,
    /// Everything that comes is rejected.
    Rejecting,
    /// The server sends the same bytes for ever, without saying "unchanged".
    Same,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Silent, Self::Thin, Self::Shape, Self::Rejecting, Self::Same];

    /// Name in the store and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "stil",
            Self::Thin => "minder",
            Self::Shape => "vorm",
            Self::Rejecting => "geweigerd",
            Self::Same => "zelfde",
        }
    }
}

/// Something wrong, in Dutch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What.
    pub kind: Kind,
    /// For a person: "stil sinds dinsdag 6 oktober, normaal om de 5 uur".
    pub detail: String,
}

/// Batches and time of history before a silence means anything.
const LEAST_BATCHES: usize = 4;
const LEAST_HISTORY: i64 = 14 * DAY;
/// Empty answers before a silence means anything.
const LEAST_POLLS: i64 = 3;
/// Silences per year of one source that may be false.
const FALSE_PER_YEAR: f64 = 0.4;
/// Nothing at all for so long is named for every source, so that a fault does not end by being forgotten.
const LONGEST: i64 = 98 * DAY;

/// What is wrong now, given the hours in which the source was polled, oldest first.
///
/// A silence is named when its chance, by the rhythm and the irregularity of the source itself, is so small that fewer than
/// one in four sources would show such a one in a year; at least four batches in two weeks of history are needed. A decline
/// needs seven weeks of history, a lost date eight batches, rejections none. All end by themselves: a silence with the first
/// new item, rejections with the first record that is read, a decline at four fifths of the usual.
#[must_use]
pub fn assess(hours: &[Hour], now: Timestamp) -> Vec<Wrong> {
    let past = Past::new(hours, now);
    let looks = past.looks();
    let mut wrong = Vec::new();
    if let Some(since) = shape::rejecting(&looks) {
        wrong.push(Wrong { kind: Kind::Rejecting, detail: format!("alles wordt geweigerd sinds {}", moment(since)) });
        return wrong;
    }
    let silent = silence(&looks, hours, now);
    if let Some(since) = shape::same(&looks, silent.is_some()) {
        let usual = silent
            .as_ref()
            .and_then(|silent| silent.usual)
            .map_or(String::new(), |usual| format!(", normaal komt er iets nieuws {}", every(usual)));
        let detail = format!("steeds precies hetzelfde antwoord sinds {}{usual}", moment(since));
        wrong.push(Wrong { kind: Kind::Same, detail });
    } else if let Some(silent) = &silent {
        wrong.push(Wrong { kind: Kind::Silent, detail: silent.to_string() });
    } else if let Some(thin) = thin::thin(&looks) {
        let much = if thin.seen < 0.35 * thin.expected { "veel minder" } else { "half zoveel" };
        let than = if much == "half zoveel" { "als" } else { "dan" };
        let (seen, days, expected) = (thin.seen, thin.days, thin.expected);
        let detail = format!("{much} berichten {than} gewoon: {seen:.0} in {days} dagen, normaal {expected:.0}");
        wrong.push(Wrong { kind: Kind::Thin, detail });
    }
    if let Some(detail) = shape::lost(&looks) {
        wrong.push(Wrong { kind: Kind::Shape, detail });
    }
    wrong
}

/// A strange silence.
struct Silence {
    /// Start of the last hour with something new; none when there is none.
    since: Option<Timestamp>,
    /// Since when we look.
    first: Timestamp,
    /// Usual time between two hours with something new, in seconds, when that is known.
    usual: Option<i64>,
}

impl std::fmt::Display for Silence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.since {
            Some(since) => write!(f, "stil sinds {}", moment(since))?,
            None => write!(f, "niets nieuws zolang wij kijken, sinds {}", moment(self.first))?,
        }
        self.usual.map_or(Ok(()), |usual| write!(f, ", normaal {}", every(usual)))
    }
}

fn silence(looks: &[Look<'_>], hours: &[Hour], now: Timestamp) -> Option<Silence> {
    let first = hours.first()?.hour;
    let last = looks.iter().rposition(Look::batch);
    let (past, tail) = looks.split_at_checked(last.map_or(0, |last| last + 1))?;
    let since = past.last().map(|look| look.hour.hour);
    let history = since.map_or(0, |since| since - first);
    let batches = past.iter().filter(|look| look.batch()).count();
    let usual = (batches >= LEAST_BATCHES).then(|| history / i64::try_from(batches).unwrap_or(1));
    let found = || {
        let moment = |second| Timestamp::from_second(second).ok();
        Some(Silence { since: since.and_then(moment), first: moment(first)?, usual })
    };
    let looked = tail.last()?.hour.hour.min(now.as_second());
    if looked - since.unwrap_or(first) >= LONGEST {
        return found();
    }
    // One empty answer may be bad luck of the moment; most hours need no learning.
    let polls: i64 = tail.iter().map(Look::polls).sum();
    if tail.len() < 2 || polls < LEAST_POLLS || batches < LEAST_BATCHES || history < LEAST_HISTORY {
        return None;
    }
    let rhythm = Rhythm::learn(past);
    let per_year = rhythm.batches() as f64 * (365 * DAY) as f64 / history as f64;
    (rhythm.chance(rhythm.expected(tail)) < FALSE_PER_YEAR / per_year.max(1.0)).then(found).flatten()
}

/// "dinsdag 6 oktober 14.00 uur", in Amsterdam.
fn moment(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"];
    const MONTHS: [&str; 12] = [
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
    let at = at.to_zoned_datetime(amsterdam().clone());
    let name = |names: &[&'static str], n: i8| names.get(usize::try_from(n).unwrap_or(0)).copied().unwrap_or_default();
    let weekday = name(&DAYS, at.weekday().to_monday_zero_offset());
    format!("{weekday} {} {} {}.{:02} uur", at.day(), name(&MONTHS, at.month() - 1), at.hour(), at.minute())
}

/// "om de 5 uur".
fn every(seconds: i64) -> String {
    let rounded = |unit: i64| (seconds + unit / 2) / unit;
    match rounded(HOUR) {
        ..=1 => "elk uur".to_owned(),
        hours @ 2..48 => format!("om de {hours} uur"),
        _ => match rounded(DAY) {
            days @ ..14 => format!("om de {days} dagen"),
            _ => format!("om de {} weken", rounded(7 * DAY)),
        },
    }
}

#[cfg(test)]
mod tests;

//! Who is due: a pure rule for the next time, and the one place where a poll's outcome is written down, also when nothing
//! had changed.

use std::hash::Hasher;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use siphasher::sip::SipHasher13;
use tracing::{info, warn};

use crate::{
    adapters::Hints,
    domain::{
        health::Hour,
        source::Source,
        week::{amsterdam, day},
    },
    fetch::FetchError,
    pipeline::ingest::{Context, IngestError, Polled, poll},
    settings::{Rhythm, SourceEntry},
    store::{StoreError, sources::PollNote},
};

/// Shortest wait after a failure.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// How far back the rhythm of a source is looked at.
const MEMORY: SignedDuration = SignedDuration::from_hours(24 * 28);
/// Fewer hours with news than this say nothing about a rhythm yet.
const LEAST_BATCHES: usize = 4;

/// What is known about when it makes sense to ask again.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    /// The usual time between two hours with news; none while too little is known.
    pub gap: Option<SignedDuration>,
    /// How long the last answer stays fresh, by its server.
    pub fresh_for: Option<SignedDuration>,
    /// What the document itself says.
    pub hints: Hints,
}

/// When a source is due again. After a success half its usual gap, between its bounds, never before its server or document
/// says that it makes sense, spread by jitter; after failures a doubling wait, never shorter than what the server asked;
/// after a lasting refusal once a day, for dead feeds do come back.
#[must_use]
pub fn next_due(
    source: &Source,
    now: Timestamp,
    failures: u32,
    problem: Option<&IngestError>,
    rhythm: Rhythm,
    pace: &Pace,
) -> Timestamp {
    let spread = |wait| spread(wait, rhythm.jitter, &source.id.0, now);
    let wait = match problem {
        None => {
            let wanted = pace.gap.map_or(source.every, |gap| gap / 2);
            let asked = [pace.fresh_for, pace.hints.ttl].into_iter().flatten().max().unwrap_or_default();
            spread(wanted.clamp(source.fastest.min(source.slowest), source.slowest).max(asked.min(source.slowest)))
        }
        Some(IngestError::Stopped) => SignedDuration::ZERO,
        Some(IngestError::Leased) => SHORTEST,
        Some(IngestError::Budget(_)) => spread(until_tomorrow(now)),
        Some(IngestError::Fetch(FetchError::Offline(_))) => spread(SHORTEST * 2),
        Some(IngestError::Fetch(FetchError::Throttled { wait, .. } | FetchError::Resting { wait, .. })) => {
            // Never before the host said, and spread after it, so that its sources do not come back together.
            SHORTEST.max(*wait).saturating_add(spread(SHORTEST))
        }
        Some(IngestError::Fetch(error)) if error.rest().is_some() => spread(error.rest().unwrap_or(SHORTEST)),
        Some(_) => {
            let doubled = SHORTEST.max(source.every / 4).saturating_mul(1 << failures.min(16));
            spread(doubled.min(rhythm.longest_backoff))
        }
    };
    let due = now.saturating_add(wait).unwrap_or(now);
    if problem.is_none() { open_hour(due, &pace.hints) } else { due }
}

/// The first moment from `due` on in an hour and day that the document does not ask to skip; `due` when it skips all.
fn open_hour(due: Timestamp, hints: &Hints) -> Timestamp {
    let mut at = due;
    for _ in 0..24 * 8 {
        let utc = at.to_zoned_datetime(TimeZone::UTC);
        let skipped =
            hints.skip_hours.contains(&utc.hour()) || hints.skip_days.contains(&utc.weekday().to_monday_one_offset());
        if !skipped {
            return at;
        }
        let Ok(next) = at.checked_add(SignedDuration::from_hours(1)) else { return due };
        at = next;
    }
    due
}

/// Time until ten past midnight, Dutch time.
fn until_tomorrow(now: Timestamp) -> SignedDuration {
    let tomorrow =
        day(now).tomorrow().ok().and_then(|day| day.at(0, 10, 0, 0).to_zoned_datetime(amsterdam().clone()).ok());
    tomorrow.map_or(SignedDuration::from_hours(24), |tomorrow| tomorrow.timestamp().duration_since(now))
}

/// The usual time between two hours with news, over the last weeks. The first hour is left out: it holds what was there
/// when we came.
#[must_use]
pub fn usual_gap(hours: &[Hour], now: Timestamp) -> Option<SignedDuration> {
    let first = hours.first()?.hour;
    let batches = hours.iter().skip(1).filter(|hour| hour.new > 0).count();
    let span = now.as_second() - first;
    (batches >= LEAST_BATCHES || span > 3 * 24 * 3600)
        .then(|| SignedDuration::from_secs(span / i64::try_from(batches.max(1)).unwrap_or(1)))
}

/// A duration within `share` of itself, chosen by source and time: feeds that failed together are spread again, and a
/// test sees the same every time.
fn spread(duration: SignedDuration, share: f64, id: &str, now: Timestamp) -> SignedDuration {
    let mut hasher = SipHasher13::new_with_keys(3, 5);
    hasher.write(id.as_bytes());
    hasher.write_i64(now.as_second());
    let place = f64::from(u32::try_from(hasher.finish() >> 32).unwrap_or(0)) / f64::from(u32::MAX);
    SignedDuration::try_from_secs_f64(duration.as_secs_f64() * (1.0 + share * (2.0 * place - 1.0))).unwrap_or(duration)
}

/// Polls a source, writes the outcome and when it is due again, and says both in one line of the log.
///
/// # Errors
/// When the store fails.
pub async fn poll_and_note(
    context: &Context<'_>,
    entry: &SourceEntry,
    rhythm: Rhythm,
) -> Result<(Polled, Option<IngestError>, Timestamp), StoreError> {
    let source = &entry.source;
    let (polled, outcome) = poll(context, entry).await;
    let now = context.now();
    let problem = outcome.err();
    if matches!(problem, Some(IngestError::Leased | IngestError::Stopped)) {
        // Another worker writes its own outcome; a stop is no outcome.
        let due = next_due(source, now, 0, problem.as_ref(), rhythm, &Pace::default());
        return Ok((polled, problem, due));
    }
    let failures = context.store.poll_state(&source.id).await?.failures;
    context.store.note_hour(&source.id, hour(now, &polled, problem.as_ref())).await?;
    let hours = context.store.hours(&source.id, now.saturating_sub(MEMORY).unwrap_or(now)).await?;
    let pace = Pace { gap: usual_gap(&hours, now), fresh_for: polled.fresh_for, hints: polled.hints.clone() };
    let due = next_due(source, now, failures, problem.as_ref(), rhythm, &pace);
    let words = problem.as_ref().map(|problem| in_words(problem, source));
    let note = PollNote {
        now,
        due,
        brought_new: polled.tally.new + polled.tally.changed > 0,
        problem: words.as_deref(),
        counts: problem.as_ref().is_none_or(counts),
        moved: polled.moved.as_deref(),
        digest: &polled.digest,
    };
    context.store.polled(&source.id, note).await?;
    tell(source, &polled, words.as_deref(), failures);
    Ok((polled, problem, due))
}

/// False for what is no fault of the source: our own line, a host that rests, a budget that is spent.
fn counts(problem: &IngestError) -> bool {
    match problem {
        IngestError::Fetch(error) => error.counts(),
        IngestError::Budget(_) => false,
        _ => true,
    }
}

/// The problem for a person; a refusal says whom to write to.
fn in_words(problem: &IngestError, source: &Source) -> String {
    match problem {
        IngestError::Fetch(FetchError::Blocked { .. } | FetchError::Robots(_)) => {
            let contact = if source.contact.is_empty() { String::new() } else { format!(" ({})", source.contact) };
            format!("{problem}; schrijf naar {}{contact} om toegang te vragen", source.owner)
        }
        _ => problem.to_string(),
    }
}

fn tell(source: &Source, polled: &Polled, problem: Option<&str>, failures: u32) {
    let tally = polled.tally;
    let took_ms = (polled.times.fetch + polled.times.read + polled.times.classify + polled.times.store).as_millis();
    match problem {
        None => info!(
            source.id = %source.id, new = tally.new, changed = tally.changed, known = tally.known, rejected = tally.rejected,
            pages = polled.pages, unchanged = polled.unchanged, took_ms,
            "polled {}: {} new, {} rejected", source.id, tally.new, tally.rejected
        ),
        Some(problem) => warn!(
            source.id = %source.id, failures = failures + 1, new = tally.new, "polling {} failed: {problem}", source.id
        ),
    }
}

/// A poll as it is added to its hour.
fn hour(now: Timestamp, polled: &Polled, problem: Option<&IngestError>) -> Hour {
    let tally = polled.tally;
    Hour {
        hour: now.as_second().div_euclid(3600) * 3600,
        polls: 1,
        failed: i64::from(problem.is_some_and(counts)),
        unchanged: i64::from(polled.unchanged),
        new: tally.new.into(),
        changed: tally.changed.into(),
        known: tally.known.into(),
        rejected: tally.rejected.into(),
        with_date: polled.shape.with_date.into(),
        with_link: polled.shape.with_link.into(),
        with_text: polled.shape.with_text.into(),
        same: i64::from(polled.same),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::source::SourceId;

    fn source() -> Source {
        Source {
            id: SourceId("proef".into()),
            kind: "feed".into(),
            every: SignedDuration::from_mins(60),
            fastest: SignedDuration::from_mins(60),
            slowest: SignedDuration::from_hours(8),
            pause: SignedDuration::from_secs(1),
            language: "nl".into(),
            ..Source::default()
        }
    }

    fn minutes(failures: u32, problem: Option<&IngestError>) -> i64 {
        let now: Timestamp = "2026-10-05T08:00:00Z".parse().expect("a time");
        let rhythm = Rhythm { jitter: 0.1, longest_backoff: SignedDuration::from_hours(24) };
        next_due(&source(), now, failures, problem, rhythm, &Pace::default()).duration_since(now).as_mins()
    }

    fn status(status: u16) -> IngestError {
        IngestError::Fetch(FetchError::Status { status })
    }

    #[test]
    fn the_wait_follows_the_outcome() {
        assert!((54..=66).contains(&minutes(0, None)));
        let waits: Vec<i64> = (0..4).map(|failures| minutes(failures, Some(&status(500)))).collect();
        assert!(waits.windows(2).all(|pair| pair.last() > pair.first()), "{waits:?}");
        assert!(minutes(30, Some(&status(500))) <= 24 * 66);
        assert!((21 * 60..=27 * 60).contains(&minutes(0, Some(&status(403)))));
        assert!((27 * 24 * 60..=33 * 24 * 60).contains(&minutes(0, Some(&status(410)))));
        let throttled = FetchError::Throttled { status: 429, wait: SignedDuration::from_hours(5) };
        assert!((300..=302).contains(&minutes(0, Some(&IngestError::Fetch(throttled)))));
        assert!(minutes(9, Some(&IngestError::Fetch(FetchError::Offline(String::new())))) <= 3);
        assert_eq!(minutes(3, Some(&IngestError::Stopped)), 0);
        // 10.00 in the Netherlands; the budget is whole again at ten past midnight.
        assert!((750..=940).contains(&minutes(0, Some(&IngestError::Budget(10)))));
    }

    #[test]
    fn a_source_is_asked_as_often_as_it_publishes_between_its_bounds() {
        let now: Timestamp = "2026-10-05T08:00:00Z".parse().expect("a time");
        let rhythm = Rhythm { jitter: 0.0, longest_backoff: SignedDuration::from_hours(24) };
        let wait = |pace: &Pace| next_due(&source(), now, 0, None, rhythm, pace).duration_since(now).as_mins();
        let gap = |hours| Pace { gap: Some(SignedDuration::from_hours(hours)), ..Pace::default() };
        assert_eq!([wait(&gap(1)), wait(&gap(6)), wait(&gap(100))], [60, 180, 480]);
        let ttl = Hints { ttl: Some(SignedDuration::from_hours(2)), ..Hints::default() };
        assert_eq!(wait(&Pace { hints: ttl, ..gap(1) }), 120);
        let fresh = Pace { fresh_for: Some(SignedDuration::from_hours(3)), ..gap(1) };
        assert_eq!(wait(&fresh), 180);
        let night = Hints { skip_hours: vec![9, 10, 11], ..Hints::default() };
        assert_eq!(wait(&Pace { hints: night, ..gap(1) }), 240);
        let every_hour: Vec<Hour> =
            (0..100).map(|n| Hour { hour: n * 3600, new: i64::from(n % 5 == 0), ..Hour::default() }).collect();
        let end = Timestamp::from_second(100 * 3600).expect("a time");
        assert_eq!(usual_gap(&every_hour, end).map(|gap| gap.as_hours()), Some(5));
        assert_eq!(usual_gap(&every_hour[..2], Timestamp::from_second(7200).expect("a time")), None);
    }

    #[test]
    fn sources_that_are_due_together_are_spread() {
        let now: Timestamp = "2026-10-05T08:00:00Z".parse().expect("a time");
        let hour = SignedDuration::from_hours(1);
        let mut waits: Vec<i64> = (0..500).map(|n| spread(hour, 0.1, &format!("bron-{n}"), now).as_secs()).collect();
        waits.sort_unstable();
        waits.dedup();
        assert!(waits.len() > 300, "{}", waits.len());
        assert!(waits.first().is_some_and(|first| *first >= 3240) && waits.last().is_some_and(|last| *last <= 3960));
    }
}

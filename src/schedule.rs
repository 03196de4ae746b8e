//! Who is due: a pure rule for the next time, and the one place where a poll's outcome is written down, also when nothing
//! had changed.

use std::hash::Hasher;

use jiff::{SignedDuration, Timestamp};
use siphasher::sip::SipHasher13;
use tracing::{info, warn};

use crate::{
    domain::source::Source,
    fetch::FetchError,
    pipeline::ingest::{Context, IngestError, Polled, poll},
    settings::{Rhythm, SourceEntry},
    store::{Store, StoreError},
};

/// Shortest wait after a failure.
const SHORTEST: SignedDuration = SignedDuration::from_mins(1);

/// When a source is due again. After a success its interval, spread by jitter; after failures a doubling wait, never
/// shorter than what the server asked; after a lasting refusal once a day, for dead feeds do come back.
#[must_use]
pub fn next_due(
    source: &Source,
    now: Timestamp,
    failures: u32,
    problem: Option<&IngestError>,
    rhythm: Rhythm,
) -> Timestamp {
    let wait = match problem {
        None => spread(source.every, rhythm.jitter, &source.id.0, now),
        Some(IngestError::Stopped) => SignedDuration::ZERO,
        Some(IngestError::Leased) => SHORTEST,
        Some(IngestError::Fetch(error)) if error.rest().is_some() => error.rest().unwrap_or(SHORTEST),
        Some(error) => {
            let doubled = SHORTEST.max(source.every / 4).saturating_mul(1 << failures.min(16));
            let asked = match error {
                IngestError::Fetch(FetchError::Throttled { wait, .. } | FetchError::Resting { wait, .. }) => *wait,
                _ => SignedDuration::ZERO,
            };
            let spread = spread(doubled.min(rhythm.longest_backoff), rhythm.jitter, &source.id.0, now);
            spread.max(asked.min(SignedDuration::from_hours(24 * 7)))
        }
    };
    now.saturating_add(wait).unwrap_or(now)
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
    let failures = context.store.poll_state(&source.id).await?.failures;
    let due = next_due(source, now, failures, problem.as_ref(), rhythm);
    let tally = polled.tally;
    let took_ms = (polled.times.fetch + polled.times.read + polled.times.classify + polled.times.store).as_millis();
    note(context.store, source, now, due, &polled, problem.as_ref()).await?;
    match &problem {
        None => info!(
            source.id = %source.id, new = tally.new, changed = tally.changed, known = tally.known, rejected = tally.rejected,
            pages = polled.pages, unchanged = polled.unchanged, took_ms,
            "polled {}: {} new, {} rejected", source.id, tally.new, tally.rejected
        ),
        Some(IngestError::Leased | IngestError::Stopped) => {}
        Some(error) => {
            warn!(source.id = %source.id, failures = failures + 1, new = tally.new, "polling {} failed: {error}", source.id);
        }
    }
    Ok((polled, problem, due))
}

async fn note(
    store: &Store,
    source: &Source,
    now: Timestamp,
    due: Timestamp,
    polled: &Polled,
    problem: Option<&IngestError>,
) -> Result<(), StoreError> {
    match problem {
        None => store.polled(&source.id, now, due, Ok(polled.tally.new + polled.tally.changed > 0)).await,
        // Another worker writes its own outcome; a stop is no outcome.
        Some(IngestError::Leased | IngestError::Stopped) => Ok(()),
        Some(error) => store.polled(&source.id, now, due, Err(&error.to_string())).await,
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
            pause: SignedDuration::from_secs(1),
            language: "nl".into(),
            ..Source::default()
        }
    }

    fn minutes(failures: u32, problem: Option<&IngestError>) -> i64 {
        let now: Timestamp = "2026-10-05T08:00:00Z".parse().expect("a time");
        let rhythm = Rhythm { jitter: 0.1, longest_backoff: SignedDuration::from_hours(24) };
        next_due(&source(), now, failures, problem, rhythm).duration_since(now).as_mins()
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
        assert_eq!(minutes(0, Some(&status(403))), 24 * 60);
        assert_eq!(minutes(0, Some(&IngestError::Fetch(FetchError::Throttled { status: 429, wait: SignedDuration::from_hours(5) }))), 300);
        assert_eq!(minutes(3, Some(&IngestError::Stopped)), 0);
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

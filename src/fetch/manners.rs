//! Turns: one request at a time per host, a pause between two, a cap over all hosts together; and rest, when a host asked
//! for it or refused us.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::{
    sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

use super::FetchError;

/// Longest time that a request waits for its turn inside a job; what takes longer is for the schedule. Well below any
/// watchdog of the daemon.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a host that refused us is left alone.
const REFUSED: Duration = Duration::from_secs(24 * 3600);
/// Gates that are kept at most; those that are free and rested go first.
const MOST_GATES: usize = 20_000;

#[derive(Default)]
pub(super) struct Rest {
    /// When the next request may start.
    free: Option<Instant>,
    /// Why we were refused, when we were.
    refused: Option<String>,
}

type Gate = Arc<Mutex<Rest>>;

pub(super) struct Manners {
    /// Held only to look a gate up, never across a wait.
    gates: Mutex<HashMap<String, Gate>>,
    all: Semaphore,
}

/// The right to send one request; the pause starts when it is dropped.
pub(super) struct Turn<'a> {
    gate: OwnedMutexGuard<Rest>,
    pause: Duration,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Turn<'_> {
    /// The host asks for rest.
    pub(super) fn rest(&mut self, wait: Duration) {
        self.pause = self.pause.max(wait);
    }

    /// The host refuses us.
    pub(super) fn refused(&mut self, why: &str) {
        self.gate.refused = Some(why.to_owned());
        self.rest(REFUSED);
    }

    /// The host received us.
    pub(super) fn welcomed(&mut self) {
        self.gate.refused = None;
    }

    /// The host's own `Crawl-delay` goes before a shorter pause of ours.
    pub(super) fn pause(&mut self, at_least: Duration) {
        self.pause = self.pause.max(at_least);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.gate.free = Some(Instant::now() + self.pause);
    }
}

impl Manners {
    pub(super) fn new(concurrency: usize) -> Self {
        Self { gates: Mutex::new(HashMap::new()), all: Semaphore::new(concurrency.max(1)) }
    }

    /// Waits for a turn at `host`, but not for long. The host's gate comes first, so that waiting for a slow host holds no
    /// place in the cap.
    ///
    /// # Errors
    /// When the host rests longer than a job should wait, or refused us.
    pub(super) async fn turn(&self, host: &str, pause: Duration) -> Result<Turn<'_>, FetchError> {
        let gate = self.gate(host).await;
        let gate = gate.lock_owned().await;
        let free = gate.free.unwrap_or_else(Instant::now);
        let left = free.saturating_duration_since(Instant::now());
        if let Some(why) = gate.refused.as_ref().filter(|_| left > Duration::ZERO) {
            return Err(FetchError::Blocked { host: host.to_owned(), why: why.clone() });
        }
        if left > PATIENCE {
            let wait = SignedDuration::try_from(left).unwrap_or(SignedDuration::from_mins(1));
            return Err(FetchError::Resting { host: host.to_owned(), wait });
        }
        sleep_until(free).await;
        Ok(Turn { gate, pause, _permit: self.all.acquire().await.ok() })
    }

    async fn gate(&self, host: &str) -> Gate {
        let mut gates = self.gates.lock().await;
        if gates.len() >= MOST_GATES && !gates.contains_key(host) {
            let now = Instant::now();
            gates.retain(|_, gate| gate.try_lock().map_or(true, |rest| rest.free.is_some_and(|free| free > now)));
        }
        gates.entry(host.to_owned()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn two_requests_to_one_host_keep_their_distance_and_another_host_does_not_wait() {
        let manners = Manners::new(8);
        let start = Instant::now();
        let pause = Duration::from_secs(1);
        drop(manners.turn("a", pause).await.expect("a turn"));
        drop(manners.turn("b", pause).await.expect("a turn"));
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(manners.turn("a", pause).await.expect("a turn"));
        assert_eq!(start.elapsed(), pause);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_under_way_holds_its_host() {
        let manners = Manners::new(8);
        let first = manners.turn("a", Duration::ZERO).await.expect("a turn");
        let second = tokio::time::timeout(Duration::from_secs(5), manners.turn("a", Duration::ZERO)).await;
        assert!(second.is_err());
        drop(first);
        drop(manners.turn("a", Duration::ZERO).await.expect("a turn"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_rests_is_not_waited_for_and_one_that_refused_is_left_alone_for_a_day() {
        let manners = Manners::new(8);
        manners.turn("a", Duration::ZERO).await.expect("a turn").rest(Duration::from_secs(600));
        let start = Instant::now();
        assert!(matches!(manners.turn("a", Duration::ZERO).await, Err(FetchError::Resting { .. })));
        manners.turn("b", Duration::ZERO).await.expect("a turn").refused("403");
        assert!(matches!(manners.turn("b", Duration::ZERO).await, Err(FetchError::Blocked { .. })));
        assert_eq!(start.elapsed(), Duration::ZERO);
        tokio::time::advance(REFUSED).await;
        manners.turn("b", Duration::ZERO).await.expect("one probe a day").welcomed();
        assert!(manners.turn("b", Duration::ZERO).await.is_ok());
    }
}

//! Turns: one request at a time per host, a pause between two, and a cap over all hosts together.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, OwnedMutexGuard, Semaphore, SemaphorePermit},
    time::{Instant, sleep_until},
};

/// When a host may be asked again; none before the first time.
type Gate = Arc<Mutex<Option<Instant>>>;

pub(super) struct Manners {
    /// Held only to look a gate up, never across a wait.
    gates: Mutex<HashMap<String, Gate>>,
    all: Semaphore,
}

/// The right to send one request; the pause starts when it is dropped.
pub(super) struct Turn<'a> {
    gate: OwnedMutexGuard<Option<Instant>>,
    pause: Duration,
    _permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.gate = Some(Instant::now() + self.pause);
    }
}

impl Manners {
    pub(super) fn new(concurrency: usize) -> Self {
        Self { gates: Mutex::new(HashMap::new()), all: Semaphore::new(concurrency.max(1)) }
    }

    /// Waits for a turn at `host`. The host's gate comes first, so that waiting for a slow host holds no place in the cap.
    pub(super) async fn turn(&self, host: &str, pause: Duration) -> Turn<'_> {
        let gate = self.gates.lock().await.entry(host.to_owned()).or_default().clone();
        let gate = gate.lock_owned().await;
        if let Some(free) = *gate {
            sleep_until(free).await;
        }
        Turn { gate, pause, _permit: self.all.acquire().await.ok() }
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
        drop(manners.turn("a", pause).await);
        drop(manners.turn("b", pause).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(manners.turn("a", pause).await);
        assert_eq!(start.elapsed(), pause);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_under_way_holds_its_host() {
        let manners = Manners::new(8);
        let first = manners.turn("a", Duration::ZERO).await;
        let second = tokio::time::timeout(Duration::from_secs(5), manners.turn("a", Duration::ZERO)).await;
        assert!(second.is_err());
        drop(first);
        drop(manners.turn("a", Duration::ZERO).await);
    }
}

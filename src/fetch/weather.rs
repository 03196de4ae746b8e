//! Is it them or is it us? A host that cannot be reached is only to blame once another host has answered since: until then
//! the fault may be our own line.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use tokio::time::Instant;

/// With a single host there is no telling: after this long its silence counts all the same.
const BENEFIT: Duration = Duration::from_secs(30 * 60);
/// Most hosts that are remembered as silent.
const MOST: usize = 10_000;

#[derive(Default)]
struct Sky {
    last_answer: Option<Instant>,
    /// When each silent host failed first and last.
    silent: HashMap<String, (Instant, Instant)>,
}

/// What the last requests say about our own line.
#[derive(Default)]
pub(super) struct Weather(Mutex<Sky>);

impl Weather {
    /// A host answered, whatever it said.
    pub(super) fn answered(&self, host: &str) {
        if let Ok(mut sky) = self.0.lock() {
            sky.last_answer = Some(Instant::now());
            sky.silent.remove(host);
        }
    }

    /// A host could not be reached. True when the fault may be ours.
    pub(super) fn failed(&self, host: &str) -> bool {
        let Ok(mut sky) = self.0.lock() else { return false };
        let now = Instant::now();
        let (first, previous) = sky.silent.get(host).copied().unwrap_or((now, now));
        if sky.silent.len() < MOST {
            sky.silent.insert(host.to_owned(), (first, now));
        }
        let answered_since = previous != now && sky.last_answer.is_some_and(|answer| answer > previous);
        let company = sky.silent.len() > 1;
        !answered_since && (company || now.duration_since(first) < BENEFIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_ours_when_nobody_answers_and_theirs_when_others_do() {
        let minute = Duration::from_secs(60);
        let weather = Weather::default();
        weather.answered("a");
        tokio::time::advance(minute).await;
        assert!(weather.failed("b"), "one failure says nothing yet");
        tokio::time::advance(minute).await;
        weather.answered("a");
        tokio::time::advance(minute).await;
        assert!(!weather.failed("b"), "the other answered since");
        tokio::time::advance(minute).await;
        assert!(weather.failed("a"));
        for _ in 0..300 {
            tokio::time::advance(minute).await;
            assert!(weather.failed("a") && weather.failed("b"), "both are silent for hours");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_is_alone_gets_the_benefit_of_the_doubt_for_half_an_hour() {
        let weather = Weather::default();
        assert!(weather.failed("alone"));
        tokio::time::advance(Duration::from_secs(2400)).await;
        assert!(!weather.failed("alone"));
    }
}

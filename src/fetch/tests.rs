//! One hour of simulated clock over 500 sources of mixed temper: no host is asked more often than its rules say.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{task::JoinSet, time::Instant};

use super::{FetchError, manners::Manners};
use crate::{
    domain::source::{Source, SourceId},
    pipeline::ingest::IngestError,
    schedule::{Pace, next_due},
    settings::Rhythm,
};

/// How a host behaves, by its number.
#[derive(Clone, Copy, PartialEq)]
enum Temper {
    Quick,
    Slow,
    Delay,
    Throttles,
    Refuses,
    Breaks,
    Dead,
}

const TEMPERS: [Temper; 7] =
    [Temper::Quick, Temper::Slow, Temper::Delay, Temper::Throttles, Temper::Refuses, Temper::Breaks, Temper::Dead];
const PAUSE: Duration = Duration::from_secs(2);
const CRAWL_DELAY: Duration = Duration::from_secs(20);
const RETRY_AFTER: Duration = Duration::from_secs(600);
const HOSTS: usize = 90;

/// When a request to a host began and ended, in seconds since the start.
type Log = Arc<Mutex<HashMap<usize, Vec<(f64, f64)>>>>;

/// One request as the door makes it: wait for a turn, take as long as this host takes, and mind what it says.
async fn ask(manners: &Manners, host: usize, start: Instant, log: &Log) -> Result<(), FetchError> {
    let temper = TEMPERS[host % TEMPERS.len()];
    let mut turn = manners.turn(&format!("host-{host}"), PAUSE).await?;
    let began = start.elapsed().as_secs_f64();
    let takes = if temper == Temper::Slow { 15_000 } else { 300 };
    tokio::time::sleep(Duration::from_millis(takes)).await;
    let asked = {
        let mut log = log.lock().expect("not poisoned");
        let asked = log.entry(host).or_default();
        asked.push((began, start.elapsed().as_secs_f64()));
        asked.len()
    };
    match temper {
        Temper::Quick | Temper::Slow => Ok(()),
        Temper::Delay => {
            turn.pause(CRAWL_DELAY);
            Ok(())
        }
        Temper::Throttles if asked % 3 == 0 => {
            turn.rest(RETRY_AFTER);
            let wait = SignedDuration::try_from(RETRY_AFTER).expect("a span");
            Err(FetchError::Throttled { status: 429, wait })
        }
        Temper::Throttles => Ok(()),
        Temper::Refuses => {
            turn.refused("status 403");
            Err(FetchError::Blocked { host: host.to_string(), why: "status 403".into() })
        }
        Temper::Breaks => Err(FetchError::Status { status: 500 }),
        Temper::Dead => Err(FetchError::Network("geen route".into())),
    }
}

/// The loop of the daemon, without its store: what is due is asked, one poll per host at a time.
async fn an_hour(log: &Log) -> usize {
    let (start, zero) = (Instant::now(), "2026-10-05T08:00:00Z".parse::<Timestamp>().expect("a time"));
    let now = || zero.saturating_add(SignedDuration::try_from(start.elapsed()).expect("a span")).expect("a time");
    let rhythm = Rhythm { jitter: 0.1, longest_backoff: SignedDuration::from_hours(24) };
    let sources: Vec<Source> = (0..500)
        .map(|n| {
            let every = SignedDuration::from_mins([1, 5, 15, 60][n % 4]);
            Source { id: SourceId(format!("bron-{n}")), every, fastest: every, slowest: every * 8, ..Source::default() }
        })
        .collect();
    let manners = Arc::new(Manners::new(8));
    let mut due: BTreeMap<usize, Timestamp> = (0..500).map(|n| (n, now())).collect();
    let (mut failures, mut most) = (vec![0_u32; 500], 0);
    let mut polls = JoinSet::new();
    let mut busy = std::collections::HashSet::new();
    while start.elapsed() < Duration::from_secs(3600) {
        let ready: Vec<usize> = due.iter().filter(|(_, at)| **at <= now()).map(|(n, _)| *n).collect();
        for n in ready {
            if polls.len() >= 16 || !busy.insert(n % HOSTS) {
                continue;
            }
            due.remove(&n);
            let (manners, log) = (manners.clone(), log.clone());
            polls.spawn(async move { (n, ask(&manners, n % HOSTS, start, &log).await) });
        }
        most = most.max(polls.len());
        tokio::select! {
            Some(Ok((n, outcome))) = polls.join_next() => {
                busy.remove(&(n % HOSTS));
                let problem = outcome.err().map(IngestError::Fetch);
                failures[n] = if problem.is_some() { failures[n] + 1 } else { 0 };
                due.insert(n, next_due(&sources[n], now(), failures[n], problem.as_ref(), rhythm, &Pace::default()));
            }
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
    }
    most
}

#[tokio::test(start_paused = true)]
async fn no_host_is_asked_more_often_than_its_rules_say() {
    let log = Log::default();
    let most = an_hour(&log).await;
    let log = log.lock().expect("not poisoned");
    let asked: usize = log.values().map(Vec::len).sum();
    for (host, requests) in log.iter() {
        let temper = TEMPERS[host % TEMPERS.len()];
        let least = if temper == Temper::Delay { CRAWL_DELAY } else { PAUSE }.as_secs_f64();
        for (n, pair) in requests.windows(2).enumerate() {
            let pause = pair[1].0 - pair[0].1;
            let throttled = temper == Temper::Throttles && (n + 1) % 3 == 0;
            let least = if throttled { RETRY_AFTER.as_secs_f64() } else { least };
            assert!(pause >= least - 0.001, "host {host}: {pause} seconds after request {n}");
        }
        assert!(temper != Temper::Refuses || requests.len() == 1, "a host that refused us was asked again");
    }
    assert_eq!(log.len(), HOSTS, "every host had its turn");
    assert!(most <= 16 && asked > 3_000, "{asked} requests");
    println!("een uur, 500 bronnen op {HOSTS} hosts: {asked} vragen, hooguit {most} tegelijk onderweg");
}

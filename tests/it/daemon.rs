//! The program as a process: killed at random, stopped in order, told to read its files again.

use std::{
    collections::BTreeSet,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use uitkijk::{clock, demo::Options, domain::week::Week, store::Store};

use crate::support::Small;

pub(crate) fn start(small: &Small) -> Child {
    Command::new(env!("CARGO_BIN_EXE_uitkijk"))
        .arg("--config")
        .arg(small.config())
        .arg("run")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(name).arg(child.id().to_string()).status().expect("kill runs");
    assert!(status.success());
}

/// Waits until a condition holds, at most so long.
pub(crate) async fn until(longest: Duration, mut holds: impl AsyncFnMut() -> bool) -> bool {
    let started = Instant::now();
    while started.elapsed() < longest {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

/// An archive whose last days are fresh for the real clock, with rules that make mail of much of it.
async fn world() -> Small {
    let options = Options { weeks: 14, items_per_week: 240, seed: 5, judgments: 30 };
    let small = Small::start(options, Week::of(clock::now()).plus(-1)).await;
    let fenomenen = uitkijk::assets::config_folder("fenomenen");
    let ids: Vec<String> = fenomenen
        .iter()
        .map(|(name, _)| format!("{:?}", name.trim_start_matches("fenomenen/").trim_end_matches(".toml")))
        .collect();
    small.write(
        "kennis/attenderingen/alles.toml",
        &format!("title = \"Alles\"\nfenomenen = [{}]\nat-least = 0.5\nmost-per-day = 10000\n", ids.join(", ")),
    );
    small.write(
        "config.toml",
        "[paths]\nsources = \"sources\"\nconfig = \"kennis\"\n[fetch]\npause = \"120ms\"\n[log]\nfilter = \"error\"\n",
    );
    small
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_kills_lose_nothing_and_double_nothing() {
    let small = world().await;
    let settings = small.settings();
    let expected: usize = small.world.counts().iter().map(|(_, count)| count).sum();
    let mut random = ChaCha8Rng::seed_from_u64(200);
    let mut interrupted = 0;
    for _ in 0..200 {
        let mut child = start(&small);
        tokio::time::sleep(Duration::from_millis(random.gen_range(150..650))).await;
        child.kill().expect("killed");
        child.wait().expect("gone");
        if !settings.database.exists() {
            continue;
        }
        let store = Store::open(&settings.database).await.expect("the store opens after a kill");
        let states = store.poll_states().await.expect("states");
        interrupted += usize::from(states.iter().any(|(_, state)| state.pending.is_some()));
        store.close().await;
    }

    // Now let it finish, and stop it in order.
    let mut child = start(&small);
    let store = Store::open(&settings.database).await.expect("a store");
    let done = until(Duration::from_secs(120), async || {
        let states = store.poll_states().await.expect("states");
        let complete = states.iter().filter(|(_, state)| state.last_ok.is_some()).count() == small.world.counts().len();
        let counts = store.outbox_counts().await.expect("counts");
        complete && counts.queued == 0 && counts.sent > 0
    })
    .await;
    // One more round of chores, so that alerts of the last poll are queued and sent.
    tokio::time::sleep(Duration::from_secs(17)).await;
    signal(&child, "-TERM");
    let stopped = Instant::now();
    assert!(child.wait().expect("gone").success());
    assert!(stopped.elapsed() < Duration::from_secs(5));
    assert!(done, "the walk ends");

    let held: i64 = store.totals().await.expect("totals").iter().map(|(_, items, _, _)| items).sum();
    println!("200 keer gedood, {interrupted} keer midden in een wandeling; {held} van {expected} berichten gehouden");
    assert_eq!(usize::try_from(held).expect("a count"), expected, "no item lost, none twice");
    assert!(interrupted > 20, "the kills fell within the walk: {interrupted}");

    // Every fresh labelled story has its one mail, and every mail is one file.
    let model = settings.knowledge.classifier.version();
    let week_ago = clock::now().saturating_sub(jiff::SignedDuration::from_hours(47)).expect("a time");
    let fresh = store.candidates(model, week_ago, false).await.expect("fresh items");
    let is_sure = |labels: &[(String, f64)]| labels.iter().any(|(_, p)| *p >= 0.5);
    let stories: BTreeSet<i64> = fresh.iter().filter(|item| is_sure(&item.labels)).map(|item| item.story).collect();
    let counts = store.outbox_counts().await.expect("counts");
    println!("{} gebeurtenissen gemeld in {} mails", stories.len(), counts.sent);
    assert!(stories.len() > 10);
    assert_eq!((usize::try_from(counts.sent).expect("a count"), counts.queued, counts.failed), (stories.len(), 0, 0));
    assert_eq!(small.mails(".eml").len(), stories.len(), "no mail lost, none twice");
    assert!(small.mails(".tmp").is_empty());
    assert_eq!(store.integrity().await.expect("a check"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_stops_within_five_seconds_of_sigterm_in_the_middle_of_a_walk() {
    let small = world().await;
    let settings = small.settings();
    let mut child = start(&small);
    assert!(until(Duration::from_secs(20), async || settings.database.exists()).await);
    let store = Store::open(&settings.database).await.expect("a store");
    assert!(until(Duration::from_secs(30), async || !store.totals().await.expect("totals").is_empty()).await);
    signal(&child, "-TERM");
    let stopped = Instant::now();
    assert!(child.wait().expect("gone").success());
    assert!(stopped.elapsed() < Duration::from_secs(5), "{:?}", stopped.elapsed());
    assert!(store.integrity().await.expect("a check").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sighup_brings_a_new_source_and_a_fault_keeps_the_old_configuration() {
    let small = world().await;
    let settings = small.settings();
    let held_back = small.path().join("sources/zaanse-bode.toml");
    let text = std::fs::read_to_string(&held_back).expect("a source");
    std::fs::remove_file(&held_back).expect("removed");
    let mut child = start(&small);
    assert!(until(Duration::from_secs(20), async || settings.database.exists()).await);
    let store = Store::open(&settings.database).await.expect("a store");
    let polled = async |id: &str| {
        store
            .poll_states()
            .await
            .expect("states")
            .iter()
            .any(|(own, state)| own.0 == id && state.first_polled.is_some())
    };
    assert!(until(Duration::from_secs(60), async || polled("west-fries-dagblad").await).await);
    assert!(!polled("zaanse-bode").await);
    small.write("sources/fout.toml", "titel = 'x'");
    signal(&child, "-HUP");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(child.try_wait().expect("a state").is_none(), "a fault in a file does not stop the daemon");
    std::fs::remove_file(small.path().join("sources/fout.toml")).expect("removed");
    small.write("sources/zaanse-bode.toml", &text);
    signal(&child, "-HUP");
    assert!(until(Duration::from_secs(60), async || polled("zaanse-bode").await).await);
    signal(&child, "-TERM");
    assert!(child.wait().expect("gone").success());
}

//! The demo's plot through the whole pipeline, step by step, and what happens when each step is done twice.

use uitkijk::{
    deliver::Channel,
    demo::{Options, demo_now},
    domain::{trend::Direction, week::Week},
    pipeline::{
        dispatch::{Dispatched, dispatch},
        watch::{alerts, find, watch},
    },
    store::Store,
};

use crate::support::{Small, poll_all};

fn full() -> Options {
    Options::default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digest_makes_of_the_plot_what_the_readme_says() {
    let now = demo_now();
    let week = Week::of(now).plus(-1);
    let small = Small::start(full(), week).await;
    let settings = small.settings();
    let store = Store::open(&settings.database).await.expect("a store");
    let lines = poll_all(&settings, &store, now).await;

    // Everything that can be read is read, once; one source fails; two records are refused.
    for (source, expected) in small.world.counts() {
        let (_, polled, problem) = lines.iter().find(|(id, _, _)| *id == source).expect("polled");
        assert_eq!((polled.tally.new as usize, problem), (expected, &None), "{source}");
    }
    assert_eq!(lines.iter().filter(|(_, _, problem)| problem.is_some()).count(), 1);
    assert_eq!(lines.iter().map(|(_, polled, _)| polled.tally.rejected).sum::<u32>(), 2);

    // A second round hears "unchanged", and brings nothing.
    let again = poll_all(&settings, &store, now).await;
    assert!(again.iter().filter(|(_, polled, _)| polled.unchanged).count() >= 15);
    assert_eq!(again.iter().map(|(_, polled, _)| polled.tally.new + polled.tally.changed).sum::<u32>(), 0);

    // The wave is found with its place; nothing else is called a trend.
    let findings = find(&store, &settings, week).await.expect("findings");
    let all = findings.trends.iter().flat_map(|trend| std::iter::once(trend).chain(&trend.parts));
    let up: Vec<_> = all.filter(|trend| trend.direction == Direction::Up).collect();
    assert!(up.iter().any(|trend| trend.key.gemeente.as_deref() == Some("GM0479")), "Zaanstad grows");
    assert!(up.iter().all(|trend| trend.key.fenomeen == "wapens-explosies"), "{up:?}");
    assert!(
        findings.trends.iter().all(|trend| trend.direction == Direction::Up),
        "no source that fell silent is a fall"
    );
    assert!(!findings.counted.panel.contains("misdaad-monitor") && !findings.counted.panel.contains("stadsblad-noord"));

    // The press release on twelve sites is one story.
    let stories = store.tellings(settings.knowledge.classifier.version(), week, week).await.expect("tellings");
    let copies = stories.iter().fold(std::collections::BTreeMap::<i64, usize>::new(), |mut sum, telling| {
        *sum.entry(telling.story).or_default() += 1;
        sum
    });
    assert_eq!(copies.values().max(), Some(&12));

    // The watch tells the week once, whoever asks again; mail goes out once.
    assert!(watch(&store, &settings, week, now).await.expect("a watch"));
    assert!(!watch(&store, &settings, week, now).await.expect("a watch"));
    assert!(alerts(&store, &settings, now).await.expect("alerts") > 0);
    assert_eq!(alerts(&store, &settings, now).await.expect("alerts"), 0);
    let channel = Channel::open(&settings.deliver).expect("a channel");
    let sent = dispatch(&store, &channel, "test", now).await.expect("sent");
    assert_eq!(dispatch(&store, &channel, "test", now).await.expect("sent"), Dispatched::default());
    assert_eq!(small.mails(".eml").len(), sent.sent as usize);

    // The mails say it.
    let read = |name: &str| {
        let file = small.mails(".html").into_iter().find(|file| file.to_string_lossy().contains(name)).expect("a mail");
        std::fs::read_to_string(file).expect("a mail")
    };
    let digest = read("/digest-");
    for expected in [
        "Zaanstad",
        "Stadsblad Noord sinds",
        "Radio Storing: de server antwoordt met status 500",
        "Misdaadmonitor (gevolgd sinds",
        "CONCEPT 1",
    ] {
        assert!(digest.contains(expected), "{expected}");
    }
    let signal = read("/signaal-");
    assert!(signal.contains("3 uitspraken van 3 instanties") && signal.contains("ECLI:NL:RBROT:2026:9102"));
    assert!(store.integrity().await.expect("a check").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_a_source_without_reading_it_twice() {
    let now = demo_now();
    let small =
        Small::start(Options { weeks: 10, items_per_week: 60, seed: 3, judgments: 0 }, Week::of(now).plus(-1)).await;
    let settings = small.settings();
    let store = Store::open(&settings.database).await.expect("a store");
    let hour = jiff::SignedDuration::from_hours(1);
    assert!(store.lease("poll:de-kop", "ander", uitkijk::clock::now(), hour).await.expect("a lease"));
    let lines = poll_all(&settings, &store, now).await;
    let (_, polled, problem) = lines.iter().find(|(id, _, _)| id == "de-kop").expect("polled");
    assert!(polled.pages == 0 && problem.as_ref().is_some_and(|problem| problem.contains("andere werker")));
    store.release_all("ander").await.expect("released");
    let lines = poll_all(&settings, &store, now).await;
    let (_, polled, _) = lines.iter().find(|(id, _, _)| id == "de-kop").expect("polled");
    assert!(polled.tally.new > 0);
}

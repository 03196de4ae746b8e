//! What becomes of sources and items over time: versions, withdrawal, retention, notices, counts held against the source.

#![expect(clippy::disallowed_methods, reason = "a server of a test ends with the runtime of its test")]

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::watch,
};
use uitkijk::{
    demo::{Options, demo_now},
    domain::{source::SourceId, week::Week},
    fetch::Fetcher,
    pipeline::{
        health::{examine, figures},
        ingest::{Context, backfill, ledger_of_backfill},
        reconcile::reconcile,
    },
    settings::Settings,
    store::Store,
};

use crate::support::{Small, poll_all};

/// What a scripted server gives per path: the lines of the head, and the body. Without an entry: 404.
type Script = Arc<Mutex<HashMap<String, (String, String)>>>;

/// A server whose answers a test changes as it goes, and the paths that it was asked.
async fn scripted(script: Script) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("an address"));
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = asked.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut question = vec![0_u8; 8192];
            let length = stream.read(&mut question).await.unwrap_or(0);
            question.truncate(length);
            let question = String::from_utf8_lossy(&question).into_owned();
            let path = question.split_whitespace().nth(1).unwrap_or_default().to_owned();
            noted.lock().expect("not poisoned").push(path.clone());
            let found = script.lock().expect("not poisoned").get(&path).cloned();
            let (head, body) = found.unwrap_or_else(|| ("404 Not Found".into(), String::new()));
            let reply = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            stream.write_all(reply.as_bytes()).await.unwrap_or_default();
        }
    });
    (base, asked)
}

fn say(script: &Script, path: &str, head: &str, body: &str) {
    script.lock().expect("not poisoned").insert(path.to_owned(), (head.to_owned(), body.to_owned()));
}

fn rss(items: &[(&str, &str, &str)], base: &str) -> String {
    let items: String = items
        .iter()
        .map(|(id, title, text)| {
            format!(
                "<item><guid isPermaLink=\"false\">{id}</guid><title>{title}</title><link>{base}/artikel/{title}</link>\
                 <description>{text}</description><pubDate>Sun, 02 Aug 2026 12:00:00 +0200</pubDate></item>"
            )
        })
        .collect();
    format!("<rss version=\"2.0\"><channel><title>Proef</title>{items}</channel></rss>")
}

/// Settings with these sources: name, and the lines of the file that come after the usual ones.
fn configured(folder: &std::path::Path, sources: &[(&str, String)]) -> Settings {
    std::fs::create_dir_all(folder.join("sources")).expect("a folder");
    for (name, rest) in sources {
        let text = format!(
            "title = '{name}'\nowner = 'Stichting Proef'\nlicence = 'vrij'\npersonal-data = 'geen'\nchecked = 'proef'\nevery = '1h'\nprivate = true\n{rest}"
        );
        std::fs::write(folder.join("sources").join(format!("{name}.toml")), text).expect("written");
    }
    let config = "[paths]\nsources = 'sources'\n[fetch]\npause = '1ms'\n[log]\nfilter = 'error'\n";
    std::fs::write(folder.join("config.toml"), config).expect("written");
    Settings::load(Some(&folder.join("config.toml"))).map_err(|faults| faults.to_string()).expect("settings")
}

const LONG: &str = "De burgemeester heeft een pand aan de haven gesloten nadat de politie er een grote partij cocaine vond. \
    De verhuurder zegt dat hij van niets wist. De gemeente onderzoekt of meer panden in de straat worden misbruikt.";

async fn world() -> (tempfile::TempDir, Script, String, Arc<Mutex<Vec<String>>>) {
    let script = Script::default();
    let (base, asked) = scripted(script.clone()).await;
    (tempfile::tempdir().expect("a folder"), script, base, asked)
}

#[tokio::test]
async fn an_edit_is_a_version_and_only_substance_is_news() {
    let (folder, script, base, _) = world().await;
    let settings = configured(folder.path(), &[("krant", format!("[adapter]\nkind = 'feed'\nurl = '{base}/rss'\n"))]);
    let store = Store::open(&settings.database).await.expect("a store");
    let now = demo_now();
    let round = async |items: &[(&str, &str, &str)]| {
        say(&script, "/rss", "200 OK", &rss(items, &base));
        poll_all(&settings, &store, now).await.remove(0).1.tally
    };
    assert_eq!(round(&[("1", "sluiting", LONG)]).await.new, 1);
    let comma = LONG.replace("cocaine vond.", "cocaine vond .");
    let touched = round(&[("1", "sluiting", &comma)]).await;
    assert_eq!((touched.new, touched.changed, touched.known), (0, 0, 1), "a moved full stop is no news");
    let more = format!("{LONG} Inmiddels zijn drie verdachten aangehouden en is er 400 kilo gevonden.");
    let changed = round(&[("1", "sluiting", &more)]).await;
    assert_eq!((changed.new, changed.changed), (0, 1));
    let renamed = round(&[("1-1754130000", "sluiting", &more)]).await;
    assert_eq!((renamed.new, renamed.known), (0, 1), "another id for the same text at the same address");
    let versions = store.versions(1).await.expect("versions");
    assert_eq!(versions.iter().map(|version| version.substance).collect::<Vec<_>>(), vec![false, true]);
    assert!(versions[1].summary.contains("Nieuw: Inmiddels zijn drie verdachten"), "{}", versions[1].summary);
}

#[tokio::test]
async fn raw_answers_and_full_texts_go_after_their_retention_and_identifiers_never_come_in() {
    let (folder, script, base, _) = world().await;
    let source = format!("retention = '30d'\nfull-text = true\n[adapter]\nkind = 'feed'\nurl = '{base}/rss'\n");
    let settings = configured(folder.path(), &[("krant", source)]);
    let store = Store::open(&settings.database).await.expect("a store");
    let now = demo_now();
    let lead = "Tip? Bel 06-12345678 of mail naar tip.lijn@voorbeeld.nl.";
    say(&script, "/rss", "200 OK", &rss(&[("1", "sluiting", lead)], &base));
    let article = format!(
        "<html><body><article><h1>Sluiting</h1><p>{LONG}</p><p>{LONG} De zoon, geboren op 3 maart 1985, woont op Dorpsstraat 12.</p></article></body></html>"
    );
    say(&script, "/artikel/sluiting", "200 OK\r\ncontent-type: text/html", &article);
    poll_all(&settings, &store, now).await;
    let kept = store.kept(1).await.expect("the store").expect("an item");
    assert_eq!(kept.text, "Tip? Bel [telefoonnummer] of mail naar [e-mailadres].");
    assert_eq!(kept.masked, "telefoonnummer 1, e-mailadres 1");
    let full = kept.article.expect("the article behind the link");
    assert!(full.contains("grote partij cocaine") && !full.contains("1985") && !full.contains("Dorpsstraat"), "{full}");
    let origin = store.origin(1).await.expect("the store").expect("the bytes");
    assert_eq!((origin.address.as_str(), origin.hash.len()), (format!("{base}/rss").as_str(), 64));
    assert!(String::from_utf8_lossy(&origin.body).contains("<rss"));

    let retentions = [(SourceId("krant".into()), settings.sources[0].source.retention)];
    let later = |days: i64| now.saturating_add(SignedDuration::from_hours(24 * days)).expect("a time");
    let usual = SignedDuration::from_hours(24 * 90);
    assert_eq!(store.sweep(&retentions, usual, later(29)).await.expect("swept").raw, 0);
    let swept = store.sweep(&retentions, usual, later(31)).await.expect("swept");
    assert_eq!((swept.raw, swept.articles), (1, 1));
    assert!(store.origin(1).await.expect("the store").is_none());
    let kept = store.kept(1).await.expect("the store").expect("the item stays");
    assert!(kept.article.is_none() && !kept.text.is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_told_once_and_once_more_when_it_is_over() {
    let (folder, script, base, _) = world().await;
    let settings = configured(folder.path(), &[("krant", format!("[adapter]\nkind = 'feed'\nurl = '{base}/rss'\n"))]);
    let store = Store::open(&settings.database).await.expect("a store");
    let now = demo_now();
    let hour = |n: i64| now.saturating_add(SignedDuration::from_hours(n)).expect("a time");
    let mails = async || store.outbox_counts().await.expect("counts").queued;
    say(&script, "/rss", "500 Kapot", "");
    for n in 0..5 {
        poll_all(&settings, &store, hour(n)).await;
        examine(&store, &settings, hour(n)).await.expect("examined");
    }
    assert_eq!(mails().await, 1, "five failures, one mail");
    let metrics = figures(&store, &settings, now).await.expect("figures").text();
    assert!(metrics.contains("uitkijk_source_condition{source=\"krant\",kind=\"storing\"} 1"), "{metrics}");
    say(&script, "/rss", "200 OK", &rss(&[("1", "sluiting", LONG)], &base));
    for n in 5..8 {
        poll_all(&settings, &store, hour(n)).await;
        examine(&store, &settings, hour(n)).await.expect("examined");
    }
    assert_eq!(mails().await, 2, "and one when it is over");
    assert!(store.conditions().await.expect("conditions").is_empty());
}

#[tokio::test]
async fn a_move_is_noted_a_refusal_names_whom_to_write_to_and_a_shared_address_is_asked_once() {
    let (folder, script, base, asked) = world().await;
    say(&script, "/oud", "301 Moved\r\nlocation: /nieuw", "");
    say(&script, "/nieuw", "200 OK", &rss(&[("1", "sluiting", LONG)], &base));
    let feed = |path: &str| format!("[adapter]\nkind = 'feed'\nurl = '{base}/{path}'\n");
    let sources = [("a", feed("oud")), ("b", feed("samen")), ("c", feed("samen")), ("d", feed("weg"))];
    let settings = configured(folder.path(), &sources);
    say(&script, "/samen", "200 OK", &rss(&[("2", "anders", LONG)], &base));
    say(&script, "/weg", "403 Forbidden", "");
    let store = Store::open(&settings.database).await.expect("a store");
    let lines = poll_all(&settings, &store, demo_now()).await;
    assert_eq!(lines[0].1.moved.as_deref(), Some(format!("{base}/nieuw").as_str()));
    assert_eq!((lines[1].1.tally.new, lines[2].1.tally.new), (1, 1), "both sources get it");
    let times = asked.lock().expect("not poisoned").iter().filter(|path| *path == "/samen").count();
    assert_eq!(times, 1, "the server was asked once");
    let state = store.poll_state(&SourceId("d".into())).await.expect("a state");
    let problem = state.problem.expect("a problem");
    assert!(problem.contains("schrijf naar Stichting Proef"), "{problem}");
    assert!(state.due.expect("a time").duration_since(demo_now()) > SignedDuration::from_hours(20));
}

#[tokio::test]
async fn a_budget_is_kept_per_day() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("uitkijk.db")).await.expect("a store");
    let source = SourceId("kvk".into());
    for n in 0..5 {
        assert_eq!(store.spend(&source, "2026-10-05", 3).await.expect("the store"), n < 3, "request {n}");
    }
    assert!(store.spend(&source, "2026-10-06", 3).await.expect("the store"), "a new day");
    assert!(!store.spend(&SourceId("niets".into()), "2026-10-06", 0).await.expect("the store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_states_is_held_against_what_we_hold_and_the_missing_are_fetched() {
    let now = demo_now();
    let options = Options { weeks: 30, items_per_week: 30, seed: 3, judgments: 40 };
    let small = Small::start(options, Week::of(now).plus(-1)).await;
    let settings = small.settings();
    let entry = settings.source("uitspraken").expect("the judgments");
    let store = Store::open(&settings.database).await.expect("a store");
    let fetcher = Fetcher::new(settings.fetch.clone()).expect("a door");
    let (_keep, stop) = watch::channel(false);
    let context = Context {
        store: &store,
        fetcher: &fetcher,
        knowledge: &settings.knowledge,
        worker: "test",
        state: &settings.state,
        fixed_now: Some(now),
        stop,
        progress: None,
    };
    // We were there since April, but hold nothing of it: every month is repaired, and then complete.
    let since: Timestamp = "2026-04-15T00:00:00Z".parse().expect("a time");
    let months = reconcile(&context, entry, since).await.expect("reconciled");
    assert!(!months.is_empty());
    assert!(months.iter().any(|month| month.stated > 0 && !month.missing.is_empty()), "{months:?}");
    for month in &months {
        // One record of the demo's judgments cannot be read; it is counted as missing, not as held.
        assert!(month.stated - month.held <= 1, "{month:?}");
    }
    let told = store.months().await.expect("months");
    assert_eq!(told.len(), months.len());

    // A backfill brings the rest, as backfill, and forgets its place at the end.
    let (polled, outcome) = backfill(&context, entry, "2026-01-01".parse().expect("a day")).await.expect("has a past");
    outcome.expect("done");
    assert!(polled.tally.known > 0);
    store.forget(&ledger_of_backfill(&entry.source.id)).await.expect("forgotten");
    assert!(store.poll_states().await.expect("states").is_empty(), "a backfill is no poll");
    assert_eq!(store.alertable().await.expect("a count"), 0, "nothing of the past raises an alert");
}

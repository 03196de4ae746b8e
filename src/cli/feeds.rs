//! `uitkijk bench --feeds N`: many feeds from loopback, in three passes: all new, one in a hundred changed, none changed. With
//! `--peer` another program reads the same feeds from the same kind of server, and its figures stand beside ours.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Instant,
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::{
    Failure,
    bench::{peak_memory, wait_for_end},
    say,
};
use crate::{
    demo::feeds::{FeedWorld, address},
    fetch::Fetcher,
    pipeline::ingest::Context,
    report::words,
    schedule::poll_and_note,
    settings::Settings,
    store::Store,
};

/// What one pass gave.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Pass {
    name: String,
    feeds: u64,
    items: u64,
    unchanged: u64,
    failed: u64,
    seconds: f64,
}

/// What one program gave.
#[derive(Debug, Serialize, Deserialize)]
struct Outcome {
    passes: Vec<Pass>,
    peak_kb: u64,
}

/// Serves many feeds until standard input closes; the port goes out first.
pub(super) async fn serve() -> Result<(), Failure> {
    let world = FeedWorld::start().await?;
    say(&world.port().to_string())?;
    wait_for_end().await
}

pub(super) async fn run(feeds: u64, peer: Option<&str>, json: bool) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("uitkijk-feeds-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("sources"))?;
    let ours = measure(feeds, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    let ours = ours?;
    let theirs = peer.map(|peer| other(peer, feeds)).transpose()?;
    if json {
        return say(&serde_json::json!({ "feeds": feeds, "uitkijk": ours, "peer": theirs }).to_string());
    }
    for (place, pass) in ours.passes.iter().enumerate() {
        say(&line("uitkijk", pass))?;
        if let Some(other) = theirs.as_ref().and_then(|theirs| theirs.passes.get(place)) {
            say(&line("ander", other))?;
            say(&format!("  {:<10} {} keer zo snel", "", words::decimal(other.seconds / pass.seconds.max(1e-9))))?;
        }
    }
    let megabytes = |kb: u64| kb / 1000;
    let other = theirs.map_or_else(String::new, |theirs| format!(", ander {} MB", megabytes(theirs.peak_kb)));
    say(&format!("geheugen op het hoogste punt: uitkijk {} MB{other}", megabytes(ours.peak_kb)))
}

fn line(who: &str, pass: &Pass) -> String {
    let rate =
        |count: u64| words::decimal(f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / pass.seconds.max(1e-9));
    format!(
        "{:<14} {who:<8} {} feeds in {} s: {} feeds/s, {} berichten/s ({} ongewijzigd, {} mislukt)",
        pass.name,
        pass.feeds,
        words::decimal(pass.seconds),
        rate(pass.feeds),
        rate(pass.items),
        pass.unchanged,
        pass.failed
    )
}

/// The server as a process of its own, so that the figures are the reader's alone.
fn server() -> Result<(Child, u16), Failure> {
    let program = std::env::current_exe().context("het eigen programma vinden")?;
    let mut server = Command::new(program)
        .arg("feed-world")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("de server van de meting starten")?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().context("de uitvoer van de server")?).read_line(&mut line)?;
    Ok((server, line.trim().parse().context("de poort van de server")?))
}

async fn measure(feeds: u64, folder: &Path) -> Result<Outcome, Failure> {
    let (mut server, port) = server()?;
    for number in 0..feeds {
        let text = format!(
            "title = \"Feed {number}\"\nowner = \"proef\"\nlicence = \"vrij\"\npersonal-data = \"geen\"\nchecked = \"proef\"\nevery = \"1h\"\n\
             private = true\n[adapter]\nkind = \"feed\"\nurl = \"{}\"\n",
            address(number, port)
        );
        std::fs::write(folder.join("sources").join(format!("feed-{number}.toml")), text)?;
    }
    std::fs::write(
        folder.join("config.toml"),
        "[paths]\nsources = \"sources\"\n[fetch]\npause = \"1ms\"\nconcurrency = 16\n[log]\nfilter = \"error\"\n",
    )?;
    let settings = Arc::new(Settings::load(Some(&folder.join("config.toml")))?);
    let store = Store::open(&settings.database).await?;
    let fetcher = Arc::new(Fetcher::new(settings.fetch.clone())?);
    let mut passes = Vec::new();
    for name in ["alles nieuw", "1% gewijzigd", "ongewijzigd"] {
        if name == "1% gewijzigd" {
            let url = format!("http://127.0.0.1:{port}/change");
            let change = crate::domain::exchange::Request::new(url, "");
            let mut source = settings.sources.first().context("een bron")?.source.clone();
            source.robots = false;
            let terms = crate::fetch::Terms::of(&source, false);
            fetcher.get(&change, &crate::domain::exchange::Validators::default(), terms).await?;
        }
        passes.push(pass(name, &settings, &store, &fetcher).await?);
    }
    store.close().await;
    server.kill()?;
    server.wait()?;
    Ok(Outcome { passes, peak_kb: peak_memory()? })
}

async fn pass(name: &str, settings: &Arc<Settings>, store: &Store, fetcher: &Arc<Fetcher>) -> Result<Pass, Failure> {
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let started = Instant::now();
    let mut polls = JoinSet::new();
    let mut sum = Pass { name: name.to_owned(), ..Pass::default() };
    // Neighbours share a host; a stride spreads them, as the daemon does by polling one per host at a time.
    let count = settings.sources.len();
    let order = (0..20).flat_map(|first| (first..count).step_by(20));
    for place in order {
        if polls.len() >= 32 {
            add(&mut sum, polls.join_next().await)?;
        }
        let (settings, store, fetcher, stop) = (settings.clone(), store.clone(), fetcher.clone(), stop.clone());
        polls.spawn(async move {
            let entry = settings.sources.get(place)?;
            let context = Context {
                store: &store,
                fetcher: &fetcher,
                knowledge: &settings.knowledge,
                worker: "bench",
                state: &settings.state,
                fixed_now: None,
                stop,
                progress: None,
            };
            Some(
                poll_and_note(&context, entry, settings.rhythm)
                    .await
                    .map(|(polled, problem, _)| (u64::from(polled.tally.new), polled.unchanged, problem.is_some())),
            )
        });
    }
    while !polls.is_empty() {
        add(&mut sum, polls.join_next().await)?;
    }
    sum.seconds = started.elapsed().as_secs_f64();
    Ok(sum)
}

type Polled = Option<Result<(u64, bool, bool), crate::store::StoreError>>;

fn add(sum: &mut Pass, done: Option<Result<Polled, tokio::task::JoinError>>) -> Result<(), Failure> {
    let Some(done) = done else { return Ok(()) };
    if let Some(polled) = done.context("een poll")? {
        let (new, unchanged, failed) = polled?;
        sum.feeds += 1;
        sum.items += new;
        sum.unchanged += u64::from(unchanged);
        sum.failed += u64::from(failed);
    }
    Ok(())
}

/// Lets another program read the same feeds: it gets the port and the number, and gives its outcome as one line of JSON.
fn other(peer: &str, feeds: u64) -> Result<Outcome, Failure> {
    let (mut server, port) = server()?;
    let mut words = peer.split_whitespace();
    let output = Command::new(words.next().unwrap_or_default())
        .args(words)
        .args([port.to_string(), feeds.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("'{peer}' starten"))?;
    server.kill()?;
    server.wait()?;
    let last = String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_owned();
    Ok(serde_json::from_str(&last).with_context(|| format!("'{peer}' gaf geen uitkomst: {last}"))?)
}

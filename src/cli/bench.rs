//! `uitkijk bench`: how fast are items read from loopback, where does the time go, and how much memory does it take? The
//! server runs in a process of its own, so that the figures are the reader's alone.

use std::{
    io::{BufRead, BufReader, Read as _},
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::Context as _;

use super::{Failure, say};
use crate::{
    demo::{Archive, Options, World, demo_now},
    domain::week::Week,
    fetch::Fetcher,
    pipeline::ingest::{Context, Polled, poll},
    report::words,
    settings::Settings,
    store::Store,
};

#[derive(Debug, clap::Args)]
pub(super) struct BenchArguments {
    /// Aantal berichten van nieuwsformaat
    #[arg(long, default_value_t = 12_000)]
    items: u32,
    /// Aantal volledige uitspraken
    #[arg(long, default_value_t = 500)]
    judgments: u32,
    /// Meet in plaats daarvan zo veel feeds, in drie rondes
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(super) feeds: Option<u64>,
    /// Een ander programma dat dezelfde feeds leest, zie benches/peers
    #[arg(long, requires = "feeds")]
    pub(super) peer: Option<String>,
    /// Meet in plaats daarvan hoe snel teksten worden beoordeeld
    #[arg(long, conflicts_with = "feeds")]
    pub(super) judging: bool,
    /// Uitkomst als JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Serves the demo's world until standard input closes; its source files go out first, as one line of JSON.
pub(super) async fn serve_world(options: Options) -> Result<(), Failure> {
    let world = World::start(Archive::generate(options, Week::of(demo_now()).plus(-1))).await?;
    say(&serde_json::to_string(&world.source_files())?)?;
    wait_for_end().await
}

/// Waits until whoever started us closes standard input.
pub(super) async fn wait_for_end() -> Result<(), Failure> {
    let mut rest = Vec::new();
    tokio::task::spawn_blocking(move || std::io::stdin().read_to_end(&mut rest))
        .await
        .context("wachten op het einde")??;
    Ok(())
}

/// What one part of the bench measured.
struct Measured {
    name: &'static str,
    items: u32,
    seconds: f64,
    polled: Polled,
}

pub(super) async fn run(arguments: &BenchArguments) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("uitkijk-bench-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("sources"))?;
    let outcome = measure(arguments, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    let (before, measured) = outcome?;
    let after = peak_memory()?;
    if arguments.json {
        let parts: Vec<serde_json::Value> = measured
            .iter()
            .map(|part| {
                let times = part.polled.times;
                serde_json::json!({
                    "part": part.name, "items": part.items, "seconds": part.seconds, "items_per_second": f64::from(part.items) / part.seconds,
                    "fetch": times.fetch.as_secs_f64(), "read": times.read.as_secs_f64(),
                    "classify": times.classify.as_secs_f64(), "store": times.store.as_secs_f64(),
                })
            })
            .collect();
        return say(&serde_json::json!({ "parts": parts, "start_kb": before, "peak_kb": after }).to_string());
    }
    for part in &measured {
        let times = part.polled.times;
        let all = (times.fetch + times.read + times.classify + times.store).as_secs_f64().max(1e-9);
        let share = |duration: std::time::Duration| format!("{:.0}%", 100.0 * duration.as_secs_f64() / all);
        say(&format!(
            "{:<12} {:>7} in {} s: {} per seconde · ophalen {} · lezen {} · classificeren {} · bewaren {}",
            part.name,
            words::whole(i64::from(part.items)),
            words::decimal(part.seconds),
            words::decimal(f64::from(part.items) / part.seconds),
            share(times.fetch),
            share(times.read),
            share(times.classify),
            share(times.store)
        ))?;
    }
    say(&format!("geheugen     {} MB bij de start, {} MB op het hoogste punt", before / 1000, after / 1000))
}

async fn measure(arguments: &BenchArguments, folder: &Path) -> Result<(u64, Vec<Measured>), Failure> {
    let weeks = 60;
    let (mut server, files) = start_world(weeks, (arguments.items / weeks).max(30), arguments.judgments)?;
    for (slug, text) in files {
        std::fs::write(folder.join("sources").join(format!("{slug}.toml")), text)?;
    }
    std::fs::write(folder.join("config.toml"), "[paths]\nsources = \"sources\"\n[fetch]\npause = \"1ms\"\n")?;
    let settings = Settings::load(Some(&folder.join("config.toml")))?;
    let store = Store::open(&settings.database).await?;
    let fetcher = Fetcher::new(settings.fetch.clone())?;
    let before = peak_memory()?;
    let mut measured = Vec::new();
    for (name, kind) in [("nieuws", "feed"), ("uitspraken", "judgments")] {
        let (_keep, stop) = tokio::sync::watch::channel(false);
        let started = Instant::now();
        let mut sum = Polled::default();
        for entry in settings.sources.iter().filter(|entry| entry.source.kind == kind && entry.source.id.0 != "storing")
        {
            let context = Context {
                store: &store,
                fetcher: &fetcher,
                knowledge: &settings.knowledge,
                worker: "bench",
                state: &settings.state,
                fixed_now: Some(demo_now()),
                stop: stop.clone(),
                progress: None,
            };
            let (polled, outcome) = poll(&context, entry).await;
            outcome.map_err(|error| anyhow::anyhow!("{}: {error}", entry.source.id))?;
            sum.tally.add(polled.tally);
            sum.times.fetch += polled.times.fetch;
            sum.times.read += polled.times.read;
            sum.times.classify += polled.times.classify;
            sum.times.store += polled.times.store;
        }
        measured.push(Measured { name, items: sum.tally.new, seconds: started.elapsed().as_secs_f64(), polled: sum });
    }
    store.close().await;
    server.kill()?;
    server.wait()?;
    Ok((before, measured))
}

fn start_world(weeks: u32, items_per_week: u32, judgments: u32) -> Result<(Child, Vec<(String, String)>), Failure> {
    let program = std::env::current_exe().context("het eigen programma vinden")?;
    let mut server = Command::new(program)
        .args(["demo-world", "--weeks", &weeks.to_string(), "--items-per-week", &items_per_week.to_string()])
        .args(["--judgments", &judgments.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("de server van de meting starten")?;
    let mut line = String::new();
    let output = server.stdout.take().context("de uitvoer van de server")?;
    BufReader::new(output).read_line(&mut line)?;
    Ok((server, serde_json::from_str(&line)?))
}

/// Highest resident memory of this process so far, in kB.
pub(super) fn peak_memory() -> Result<u64, Failure> {
    let status = std::fs::read_to_string("/proc/self/status").context("/proc/self/status lezen")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0))
}

//! The bundled world: a small, fictional set of open sources behind a real HTTP server on a loopback port, and the recipe
//! that runs the whole program over it once. It stands on top, beside `cli`, and uses only the front door.

mod archive;
pub mod feeds;
mod judgments;
mod texts;
mod world;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{Timestamp, civil::date};
use tokio::sync::watch as signal;

use crate::{
    deliver::Channel,
    domain::{
        source::Source,
        trend::Direction,
        week::{Week, amsterdam},
    },
    fetch::Fetcher,
    pipeline::{
        dispatch::dispatch,
        ingest::{Context, Polled},
        watch::{alerts, find, publish, watch},
    },
    report::words,
    schedule::poll_and_note,
    settings::Settings,
    store::{Store, items::Tally},
};
pub use archive::{Archive, Options};
pub use world::World;

/// What the user asked of the demo.
#[derive(Debug, Clone)]
pub struct DemoOptions {
    /// Folder that is made for everything.
    pub folder: PathBuf,
    /// Size and seed of the archive.
    pub archive: Options,
    /// Show progress bars.
    pub progress: bool,
}

/// The moment at which the demo takes place: a Monday morning after the last week of the archive.
#[must_use]
pub fn demo_now() -> Timestamp {
    let monday = date(2026, 8, 3).at(7, 0, 0, 0);
    monday.to_zoned_datetime(amsterdam().clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// Runs the demo and gives back the summary for the screen.
///
/// # Errors
/// When the folder, the server or the store cannot be used.
pub async fn run(options: &DemoOptions) -> anyhow::Result<String> {
    let started = Instant::now();
    let now = demo_now();
    let folder = &options.folder;
    prepare(folder)?;
    let archive = Archive::generate(options.archive, Week::of(now).plus(-1));
    let made = archive.len();
    let world = World::start(archive).await?;
    write_config(folder, &world)?;
    let settings = Settings::load(Some(&folder.join("config.toml")))?;
    let store = Store::open(&settings.database).await?;
    let fetcher = Fetcher::new(settings.fetch.clone())?;
    let lines = poll_all(options, &settings, &store, &fetcher, now).await?;
    let again = poll_all(&DemoOptions { progress: false, ..options.clone() }, &settings, &store, &fetcher, now).await?;
    let week = Week::of(now).plus(-1);
    watch(&store, &settings, week, now).await?;
    publish(&store, &settings).await?;
    alerts(&store, &settings, now).await?;
    let channel = Channel::open(&settings.deliver)?;
    let sent = dispatch(&store, &channel, &settings.worker, now).await?;
    let findings = find(&store, &settings, week).await?;
    let mut text = summary(&settings, &lines, &again, made);
    text.push_str(&strongest(&settings, &findings.trends, week));
    text.push_str(&rejected(&store, &settings).await?);
    text.push_str(&files(folder, sent.sent)?);
    text.push_str(&format!("\nKlaar in {} seconden.", words::decimal(started.elapsed().as_secs_f64())));
    store.close().await;
    Ok(text)
}

/// A fresh folder. Only what an earlier demo made is removed, and only when it is recognised as such.
fn prepare(folder: &Path) -> anyhow::Result<()> {
    let mark = folder.join("DEMO");
    if folder.exists() {
        let empty =
            std::fs::read_dir(folder).with_context(|| format!("de map '{}' lezen", folder.display()))?.next().is_none();
        anyhow::ensure!(
            empty || mark.exists(),
            "de map '{}' bestaat al en is niet van een eerdere demo: kies een andere met --folder",
            folder.display()
        );
        for name in ["uitkijk.db", "uitkijk.db-wal", "uitkijk.db-shm"] {
            let file = folder.join(name);
            if file.exists() {
                std::fs::remove_file(&file).with_context(|| format!("'{}' verwijderen", file.display()))?;
            }
        }
        for name in ["mail", "sources", "damaged", "digest"] {
            let old = folder.join(name);
            if old.exists() {
                std::fs::remove_dir_all(&old).with_context(|| format!("'{}' verwijderen", old.display()))?;
            }
        }
    }
    std::fs::create_dir_all(folder.join("sources")).with_context(|| format!("de map '{}' maken", folder.display()))?;
    std::fs::write(&mark, "Gemaakt door 'uitkijk demo'. Alle berichten en uitspraken hier zijn verzonnen.\n")?;
    Ok(())
}

fn write_config(folder: &Path, world: &World) -> anyhow::Result<()> {
    let config = "# Gemaakt door 'uitkijk demo'.\n[paths]\nsources = \"sources\"\n\n[fetch]\npause = \"1ms\"\n\n[log]\nfilter = \"error\"\n";
    std::fs::write(folder.join("config.toml"), config)?;
    for (slug, text) in world.source_files() {
        std::fs::write(folder.join("sources").join(format!("{slug}.toml")), text)?;
    }
    Ok(())
}

/// One line of the summary per source.
struct Line {
    title: String,
    polled: Polled,
    problem: Option<String>,
}

async fn poll_all(
    options: &DemoOptions,
    settings: &Settings,
    store: &Store,
    fetcher: &Fetcher,
    now: Timestamp,
) -> anyhow::Result<Vec<Line>> {
    let (_keep, stop) = signal::channel(false);
    let bar = progress_bar(options, settings.sources.len());
    let told = |source: &Source, polled: &Polled| {
        bar.set_message(format!("{}: {} gelezen", source.title, words::whole(i64::from(polled.tally.new))));
    };
    let mut lines = Vec::new();
    for entry in &settings.sources {
        let context = Context {
            store,
            fetcher,
            knowledge: &settings.knowledge,
            worker: &settings.worker,
            state: &settings.state,
            fixed_now: Some(now),
            stop: stop.clone(),
            progress: Some(&told),
        };
        let (polled, problem, _) = poll_and_note(&context, entry, settings.rhythm).await?;
        lines.push(Line {
            title: entry.source.title.clone(),
            polled,
            problem: problem.map(|problem| problem.to_string()),
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(lines)
}

fn progress_bar(options: &DemoOptions, sources: usize) -> ProgressBar {
    let bar = ProgressBar::new(u64::try_from(sources).unwrap_or(0));
    let target = if options.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    bar.set_draw_target(target);
    if let Ok(style) = ProgressStyle::with_template("lezen  {bar:30}  {pos}/{len} bronnen  {msg}") {
        bar.set_style(style);
    }
    bar
}

fn summary(settings: &Settings, lines: &[Line], again: &[Line], made: usize) -> String {
    let mut text = format!(
        "Uitkijk demo · {} · een verzonnen wereld van {} berichten en {} bronnen\n\nGelezen per bron\n",
        settings.region.name,
        words::whole(i64::try_from(made).unwrap_or(0)),
        lines.len()
    );
    let mut total = Tally::default();
    for line in lines {
        let tally = line.polled.tally;
        total.add(tally);
        let problem = line.problem.as_ref().map(|problem| format!("   STORING: {problem}")).unwrap_or_default();
        text.push_str(&format!(
            "  {:<34} {:>7} gelezen {:>6} overnames {:>4} geweigerd {:>4} pagina's{problem}\n",
            line.title,
            words::whole(i64::from(tally.new)),
            tally.copies,
            tally.rejected,
            line.polled.pages
        ));
    }
    let unchanged = again.iter().filter(|line| line.polled.unchanged).count();
    let fresh: u32 = again.iter().map(|line| line.polled.tally.new).sum();
    text.push_str(&format!(
        "  samen {} gelezen, {} gebeurtenissen, {} geweigerd\n  tweede ronde: {unchanged} bronnen zeggen 'niet gewijzigd', {fresh} nieuwe berichten\n",
        words::whole(i64::from(total.new)),
        words::whole(i64::from(total.new - total.copies)),
        total.rejected
    ));
    text
}

fn strongest(settings: &Settings, trends: &[crate::domain::trend::Trend], week: Week) -> String {
    let mut text = format!("\nSterkste trends van week {}\n", week.number());
    let up: Vec<_> = trends.iter().filter(|trend| trend.direction == Direction::Up).take(3).collect();
    if up.is_empty() {
        text.push_str("  geen\n");
    }
    for (trend, place) in up.into_iter().zip(1..) {
        let parts = [&trend.key.gemeente, &trend.key.instrument, &trend.key.branche];
        let named: Vec<&str> =
            parts.into_iter().flatten().map(|part| settings.knowledge.gazetteer.name(part)).collect();
        let gemeente = if named.is_empty() { "alle bronnen".to_owned() } else { named.join(", ") };
        text.push_str(&format!(
            "  {place}. {}, {gemeente}: gezien {}, verwacht {} ({}-{}), {}, sinds week {}\n",
            settings.knowledge.label(&trend.key.fenomeen),
            trend.seen,
            words::decimal(trend.expected),
            trend.interval.0,
            trend.interval.1,
            trend.sureness.word(),
            trend.since.number()
        ));
    }
    text
}

async fn rejected(store: &Store, settings: &Settings) -> anyhow::Result<String> {
    let mut text = "\nGeweigerd en waarom\n".to_owned();
    let rows = store.rejections(Timestamp::UNIX_EPOCH).await?;
    if rows.is_empty() {
        text.push_str("  niets\n");
    }
    for (source, why, count) in rows {
        let title = settings.source(&source).map_or(source.as_str(), |entry| entry.source.title.as_str());
        text.push_str(&format!("  {title}: {} ({why})\n", words::counted(count, "bericht", "berichten")));
    }
    Ok(text)
}

fn files(folder: &Path, sent: u32) -> anyhow::Result<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder.join("mail"))?
        .filter_map(Result::ok)
        .map(|entry| entry.path().display().to_string())
        .filter(|name| name.ends_with(".html"))
        .collect();
    names.sort();
    let mut text = format!("\nGemaakt: {sent} mails (elk als .eml en .html)\n");
    for name in names {
        text.push_str(&format!("  {name}\n"));
    }
    text.push_str(&format!("\nVerder kijken: uitkijk --config {} status\n", folder.join("config.toml").display()));
    Ok(text)
}

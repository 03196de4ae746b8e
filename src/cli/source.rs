//! `uitkijk source`: add, test, record, list, import and export sources; and `uitkijk backfill`.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{Failure, listing, ops, say, tell};
use crate::{
    adapters::discover::{Found, look},
    clock,
    domain::{
        exchange::{Cursor, Request, Response, Validators},
        record::Record,
        source::Source,
        verdict::Outcome,
        week::day,
    },
    fetch::{Fetched, Fetcher, Terms},
    normalise::{normalise, text},
    pipeline::{
        ingest::{Context, Polled, backfill, ledger_of_backfill},
        judge::judge,
    },
    settings::{
        Settings, SourceEntry,
        draft::{Draft, slug},
    },
    store::items::Judged,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum SourceCommand {
    /// Zoekt de feed of de soort achter een adres, toont drie berichten en schrijft het bestand
    Add {
        /// Adres van een feed, een dienst of een website
        url: String,
        /// Naam van het bestand; zonder dit uit de titel
        #[arg(long, value_name = "NAAM")]
        name: Option<String>,
        /// Map voor het bestand
        #[arg(long, default_value = "sources", value_name = "MAP")]
        folder: PathBuf,
        /// Het adres ligt op een eigen netwerk
        #[arg(long)]
        private: bool,
    },
    /// Vraagt een bron en toont wat bewaard zou worden en wat geweigerd; bewaart niets
    Test {
        /// Naam van de bron
        name: String,
    },
    /// Bewaart een antwoord van een bron, met kop en inhoud, als voorbeeld voor een test
    Record {
        /// Naam van de bron
        name: String,
        /// Map voor de twee bestanden
        #[arg(long, default_value = ".", value_name = "MAP")]
        folder: PathBuf,
    },
    /// Toont alle bronnen en hoe het met ze gaat
    List {
        /// Als JSON
        #[arg(long)]
        json: bool,
    },
    /// Maakt bronbestanden van een OPML-lijst met feeds
    Import {
        /// OPML-bestand
        file: PathBuf,
        /// Map voor de bestanden
        #[arg(long, default_value = "sources", value_name = "MAP")]
        folder: PathBuf,
    },
    /// Schrijft alle feeds als OPML naar de uitvoer
    Export,
}

/// Records that are shown as an example.
const SHOWN: usize = 3;

pub(super) async fn run(settings: &Settings, command: SourceCommand) -> Result<(), Failure> {
    match command {
        SourceCommand::Add { url, name, folder, private } => add(settings, &url, name, &folder, private).await,
        SourceCommand::Test { name } => test(settings, entry(settings, &name)?).await,
        SourceCommand::Record { name, folder } => record(settings, entry(settings, &name)?, &folder).await,
        SourceCommand::List { json } => listing::list(settings, json).await,
        SourceCommand::Import { file, folder } => import(&file, &folder),
        SourceCommand::Export => export(settings),
    }
}

pub(super) fn entry<'a>(settings: &'a Settings, name: &str) -> Result<&'a SourceEntry, Failure> {
    settings
        .source(name)
        .ok_or_else(|| Failure::Usage(format!("er is geen bron '{name}'; 'uitkijk source list' toont de namen")))
}

async fn ask(fetcher: &Fetcher, request: &Request, source: &Source) -> Result<Response, Failure> {
    match fetcher.get(request, &Validators::default(), Terms::of(source, true)).await? {
        Fetched::Fresh(response) => Ok(*response),
        Fetched::Unchanged { .. } => Err(anyhow::anyhow!("'niet gewijzigd' op een vraag zonder voorwaarde").into()),
    }
}

async fn add(
    settings: &Settings,
    url: &str,
    name: Option<String>,
    folder: &Path,
    private: bool,
) -> Result<(), Failure> {
    let fetcher = Fetcher::new(settings.fetch.clone())?;
    let source = Source { private, robots: true, ..Source::default() };
    let mut response = ask(&fetcher, &Request::new(url, ""), &source).await?;
    let mut found = look(&response);
    if let Found::Website { feeds, .. } = &found {
        for feed in feeds.clone() {
            say(&format!("De pagina noemt een feed: {feed}"))?;
            let Ok(answer) = ask(&fetcher, &Request::new(&feed, ""), &source).await else { continue };
            let behind = look(&answer);
            if matches!(behind, Found::Document { .. }) {
                (response, found) = (answer, behind);
                break;
            }
        }
    }
    let (kind, records, title) = match found {
        Found::Document { kind, page } => (kind, page.records, None),
        Found::Website { title, .. } => {
            say("Geen feed gevonden: dit wordt een bron van het soort 'page'.")?;
            ("page", Vec::new(), Some(title))
        }
    };
    let host = url::Url::parse(&response.address).ok().and_then(|url| url.host_str().map(str::to_owned));
    let title = title.filter(|title| !title.is_empty()).or(host).unwrap_or_default();
    say(&format!("Soort: {kind}, {} berichten.", records.len()))?;
    show(records.iter().take(SHOWN))?;
    let name = name.unwrap_or_else(|| slug(&title));
    let draft =
        Draft { title, kind: kind.into(), url: response.address, checked: day(clock::now()).to_string(), private };
    let file = write_new(folder, &name, &draft)?;
    say(&format!("Geschreven: {}. Vul in wat er nog open staat en zet enabled op true.", file.display()))
}

/// Never overwrites: a source file may hold somebody's work.
fn write_new(folder: &Path, name: &str, draft: &Draft) -> Result<PathBuf, Failure> {
    let file = folder.join(format!("{name}.toml"));
    if name.is_empty() || slug(name) != name {
        return Err(Failure::Usage(format!(
            "'{name}' is geen naam voor een bron: gebruik kleine letters, cijfers en streepjes (--name)"
        )));
    }
    if file.exists() {
        return Err(Failure::Usage(format!("'{}' bestaat al; kies een andere naam met --name", file.display())));
    }
    std::fs::create_dir_all(folder)?;
    std::fs::write(&file, draft.toml())?;
    Ok(file)
}

fn show<'a>(records: impl Iterator<Item = &'a Record>) -> Result<(), Failure> {
    for record in records {
        let when = record.published.map_or_else(|| "zonder datum".into(), |at| day(at).to_string());
        say(&format!("  {when:<12} {}", text::line(&record.title)))?;
        if let Some(link) = &record.link {
            say(&format!("  {:<12} {link}", ""))?;
        }
    }
    Ok(())
}

async fn test(settings: &Settings, entry: &SourceEntry) -> Result<(), Failure> {
    let fetcher = Fetcher::new(settings.fetch.clone())?;
    let (source, adapter) = (&entry.source, entry.spec.clone().adapter());
    let now = clock::now();
    let response = ask(&fetcher, &adapter.open(&Cursor::default(), now), source).await?;
    say(&format!(
        "{}: status {}, {} bytes, {}",
        source.id,
        response.status,
        response.body.len(),
        response.content_type.as_deref().unwrap_or("zonder soort")
    ))?;
    if let Some(moved) = &response.moved {
        say(&format!("verhuisd naar {moved}: pas het adres aan"))?;
    }
    let page = adapter.read(&response).map_err(|error| anyhow::anyhow!("{error}"))?;
    let count = page.records.len();
    let stated = page.stated.map(|stated| format!(" (de bron noemt er {stated})")).unwrap_or_default();
    say(&format!("{count} berichten{stated}, {} cijfers, {} geweigerd", page.figures.len(), page.rejected.len()))?;
    for rejection in page.rejected.iter().take(10) {
        say(&format!("  geweigerd  {}: {}", rejection.key, rejection.why))?;
    }
    for mut record in page.records.into_iter().take(SHOWN) {
        if let Some(request) = record.detail.clone() {
            let detail = ask(&fetcher, &request, source).await?;
            match adapter.complete(record, &detail) {
                Ok(completed) => record = completed,
                Err(error) => {
                    say(&format!("  geweigerd  {}: {error}", request.url))?;
                    continue;
                }
            }
        }
        if let Some(registration) = &record.registration {
            say(&format!(
                "  telt mee   SBI {} {}",
                registration.sbi.join(", "),
                registration.place.as_deref().unwrap_or("")
            ))?;
            continue;
        }
        let gemeente = record.gemeente.take();
        match normalise(record, source, now) {
            Ok(item) => kept(settings, &judge(&settings.knowledge, item, gemeente))?,
            Err(rejection) => say(&format!("  geweigerd  {}: {}", rejection.key, rejection.why))?,
        }
    }
    say("Er is niets bewaard.")
}

fn kept(settings: &Settings, judged: &Judged) -> Result<(), Failure> {
    let item = &judged.item;
    say(&format!("  bewaard    {} {}", day(item.published), item.title))?;
    say(&format!("             sleutel {} · taal {} · {} tekens", item.key, item.language, item.text.chars().count()))?;
    let labels: Vec<String> = judged
        .verdict
        .labels
        .iter()
        .filter(|label| label.outcome != Outcome::Nee)
        .map(|label| format!("{} {}", settings.knowledge.label(&label.fenomeen), label.outcome.name()))
        .collect();
    let places: Vec<&str> =
        judged.verdict.gebieden.iter().map(|code| settings.knowledge.gazetteer.name(code)).collect();
    let masked = if item.masked.is_empty() { String::new() } else { format!(" · afgeschermd: {}", item.masked) };
    say(&format!(
        "             fenomenen: {} · gebieden: {}{masked}",
        or_none(&labels.join(", ")),
        or_none(&places.join(", "))
    ))
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "geen" } else { text }
}

/// Two files beside each other: the bytes as they came, and what was asked and answered around them. A secret is named, not
/// written.
async fn record(settings: &Settings, entry: &SourceEntry, folder: &Path) -> Result<(), Failure> {
    let fetcher = Fetcher::new(settings.fetch.clone())?;
    let adapter = entry.spec.clone().adapter();
    let now = clock::now();
    let response = ask(&fetcher, &adapter.open(&Cursor::default(), now), &entry.source).await?;
    let head = serde_json::json!({
        "source": entry.source.id.0, "kind": entry.source.kind, "fetched": now.to_string(), "request": response.request,
        "address": response.address, "status": response.status, "content_type": response.content_type,
        "etag": response.validators.etag, "last_modified": response.validators.last_modified,
        "bytes": response.body.len(),
    });
    std::fs::create_dir_all(folder)?;
    let body = folder.join(format!("{}.body", entry.source.id));
    std::fs::write(&body, &response.body)?;
    std::fs::write(folder.join(format!("{}.json", entry.source.id)), serde_json::to_string_pretty(&head)?)?;
    say(&format!("Bewaard: {} ({} bytes) en een .json met de kop.", body.display(), response.body.len()))
}

fn import(file: &Path, folder: &Path) -> Result<(), Failure> {
    let unreadable = |why: &str| Failure::Usage(format!("'{}' is geen OPML: {why}", file.display()));
    let written = std::fs::read_to_string(file).map_err(|error| unreadable(&error.to_string()))?;
    let list = opml::OPML::from_str(&written).map_err(|error| unreadable(&error.to_string()))?;
    let mut waiting: Vec<&opml::Outline> = list.body.outlines.iter().collect();
    let (mut made, mut skipped) = (0, 0);
    while let Some(outline) = waiting.pop() {
        waiting.extend(&outline.outlines);
        let Some(url) = &outline.xml_url else { continue };
        let title = outline.title.clone().unwrap_or_else(|| outline.text.clone());
        let draft = Draft {
            title: title.clone(),
            kind: "feed".into(),
            url: url.clone(),
            checked: "unchecked".into(),
            private: false,
        };
        match write_new(folder, &slug(&title), &draft) {
            Ok(_) => made += 1,
            Err(Failure::Usage(why)) => {
                tell(&why);
                skipped += 1;
            }
            Err(other) => return Err(other),
        }
    }
    say(&format!(
        "{made} bestanden geschreven in {}, {skipped} overgeslagen. Ze staan uit tot u ze invult.",
        folder.display()
    ))
}

fn export(settings: &Settings) -> Result<(), Failure> {
    let mut list = opml::OPML {
        head: Some(opml::Head { title: Some("Bronnen van Uitkijk".into()), ..opml::Head::default() }),
        ..opml::OPML::default()
    };
    for entry in settings.sources.iter().filter(|entry| entry.source.kind == "feed") {
        list.add_feed(&entry.source.title, entry.spec.address());
    }
    say(&list.to_string().map_err(|error| anyhow::anyhow!("{error}"))?)
}

/// Reads the past of a source, politely, with a bar; a second run goes on where the first one stopped.
pub(super) async fn past(settings: &Settings, name: &str, from: &str, again: bool) -> Result<(), Failure> {
    let entry = entry(settings, name)?;
    let from: Date =
        from.parse().map_err(|_| Failure::Usage(format!("'{from}' is geen datum; schrijf bijvoorbeeld 2025-01-31")))?;
    let now = clock::now();
    if from > day(now) {
        return Err(Failure::Usage(format!("{from} ligt in de toekomst")));
    }
    let store = ops::open(settings).await?;
    let fetcher = Fetcher::new(settings.fetch.clone())?;
    let ledger = ledger_of_backfill(&entry.source.id);
    if again {
        store.forget(&ledger).await?;
    } else if store.poll_state(&ledger).await?.pending.is_some() {
        say("Gaat verder waar het gebleven was; --again begint opnieuw.")?;
    }
    let bar = ProgressBar::with_draw_target(stated(&fetcher, entry, from, now).await, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:30} {pos} van {len} berichten, nog {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let progress = |_: &Source, polled: &Polled| {
        bar.set_position(u64::from(polled.tally.new + polled.tally.known + polled.tally.changed));
    };
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let context = Context {
        store: &store,
        fetcher: &fetcher,
        knowledge: &settings.knowledge,
        worker: &ops::holder(),
        state: &settings.state,
        fixed_now: None,
        stop: stopping,
        progress: Some(&progress),
    };
    let walk = backfill(&context, entry, from);
    let done = tokio::select! {
        done = walk => done,
        _ = tokio::signal::ctrl_c() => {
            stop.send_replace(true);
            say("Gestopt; dezelfde opdracht gaat straks verder.")?;
            return Ok(());
        }
    };
    bar.finish_and_clear();
    let Some((polled, outcome)) = done else {
        return Err(Failure::Usage(format!(
            "'{name}' heeft geen verleden dat opgevraagd kan worden (soort {})",
            entry.source.kind
        )));
    };
    outcome.map_err(|error| anyhow::anyhow!("{error}; dezelfde opdracht gaat straks verder"))?;
    store.forget(&ledger).await?;
    let tally = polled.tally;
    say(&format!(
        "{} nieuw, {} al bekend, {} geweigerd, {} pagina's.",
        tally.new, tally.known, tally.rejected, polled.pages
    ))?;
    store.close().await;
    Ok(())
}

/// How many records the source says there are, so that the bar has an end; none when it states none.
async fn stated(fetcher: &Fetcher, entry: &SourceEntry, from: Date, now: Timestamp) -> Option<u64> {
    let adapter = entry.spec.clone().adapter();
    let tomorrow = day(now.saturating_add(SignedDuration::from_hours(24)).unwrap_or(now));
    let request = adapter.count(from, tomorrow)?;
    let response = ask(fetcher, &request, &entry.source).await.ok()?;
    adapter.read(&response).ok()?.stated
}

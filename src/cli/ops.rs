//! Commands of every day: check, poll, watch, dispatch, status, preview.

use std::path::Path;

use jiff::Timestamp;

use super::{Failure, say, tell};
use crate::{
    clock,
    deliver::Channel,
    domain::{reader::Reader, signal::State, source::SourceId, week::Week},
    fetch::Fetcher,
    pipeline::{self, ingest::Context, reconcile::RED},
    report::{
        self,
        digest::{Edition, parts::Digest},
        words,
    },
    schedule::poll_and_note,
    settings::{Settings, SourceEntry},
    store::{Store, health::Condition, sources::PollState},
};

pub(super) fn check(config: Option<&Path>) -> Result<(), Failure> {
    let settings = Settings::load(config)?;
    for file in &settings.files {
        say(&format!("{file:<48} goed"))?;
    }
    say(&format!(
        "Alles goed: {} bronnen ({} aan), {} fenomenen, {} regels voor attenderingen, model {}, {} gemeenten in de regio.",
        settings.sources.len(),
        settings.sources.iter().filter(|entry| entry.source.enabled).count(),
        settings.knowledge.fenomenen.len(),
        settings.knowledge.rules.len(),
        settings.knowledge.classifier.version(),
        settings.region.gemeenten.len()
    ))
}

pub(super) async fn open(settings: &Settings) -> Result<Store, Failure> {
    tokio::fs::create_dir_all(&settings.state).await?;
    Ok(Store::open(&settings.database).await?)
}

/// A name in leases that no daemon has.
pub(super) fn holder() -> String {
    format!("cli-{}", std::process::id())
}

pub(super) async fn poll(settings: &Settings, source: Option<&str>, json: bool) -> Result<(), Failure> {
    let entries: Vec<&SourceEntry> = match source {
        Some(id) => vec![settings.source(id).ok_or_else(|| {
            Failure::Usage(format!(
                "er is geen bron '{id}'; de namen zijn die van de bestanden in de bronnenmap, zie 'uitkijk check'"
            ))
        })?],
        None => settings.sources.iter().filter(|entry| entry.source.enabled).collect(),
    };
    let store = open(settings).await?;
    let fetcher = Fetcher::new(settings.fetch.clone())?;
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let worker = holder();
    let mut failed = 0;
    for entry in &entries {
        let context = Context {
            store: &store,
            fetcher: &fetcher,
            knowledge: &settings.knowledge,
            worker: &worker,
            state: &settings.state,
            fixed_now: None,
            stop: stop.clone(),
            progress: None,
        };
        let (polled, problem, due) = poll_and_note(&context, entry, settings.rhythm).await?;
        let tally = polled.tally;
        let problem = problem.map(|problem| problem.to_string());
        failed += u32::from(problem.is_some());
        if json {
            say(&serde_json::json!({
                "source": entry.source.id.0, "new": tally.new, "copies": tally.copies, "changed": tally.changed,
                "known": tally.known, "rejected": tally.rejected, "pages": polled.pages, "unchanged": polled.unchanged,
                "problem": problem, "due": due.to_string(),
            })
            .to_string())?;
        } else {
            let outcome = problem.map_or_else(
                || format!("{} nieuw, {} gewijzigd, {} geweigerd", tally.new, tally.changed, tally.rejected),
                |problem| format!("STORING: {problem}"),
            );
            say(&format!("{:<28} {outcome}", entry.source.id.0))?;
        }
    }
    store.close().await;
    if failed > 0 && failed == u32::try_from(entries.len()).unwrap_or(u32::MAX) {
        return Err(anyhow::anyhow!("geen enkele bron kon worden gelezen").into());
    }
    Ok(())
}

fn week_of(text: Option<&str>, now: Timestamp) -> Result<Week, Failure> {
    text.map_or_else(|| Ok(pipeline::watch::last_week(now)), |text| text.parse().map_err(Failure::Usage))
}

pub(super) async fn watch(settings: &Settings, week: Option<&str>) -> Result<(), Failure> {
    let now = clock::now();
    let week = week_of(week, now)?;
    if week.end() > now {
        return Err(Failure::Usage(format!("week {week} is nog niet voorbij; noem een eerdere week")));
    }
    let store = open(settings).await?;
    rejudge_all(settings, &store).await?;
    let done = pipeline::watch::watch(&store, settings, week, now).await?;
    pipeline::watch::publish(&store, settings).await?;
    let queued = pipeline::watch::alerts(&store, settings, now).await?;
    let counts = store.outbox_counts().await?;
    let said = if done {
        format!("Week {week} is bekeken.")
    } else {
        format!("Week {week} was al bekeken; er is niets opnieuw gemaakt.")
    };
    say(&format!("{said} Nieuwe attenderingen: {queued}. In de wachtrij: {} mails.", counts.queued))?;
    store.close().await;
    Ok(())
}

/// One model for the whole series: what the model in use has not judged is judged first.
async fn rejudge_all(settings: &Settings, store: &Store) -> Result<(), Failure> {
    let mut judged = 0;
    loop {
        let some = pipeline::review::rejudge(store, &settings.knowledge, 500).await?;
        if some == 0 {
            break;
        }
        judged += some;
    }
    if judged > 0 {
        let items = words::counted(i64::try_from(judged).unwrap_or(i64::MAX), "bericht", "berichten");
        tell(&format!("{items} opnieuw beoordeeld door model {}", settings.knowledge.classifier.version()));
    }
    Ok(())
}

pub(super) async fn dispatch(settings: &Settings) -> Result<(), Failure> {
    let store = open(settings).await?;
    let channel = Channel::open(&settings.deliver)?;
    let done = pipeline::dispatch::dispatch(&store, &channel, &holder(), clock::now()).await?;
    say(&format!("Verstuurd: {}. Later opnieuw: {}. Opgegeven: {}.", done.sent, done.delayed, done.failed))?;
    store.close().await;
    Ok(())
}

pub(super) async fn status(settings: &Settings, json: bool) -> Result<(), Failure> {
    if !settings.database.exists() {
        return Err(Failure::Usage(format!(
            "er is nog geen database '{}'; start 'uitkijk run' of 'uitkijk poll'",
            settings.database.display()
        )));
    }
    let store = open(settings).await?;
    let states = store.poll_states().await?;
    let totals = store.totals().await?;
    let counts = store.outbox_counts().await?;
    let signals = store.signals().await?;
    let bytes = store.bytes().await?;
    let broken: Vec<_> = states.iter().filter(|(_, state)| state.problem.is_some()).collect();
    // A broken source is told with its problem; the other conditions stand beside it.
    let wrong: Vec<_> = store.conditions().await?.into_iter().filter(|condition| condition.kind != "storing").collect();
    if json {
        say(&status_json(settings, &store).await?)?;
        store.close().await;
        return Ok(());
    }
    let items: i64 = totals.iter().map(|total| total.1).sum();
    let warnings = broken.len() + wrong.len() + usize::try_from(counts.failed).unwrap_or(0);
    let all = if warnings == 0 {
        "alles goed".to_owned()
    } else {
        words::counted(i64::try_from(warnings).unwrap_or(0), "waarschuwing", "waarschuwingen")
    };
    say(&format!(
        "Uitkijk {} · model {} · database {} MB · {all}",
        env!("CARGO_PKG_VERSION"),
        settings.knowledge.classifier.version(),
        words::decimal(f64::from(i32::try_from(bytes / 1000).unwrap_or(i32::MAX)) / 1000.0)
    ))?;
    say(&format!("bronnen     {} gelezen · {} met een storing", states.len(), broken.len()))?;
    say(&format!("berichten   {}", words::whole(items)))?;
    say(&format!(
        "wachtrij    {} mails · {} verstuurd · {} opgegeven",
        counts.queued,
        words::whole(counts.sent),
        counts.failed
    ))?;
    say(&format!("signalen    {} concepten", signals.len()))?;
    problems(&store, &broken, &wrong).await?;
    if let Some((id, state)) = states.iter().filter(|(_, state)| state.due.is_some()).min_by_key(|(_, state)| state.due)
    {
        let due = state.due.unwrap_or_default().duration_since(clock::now());
        say(&format!(
            "volgende    {id} {}",
            if due.is_positive() { format!("over {} min", due.as_mins()) } else { "nu".to_owned() }
        ))?;
    }
    store.close().await;
    Ok(())
}

/// What is wrong, a line each.
async fn problems(store: &Store, broken: &[&(SourceId, PollState)], wrong: &[Condition]) -> Result<(), Failure> {
    for (id, state) in broken {
        say(&format!(
            "  {id}: {} ({})",
            state.problem.as_deref().unwrap_or_default(),
            words::counted(i64::from(state.failures), "keer", "keer")
        ))?;
    }
    for condition in wrong {
        say(&format!("  {}: {}", condition.source, condition.detail))?;
    }
    for month in store.months().await?.iter().filter(|month| month.share() < RED) {
        say(&format!("  {}: {} van {} binnen over {}", month.source, month.held, month.stated, month.month))?;
    }
    Ok(())
}

pub(super) async fn signal(settings: &Settings, number: i64, state: &str, who: &str) -> Result<(), Failure> {
    let next = State::of(state).ok_or_else(|| Failure::Usage(format!("'{state}' is geen staat")))?;
    let store = open(settings).await?;
    let moved = store.move_signal(number, next, who, clock::now()).await?;
    store.close().await;
    let before = moved.map_err(Failure::Usage)?;
    say(&format!("Signaal {number} ging van '{}' naar '{}'.", before.name(), next.name()))
}

async fn status_json(settings: &Settings, store: &Store) -> Result<String, Failure> {
    let totals = store.totals().await?;
    let counts = store.outbox_counts().await?;
    let sources: Vec<serde_json::Value> = store
        .poll_states()
        .await?
        .iter()
        .map(|(id, state)| {
            let items = totals.iter().find(|total| total.0 == id.0).map_or(0, |total| total.1);
            serde_json::json!({
                "source": id.0, "items": items, "last_ok": state.last_ok.map(|at| at.to_string()),
                "last_new": state.last_new.map(|at| at.to_string()), "due": state.due.map(|at| at.to_string()),
                "failures": state.failures, "problem": state.problem,
            })
        })
        .collect();
    let conditions: Vec<serde_json::Value> = store
        .conditions()
        .await?
        .iter()
        .map(|wrong| {
            serde_json::json!({
                "source": wrong.source.0, "kind": wrong.kind, "detail": wrong.detail, "since": wrong.since.to_string(),
            })
        })
        .collect();
    let months: Vec<serde_json::Value> = store
        .months()
        .await?
        .iter()
        .map(|month| {
            serde_json::json!({
                "source": month.source.0, "month": month.month, "stated": month.stated, "held": month.held,
                "share": month.share(), "red": month.share() < RED,
                "missing": month.missing.lines().collect::<Vec<_>>(), "checked": month.checked.to_string(),
            })
        })
        .collect();
    let status = serde_json::json!({
        "conditions": conditions, "reconciliation": months,
        "version": env!("CARGO_PKG_VERSION"), "model": settings.knowledge.classifier.version(),
        "bytes": store.bytes().await?, "sources": sources,
        "outbox": { "queued": counts.queued, "sent": counts.sent, "failed": counts.failed },
        "signals": store.signals().await?.len(),
    });
    Ok(status.to_string())
}

/// What is previewed, and how.
pub(super) struct Preview<'a> {
    pub(super) product: &'a str,
    pub(super) week: Option<&'a str>,
    /// With what is known today, also where the week was told before.
    pub(super) anew: bool,
    pub(super) subscription: Option<&'a str>,
    pub(super) html: bool,
}

pub(super) async fn preview(settings: &Settings, wanted: &Preview<'_>) -> Result<(), Failure> {
    let now = clock::now();
    let store = open(settings).await?;
    let message = if wanted.product == "digest" {
        let digest = digest(settings, &store, week_of(wanted.week, now)?, wanted.anew, now).await?;
        let all = Reader::to_all(Vec::new(), settings.watch.day, settings.watch.hour);
        let reader = match wanted.subscription {
            None => &all,
            Some(name) => settings.subscriptions.iter().find(|own| own.name == name).ok_or_else(|| {
                Failure::Usage(format!("er is geen abonnement '{name}'; de namen staan bij [[subscription]]"))
            })?,
        };
        let edition = Edition { reader, shapes: &settings.region.shapes, composed: now };
        report::digest::compose(&digest, "voorbeeld@example.org", &edition)?
    } else {
        let Some(signal) = store.signals().await?.into_iter().next_back() else {
            tell("Er is nog geen conceptsignaal.");
            return Ok(());
        };
        report::signal::compose(&signal.draft, signal.id, &signal.key, "voorbeeld@example.org", signal.created)?
    };
    say(&if wanted.html {
        message.html_alone()
    } else {
        format!("Onderwerp: {}\n\n{}", message.subject, message.text)
    })?;
    store.close().await;
    Ok(())
}

/// The digest as it was told; one that was not, or that is asked anew, is made of what is known now.
async fn digest(settings: &Settings, store: &Store, week: Week, anew: bool, now: Timestamp) -> Result<Digest, Failure> {
    if !anew {
        if let Some(digest) = pipeline::watch::as_told(store, week).await? {
            return Ok(digest);
        }
        tell(&format!("Van week {week} is geen rapportage bewaard; dit is wat er nu over bekend is."));
    }
    rejudge_all(settings, store).await?;
    let findings = pipeline::watch::find(store, settings, week).await?;
    Ok(pipeline::watch::digest(store, settings, &findings, now).await?)
}

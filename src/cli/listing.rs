//! `uitkijk source list`: every source on one line, with how it is doing.

use super::{Failure, ops, say};
use crate::{
    clock,
    report::words,
    schedule::usual_gap,
    settings::Settings,
    store::{Store, health::Condition, sources::PollState},
};
use jiff::SignedDuration;

/// How far back a source's rhythm is looked at.
const MEMORY: SignedDuration = SignedDuration::from_hours(24 * 28);

/// A source, for the list.
struct Line {
    id: String,
    kind: String,
    enabled: bool,
    state: PollState,
    gap: Option<SignedDuration>,
    week: i64,
    wrong: Vec<Condition>,
}

async fn lines(settings: &Settings, store: Option<&Store>) -> Result<Vec<Line>, Failure> {
    let now = clock::now();
    let conditions = match store {
        Some(store) => store.conditions().await?,
        None => Vec::new(),
    };
    let mut lines = Vec::new();
    for entry in &settings.sources {
        let id = &entry.source.id;
        let (mut state, mut hours) = (PollState::default(), Vec::new());
        if let Some(store) = store {
            state = store.poll_state(id).await?;
            hours = store.hours(id, now.saturating_sub(MEMORY).unwrap_or(now)).await?;
        }
        let since = now.as_second() - 7 * 24 * 3600;
        lines.push(Line {
            id: id.0.clone(),
            kind: entry.source.kind.clone(),
            enabled: entry.source.enabled,
            gap: usual_gap(&hours, now),
            week: hours.iter().filter(|hour| hour.hour >= since).map(|hour| hour.new).sum(),
            wrong: conditions.iter().filter(|condition| condition.source == *id).cloned().collect(),
            state,
        });
    }
    Ok(lines)
}

pub(super) async fn list(settings: &Settings, json: bool) -> Result<(), Failure> {
    let store = if settings.database.exists() { Some(ops::open(settings).await?) } else { None };
    let lines = lines(settings, store.as_ref()).await?;
    for line in &lines {
        say(&if json { as_json(line) } else { as_text(line) })?;
    }
    if !json {
        let on = lines.iter().filter(|line| line.enabled).count();
        say(&format!("{} bronnen, {on} aan.", lines.len()))?;
    }
    if let Some(store) = store {
        store.close().await;
    }
    Ok(())
}

fn as_json(line: &Line) -> String {
    serde_json::json!({
        "source": line.id, "kind": line.kind, "enabled": line.enabled, "last_ok": line.state.last_ok.map(|at| at.to_string()),
        "last_new": line.state.last_new.map(|at| at.to_string()), "due": line.state.due.map(|at| at.to_string()),
        "usual_gap_seconds": line.gap.map(|gap| gap.as_secs()), "new_in_7_days": line.week, "problem": line.state.problem,
        "moved": line.state.moved, "conditions": line.wrong.iter().map(|wrong| &wrong.detail).collect::<Vec<_>>(),
    })
    .to_string()
}

fn as_text(line: &Line) -> String {
    let rhythm = line.gap.map_or_else(|| "ritme nog onbekend".into(), |gap| format!("om de {}", words::lasting(gap)));
    let health = match (&line.state.problem, line.wrong.first(), &line.state.moved) {
        _ if !line.enabled => "staat uit".to_owned(),
        _ if line.state.last_ok.is_none() && line.state.problem.is_none() => "nog niet gelezen".to_owned(),
        (_, Some(wrong), _) => wrong.detail.clone(),
        (Some(problem), None, _) => problem.clone(),
        (None, None, Some(moved)) => format!("verhuisd naar {moved}: pas het adres aan"),
        (None, None, None) => format!("goed, {} nieuw in 7 dagen, {rhythm}", line.week),
    };
    format!("{:<32} {:<10} {health}", line.id, line.kind)
}

//! Watches over the sources: what is wrong is named once, and once more when it is over, in one mail to those who run us.

use jiff::{SignedDuration, Timestamp};

use super::watch::WatchError;
use crate::{
    domain::{drift::MonthSeen, health::Hour},
    health::{Kind, assess, drift},
    pipeline::reconcile::RED,
    report::{
        metrics::{Figures, SourceFigures},
        notice::{Notice, compose},
    },
    settings::{Settings, SourceEntry},
    store::{Store, health::Condition, reconcile::Month},
};

/// How much of a source's past is looked at.
const MEMORY: SignedDuration = SignedDuration::from_hours(24 * 120);
/// A source that fails this often in a row is broken, not unlucky.
const FAILURES: u32 = 3;
/// Names of conditions that do not come from the hours.
const FAILING: &str = "storing";
const MOVED: &str = "verhuisd";
const INCOMPLETE: &str = "onvolledig";
pub(super) const DRIFTED: &str = "vreemd";
/// How many months a source is held against.
const DRIFT_MEMORY: SignedDuration = SignedDuration::from_hours(24 * 400);

/// Looks at every source and queues one mail when something began or ended. Gives back how much is wrong now.
///
/// # Errors
/// When the store or a template fails.
pub async fn examine(store: &Store, settings: &Settings, now: Timestamp) -> Result<usize, WatchError> {
    let months = store.months().await?;
    let model = settings.knowledge.classifier.version();
    let seen = store.months_seen(model, now.saturating_sub(DRIFT_MEMORY).unwrap_or(now)).await?;
    let mut notice = Notice::default();
    for entry in &settings.sources {
        let mut wrong = if entry.source.enabled { wrong(store, entry, &months, now).await? } else { Vec::new() };
        let own: Vec<MonthSeen> = seen.iter().filter(|month| month.source == entry.source.id.0).cloned().collect();
        wrong.extend(drift(&own).filter(|_| entry.source.enabled).map(|said| (DRIFTED, said)));
        update(store, entry, &wrong, now, &mut notice).await?;
    }
    let open = store.conditions().await?;
    if !notice.is_empty() {
        notice.still = open.len();
        let messages: Result<Vec<_>, _> =
            settings.recipients.ops.iter().map(|to| compose(&notice, to, &settings.region.name, now)).collect();
        store.queue(&messages?).await?;
    }
    Ok(open.len())
}

/// What is wrong with a source now: names and words.
async fn wrong(
    store: &Store,
    entry: &SourceEntry,
    months: &[Month],
    now: Timestamp,
) -> Result<Vec<(&'static str, String)>, WatchError> {
    let id = &entry.source.id;
    let state = store.poll_state(id).await?;
    let hours: Vec<Hour> = store.hours(id, now.saturating_sub(MEMORY).unwrap_or(now)).await?;
    let mut wrong: Vec<(&'static str, String)> = Vec::new();
    if let Some(problem) = state.problem.filter(|_| state.failures >= FAILURES) {
        wrong.push((FAILING, format!("{problem} ({} keer achter elkaar)", state.failures)));
    }
    if let Some(moved) = state.moved {
        wrong.push((MOVED, format!("verhuisd naar {moved}: pas het adres aan")));
    }
    if let Some(month) = months.iter().rfind(|month| month.source == *id && month.share() < RED) {
        let said = format!("van {} zijn {} van de {} berichten binnen", month.month, month.held, month.stated);
        wrong.push((INCOMPLETE, said));
    }
    wrong.extend(assess(&hours, now).into_iter().map(|found| (found.kind.name(), found.detail)));
    Ok(wrong)
}

/// Opens what is new, closes what is over.
async fn update(
    store: &Store,
    entry: &SourceEntry,
    wrong: &[(&'static str, String)],
    now: Timestamp,
    notice: &mut Notice,
) -> Result<(), WatchError> {
    let source = &entry.source;
    let names = Kind::ALL.iter().map(|kind| kind.name()).chain([FAILING, MOVED, INCOMPLETE, DRIFTED]);
    for name in names {
        match wrong.iter().find(|(own, _)| *own == name) {
            Some((_, detail)) => {
                if store.begins(&source.id, name, detail, now).await? {
                    notice.begun.push((source.title.clone(), detail.clone()));
                }
            }
            None => {
                if let Some(Condition { detail, .. }) = store.ends(&source.id, name, now).await? {
                    notice.ended.push((source.title.clone(), detail));
                }
            }
        }
    }
    Ok(())
}

/// Figures for a monitor.
///
/// # Errors
/// When the store fails.
pub async fn figures(store: &Store, settings: &Settings, now: Timestamp) -> Result<Figures, WatchError> {
    let (states, conditions, outbox) =
        (store.poll_states().await?, store.conditions().await?, store.outbox_counts().await?);
    let sources = settings.sources.iter().filter(|entry| entry.source.enabled).map(|entry| {
        let id = &entry.source.id;
        let state = states.iter().find(|(own, _)| own == id).map(|(_, state)| state);
        SourceFigures {
            source: id.clone(),
            last_ok: state.and_then(|state| state.last_ok).map(Timestamp::as_second),
            failures: state.map_or(0, |state| state.failures),
            wrong: conditions.iter().filter(|own| own.source == *id).map(|own| own.kind.clone()).collect(),
        }
    });
    Ok(Figures {
        sources: sources.collect(),
        outbox: (outbox.queued, outbox.sent, outbox.failed),
        database: store.bytes().await?,
        written: now.as_second(),
    })
}

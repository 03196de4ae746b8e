//! Chores that come by hour, day and week: the health of sources, what is past its retention, held against stated.

use std::sync::Arc;

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::watch, task::JoinSet};
use tracing::{error, info, warn};

use super::World;
use crate::{
    clock,
    domain::source::SourceId,
    pipeline::{
        health::{examine, figures},
        ingest::Context,
        reconcile::{next_check, reconcile},
        review::rejudge,
    },
    store::Store,
};

/// How often health is looked at.
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// How often figures for a monitor are written.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
/// How often old answers are swept.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long the hours of a source are remembered: a year, so that a season can be seen.
const HOURS_KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);
/// Items that are judged anew in one go: a fraction of a second, so that polls and mail go on.
const REJUDGED: u32 = 100;
/// How long one round of chores may spend on it.
const REJUDGING: std::time::Duration = std::time::Duration::from_secs(3);
/// How long one worker may hold a chore.
const LEASE: SignedDuration = SignedDuration::from_mins(30);

/// When each chore was last done by this process. After a start all are due: they are cheap when there is nothing to do.
#[derive(Default)]
pub(super) struct Upkeep {
    examined: Option<Timestamp>,
    measured: Option<Timestamp>,
    swept: Option<Timestamp>,
    counted: Option<Timestamp>,
    /// The model that had judged all, and when that was seen: new items are judged as they come.
    judged: Option<(String, Timestamp)>,
    counting: JoinSet<()>,
}

fn is_due(last: Option<Timestamp>, now: Timestamp, every: SignedDuration) -> bool {
    last.is_none_or(|last| now.duration_since(last) >= every)
}

impl Upkeep {
    /// Does what is due.
    pub(super) async fn round(
        &mut self,
        store: &Store,
        world: &Arc<World>,
        stop: watch::Receiver<bool>,
        now: Timestamp,
    ) -> anyhow::Result<()> {
        let settings = &world.settings;
        if is_due(self.examined, now, HOUR) {
            self.examined = Some(now);
            if store.lease("health", &settings.worker, now, LEASE).await? {
                examine(store, settings, now).await.context("looking after the sources")?;
                store.release("health", &settings.worker).await?;
            }
        }
        if is_due(self.measured, now, MINUTE) {
            self.measured = Some(now);
            let text = figures(store, settings, now).await.context("measuring")?.text();
            // Written beside and moved over, so that a reader never sees half a file.
            let (file, beside) = (settings.state.join("metrics.prom"), settings.state.join("metrics.prom.new"));
            tokio::fs::write(&beside, text).await.context("writing metrics.prom")?;
            tokio::fs::rename(&beside, &file).await.context("writing metrics.prom")?;
        }
        if is_due(self.swept, now, DAY) {
            self.swept = Some(now);
            sweep(store, world, now).await?;
        }
        self.rejudge(store, world, now).await?;
        while self.counting.try_join_next().is_some() {}
        if is_due(self.counted, now, DAY) && self.counting.is_empty() {
            self.counted = Some(now);
            self.counting.spawn(count(store.clone(), world.clone(), stop));
        }
        Ok(())
    }
}

impl Upkeep {
    /// Looks for items that the model in use has not judged: at once when it is another, else by the hour, for another
    /// worker may have kept some under an older one. Looking costs a walk over all items.
    async fn rejudge(&mut self, store: &Store, world: &World, now: Timestamp) -> anyhow::Result<()> {
        let model = world.settings.knowledge.classifier.version();
        let seen = self.judged.as_ref().filter(|(own, _)| own == model).map(|(_, at)| *at);
        if !is_due(seen, now, HOUR) {
            return Ok(());
        }
        if store.unjudged(model, 1).await?.is_empty() {
            self.judged = Some((model.to_owned(), now));
            return Ok(());
        }
        rejudge_some(store, world, now).await
    }
}

/// A new model judges history in the background, newest first; what other models said stays.
async fn rejudge_some(store: &Store, world: &World, now: Timestamp) -> anyhow::Result<()> {
    let (settings, started) = (&world.settings, std::time::Instant::now());
    if !store.lease("rejudge", &settings.worker, now, LEASE).await? {
        return Ok(());
    }
    let mut judged = 0;
    while started.elapsed() < REJUDGING {
        let some = rejudge(store, &settings.knowledge, REJUDGED).await.context("judging history anew")?;
        judged += some;
        if some == 0 {
            break;
        }
    }
    store.release("rejudge", &settings.worker).await?;
    info!(judged, model = settings.knowledge.classifier.version(), "judged {judged} older items by the model in use");
    Ok(())
}

async fn sweep(store: &Store, world: &World, now: Timestamp) -> anyhow::Result<()> {
    let settings = &world.settings;
    store.forget_sketches(now).await.context("sweeping what old tellings were compared by")?;
    let retentions: Vec<(SourceId, SignedDuration)> =
        settings.sources.iter().map(|entry| (entry.source.id.clone(), entry.source.retention)).collect();
    let swept = store.sweep(&retentions, settings.retention, now).await.context("sweeping old answers")?;
    store.forget_hours(now.saturating_sub(HOURS_KEPT).unwrap_or(now)).await?;
    sweep_damaged(&settings.state.join("damaged"), settings.retention).await;
    if swept.raw + swept.articles > 0 {
        info!(raw = swept.raw, articles = swept.articles, "swept what is past its retention");
    }
    Ok(())
}

/// Damaged answers are kept as files, and end as others do.
async fn sweep_damaged(folder: &std::path::Path, retention: SignedDuration) {
    let Ok(mut files) = tokio::fs::read_dir(folder).await else { return };
    let retention = std::time::Duration::try_from(retention).unwrap_or_default();
    while let Ok(Some(file)) = files.next_entry().await {
        let written = file.metadata().await.ok().and_then(|known| known.modified().ok());
        if written.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > retention)
            && let Err(problem) = tokio::fs::remove_file(file.path()).await
        {
            warn!("could not remove a damaged answer: {problem}");
        }
    }
}

/// Holds what we have against what sources state, beside the loop: it asks servers and may walk a month.
async fn count(store: Store, world: Arc<World>, stop: watch::Receiver<bool>) {
    let settings = &world.settings;
    match store.lease("reconcile", &settings.worker, clock::now(), LEASE).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(problem) => return error!("the reconciliation could not start: {problem}"),
    }
    for entry in settings.sources.iter().filter(|entry| entry.source.enabled) {
        let context = Context {
            store: &store,
            fetcher: &world.fetcher,
            knowledge: &settings.knowledge,
            worker: &settings.worker,
            state: &settings.state,
            fixed_now: None,
            stop: stop.clone(),
            progress: None,
        };
        let (Ok(months), Ok(state)) = (store.months().await, store.poll_state(&entry.source.id).await) else {
            continue;
        };
        let last = months.iter().filter(|month| month.source == entry.source.id).map(|month| month.checked).max();
        let (Some(since), false) = (state.first_polled, last.is_some_and(|last| next_check(last) > clock::now()))
        else {
            continue;
        };
        if let Err(problem) = reconcile(&context, entry, since).await {
            warn!(source.id = %entry.source.id, "could not hold {} against its own count: {problem}", entry.source.id);
        }
    }
    if let Err(problem) = store.release("reconcile", &settings.worker).await {
        error!("the reconciliation could not end: {problem}");
    }
}

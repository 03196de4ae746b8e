//! The long-running daemon: starts polls as they fall due, watches once a week, sends mail, reads its files again on
//! SIGHUP, and stops in order on SIGTERM.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};
use tracing::{error, info, warn};

mod upkeep;

use upkeep::Upkeep;

use crate::{
    clock,
    deliver::Channel,
    fetch::Fetcher,
    pipeline::{
        alerts::{Missed, alerts_but, release},
        dispatch::dispatch,
        ingest::{Context, IngestError},
        watch::{first_due, last_week, publish, send_due, watch},
    },
    schedule::poll_and_note,
    settings::{Settings, SourceEntry},
    store::Store,
    systemd,
};

/// A page in hand gets this long after a stop signal; systemd waits longer.
const GRACE: Duration = Duration::from_secs(4);
/// How often mail, the weekly watch and the store are looked after.
const TICK: Duration = Duration::from_secs(15);
/// How long the weekly watch may take before another worker takes over.
const WATCH_LEASE: SignedDuration = SignedDuration::from_mins(10);

/// What the tasks share until the next reload.
pub(crate) struct World {
    settings: Settings,
    fetcher: Fetcher,
    channel: Channel,
}

impl World {
    /// A world by these settings; the door remembers what the door of an earlier world learned.
    fn of(settings: Settings, earlier: Option<&Self>) -> anyhow::Result<Arc<Self>> {
        let fetch = settings.fetch.clone();
        let fetcher =
            earlier.map_or_else(|| Fetcher::new(fetch.clone()), |world| world.fetcher.successor(fetch.clone()));
        let fetcher = fetcher.context("opening the door to the web")?;
        let channel = Channel::open(&settings.deliver).context("opening the mail channel")?;
        Ok(Arc::new(Self { settings, fetcher, channel }))
    }
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// When the store cannot be opened or keeps failing: systemd then restarts us.
pub async fn run(settings: Settings, config: Option<PathBuf>) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut hang_up = signal(SignalKind::hangup()).context("listening for SIGHUP")?;
    tokio::fs::create_dir_all(&settings.state).await.context("making the state folder")?;
    let store = Store::open(&settings.database).await?;
    store.release_all(&settings.worker).await?;
    let (stop, stopping) = watch::channel(false);
    let mut daemon = Daemon::new(World::of(settings, None)?, store, stopping).await?;
    systemd::ready();
    info!(sources = daemon.due.len(), "watching {} sources", daemon.due.len());
    let outcome = loop {
        daemon.start_due();
        let wake = daemon.next_wake();
        tokio::select! {
            _ = terminate.recv() => break Ok(()),
            _ = interrupt.recv() => break Ok(()),
            _ = hang_up.recv() => daemon.reload(config.as_deref()).await,
            Some(finished) = daemon.polls.join_next_with_id() => {
                if let Err(failure) = daemon.finished(finished) {
                    break Err(failure);
                }
            }
            () = sleep_until(wake) => {
                if let Err(failure) = daemon.tick().await {
                    break Err(failure);
                }
            }
        }
    };
    systemd::stopping();
    info!("stopping");
    stop.send_replace(true);
    let drained = timeout(GRACE, async { while daemon.polls.join_next().await.is_some() {} }).await;
    if drained.is_err() {
        warn!("some polls did not end in time; they go on next time");
        daemon.polls.abort_all();
    }
    daemon.store.close().await;
    outcome
}

/// What a poll task gives back: when its source is due again, and whether it brought something new.
type Finished = anyhow::Result<(Timestamp, bool)>;

struct Daemon {
    world: Arc<World>,
    store: Store,
    stopping: watch::Receiver<bool>,
    polls: JoinSet<Finished>,
    /// When each enabled source is due; those under way are not in it.
    due: BTreeMap<String, Timestamp>,
    running: HashMap<tokio::task::Id, String>,
    /// The host of each source, and the hosts that are being asked.
    hosts: HashMap<String, String>,
    busy: HashSet<String>,
    next_tick: Instant,
    store_failures: u32,
    news: bool,
    missed: Missed,
    upkeep: Upkeep,
}

impl Daemon {
    async fn new(world: Arc<World>, store: Store, stopping: watch::Receiver<bool>) -> anyhow::Result<Self> {
        let mut daemon = Self {
            world,
            store,
            stopping,
            polls: JoinSet::new(),
            due: BTreeMap::new(),
            running: HashMap::new(),
            hosts: HashMap::new(),
            busy: HashSet::new(),
            upkeep: Upkeep::default(),
            next_tick: Instant::now(),
            store_failures: 0,
            news: true,
            missed: Missed::default(),
        };
        daemon.plan().await?;
        Ok(daemon)
    }

    /// Fills in when each source is due, from what the store knows. Sources that were never polled start within the first
    /// minutes, spread, so that a fresh pack does not stampede.
    async fn plan(&mut self) -> anyhow::Result<()> {
        let states: BTreeMap<String, Option<Timestamp>> =
            self.store.poll_states().await?.into_iter().map(|(id, state)| (id.0, state.due)).collect();
        let now = clock::now();
        let mut fresh = 0_i64;
        self.due = BTreeMap::new();
        self.hosts =
            self.world.settings.sources.iter().map(|entry| (entry.source.id.0.clone(), entry.host())).collect();
        for entry in self.world.settings.sources.iter().filter(|entry| entry.source.enabled) {
            let id = &entry.source.id.0;
            if self.running.values().any(|own| own == id) {
                continue;
            }
            let due = states.get(id).copied().flatten().unwrap_or_else(|| {
                fresh += 1;
                now.saturating_add(SignedDuration::from_millis(250 * (fresh - 1))).unwrap_or(now)
            });
            self.due.insert(id.clone(), due);
        }
        Ok(())
    }

    /// Starts polls for what is due, one per host at a time: a slow host then holds one task and not all of them. The cap of
    /// the door bounds the requests; this bounds the tasks.
    fn start_due(&mut self) {
        let now = clock::now();
        while self.running.len() < self.room() {
            let Some(id) = self.free().filter(|(_, due)| *due <= now).min_by_key(|(_, due)| *due).map(|(id, _)| id)
            else {
                return;
            };
            self.due.remove(&id);
            let Some(entry) = self.world.settings.source(&id).cloned() else { continue };
            self.busy.insert(entry.host());
            let (world, store, stop) = (self.world.clone(), self.store.clone(), self.stopping.clone());
            let task = self.polls.spawn(async move { poll_if_due(&world, &store, stop, &entry).await });
            self.running.insert(task.id(), id);
        }
    }

    /// Sources whose host is not being asked now, with when they are due.
    fn free(&self) -> impl Iterator<Item = (String, Timestamp)> + '_ {
        self.due
            .iter()
            .filter(|(id, _)| self.hosts.get(*id).is_none_or(|host| !self.busy.contains(host)))
            .map(|(id, due)| (id.clone(), *due))
    }

    /// Most polls at once.
    fn room(&self) -> usize {
        self.world.settings.fetch.concurrency * 2
    }

    fn finished(
        &mut self,
        finished: Result<(tokio::task::Id, Finished), tokio::task::JoinError>,
    ) -> anyhow::Result<()> {
        let (task, outcome) = match finished {
            Ok((task, outcome)) => (task, outcome),
            Err(problem) => {
                // A poll that panicked must not stop the others; its source gets another chance in an hour.
                error!("a poll ended unexpectedly: {problem}");
                let due = clock::now().saturating_add(SignedDuration::from_hours(1))?;
                (problem.id(), Ok((due, false)))
            }
        };
        let Some(id) = self.running.remove(&task) else { return Ok(()) };
        if let Some(host) = self.hosts.get(&id) {
            self.busy.remove(host);
        }
        let due = match outcome {
            Ok((due, news)) => {
                self.store_failures = 0;
                self.news |= news;
                due
            }
            Err(problem) => {
                self.store_failures += 1;
                error!(source.id = id, "the store failed: {problem:#}");
                anyhow::ensure!(self.store_failures < 5, "the store keeps failing: {problem:#}");
                clock::now().saturating_add(SignedDuration::from_mins(1))?
            }
        };
        if self.world.settings.source(&id).is_some_and(|entry| entry.source.enabled) {
            self.due.insert(id, due);
        }
        Ok(())
    }

    /// When to wake: the next source, or the next round of chores.
    fn next_wake(&self) -> Instant {
        let full = self.running.len() >= self.room();
        let next = if full { None } else { self.free().map(|(_, due)| due).min() };
        let until = next.map_or(TICK, |due| {
            Duration::try_from(due.duration_since(clock::now()))
                .unwrap_or(Duration::ZERO)
                .max(Duration::from_millis(200))
        });
        (Instant::now() + until).min(self.next_tick)
    }

    /// Chores: alerts when there is news or something that waited may leave, the weekly watch, mail, and a sign of life while the store answers.
    async fn tick(&mut self) -> anyhow::Result<()> {
        if Instant::now() < self.next_tick {
            return Ok(());
        }
        self.next_tick = Instant::now() + systemd::watchdog().map_or(TICK, |watchdog| TICK.min(watchdog / 3));
        let now = clock::now();
        match self.chores(now).await {
            Ok(()) => {
                self.store_failures = 0;
                systemd::alive();
            }
            Err(problem) => {
                self.store_failures += 1;
                error!("chores failed: {problem:#}");
                anyhow::ensure!(self.store_failures < 5, "chores keep failing: {problem:#}");
            }
        }
        Ok(())
    }

    async fn chores(&mut self, now: Timestamp) -> anyhow::Result<()> {
        let settings = &self.world.settings;
        let waits = self.store.is_due(now).await?;
        if (self.news || waits) && self.store.lease("alerts", &settings.worker, now, WATCH_LEASE).await? {
            if std::mem::take(&mut self.news) {
                let found = alerts_but(&self.store, settings, &mut self.missed, now).await;
                // What failed is looked at again in the next round.
                self.news = found.is_err();
                let new = found.context("finding alerts")?;
                if new > 0 {
                    info!(new, "{new} stories met a rule");
                }
            } else {
                release(&self.store, settings, now).await.context("queueing alerts that waited")?;
            }
            self.store.release("alerts", &settings.worker).await?;
        }
        self.weekly(now).await?;
        self.digests(now).await?;
        self.upkeep.round(&self.store, &self.world, self.stopping.clone(), now).await?;
        dispatch(&self.store, &self.world.channel, &self.world.settings.worker, now).await.context("sending mail")?;
        Ok(())
    }

    /// The digest of the last complete week, once it is due, and only for a week in which we were there.
    async fn weekly(&self, now: Timestamp) -> anyhow::Result<()> {
        let settings = &self.world.settings;
        let week = last_week(now);
        if now < first_due(settings, week) || self.store.is_watched(week).await? {
            return Ok(());
        }
        // One model for the whole series: a week is watched when the model in use has judged all that it is held against.
        if !self.store.unjudged(settings.knowledge.classifier.version(), 1).await?.is_empty() {
            return Ok(());
        }
        let since = self.store.poll_states().await?.into_iter().filter_map(|(_, state)| state.first_polled).min();
        if since.is_none_or(|since| since >= week.end())
            || !self.store.lease("watch", &settings.worker, now, WATCH_LEASE).await?
        {
            return Ok(());
        }
        let done = watch(&self.store, settings, week, now).await.context("watching the week")?;
        self.store.release("watch", &settings.worker).await?;
        info!(week = %week, done, "watched {week}");
        Ok(())
    }

    /// The digest for those who get it at another hour, and as files; what is there already is left alone.
    async fn digests(&self, now: Timestamp) -> anyhow::Result<()> {
        let settings = &self.world.settings;
        let queued = send_due(&self.store, settings, now).await.context("queueing digests")?;
        if queued > 0 {
            info!(queued, "queued {queued} digests");
        }
        // A full disk must not keep mail from leaving.
        match publish(&self.store, settings).await {
            Ok(true) => info!("wrote the digest as files"),
            Ok(false) => {}
            Err(problem) => warn!("could not write the digest as files: {problem}"),
        }
        Ok(())
    }

    /// Reads configuration and sources again. A fault keeps what we had and is told.
    async fn reload(&mut self, config: Option<&std::path::Path>) {
        systemd::reloading();
        let loaded = Settings::load(config)
            .map_err(anyhow::Error::from)
            .and_then(|settings| World::of(settings, Some(&self.world)));
        match loaded {
            Ok(world)
                if world.settings.database == self.world.settings.database
                    && world.settings.worker == self.world.settings.worker =>
            {
                self.world = world;
                // Rules may be others now, so that everything fresh is held against them.
                self.missed = Missed::default();
                self.news = true;
                match self.plan().await {
                    Ok(()) => info!(sources = self.due.len(), "read the configuration again"),
                    Err(problem) => error!("planning after a reload failed: {problem:#}"),
                }
            }
            Ok(_) => warn!("paths.state and worker.name only change with a restart; kept the old configuration"),
            Err(problem) => error!("kept the old configuration: {problem:#}"),
        }
        systemd::ready();
    }
}

/// Polls, unless another worker did so since we planned.
async fn poll_if_due(
    world: &World,
    store: &Store,
    stop: watch::Receiver<bool>,
    entry: &SourceEntry,
) -> anyhow::Result<(Timestamp, bool)> {
    let now = clock::now();
    let planned = store.poll_state(&entry.source.id).await?.due;
    if let Some(due) = planned.filter(|due| *due > now) {
        return Ok((due, false));
    }
    let context = Context {
        store,
        fetcher: &world.fetcher,
        knowledge: &world.settings.knowledge,
        worker: &world.settings.worker,
        state: &world.settings.state,
        fixed_now: None,
        stop,
        progress: None,
    };
    let (polled, problem, due) = poll_and_note(&context, entry, world.settings.rhythm).await?;
    if let Some(IngestError::Store(problem)) = problem {
        return Err(problem.into());
    }
    Ok((due, polled.tally.new > 0))
}

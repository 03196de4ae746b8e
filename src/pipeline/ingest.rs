//! One poll of one source: ask, read, keep, page by page. A page and the cursor that says "done up to here" are one
//! transaction; a poll that breaks off anywhere goes on from the last page that was kept.

use std::{
    hash::Hasher,
    path::Path,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp, civil::Date};
use siphasher::sip::SipHasher13;
use thiserror::Error;
use tokio::sync::watch;
use tracing::warn;

use super::keep::keep_page;
use crate::{
    adapters::{Adapter, Hints, Page, ReadError},
    clock,
    domain::{
        exchange::{Request, Response, Validators},
        health::Shape,
        source::{Source, SourceId},
        week::day,
    },
    fetch::{FetchError, Fetched, Fetcher, Terms},
    settings::{Knowledge, SourceEntry},
    store::{Store, StoreError, items::Tally, sources::PollState},
};

/// How long a lease on a source lasts; it is renewed with every page. Should a page ever take longer, two workers may read
/// the same page, and natural keys keep that harmless.
const LEASE: SignedDuration = SignedDuration::from_mins(15);

/// Why a poll ended early. What was kept stays kept.
#[derive(Debug, Error)]
pub enum IngestError {
    /// No answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// Not the document that we know.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another worker polls this source.
    #[error("een andere werker leest deze bron nu")]
    Leased,
    /// The day's budget of requests is spent.
    #[error("het budget van {0} vragen voor vandaag is op; morgen gaat het verder")]
    Budget(u32),
    /// We are stopping.
    #[error("gestopt voor het einde; de volgende keer gaat het verder")]
    Stopped,
}

/// Where the time of a poll went.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    /// Waiting for servers and turns.
    pub fetch: Duration,
    /// Reading and normalising.
    pub read: Duration,
    /// Judging.
    pub classify: Duration,
    /// Looking up and keeping.
    pub store: Duration,
}

/// What a poll brought.
#[derive(Debug, Clone, Default)]
pub struct Polled {
    /// Counts.
    pub tally: Tally,
    /// Pages read.
    pub pages: u32,
    /// The server said "unchanged".
    pub unchanged: bool,
    /// The server did not say so, but sent the same bytes as last time.
    pub same: bool,
    /// What the new items were made of.
    pub shape: Shape,
    /// How many records the source states for the question as a whole.
    pub stated: Option<u64>,
    /// How long the opening answer stays fresh, by its server.
    pub fresh_for: Option<SignedDuration>,
    /// What the document says about how often to ask.
    pub hints: Hints,
    /// Where the source has moved for good, by its server.
    pub moved: Option<String>,
    /// Digest of the opening answer.
    pub digest: String,
    /// Where the time went.
    pub times: Times,
}

/// Told after every page.
pub type Progressing<'a> = dyn Fn(&Source, &Polled) + Sync + 'a;

/// Everything that a poll needs.
#[derive(Clone)]
pub struct Context<'a> {
    /// The store.
    pub store: &'a Store,
    /// The door.
    pub fetcher: &'a Fetcher,
    /// What is known.
    pub knowledge: &'a Knowledge,
    /// Name in leases.
    pub worker: &'a str,
    /// Folder for damaged answers.
    pub state: &'a Path,
    /// A fixed time instead of the clock; only the demo and tests have one.
    pub fixed_now: Option<Timestamp>,
    /// Turns true when we must stop.
    pub stop: watch::Receiver<bool>,
    /// Told after every page: source and running counts.
    pub progress: Option<&'a Progressing<'a>>,
}

impl Context<'_> {
    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.fixed_now.unwrap_or_else(clock::now)
    }

    pub(super) fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits for an answer, but no longer than until the stop signal.
    pub(super) async fn get(
        &self,
        request: &Request,
        known: &Validators,
        source: &Source,
        opening: bool,
    ) -> Result<Fetched, IngestError> {
        if let Some(budget) = source.budget {
            let today = day(self.now()).to_string();
            if !self.store.spend(&source.id, &today, budget).await? {
                return Err(IngestError::Budget(budget));
            }
        }
        let terms = Terms::of(source, opening);
        let mut stop = self.stop.clone();
        tokio::select! {
            fetched = self.fetcher.get(request, known, terms) => Ok(fetched?),
            _ = stop.wait_for(|stopping| *stopping) => Err(IngestError::Stopped),
        }
    }
}

/// A walk over the pages of one source.
pub(super) struct Walk<'a, 'b> {
    pub(super) context: &'a Context<'b>,
    pub(super) source: &'a Source,
    pub(super) adapter: Box<dyn Adapter>,
    /// Under which name its cursor is kept: the source's own, or that of its backfill.
    pub(super) ledger: SourceId,
    /// What comes is old by design, and raises no alert.
    pub(super) backfill: bool,
}

/// Polls one source to the end of what is new. Gives back what was brought, also when it ended early.
pub async fn poll(context: &Context<'_>, entry: &SourceEntry) -> (Polled, Result<(), IngestError>) {
    let source = &entry.source;
    let adapter = entry.spec.clone().adapter();
    go(Walk { context, source, adapter, ledger: source.id.clone(), backfill: false }, None).await
}

/// Reads the past of a source from a day on, and goes on where it was broken off. None when this source has no past to ask
/// for.
pub async fn backfill(
    context: &Context<'_>,
    entry: &SourceEntry,
    from: Date,
) -> Option<(Polled, Result<(), IngestError>)> {
    let source = &entry.source;
    let adapter = entry.spec.clone().adapter();
    let opening = adapter.backfill(from, context.now())?;
    let walk = Walk { context, source, adapter, ledger: ledger_of_backfill(&source.id), backfill: true };
    Some(go(walk, Some(opening)).await)
}

/// The name under which a backfill keeps its place.
#[must_use]
pub fn ledger_of_backfill(source: &SourceId) -> SourceId {
    SourceId(format!("{source}#backfill"))
}

async fn go(walk: Walk<'_, '_>, opening: Option<Request>) -> (Polled, Result<(), IngestError>) {
    let context = walk.context;
    let lease = format!("poll:{}", walk.ledger);
    let mut polled = Polled::default();
    match context.store.lease(&lease, context.worker, clock::now(), LEASE).await {
        Ok(true) => {}
        Ok(false) => return (polled, Err(IngestError::Leased)),
        Err(error) => return (polled, Err(error.into())),
    }
    let outcome = walk.on(opening, &lease, &mut polled).await;
    let released = context.store.release(&lease, context.worker).await;
    (polled, outcome.and(released.map_err(IngestError::from)))
}

impl Walk<'_, '_> {
    async fn on(&self, opening: Option<Request>, lease: &str, polled: &mut Polled) -> Result<(), IngestError> {
        let Self { context, source, .. } = *self;
        let state = context.store.poll_state(&self.ledger).await?;
        let mut request = match (state.pending.clone(), opening) {
            (Some(pending), _) => pending,
            (None, Some(opening)) => opening,
            (None, None) => self.adapter.open(&state.cursor, context.now()),
        };
        // Validators belong to the opening page only; a page in the middle of a walk is always read.
        let mut known = if state.pending.is_none() { state.validators.clone() } else { Validators::default() };
        let mut first_validators: Option<Validators> = None;
        loop {
            let started = Instant::now();
            let fetched = context.get(&request, &known, source, polled.pages == 0).await;
            polled.times.fetch += started.elapsed();
            let response = match fetched? {
                Fetched::Fresh(response) => response,
                Fetched::Unchanged { fresh_for } => {
                    polled.unchanged = polled.pages == 0;
                    polled.fresh_for = fresh_for;
                    return Ok(());
                }
            };
            if polled.pages == 0 {
                opened(&response, &state, polled);
                first_validators = state.pending.is_none().then(|| response.validators.clone());
            }
            let started = Instant::now();
            let page = read(context, self.adapter.as_ref(), source, &response).await?;
            polled.times.read += started.elapsed();
            polled.pages += 1;
            let next = keep_page(self, page, &response, first_validators.as_ref(), polled).await?;
            if let Some(progress) = context.progress {
                progress(source, polled);
            }
            let Some(next) = next else { return Ok(()) };
            if context.is_stopping() {
                return Err(IngestError::Stopped);
            }
            context.store.lease(lease, context.worker, clock::now(), LEASE).await?;
            request = next;
            known = Validators::default();
        }
    }
}

/// What the opening answer tells, apart from its records.
fn opened(response: &Response, state: &PollState, polled: &mut Polled) {
    let mut hasher = SipHasher13::new_with_keys(11, 17);
    hasher.write(&response.body);
    polled.digest = format!("{:016x}", hasher.finish());
    polled.same = polled.digest == state.digest;
    polled.fresh_for = response.fresh_for;
    polled.moved.clone_from(&response.moved);
}

async fn read(
    context: &Context<'_>,
    adapter: &dyn Adapter,
    source: &Source,
    response: &Response,
) -> Result<Page, IngestError> {
    match adapter.read(response) {
        Ok(page) => Ok(page),
        Err(error) => {
            // The body is kept for study; the newest replaces the last, so that this never fills a disk.
            let file = context.state.join("damaged").join(format!("{}.body", source.id));
            if let Some(folder) = file.parent() {
                let written = match tokio::fs::create_dir_all(folder).await {
                    Ok(()) => tokio::fs::write(&file, &response.body).await,
                    Err(error) => Err(error),
                };
                if let Err(problem) = written {
                    warn!(source.id = %source.id, "could not keep the damaged answer: {problem}");
                }
            }
            Err(error.into())
        }
    }
}

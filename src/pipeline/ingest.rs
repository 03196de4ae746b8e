//! One poll of one source: ask, read, keep, page by page. A page and the cursor that says "done up to here" are one
//! transaction; a poll that breaks off anywhere goes on from the last page that was kept.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;
use tokio::sync::watch;
use tracing::{debug, warn};

use super::judge::judge;
use crate::{
    adapters::{Adapter, Page, ReadError},
    clock,
    domain::{
        exchange::{Request, Response, Validators},
        record::{Record, Rejection},
        source::Source,
    },
    fetch::{FetchError, Fetched, Fetcher, Terms},
    normalise::normalise,
    settings::{Knowledge, SourceEntry},
    store::{
        Store, StoreError,
        items::{Batch, Known, Tally},
        sources::Progress,
    },
};

/// A document of a record that failed this often is rejected for good, so that it cannot hold up its source for ever.
const MOST_DETAIL_FAILURES: u32 = 5;
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
#[derive(Debug, Clone, Copy, Default)]
pub struct Polled {
    /// Counts.
    pub tally: Tally,
    /// Pages read.
    pub pages: u32,
    /// The server said "unchanged".
    pub unchanged: bool,
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

    fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits for an answer, but no longer than until the stop signal.
    async fn get(&self, request: &Request, known: &Validators, terms: Terms) -> Result<Fetched, IngestError> {
        let mut stop = self.stop.clone();
        tokio::select! {
            fetched = self.fetcher.get(request, known, terms) => Ok(fetched?),
            _ = stop.wait_for(|stopping| *stopping) => Err(IngestError::Stopped),
        }
    }
}

/// Polls one source to the end of what is new. Gives back what was brought, also when it ended early.
pub async fn poll(context: &Context<'_>, entry: &SourceEntry) -> (Polled, Result<(), IngestError>) {
    let lease = format!("poll:{}", entry.source.id);
    let mut polled = Polled::default();
    match context.store.lease(&lease, context.worker, clock::now(), LEASE).await {
        Ok(true) => {}
        Ok(false) => return (polled, Err(IngestError::Leased)),
        Err(error) => return (polled, Err(error.into())),
    }
    let outcome = walk(context, entry, &lease, &mut polled).await;
    let released = context.store.release(&lease, context.worker).await;
    (polled, outcome.and(released.map_err(IngestError::from)))
}

async fn walk(context: &Context<'_>, entry: &SourceEntry, lease: &str, polled: &mut Polled) -> Result<(), IngestError> {
    let source = &entry.source;
    let adapter = entry.spec.clone().adapter();
    let state = context.store.poll_state(&source.id).await?;
    let mut request = match state.pending.clone() {
        Some(pending) => pending,
        None => adapter.open(&state.cursor, context.now()),
    };
    // Validators belong to the opening page only; a page in the middle of a walk is always read.
    let mut known = if state.pending.is_none() { state.validators.clone() } else { Validators::default() };
    let mut first_validators: Option<Validators> = None;
    loop {
        let started = Instant::now();
        let fetched = context.get(&request, &known, Terms::of(source, polled.pages == 0)).await;
        polled.times.fetch += started.elapsed();
        let response = match fetched? {
            Fetched::Fresh(response) => response,
            Fetched::Unchanged { .. } => {
                polled.unchanged = polled.pages == 0;
                return Ok(());
            }
        };
        if state.pending.is_none() && first_validators.is_none() {
            first_validators = Some(response.validators.clone());
        }
        let started = Instant::now();
        let page = read(context, adapter.as_ref(), source, &response).await?;
        polled.times.read += started.elapsed();
        polled.pages += 1;
        let next = keep_page(context, adapter.as_ref(), source, page, first_validators.as_ref(), polled).await?;
        if let Some(progress) = context.progress {
            progress(source, polled);
        }
        let Some(next) = next else { return Ok(()) };
        if context.is_stopping() {
            return Err(IngestError::Stopped);
        }
        if polled.pages >= source.max_pages && !entry_walks_on(&next) {
            return Ok(());
        }
        context.store.lease(lease, context.worker, clock::now(), LEASE).await?;
        request = next.request;
        known = Validators::default();
    }
}

/// A walk over windows ends by itself; only a walk into an archive is bounded by the source's `max-pages`.
fn entry_walks_on(next: &crate::adapters::Next) -> bool {
    !next.only_if_new
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

/// Completes, cleans, judges and keeps one page. Gives back the page after it.
async fn keep_page(
    context: &Context<'_>,
    adapter: &dyn Adapter,
    source: &Source,
    page: Page,
    validators: Option<&Validators>,
    polled: &mut Polled,
) -> Result<Option<crate::adapters::Next>, IngestError> {
    let Page { records, rejected, next, cursor, .. } = page;
    let started = Instant::now();
    let keys: Vec<String> = records.iter().map(|record| record.key.clone()).collect();
    let held = context.store.known(&source.id, &keys).await?;
    polled.times.store += started.elapsed();
    let mut batch = Batch { rejected, ..Batch::default() };
    let (broken_off, already) = fill(context, adapter, source, records, &held, &mut batch, polled).await;
    let brought_new = batch.judged.iter().any(|judged| !held.contains_key(&judged.item.key));
    let next = next.filter(|next| !next.only_if_new || brought_new);
    if broken_off.is_none() {
        let goes_on = next.as_ref().filter(|next| !next.only_if_new || polled.pages < source.max_pages);
        batch.progress = Some(Progress {
            cursor: (!cursor.0.is_empty()).then_some(cursor),
            pending: goes_on.map(|next| next.request.clone()),
            validators: goes_on.is_none().then(|| validators.cloned()).flatten(),
        });
    }
    let started = Instant::now();
    let mut tally = context.store.keep(&source.id, &batch, context.now()).await?;
    polled.times.store += started.elapsed();
    tally.known += already;
    polled.tally.add(tally);
    broken_off.map_or(Ok(next), Err)
}

/// Fills a batch from records. Gives back why it was broken off, if it was, and how many records were known already.
async fn fill(
    context: &Context<'_>,
    adapter: &dyn Adapter,
    source: &Source,
    records: Vec<Record>,
    held: &HashMap<String, Known>,
    batch: &mut Batch,
    polled: &mut Polled,
) -> (Option<IngestError>, u32) {
    let mut already = 0;
    let mut failed = None;
    for record in records {
        let known = held.get(&record.key);
        // The same revision again, kept or refused for good, needs no second look.
        let same = known.is_some_and(|known| {
            known.revision == record.revision
                && (known.content_hash.is_some() || known.times_rejected >= MOST_DETAIL_FAILURES)
        });
        if record.detail.is_some() && same {
            already += 1;
            continue;
        }
        let record = match complete(context, adapter, source, record, polled).await {
            Ok(Ok(record)) => record,
            Ok(Err(rejection)) => {
                batch.rejected.push(rejection);
                continue;
            }
            Err((rejection, error @ IngestError::Stopped)) => {
                debug!(key = rejection.key, "stopping before its document came");
                return (Some(error), already);
            }
            Err((rejection, error)) => {
                batch.rejected.push(rejection);
                let last_chance = known.map_or(0, |known| known.times_rejected) + 1 >= MOST_DETAIL_FAILURES;
                if !last_chance {
                    failed = Some(error);
                }
                continue;
            }
        };
        let started = Instant::now();
        let item = normalise(record, source, context.now());
        polled.times.read += started.elapsed();
        match item {
            Ok(item) => {
                let unchanged = known.is_some_and(|known| known.content_hash.as_deref() == Some(&item.content_hash));
                if unchanged && !item.withdrawn && item.revision.is_empty() {
                    already += 1;
                    continue;
                }
                let started = Instant::now();
                batch.judged.push(judge(context.knowledge, item));
                polled.times.classify += started.elapsed();
            }
            Err(rejection) => batch.rejected.push(rejection),
        }
    }
    (failed, already)
}

/// Fetches and reads a record's own document, where it names one. The outer error is one that may pass.
async fn complete(
    context: &Context<'_>,
    adapter: &dyn Adapter,
    source: &Source,
    record: Record,
    polled: &mut Polled,
) -> Result<Result<Record, Rejection>, (Rejection, IngestError)> {
    let Some(request) = record.detail.clone() else { return Ok(Ok(record)) };
    let rejection = |why: String| Rejection { key: record.key.clone(), revision: record.revision.clone(), why };
    let started = Instant::now();
    let fetched = context.get(&request, &Validators::default(), Terms::of(source, false)).await;
    polled.times.fetch += started.elapsed();
    let response = match fetched {
        Ok(Fetched::Fresh(response)) => response,
        Ok(Fetched::Unchanged { .. }) => return Ok(Err(rejection("'niet gewijzigd' op een vraag zonder voorwaarde".into()))),
        Err(IngestError::Fetch(error)) if error.is_gone() => {
            Response { status: 404, ..Response::saved(request, Vec::new()) }
        }
        Err(error) => return Err((rejection(format!("document niet opgehaald: {error}")), error)),
    };
    let refused = rejection(String::new());
    let started = Instant::now();
    let completed = adapter.complete(record, &response);
    polled.times.read += started.elapsed();
    Ok(completed.map_err(|error| Rejection { why: error.to_string(), ..refused }))
}

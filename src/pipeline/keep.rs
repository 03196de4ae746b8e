//! From a page as read to rows as kept: completes records with their own documents, cleans, masks, judges, and writes all of
//! it together with the cursor in one transaction.

use std::{collections::HashMap, time::Instant};

use tracing::debug;

use super::{
    ingest::{IngestError, Polled, Walk},
    judge::judge,
};
use crate::{
    adapters::{Page, page},
    domain::{
        exchange::{Request, Response, Validators},
        item::Item,
        record::{Record, Rejection},
    },
    fetch::Fetched,
    normalise::normalise,
    store::{
        context::Registered,
        items::{Batch, Known},
        raw::Raw,
        sources::Progress,
    },
};

/// A document of a record that failed this often is rejected for good, so that it cannot hold up its source for ever.
const MOST_DETAIL_FAILURES: u32 = 5;

/// Most records that are taken from one answer: the largest page of any source that we know has a thousand.
const MOST_RECORDS: usize = 10_000;

/// A page on its way to the store.
struct Keeping<'a, 'b> {
    walk: &'a Walk<'a, 'b>,
    held: HashMap<String, Known>,
    batch: Batch,
    /// Records that were known already.
    already: u32,
    /// A failure that may pass: the page is asked for again.
    failed: Option<IngestError>,
}

/// Completes, cleans, judges and keeps one page. Gives back the question for the page after it, if the walk goes on.
pub(super) async fn keep_page(
    walk: &Walk<'_, '_>,
    page: Page,
    response: &Response,
    validators: Option<&Validators>,
    polled: &mut Polled,
) -> Result<Option<Request>, IngestError> {
    let Walk { context, source, .. } = *walk;
    let Page { mut records, mut rejected, next, cursor, figures, stated, hints } = page;
    if records.len() > MOST_RECORDS {
        rejected.push(Rejection::new(
            "hele antwoord",
            format!("{} berichten in een antwoord; de eerste {MOST_RECORDS} zijn gelezen", records.len()),
        ));
        records.truncate(MOST_RECORDS);
    }
    if polled.pages == 1 {
        polled.hints = hints;
        polled.stated = stated;
    }
    let started = Instant::now();
    let keys: Vec<String> = records.iter().map(|record| record.key.clone()).collect();
    let held = context.store.known(&source.id, &keys).await?;
    polled.times.store += started.elapsed();
    let raws = vec![Raw::of(response)?];
    let batch = Batch { ledger: walk.ledger.clone(), rejected, figures, raws, ..Batch::default() };
    let mut keeping = Keeping { walk, held, batch, already: 0, failed: None };
    keeping.fill(records, polled).await;
    let Keeping { held, mut batch, already, failed, .. } = keeping;
    let brought_new = batch.judged.iter().any(|judged| !held.contains_key(&judged.item.key));
    let goes_on = next
        .filter(|next| !next.only_if_new || brought_new && polled.pages < source.max_pages)
        .map(|next| next.request);
    if failed.is_none() {
        batch.progress = Some(Progress {
            cursor: (!cursor.0.is_empty()).then_some(cursor),
            pending: goes_on.clone(),
            validators: goes_on.is_none().then(|| validators.cloned()).flatten(),
        });
    }
    let started = Instant::now();
    let mut tally = context.store.keep(&source.id, &batch, context.now()).await?;
    polled.times.store += started.elapsed();
    tally.known += already;
    polled.tally.add(tally);
    for judged in batch.judged.iter().filter(|judged| !held.contains_key(&judged.item.key)) {
        polled.shape.add(&judged.item);
    }
    failed.map_or(Ok(goes_on), Err)
}

impl Keeping<'_, '_> {
    /// Fills the batch from records; stops at once when we are told to stop.
    async fn fill(&mut self, records: Vec<Record>, polled: &mut Polled) {
        for record in records {
            let known = self.held.get(&record.key).cloned();
            // The same revision again, kept or refused for good, needs no second look.
            let same = known.as_ref().is_some_and(|known| {
                known.revision == record.revision
                    && (known.content_hash.is_some() || known.times_rejected >= MOST_DETAIL_FAILURES)
            });
            if !record.revision.is_empty() && same {
                self.already += 1;
                continue;
            }
            match self.complete(record, polled).await {
                Ok(Ok((record, raw))) => self.take(record, raw, known.as_ref(), polled).await,
                Ok(Err(rejection)) => self.batch.rejected.push(rejection),
                Err((rejection, error @ (IngestError::Stopped | IngestError::Budget(_)))) => {
                    debug!(key = rejection.key, "ending before its document came");
                    self.failed = Some(error);
                    return;
                }
                Err((rejection, error)) => {
                    self.batch.rejected.push(rejection);
                    if known.map_or(0, |known| known.times_rejected) + 1 < MOST_DETAIL_FAILURES {
                        self.failed = Some(error);
                    }
                }
            }
        }
    }

    /// Takes a complete record into the batch: as a registration, or as an item.
    async fn take(&mut self, mut record: Record, raw: usize, known: Option<&Known>, polled: &mut Polled) {
        if let Some(registration) = record.registration.take() {
            let place = registration.place.clone().unwrap_or_default();
            let gemeente =
                record.gemeente.or_else(|| self.walk.context.knowledge.gazetteer.find("", &place).into_iter().next());
            self.batch.registered.push(Registered { key: record.key, registration, gemeente });
            return;
        }
        let started = Instant::now();
        let stated = record.gemeente.take();
        let item = normalise(record, self.walk.source, self.walk.context.now());
        polled.times.read += started.elapsed();
        let mut item = match item {
            Ok(item) => Item { backfill: item.backfill || self.walk.backfill, ..item },
            Err(rejection) => return self.batch.rejected.push(rejection),
        };
        let unchanged = known.is_some_and(|known| known.content_hash.as_deref() == Some(&item.content_hash));
        if unchanged && !item.withdrawn && item.revision.is_empty() {
            self.already += 1;
            return;
        }
        if self.walk.source.full_text && !item.withdrawn {
            self.read_on(&mut item, polled).await;
        }
        let started = Instant::now();
        let mut judged = judge(self.walk.context.knowledge, item, stated);
        judged.raw = Some(raw);
        self.batch.judged.push(judged);
        polled.times.classify += started.elapsed();
    }

    /// Reads the article behind an item's link. What goes wrong here costs the item nothing: it keeps its summary.
    async fn read_on(&self, item: &mut Item, polled: &mut Polled) {
        let Some(link) = item.link.clone() else { return };
        let request = Request::new(link, "text/html, application/xhtml+xml");
        let started = Instant::now();
        let fetched = self.walk.context.get(&request, &Validators::default(), self.walk.source, false).await;
        polled.times.fetch += started.elapsed();
        match fetched {
            Ok(Fetched::Fresh(response)) => {
                let html = crate::adapters::encoding::decode(&response.body, response.content_type.as_deref());
                let text = page::article(&html, &response.address).map(|(_, text)| text);
                item.article = text.map(|text| crate::normalise::article(&text));
            }
            Ok(Fetched::Unchanged { .. }) => {}
            Err(error) => debug!(source.id = %self.walk.source.id, "no article behind {}: {error}", item.key),
        }
    }

    /// Fetches and reads a record's own document, where it names one. Gives back the record and the place of its raw answer
    /// in the batch. The outer error is one that may pass.
    async fn complete(
        &mut self,
        record: Record,
        polled: &mut Polled,
    ) -> Result<Result<(Record, usize), Rejection>, (Rejection, IngestError)> {
        let Some(request) = record.detail.clone() else { return Ok(Ok((record, 0))) };
        let rejection = |why: String| Rejection { key: record.key.clone(), revision: record.revision.clone(), why };
        let started = Instant::now();
        let fetched = self.walk.context.get(&request, &Validators::default(), self.walk.source, false).await;
        polled.times.fetch += started.elapsed();
        let response = match fetched {
            Ok(Fetched::Fresh(response)) => *response,
            Ok(Fetched::Unchanged { .. }) => {
                return Ok(Err(rejection("'niet gewijzigd' op een vraag zonder voorwaarde".into())));
            }
            Err(IngestError::Fetch(error)) if error.is_gone() => {
                Response { status: 404, ..Response::saved(request, Vec::new()) }
            }
            Err(error) => return Err((rejection(format!("document niet opgehaald: {error}")), error)),
        };
        let refused = rejection(String::new());
        let started = Instant::now();
        let completed = self.walk.adapter.complete(record, &response);
        polled.times.read += started.elapsed();
        let record = match completed {
            Ok(record) => record,
            Err(error) => return Ok(Err(Rejection { why: error.to_string(), ..refused })),
        };
        match Raw::of(&response) {
            Ok(raw) => self.batch.raws.push(raw),
            Err(error) => return Err((refused, error.into())),
        }
        Ok(Ok((record, self.batch.raws.len() - 1)))
    }
}

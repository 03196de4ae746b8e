//! Held against stated. A source that states a total is asked, once a week and per closed month, how many records it has;
//! where we hold too few, the month is walked again and what was missing is fetched.

use jiff::{Span, Timestamp, ToSpan, civil::Date};
use tracing::{info, warn};

use super::ingest::{Context, IngestError, backfill};
use crate::{
    adapters::Adapter,
    domain::{
        exchange::Validators,
        week::{amsterdam, day},
    },
    fetch::Fetched,
    settings::SourceEntry,
    store::reconcile::Month,
};

/// Closed months that are looked back.
const MONTHS: i32 = 3;
/// A month with a smaller share is red, and is repaired.
pub const RED: f64 = 0.98;

/// Checks the closed months of one source in which we were there. Empty when it states no totals.
///
/// # Errors
/// When the source or the store fails; what was checked stays written.
pub async fn reconcile(
    context: &Context<'_>,
    entry: &SourceEntry,
    since: Timestamp,
) -> Result<Vec<Month>, IngestError> {
    let adapter = entry.spec.clone().adapter();
    let this_month = day(context.now()).first_of_month();
    let mut checked = Vec::new();
    for back in (1..=MONTHS).rev() {
        let step = |months: i32| this_month.saturating_sub(Span::new().months(months));
        let (from, to) = (step(back), step(back - 1));
        if day(since) > from {
            continue;
        }
        let Some(mut month) = count(context, entry, adapter.as_ref(), from, to).await? else { break };
        if month.share() < RED {
            warn!(
                source.id = %entry.source.id, month = month.month, stated = month.stated, held = month.held,
                "holding {} of {} records; fetching the rest", month.held, month.stated
            );
            month = repair(context, entry, month, from, to).await?;
        }
        context.store.note_month(&month).await?;
        checked.push(month);
    }
    Ok(checked)
}

/// What the source states of a month, beside what we hold.
async fn count(
    context: &Context<'_>,
    entry: &SourceEntry,
    adapter: &dyn Adapter,
    from: Date,
    to: Date,
) -> Result<Option<Month>, IngestError> {
    let Some(request) = adapter.count(from, to) else { return Ok(None) };
    let Fetched::Fresh(response) = context.get(&request, &Validators::default(), &entry.source, false).await? else {
        return Ok(None);
    };
    let Some(stated) = adapter.read(&response)?.stated else { return Ok(None) };
    Ok(Some(Month {
        source: entry.source.id.clone(),
        month: from.strftime("%Y-%m").to_string(),
        stated: i64::try_from(stated).unwrap_or(i64::MAX),
        held: held(context, entry, from, to).await?,
        missing: String::new(),
        checked: context.now(),
    }))
}

async fn held(context: &Context<'_>, entry: &SourceEntry, from: Date, to: Date) -> Result<i64, IngestError> {
    Ok(context.store.held(&entry.source.id, midnight(from), midnight(to)).await?)
}

async fn repair(
    context: &Context<'_>,
    entry: &SourceEntry,
    month: Month,
    from: Date,
    to: Date,
) -> Result<Month, IngestError> {
    let started = context.now();
    let Some((polled, outcome)) = backfill(context, entry, from).await else { return Ok(month) };
    outcome?;
    context.store.forget(&super::ingest::ledger_of_backfill(&entry.source.id)).await?;
    let brought = context.store.brought(&entry.source.id, started, midnight(from), midnight(to)).await?;
    let held = held(context, entry, from, to).await?;
    info!(source.id = %entry.source.id, new = polled.tally.new, "repaired {}: {held} of {}", month.month, month.stated);
    Ok(Month { held, missing: brought.join("\n"), ..month })
}

fn midnight(day: Date) -> Timestamp {
    day.to_zoned_datetime(amsterdam().clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// When a source is checked again.
#[must_use]
pub fn next_check(last: Timestamp) -> Timestamp {
    last.saturating_add((7 * 24).hours()).unwrap_or(last)
}

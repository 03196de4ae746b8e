//! Digests that were told: shown again as they were known then, queued for each subscription at its own hour, and written as
//! files and as an Atom feed.

use std::path::Path;

use jiff::{SignedDuration, Timestamp, civil::Weekday};
use thiserror::Error;

use super::{WatchError, due_for};
use crate::{
    domain::{message::Message, reader::Reader, week::Week},
    report::{
        digest::{Edition, compose, parts::Digest},
        feed,
    },
    settings::{Settings, WatchTime},
    store::{Store, StoreError},
};

/// A digest that could not leave within this is old news.
const LATE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Weeks in the feed.
const FEED_WEEKS: u32 = 26;

/// Why the files of a digest could not be written.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The digest could not be read or composed.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The disk failed.
    #[error("de map 'digest' kan niet worden geschreven: {0}")]
    Disk(#[from] std::io::Error),
}

/// The digest of a week as it was told, if it was.
///
/// # Errors
/// When the store fails, or holds what this version cannot read.
pub async fn as_told(store: &Store, week: Week) -> Result<Option<Digest>, StoreError> {
    let told = store.told_weeks(Some(week), 1).await?.into_iter().find(|told| told.week == week);
    let read = |json: String| serde_json::from_str(&json).map_err(|error| StoreError::Content(error.to_string()));
    told.map(|told| read(told.digest)).transpose()
}

/// The first moment at which anything of a week is due: its watch, or a subscription that wants it sooner.
#[must_use]
pub fn first_due(settings: &Settings, week: Week) -> Timestamp {
    let each = settings.subscriptions.iter().map(|own| due_for(week, at(own)));
    each.chain([due_for(week, settings.watch)]).min().unwrap_or_else(|| week.end())
}

fn at(subscription: &Reader) -> WatchTime {
    WatchTime { day: subscription.day, hour: subscription.hour }
}

/// The mails of a digest for every subscription that is due.
///
/// # Errors
/// When a template cannot be filled.
pub(super) fn mails(settings: &Settings, digest: &Digest, now: Timestamp) -> Result<Vec<Message>, askama::Error> {
    let mut messages = Vec::new();
    for reader in settings.subscriptions.iter().filter(|own| due_for(digest.week, at(own)) <= now) {
        let edition = Edition { reader, shapes: &settings.region.shapes, composed: now };
        for to in &reader.to {
            messages.push(compose(digest, to, &edition)?);
        }
    }
    Ok(messages)
}

/// Queues what was told and has become due for a subscription since. Gives back how many mails were new.
///
/// # Errors
/// When the store or a template fails; what was queued stays queued.
pub async fn send_due(store: &Store, settings: &Settings, now: Timestamp) -> Result<u32, WatchError> {
    let mut queued = 0;
    for week in [Week::of(now).plus(-2), Week::of(now).plus(-1)] {
        let mut digest: Option<Digest> = None;
        for reader in &settings.subscriptions {
            let due = due_for(week, at(reader));
            if due > now || now.duration_since(due) >= LATE {
                continue;
            }
            for to in &reader.to {
                if store.is_queued(&reader.key(week), to).await? {
                    continue;
                }
                if digest.is_none() {
                    digest = as_told(store, week).await?;
                }
                let Some(digest) = &digest else { break };
                let edition = Edition { reader, shapes: &settings.region.shapes, composed: now };
                queued += store.queue(&[compose(digest, to, &edition)?]).await?;
            }
        }
    }
    Ok(queued)
}

/// Writes the newest digest as `digest/2026-W40.html` and `.json`, and the feed, unless they are there. They are made of what
/// is stored, so a crash before them costs nothing: the next call makes them. Gives back whether it wrote.
///
/// # Errors
/// When the store or the disk fails.
pub async fn publish(store: &Store, settings: &Settings) -> Result<bool, FilesError> {
    let newest = store.told_weeks(None, 1).await.map_err(WatchError::from)?;
    let Some(newest) = newest.first() else { return Ok(false) };
    let folder = settings.state.join("digest");
    let json = folder.join(format!("{}.json", newest.week));
    if tokio::fs::try_exists(&json).await? {
        return Ok(false);
    }
    tokio::fs::create_dir_all(&folder).await?;
    let everything = Reader::to_all(Vec::new(), Weekday::Monday, settings.watch.hour);
    let mut digests = Vec::new();
    for told in store.told_weeks(None, FEED_WEEKS).await.map_err(WatchError::from)? {
        // A week that this version cannot read is no reason to withhold the others.
        digests.extend(serde_json::from_str::<Digest>(&told.digest).ok());
    }
    if let Some(digest) = digests.first().filter(|digest| digest.week == newest.week) {
        let edition = Edition { reader: &everything, shapes: &settings.region.shapes, composed: digest.known };
        let message = compose(digest, "", &edition).map_err(WatchError::from)?;
        write(&folder.join(format!("{}.html", newest.week)), message.html_alone().as_bytes()).await?;
    }
    let atom = feed::compose(&settings.region.name, &digests, &everything).map_err(WatchError::from)?;
    write(&folder.join("feed.atom"), atom.as_bytes()).await?;
    // Last, because it says that all of it is there.
    write(&json, newest.digest.as_bytes()).await?;
    Ok(true)
}

/// Written beside and moved over, so that a reader never sees half a file.
async fn write(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = file.with_extension("new");
    tokio::fs::write(&beside, bytes).await?;
    tokio::fs::rename(&beside, file).await
}

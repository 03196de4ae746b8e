//! Counts → trends → digest, alerts and drafts of signals → outbox. What is found and the mail that tells it are written
//! in one transaction, so that a week is told once, whatever crashes.

mod archive;
mod complete;
mod corrections;
mod drafts;
mod emerging;
mod findings;
mod view;

use jiff::{Timestamp, civil::Time};
use thiserror::Error;

pub use super::alerts::alerts;
pub use archive::{FilesError, as_told, first_due, publish, send_due};
pub use drafts::drafts;
pub use emerging::names_place;
pub use view::digest;

use crate::{
    domain::{
        message::Message,
        trend::{Cluster, Narrowing, Topic, Trend},
        week::{Week, amsterdam},
    },
    report,
    settings::{Settings, WatchTime},
    store::{Store, StoreError, signals::Watched},
    trend::{
        detect,
        series::{Counted, Stories, count},
    },
};

/// Why a watch failed.
#[derive(Debug, Error)]
pub enum WatchError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A template could not be filled.
    #[error("een mail kan niet worden opgemaakt: {0}")]
    Compose(#[from] askama::Error),
}

/// What was found in a week.
#[derive(Debug)]
pub struct Findings {
    /// The week.
    pub week: Week,
    /// Trends, surest first.
    pub trends: Vec<Trend>,
    /// New topics, strongest first.
    pub topics: Vec<Topic>,
    /// Neighbouring gemeenten that stand out together.
    pub clusters: Vec<Cluster>,
    /// The series and the panel.
    pub counted: Counted,
}

/// The last week that is complete at a moment.
#[must_use]
pub fn last_week(now: Timestamp) -> Week {
    Week::of(now).plus(-1)
}

/// The moment at which the digest of a week is due, in the week after it.
#[must_use]
pub fn due_for(week: Week, at: WatchTime) -> Timestamp {
    let monday = week.plus(1).monday();
    let day = monday.checked_add(jiff::Span::new().days(i64::from(at.day.to_monday_zero_offset()))).unwrap_or(monday);
    let time = Time::new(at.hour, 0, 0, 0).unwrap_or(Time::MIN);
    day.to_datetime(time).to_zoned_datetime(amsterdam().clone()).map_or(week.end(), |zoned| zoned.timestamp())
}

/// Finds what changed in a week.
///
/// # Errors
/// When the store fails.
pub async fn find(store: &Store, settings: &Settings, week: Week) -> Result<Findings, StoreError> {
    let model = settings.knowledge.classifier.version();
    let history = settings.trend.weeks;
    let from = week.plus(-i64::try_from(history).unwrap_or(60));
    let tellings = store.tellings(model, from, week).await?;
    let labelled = store.labelled(model, from, week).await?;
    let mut marked = store.marked(model, from, week).await?;
    // A gemeente that was merged or renamed goes on under its new code, or its past would be missing.
    for mark in marked.iter_mut().filter(|mark| mark.axis == Narrowing::Gemeente) {
        mark.value = settings.knowledge.gazetteer.current(&mark.value).to_owned();
    }
    let all: Vec<String> = settings.knowledge.classifier.fenomenen().map(str::to_owned).collect();
    let stories = Stories { tellings: &tellings, labelled: &labelled, marked: &marked };
    let counted = count(stories, week, history, &settings.region.gemeenten, &all);
    let mut trends = detect(&counted.series, &settings.trend);
    rate(&mut trends, settings);
    let topics = emerging::topics(store, settings, week, (&tellings, &marked, &counted.panel)).await?;
    let clusters = emerging::clusters(settings, &counted.series);
    Ok(Findings { week, trends, topics, clusters, counted })
}

/// Stories per 100,000 inhabitants, where a trend is of one gemeente.
fn rate(trends: &mut [Trend], settings: &Settings) {
    for trend in trends {
        let gemeente = trend.key.gemeente.as_ref().and_then(|code| settings.knowledge.gazetteer.gemeente(code));
        trend.per_100_000 = gemeente
            .filter(|gemeente| gemeente.inhabitants > 0)
            .map(|gemeente| f64::from(trend.seen) * 100_000.0 / f64::from(gemeente.inhabitants));
        rate(&mut trend.parts, settings);
    }
}

/// Watches a week: finds, composes, and writes findings and mails together. False when it was watched before.
///
/// # Errors
/// When the store or a template fails; no mail is queued then, and the week is watched again.
pub async fn watch(store: &Store, settings: &Settings, week: Week, now: Timestamp) -> Result<bool, WatchError> {
    if store.is_watched(week).await? {
        return Ok(false);
    }
    let findings = find(store, settings, week).await?;
    let signals = drafts(store, settings, &findings, now).await?;
    let digest = digest(store, settings, &findings, now).await?;
    let mut messages: Vec<Message> = archive::mails(settings, &digest, now)?;
    for signal in &signals {
        for to in &settings.recipients.signals {
            messages.push(report::signal::compose(&signal.draft, signal.id, &signal.key, to, now)?);
        }
    }
    let model = settings.knowledge.classifier.version().to_owned();
    let digest = serde_json::to_string(&digest).map_err(|error| StoreError::Content(error.to_string()))?;
    let watched = Watched { week, model, findings: summary(&findings)?, digest, messages };
    Ok(store.watched(&watched, now).await?)
}

/// The findings as JSON, to show a week again as it was known then.
fn summary(findings: &Findings) -> Result<String, StoreError> {
    let told = serde_json::json!({
        "trends": findings.trends, "topics": findings.topics, "clusters": findings.clusters, "panel": findings.counted.panel,
    });
    serde_json::to_string(&told).map_err(|error| StoreError::Content(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_week_is_due_on_the_monday_after_it() {
        let at = WatchTime { day: jiff::civil::Weekday::Monday, hour: 7 };
        let now: Timestamp = "2026-10-05T04:59:00Z".parse().expect("a time");
        assert_eq!(due_for(last_week(now), at).to_string(), "2026-10-05T05:00:00Z");
        assert_eq!(last_week(now).to_string(), "2026-W40");
    }
}

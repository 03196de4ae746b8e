//! Attenderingen: what is new is held against the rules and noted, once per rule, story and recipient; what was noted leaves
//! when its rule's pace lets it. Noting and telling are two steps, each in one transaction, so that a crash between them
//! leaves a row that waits and nothing else.

mod compose;
pub mod rules;
pub mod trial;

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use super::watch::WatchError;
use crate::{
    domain::pace::{Waiting, day_start},
    settings::{AlertRule, Settings},
    store::{
        Store, StoreError,
        waiting::{Candidate, Met, Noted},
    },
};
use rules::{Miss, meets};

/// Items first seen longer ago than this raise no alert: after a long stop they stand in the digest.
pub const WINDOW: SignedDuration = SignedDuration::from_hours(48);
/// Stories end within ten days, so that what was noted this long ago cannot be met again by a fresh telling.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Texts that were read in vain: rule, item and version. A rule that asks for words would else read two days of texts at
/// every piece of news. Only for as long as the rules stay the same; a lost one costs a second look.
#[derive(Debug, Default)]
pub struct Missed(HashSet<(String, i64, i64)>);

/// Notes what is new and queues what may leave. Gives back how many stories were new to their rule.
///
/// # Errors
/// When the store or a template fails; what was noted or queued stays so.
pub async fn alerts(store: &Store, settings: &Settings, now: Timestamp) -> Result<u32, WatchError> {
    alerts_but(store, settings, &mut Missed::default(), now).await
}

/// As [`alerts`], for who asks often: does not read again what was read in vain.
///
/// # Errors
/// When the store or a template fails; what was noted or queued stays so.
pub async fn alerts_but(
    store: &Store,
    settings: &Settings,
    missed: &mut Missed,
    now: Timestamp,
) -> Result<u32, WatchError> {
    let model = settings.knowledge.classifier.version();
    let fresh = store.candidates(model, now.saturating_sub(WINDOW).unwrap_or(now), false).await?;
    let held: HashSet<i64> = fresh.iter().map(|item| item.id).collect();
    missed.0.retain(|(_, item, _)| held.contains(item));
    let mut new = 0;
    for rule in settings.knowledge.rules.iter().filter(|rule| !rule.off) {
        new += note(store, settings, rule, &fresh, missed, now).await?;
    }
    release(store, settings, now).await?;
    Ok(new)
}

/// Notes the stories that meet a rule for those recipients that do not have them yet.
async fn note(
    store: &Store,
    settings: &Settings,
    rule: &AlertRule,
    fresh: &[Candidate],
    missed: &mut Missed,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let mut noted = store.noted(&rule.id, now.saturating_sub(REMEMBERED).unwrap_or(now)).await?;
    let recipients = rule.recipients(settings);
    let mut hits = Vec::new();
    for item in fresh {
        let open: Vec<&String> = recipients.iter().filter(|to| !noted.contains(&(item.story, (*to).clone()))).collect();
        let text = (rule.id.clone(), item.id, item.version);
        if open.is_empty() || missed.0.contains(&text) {
            continue;
        }
        match meets(store, settings, rule, item).await? {
            Ok(hit) => {
                noted.extend(open.iter().map(|to| (item.story, (*to).clone())));
                hits.push((item, hit, open));
            }
            Err(Miss::Words | Miss::Phrases) => {
                missed.0.insert(text);
            }
            Err(_) => {}
        }
    }
    let due = rule.pace(settings.watch).due(now);
    let met: Vec<Met<'_>> = hits
        .iter()
        .flat_map(|(item, hit, open)| {
            open.iter().map(|recipient| Met {
                rule: &rule.id,
                story: item.story,
                item: item.id,
                recipient,
                due,
                label: hit.label.as_ref().map(|(fenomeen, p)| (fenomeen.as_str(), *p)),
                words: &hit.words,
            })
        })
        .collect();
    if met.is_empty() { Ok(0) } else { store.note(&met, now).await }
}

/// Queues what may leave now. Gives back the number of mails.
///
/// # Errors
/// When the store or a template fails; what was queued stays queued.
pub async fn release(store: &Store, settings: &Settings, now: Timestamp) -> Result<u32, WatchError> {
    let waiting = store.waiting().await?;
    let mut mails = 0;
    for group in waiting.chunk_by(|a, b| a.rule == b.rule && a.recipient == b.recipient) {
        if group.iter().any(|one| one.due <= now) {
            mails += release_group(store, settings, group, now).await?;
        }
    }
    Ok(mails)
}

/// Queues what may leave of one rule to one recipient.
async fn release_group(store: &Store, settings: &Settings, group: &[Noted], now: Timestamp) -> Result<u32, WatchError> {
    let Some(first) = group.first() else { return Ok(0) };
    let speaks = |rule: &&AlertRule| !rule.off && rule.recipients(settings).contains(&first.recipient);
    let Some(rule) = settings.rule(&first.rule).filter(speaks) else {
        // Told when its time comes and not before, so that a rule that is off for an hour loses nothing.
        let due: Vec<&Noted> = group.iter().filter(|one| one.due <= now).collect();
        store.drop_alerts(&due, "regel uit of ontvanger weg").await?;
        return Ok(0);
    };
    let pace = rule.pace(settings.watch);
    let waits: Vec<Waiting> = group.iter().map(|one| Waiting { due: one.due, over: one.over }).collect();
    let sent = store.mails_since(&rule.id, &first.recipient, day_start(now)).await?;
    let release = pace.release(&waits, sent, now);
    let of = |places: &[usize]| places.iter().filter_map(|place| group.get(*place)).collect::<Vec<&Noted>>();
    let over = of(&release.over);
    if !over.is_empty() {
        store.collect(&over, pace.collected(now)).await?;
    }
    let later = over.len() + group.iter().filter(|one| one.over && one.due > now).count();
    let mut mails = 0;
    for places in &release.mails {
        let told = of(places);
        let (entries, gone) = compose::entries(store, settings, rule, &told).await?;
        if !gone.is_empty() {
            store.drop_alerts(&gone, "ingetrokken bij de bron").await?;
        }
        let Some(message) = compose::message(rule, &entries, later, &first.recipient, now)? else { continue };
        let standing: Vec<&Noted> =
            told.into_iter().filter(|one| !gone.iter().any(|gone| gone.story == one.story)).collect();
        mails += u32::from(store.told(&standing, &message, now).await?);
    }
    Ok(mails)
}

//! Attenderingen: new stories held against the rules. One alert per rule and story, for ever: the outbox keeps the keys.

use jiff::{SignedDuration, Timestamp};

use super::WatchError;
use crate::{
    domain::week::amsterdam,
    report::{
        alert::{Alert, compose},
        words,
    },
    settings::{AlertRule, Settings},
    store::{Store, StoreError, signals::FreshItem},
};

/// Items first seen longer ago than this raise no alert: after a long stop they stand in the digest.
const WINDOW: SignedDuration = SignedDuration::from_hours(48);

/// Queues alerts for what is new. Gives back how many stories were new to their rule.
///
/// # Errors
/// When the store or a template fails; what was queued stays queued.
pub async fn alerts(store: &Store, settings: &Settings, now: Timestamp) -> Result<u32, WatchError> {
    let model = settings.knowledge.classifier.version();
    let fresh = store.fresh(model, now.saturating_sub(WINDOW).unwrap_or(now)).await?;
    let mut queued = 0;
    for rule in &settings.knowledge.rules {
        let today = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now);
        let mut room =
            i64::from(rule.most_per_day) - store.queued_since(&format!("attendering-{}-", rule.id), today).await?;
        for item in fresh.iter().filter(|item| item.p >= rule.at_least && rule.fenomenen.contains(&item.fenomeen)) {
            if room <= 0 {
                break;
            }
            let Some(alert) = alert(store, settings, rule, item).await? else { continue };
            let mut messages = Vec::new();
            for to in &settings.recipients.alerts {
                messages.push(compose(&alert, to, now)?);
            }
            let new = store.queue(&messages).await?.min(1);
            queued += new;
            room -= i64::from(new);
        }
    }
    Ok(queued)
}

/// The alert for an item, when its place meets the rule too.
async fn alert(
    store: &Store,
    settings: &Settings,
    rule: &AlertRule,
    item: &FreshItem,
) -> Result<Option<Alert>, StoreError> {
    let knowledge = &settings.knowledge;
    let codes = store.axis(item.id, "gebied").await?;
    let here = |code: &String| {
        rule.gebieden
            .iter()
            .any(|wanted| wanted == code || (wanted == "regio" && settings.region.gemeenten.contains(code)))
    };
    if !rule.gebieden.is_empty() && !codes.iter().any(here) {
        return Ok(None);
    }
    let story = store.stories(&[item.story]).await?;
    let copies = story.first().map_or(0, |story| story.tellings.saturating_sub(1));
    let fenomenen: Vec<String> = rule.fenomenen.iter().map(|id| knowledge.label(id).to_owned()).collect();
    let mut rule_words = format!("fenomeen {}", words::list(&fenomenen));
    if !rule.gebieden.is_empty() {
        let names: Vec<String> =
            rule.gebieden
                .iter()
                .map(|code| {
                    if code == "regio" {
                        settings.region.name.clone()
                    } else {
                        knowledge.gazetteer.name(code).to_owned()
                    }
                })
                .collect();
        rule_words.push_str(&format!(", gebied {}", words::list(&names)));
    }
    rule_words.push_str(&format!(", zekerheid vanaf {}", words::probability(rule.at_least)));
    let published =
        Timestamp::from_second(item.published).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(amsterdam().clone());
    Ok(Some(Alert {
        rule: rule.id.clone(),
        rule_title: rule.title.clone(),
        rule_words,
        story: item.story,
        title: item.title.clone(),
        excerpt: words::excerpt(&item.text, 280),
        link: item.link.clone().unwrap_or_default(),
        source: settings.source(&item.source).map_or(item.source.clone(), |entry| entry.source.title.clone()),
        when: published.strftime("%d-%m-%Y %H.%M").to_string(),
        copies,
        short: knowledge.fenomeen(&item.fenomeen).map_or(item.fenomeen.clone(), |fenomeen| fenomeen.short.clone()),
        labels: format!("{} {}", knowledge.label(&item.fenomeen), words::probability(item.p)),
        p: words::probability(item.p),
        places: codes.iter().map(|code| knowledge.gazetteer.name(code).to_owned()).collect(),
        reasons: knowledge.classifier.explain(&item.title, &item.text, &item.fenomeen, 5),
    }))
}

//! A rule on trial: what it would have sent of what is held, by the same conditions and the same pace as the real thing.
//! Nothing is written and nothing is sent.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::Serialize;

use super::rules::meets;
use crate::{
    domain::week::day,
    settings::{AlertRule, Settings},
    store::{Store, StoreError},
};

/// What a rule would have sent.
#[derive(Debug, Serialize)]
pub struct Trial {
    /// The rule.
    pub rule: String,
    /// From when on.
    pub since: Timestamp,
    /// Stories that met it.
    pub stories: usize,
    /// Mails to each recipient.
    pub mails: usize,
    /// Recipients.
    pub recipients: usize,
    /// Items that were looked at.
    pub items: usize,
    /// Days on which a mail would have left.
    pub days: Vec<TrialDay>,
}

/// One day.
#[derive(Debug, Serialize)]
pub struct TrialDay {
    /// The day, in Amsterdam.
    pub day: String,
    /// Stories told on it.
    pub stories: usize,
    /// Mails, in order.
    pub mails: Vec<TrialMail>,
}

/// One mail.
#[derive(Debug, Serialize)]
pub struct TrialMail {
    /// When it would have left.
    pub at: Timestamp,
    /// It is the collected mail of what went over the cap.
    pub collected: bool,
    /// Its stories.
    pub stories: Vec<TrialStory>,
}

/// One story.
#[derive(Debug, Clone, Serialize)]
pub struct TrialStory {
    /// Item that met the rule.
    pub item: i64,
    /// Title.
    pub title: String,
    /// Source id.
    pub source: String,
    /// Address.
    pub link: Option<String>,
    /// When it came.
    pub came: Timestamp,
    /// The fenomeen that counted.
    pub fenomeen: Option<String>,
    /// Its probability.
    pub p: Option<f64>,
    /// Words of the rule that were found.
    pub words: Vec<String>,
}

/// Tries a rule, also one that is switched off, on what came since a moment.
///
/// # Errors
/// When the store fails.
pub async fn trial(
    store: &Store,
    settings: &Settings,
    rule: &AlertRule,
    since: Timestamp,
) -> Result<Trial, StoreError> {
    let candidates = store.candidates(settings.knowledge.classifier.version(), since, true).await?;
    let (mut told, mut stories) = (HashSet::new(), Vec::new());
    for item in &candidates {
        if told.contains(&item.story) {
            continue;
        }
        let Ok(hit) = meets(store, settings, rule, item).await? else { continue };
        let Some(full) = store.full_item(item.id).await? else { continue };
        told.insert(item.story);
        let (fenomeen, p) = hit.label.unzip();
        stories.push(TrialStory {
            item: item.id,
            title: full.title,
            source: item.source.clone(),
            link: full.link,
            came: item.came,
            fenomeen,
            p,
            words: hit.words,
        });
    }
    let came: Vec<Timestamp> = stories.iter().map(|story| story.came).collect();
    let mails = rule.pace(settings.watch).simulate(&came);
    let mut days: Vec<TrialDay> = Vec::new();
    for (at, places, collected) in &mails {
        let own: Vec<TrialStory> = places.iter().filter_map(|place| stories.get(*place)).cloned().collect();
        let name = day(*at).to_string();
        if days.last().is_none_or(|last| last.day != name) {
            days.push(TrialDay { day: name, stories: 0, mails: Vec::new() });
        }
        if let Some(last) = days.last_mut() {
            last.stories += own.len();
            last.mails.push(TrialMail { at: *at, collected: *collected, stories: own });
        }
    }
    Ok(Trial {
        rule: rule.id.clone(),
        since,
        stories: stories.len(),
        mails: mails.len(),
        recipients: rule.recipients(settings).len(),
        items: candidates.len(),
        days,
    })
}

//! How complete the view of a week was, so that a thin digest says whether it was quiet or we were blind.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::Findings;
use crate::{
    domain::week::{Week, day},
    report::{
        digest::parts::{Completeness, Note},
        words,
    },
    settings::Settings,
    store::{Store, StoreError},
};

/// A reconciliation younger than this is told in the digest.
const MONTH_NEWS: SignedDuration = SignedDuration::from_hours(24 * 8);

/// How complete the view of a week was.
pub(super) async fn completeness(
    store: &Store,
    settings: &Settings,
    findings: &Findings,
    now: Timestamp,
) -> Result<Completeness, StoreError> {
    let week = findings.week;
    let volumes = store.volumes(week).await?;
    let title = |id: &str| settings.source(id).map_or(id.to_owned(), |entry| entry.source.title.clone());
    let mut complete = Completeness {
        items: volumes.iter().map(|volume| volume.items).sum(),
        sources: volumes.len(),
        panel: findings.counted.panel.len(),
        ..Completeness::default()
    };
    for (source, why, count) in store.rejections(week.start()).await? {
        complete.refused += count;
        let said = format!("{} ({why})", words::counted(count, "bericht", "berichten"));
        complete.rejected.push(Note { source: title(&source), since: None, said });
    }
    let active: BTreeSet<&str> = volumes.iter().map(|volume| volume.source.as_str()).collect();
    for (source, items, first, last) in store.totals().await? {
        let normal = SignedDuration::from_secs(last.duration_since(first).as_secs() / items.max(1));
        let silence = week.end().min(now).duration_since(last);
        let is_silent = items >= 10 && silence > (normal * 3).max(SignedDuration::from_hours(7 * 24));
        if is_silent {
            let days = normal.as_hours().div_euclid(24).max(1);
            let rhythm = if days == 1 { "elke dag".to_owned() } else { format!("elke {days} dagen") };
            let said = format!("normaal {rhythm}");
            complete.silent.push(Note { source: title(&source), since: Some(day(last)), said });
        } else if active.contains(source.as_str())
            && !findings.counted.panel.contains(&source)
            && is_feed(settings, &source)
        {
            complete.young.push(Note { source: title(&source), since: Some(day(first)), said: String::new() });
        }
    }
    known_wrong(store, &title, &mut complete, now).await?;
    complete.model = about_the_model(store, settings, week).await?;
    for (source, state) in store.poll_states().await? {
        if let Some(problem) = state.problem {
            let times = words::counted(i64::from(state.failures), "mislukte poging", "mislukte pogingen");
            let said = format!("{problem} ({times})");
            complete.broken.push(Note { source: title(&source.0), since: None, said });
        }
    }
    Ok(complete)
}

/// What the daemon found to be wrong, and how complete the closed months are.
async fn known_wrong(
    store: &Store,
    title: &impl Fn(&str) -> String,
    complete: &mut Completeness,
    now: Timestamp,
) -> Result<(), StoreError> {
    // What is known to be wrong goes before what only the counts suggest; a broken source is named below.
    for condition in store.conditions().await?.into_iter().filter(|condition| condition.kind != "storing") {
        let note = Note { source: title(&condition.source.0), since: None, said: condition.detail };
        if condition.kind == super::super::health::DRIFTED {
            // Its detail is a sentence that begins with the source.
            complete.strange.push(Note { source: format!("{} {}", note.source, note.said), ..Note::default() });
            continue;
        }
        complete.silent.retain(|silent| condition.kind != "stil" || silent.source != note.source);
        complete.silent.push(note);
    }
    for month in store.months().await?.into_iter().filter(|month| now.duration_since(month.checked) < MONTH_NEWS) {
        let said = format!("{}, {} van {} binnen", month.month, words::whole(month.held), words::whole(month.stated));
        complete.months.push(Note { source: title(&month.source.0), since: None, said });
    }
    Ok(())
}

/// A series is counted by one model. Where the model is new, or has not judged all, readers are told.
async fn about_the_model(store: &Store, settings: &Settings, week: Week) -> Result<Vec<String>, StoreError> {
    let model = settings.knowledge.classifier.version();
    let mut said = Vec::new();
    if let Some(before) = store.model_before(week).await?.filter(|before| before != model) {
        said.push(format!(
            "nieuw model {model}, vorige week {before}. Ook de weken ervoor zijn nu met {model} geteld."
        ));
    }
    let waiting = store.unjudged_count(model).await?;
    if waiting > 0 {
        let items = words::counted(waiting, "bericht", "berichten");
        said.push(format!("{items} nog niet beoordeeld door {model}; die tellen niet mee."));
    }
    Ok(said)
}

fn is_feed(settings: &Settings, source: &str) -> bool {
    settings.source(source).is_some_and(|entry| matches!(entry.source.kind.as_str(), "feed" | "page"))
}

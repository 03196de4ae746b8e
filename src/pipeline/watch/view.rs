//! From findings to the digest that readers see: every part of it, put together.

use jiff::Timestamp;

use super::{
    Findings,
    complete::completeness,
    corrections::{corrections, earlier, gone},
    findings::{changes, clusters, map, topics},
};
use crate::{
    domain::{
        judgment::Judgment,
        signal::{Knelpunt, State},
        trend::Direction,
        week::Week,
    },
    report::{
        digest::parts::{CaseLine, Digest, SignalLine},
        words,
    },
    settings::Settings,
    store::{Store, StoreError, series::JudgmentLine},
};

/// Judgments shown.
const MOST_JUDGMENTS: usize = 8;

/// Builds the digest of a week, as it is known now.
///
/// # Errors
/// When the store fails.
pub async fn digest(
    store: &Store,
    settings: &Settings,
    findings: &Findings,
    now: Timestamp,
) -> Result<Digest, StoreError> {
    let earlier = earlier(store, findings).await?;
    Ok(Digest {
        region: settings.region.name.clone(),
        week: findings.week,
        known: now,
        up: changes(store, settings, findings, Direction::Up).await?,
        down: changes(store, settings, findings, Direction::Down).await?,
        topics: topics(store, settings, &findings.topics).await?,
        gone: gone(findings, &earlier),
        map: map(settings, findings),
        clusters: clusters(settings, &findings.clusters),
        judgments: judgments(store, settings, findings.week).await?,
        signals: signals(store).await?,
        corrections: corrections(store, settings, &earlier).await?,
        complete: completeness(store, settings, findings, now).await?,
    })
}

async fn judgments(store: &Store, settings: &Settings, week: Week) -> Result<Vec<CaseLine>, StoreError> {
    let knowledge = &settings.knowledge;
    let mut lines = Vec::new();
    for line in store.judgments(knowledge.classifier.version(), week).await? {
        let judgment: Judgment =
            serde_json::from_str(&line.judgment).map_err(|error| StoreError::Content(error.to_string()))?;
        let knelpunten = knowledge.finder.in_judgment(&judgment, &knowledge.laws);
        lines.push((knelpunten.is_empty(), case_line(settings, &line, &judgment, &knelpunten)));
    }
    // Judgments that point at a gap come first; otherwise newest first, as the store gives them.
    lines.sort_by_key(|(plain, _)| *plain);
    lines.truncate(MOST_JUDGMENTS);
    Ok(lines.into_iter().map(|(_, line)| line).collect())
}

fn case_line(settings: &Settings, line: &JudgmentLine, judgment: &Judgment, knelpunten: &[Knelpunt]) -> CaseLine {
    let knowledge = &settings.knowledge;
    let labels = &knowledge.instrument_labels;
    let instrument =
        |id: &String| labels.iter().find(|(own, _)| own == id).map_or(id.clone(), |(_, label)| label.clone());
    let mut about: Vec<String> = judgment.procedures.clone();
    about.extend(line.instrumenten.iter().map(instrument));
    about.extend(line.fenomenen.iter().map(|id| knowledge.label(id).to_owned()));
    let quote = |knelpunt: &Knelpunt| {
        let number =
            if knelpunt.paragraph.is_empty() { String::new() } else { format!("r.o. {} ", knelpunt.paragraph) };
        format!("{number}\"{}\"", knelpunt.sentence)
    };
    CaseLine {
        court: judgment.court.clone(),
        day: judgment.date.parse().ok(),
        fenomenen: line.fenomenen.clone(),
        instrumenten: line.instrumenten.clone(),
        ecli: line.ecli.clone(),
        link: line.link.clone(),
        about: about.join(" · "),
        summary: if judgment.inhoudsindicatie.is_empty() {
            "Geen inhoudsindicatie.".into()
        } else {
            words::excerpt(&judgment.inhoudsindicatie, 400)
        },
        quotes: knelpunten.iter().take(2).map(quote).collect(),
    }
}

async fn signals(store: &Store) -> Result<Vec<SignalLine>, StoreError> {
    let open =
        store.signals().await?.into_iter().filter(|signal| matches!(signal.state, State::Drafted | State::Reviewed));
    Ok(open
        .map(|signal| SignalLine { number: signal.id, title: signal.draft.title, sources: signal.draft.sources.len() })
        .collect())
}

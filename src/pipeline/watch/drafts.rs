//! From knelpunten to drafts of signals.

use jiff::{SignedDuration, Timestamp};

use super::Findings;
use crate::{
    domain::{judgment::Judgment, signal::Knelpunt, trend::Direction, week::day},
    report::{
        signal::{Material, Passage, draft},
        words,
    },
    settings::Settings,
    signals::{Candidate, Pointer, candidates},
    store::{
        Store, StoreError,
        signals::{KnelpuntRow, StoredSignal},
    },
};

/// Passages older than this do not make a new signal.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(24 * 730);

/// Makes or renews the drafts that the stored knelpunten carry. A draft that a person took up is left alone.
///
/// # Errors
/// When the store fails.
pub async fn drafts(
    store: &Store,
    settings: &Settings,
    findings: &Findings,
    now: Timestamp,
) -> Result<Vec<StoredSignal>, StoreError> {
    let rows = store.knelpunten(now.saturating_sub(LOOK_BACK).unwrap_or(now)).await?;
    let pointers: Vec<Pointer> = rows.iter().map(pointer).collect();
    let mut stored = Vec::new();
    for candidate in candidates(&pointers) {
        let material = material(store, settings, findings, &candidate, &rows).await?;
        let key = format!("{}-{}", candidate.bwb, candidate.article);
        stored.push(store.draft(&key, &draft(&material), now).await?);
    }
    Ok(stored)
}

fn pointer(row: &KnelpuntRow) -> Pointer {
    Pointer {
        item: row.item,
        voice: structure(row).map_or_else(|| row.source.clone(), |judgment| judgment.court),
        knelpunt: Knelpunt {
            bwb: row.bwb.clone(),
            law: row.law.clone(),
            article: row.article.clone(),
            sentence: row.sentence.clone(),
            paragraph: row.paragraph.clone(),
            family: String::new(),
        },
    }
}

fn structure(row: &KnelpuntRow) -> Option<Judgment> {
    row.judgment.as_ref().and_then(|json| serde_json::from_str(json).ok())
}

async fn material(
    store: &Store,
    settings: &Settings,
    findings: &Findings,
    candidate: &Candidate,
    rows: &[KnelpuntRow],
) -> Result<Material, StoreError> {
    let knowledge = &settings.knowledge;
    let own: Vec<&KnelpuntRow> = candidate.pointers.iter().filter_map(|place| rows.get(*place)).collect();
    let mut fenomenen: Vec<(usize, String)> = Vec::new();
    for row in &own {
        for id in store.fenomenen_of(row.item, knowledge.classifier.version()).await? {
            match fenomenen.iter_mut().find(|(_, known)| *known == id) {
                Some((count, _)) => *count += 1,
                None => fenomenen.push((1, id)),
            }
        }
    }
    // A fenomeen that one of many passages names is an accident of that case.
    fenomenen.retain(|(count, _)| *count * 2 >= own.len());
    fenomenen.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let trend = findings
        .trends
        .iter()
        .find(|trend| trend.direction == Direction::Up && fenomenen.iter().any(|(_, id)| *id == trend.key.fenomeen))
        .map(|trend| {
            format!(
                "{} in week {}: gezien {}, verwacht {} ({}-{}).",
                knowledge.label(&trend.key.fenomeen),
                trend.week.number(),
                trend.seen,
                words::decimal(trend.expected),
                trend.interval.0,
                trend.interval.1
            )
        });
    let ministry = knowledge.laws.all().iter().find(|law| law.bwb == candidate.bwb).map(|law| law.ministry.clone());
    Ok(Material {
        law: candidate.law.clone(),
        article: candidate.article.clone(),
        ministry: ministry.filter(|name| !name.is_empty()).unwrap_or_else(|| "nog te bepalen".into()),
        fenomenen: fenomenen.into_iter().map(|(_, id)| knowledge.label(&id).to_owned()).collect(),
        passages: own.into_iter().map(passage).collect(),
        trend,
    })
}

fn passage(row: &KnelpuntRow) -> Passage {
    let judgment = structure(row);
    let moment = |second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
    let date =
        judgment.as_ref().and_then(|judgment| judgment.date.parse().ok()).unwrap_or_else(|| day(moment(row.published)));
    Passage {
        voice: judgment.as_ref().map_or_else(|| row.source.clone(), |judgment| judgment.court.clone()),
        day: words::date(date),
        name: row.key.clone(),
        link: row.link.clone().unwrap_or_default(),
        sentence: row.sentence.clone(),
        paragraph: row.paragraph.clone(),
        summary: judgment.map(|judgment| judgment.inhoudsindicatie).unwrap_or_default(),
        read_on: day(moment(row.first_seen)).to_string(),
    }
}

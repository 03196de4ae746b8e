//! What has become of what earlier digests told: rises that are over, and stories that should not have been counted.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::{
    domain::trend::{Direction, SeriesKey},
    report::digest::parts::{CorrectionLine, Digest, Finding, Gone, NumberLine, Why},
    settings::Settings,
    store::{
        Store, StoreError,
        archive::{Fate, Told},
    },
};

/// Weeks whose findings are looked after.
const LOOK_BACK: u32 = 8;
/// A rise that was told longer ago than this is no news when it is over.
const GONE_WEEKS: i64 = 4;
/// Corrections told at most.
const MOST: usize = 10;

/// Earlier digests with when they were told, newest first. One that a later version cannot read is left out.
pub(super) async fn earlier(store: &Store, findings: &Findings) -> Result<Vec<(Told, Digest)>, StoreError> {
    let told = store.told_weeks(Some(findings.week.plus(-1)), LOOK_BACK).await?;
    let read = |told: Told| {
        let digest = serde_json::from_str(&told.digest).ok()?;
        Some((told, digest))
    };
    Ok(told.into_iter().filter_map(read).collect())
}

/// Rises that were told in the last weeks and are over: told once, in the first week without them.
pub(super) fn gone(findings: &Findings, earlier: &[(Told, Digest)]) -> Vec<Gone> {
    let mut told = Vec::new();
    let mut known: BTreeSet<SeriesKey> = BTreeSet::new();
    let rises = findings.trends.iter().filter(|trend| trend.direction == Direction::Up);
    known.extend(rises.flat_map(|trend| std::iter::once(trend).chain(&trend.parts)).map(|trend| trend.key.clone()));
    for (_, digest) in earlier.iter().filter(|(told, _)| told.week.until(findings.week) <= GONE_WEEKS) {
        known.extend(
            digest
                .gone
                .iter()
                .map(|gone| SeriesKey { gemeente: gone.gemeente.clone(), ..SeriesKey::whole(&gone.fenomeen) }),
        );
        for finding in &digest.up {
            let Some(line) = finding.main() else { continue };
            let key = key(finding, line);
            // A rise that goes on in another part of the same fenomeen is not over.
            let goes_on = known.iter().any(|other| other.holds(&key) || key.holds(other));
            if goes_on || !known.insert(key.clone()) {
                continue;
            }
            let now = findings.counted.series.iter().find(|series| series.key == key);
            told.push(Gone {
                fenomeen: finding.fenomeen.clone(),
                label: finding.label.clone(),
                gemeente: line.gemeente.clone(),
                place: line.place.clone(),
                told: digest.week,
                then: line.seen,
                now: now.map_or(0, crate::trend::series::Series::seen),
                usual: line.expected,
            });
        }
    }
    told
}

fn key(finding: &Finding, line: &NumberLine) -> SeriesKey {
    SeriesKey {
        fenomeen: finding.fenomeen.clone(),
        gemeente: line.gemeente.clone(),
        instrument: line.instrument.clone(),
        branche: line.branche.clone(),
    }
}

/// Stories that earlier digests counted and that count no more, each told once.
pub(super) async fn corrections(
    store: &Store,
    settings: &Settings,
    earlier: &[(Told, Digest)],
) -> Result<Vec<CorrectionLine>, StoreError> {
    let model = settings.knowledge.classifier.version();
    let said: BTreeSet<(String, i64, &str)> = earlier
        .iter()
        .flat_map(|(_, digest)| &digest.corrections)
        .map(|line| (line.week.to_string(), line.story, line.fenomeen.as_str()))
        .collect();
    let mut lines = Vec::new();
    for (told, digest) in earlier {
        for finding in digest.up.iter().chain(&digest.down) {
            let counted: BTreeSet<i64> = finding.lines.iter().flat_map(|line| line.stories.iter().copied()).collect();
            let mut wrong: BTreeMap<i64, Why> = BTreeMap::new();
            for story in &counted {
                let fate = store.fate(*story, &finding.fenomeen, model, told.watched).await?;
                wrong.extend(why(fate, &counted, told).map(|why| (*story, why)));
            }
            let before = finding.main().map_or(0, |line| line.seen);
            let lost = finding.main().map_or(0, |line| line.stories.iter().filter(|id| wrong.contains_key(id)).count());
            for (story, why) in wrong {
                if said.contains(&(digest.week.to_string(), story, &finding.fenomeen)) {
                    continue;
                }
                let title = finding.stories.iter().find(|own| own.story == story);
                lines.push(CorrectionLine {
                    week: digest.week,
                    story,
                    fenomeen: finding.fenomeen.clone(),
                    label: finding.label.clone(),
                    title: title.map_or_else(String::new, |own| own.title.clone()),
                    why,
                    told: before,
                    now: before.saturating_sub(u32::try_from(lost).unwrap_or(u32::MAX)),
                });
            }
        }
    }
    lines.truncate(MOST);
    Ok(lines)
}

/// A story that only bears another number now counts as before: it is a correction when the other one was counted too, or
/// was told in an earlier week.
fn why(fate: Fate, counted: &BTreeSet<i64>, told: &Told) -> Option<Why> {
    match fate {
        Fate::Stands => None,
        Fate::Withdrawn => Some(Why::Withdrawn),
        Fate::Relabelled => Some(Why::Relabelled),
        Fate::Merged { into, first } => (counted.contains(&into) || first < told.week).then_some(Why::Merged),
    }
}

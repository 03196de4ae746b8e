//! `evaluate topics`: new topics in a stream of items, one line per topic and week.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{
    Failure, lines, say,
    tellings::{FORM, Line},
};
use crate::{
    domain::week::Week,
    pipeline::watch::names_place,
    settings::{Knowledge, Settings},
    stories::cluster::Stories,
    trend::{
        topics::{self, BEFORE, Before, Found, NEAR, RECENT, Story, TOLD},
        words::{Terms, terms_of},
    },
};

/// Fewest stories of the past before a week is judged: before that every word is new.
const LEAST_PAST: u32 = 400;
/// Topics that are told of a week.
const MOST: usize = 8;

#[derive(Debug, clap::Args)]
pub(super) struct TopicsArguments {
    /// Regels {"id","title","text","published","source"}; uit komt een regel per onderwerp en week
    #[arg(long, value_name = "BESTAND|-")]
    jsonl: PathBuf,
}

/// The first telling of a story that is near ondermijning.
struct Near {
    week: Week,
    title: String,
    text: String,
    near: f64,
    fenomenen: Vec<String>,
    ids: Vec<serde_json::Value>,
    sources: BTreeSet<String>,
    gemeenten: Vec<String>,
    terms: Terms,
}

pub(super) fn evaluate(config: Option<&Path>, arguments: &TopicsArguments) -> Result<(), Failure> {
    let settings = Settings::load(config)?;
    let mut all: Vec<Line> = Vec::new();
    lines::each::<Line>(&arguments.jsonl, FORM, |line| {
        match line {
            Ok(line) if line.at().is_some() => all.push(line),
            Ok(line) => say(&serde_json::json!({ "id": line.id, "error": "zonder datum: telt niet mee" }).to_string())?,
            Err(answer) => say(&answer.to_string())?,
        }
        Ok(())
    })?;
    all.sort_by_key(Line::at);
    let stories = near_stories(&settings.knowledge, &all);
    let weeks: BTreeSet<Week> = stories.iter().map(|story| story.week).collect();
    for week in weeks {
        tell(&settings.knowledge, &stories, week)?;
    }
    Ok(())
}

/// Stories that are near ondermijning, in order of time, each with all its tellings.
fn near_stories(knowledge: &Knowledge, all: &[Line]) -> Vec<Near> {
    let mut stories: Vec<Near> = Vec::new();
    let mut numbers: BTreeMap<u64, usize> = BTreeMap::new();
    let mut live = Stories::default();
    for line in all {
        let Some(at) = line.at() else { continue };
        let sketch = line.sketch(knowledge, at);
        let about = sketch.about().clone();
        let near = about.fenomenen.values().copied().fold(0.0, f64::max);
        if near < NEAR {
            continue;
        }
        let number = live.tell(sketch);
        let place = *numbers.entry(number).or_insert_with(|| {
            let labels = knowledge.classifier.judge(&line.title, &line.text, "nl");
            let yes = labels.into_iter().filter(|label| label.outcome == crate::domain::verdict::Outcome::Ja);
            stories.push(Near {
                week: Week::of(at),
                title: line.title.clone(),
                text: line.text.clone(),
                near,
                fenomenen: yes.map(|label| label.fenomeen).collect(),
                ids: Vec::new(),
                sources: BTreeSet::new(),
                gemeenten: about.gemeenten.iter().cloned().collect(),
                terms: terms_of(&line.title, &line.text),
            });
            stories.len() - 1
        });
        if let Some(story) = stories.get_mut(place) {
            story.ids.push(line.id.clone());
            story.sources.insert(line.source.clone());
        }
    }
    stories
}

/// The topics of one week, as they would have been told then.
fn tell(knowledge: &Knowledge, stories: &[Near], week: Week) -> Result<(), Failure> {
    let mut before = Before::default();
    let mut rows: Vec<&Near> = Vec::new();
    for story in stories {
        match story.week.until(week) {
            0..RECENT => rows.push(story),
            RECENT..=BEFORE => before.add(&story.terms),
            _ => {}
        }
    }
    if before.stories() < LEAST_PAST {
        return Ok(());
    }
    let recent: Vec<Story<'_>> = rows
        .iter()
        .zip(0..)
        .map(|(row, story)| Story {
            story,
            sources: row.sources.iter().map(String::as_str).collect(),
            terms: &row.terms,
            near: row.near,
            known: !row.fenomenen.is_empty(),
        })
        .collect();
    let found = topics::find(&recent, &before, &|term| names_place(&knowledge.gazetteer, term));
    for (rank, found) in found.iter().filter(|found| found.score >= TOLD).take(MOST).enumerate() {
        say(&answer(week, rank + 1, found, &rows).to_string())?;
    }
    Ok(())
}

fn answer(week: Week, rank: usize, found: &Found, rows: &[&Near]) -> serde_json::Value {
    let own: Vec<&&Near> = found.stories.iter().filter_map(|place| rows.get(*place)).collect();
    let texts: Vec<&str> = own.iter().flat_map(|story| [story.title.as_str(), story.text.as_str()]).collect();
    let mut terms: Vec<String> = found.terms.iter().map(|term| topics::written(&term.term, &texts)).collect();
    terms.dedup();
    let ids: Vec<&serde_json::Value> = own.iter().flat_map(|story| &story.ids).collect();
    let sources: BTreeSet<&String> = own.iter().flat_map(|story| &story.sources).collect();
    let gemeenten: BTreeSet<&String> = own.iter().flat_map(|story| &story.gemeenten).collect();
    let fenomenen: BTreeSet<&String> = own.iter().flat_map(|story| &story.fenomenen).collect();
    let first = own.iter().map(|story| story.week).min();
    serde_json::json!({
        "week": week, "rank": rank, "topic": topics::name(found, &texts), "score": (found.score * 100.0).round() / 100.0,
        "terms": terms, "items": ids, "stories": own.len(), "sources": sources.len(), "first": first,
        "gemeenten": gemeenten, "fenomenen": fenomenen,
    })
}

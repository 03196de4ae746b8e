//! Trends, topics and clusters as readers see them: names for ids, stories for numbers, and a place on the map.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::{
    domain::{
        trend::{Cluster, Direction, Topic, Trend},
        week::day,
    },
    report::{
        digest::parts::{ClusterLine, Finding, Map, NewTopic, NumberLine, Point, StoryRef, Tile},
        tiles, words,
    },
    settings::Settings,
    store::{Store, StoreError, series::StoryLine},
};

/// Stories kept with a finding: more than one reader sees, so that a reader of one gebied sees enough.
const MOST_STORIES: usize = 24;
/// Stories shown with a topic.
const TOPIC_STORIES: usize = 4;
/// Findings of one direction; the rest is in the store.
const MOST_FINDINGS: usize = 6;
/// Lines of one finding.
const MOST_LINES: usize = 8;
/// Topics.
const MOST_TOPICS: usize = 6;
/// Weeks in a chart.
const CHART_WEEKS: usize = 52;
/// Characters of a title: some sources put a whole article in it.
const TITLE: usize = 160;

/// Findings of one direction, one per fenomeen: the whole and the parts that stand out are told together.
pub(super) async fn changes(
    store: &Store,
    settings: &Settings,
    findings: &Findings,
    direction: Direction,
) -> Result<Vec<Finding>, StoreError> {
    let mut grouped: BTreeMap<&str, Vec<&Trend>> = BTreeMap::new();
    for trend in findings.trends.iter().filter(|trend| trend.direction == direction) {
        let group = grouped.entry(&trend.key.fenomeen).or_default();
        group.push(trend);
        group.extend(trend.parts.iter().filter(|part| part.direction == direction));
    }
    let mut groups: Vec<Vec<&Trend>> = grouped.into_values().collect();
    let surest = |group: &Vec<&Trend>| group.iter().map(|trend| trend.p).fold(1.0, f64::min);
    groups.sort_by(|a, b| surest(a).total_cmp(&surest(b)));
    let mut told = Vec::new();
    for group in groups.into_iter().take(MOST_FINDINGS) {
        told.extend(finding(store, settings, group).await?);
    }
    Ok(told)
}

async fn finding(store: &Store, settings: &Settings, mut group: Vec<&Trend>) -> Result<Option<Finding>, StoreError> {
    let knowledge = &settings.knowledge;
    group.sort_by(|a, b| {
        (a.key.depth(), std::cmp::Reverse(a.seen))
            .cmp(&(b.key.depth(), std::cmp::Reverse(b.seen)))
            .then(a.key.cmp(&b.key))
    });
    group.dedup_by(|a, b| a.key == b.key);
    group.truncate(MOST_LINES);
    let Some(main) = group.first() else { return Ok(None) };
    let fenomeen = knowledge.fenomeen(&main.key.fenomeen);
    // The stories of the surest line go first; a reader of one gebied finds those of that gebied among them.
    let mut by_sureness = group.clone();
    by_sureness.sort_by(|a, b| a.p.total_cmp(&b.p));
    let mut ids: Vec<i64> = Vec::new();
    for id in by_sureness.iter().flat_map(|trend| &trend.stories) {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    Ok(Some(Finding {
        fenomeen: main.key.fenomeen.clone(),
        label: knowledge.label(&main.key.fenomeen).to_owned(),
        short: fenomeen.map(|fenomeen| fenomeen.short.clone()).unwrap_or_default(),
        lines: group.iter().map(|trend| line(settings, trend)).collect(),
        steps: fenomeen.map(|fenomeen| fenomeen.steps.clone()).unwrap_or_default(),
        partners: fenomeen.map(|fenomeen| fenomeen.partners.clone()).unwrap_or_default(),
        stories: stories(store, settings, &ids, MOST_STORIES).await?,
    }))
}

fn line(settings: &Settings, trend: &Trend) -> NumberLine {
    let recent = trend.history.len().saturating_sub(CHART_WEEKS);
    NumberLine {
        gemeente: trend.key.gemeente.clone(),
        instrument: trend.key.instrument.clone(),
        branche: trend.key.branche.clone(),
        place: place(settings, trend),
        seen: trend.seen,
        expected: trend.expected,
        interval: trend.interval,
        p: trend.p,
        sureness: trend.sureness,
        since: trend.since,
        sustained: trend.sustained,
        per_100_000: trend.per_100_000,
        publishers: trend.publishers,
        stories: trend.stories.clone(),
        weeks: trend
            .history
            .iter()
            .skip(recent)
            .map(|(week, seen, expected)| Point { week: *week, seen: *seen, expected: *expected })
            .collect(),
    }
}

/// What a series counts, in words: a gemeente first, then what narrows it further.
fn place(settings: &Settings, trend: &Trend) -> String {
    let knowledge = &settings.knowledge;
    let instrument = |id: &String| {
        let labels = &knowledge.instrument_labels;
        labels.iter().find(|(own, _)| own == id).map_or(id.clone(), |(_, label)| label.clone())
    };
    let parts: Vec<String> = [
        trend.key.gemeente.as_ref().map(|code| knowledge.gazetteer.name(code).to_owned()),
        trend.key.instrument.as_ref().map(instrument),
        trend.key.branche.as_ref().map(|id| words::capital(id)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() { "Alle bronnen samen".to_owned() } else { parts.join(" · ") }
}

/// Topics with their stories, places and fenomenen.
pub(super) async fn topics(store: &Store, settings: &Settings, all: &[Topic]) -> Result<Vec<NewTopic>, StoreError> {
    let knowledge = &settings.knowledge;
    let mut told = Vec::new();
    for topic in all.iter().take(MOST_TOPICS) {
        let strongest = topic.terms.iter().max_by_key(|term| term.recent);
        let recent = u32::try_from(topic.stories.len()).unwrap_or(u32::MAX);
        told.push(NewTopic {
            name: topic.name.clone(),
            terms: topic
                .terms
                .iter()
                .map(|term| term.term.clone())
                .filter(|term| *term != topic.name)
                .take(4)
                .collect(),
            recent: strongest.map_or(recent, |term| term.recent.max(recent)),
            before: strongest.map_or(0, |term| term.before),
            publishers: topic.publishers,
            first: Some(topic.first),
            places: named(settings, &topic.gemeenten).into_iter().take(4).collect(),
            fenomenen: topic
                .fenomenen
                .iter()
                .take(3)
                .map(|(id, _)| (id.clone(), knowledge.label(id).to_owned()))
                .collect(),
            stories: stories(store, settings, &topic.stories, TOPIC_STORIES).await?,
        });
    }
    Ok(told)
}

/// Clusters with their names.
pub(super) fn clusters(settings: &Settings, all: &[Cluster]) -> Vec<ClusterLine> {
    let line = |cluster: &Cluster| ClusterLine {
        fenomeen: cluster.fenomeen.clone(),
        label: settings.knowledge.label(&cluster.fenomeen).to_owned(),
        places: named(settings, &cluster.gemeenten),
        weeks: cluster.weeks,
        seen: cluster.seen,
        expected: cluster.expected,
        p: cluster.p,
    };
    all.iter().map(line).collect()
}

fn named(settings: &Settings, codes: &[String]) -> Vec<(String, String)> {
    codes.iter().map(|code| (code.clone(), settings.knowledge.gazetteer.name(code).to_owned())).collect()
}

/// The region with the stories of the week, and what stands out there.
pub(super) fn map(settings: &Settings, findings: &Findings) -> Map {
    let centres = &settings.region.centres;
    let layout = tiles::lay_out(centres);
    let names: Vec<&str> = centres.iter().map(|centre| centre.name.as_str()).collect();
    let mut told = Vec::new();
    for ((centre, short), (column, row)) in centres.iter().zip(tiles::codes(&names)).zip(&layout.places) {
        let here = |gemeente: &Option<String>| gemeente.as_deref() == Some(centre.code.as_str());
        let mut stories: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        for series in findings.counted.series.iter().filter(|series| here(&series.key.gemeente)) {
            stories.entry(series.key.fenomeen.clone()).or_default().extend(series.stories.iter().copied());
        }
        stories.retain(|_, own| !own.is_empty());
        let all = findings.trends.iter().flat_map(|trend| std::iter::once(trend).chain(&trend.parts));
        let news = all.filter(|trend| trend.direction == Direction::Up && here(&trend.key.gemeente));
        told.push(Tile {
            code: centre.code.clone(),
            short,
            name: centre.name.clone(),
            column: *column,
            row: *row,
            stories,
            news: news.map(|trend| trend.key.fenomeen.clone()).collect(),
        });
    }
    Map { columns: layout.columns, rows: layout.rows, tiles: told }
}

/// The first of these stories, with their links.
pub(super) async fn stories(
    store: &Store,
    settings: &Settings,
    ids: &[i64],
    most: usize,
) -> Result<Vec<StoryRef>, StoreError> {
    let shown: Vec<i64> = ids.iter().copied().take(most).collect();
    Ok(store.stories(&shown).await?.into_iter().map(|story| story_ref(settings, story)).collect())
}

fn story_ref(settings: &Settings, story: StoryLine) -> StoryRef {
    let source = settings.source(&story.source).map_or(story.source.clone(), |entry| entry.source.title.clone());
    StoryRef {
        story: story.story,
        title: words::excerpt(&story.title, TITLE),
        link: story.link,
        source,
        day: day(story.published),
        copies: story.tellings.saturating_sub(1),
    }
}

//! From findings to the digest that readers see: names for ids, stories for numbers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::Findings;
use crate::{
    domain::{
        judgment::Judgment,
        signal::State,
        trend::{Direction, Trend},
        week::Week,
    },
    report::{
        digest::{Bar, CaseLine, Completeness, Digest, Finding, NewTerm, NumberLine, SignalLine, StoryRef},
        words,
    },
    settings::Settings,
    store::{
        Store, StoreError,
        series::{JudgmentLine, StoryLine},
    },
};

/// Stories shown with a finding.
const MOST_STORIES: usize = 6;
/// Findings shown; the rest is in the store.
const MOST_FINDINGS: usize = 6;
/// Judgments shown.
const MOST_JUDGMENTS: usize = 8;
/// Weeks in a chart.
const CHART_WEEKS: usize = 52;

/// Builds the digest of a week.
///
/// # Errors
/// When the store fails.
pub async fn digest(
    store: &Store,
    settings: &Settings,
    findings: &Findings,
    now: Timestamp,
) -> Result<Digest, StoreError> {
    let mut terms = Vec::new();
    for term in &findings.terms {
        terms.push(NewTerm {
            term: term.term.clone(),
            recent: term.recent,
            before: term.before,
            publishers: term.publishers,
            stories: stories(store, settings, &term.stories, 3).await?,
        });
    }
    Ok(Digest {
        region: settings.region.name.clone(),
        week: findings.week,
        up: all_findings(store, settings, findings, Direction::Up).await?,
        down: all_findings(store, settings, findings, Direction::Down).await?,
        terms,
        judgments: judgments(store, settings, findings.week).await?,
        signals: signals(store).await?,
        complete: completeness(store, settings, findings, now).await?,
    })
}

/// Findings of one direction, one per fenomeen: the whole and the places that stand out are told together.
async fn all_findings(
    store: &Store,
    settings: &Settings,
    findings: &Findings,
    direction: Direction,
) -> Result<Vec<Finding>, StoreError> {
    let mut grouped: BTreeMap<&str, Vec<&Trend>> = BTreeMap::new();
    for trend in findings.trends.iter().filter(|trend| trend.direction == direction) {
        grouped.entry(&trend.key.fenomeen).or_default().push(trend);
    }
    let mut groups: Vec<Vec<&Trend>> = grouped.into_values().collect();
    let surest = |group: &Vec<&Trend>| group.iter().map(|trend| trend.p).fold(1.0, f64::min);
    groups.sort_by(|a, b| surest(a).total_cmp(&surest(b)));
    let mut told = Vec::new();
    for group in groups.into_iter().take(MOST_FINDINGS) {
        told.extend(finding(store, settings, &group).await?);
    }
    Ok(told)
}

async fn finding(store: &Store, settings: &Settings, group: &[&Trend]) -> Result<Option<Finding>, StoreError> {
    let knowledge = &settings.knowledge;
    let main = group.iter().find(|trend| trend.key.gemeente.is_none()).or(group.first());
    let Some(main) = main else { return Ok(None) };
    let place = |trend: &Trend| {
        trend
            .key
            .gemeente
            .as_ref()
            .map_or_else(|| "Totaal".to_owned(), |code| knowledge.gazetteer.name(code).to_owned())
    };
    let mut lines: Vec<&&Trend> = group.iter().collect();
    lines.sort_by_key(|trend| (trend.key.gemeente.is_some(), std::cmp::Reverse(trend.seen)));
    let mut ids: Vec<i64> = Vec::new();
    for id in group.iter().flat_map(|trend| &trend.stories) {
        if !ids.contains(id) {
            ids.push(*id);
        }
    }
    let fenomeen = knowledge.fenomeen(&main.key.fenomeen);
    let history: Vec<&(Week, u32, f64)> = main.history.iter().rev().take(CHART_WEEKS).rev().collect();
    let sureness = group.iter().map(|trend| trend.sureness).max().unwrap_or(main.sureness);
    Ok(Some(Finding {
        label: knowledge.label(&main.key.fenomeen).to_owned(),
        short: fenomeen.map(|fenomeen| fenomeen.short.clone()).unwrap_or_default(),
        places: lines.iter().filter(|trend| trend.key.gemeente.is_some()).map(|trend| place(trend)).collect(),
        lines: lines.iter().map(|trend| numbers(trend, place(trend))).collect(),
        sureness,
        since: group.iter().min_by(|a, b| a.p.total_cmp(&b.p)).map_or(main.since, |trend| trend.since),
        alt: alt(main, &place(main), history.len()),
        bars: bars(&history),
        steps: fenomeen.map(|fenomeen| fenomeen.steps.join(", ")).unwrap_or_default(),
        partners: fenomeen.map(|fenomeen| words::list(&fenomeen.partners)).unwrap_or_default(),
        more: ids.len().saturating_sub(MOST_STORIES),
        stories: stories(store, settings, &ids, MOST_STORIES).await?,
    }))
}

fn numbers(trend: &Trend, place: String) -> NumberLine {
    let ratio = trend.ratio();
    NumberLine {
        place,
        seen: trend.seen,
        expected: words::decimal(trend.expected),
        interval: format!("{}-{}", trend.interval.0, trend.interval.1),
        ratio: if trend.expected < 0.5 {
            "zeldzaam tot nu toe".to_owned()
        } else {
            format!("{} keer zoveel", words::decimal(ratio))
        },
        publishers: trend.publishers,
    }
}

fn bars(history: &[&(Week, u32, f64)]) -> Vec<Bar> {
    let highest = history.iter().map(|(_, seen, _)| *seen).max().unwrap_or(1).max(1);
    let last = history.len().saturating_sub(1);
    history
        .iter()
        .enumerate()
        .map(|(place, (_, seen, _))| Bar { height: 1 + seen * 35 / highest, now: place == last })
        .collect()
}

fn alt(trend: &Trend, place: &str, weeks: usize) -> String {
    format!(
        "{place}: {} in week {}, verwacht {} tot {}; {weeks} weken.",
        trend.seen,
        trend.week.number(),
        trend.interval.0,
        trend.interval.1
    )
}

async fn stories(store: &Store, settings: &Settings, ids: &[i64], most: usize) -> Result<Vec<StoryRef>, StoreError> {
    let shown: Vec<i64> = ids.iter().copied().take(most).collect();
    Ok(store.stories(&shown).await?.into_iter().map(|story| story_ref(settings, story)).collect())
}

fn story_ref(settings: &Settings, story: StoryLine) -> StoryRef {
    let source = settings.source(&story.source).map_or(story.source.clone(), |entry| entry.source.title.clone());
    StoryRef {
        title: story.title,
        link: story.link,
        source,
        day: words::short_date(story.published),
        copies: story.tellings.saturating_sub(1),
    }
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

fn case_line(
    settings: &Settings,
    line: &JudgmentLine,
    judgment: &Judgment,
    knelpunten: &[crate::domain::signal::Knelpunt],
) -> CaseLine {
    let knowledge = &settings.knowledge;
    let labels = &knowledge.instrument_labels;
    let instrument =
        |id: &String| labels.iter().find(|(own, _)| own == id).map_or(id.clone(), |(_, label)| label.clone());
    let mut about: Vec<String> = judgment.procedures.clone();
    about.extend(line.instrumenten.iter().map(instrument));
    about.extend(line.fenomenen.iter().map(|id| knowledge.label(id).to_owned()));
    let day = judgment.date.parse().map_or_else(|_| judgment.date.clone(), words::date);
    let quote = |knelpunt: &crate::domain::signal::Knelpunt| {
        let number =
            if knelpunt.paragraph.is_empty() { String::new() } else { format!("r.o. {} ", knelpunt.paragraph) };
        format!("{number}\"{}\"", knelpunt.sentence)
    };
    CaseLine {
        court: format!("{} {day}", judgment.court),
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

/// A reconciliation younger than this is told in the digest.
const MONTH_NEWS: SignedDuration = SignedDuration::from_hours(24 * 8);

/// How complete the view of a week was.
async fn completeness(
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
        complete.rejected.push(format!(
            "{}: {} ({why})",
            title(&source),
            words::counted(count, "bericht", "berichten")
        ));
    }
    let active: BTreeSet<&str> = volumes.iter().map(|volume| volume.source.as_str()).collect();
    for (source, items, first, last) in store.totals().await? {
        let span = last.duration_since(first);
        let normal = SignedDuration::from_secs(span.as_secs() / items.max(1));
        let silence = week.end().min(now).duration_since(last);
        let is_silent = items >= 10 && silence > (normal * 3).max(SignedDuration::from_hours(7 * 24));
        if is_silent {
            let days = normal.as_hours().div_euclid(24).max(1);
            let rhythm = if days == 1 { "elke dag".to_owned() } else { format!("elke {days} dagen") };
            complete.silent.push(format!(
                "{} sinds {} (normaal {rhythm})",
                title(&source),
                words::date(crate::domain::week::day(last))
            ));
        } else if active.contains(source.as_str())
            && !findings.counted.panel.contains(&source)
            && is_feed(settings, &source)
        {
            complete.young.push(format!(
                "{} (gevolgd sinds {})",
                title(&source),
                words::date(crate::domain::week::day(first))
            ));
        }
    }
    known_wrong(store, &title, &mut complete, now).await?;
    complete.model = about_the_model(store, settings, week).await?;
    for (source, state) in store.poll_states().await? {
        if let Some(problem) = state.problem {
            let times = words::counted(i64::from(state.failures), "mislukte poging", "mislukte pogingen");
            complete.broken.push(format!("{}: {problem} ({times})", title(&source.0)));
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
        let title = title(&condition.source.0);
        if condition.kind == super::super::health::DRIFTED {
            complete.strange.push(format!("{title} {}", condition.detail));
            continue;
        }
        complete.silent.retain(|line| condition.kind != "stil" || !line.starts_with(&title));
        complete.silent.push(format!("{title}: {}", condition.detail));
    }
    for month in store.months().await?.into_iter().filter(|month| now.duration_since(month.checked) < MONTH_NEWS) {
        complete.rejected.push(format!(
            "{}, {}: {} van {} binnen",
            title(&month.source.0),
            month.month,
            words::whole(month.held),
            words::whole(month.stated)
        ));
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

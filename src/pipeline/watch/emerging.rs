//! New topics of the last weeks, and gemeenten that stand out together: the store's rows made ready for `trend`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    domain::{
        trend::{Cluster, Marked, Narrowing, Telling, Term, Topic},
        week::Week,
    },
    places::Gazetteer,
    report::words,
    settings::Settings,
    store::{Store, StoreError, series::Near},
    trend::{
        scan::{self, Place},
        series::Series,
        topics::{self, BEFORE, Before, Found, NEAR, RECENT, Story, TOLD},
        words::{Terms, terms_of},
    },
};

/// Topics that are told.
const MOST: usize = 5;
/// Weeks of a scan.
const SCAN_WEEKS: usize = 6;
/// A cluster is told below this probability.
const SURE: f64 = 0.01;

/// New topics of a week, strongest first; those that a person silenced are left out.
pub(super) async fn topics(
    store: &Store,
    settings: &Settings,
    week: Week,
    (tellings, marked, panel): (&[Telling], &[Marked], &BTreeSet<String>),
) -> Result<Vec<Topic>, StoreError> {
    let model = settings.knowledge.classifier.version();
    let silenced = store.silenced_topics().await?;
    // A source that was added brings its own words; only the panel's are news.
    let near: Vec<Near> = store
        .near(model, NEAR, (week.plus(-BEFORE - RECENT), week))
        .await?
        .into_iter()
        .filter(|story| panel.contains(&story.source))
        .collect();
    let terms: Vec<Terms> = near.iter().map(|story| terms_of(&story.title, &story.text)).collect();
    let mut before = Before::default();
    let mut told_by: HashMap<i64, BTreeSet<&str>> = HashMap::new();
    for telling in tellings.iter().filter(|telling| telling.week.until(week) < RECENT) {
        told_by.entry(telling.story).or_default().insert(&telling.source);
    }
    let mut recent: Vec<Story<'_>> = Vec::new();
    let mut rows: Vec<&Near> = Vec::new();
    for (story, terms) in near.iter().zip(&terms) {
        if story.week.until(week) >= RECENT {
            before.add(terms);
            continue;
        }
        let sources = told_by.remove(&story.story).unwrap_or_else(|| BTreeSet::from([story.source.as_str()]));
        recent.push(Story { story: story.story, sources, terms, near: story.near, known: story.known });
        rows.push(story);
    }
    let gazetteer = &settings.knowledge.gazetteer;
    let found = topics::find(&recent, &before, &|term| names_place(gazetteer, term));
    let told = found.iter().filter(|found| found.score >= TOLD).map(|found| topic(found, &recent, &rows, marked));
    Ok(told.filter(|topic| !topic.terms.iter().any(|term| silenced.contains(&term.term))).take(MOST).collect())
}

/// True where a term holds the name of a place; a piece of a word is none.
#[must_use]
pub fn names_place(gazetteer: &Gazetteer, term: &str) -> bool {
    let word = |part: &str| !gazetteer.find(&format!("in {}", words::capital(part)), "").is_empty();
    !term.contains('-') && term.split(' ').any(word)
}

fn topic(found: &Found, recent: &[Story<'_>], rows: &[&Near], marked: &[Marked]) -> Topic {
    let own: Vec<&&Near> = found.stories.iter().filter_map(|place| rows.get(*place)).collect();
    let texts: Vec<&str> = own.iter().flat_map(|story| [story.title.as_str(), story.text.as_str()]).collect();
    let ids: BTreeSet<i64> = own.iter().map(|story| story.story).collect();
    let publishers: BTreeSet<&str> = found
        .stories
        .iter()
        .filter_map(|place| recent.get(*place))
        .flat_map(|story| story.sources.iter().copied())
        .collect();
    let terms = found.terms.iter().map(|rising| Term {
        term: topics::written(&rising.term, &texts),
        recent: u32::try_from(rising.stories.len()).unwrap_or(u32::MAX),
        before: rising.before,
        publishers: u32::try_from(rising.sources).unwrap_or(u32::MAX),
        z: rising.z,
        stories: rising.stories.iter().filter_map(|place| rows.get(*place)).map(|story| story.story).collect(),
    });
    let mut fenomenen: BTreeMap<&str, u32> = BTreeMap::new();
    for fenomeen in own.iter().flat_map(|story| &story.fenomenen) {
        *fenomenen.entry(fenomeen).or_default() += 1;
    }
    let mut fenomenen: Vec<(String, u32)> = fenomenen.into_iter().map(|(id, count)| (id.to_owned(), count)).collect();
    fenomenen.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut terms: Vec<Term> = terms.collect();
    // Pieces of one word are written as the same word.
    terms.dedup_by(|later, earlier| later.term == earlier.term);
    Topic {
        key: terms.first().map(|term| term.term.clone()).unwrap_or_default(),
        name: topics::name(found, &texts),
        stories: own.iter().rev().map(|story| story.story).collect(),
        publishers: u32::try_from(publishers.len()).unwrap_or(u32::MAX),
        first: own.iter().map(|story| story.week).min().unwrap_or_else(|| Week::of(jiff::Timestamp::UNIX_EPOCH)),
        gemeenten: places(&ids, marked),
        fenomenen,
        score: found.score,
        terms,
    }
}

/// Gemeenten of these stories, most named first.
fn places(stories: &BTreeSet<i64>, marked: &[Marked]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for mark in marked.iter().filter(|mark| mark.axis == Narrowing::Gemeente && stories.contains(&mark.story)) {
        *counts.entry(&mark.value).or_default() += 1;
    }
    let mut order: Vec<(&str, u32)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    order.into_iter().map(|(code, _)| code.to_owned()).collect()
}

/// Neighbouring gemeenten that stand out together, per fenomeen, surest first.
pub(super) fn clusters(settings: &Settings, series: &[Series]) -> Vec<Cluster> {
    let fenomenen: BTreeSet<&str> = series.iter().map(|one| one.key.fenomeen.as_str()).collect();
    let mut clusters: Vec<Cluster> = Vec::new();
    for fenomeen in fenomenen {
        let places: Vec<Place> = settings.region.centres.iter().map(|centre| place(centre, fenomeen, series)).collect();
        // The seed follows from the week, so that the same week gives the same p.
        let seed = series.last().map_or(1, |one| u64::from(one.week().number().unsigned_abs()));
        let Some(found) = scan::scan(&places, seed).filter(|found| found.p <= SURE) else { continue };
        clusters.push(Cluster {
            fenomeen: fenomeen.to_owned(),
            gemeenten: found.gemeenten,
            weeks: u32::try_from(found.weeks).unwrap_or(1),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of whole small counts")]
            seen: found.seen as u32,
            expected: found.expected,
            p: found.p,
        });
    }
    clusters.sort_by(|a, b| a.p.total_cmp(&b.p).then_with(|| a.fenomeen.cmp(&b.fenomeen)));
    clusters
}

/// A gemeente with what it saw and, by its own past and the share of its fenomeen, should have seen.
fn place(centre: &crate::domain::place::Centre, fenomeen: &str, series: &[Series]) -> Place {
    let own = series.iter().find(|one| {
        one.key.fenomeen == fenomeen && one.key.depth() == 1 && one.key.gemeente.as_deref() == Some(&centre.code)
    });
    let at = (centre.lat, centre.lon);
    let Some(own) = own else {
        return Place {
            code: centre.code.clone(),
            at,
            seen: vec![0.0; SCAN_WEEKS],
            expected: vec![0.01; SCAN_WEEKS],
            dispersion: 1.0,
        };
    };
    let past = own.counts.len().saturating_sub(SCAN_WEEKS);
    let (counted, read) = own
        .counts
        .iter()
        .zip(&own.exposure)
        .take(past)
        .fold((0.0, 0.0), |sum, (count, exposure)| (sum.0 + f64::from(*count), sum.1 + exposure));
    // Six average weeks of what the parent expects stand behind a gemeente with little past.
    let weeks = f64::from(u32::try_from(past.max(1)).unwrap_or(1));
    let prior = 6.0 * read / weeks;
    let rate = (counted + own.prior_rate * prior) / (read + prior).max(1e-9);
    let last = |values: &[f64]| values.iter().rev().take(SCAN_WEEKS).rev().copied().collect::<Vec<f64>>();
    let counts: Vec<f64> = own.counts.iter().copied().map(f64::from).collect();
    Place {
        code: centre.code.clone(),
        at,
        seen: last(&counts),
        expected: last(&own.exposure).into_iter().map(|exposure| (rate * exposure).max(0.01)).collect(),
        dispersion: 1.5,
    }
}

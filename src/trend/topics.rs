//! New topics: words, pieces of compounds and pairs of words that were not there or rare, that rose in the last weeks and
//! stand together in the same stories. What a new fenomeen shows first is not its name but words that go together.
//!
//! A term is weighed by how surprising its stories are against the year before, which is the tail behind the log-odds with
//! an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008, Political Analysis 16:372-403); the log-odds are told
//! beside it. Only stories near ondermijning by the classifier are looked at, also where it finds none of the fenomenen
//! that it knows: a carnival brings new words too. Names are kept out: of places by the caller, of persons by their capital.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::words::Terms;

/// Smallest surprise of a term: minus the natural logarithm of the chance of so many stories or more.
const LEAST: f64 = 6.0;
/// Words are tried in pairs from this surprise on; there are many more pairs than words, so a pair must surprise more.
const MILD: f64 = 1.0;
const PAIR: f64 = 2.0;
/// A term that more than this share of the stories had before is no news.
const RARE: f64 = 0.01;
/// Fewest stories and sources, of a term and of a topic.
const LEAST_STORIES: usize = 3;
const LEAST_SOURCES: usize = 2;
/// Stories that two terms must share to be of one topic, as a share of the smaller and of the stronger one.
const TOGETHER: f64 = 0.5;
const TOGETHER_STRONGER: f64 = 0.7;
/// Terms of a topic that are weighed and shown.
const TERMS: usize = 6;
/// Prior of the log-odds, in stories, and the least of it that a term gets.
const PRIOR: f64 = 500.0;
const PRIOR_LEAST: f64 = 0.5;
/// Smallest score of a topic that is told.
pub const TOLD: f64 = 6.0;
/// Recent weeks in which topics are sought, and weeks before them that they are held against.
pub const RECENT: i64 = 3;
/// See [`RECENT`].
pub const BEFORE: i64 = 52;
/// What is less near ondermijning than this is ordinary news: of 150 items on carnivals, storms and strikes one in ten is
/// nearer, of 388 on new forms of crime that no fenomeen has, nineteen in twenty.
pub const NEAR: f64 = 0.05;

/// One recent story.
#[derive(Debug, Clone)]
pub struct Story<'a> {
    /// Story id.
    pub story: i64,
    /// Sources that told it.
    pub sources: BTreeSet<&'a str>,
    /// Its terms.
    pub terms: &'a Terms,
    /// How near it is to ondermijning: the highest probability of any fenomeen, 0 to 1.
    pub near: f64,
    /// Whether it is surely about a fenomeen that is known.
    pub known: bool,
}

/// Terms of the year before: in which stories each stood.
#[derive(Debug, Clone, Default)]
pub struct Before {
    terms: HashMap<String, Vec<u32>>,
    stories: u32,
}

impl Before {
    /// Adds the terms of a story that is newer than all so far.
    pub fn add(&mut self, terms: &Terms) {
        for term in terms.keys() {
            self.terms.entry(term.clone()).or_default().push(self.stories);
        }
        self.stories += 1;
    }

    /// Stories in all.
    #[must_use]
    pub fn stories(&self) -> u32 {
        self.stories
    }

    fn with(&self, term: &str) -> &[u32] {
        self.terms.get(term).map_or(&[], Vec::as_slice)
    }

    fn with_both(&self, first: &str, second: &str) -> usize {
        let (first, second) = (self.with(first), self.with(second));
        let (few, many) = if first.len() < second.len() { (first, second) } else { (second, first) };
        few.iter().filter(|place| many.binary_search(place).is_ok()).count()
    }
}

/// A term that rose.
#[derive(Debug, Clone, PartialEq)]
pub struct Rising {
    /// A word, a piece of a word ("padel-", "-vape"), a pair that stood side by side, or two words of one story ("a + b").
    pub term: String,
    /// Surprise.
    pub surprise: f64,
    /// Log-odds against the year before, in standard deviations.
    pub z: f64,
    /// Stories of the year before that had it.
    pub before: u32,
    /// Places of its stories among the recent ones.
    pub stories: BTreeSet<usize>,
    /// Sources of these.
    pub sources: usize,
}

/// Terms that go together.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its terms, strongest first.
    pub terms: Vec<Rising>,
    /// Places of its stories among the recent ones.
    pub stories: BTreeSet<usize>,
    /// What it is ranked by.
    pub score: f64,
}

/// Topics of the recent stories against those before, strongest first. `is_name` says which terms are names of places.
#[must_use]
pub fn find(recent: &[Story<'_>], before: &Before, is_name: &dyn Fn(&str) -> bool) -> Vec<Found> {
    let mut left = rising(recent, before, is_name);
    let mut found: Vec<Found> = Vec::new();
    while !left.is_empty() {
        let first = left.remove(0);
        let (own, rest): (Vec<Rising>, Vec<Rising>) = left.into_iter().partition(|term| together(&first, term));
        left = rest;
        let mut stories = first.stories.clone();
        for term in &own {
            // A further story belongs to it when it has two of its terms.
            let has = |story: &usize| own.iter().filter(|other| other.stories.contains(story)).count() >= 2;
            stories.extend(term.stories.iter().copied().filter(has));
        }
        let fresh = stories.iter().filter(|story| !found.iter().any(|other| other.stories.contains(story))).count();
        if stories.len() < LEAST_STORIES || sources(recent, &stories) < LEAST_SOURCES || 2 * fresh < stories.len() {
            continue;
        }
        let mut terms = vec![first];
        terms.extend(own);
        terms.truncate(TERMS);
        let score = score(recent, &terms, &stories);
        found.push(Found { terms, stories, score });
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// The weight of its terms, how near its stories are to ondermijning, and a little less for what is known already.
fn score(recent: &[Story<'_>], terms: &[Rising], stories: &BTreeSet<usize>) -> f64 {
    let count = number(stories.len()).max(1.0);
    let own = || stories.iter().filter_map(|story| recent.get(*story));
    let near = own().map(|story| story.near.max(0.05).sqrt()).sum::<f64>() / count;
    let known = number(own().filter(|story| story.known).count()) / count;
    let weight: f64 = terms.iter().zip(1_u32..).map(|(term, rank)| term.surprise / f64::from(rank)).sum();
    weight * near * (1.0 - 0.3 * known)
}

/// A name for readers: its strongest term, and a second one that does not repeat it, as words of its own texts.
#[must_use]
pub fn name(found: &Found, texts: &[&str]) -> String {
    let mut names: Vec<String> = Vec::new();
    for term in &found.terms {
        let parts: Vec<String> = term.term.split(" + ").map(|part| written(part, texts)).collect();
        let name = parts.join(" en ");
        let repeats = names.iter().any(|told| shares_word(told, &name) || shares_word(told, &term.term));
        if !name.is_empty() && !repeats {
            names.push(name);
        }
    }
    names.truncate(2);
    names.join(", ")
}

/// A stem, a piece or a pair as it is written most often in these texts.
#[must_use]
pub fn written(term: &str, texts: &[&str]) -> String {
    let piece = term.trim_matches('-');
    if piece.contains(' ') {
        return piece.split(' ').map(|part| written(part, texts)).collect::<Vec<_>>().join(" ");
    }
    let fits = |word: &str| if term.starts_with('-') { word.ends_with(piece) } else { word.starts_with(piece) };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphabetic() && c != '-')) {
        let lower = word.trim_matches('-').to_lowercase();
        if fits(&lower) {
            *counts.entry(lower).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.len().cmp(&a.0.len())));
    most.map_or_else(|| piece.to_owned(), |(word, _)| word)
}

fn together(first: &Rising, term: &Rising) -> bool {
    let common = number(first.stories.intersection(&term.stories).count());
    common >= TOGETHER * number(term.stories.len())
        || common >= TOGETHER_STRONGER * number(first.stories.len())
        || shares_word(&first.term, &term.term)
}

fn shares_word(a: &str, b: &str) -> bool {
    let words = |text: &'_ str| -> Vec<String> {
        let parts = text.split([' ', '+']).map(|part| part.trim_matches('-').to_owned());
        parts.filter(|part| !part.is_empty()).collect()
    };
    let within = |x: &String, y: &String| x == y || (x.chars().count() >= 6 && y.contains(x.as_str()));
    let (a, b) = (words(a), words(b));
    a.iter().any(|x| b.iter().any(|y| within(x, y) || within(y, x)))
}

fn sources(recent: &[Story<'_>], stories: &BTreeSet<usize>) -> usize {
    let own = stories.iter().filter_map(|story| recent.get(*story));
    own.flat_map(|story| story.sources.iter().copied()).collect::<BTreeSet<&str>>().len()
}

fn rising(recent: &[Story<'_>], before: &Before, is_name: &dyn Fn(&str) -> bool) -> Vec<Rising> {
    let mut seen: HashMap<&str, (BTreeSet<usize>, usize)> = HashMap::new();
    for (place, story) in recent.iter().enumerate() {
        for (term, capital) in story.terms {
            let entry = seen.entry(term).or_default();
            entry.0.insert(place);
            entry.1 += usize::from(*capital);
        }
    }
    let weigh = Weigh { recent, before, all: number(recent.len()) };
    let mut mild: BTreeSet<&str> = BTreeSet::new();
    let mut rising: Vec<Rising> = Vec::new();
    for (term, (stories, capitals)) in &seen {
        let then = before.with(term).len();
        let is_news = number(then) <= RARE * f64::from(before.stories());
        if stories.len() < LEAST_STORIES || 2 * capitals > stories.len() || !is_news || is_name(term) {
            continue;
        }
        let one = weigh.term((*term).to_owned(), stories.clone(), then);
        if one.surprise > MILD && !term.contains([' ', '-']) {
            mild.insert(term);
        }
        rising.extend(Some(one).filter(|one| one.surprise > LEAST && one.sources >= LEAST_SOURCES));
    }
    rising.extend(pairs(&weigh, &mild));
    let words = |term: &str| term.split([' ', '-']).count();
    rising.sort_by(|a, b| {
        let plainer = words(&a.term).cmp(&words(&b.term)).then_with(|| b.term.len().cmp(&a.term.len()));
        b.surprise.total_cmp(&a.surprise).then(plainer).then_with(|| a.term.cmp(&b.term))
    });
    rising
}

/// Two words that are ordinary apart may be new together.
fn pairs(weigh: &Weigh<'_>, mild: &BTreeSet<&str>) -> Vec<Rising> {
    let mut pairs: HashMap<(&str, &str), BTreeSet<usize>> = HashMap::new();
    for (place, story) in weigh.recent.iter().enumerate() {
        let own: Vec<&str> = story.terms.keys().map(String::as_str).filter(|term| mild.contains(term)).collect();
        for (at, first) in own.iter().enumerate() {
            for second in own.iter().skip(at + 1).filter(|second| !first.contains(**second) && !second.contains(first))
            {
                pairs.entry((first, second)).or_default().insert(place);
            }
        }
    }
    let found = pairs.into_iter().filter(|(_, stories)| stories.len() >= LEAST_STORIES).map(|((a, b), stories)| {
        let mut one = weigh.term(format!("{a} + {b}"), stories, weigh.before.with_both(a, b));
        one.surprise -= PAIR;
        one
    });
    found.filter(|one| one.surprise > LEAST && one.sources >= LEAST_SOURCES).collect()
}

struct Weigh<'a> {
    recent: &'a [Story<'a>],
    before: &'a Before,
    all: f64,
}

impl Weigh<'_> {
    fn term(&self, term: String, stories: BTreeSet<usize>, then: usize) -> Rising {
        let (now, then_all) = (number(stories.len()), f64::from(self.before.stories()).max(1.0));
        let expected = self.all * (number(then) + 0.5) / then_all;
        Rising {
            surprise: surprise(now, expected),
            z: log_odds((now, self.all), (number(then), then_all)),
            before: u32::try_from(then).unwrap_or(u32::MAX),
            sources: sources(self.recent, &stories),
            term,
            stories,
        }
    }
}

/// Minus the logarithm of the chance that a Poisson of this mean gives so many or more.
fn surprise(now: f64, expected: f64) -> f64 {
    let chance = statrs::function::gamma::gamma_lr(now.max(1.0), expected.max(1e-12));
    -chance.max(1e-300).ln()
}

fn log_odds((now, now_all): (f64, f64), (then, then_all): (f64, f64)) -> f64 {
    let prior = (PRIOR * (now + then) / (now_all + then_all).max(1.0)).clamp(PRIOR_LEAST, PRIOR * 0.9);
    let odds = |count: f64, all: f64| ((count + prior) / (all + PRIOR - count - prior).max(1e-9)).ln();
    (odds(now, now_all) - odds(then, then_all)) / (1.0 / (now + prior) + 1.0 / (then + prior)).sqrt()
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{super::words::terms_of, *};

    #[test]
    fn words_that_go_together_are_a_topic_and_names_and_old_words_are_not() {
        let mut before = Before::default();
        for n in 0..600 {
            before.add(&terms_of(
                "",
                &format!("In de haven is partij {n} gevonden door de douane, bij een loods met fruit."),
            ));
        }
        let texts: Vec<String> = [
            "Sluimervapes verkocht bij een school, zegt Jansma. De haven is er niet bij.",
            "Jongeren onwel na een sluimervape met lavendel, zegt Jansma.",
            "Opnieuw een partij sluimervapes gevonden, met lavendel, zegt Jansma.",
            "Douane vindt fruit in de haven.",
        ]
        .map(str::to_owned)
        .into();
        let terms: Vec<Terms> = texts.iter().map(|text| terms_of("", text)).collect();
        let stories: Vec<Story<'_>> = terms
            .iter()
            .zip(["a", "b", "a", "b"])
            .zip(0..)
            .map(|((terms, source), story)| Story {
                story,
                sources: BTreeSet::from([source]),
                terms,
                near: 0.6,
                known: false,
            })
            .collect();
        let found = find(&stories, &before, &|_| false);
        let first = found.first().expect("a topic");
        assert_eq!(first.stories, BTreeSet::from([0, 1, 2]));
        assert!(first.score > TOLD, "{}", first.score);
        let words: Vec<&str> = first.terms.iter().map(|term| term.term.as_str()).collect();
        assert!(words.iter().any(|term| term.contains("sluimer")), "{words:?}");
        assert!(words.iter().all(|term| !term.contains("jansma") && !term.contains("haven")), "{words:?}");
    }
}

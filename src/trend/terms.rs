//! Words and pairs of words that were absent or rare and now occur: log-odds with an informative Dirichlet prior (Monroe,
//! Colaresi and Quinn 2008, Political Analysis 16:372-403). Names are kept out: of places by the gazetteer, of
//! persons by their capital letter.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::trend::Term;

/// Weight of the prior, in stories.
const PRIOR: f64 = 500.0;
/// Smallest z-score that is told.
const LEAST_Z: f64 = 3.0;

/// One text in which terms are sought.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Story id.
    pub story: i64,
    /// Source id.
    pub source: &'a str,
    /// Title.
    pub title: &'a str,
    /// Text.
    pub text: &'a str,
}

#[derive(Default)]
struct Seen<'a> {
    stories: BTreeSet<i64>,
    sources: BTreeSet<&'a str>,
    capital: u32,
}

/// New terms of the recent texts against those before, strongest first, at most `most`. A term needs three stories of two
/// publishers, and four times as many stories as in all the time before; one that repeats a stronger term is left out.
#[must_use]
pub fn emerging(recent: &[Text<'_>], before: &[Text<'_>], is_name: &dyn Fn(&str) -> bool, most: usize) -> Vec<Term> {
    let now = gather(recent);
    let then = gather(before);
    let (n_now, n_then) = (number(recent.len()), number(before.len()));
    let mut terms: Vec<Term> = now
        .iter()
        .filter(|(term, seen)| {
            seen.stories.len() >= 3
                && seen.sources.len() >= 2
                && number(seen.stories.len()) > 2.0 * f64::from(seen.capital)
                && !is_name(term)
        })
        .filter_map(|(term, seen)| {
            let earlier = then.get(term).map_or(0, |seen| seen.stories.len());
            let z = z_score(number(seen.stories.len()), n_now, number(earlier), n_then);
            (z > LEAST_Z && 4 * earlier <= seen.stories.len()).then(|| Term {
                term: term.clone(),
                recent: whole(seen.stories.len()),
                before: whole(earlier),
                publishers: whole(seen.sources.len()),
                z,
                stories: seen.stories.iter().copied().collect(),
            })
        })
        .collect();
    // Of words that occur together, the longest single one says most: a compound names its own subject.
    let words = |term: &Term| term.term.split(' ').count();
    terms.sort_by(|a, b| {
        let closer = words(a).cmp(&words(b)).then_with(|| b.term.len().cmp(&a.term.len()));
        b.z.total_cmp(&a.z).then(closer).then_with(|| a.term.cmp(&b.term))
    });
    let mut told: Vec<Term> = Vec::new();
    for term in terms {
        if told.len() < most && told.iter().all(|other| !says_the_same(&term, other)) {
            told.push(term);
        }
    }
    told
}

/// Shares a word, or most of its stories, with a term that was told already.
fn says_the_same(term: &Term, told: &Term) -> bool {
    let shares_word = term.term.split(' ').any(|word| told.term.split(' ').any(|other| other == word));
    let common = term.stories.iter().filter(|story| told.stories.contains(story)).count();
    shares_word || 2 * common >= term.stories.len()
}

fn z_score(now: f64, n_now: f64, then: f64, n_then: f64) -> f64 {
    let prior = PRIOR * (now + then + 0.1) / (n_now + n_then).max(1.0);
    let prior = prior.clamp(0.05, PRIOR * 0.9);
    let odds = |count: f64, all: f64| ((count + prior) / (all + PRIOR - count - prior).max(1e-9)).ln();
    let variance = 1.0 / (now + prior) + 1.0 / (then + prior);
    (odds(now, n_now) - odds(then, n_then)) / variance.sqrt()
}

fn gather<'a>(texts: &[Text<'a>]) -> HashMap<String, Seen<'a>> {
    let mut seen: HashMap<String, Seen<'a>> = HashMap::new();
    for text in texts {
        for (term, capital) in terms_of(text) {
            let entry = seen.entry(term).or_default();
            entry.stories.insert(text.story);
            entry.sources.insert(text.source);
            entry.capital += u32::from(capital);
        }
    }
    seen
}

/// Words of five letters or more and pairs of words, each once, and whether it stood with a capital inside a sentence.
fn terms_of(text: &Text<'_>) -> BTreeMap<String, bool> {
    let mut terms = BTreeMap::new();
    for part in [text.title, text.text] {
        let mut last: Option<(String, bool)> = None;
        let mut starts = true;
        for token in part.split_whitespace() {
            let word = token.trim_matches(|c: char| !c.is_alphanumeric());
            let plain = word.chars().all(char::is_alphabetic) && word.chars().count() >= 3;
            let capital = !starts && word.chars().next().is_some_and(char::is_uppercase);
            let lower = word.to_lowercase();
            if plain && !is_common(&lower) {
                if lower.chars().count() >= 5 {
                    terms.entry(lower.clone()).and_modify(|all: &mut bool| *all &= capital).or_insert(capital);
                }
                if let Some((before, was_capital)) = &last {
                    let pair = format!("{before} {lower}");
                    terms.entry(pair).or_insert(capital || *was_capital);
                }
                last = Some((lower, capital));
            } else {
                last = None;
            }
            starts = token.ends_with(['.', '!', '?', ':']);
            if starts || token.ends_with([',', ';', ')']) {
                last = None;
            }
        }
    }
    terms
}

/// Words that carry no subject.
fn is_common(word: &str) -> bool {
    const COMMON: &str = " aan aantal achter al alle alleen als altijd ander andere anderen avond bekend ben bij bijna binnen boven \
        buiten daar daarbij daarna daarom dag dagen dan dat deed deel deze die dit doen door dus een eerder eerste elk en enkele er \
        erg ervan ging gaat gaan geen gemeente geweest goed graag grote had hadden heb hebben heeft heel hele hem hen het hier hij \
        hoe hun iets ik in inmiddels inwoners is jaar jaren kan kon konden komen komt kreeg krijgen krijgt kunnen laat laatste laten \
        later liet maand maandag maanden maar maken man mannen meer mensen met meter middag minder minuten moest moesten moet moeten \
        mogelijk mogen na naar naast nadat niet niets nieuwe niemand noch nog nodig nooit nu of om omdat omgeving onder ongeveer ook \
        op over pas per plek politie precies rond ruim sinds slechts snel staan staat steeds straat stuk te tegen ten ter terug \
        tijdens toch toe toen tot tussen twee uit uur vaak van vanaf vandaag vanuit veel vele verder vermoedelijk via volgend \
        volgende volgens voor vooral vorig vorige vrijdag waar waarbij waarin waren was wat week weken weer weg wel welke werd \
        werden wie wil willen woensdag woordvoerder woning worden wordt zaak zaken zaterdag zegt zei zeker zelf zich zij zijn \
        zo zoals zodat zondag zonder zou zouden zullen dinsdag donderdag dinsdagavond drie vier vijf zes avonds nacht ochtend ";
    COMMON.contains(&format!(" {word} "))
}

fn number(count: usize) -> f64 {
    f64::from(whole(count))
}

fn whole(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

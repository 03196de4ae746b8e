//! Do two texts tell of the same event? What a telling is compared by, and the learned weights that decide.
//!
//! A rewritten telling shares few words with the first: what stays are the place, the numbers, the names, a rare word, the
//! pieces of compounds, the kind of event, and the days. (Miranda et al. 2018, EMNLP, cluster news by such a learned
//! sum; sparse pieces of words stand in for their lemmas.)

pub mod cluster;
pub mod trial;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hasher,
};

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use crate::dedupe::Shingles;

/// Letters in a piece of a word.
const PIECE: usize = 5;
/// Rare words that are remembered of a telling.
const RARE: usize = 12;
/// From this probability on a fenomeen is a key.
const KIND: f64 = 0.25;
/// Days that two tellings of one event lie apart at most.
pub const SPAN_DAYS: f64 = 12.0;
/// A word of which the table knows nothing occurs in fewer texts than this share.
const UNKNOWN: f64 = 3.0 / 10_000.0;

/// How often words occur: share of texts per stem.
#[derive(Debug, Clone, Default)]
pub struct Words(HashMap<String, f64>);

impl Words {
    /// Reads the table `stam,op_10000`: texts of ten thousand that hold the stem. Lines that are none are left out.
    #[must_use]
    pub fn new(table: &str) -> Self {
        let line = |line: &str| {
            let (stem, share) = line.split_once(',')?;
            Some((stem.to_owned(), share.trim().parse::<f64>().ok()? / 10_000.0))
        };
        Self(table.lines().filter_map(line).collect())
    }

    /// How much a word says: the logarithm of one over its share.
    fn weight(&self, stem: &str) -> f64 {
        -self.0.get(stem).copied().unwrap_or(UNKNOWN).max(UNKNOWN / 2.0).ln()
    }
}

/// What is known of a telling beside its text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Seconds since 1970.
    pub published: i64,
    /// Source.
    pub source: String,
    /// CBS codes of the gemeenten.
    pub gemeenten: BTreeSet<String>,
    /// Fenomenen with their probability.
    pub fenomenen: BTreeMap<String, f64>,
}

impl About {
    /// The fenomenen that say something: what is less probable than one in fifty is left out.
    #[must_use]
    pub fn fenomenen(all: impl Iterator<Item = (String, f64)>) -> BTreeMap<String, f64> {
        all.filter(|(_, p)| *p > 0.02).collect()
    }
}

/// What a telling is compared by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sketch {
    about: About,
    /// Pieces of words with their weight, by hash; of length 1 together.
    pieces: Vec<(u32, f32)>,
    /// Rarest words with their weight, by hash.
    rare: Vec<(u64, f32)>,
    numbers: BTreeSet<u64>,
    names: BTreeSet<u64>,
    shingles: Shingles,
}

/// Things by which two tellings are compared; in the order of their weights.
pub const FEATURES: usize = 14;

/// Learned on the authored development set by logistic regression.
const WEIGHTS: [f64; FEATURES] =
    [5.485, 1.646, -3.094, 1.687, -1.843, -0.321, -0.895, 1.363, -0.111, 3.594, 0.050, 0.324, 3.131, -0.768];
const BIAS: f64 = -6.809;

impl Sketch {
    /// Makes the sketch of a title and text.
    #[must_use]
    pub fn new(title: &str, text: &str, about: About, words: &Words) -> Self {
        let mut pieces: BTreeMap<u32, f64> = BTreeMap::new();
        let mut rare: BTreeMap<u64, f64> = BTreeMap::new();
        let (mut numbers, mut names) = (BTreeSet::new(), BTreeSet::new());
        for part in [title, text] {
            let mut starts = true;
            for token in part.split_whitespace() {
                for word in token.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
                    add_word(word, starts, words, (&mut pieces, &mut rare, &mut numbers, &mut names));
                    starts = false;
                }
                starts |= token.ends_with(['.', '!', '?', ':']);
            }
        }
        let length = pieces.values().map(|weight| weight * weight).sum::<f64>().sqrt().max(1e-9);
        let mut rare: Vec<(u64, f32)> = rare.into_iter().map(|(word, weight)| (word, narrow(weight))).collect();
        rare.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        rare.truncate(RARE);
        rare.sort_by_key(|(word, _)| *word);
        Self {
            about,
            pieces: pieces.into_iter().map(|(piece, weight)| (piece, narrow(weight / length))).collect(),
            rare,
            numbers,
            names,
            shingles: Shingles::of(title, text),
        }
    }

    /// Keys under which a telling of the same event is looked for: its gemeenten, rarest words, numbers and fenomenen.
    #[must_use]
    pub fn keys(&self) -> Vec<i64> {
        let gemeenten = self.about.gemeenten.iter().map(|code| hash(code.as_bytes()));
        let rare = self.rare.iter().map(|(word, _)| *word);
        // A rewritten telling may share no word at all: the kind of event finds it.
        let kinds = self.about.fenomenen.iter().filter(|(_, p)| **p >= KIND).map(|(id, _)| hash(id.as_bytes()));
        gemeenten
            .chain(rare)
            .chain(kinds)
            .chain(self.numbers.iter().copied())
            .map(|key| i64::from_ne_bytes(key.to_ne_bytes()))
            .collect()
    }

    /// What is known beside the text.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn published(&self) -> i64 {
        self.about.published
    }

    /// The features of a pair.
    #[must_use]
    pub fn features(&self, other: &Self) -> [f64; FEATURES] {
        let (a, b) = (&self.about, &other.about);
        let yes = |is: bool| f64::from(u8::from(is));
        let pieces = cosine(&self.pieces, &other.pieces).max(0.0).sqrt();
        let shared = shared(&self.rare, &other.rare);
        let rare = |place: usize| f64::from(shared.get(place).copied().unwrap_or(0.0)) / 8.0;
        let here = a.gemeenten.intersection(&b.gemeenten).next().is_some();
        let elsewhere = !a.gemeenten.is_empty() && !b.gemeenten.is_empty() && !here;
        let numbers = self.numbers.intersection(&other.numbers).count();
        let other_numbers = !self.numbers.is_empty() && !other.numbers.is_empty() && numbers == 0;
        let names = self.names.intersection(&other.names).count();
        #[expect(clippy::cast_precision_loss, reason = "seconds of a few weeks")]
        let days = (a.published - b.published).unsigned_abs() as f64 / 86_400.0;
        let near = (-days).exp();
        let kind = alike(&a.fenomenen, &b.fenomenen);
        [
            pieces,
            rare(0),
            rare(1),
            yes(here),
            yes(elsewhere),
            capped(numbers, 3),
            yes(other_numbers),
            capped(names, 2),
            self.shingles.similarity(&other.shingles),
            near,
            days.min(14.0) / 14.0,
            yes(a.source == b.source),
            kind,
            kind * pieces,
        ]
    }

    /// Whether two tellings share what two events of one kind in one place do not: a number and a name, or three names. A
    /// wave of explosions in one town is many events, and must be counted as many.
    #[must_use]
    pub fn is_anchored(&self, other: &Self) -> bool {
        let names = self.names.intersection(&other.names).count();
        names >= 3 || (names >= 1 && self.numbers.intersection(&other.numbers).next().is_some())
    }

    /// How sure it is that two tellings are of the same event, as a logit.
    #[must_use]
    pub fn same_event(&self, other: &Self) -> f64 {
        BIAS + self.features(other).iter().zip(WEIGHTS).map(|(feature, weight)| feature * weight).sum::<f64>()
    }
}

type Parts<'a> = (&'a mut BTreeMap<u32, f64>, &'a mut BTreeMap<u64, f64>, &'a mut BTreeSet<u64>, &'a mut BTreeSet<u64>);

fn add_word(word: &str, starts: bool, words: &Words, (pieces, rare, numbers, names): Parts<'_>) {
    if word.chars().any(|c| c.is_ascii_digit()) {
        // A year says nothing that the date does not.
        if !(word.len() == 4 && word.starts_with("20")) {
            numbers.insert(hash(word.as_bytes()));
        }
        return;
    }
    let lower = word.to_lowercase();
    if lower.chars().count() < 3 {
        return;
    }
    let stem = stem(&lower);
    let weight = words.weight(stem);
    // A word that one in thirty texts has is no subject.
    if weight < 3.4 {
        return;
    }
    let key = hash(stem.as_bytes());
    if !starts && word.chars().next().is_some_and(char::is_uppercase) {
        names.insert(key);
    }
    rare.insert(key, weight);
    let letters: Vec<char> = std::iter::once('^').chain(lower.chars()).chain(std::iter::once('$')).collect();
    for piece in letters.windows(PIECE.min(letters.len())) {
        let piece: String = piece.iter().collect();
        let [a, b, c, d, ..] = hash(piece.as_bytes()).to_ne_bytes();
        *pieces.entry(u32::from_ne_bytes([a, b, c, d])).or_default() += weight;
    }
}

/// A word without its commonest ending: enough to bring singular and plural together.
fn stem(word: &str) -> &str {
    const ENDINGS: [&str; 13] = ["ingen", "heden", "eren", "tje", "jes", "en", "de", "te", "er", "s", "e", "n", "t"];
    let whole = word.chars().count();
    ENDINGS
        .iter()
        .filter(|ending| whole >= ending.len() + 4)
        .find_map(|ending| word.strip_suffix(ending))
        .unwrap_or(word)
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(11, 3);
    hasher.write(bytes);
    hasher.finish()
}

#[expect(clippy::cast_possible_truncation, reason = "a weight needs no more digits")]
fn narrow(weight: f64) -> f32 {
    weight as f32
}

fn capped(count: usize, most: u32) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(most).min(most))
}

fn cosine(a: &[(u32, f32)], b: &[(u32, f32)]) -> f64 {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut sum = 0.0;
    while let (Some((left, x)), Some((right, y))) = (a.peek(), b.peek()) {
        match left.cmp(right) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                sum += f64::from(x * y);
                a.next();
                b.next();
            }
        }
    }
    sum
}

/// Weights of the rare words that both have, highest first.
fn shared(a: &[(u64, f32)], b: &[(u64, f32)]) -> Vec<f32> {
    let mut shared: Vec<f32> = a
        .iter()
        .filter(|(word, _)| b.binary_search_by_key(word, |(other, _)| *other).is_ok())
        .map(|(_, weight)| *weight)
        .collect();
    shared.sort_by(|a, b| b.total_cmp(a));
    shared
}

/// How alike two texts are in their fenomenen, 0 to 1; a third where neither has any.
fn alike(a: &BTreeMap<String, f64>, b: &BTreeMap<String, f64>) -> f64 {
    if a.is_empty() && b.is_empty() {
        return 0.3;
    }
    let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    let (mut least, mut most) = (0.0, 0.0);
    for name in names {
        let (x, y) = (a.get(name).copied().unwrap_or(0.0), b.get(name).copied().unwrap_or(0.0));
        least += x.min(y);
        most += x.max(y);
    }
    least / f64::max(most, 0.3)
}

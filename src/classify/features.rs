//! From text to sparse features: words and pairs of words, character n-grams within words (they do for Dutch what a
//! compound splitter would), the title once more as a block of its own, and the articles of law that are cited.
//!
//! `linfa-preprocessing` has a vectoriser, but without character n-grams and with a tokenizer that is lost on saving;
//! features here are hashed to 64 bits, so that a bundle holds no words of its training texts.

use std::{collections::HashMap, sync::OnceLock};

use serde::{Deserialize, Serialize};

/// Blocks are normalised apart, so that a long text does not drown its title.
pub const BLOCKS: usize = 4;
const BODY_WORDS: usize = 0;
const BODY_GRAMS: usize = 1;
const TITLE: usize = 2;
const CITED: usize = 3;
/// How much each block weighs after its own normalisation.
const BLOCK_WEIGHT: [f32; BLOCKS] = [1.0, 1.0, 0.6, 0.4];
/// A law is named at most this many words after its article: "artikel 13b, eerste lid, aanhef en onder a, van de Opiumwet".
const LAW_WITHIN: usize = 12;
/// Only this many words are read: the start of a long judgment tells its subject, and cost stays flat.
const MOST_WORDS: usize = 3_000;
const SHORTEST_GRAM: usize = 3;
const LONGEST_GRAM: usize = 5;

/// A word of the text with the place where it stands, in bytes.
#[derive(Debug, Clone)]
pub struct Word {
    /// Lower case, digits made equal.
    pub form: String,
    /// First byte in its part.
    pub start: usize,
    /// Byte after its last.
    pub end: usize,
    /// Stands in the title.
    pub in_title: bool,
}

/// One occurrence of a feature: block, hash, and the index of the word that gave it.
type Occurrence = (usize, u64, usize);

/// A sparse vector: index into the vocabulary and value, by index.
pub type Sparse = Vec<(u32, f32)>;

/// The features that training kept, with their inverse document frequencies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vocabulary {
    /// Hashes per block-and-feature, ascending.
    hashes: Vec<u64>,
    /// ln((1+N)/(1+df)) + 1.
    idf: Vec<f32>,
    /// Where hashes with the same first bits begin.
    #[serde(skip)]
    buckets: Buckets,
}

/// Bits of a hash that choose its bucket: with a hundred thousand features a bucket holds one or two.
const BUCKET_BITS: u32 = 16;

/// Made at the first question; it is no part of what a vocabulary is.
#[derive(Debug, Default)]
struct Buckets(OnceLock<Vec<u32>>);

impl Clone for Buckets {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Buckets {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Vocabulary {
    /// Features that occur in at most half of the texts, and in at least two, or three for pieces of words: most pieces that
    /// two texts share are chance, and they are the bulk of what a fit has to carry.
    #[must_use]
    pub fn of<'a>(texts: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut frequency: HashMap<u64, (u32, u32)> = HashMap::new();
        let mut count = 0_u32;
        for (title, text) in texts {
            count += 1;
            let found = occurrences(&words(title, text), [title, text]);
            let least = |block| if block == BODY_GRAMS { 3 } else { 2 };
            let mut seen: Vec<(u64, u32)> = found.into_iter().map(|(block, hash, _)| (hash, least(block))).collect();
            seen.sort_unstable();
            seen.dedup();
            for (hash, least) in seen {
                frequency.entry(hash).or_insert((0, least)).0 += 1;
            }
        }
        let most = (count / 2).max(2);
        let kept = frequency.into_iter().filter(|(_, (df, least))| (*least..=most).contains(df));
        let mut kept: Vec<(u64, u32)> = kept.map(|(hash, (df, _))| (hash, df)).collect();
        kept.sort_unstable();
        let total = f64::from(count);
        #[expect(clippy::cast_possible_truncation, reason = "an idf is a small number; f32 is precise enough")]
        let idf = kept.iter().map(|(_, df)| (((1.0 + total) / (1.0 + f64::from(*df))).ln() + 1.0) as f32).collect();
        Self { hashes: kept.into_iter().map(|(hash, _)| hash).collect(), idf, buckets: Buckets::default() }
    }

    /// Number of features.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// True when there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Share of the different words of a text that have no feature of their own: what the model has never read.
    #[must_use]
    pub fn unknown(&self, title: &str, text: &str) -> f64 {
        let mut forms: Vec<String> = words(title, text).into_iter().map(|word| word.form).collect();
        forms.sort_unstable();
        forms.dedup();
        let strange = forms.iter().filter(|form| self.index(hash(BODY_WORDS, b'w', form)).is_none()).count();
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        if forms.is_empty() { 0.0 } else { count(strange) / count(forms.len()) }
    }

    /// Keeps only the features for which `keep` says yes, by index.
    #[must_use]
    pub fn retain(&self, keep: &[bool]) -> Self {
        let kept = |(place, _): &(usize, _)| keep.get(*place).copied().unwrap_or(false);
        Self {
            hashes: self
                .hashes
                .iter()
                .copied()
                .enumerate()
                .filter(|(place, _)| kept(&(*place, ())))
                .map(|(_, h)| h)
                .collect(),
            idf: self
                .idf
                .iter()
                .copied()
                .enumerate()
                .filter(|(place, _)| kept(&(*place, ())))
                .map(|(_, v)| v)
                .collect(),
            buckets: Buckets::default(),
        }
    }

    /// The vector of a text: (1 + ln tf) × idf, each block of unit length times its weight.
    #[must_use]
    pub fn vector(&self, title: &str, text: &str) -> Sparse {
        let mut found: Vec<(u32, usize)> = occurrences(&words(title, text), [title, text])
            .into_iter()
            .filter_map(|(block, hash, _)| Some((self.index(hash)?, block)))
            .collect();
        found.sort_unstable();
        let mut vector: Vec<(u32, f32, usize)> = Vec::new();
        for run in found.chunk_by(|a, b| a.0 == b.0) {
            let Some((index, block)) = run.first().copied() else { continue };
            #[expect(clippy::cast_precision_loss, reason = "a text has far fewer than 2^23 words")]
            let tf = 1.0 + (run.len() as f32).ln();
            let idf = self.idf.get(index as usize).copied().unwrap_or(0.0);
            vector.push((index, tf * idf, block));
        }
        let mut squares = [0.0_f32; BLOCKS];
        for (_, value, block) in &vector {
            if let Some(sum) = squares.get_mut(*block) {
                *sum += value * value;
            }
        }
        let scale: Vec<f32> = squares
            .iter()
            .zip(BLOCK_WEIGHT)
            .map(|(sum, weight)| if *sum > 0.0 { weight / sum.sqrt() } else { 0.0 })
            .collect();
        vector
            .into_iter()
            .map(|(index, value, block)| (index, value * scale.get(block).copied().unwrap_or(0.0)))
            .collect()
    }

    /// For each word of a text, the vocabulary indices that it takes part in.
    #[must_use]
    pub fn trace(&self, title: &str, text: &str) -> (Vec<Word>, Vec<(u32, usize)>) {
        let words = words(title, text);
        let uses = occurrences(&words, [title, text])
            .into_iter()
            .filter_map(|(_, hash, word)| Some((self.index(hash)?, word)))
            .collect();
        (words, uses)
    }

    fn index(&self, hash: u64) -> Option<u32> {
        let starts = self.buckets.0.get_or_init(|| {
            let of = |bucket: u64| self.hashes.partition_point(|own| own >> (64 - BUCKET_BITS) < bucket);
            (0..=1_u64 << BUCKET_BITS).map(|bucket| u32::try_from(of(bucket)).unwrap_or(u32::MAX)).collect()
        });
        let bucket = usize::try_from(hash >> (64 - BUCKET_BITS)).ok()?;
        let (from, to) = (*starts.get(bucket)?, *starts.get(bucket + 1)?);
        let place = self.hashes.get(from as usize..to as usize)?.iter().position(|own| *own == hash)?;
        u32::try_from(place).ok().map(|place| from + place)
    }
}

/// Words of title and text. Digits become 0, so that sums and years share a form.
fn words(title: &str, text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for (part, in_title) in [(title, true), (text, false)] {
        let mut start = None;
        let ends = part.char_indices().chain(std::iter::once((part.len(), ' ')));
        for (at, character) in ends {
            match (character.is_alphanumeric(), start) {
                (true, None) => start = Some(at),
                (false, Some(first)) => {
                    start = None;
                    let form = part.get(first..at).unwrap_or_default();
                    let form = form
                        .chars()
                        .flat_map(char::to_lowercase)
                        .map(|c| if c.is_numeric() { '0' } else { c })
                        .collect();
                    words.push(Word { form, start: first, end: at, in_title });
                }
                _ => {}
            }
            if words.len() >= MOST_WORDS {
                return words;
            }
        }
    }
    words
}

fn occurrences(words: &[Word], parts: [&str; 2]) -> Vec<Occurrence> {
    let mut found = Vec::with_capacity(words.len() * 16);
    cited(words, parts, &mut found);
    let mut letters: Vec<char> = Vec::new();
    for (place, word) in words.iter().enumerate() {
        found.push((BODY_WORDS, hash(BODY_WORDS, b'w', &word.form), place));
        if word.in_title {
            found.push((TITLE, hash(TITLE, b'w', &word.form), place));
        }
        if let Some(next) = words.get(place + 1).filter(|next| next.in_title == word.in_title) {
            found.push((BODY_WORDS, hash_pair(BODY_WORDS, &word.form, &next.form), place));
        }
        letters.clear();
        letters.push(' ');
        letters.extend(word.form.chars().take(40));
        letters.push(' ');
        for size in SHORTEST_GRAM..=LONGEST_GRAM {
            // A gram as long as the word with its two spaces says what the word already says.
            if letters.len() <= size {
                break;
            }
            for gram in letters.windows(size) {
                found.push((BODY_GRAMS, hash_letters(BODY_GRAMS, gram), place));
                if word.in_title && size > SHORTEST_GRAM {
                    found.push((TITLE, hash_letters(TITLE, gram), place));
                }
            }
        }
    }
    found
}

/// Articles of law as features: an article's number with the law that is named soon after it. The register of laws is not
/// needed for this: a word that ends in "wet", "wetboek" or "besluit", or a short name in capitals, is a law.
fn cited(words: &[Word], parts: [&str; 2], found: &mut Vec<Occurrence>) {
    for (place, word) in words.iter().enumerate() {
        if !matches!(word.form.as_str(), "artikel" | "artikelen" | "art" | "artt") {
            continue;
        }
        let own = |word: &Word| {
            let part = if word.in_title { parts[0] } else { parts[1] };
            part.get(word.start..word.end).unwrap_or_default()
        };
        let Some(number) = words.get(place + 1).filter(|next| next.form.starts_with('0')) else { continue };
        let law = words.iter().skip(place + 2).take(LAW_WITHIN).find(|word| is_law(own(word)));
        if let Some(law) = law {
            let citation = format!("{} {}", own(number).to_lowercase(), law.form);
            found.push((CITED, hash(CITED, b'c', &citation), place + 1));
        }
    }
}

fn is_law(word: &str) -> bool {
    let lower = word.to_lowercase();
    let short = word.chars().count() <= 6 && word.chars().next().is_some_and(char::is_uppercase);
    let known = ["sr", "sv", "bw", "awb", "apv", "wwm", "wed", "wok", "wmo", "wlz", "fw", "ow", "wm"];
    lower.ends_with("wet")
        || lower.ends_with("wetboek")
        || lower.ends_with("besluit")
        || lower.ends_with("bibob")
        || (short && (known.contains(&lower.as_str()) || word.chars().skip(1).any(char::is_uppercase)))
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo; RFC 9923): quick on short keys and the same everywhere.
struct Fnv(u64);

impl Fnv {
    fn new(block: usize, kind: u8) -> Self {
        let mut fnv = Self(0xcbf2_9ce4_8422_2325);
        fnv.byte(u8::try_from(block).unwrap_or(u8::MAX));
        fnv.byte(kind);
        fnv
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
}

fn hash(block: usize, kind: u8, text: &str) -> u64 {
    let mut fnv = Fnv::new(block, kind);
    for byte in text.bytes() {
        fnv.byte(byte);
    }
    fnv.0
}

/// The hash of two words with a space between them.
fn hash_pair(block: usize, first: &str, second: &str) -> u64 {
    let mut fnv = Fnv::new(block, b'p');
    for byte in first.bytes().chain([b' ']).chain(second.bytes()) {
        fnv.byte(byte);
    }
    fnv.0
}

fn hash_letters(block: usize, letters: &[char]) -> u64 {
    let mut fnv = Fnv::new(block, b'g');
    for letter in letters {
        for byte in u32::from(*letter).to_le_bytes() {
            fnv.byte(byte);
        }
    }
    fnv.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compound_shares_features_with_its_parts_and_blocks_have_unit_length() {
        let texts = [
            ("", "hennep hennep"),
            ("", "hennepkwekerij"),
            ("", "hennepkwekerijen"),
            ("", "hennepkwekers"),
            ("", "rozen"),
            ("", "tulpen"),
            ("", "voetbal"),
            ("", "schaatsen"),
        ];
        let vocabulary = Vocabulary::of(texts.into_iter());
        let compound = vocabulary.vector("", "hennepkwekerij");
        let part = vocabulary.vector("", "hennep");
        let common = compound.iter().filter(|(index, _)| part.iter().any(|(other, _)| other == index)).count();
        assert!(common > 3);
        let length: f32 = vocabulary.vector("", "hennepkwekerijen").iter().map(|(_, value)| value * value).sum();
        assert!((0.9..=2.1).contains(&length), "{length}");
    }

    #[test]
    fn words_keep_their_place_in_the_text() {
        let words = words("Één titel", "van 1.500 woorden");
        let forms: Vec<&str> = words.iter().map(|word| word.form.as_str()).collect();
        assert_eq!(forms, ["één", "titel", "van", "0", "000", "woorden"]);
        let last = words.last().expect("a word");
        assert_eq!("van 1.500 woorden".get(last.start..last.end), Some("woorden"));
    }
}

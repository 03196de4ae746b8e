//! Nearly the same text: MinHash signatures over word shingles, with bands for looking up candidates in a store (Broder
//! 1997; banding as in Leskovec, Rajaraman and Ullman, "Mining of Massive Datasets", chapter 3).
//!
//! Written here and not taken from a crate, because signatures stay in the store for weeks: the hash must be the same
//! in every version, and the index is a table, not a structure in memory.

use std::collections::BTreeSet;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// Words in one shingle.
const SHINGLE: usize = 4;
/// Bands of a signature; a candidate shares at least one.
pub const BANDS: usize = 16;
/// Hashes in one band. Two texts of Jaccard similarity s become candidates with probability 1-(1-s^4)^16: 0.99 at 0.7.
const ROWS: usize = 4;
/// From this Jaccard similarity on, two texts tell the same story.
pub const SAME_STORY: f64 = 0.6;
/// Fewer words than this are compared as a whole: a shingle or two says nothing.
const FEWEST_WORDS: usize = 12;

/// The shingles of a text, as hashes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shingles(BTreeSet<u64>);

impl Shingles {
    /// Shingles of a title and text. Case, punctuation and layout do not count.
    #[must_use]
    pub fn of(title: &str, text: &str) -> Self {
        let joined = format!("{title} {text}").to_lowercase();
        let words: Vec<&str> = joined.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        if words.len() < FEWEST_WORDS {
            return Self(BTreeSet::from([hash(0, words.join(" ").as_bytes())]));
        }
        Self(words.windows(SHINGLE).map(|window| hash(0, window.join(" ").as_bytes())).collect())
    }

    /// Jaccard similarity, 0 to 1.
    #[must_use]
    pub fn similarity(&self, other: &Self) -> f64 {
        let common = self.0.intersection(&other.0).count();
        let all = self.0.len() + other.0.len() - common;
        if all == 0 {
            0.0
        } else {
            f64::from(u32::try_from(common).unwrap_or(u32::MAX)) / f64::from(u32::try_from(all).unwrap_or(u32::MAX))
        }
    }

    /// One key for each band of the MinHash signature.
    #[must_use]
    pub fn bands(&self) -> [i64; BANDS] {
        std::array::from_fn(|band| {
            let mut key = SipHasher13::new_with_keys(band as u64, 7);
            for row in 0..ROWS {
                let seed = mix((band * ROWS + row) as u64 + 1);
                let smallest = self.0.iter().map(|shingle| mix(shingle ^ seed)).min().unwrap_or(0);
                key.write_u64(smallest);
            }
            i64::from_ne_bytes(key.finish().to_ne_bytes())
        })
    }
}

fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(seed, 1);
    hasher.write(bytes);
    hasher.finish()
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a cheap permutation of 64 bits.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Op een bedrijventerrein in Velsen vond de politie woensdag een container met een grote partij \
        cocaïne tussen een lading fruit. Drie mannen zijn aangehouden. De partij is vernietigd en het onderzoek gaat \
        verder, zegt een woordvoerder van de zeehavenpolitie.";

    #[test]
    fn a_copy_with_another_tail_is_the_same_story_and_another_text_is_not() {
        let first = Shingles::of("Cocaïne in Velsen", TEXT);
        let copy = Shingles::of("COCAÏNE IN VELSEN", &format!("{TEXT} Lees verder op onze site."));
        let other = Shingles::of(
            "Raad Velsen stemt in met begroting",
            "De gemeenteraad van Velsen is akkoord met de begroting \
            voor volgend jaar. Er gaat meer geld naar wegen en scholen, en minder naar het zwembad.",
        );
        assert!(first.similarity(&copy) > SAME_STORY);
        assert!(first.similarity(&other) < 0.1);
        assert!(first.bands().iter().zip(copy.bands()).any(|(a, b)| *a == b));
    }

    #[test]
    fn signatures_never_change() {
        let bands = Shingles::of("Cocaïne in Velsen", TEXT).bands();
        assert_eq!(bands.first(), Some(&FIRST_BAND), "the store holds bands of earlier versions");
    }
    const FIRST_BAND: i64 = -4_388_248_981_028_500_436;

    #[test]
    fn short_texts_match_only_as_a_whole() {
        assert!(
            (Shingles::of("Man aangehouden", "").similarity(&Shingles::of("Man aangehouden.", "")) - 1.0).abs() < 1e-9
        );
        assert!(Shingles::of("Man aangehouden", "").similarity(&Shingles::of("Vrouw aangehouden", "")) < 1e-9);
    }
}

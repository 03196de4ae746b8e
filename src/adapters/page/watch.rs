//! What changed between two versions of a page, sentence by sentence.

use std::hash::Hasher;

use siphasher::sip128::{Hasher128, SipHasher13};

/// Most pairs of sentences that are compared; beyond it sentences are only looked up.
const MOST_PAIRS: usize = 4_000_000;
/// Share of words in common from which two sentences are one that was edited.
const SAME_SENTENCE: f64 = 0.5;

/// One change, in the order of the new text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A sentence that is new.
    Added(String),
    /// A sentence that is gone.
    Removed(String),
    /// A sentence that was edited.
    Edited {
        /// As it was.
        old: String,
        /// As it is.
        new: String,
    },
}

/// What must be done to the sentences of `old` to get those of `new`. White space alone is no change.
#[must_use]
pub fn changes(old: &str, new: &str) -> Vec<Change> {
    let (old, new) = (sentences(old), sentences(new));
    let same_start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old, new) = (old.get(same_start..).unwrap_or_default(), new.get(same_start..).unwrap_or_default());
    let same_end = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let old = old.get(..old.len() - same_end).unwrap_or_default();
    let new = new.get(..new.len() - same_end).unwrap_or_default();
    let kept = if old.len().saturating_mul(new.len()) <= MOST_PAIRS { common(old, new) } else { looked_up(old, new) };
    let mut made = Vec::new();
    let (mut from_old, mut from_new) = (0, 0);
    for (at_old, at_new) in kept.into_iter().chain([(old.len(), new.len())]) {
        let removed = old.get(from_old..at_old).unwrap_or_default();
        let added = new.get(from_new..at_new).unwrap_or_default();
        gap(removed, added, &mut made);
        (from_old, from_new) = (at_old + 1, at_new + 1);
    }
    made
}

/// Between two sentences that stayed: what is alike was edited, the rest went or came.
fn gap(removed: &[String], added: &[String], made: &mut Vec<Change>) {
    let mut left: Vec<&String> = removed.iter().collect();
    let mut came = Vec::new();
    for new in added {
        let twin = left.iter().position(|old| likeness(old, new) >= SAME_SENTENCE);
        came.push(match twin {
            Some(place) => Change::Edited { old: left.remove(place).clone(), new: new.clone() },
            None => Change::Added(new.clone()),
        });
    }
    made.extend(left.into_iter().cloned().map(Change::Removed));
    made.extend(came);
}

/// Places of a longest common subsequence.
fn common(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    let at = |lengths: &[u32], row: usize, column: usize| lengths.get(row * width + column).copied().unwrap_or(0);
    for (row, before) in old.iter().enumerate().rev() {
        for (column, after) in new.iter().enumerate().rev() {
            let length = if before == after {
                at(&lengths, row + 1, column + 1) + 1
            } else {
                at(&lengths, row + 1, column).max(at(&lengths, row, column + 1))
            };
            if let Some(cell) = lengths.get_mut(row * width + column) {
                *cell = length;
            }
        }
    }
    let (mut row, mut column, mut found) = (0, 0, Vec::new());
    while let (Some(before), Some(after)) = (old.get(row), new.get(column)) {
        if before == after {
            found.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if at(&lengths, row + 1, column) >= at(&lengths, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    found
}

/// For very long texts: sentences that are found again further on, in order.
fn looked_up(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let mut places: std::collections::HashMap<&String, Vec<usize>> = std::collections::HashMap::new();
    for (place, sentence) in new.iter().enumerate() {
        places.entry(sentence).or_default().push(place);
    }
    let (mut next, mut found) = (0, Vec::new());
    for (row, sentence) in old.iter().enumerate() {
        let known = places.get(sentence).map(Vec::as_slice).unwrap_or_default();
        if let Some(column) = known.get(known.partition_point(|place| *place < next)) {
            found.push((row, *column));
            next = column + 1;
        }
    }
    found
}

/// Share of words that two sentences have in common (Dice).
fn likeness(old: &str, new: &str) -> f64 {
    let words = |text: &str| {
        let mut words: Vec<String> = text.split_whitespace().take(500).map(str::to_lowercase).collect();
        words.sort_unstable();
        words
    };
    let (old, new) = (words(old), words(new));
    let (mut row, mut column, mut shared) = (0, 0, 0_u32);
    while let (Some(before), Some(after)) = (old.get(row), new.get(column)) {
        match before.cmp(after) {
            std::cmp::Ordering::Equal => (row, column, shared) = (row + 1, column + 1, shared + 1),
            std::cmp::Ordering::Less => row += 1,
            std::cmp::Ordering::Greater => column += 1,
        }
    }
    let all = u32::try_from(old.len() + new.len()).unwrap_or(u32::MAX).max(1);
    2.0 * f64::from(shared) / f64::from(all)
}

/// A text in sentences: a line ends one, and so does a full stop before white space and a capital, unless an
/// abbreviation stands before it.
fn sentences(text: &str) -> Vec<String> {
    const SHORT: [&str; 18] = [
        "art", "nr", "bijv", "dr", "mr", "ing", "ir", "drs", "prof", "jl", "blz", "lid", "o.a", "d.w.z", "stb",
        "stcrt", "m.b.t", "i.v.m",
    ];
    let mut all = Vec::new();
    for line in text.lines() {
        let mut sentence = String::new();
        let mut words = line.split_whitespace().peekable();
        while let Some(word) = words.next() {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(word);
            let bare = word.trim_start_matches('(').trim_end_matches('.').to_lowercase();
            let is_short = word.ends_with('.') && (SHORT.contains(&bare.as_str()) || bare.chars().count() == 1);
            let opens = words
                .peek()
                .is_none_or(|next| next.chars().find(|c| c.is_alphanumeric()).is_some_and(|c| !c.is_lowercase()));
            if word.ends_with(['.', '?', '!']) && opens && !is_short {
                all.push(std::mem::take(&mut sentence));
            }
        }
        if !sentence.is_empty() {
            all.push(sentence);
        }
    }
    all
}

/// A digest that is the same on every machine and in every version: SipHash-1-3 with a fixed key, 128 bits.
pub(super) fn digest(parts: &[&str]) -> String {
    let mut hasher = SipHasher13::new_with_keys(0x7061_6769, 0x6e61_2121);
    for part in parts {
        hasher.write(part.as_bytes());
        hasher.write_u8(0xff);
    }
    let hash = hasher.finish128();
    format!("{:016x}{:016x}", hash.h1, hash.h2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_by_sentence() {
        let old = "De burgemeester kan een woning sluiten. Dat duurt drie maanden. Bezwaar kan binnen zes weken.";
        let new = "De burgemeester kan een woning sluiten. Dat duurt zes maanden.\nBezwaar kan binnen zes weken. \
                   Er komt een meldpunt.";
        let expected = [
            Change::Edited { old: "Dat duurt drie maanden.".into(), new: "Dat duurt zes maanden.".into() },
            Change::Added("Er komt een meldpunt.".into()),
        ];
        assert_eq!(changes(old, new), expected);
        assert_eq!(changes(new, new), []);
        assert_eq!(changes("Een.  Twee.", "Een.\nTwee."), [], "white space is no change");
        assert_eq!(changes("", "Nieuw."), [Change::Added("Nieuw.".into())]);
        assert_eq!(changes("Een. Weg. Twee.", "Een. Twee."), [Change::Removed("Weg.".into())]);
    }

    #[test]
    fn abbreviations_do_not_end_a_sentence() {
        assert_eq!(
            sentences("Zie art. 13b Opiumwet. Daarna volgt J. de burgemeester."),
            ["Zie art. 13b Opiumwet.", "Daarna volgt J. de burgemeester."]
        );
    }

    #[test]
    fn long_texts_are_compared_too() {
        let old: String = (0..5_000).map(|number| format!("Dit is zin nummer {number}. ")).collect();
        let new = old.replace("Dit is zin nummer 0. ", "Geheel anders. ").replace("nummer 4999.", "4999 vervalt.");
        assert!(changes(&old, &new).len() <= 4);
    }
}

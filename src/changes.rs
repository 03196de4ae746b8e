//! What changed between two texts, sentence by sentence: for policy pages that are watched, and for versions of an item.

use similar::{ChangeTag, TextDiff};

/// Longest text that is compared, in bytes of either side; longer ones are only said to differ.
const LONGEST: usize = 300_000;

/// One changed sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added(String),
    /// It is not there any more.
    Removed(String),
}

/// The sentences that came and went, in the order of the texts.
#[must_use]
pub fn changes(old: &str, new: &str) -> Vec<Change> {
    if old.len() > LONGEST || new.len() > LONGEST {
        return Vec::new();
    }
    let (before, after) = (sentences(old), sentences(new));
    TextDiff::from_slices(&before, &after)
        .iter_all_changes()
        .filter_map(|change| match change.tag() {
            ChangeTag::Equal => None,
            ChangeTag::Delete => Some(Change::Removed(change.value().to_owned())),
            ChangeTag::Insert => Some(Change::Added(change.value().to_owned())),
        })
        .collect()
}

/// The changes in words, at most `most` of them.
#[must_use]
pub fn told(old: &str, new: &str, most: usize) -> String {
    let all = changes(old, new);
    let mut lines: Vec<String> = all
        .iter()
        .take(most)
        .map(|change| match change {
            Change::Added(sentence) => format!("Nieuw: {sentence}"),
            Change::Removed(sentence) => format!("Vervallen: {sentence}"),
        })
        .collect();
    if all.len() > most {
        lines.push(format!("en {} andere wijzigingen", all.len() - most));
    }
    lines.join("\n")
}

/// Sentences and lines, trimmed, without empty ones. Dutch abbreviations may cut one in two, which only makes a change
/// shorter than it could be.
fn sentences(text: &str) -> Vec<&str> {
    text.lines()
        .flat_map(|line| line.split_inclusive(['.', '!', '?']))
        .map(str::trim)
        .filter(|sentence| !sentence.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_and_went_is_told() {
        let old = "De burgemeester kan een pand sluiten. De sluiting duurt drie maanden.\nBeleid van 2024.";
        let new = "De burgemeester kan een pand sluiten. De sluiting duurt zes maanden.\nBeleid van 2024. Dit geldt ook voor woningen.";
        assert_eq!(
            changes(old, new),
            vec![
                Change::Removed("De sluiting duurt drie maanden.".into()),
                Change::Added("De sluiting duurt zes maanden.".into()),
                Change::Added("Dit geldt ook voor woningen.".into()),
            ]
        );
        assert!(changes(old, old).is_empty());
        assert!(told(old, new, 1).ends_with("en 2 andere wijzigingen"));
    }
}

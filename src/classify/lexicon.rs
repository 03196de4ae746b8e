//! Word lists that decide an axis by rule: instruments, branches. A term matches whole words, whatever the case; a star
//! at its end lets the word go on ("bibob*" is also "Bibobadvies").

use aho_corasick::{AhoCorasick, MatchKind};
use thiserror::Error;

/// Why a word list cannot be used.
#[derive(Debug, Error)]
#[error("de woordenlijst kan niet worden gebruikt: {0}")]
pub struct LexiconError(String);

struct Term {
    id: String,
    open: bool,
}

/// A compiled word list.
pub struct Lexicon {
    matcher: AhoCorasick,
    terms: Vec<Term>,
}

impl Lexicon {
    /// Compiles ids with their terms.
    ///
    /// # Errors
    /// When the list is too large to compile.
    pub fn new<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [String])>) -> Result<Self, LexiconError> {
        let (mut patterns, mut terms) = (Vec::new(), Vec::new());
        for (id, list) in entries {
            for term in list {
                let open = term.ends_with('*');
                patterns.push(term.trim_end_matches('*').to_lowercase());
                terms.push(Term { id: id.to_owned(), open });
            }
        }
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .map_err(|error| LexiconError(error.to_string()))?;
        Ok(Self { matcher, terms })
    }

    /// Ids whose terms occur, in order of first mention.
    #[must_use]
    pub fn find(&self, title: &str, text: &str) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for part in [title, text] {
            let lower = part.to_lowercase();
            for found in self.matcher.find_overlapping_iter(&lower) {
                let Some(term) = self.terms.get(found.pattern().as_usize()) else { continue };
                let before = lower.get(..found.start()).and_then(|text| text.chars().next_back());
                let after = lower.get(found.end()..).and_then(|text| text.chars().next());
                let begins = !before.is_some_and(char::is_alphanumeric);
                let ends = term.open || !after.is_some_and(char::is_alphanumeric);
                if begins && ends && !ids.contains(&term.id) {
                    ids.push(term.id.clone());
                }
            }
        }
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::Lexicon;

    #[test]
    fn terms_match_whole_words_unless_they_are_open() {
        let bibob = ["bibob*".to_owned()];
        let damocles = ["artikel 13b opiumwet".to_owned(), "damocles".to_owned()];
        let lexicon = Lexicon::new([("bibob", &bibob[..]), ("damocles", &damocles[..])]).expect("compiles");
        assert_eq!(
            lexicon.find("", "Sluiting op grond van artikel 13b Opiumwet na Bibobadvies"),
            ["damocles", "bibob"]
        );
        assert!(lexicon.find("", "het zwaard van damoclesachtige aard").is_empty());
    }
}

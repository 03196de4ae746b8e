//! Word lists that decide an axis by rule: instruments, branches. A term matches whole words, whatever the case; a star
//! at its end lets the word go on ("bibob*" is also "Bibobadvies"). A term of several parts ("gesloten* & drugs*") asks
//! all of them in one sentence, with the title as the context of every sentence; a part may offer choices ("sluit*|dicht"),
//! and a part with "!" in front must not occur.

use std::collections::{BTreeSet, HashMap};

use aho_corasick::{AhoCorasick, MatchKind};
use thiserror::Error;

/// Why a word list cannot be used.
#[derive(Debug, Error)]
#[error("de woordenlijst kan niet worden gebruikt: {0}")]
pub struct LexiconError(String);

/// A pattern of the matcher: may the word go on after it?
struct Pattern {
    open: bool,
}

/// A part of a term: patterns of which one must occur.
type Choice = Vec<usize>;

/// A term: the parts that must occur, and those that must not.
struct Term {
    id: String,
    all: Vec<Choice>,
    none: Vec<Choice>,
}

/// A compiled word list.
pub struct Lexicon {
    matcher: AhoCorasick,
    patterns: Vec<Pattern>,
    terms: Vec<Term>,
}

impl Lexicon {
    /// Compiles ids with their terms.
    ///
    /// # Errors
    /// When a term has nothing that must occur, or the list is too large to compile.
    pub fn new<'a>(entries: impl IntoIterator<Item = (&'a str, &'a [String])>) -> Result<Self, LexiconError> {
        let (mut texts, mut patterns, mut terms) = (Vec::new(), Vec::new(), Vec::new());
        let mut places: HashMap<(String, bool), usize> = HashMap::new();
        for (id, list) in entries {
            for written in list {
                let mut term = Term { id: id.to_owned(), all: Vec::new(), none: Vec::new() };
                for part in written.split('&').map(str::trim) {
                    let (not, part) = part.strip_prefix('!').map_or((false, part), |part| (true, part.trim()));
                    let mut choice = Choice::new();
                    for word in part.split('|').map(str::trim) {
                        let (text, open) = (word.trim_end_matches('*').trim().to_lowercase(), word.ends_with('*'));
                        if text.is_empty() {
                            return Err(LexiconError(format!("'{written}' van '{id}' heeft een leeg deel")));
                        }
                        choice.push(*places.entry((text.clone(), open)).or_insert_with(|| {
                            patterns.push(Pattern { open });
                            texts.push(text);
                            patterns.len() - 1
                        }));
                    }
                    if not { term.none.push(choice) } else { term.all.push(choice) }
                }
                if term.all.is_empty() {
                    return Err(LexiconError(format!("'{written}' van '{id}' zegt alleen wat er niet mag staan")));
                }
                terms.push(term);
            }
        }
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&texts)
            .map_err(|error| LexiconError(error.to_string()))?;
        Ok(Self { matcher, patterns, terms })
    }

    /// Ids whose terms occur, in order of the sentence in which they first do, and then of the list.
    #[must_use]
    pub fn find(&self, title: &str, text: &str) -> Vec<String> {
        let title = self.matched(title);
        let mut ids: Vec<String> = Vec::new();
        let mut read = |found: &BTreeSet<usize>| {
            let has = |choice: &Choice| choice.iter().any(|pattern| found.contains(pattern));
            let fits = |term: &&Term| term.all.iter().all(has) && !term.none.iter().any(has);
            for term in self.terms.iter().filter(fits) {
                if !ids.contains(&term.id) {
                    ids.push(term.id.clone());
                }
            }
        };
        read(&title);
        for sentence in sentences(text) {
            let mut found = self.matched(sentence);
            if !found.is_empty() {
                found.extend(&title);
                read(&found);
            }
        }
        ids
    }

    /// The patterns that occur as whole words.
    fn matched(&self, part: &str) -> BTreeSet<usize> {
        let lower = part.to_lowercase();
        let whole = |found: &aho_corasick::Match| {
            let before = lower.get(..found.start()).and_then(|text| text.chars().next_back());
            let after = lower.get(found.end()..).and_then(|text| text.chars().next());
            let open = self.patterns.get(found.pattern().as_usize()).is_some_and(|pattern| pattern.open);
            !before.is_some_and(char::is_alphanumeric) && (open || !after.is_some_and(char::is_alphanumeric))
        };
        self.matcher.find_overlapping_iter(&lower).filter(whole).map(|found| found.pattern().as_usize()).collect()
    }
}

/// The sentences of a text: cut after a mark that is followed by white space and no small letter ("art. 13b" stays whole).
fn sentences(text: &str) -> Vec<&str> {
    let (mut found, mut from) = (Vec::new(), 0);
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let ends = match letter {
            '\n' => true,
            '.' | '!' | '?' => {
                let after = text.get(at + 1..).unwrap_or_default();
                let next = after.trim_start().chars().next();
                after.starts_with(char::is_whitespace)
                    && next.is_none_or(|next| !next.is_lowercase() && !next.is_numeric())
            }
            _ => false,
        };
        if ends {
            let end = letters.peek().map_or(text.len(), |(next, _)| *next);
            found.extend(text.get(from..end));
            from = end;
        }
    }
    found.extend(text.get(from..).filter(|rest| !rest.trim().is_empty()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_match_whole_words_unless_they_are_open() {
        let bibob = ["bibob*".to_owned()];
        let damocles = ["artikel 13b opiumwet".to_owned(), "damocles".to_owned()];
        let lexicon = Lexicon::new([("bibob", &bibob[..]), ("damocles", &damocles[..])]).expect("compiles");
        let mut found = lexicon.find("", "Sluiting op grond van artikel 13b Opiumwet na Bibobadvies");
        found.sort();
        assert_eq!(found, ["bibob", "damocles"]);
        assert!(lexicon.find("", "het zwaard van damoclesachtige aard").is_empty());
    }

    #[test]
    fn parts_of_a_term_must_stand_in_one_sentence_or_in_the_title() {
        let terms = ["gesloten & drugs* & !brand".to_owned()];
        let lexicon = Lexicon::new([("damocles", &terms[..])]).expect("compiles");
        assert_eq!(lexicon.find("", "Het pand is gesloten wegens drugshandel."), ["damocles"]);
        assert_eq!(lexicon.find("Drugs in woning", "Het pand is gesloten."), ["damocles"]);
        assert!(lexicon.find("", "Het pand is gesloten. Er waren drugs.").is_empty());
        assert!(lexicon.find("", "Gesloten na brand, geen drugs.").is_empty());
        let choices = ["sluit*|dicht & wiet|hennep*".to_owned()];
        let lexicon = Lexicon::new([("damocles", &choices[..])]).expect("compiles");
        assert_eq!(lexicon.find("", "Woning dicht na vondst hennepplanten."), ["damocles"]);
        assert!(lexicon.find("", "Woning dicht na brand.").is_empty());
        let wrong = ["a & ".to_owned()];
        assert!(Lexicon::new([("x", &wrong[..])]).is_err());
    }

    #[test]
    fn sentences_end_at_marks_and_not_at_abbreviations() {
        assert_eq!(
            sentences("Een zin, art. 13b Opiumwet. Nog een.\nRegel"),
            ["Een zin, art. 13b Opiumwet.", " Nog een.", "\n", "Regel"]
        );
    }
}

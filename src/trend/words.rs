//! The terms of a text: words, the beginnings and ends of long words, and pairs of words that stand side by side.

use std::collections::BTreeMap;

/// Terms, each with whether it stood with a capital inside a sentence wherever it stood.
pub type Terms = BTreeMap<String, bool>;

/// Letters of the pieces that are taken of a long word: compounds share them.
const PIECES: [usize; 2] = [5, 7];
/// Shortest word that is a term, and shortest that has pieces.
const SHORTEST: usize = 5;

/// The terms of a title and text, each once.
#[must_use]
pub fn terms_of(title: &str, text: &str) -> Terms {
    let mut terms = Terms::new();
    for part in [title, text] {
        let mut last: Option<(String, bool)> = None;
        let mut starts = true;
        for token in part.split_whitespace() {
            let word = token.trim_matches(|c: char| !c.is_alphanumeric());
            let plain = word.chars().all(|c| c.is_alphabetic() || c == '-') && word.chars().count() >= 3;
            let capital = !starts && word.chars().next().is_some_and(char::is_uppercase);
            let lower = word.to_lowercase();
            if plain && !is_common(&lower) {
                let stem = stem(&lower).to_owned();
                add_word(&mut terms, &lower, &stem, capital);
                if let Some((before, was_capital)) = &last {
                    terms.entry(format!("{before} {stem}")).or_insert(capital || *was_capital);
                }
                last = Some((stem, capital));
            } else if !plain {
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

fn add_word(terms: &mut Terms, lower: &str, stem: &str, capital: bool) {
    let letters: Vec<char> = lower.chars().collect();
    if letters.len() < SHORTEST {
        return;
    }
    let mut add = |term: String| {
        terms.entry(term).and_modify(|all| *all &= capital).or_insert(capital);
    };
    add(stem.to_owned());
    for length in PIECES.into_iter().filter(|length| letters.len() >= length + 2 || *length == SHORTEST) {
        add(format!("{}-", letters.iter().take(length).collect::<String>()));
        add(format!("-{}", letters.iter().skip(letters.len() - length).collect::<String>()));
    }
}

/// A word without its commonest ending: enough to bring singular and plural together.
fn stem(word: &str) -> &str {
    const ENDINGS: [&str; 8] = ["eren", "tjes", "tje", "jes", "en", "er", "s", "e"];
    let whole = word.chars().count();
    let shorter = ENDINGS.iter().filter(|ending| whole >= ending.len() + 4);
    shorter.into_iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word)
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

//! What the words around a name say: is it where something happened, where somebody lives, the seat of a court, a direction,
//! a family name? Written for Dutch news and official texts.

use super::names::{Form, Name};

/// What a name is in its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Where something happened, or whose measure it is.
    Place,
    /// Where somebody or something in the text is from or goes to; it is the place of the deed only when no other is named.
    Residence,
    /// Only says which place of that name is meant, or near what it lies.
    Pointer,
    /// A court, a police unit, a club, a person, a direction: no place of the deed.
    Other,
    /// A hard name that no word announces.
    Unannounced,
}

/// What is known of the mention before this one: where it ended, and its role.
pub(super) type Previous = Option<(usize, Role)>;

/// Words whose bearer carries a place name that is not the place of the deed.
const OFFICES: [&str; 41] = [
    "politie",
    "rechtbank",
    "gerechtshof",
    "hof",
    "parket",
    "arrondissement",
    "arrondissementsparket",
    "provincie",
    "eenheid",
    "politie-eenheid",
    "rb",
    "zittingsplaats",
    "zittingslocatie",
    "fc",
    "az",
    "sc",
    "vv",
    "psv",
    "ajax",
    "feyenoord",
    "universiteit",
    "rijksuniversiteit",
    "hogeschool",
    "bisdom",
    "omroep",
    "dagblad",
    "veiligheidsregio",
    "rechter",
    "rechters",
    "politierechter",
    "kantonrechter",
    "voorzieningenrechter",
    "bestuursrechter",
    "kinderrechter",
    "notariaat",
    "raadkamer",
    "accountantskamer",
    "tuchtcollege",
    "sparta",
    "commissaris",
    "rechter-commissaris",
];

/// Words for people who live somewhere.
const PEOPLE: [&str; 34] = [
    "man",
    "mannen",
    "vrouw",
    "vrouwen",
    "jongen",
    "jongens",
    "meisje",
    "meisjes",
    "verdachte",
    "verdachten",
    "inwoner",
    "inwoners",
    "inwoonster",
    "tiener",
    "tieners",
    "jongere",
    "jongeren",
    "stel",
    "echtpaar",
    "broer",
    "broers",
    "zus",
    "automobilist",
    "bestuurder",
    "chauffeur",
    "jaar",
    "jarige",
    "jarigen",
    "slachtoffer",
    "koper",
    "duo",
    "drietal",
    "tweetal",
    "viertal",
];

/// Words that announce a place.
const ANNOUNCE: [&str; 21] = [
    "in",
    "te",
    "uit",
    "bij",
    "nabij",
    "naar",
    "rond",
    "buiten",
    "gemeente",
    "gemeenteraad",
    "omgeving",
    "dorp",
    "dorpje",
    "stad",
    "badplaats",
    "plaats",
    "plaatsje",
    "richting",
    "kern",
    "gehucht",
    "tussen",
];

/// What belongs to a gemeente that is named by its adjective: its government and its places.
const THEIRS: [&str; 28] = [
    "raad",
    "raads",
    "wethouder",
    "burgemeester",
    "gemeente",
    "college",
    "coalitie",
    "fractie",
    "haven",
    "binnenstad",
    "wijk",
    "centrum",
    "station",
    "buurt",
    "straat",
    "plein",
    "gracht",
    "woning",
    "pand",
    "loods",
    "café",
    "horeca",
    "zaak",
    "winkel",
    "bedrijventerrein",
    "industrieterrein",
    "boulevard",
    "kade",
];

/// Titles before a family name.
const TITLES: [&str; 12] =
    ["mevrouw", "meneer", "heer", "familie", "lid", "minister", "mw", "dhr", "mr", "dr", "raadslid", "kamerlid"];

/// The words before a name, nearest first, and how they end.
struct Before<'a> {
    text: &'a str,
    words: Vec<String>,
    /// The nearest word as it stands.
    raw: &'a str,
    /// A mark stands between it and the name.
    open: bool,
}

impl<'a> Before<'a> {
    fn of(text: &'a str) -> Self {
        let raw = text.split_whitespace().next_back().unwrap_or_default();
        let words = text.split_whitespace().rev().take(9).map(bare).collect();
        Self { text, words, raw, open: raw.ends_with(['.', ',', ';', ':', '!', '?', ')']) }
    }

    fn word(&self, place: usize) -> &str {
        self.words.get(place).map_or("", String::as_str)
    }
}

/// The role of a name between these texts.
pub(super) fn role(name: &Name, before: &str, after: &str, previous: Previous, in_title: bool) -> Role {
    if is_dateline(before, after) {
        return Role::Place;
    }
    match name.form {
        Form::Capitals => return Role::Unannounced,
        Form::Adjective => return of_adjective(after),
        Form::Spot => return Role::Place,
        Form::Plain => {}
    }
    let between = |end: usize| before.get(end..).unwrap_or_default();
    // "X (Y)" and "X bij Y" say which X is meant.
    if previous.is_some_and(|(end, _)| matches!(between(end), " (" | " bij ")) {
        return Role::Pointer;
    }
    let before = Before::of(before);
    if is_other(&before, in_title) {
        return Role::Other;
    }
    let joins = [", ", " en ", " of ", "/", " / ", "-", " & ", ", en ", " als ", " and ", ","];
    let follows = previous.filter(|(end, _)| joins.contains(&between(*end)));
    if let Some((_, role @ (Role::Place | Role::Residence | Role::Other))) = follows
        && (role != Role::Other || name.hard)
    {
        return role;
    }
    if is_from_there(&before, name.hard) {
        return Role::Residence;
    }
    if !name.hard || (is_announced(&before, after) && !before.open) { Role::Place } else { Role::Unannounced }
}

/// "Alkmaarse raad" is that gemeente's; a "Haarlemse groothandel" only comes from there.
fn of_adjective(after: &str) -> Role {
    let next = after.trim_start().to_lowercase();
    let none = ["politiek", "kaas", "coalitie", "kringen", "pannen", "heuvelrug", "kade"];
    let is_none = none.iter().chain(&OFFICES).any(|noun| next.starts_with(noun));
    let first = next.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if !after.starts_with(' ') || is_none {
        Role::Other
    } else if THEIRS.iter().any(|own| first.starts_with(own) || first.ends_with(own)) {
        Role::Place
    } else {
        Role::Residence
    }
}

/// A family name, an office, a direction, or part of another name.
fn is_other(before: &Before<'_>, in_title: bool) -> bool {
    let (first, second) = (before.word(0), before.word(1));
    let towards = matches!(first, "richting" | "tot") || (first == "van" && second == "richting");
    is_family_name(before.raw, before.text, second)
        || TITLES.contains(&first)
        || is_office(&before.words, before.open)
        || (towards && !before.open)
        || (!in_title && is_in_a_name(before.text, before.raw))
}

/// Somebody or something comes from there, lives there or goes there.
fn is_from_there(before: &Before<'_>, hard: bool) -> bool {
    const LIVES: [&str; 9] =
        ["woont", "woonachtig", "geboren", "ingeschreven", "kantoor", "houdend", "zetel", "gevestigd", "afkomstig"];
    let (first, second) = (before.word(0), before.word(1));
    let from = matches!(first, "uit" | "naar") && !(hard && before.open);
    let lives = LIVES.contains(&first) || LIVES.contains(&second);
    let inhabits = first == "inwoner" || (first == "van" && second.starts_with("inwoner")) || is_person(first);
    (!before.open && (from || inhabits)) || (matches!(first, "in" | "te" | "kantoor") && lives)
}

/// A word before a hard name, or a bracket, says that it is a place.
fn is_announced(before: &Before<'_>, after: &str) -> bool {
    const GOVERN: [&str; 10] = [
        "burgemeester",
        "gemeente",
        "raad",
        "college",
        "centrum",
        "dorp",
        "wethouder",
        "gemeenteraad",
        "haven",
        "station",
    ];
    const REGIONS: [&str; 7] =
        ["limburgse", "gelderse", "brabantse", "betuwse", "utrechtse", "twentse", "noord-hollandse"];
    let (first, second) = (before.word(0), before.word(1));
    ANNOUNCE.contains(&first)
        || first == "op"
        || REGIONS.contains(&first)
        || (matches!(first, "van" | "het" | "de") && GOVERN.contains(&second))
        || before.text.ends_with('(')
        || after.starts_with(" (")
}

/// "ZAANDAM - ", "Rucphen/Etten-Leur – ", "Hoorn: ": a place in front of the news.
fn is_dateline(before: &str, after: &str) -> bool {
    let only_names = before.trim().is_empty()
        || (before.chars().count() <= 60
            && before.trim_end().ends_with(['/', ',', '-'])
            && before.chars().all(|c| c.is_uppercase() || matches!(c, '/' | ',' | '-' | ' ' | '\'')));
    let after = after.trim_start();
    let more = after.split(['-', '–', '|', ':']).next().unwrap_or_default();
    let joined =
        after.starts_with(['/', ',']) && more.chars().all(|c| c.is_uppercase() || matches!(c, '/' | ',' | ' '));
    only_names && (after.starts_with(['-', '–', '—', '|', ':', '(']) || joined)
}

/// "Van Bergen" with a capital inside a sentence, or "mevrouw van Hoorn", is somebody's name.
fn is_family_name(raw: &str, before: &str, second: &str) -> bool {
    let particle = matches!(raw, "Van" | "De" | "Den" | "Ter") || (raw == "van" && TITLES.contains(&second));
    let starts = before.trim_end().strip_suffix(raw).is_none_or(|rest| rest.trim_end().is_empty());
    particle && (raw == "van" || !starts)
}

/// "Autobedrijf De Bilt" and "Willem II Tilburg" are names: a word with a capital inside a sentence stands right before.
fn is_in_a_name(before: &str, raw: &str) -> bool {
    let bare = raw.trim_start_matches(['\'', '"', '(', '‘', '“']);
    let mut letters = bare.chars();
    let capital = letters.next().is_some_and(char::is_uppercase) && letters.clone().all(char::is_alphanumeric);
    let short = bare.chars().count() < 2 || bare.chars().any(|c| c.is_ascii_digit());
    let public = [
        "Gemeente", "Raad", "Stad", "Dorp", "Regio", "Haven", "Centrum", "In", "Te", "Bij", "Uit", "Op", "Rond", "APV",
    ];
    let rest = before.trim_end().strip_suffix(raw).unwrap_or_default().trim_end();
    let capital = capital && !bare.ends_with("se");
    capital
        && !short
        && !public.contains(&bare)
        && !rest.is_empty()
        && !rest.ends_with(['.', '!', '?', ':', '-', '–', '|', '"', '\''])
}

/// A court, a unit, a club: the office stands before the name, with at most "te", "in", "van" or a region between.
fn is_office(words: &[String], open: bool) -> bool {
    let word = |place: usize| words.get(place).map_or("", String::as_str);
    let office = |word: &str| OFFICES.contains(&word);
    if open && !office(word(0)) {
        return false;
    }
    office(word(0))
        || (matches!(word(0), "te" | "in" | "van" | "locatie" | "uit") && office(word(1)))
        || (matches!(word(0), "locatie" | "zittingsplaats") && words.iter().take(5).any(|word| office(word)))
        // "de kamer voor het notariaat in", "de rechtbank vindt in": only with nothing but small words between.
        || (word(0) == "in" && word(1) == "notariaat")
}

fn is_person(word: &str) -> bool {
    PEOPLE.contains(&word) || word.ends_with("-jarige") || word.ends_with("-jarigen") || word.ends_with("jarige")
}

/// A word without its marks, in lower case.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

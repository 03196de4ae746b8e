//! The table of laws: what each is called, how it numbers its articles, and which sort of rule it is.

use std::collections::HashMap;

use serde::Deserialize;

use super::CitationError;

/// How a law numbers its articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Style {
    /// `13b`
    Plain,
    /// `5:32`
    Colon,
    /// `2.12`
    Dot,
}

impl Style {
    pub(super) fn of(article: &str) -> Self {
        if article.contains(':') {
            Self::Colon
        } else if article.contains('.') {
            Self::Dot
        } else {
            Self::Plain
        }
    }
}

/// The word by which a text points back at a rule: "die wet", "het Besluit".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Wet,
    Wetboek,
    Besluit,
    Regeling,
    Verordening,
    Verdrag,
    Richtlijn,
    Reglement,
    Beschikking,
}

impl Class {
    /// The class whose word this is, or ends in.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        let ends = [
            ("wetboek", Self::Wetboek),
            ("wet", Self::Wet),
            ("besluit", Self::Besluit),
            ("maatregel", Self::Besluit),
            ("regeling", Self::Regeling),
            ("regelingen", Self::Regeling),
            ("regels", Self::Regeling),
            ("verordening", Self::Verordening),
            ("verdrag", Self::Verdrag),
            ("handvest", Self::Verdrag),
            ("richtlijn", Self::Richtlijn),
            ("reglement", Self::Reglement),
            ("beschikking", Self::Beschikking),
        ];
        ends.into_iter().find(|(end, _)| word.ends_with(end)).map(|(_, class)| class)
    }

    /// The class of a rule by the first word of its name that tells.
    pub(super) fn of_name(name: &str) -> Self {
        let lower = name.to_lowercase();
        lower.split([' ', ',', '(']).find_map(Self::of_word).unwrap_or(Self::Wet)
    }
}

#[derive(Deserialize)]
struct Row {
    bwb: String,
    naam: String,
    #[serde(default)]
    afkortingen: String,
    #[serde(default)]
    stand: String,
    #[serde(default)]
    soort: String,
    #[serde(default)]
    nummering: String,
    #[serde(default)]
    andere_namen: String,
    #[serde(default)]
    voorrang: String,
}

/// One law.
#[derive(Debug)]
pub(super) struct Law {
    pub(super) bwb: Option<String>,
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) style: Style,
    pub(super) class: Class,
    /// The law consists of books that are laws of their own.
    pub(super) has_books: bool,
    /// Names in full.
    pub(super) names: Vec<String>,
    /// Abbreviations.
    pub(super) shorts: Vec<String>,
    /// Abbreviations that mean this law when nothing in the text decides.
    pub(super) precedence: Vec<String>,
}

/// All laws.
pub(super) struct Laws {
    pub(super) all: Vec<Law>,
    /// Place of a book by the name of its law and its number.
    books: HashMap<(usize, String), usize>,
}

impl Laws {
    pub(super) fn new(table: &str) -> Result<Self, CitationError> {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let rows: Vec<Row> =
            reader.deserialize().collect::<Result<_, _>>().map_err(|error| CitationError::Table(error.to_string()))?;
        let mut all: Vec<Law> = Vec::with_capacity(rows.len());
        // A law in force wins a name or abbreviation from one that was repealed, so it comes first.
        for in_force in [true, false] {
            all.extend(rows.iter().filter(|row| (row.stand == "in force") == in_force).map(law));
        }
        let mut books = HashMap::new();
        for (place, parent) in all.iter().enumerate().filter(|(_, law)| law.has_books) {
            for (book, law) in all.iter().enumerate() {
                if let Some(number) = law.name.strip_prefix(&parent.name).and_then(|rest| rest.strip_prefix(" Boek ")) {
                    books.insert((place, number.to_lowercase()), book);
                }
            }
        }
        Ok(Self { all, books })
    }

    pub(super) fn get(&self, place: usize) -> Option<&Law> {
        self.all.get(place)
    }

    /// Place of a book of a law.
    pub(super) fn book(&self, law: usize, number: &str) -> Option<usize> {
        self.books.get(&(law, number.to_lowercase())).copied()
    }

    /// True for a book of a law: its articles are cited with the book in front.
    pub(super) fn is_book(&self, law: usize) -> bool {
        self.books.values().any(|book| *book == law)
    }
}

fn law(row: &Row) -> Law {
    let list = |cell: &str| -> Vec<String> {
        cell.split(';').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
    };
    let mut names = list(&row.andere_namen);
    names.insert(0, row.naam.clone());
    // "Wet Bibob" is as good as a name: it needs no article to be understood.
    let (more, shorts): (Vec<String>, Vec<String>) =
        list(&row.afkortingen).into_iter().partition(|short| short.starts_with("Wet ") || short.starts_with("Boek "));
    names.extend(more);
    Law {
        bwb: Some(row.bwb.clone()).filter(|bwb| !bwb.is_empty()),
        kind: match row.soort.as_str() {
            "verdrag" => "verdrag",
            "eu" => "eu",
            "lokaal" => "lokaal",
            _ => "wet",
        },
        style: match row.nummering.as_str() {
            ":" => Style::Colon,
            "." => Style::Dot,
            _ => Style::Plain,
        },
        class: Class::of_name(&row.naam),
        has_books: row.soort == "boeken",
        name: row.naam.clone(),
        names,
        shorts,
        precedence: list(&row.voorrang),
    }
}

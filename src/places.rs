//! Which gemeenten a text is about: a gazetteer of gemeenten, former gemeenten and places, with rules for the hard names.
//! The seat of a court and the name of a police unit are not the place of the deed.

use std::collections::{BTreeMap, HashMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;
use thiserror::Error;

/// Why the gazetteer cannot be used.
#[derive(Debug, Error)]
pub enum PlacesError {
    /// A file is not as expected.
    #[error("{file}: {why}")]
    File {
        /// Which file.
        file: &'static str,
        /// What is wrong.
        why: String,
    },
}

/// One gemeente.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gemeente {
    /// CBS code, `GM0361`.
    pub code: String,
    /// Name.
    pub name: String,
    /// Province.
    pub province: String,
    /// Inhabitants.
    pub inhabitants: u32,
    /// RIEC, where known.
    pub riec: String,
}

#[derive(Deserialize)]
struct GemeenteRow {
    code: String,
    naam: String,
    provincie: String,
    inwoners: u32,
    vroeger: String,
    ook: String,
    riec: String,
    opgevolgd_door: String,
}

#[derive(Deserialize)]
struct PlaatsRow {
    plaats: String,
    code: String,
}

struct Name {
    code: String,
    hard: bool,
    /// Written in capitals: only at the start of a text, as a dateline.
    capitals: bool,
}

/// Finds gemeenten in text.
pub struct Gazetteer {
    gemeenten: BTreeMap<String, Gemeente>,
    matcher: AhoCorasick,
    names: Vec<Name>,
}

impl Gazetteer {
    /// Builds the gazetteer from the two tables and the list of hard names. `home` are provinces that win where a name
    /// exists in several ("Bergen", "Laren").
    ///
    /// # Errors
    /// Names the file that is not as expected.
    pub fn new(
        gemeenten_csv: &str,
        plaatsen_csv: &str,
        hard_names: &str,
        home: &[String],
    ) -> Result<Self, PlacesError> {
        let rows: Vec<GemeenteRow> = rows("gemeenten.csv", gemeenten_csv)?;
        let plaatsen: Vec<PlaatsRow> = rows_of_places(plaatsen_csv)?;
        let hard: HashSet<&str> =
            hard_names.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let ended: HashMap<&str, &str> = rows
            .iter()
            .filter(|row| !row.opgevolgd_door.is_empty())
            .map(|row| (row.code.as_str(), row.opgevolgd_door.as_str()))
            .collect();
        let today = |code: &str| ended.get(code).map_or_else(|| code.to_owned(), |next| (*next).to_owned());
        let provinces: HashMap<&str, &str> =
            rows.iter().map(|row| (row.code.as_str(), row.provincie.as_str())).collect();

        let found = strongest_names(&rows, &plaatsen, &today);
        let (mut patterns, mut names) = (Vec::new(), Vec::new());
        for (name, codes) in found {
            let at_home = |code: &&String| {
                provinces.get(code.as_str()).is_some_and(|province| home.iter().any(|h| h == province))
            };
            let Some(code) = (if codes.len() == 1 { codes.first() } else { codes.iter().find(at_home) }) else {
                continue;
            };
            if hard.contains(format!("-{name}").as_str()) {
                continue;
            }
            let is_hard = hard.contains(name.as_str()) || name.chars().count() <= 3;
            names.push(Name { code: code.clone(), hard: is_hard, capitals: false });
            patterns.push(name.clone());
            names.push(Name { code: code.clone(), hard: is_hard, capitals: true });
            patterns.push(name.to_uppercase());
        }
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&patterns)
            .map_err(|error| PlacesError::File { file: "plaatsen.csv", why: error.to_string() })?;
        let gemeenten = rows
            .into_iter()
            .map(|row| {
                let gemeente = Gemeente {
                    code: row.code.clone(),
                    name: row.naam.split(" (").next().unwrap_or(&row.naam).to_owned(),
                    province: row.provincie,
                    inhabitants: row.inwoners,
                    riec: row.riec,
                };
                (row.code, gemeente)
            })
            .collect();
        Ok(Self { gemeenten, matcher, names })
    }

    /// CBS codes of the gemeenten that a title and text are about, in order of first mention.
    #[must_use]
    pub fn find(&self, title: &str, text: &str) -> Vec<String> {
        let mut codes: Vec<String> = Vec::new();
        for part in [title, text] {
            for found in self.matcher.find_iter(part) {
                let Some(name) = self.names.get(found.pattern().as_usize()) else { continue };
                let before = part.get(..found.start()).unwrap_or_default();
                let after = part.get(found.end()..).unwrap_or_default();
                if stands_alone(before, after) && is_place(name, before, after) && !codes.contains(&name.code) {
                    codes.push(name.code.clone());
                }
            }
        }
        codes
    }

    /// The gemeente with that code.
    #[must_use]
    pub fn gemeente(&self, code: &str) -> Option<&Gemeente> {
        self.gemeenten.get(code)
    }

    /// All gemeenten, by code.
    pub fn gemeenten(&self) -> impl Iterator<Item = &Gemeente> {
        self.gemeenten.values()
    }

    /// Name of a gemeente; the code itself when it is unknown.
    #[must_use]
    pub fn name<'a>(&'a self, code: &'a str) -> &'a str {
        self.gemeenten.get(code).map_or(code, |gemeente| gemeente.name.as_str())
    }
}

/// Each name with the gemeenten that it may mean. From weak to strong: a place, a former gemeente, a gemeente of today;
/// only the strongest count.
fn strongest_names(
    rows: &[GemeenteRow],
    plaatsen: &[PlaatsRow],
    today: &dyn Fn(&str) -> String,
) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, (u8, Vec<String>)> = BTreeMap::new();
    let mut add = |name: &str, strength: u8, code: String| {
        let name = drop_province(name.split(" (").next().unwrap_or(name).trim());
        if name.chars().count() < 2 {
            return;
        }
        let entry = found.entry(name.to_owned()).or_insert_with(|| (strength, Vec::new()));
        if strength > entry.0 {
            *entry = (strength, vec![code]);
        } else if strength == entry.0 && !entry.1.contains(&code) {
            entry.1.push(code);
        }
    };
    for plaats in plaatsen {
        add(&plaats.plaats, 1, today(&plaats.code));
    }
    for row in rows {
        for former in row.vroeger.split(';').filter(|name| !name.is_empty()) {
            add(former, 2, today(&row.code));
        }
        add(&row.naam, 3, today(&row.code));
        for also in row.ook.split(';').filter(|name| !name.is_empty()) {
            add(also, 3, today(&row.code));
        }
    }
    found.into_iter().map(|(name, (_, codes))| (name, codes)).collect()
}

fn rows<T: for<'de> Deserialize<'de>>(file: &'static str, text: &str) -> Result<Vec<T>, PlacesError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(|error| PlacesError::File { file, why: error.to_string() })
}

fn rows_of_places(text: &str) -> Result<Vec<PlaatsRow>, PlacesError> {
    rows("plaatsen.csv", text)
}

/// `Haren GN` is Haren; the abbreviation of a province belongs to the table, not to the name.
fn drop_province(name: &str) -> &str {
    name.rsplit_once(' ')
        .filter(|(_, tail)| {
            matches!(*tail, "GN" | "GLD" | "Gld" | "NH" | "ZH" | "L" | "O" | "NB" | "Zld" | "Fr" | "Ut")
        })
        .map_or(name, |(head, _)| head)
}

fn stands_alone(before: &str, after: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '-';
    // "Haarlem-Noord" and "Amsterdam-Oost" are still in that gemeente; "Zaanstad-achtig" is not worth a rule.
    !before.chars().next_back().is_some_and(joins) && !after.chars().next().is_some_and(char::is_alphanumeric)
}

fn is_place(name: &Name, before: &str, after: &str) -> bool {
    let mut words = before.split_whitespace().rev();
    let last = words.next().unwrap_or_default();
    let last_bare = last.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let second = words.next().unwrap_or_default().trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let starts = before.trim().is_empty();
    let dateline = starts && after.trim_start().starts_with(['-', '–', '|', ':', '(', ',']);
    if name.capitals {
        return dateline;
    }
    // A court, a police unit, a prosecutor's office or a club carries a place name that is not the place of the deed.
    let office = |word: &str| {
        matches!(
            word,
            "politie"
                | "rechtbank"
                | "gerechtshof"
                | "hof"
                | "parket"
                | "arrondissement"
                | "provincie"
                | "eenheid"
                | "rb"
                | "zittingsplaats"
                | "locatie"
                | "fc"
                | "az"
                | "sc"
                | "vv"
                | "universiteit"
                | "rijksuniversiteit"
                | "bisdom"
        )
    };
    if office(&last_bare) || (matches!(last_bare.as_str(), "te" | "in" | "van") && office(&second)) {
        return false;
    }
    if !name.hard {
        return true;
    }
    let announces = matches!(
        last_bare.as_str(),
        "in" | "te"
            | "uit"
            | "bij"
            | "nabij"
            | "naar"
            | "rond"
            | "buiten"
            | "gemeente"
            | "gemeenteraad"
            | "omgeving"
            | "dorp"
            | "stad"
    ) || (last_bare == "van"
        && matches!(second.as_str(), "burgemeester" | "gemeente" | "raad" | "college" | "centrum" | "dorp"));
    dateline || (announces && !last.ends_with(['.', ',', ';', ':']))
}

#[cfg(test)]
mod tests {
    use super::Gazetteer;
    use crate::assets;

    fn gazetteer() -> Gazetteer {
        let text = |name: &str| assets::config(&format!("gebieden/{name}")).expect("embedded");
        Gazetteer::new(
            text("gemeenten.csv"),
            text("plaatsen.csv"),
            text("lastige-namen.txt"),
            &["Noord-Holland".into()],
        )
        .expect("a gazetteer")
    }

    #[test]
    fn places_are_found_and_hard_names_need_an_announcement() {
        let gazetteer = gazetteer();
        let cases: [(&str, &[&str]); 16] = [
            ("De politie viel een loods in Zaandam binnen.", &["GM0479"]),
            ("In Bergen op Zoom is een lab gevonden.", &["GM0748"]),
            ("In Bergen staat een strandhuis leeg.", &["GM0373"]),
            ("Bergen afval lagen langs de weg.", &[]),
            ("Het is het beste van het jaar. Best veel mensen kwamen.", &[]),
            ("Een man uit Best is aangehouden.", &["GM0753"]),
            ("De rechtbank Amsterdam doet uitspraak over een zaak in Hoorn.", &["GM0405"]),
            ("Politie Haarlem zoekt getuigen.", &[]),
            ("SCHAGEN - Bij een inval zijn planten gevonden.", &["GM0441"]),
            ("In Wijdemeren en in Hilversum is gezocht.", &["GM0402"]),
            ("Het pand in Den Haag en dat in 's-Hertogenbosch.", &["GM0518", "GM0796"]),
            ("Een brand in Haarlem-Noord.", &["GM0392"]),
            ("De burgemeester van Laren sloot het huis.", &["GM0417"]),
            ("Nergens in Nederland is dit zo. Winkel in Purmerend dicht.", &["GM0439"]),
            ("Handel in harddrugs. Dieren in nood in het dorp Winkel.", &["GM1911"]),
            ("Het Gerechtshof te Arnhem oordeelt.", &[]),
        ];
        for (text, expected) in cases {
            assert_eq!(gazetteer.find("", text), expected, "{text}");
        }
    }
}

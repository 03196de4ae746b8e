//! Which gemeenten a text is about: a gazetteer of gemeenten, former gemeenten, places, adjectives and well-known spots, with
//! rules for the hard names. The seat of a court, the name of a police unit and the home of a suspect are not the place of
//! the deed; a name that several gemeenten bear is decided by the rest of the text.

mod context;
mod names;

use std::collections::{BTreeMap, HashSet};

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;
use thiserror::Error;

use context::{Role, role};
use names::{Name, names};

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
    /// The gemeente that it is part of now, where it was merged or renamed.
    pub successor: Option<String>,
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

/// An adjective that does not follow the rule, or a spot.
#[derive(Deserialize)]
struct VormRow {
    vorm: String,
    code: String,
    soort: String,
}

/// The files that a gazetteer is built from.
pub struct Tables<'a> {
    /// Gemeenten, with predecessors and successors.
    pub gemeenten: &'a str,
    /// Places.
    pub plaatsen: &'a str,
    /// Adjectives and spots.
    pub vormen: &'a str,
    /// Hard names, one a line.
    pub hard: &'a str,
}

/// Finds gemeenten in text.
pub struct Gazetteer {
    gemeenten: BTreeMap<String, Gemeente>,
    matcher: AhoCorasick,
    names: Vec<Name>,
    home: Vec<String>,
}

/// A name in a text.
struct Mention<'a> {
    name: &'a Name,
    role: Role,
    /// The text right before and after it.
    before: &'a str,
    after: &'a str,
}

impl Gazetteer {
    /// Builds the gazetteer. `home` are provinces that win where a name exists in several ("Bergen", "Laren") and the text
    /// does not tell.
    ///
    /// # Errors
    /// Names the file that is not as expected.
    pub fn new(tables: &Tables<'_>, home: &[String]) -> Result<Self, PlacesError> {
        let gemeenten: Vec<GemeenteRow> = rows("gemeenten.csv", tables.gemeenten)?;
        let plaatsen: Vec<PlaatsRow> = rows("plaatsen.csv", tables.plaatsen)?;
        let vormen: Vec<VormRow> = rows("vormen.csv", tables.vormen)?;
        let lines = tables.hard.lines().map(str::trim);
        let hard: HashSet<&str> = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        let names = names(&gemeenten, &plaatsen, &vormen, &hard);
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(names.iter().map(|name| &name.text))
            .map_err(|error| PlacesError::File { file: "plaatsen.csv", why: error.to_string() })?;
        let gemeenten = gemeenten
            .into_iter()
            .map(|row| {
                let gemeente = Gemeente {
                    code: row.code.clone(),
                    name: row.naam.split(" (").next().unwrap_or(&row.naam).to_owned(),
                    province: row.provincie,
                    inhabitants: row.inwoners,
                    riec: row.riec,
                    successor: (!row.opgevolgd_door.is_empty()).then_some(row.opgevolgd_door),
                };
                (row.code, gemeente)
            })
            .collect();
        Ok(Self { gemeenten, matcher, names, home: home.to_vec() })
    }

    /// CBS codes of the gemeenten that a title and text are about, in order of first mention. Where nothing else is named,
    /// the home of a suspect is all that is known of the place.
    #[must_use]
    pub fn find(&self, title: &str, text: &str) -> Vec<String> {
        let mentions: Vec<Mention<'_>> =
            [(title, true), (text, false)].into_iter().flat_map(|(part, title)| self.mentions(part, title)).collect();
        let named: HashSet<&str> = mentions
            .iter()
            .filter(|mention| !matches!(mention.role, Role::Other | Role::Unannounced))
            .filter_map(|mention| match mention.name.candidates.as_slice() {
                [only] => Some(only.code.as_str()),
                // "Rijswijk, gemeente Buren": that word leaves no doubt.
                [first, ..] if mention.before.trim_end().ends_with("gemeente") => Some(first.code.as_str()),
                _ => None,
            })
            .collect();
        let whole = [title, text];
        let of = |wanted: Role| {
            let mut codes: Vec<String> = Vec::new();
            for mention in mentions.iter().filter(|mention| mention.role == wanted) {
                if let Some(code) = self.resolve(mention, &named, whole).filter(|code| !codes.contains(code)) {
                    codes.push(code);
                }
            }
            codes
        };
        let places = of(Role::Place);
        if places.is_empty() { of(Role::Residence) } else { places }
    }

    fn mentions<'a>(&'a self, part: &'a str, in_title: bool) -> Vec<Mention<'a>> {
        let mut mentions: Vec<Mention<'a>> = Vec::new();
        let mut previous = None;
        for found in self.matcher.find_iter(part) {
            let Some(name) = self.names.get(found.pattern().as_usize()) else { continue };
            let before = part.get(..found.start()).unwrap_or_default();
            let after = part.get(found.end()..).unwrap_or_default();
            let joined = previous.is_some_and(|(end, _)| end + 1 == found.start());
            if !stands_alone(before, after, joined) {
                continue;
            }
            let role = role(name, before, after, previous, in_title);
            previous = Some((found.end(), role));
            mentions.push(Mention { name, role, before, after });
        }
        mentions
    }

    /// Which gemeente a name means here: the one that stands beside it, else one that is named elsewhere in the text, else one
    /// in a province that is named, else the gemeente of that name, at home where there are several.
    fn resolve(&self, mention: &Mention<'_>, named: &HashSet<&str>, whole: [&str; 2]) -> Option<String> {
        let candidates = &mention.name.candidates;
        if let [only] = candidates.as_slice() {
            return Some(only.code.clone());
        }
        let province = |code: &str| self.gemeenten.get(code).map_or("", |own| own.province.as_str());
        let one = |keep: &dyn Fn(&str) -> bool| {
            let mut kept = candidates.iter().filter(|own| keep(&own.code));
            let first = kept.next()?;
            kept.next().is_none().then(|| first.code.clone())
        };
        let beside: String = mention.after.chars().take(16).collect();
        let word_before = mention.before.split_whitespace().next_back().unwrap_or_default().to_lowercase();
        let nearby = |code: &str| {
            let province = province(code);
            short_names(province).iter().any(|short| beside.starts_with(&format!(" ({short}")))
                || beside.starts_with(&format!(" ({province}"))
                || adjectives(province).contains(&word_before.as_str())
        };
        let in_province = |code: &str| {
            let province = province(code);
            whole.iter().any(|part| {
                part.contains(province) && province.contains('-') || part.contains(&format!("provincie {province}"))
            }) || adjectives(province).iter().any(|word| whole.iter().any(|part| part.to_lowercase().contains(word)))
        };
        let strongest = candidates.first().map_or(0, |own| own.strength);
        one(&nearby)
            .or_else(|| one(&|code| named.contains(code)))
            .or_else(|| one(&|code| candidates.iter().any(|own| own.code == code && own.strength == strongest)))
            .or_else(|| one(&in_province))
            .or_else(|| one(&|code| self.home.iter().any(|home| home == province(code))))
    }

    /// The gemeente with that code.
    #[must_use]
    pub fn gemeente(&self, code: &str) -> Option<&Gemeente> {
        self.gemeenten.get(code)
    }

    /// The code that a gemeente has now: that of its successor, where it was merged or renamed.
    #[must_use]
    pub fn current<'a>(&'a self, code: &'a str) -> &'a str {
        // A table with a circle in it ends after a few steps.
        (0..5).fold(code, |code, _| {
            self.gemeente(code).and_then(|gemeente| gemeente.successor.as_deref()).unwrap_or(code)
        })
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

fn rows<T: for<'de> Deserialize<'de>>(file: &'static str, text: &str) -> Result<Vec<T>, PlacesError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().map_err(|error| PlacesError::File { file, why: error.to_string() })
}

/// How a province is written between brackets after a place.
fn short_names(province: &str) -> &'static [&'static str] {
    match province {
        "Gelderland" => &["Gld", "GLD", "Ge"],
        "Noord-Holland" => &["NH", "N.H", "N-H"],
        "Zuid-Holland" => &["ZH", "Z.H"],
        "Noord-Brabant" => &["NB", "N.B", "N-B", "Brabant"],
        "Limburg" => &["L)", "L.)", "LB", "Lb", "Limb"],
        "Overijssel" => &["O)", "OV", "Ov"],
        "Utrecht" => &["U)", "UT", "Ut"],
        "Groningen" => &["GN", "Gr", "Gn"],
        "Fryslân" | "Friesland" => &["Fr", "FR", "Friesland"],
        "Drenthe" => &["DR", "Dr"],
        "Zeeland" => &["ZLD", "Zld", "Ze"],
        "Flevoland" => &["Fl", "FL"],
        _ => &[],
    }
}

/// The adjectives of a province or its regions.
fn adjectives(province: &str) -> &'static [&'static str] {
    match province {
        "Gelderland" => &["gelderse", "betuwse", "achterhoekse", "veluwse"],
        "Noord-Holland" => &["noord-hollandse", "gooise", "westfriese"],
        "Zuid-Holland" => &["zuid-hollandse"],
        "Noord-Brabant" => &["brabantse", "noord-brabantse"],
        "Limburg" => &["limburgse", "noord-limburgse", "zuid-limburgse"],
        "Overijssel" => &["overijsselse", "twentse", "sallandse"],
        "Groningen" => &["groningse"],
        "Fryslân" | "Friesland" => &["friese"],
        "Drenthe" => &["drentse"],
        "Zeeland" => &["zeeuwse"],
        "Flevoland" => &["flevolandse"],
        _ => &[],
    }
}

/// "Haarlem-Noord" and "Amsterdam-Oost" are still in that gemeente; "Oostzaan-Landsmeer" are two.
fn stands_alone(before: &str, after: &str, joined: bool) -> bool {
    let last = before.chars().next_back();
    let old = before.ends_with("Oud-") || before.ends_with("Nieuw-");
    let begins = !last.is_some_and(char::is_alphanumeric) && (last != Some('-') || joined || old);
    begins && !after.chars().next().is_some_and(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::{Gazetteer, Tables};
    use crate::assets;

    fn gazetteer() -> Gazetteer {
        let text = |name: &str| assets::config(&format!("gebieden/{name}")).expect("embedded");
        let tables = Tables {
            gemeenten: text("gemeenten.csv"),
            plaatsen: text("plaatsen.csv"),
            vormen: text("vormen.csv"),
            hard: text("lastige-namen.txt"),
        };
        Gazetteer::new(&tables, &["Noord-Holland".into()]).expect("a gazetteer")
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

//! The rules as they stand in `uitspraken.toml`. A pattern that does not compile is an error with the line of the file.

use std::collections::HashMap;

use regex::Regex;
use serde::{Deserialize, Deserializer, de::Error};

/// One pattern; case does not count.
#[derive(Debug, Clone)]
pub(super) struct Pattern(Regex);

impl Pattern {
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// First match, in bytes.
    pub(super) fn find(&self, text: &str) -> Option<(usize, usize)> {
        self.0.find(text).map(|found| (found.start(), found.end()))
    }

    pub(super) fn regex(&self) -> &Regex {
        &self.0
    }
}

fn compile<E: Error>(source: &str) -> Result<Regex, E> {
    Regex::new(&format!("(?i){source}")).map_err(|error| E::custom(format!("patroon '{source}': {error}")))
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(compile(&String::deserialize(deserializer)?)?))
    }
}

/// A list of patterns, of which one must match.
#[derive(Debug, Clone)]
pub(super) struct Any(Regex);

impl Any {
    pub(super) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// How often one of them matches.
    pub(super) fn count(&self, text: &str) -> usize {
        self.0.find_iter(text).count()
    }

    pub(super) fn regex(&self) -> &Regex {
        &self.0
    }
}

/// An empty list matches nothing, while an empty alternation would match everywhere.
fn alternation(list: &[String]) -> String {
    if list.is_empty() { "[^\\s\\S]".to_owned() } else { format!("(?:{})", list.join("|")) }
}

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(compile(&alternation(&Vec::deserialize(deserializer)?))?))
    }
}

/// A list of headings: the whole line must match, a number in front may.
#[derive(Debug, Clone)]
pub(super) struct Headings(Regex);

impl Headings {
    pub(super) fn is_match(&self, line: &str) -> bool {
        // A heading is short; a long line is spared the work.
        line.len() < 120 && self.0.is_match(line)
    }
}

impl<'de> Deserialize<'de> for Headings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let list = alternation(&Vec::deserialize(deserializer)?);
        Ok(Self(compile(&format!(r"^\W*(?:\d+(?:\.\d+)*|[IVX]+\b|[A-Z]\b)?\W*{list}\W*$"))?))
    }
}

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rules {
    pub(super) rechter: Vec<CourtRule>,
    pub(super) koppen: HeadingRules,
    pub(super) dictum: DictumRules,
    pub(super) samen: Vec<Join>,
    pub(super) familierang: HashMap<String, u8>,
    pub(super) uitkomst: Vec<OutcomeRule>,
    pub(super) besluit: Vec<DecisionRule>,
    pub(super) kamer: Vec<Labelled>,
    pub(super) procedure: Vec<ProcedureRule>,
    pub(super) instrumentzin: MentionRules,
    pub(super) instrument: Vec<InstrumentRule>,
    pub(super) sluiting: ClosureRules,
    pub(super) gronden: GroundRules,
    pub(super) grond: Vec<GroundRule>,
    pub(super) partijen: PartyRules,
    pub(super) gemeente: GemeenteRules,
    pub(super) keten: ChainRules,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CourtRule {
    pub(super) soort: String,
    pub(super) naam: Pattern,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadingRules {
    pub(super) procesverloop: Headings,
    pub(super) overwegingen: Headings,
    pub(super) dictum: Headings,
    pub(super) conclusie: Headings,
    pub(super) slot: Headings,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DictumRules {
    pub(super) kop_in_alinea: Pattern,
    pub(super) aanhef: Any,
    pub(super) einde: Any,
    pub(super) werkwoorden: Pattern,
    pub(super) rest: Pattern,
    pub(super) deels: Pattern,
    pub(super) niet_deels: Pattern,
    pub(super) onderdeel: Pattern,
    pub(super) advies: Pattern,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    pub(super) van: Pattern,
    pub(super) naar: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutcomeRule {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) familie: String,
    #[serde(default)]
    pub(super) rechter: Vec<String>,
    #[serde(default)]
    pub(super) niet_rechter: Vec<String>,
    pub(super) gebied: Option<Pattern>,
    pub(super) niet_gebied: Option<Pattern>,
    pub(super) groep: Option<String>,
    pub(super) patroon: Pattern,
    pub(super) niet: Option<Pattern>,
    /// Whether whoever went to court was put in the right; open for what says nothing about that.
    pub(super) gewonnen: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionRule {
    pub(super) waarde: String,
    /// The decision under review stood.
    pub(super) houdt: bool,
    pub(super) uitkomsten: Vec<String>,
    pub(super) eerder: Option<String>,
}

/// A value and the words that stand for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Labelled {
    pub(super) waarde: String,
    pub(super) patroon: Pattern,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProcedureRule {
    pub(super) waarde: String,
    pub(super) metadata: Pattern,
    pub(super) tekst: Pattern,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MentionRules {
    pub(super) kracht: Pattern,
    pub(super) terloops: Pattern,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InstrumentRule {
    pub(super) id: String,
    pub(super) artikelen: Vec<String>,
    pub(super) patronen: Any,
    pub(super) rechtsgebied: Pattern,
    pub(super) gewicht: usize,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClosureRules {
    pub(super) instrumenten: Vec<String>,
    pub(super) woorden: Pattern,
    pub(super) voor: Pattern,
    pub(super) tegen: Pattern,
    pub(super) later: Pattern,
    pub(super) nooit: Pattern,
    pub(super) onbepaald: Pattern,
    pub(super) duur: Pattern,
    pub(super) duur_niet_na: Pattern,
    pub(super) getallen: HashMap<String, u32>,
    pub(super) object: Vec<Labelled>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroundRules {
    pub(super) partij: Pattern,
    pub(super) oordeel: Pattern,
    pub(super) slaagt: Pattern,
    pub(super) faalt: Pattern,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GroundRule {
    pub(super) id: String,
    pub(super) gebrek: Any,
    pub(super) houdt: Any,
    pub(super) onderwerp: Any,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartyRules {
    pub(super) rollen: Any,
    pub(super) nooit_orgaan: Pattern,
    pub(super) orgaan: Vec<BodyRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BodyRule {
    pub(super) waarde: String,
    #[serde(default)]
    pub(super) gemeentelijk: bool,
    pub(super) patroon: Pattern,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GemeenteRules {
    pub(super) ook: HashMap<String, String>,
    pub(super) aanloop: Any,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChainRules {
    pub(super) gerecht: Pattern,
    pub(super) stuk: Pattern,
    pub(super) datum: Pattern,
    pub(super) zaaknummer: Pattern,
    pub(super) ecli: Pattern,
    pub(super) aanwijzing: Pattern,
    pub(super) aanwijzing_overwegingen: Pattern,
    pub(super) andere_datum: Pattern,
    pub(super) jaren: i32,
    pub(super) codes: HashMap<String, String>,
    pub(super) namen: HashMap<String, String>,
    pub(super) vergelijk: Pattern,
    pub(super) relatie: Vec<RelationRule>,
    pub(super) gevolg: Vec<Labelled>,
    pub(super) uitkomst: Vec<FateRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelationRule {
    pub(super) soort: String,
    pub(super) eerder: String,
    pub(super) later: String,
}

/// What a main outcome means for the ruling under appeal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FateRule {
    pub(super) uitkomst: String,
    pub(super) waarde: String,
    pub(super) deels: String,
}

//! Rules for attenderingen: a file each in `attenderingen/`, its name is the id. Conditions under different keys must all
//! hold; within a key one is enough.

use serde::Deserialize;
use toml::de::DeTable;

use super::{
    Settings, WatchTime,
    faults::{Fault, Faults, line_of, meant, of_toml},
};
use crate::{
    classify::lexicon::Lexicon,
    deliver,
    domain::{
        fenomeen::Fenomeen,
        pace::{Interval, Pace, Quiet},
    },
    places::Gazetteer,
};

/// A rule for alerts.
pub struct AlertRule {
    /// File name without its ending.
    pub id: String,
    /// Name for readers.
    pub title: String,
    /// Switched off: it can be tried, and speaks to nobody.
    pub off: bool,
    /// Fenomenen, any of which must be "ja"; empty: any text, or any fenomeen where a smallest probability is asked.
    pub fenomenen: Vec<String>,
    /// Smallest probability of the fenomeen.
    pub at_least: Option<f64>,
    /// Ids of instruments; empty: any.
    pub instrumenten: Vec<String>,
    /// Gemeenten by CBS code, or "regio"; empty: everywhere.
    pub gebieden: Vec<String>,
    /// Ids of branches; empty: any.
    pub branches: Vec<String>,
    /// Ids of sources; empty: any.
    pub bronnen: Vec<String>,
    /// Courts, by a part of their name or by their code in the ECLI; when filled, only judgments meet the rule.
    pub instanties: Vec<String>,
    /// Words as they were written.
    pub woorden: Vec<String>,
    /// The words, ready to be looked for.
    pub words: Lexicon,
    /// Phrases, word for word.
    pub zinnen: Vec<String>,
    /// At once or gathered.
    pub interval: Interval,
    /// Hours in which nothing leaves.
    pub quiet: Option<Quiet>,
    /// Most mails a day; the rest comes in one collected mail.
    pub most_per_day: u32,
    /// Recipients; empty: those of `mail.alerts-to`.
    pub to: Vec<String>,
}

impl AlertRule {
    /// Its pace; what is gathered by day or week leaves at the hour of the digest.
    #[must_use]
    pub fn pace(&self, watch: WatchTime) -> Pace {
        let Self { interval, quiet, most_per_day, .. } = *self;
        Pace { interval, quiet, most_per_day, day: watch.day, hour: watch.hour }
    }

    /// Who gets it.
    #[must_use]
    pub fn recipients<'a>(&'a self, settings: &'a Settings) -> &'a [String] {
        if self.to.is_empty() { &settings.recipients.alerts } else { &self.to }
    }

    /// True when what it asks can only be seen in the text.
    #[must_use]
    pub fn reads_text(&self) -> bool {
        !self.woorden.is_empty() || !self.zinnen.is_empty()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleFile {
    title: String,
    #[serde(default)]
    off: bool,
    #[serde(default)]
    fenomenen: Vec<String>,
    at_least: Option<f64>,
    #[serde(default)]
    instrumenten: Vec<String>,
    #[serde(default)]
    gebieden: Vec<String>,
    #[serde(default)]
    branches: Vec<String>,
    #[serde(default)]
    bronnen: Vec<String>,
    #[serde(default)]
    instanties: Vec<String>,
    #[serde(default)]
    woorden: Vec<String>,
    #[serde(default)]
    zinnen: Vec<String>,
    #[serde(default = "at_once")]
    interval: String,
    #[serde(default)]
    stil: String,
    #[serde(default = "five")]
    most_per_day: u32,
    #[serde(default)]
    to: Vec<String>,
}

fn five() -> u32 {
    5
}

fn at_once() -> String {
    Interval::AtOnce.name().to_owned()
}

/// What a rule may name.
pub(super) struct Known<'a> {
    pub(super) fenomenen: &'a [Fenomeen],
    pub(super) instrumenten: &'a [(String, String)],
    pub(super) branches: &'a [(String, String)],
    pub(super) gazetteer: &'a Gazetteer,
    pub(super) sources: Vec<&'a str>,
}

impl Settings {
    /// A rule of these settings by its id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&AlertRule> {
        self.knowledge.rules.iter().find(|rule| rule.id == id)
    }

    /// A rule from a file that need not stand among the others: to try it before it counts.
    ///
    /// # Errors
    /// All faults of the file together.
    pub fn rule_of(&self, file: &str, id: &str, text: &str) -> Result<AlertRule, Faults> {
        let knowledge = &self.knowledge;
        let known = Known {
            fenomenen: &knowledge.fenomenen,
            instrumenten: &knowledge.instrument_labels,
            branches: &knowledge.branche_labels,
            gazetteer: &knowledge.gazetteer,
            sources: self.sources.iter().map(|entry| entry.source.id.0.as_str()).collect(),
        };
        checked(file, id, text, &known).map_err(Faults)
    }
}

/// Reads and checks a rule; all its faults at once, each with its line.
pub(super) fn checked(file: &str, id: &str, text: &str, known: &Known<'_>) -> Result<AlertRule, Vec<Fault>> {
    let written: RuleFile = toml::from_str(text).map_err(|error| vec![of_toml(file, text, &error)])?;
    let mut check = Check { file, text, faults: Vec::new() };
    check.names(&written, known);
    check.speaks(&written);
    let words = check.words(&written.woorden);
    let interval = Interval::of(&written.interval);
    if interval.is_none() {
        check.fault("interval", format!("'{}' kan niet; kies uit: meteen, uur, dag, week", written.interval));
    }
    let quiet = Quiet::of(&written.stil);
    if quiet.is_none() && !written.stil.is_empty() {
        let why = "zijn geen stille uren; schrijf begin en einde, bijvoorbeeld \"22-07\" of \"22.30-07.00\"";
        check.fault("stil", format!("'{}' {why}", written.stil));
    }
    for address in written.to.iter().filter(|address| !deliver::is_address(address)) {
        check.fault("to", format!("'{address}' is geen mailadres; schrijf bijvoorbeeld \"naam@voorbeeld.nl\""));
    }
    match (interval, words) {
        (Some(interval), Some(words)) if check.faults.is_empty() => Ok(AlertRule {
            id: id.to_owned(),
            title: written.title,
            off: written.off,
            fenomenen: written.fenomenen,
            at_least: written.at_least,
            instrumenten: written.instrumenten,
            gebieden: written.gebieden,
            branches: written.branches,
            bronnen: written.bronnen,
            instanties: written.instanties,
            woorden: written.woorden,
            words,
            zinnen: written.zinnen,
            interval,
            quiet,
            most_per_day: written.most_per_day,
            to: written.to,
        }),
        _ => Err(check.faults),
    }
}

/// Gathers the faults of one file.
struct Check<'a> {
    file: &'a str,
    text: &'a str,
    faults: Vec<Fault>,
}

impl Check<'_> {
    /// A fault of a key, with its line where the key is written.
    fn fault(&mut self, key: &str, why: impl AsRef<str>) {
        let table = DeTable::parse(self.text).ok();
        let keys = table.iter().flat_map(|table| table.get_ref().keys());
        let line = keys.filter(|name| name.get_ref().as_ref() == key).map(|name| line_of(self.text, name.span().start));
        let line = line.min();
        self.faults.push(Fault { file: self.file.to_owned(), line, text: format!("{key}: {}", why.as_ref()) });
    }

    /// Whatever is named must exist.
    fn names(&mut self, written: &RuleFile, known: &Known<'_>) {
        let ids = |list: &[(String, String)]| list.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        let fenomenen: Vec<String> = known.fenomenen.iter().map(|fenomeen| fenomeen.id.clone()).collect();
        let sources: Vec<String> = known.sources.iter().map(|id| (*id).to_owned()).collect();
        for (key, names, all, what) in [
            ("fenomenen", &written.fenomenen, fenomenen, "geen fenomeen; de lijst staat in config/fenomenen"),
            (
                "instrumenten",
                &written.instrumenten,
                ids(known.instrumenten),
                "geen instrument; de lijst staat in config/lijsten/instrumenten.toml",
            ),
            (
                "branches",
                &written.branches,
                ids(known.branches),
                "geen branche; de lijst staat in config/lijsten/branches.toml",
            ),
            ("bronnen", &written.bronnen, sources, "geen bron; 'uitkijk source list' toont de namen"),
        ] {
            for name in names.iter().filter(|name| !all.contains(name)) {
                let why = match meant(name, &all) {
                    Some(meant) => format!("'{name}' bestaat niet; bedoelt u '{meant}'?"),
                    None => format!("'{name}' is {what}"),
                };
                self.fault(key, why);
            }
        }
        for code in written.gebieden.iter().filter(|code| *code != "regio" && known.gazetteer.gemeente(code).is_none())
        {
            let why = "is geen code van een gemeente en niet \"regio\"; zie config/gebieden/gemeenten.csv";
            self.fault("gebieden", format!("'{code}' {why}"));
        }
        for (key, texts) in [("zinnen", &written.zinnen), ("instanties", &written.instanties)] {
            if texts.iter().any(|text| text.trim().is_empty()) {
                self.fault(key, "er staat een lege tekst in: haal die weg, want leeg past overal op");
            }
        }
    }

    /// A rule must ask something that makes it speak now and then, and not of everything.
    fn speaks(&mut self, written: &RuleFile) {
        if written.title.trim().is_empty() {
            self.fault("title", "is leeg: geef de regel een naam voor de lezer");
        }
        if written.at_least.is_some_and(|least| !(0.0..=1.0).contains(&least)) {
            self.fault("at-least", "moet tussen 0 en 1 liggen");
        }
        if written.at_least.is_none() && !written.fenomenen.is_empty() {
            self.fault("at-least", "ontbreekt: zet erbij hoe zeker een fenomeen minstens moet zijn, bijvoorbeeld 0.8");
        }
        let asks = [&written.fenomenen, &written.instrumenten, &written.woorden, &written.zinnen, &written.bronnen];
        let asks = asks.iter().any(|list| !list.is_empty()) || !written.instanties.is_empty();
        if !asks && written.at_least.is_none() {
            self.fault(
                "fenomenen",
                "is leeg en de regel vraagt verder niets: noem fenomenen, instrumenten, woorden, zinnen, bronnen of \
                 instanties, of zet at-least om elk fenomeen te melden",
            );
        }
    }

    /// The words, each a list of its own, so that a mail can say which of them counted.
    fn words(&mut self, written: &[String]) -> Option<Lexicon> {
        let each = written.iter().map(|word| (word.as_str(), std::slice::from_ref(word)));
        match Lexicon::new(each) {
            Ok(words) => Some(words),
            Err(error) => {
                self.fault("woorden", format!("{error}; schrijf bijvoorbeeld \"uithaler*\" of \"pand & gesloten\""));
                None
            }
        }
    }
}

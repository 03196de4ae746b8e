//! What the program knows of the world, as data: fenomenen, word lists, gazetteer, laws, gap phrases, alert rules, and
//! the model. Each file comes from the configured folder, or from the shipped one where it is missing there.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{
    SourceEntry,
    faults::{Fault, of_toml},
    raw::Raw,
    rules::{AlertRule, Known, checked},
    teaching::{CURRENT, models},
};
use crate::{
    assets,
    citations::Extractor,
    classify::{Classifier, bundle::Bundle, lexicon::Lexicon, weak::Pointer},
    domain::fenomeen::Fenomeen,
    law::Laws,
    places::{Gazetteer, Tables},
    rulings::{self, RulesError},
    signals::{Finder, Phrases},
    stories::Words,
};

/// Everything that is known.
pub struct Knowledge {
    /// Watched fenomenen.
    pub fenomenen: Vec<Fenomeen>,
    /// Places.
    pub gazetteer: Gazetteer,
    /// Instruments by word.
    pub instrumenten: Lexicon,
    /// Names of the instruments: id and label.
    pub instrument_labels: Vec<(String, String)>,
    /// Branches by word.
    pub branches: Lexicon,
    /// Names of the branches: id and label.
    pub branche_labels: Vec<(String, String)>,
    /// Laws.
    pub laws: Laws,
    /// Citations.
    pub extractor: Extractor,
    /// What judgments decided.
    pub rulings: rulings::Reader,
    /// Gap phrases.
    pub finder: Finder,
    /// Alert rules.
    pub rules: Vec<AlertRule>,
    /// How often words occur.
    pub words: Words,
    /// The model.
    pub classifier: Classifier,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FenomeenFile {
    label: String,
    short: String,
    law: String,
    steps: Vec<String>,
    partners: Vec<String>,
    /// Articles whose citation in a judgment points at this fenomeen, as "BWBR0001854 273f".
    #[serde(default)]
    articles: Vec<String>,
    /// Not watched here.
    #[serde(default)]
    off: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InstrumentFile {
    instrument: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BrancheFile {
    branche: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    id: String,
    label: String,
    /// SBI codes: for readers of the file and for the register sources to come.
    #[serde(default, rename = "sbi")]
    _sbi: Vec<String>,
    terms: Vec<String>,
}

/// Reads files and gathers faults.
struct Reader<'a> {
    folder: Option<PathBuf>,
    faults: &'a mut Vec<Fault>,
    files: &'a mut Vec<String>,
}

impl Knowledge {
    pub(super) fn load(
        raw: &Raw,
        base: &Path,
        sources: &[SourceEntry],
        faults: &mut Vec<Fault>,
        files: &mut Vec<String>,
    ) -> Option<Self> {
        let folder = (!raw.paths.config.is_empty()).then(|| base.join(&raw.paths.config));
        let mut reader = Reader { folder, faults, files };
        let fenomenen = reader.fenomenen();
        let instruments = reader.toml::<InstrumentFile>("lijsten/instrumenten.toml");
        let branches = reader.toml::<BrancheFile>("lijsten/branches.toml");
        let phrases = reader.toml::<Phrases>("lijsten/knelpunten.toml");
        let law = reader.law();
        let gemeenten = reader.text("gebieden/gemeenten.csv");
        let rulings = gemeenten.as_deref().and_then(|gemeenten| reader.rulings(gemeenten));
        let gazetteer = gemeenten.and_then(|gemeenten| reader.gazetteer(&gemeenten, &raw.region.provinces));
        let classifier = reader.model(raw, base, &fenomenen);
        let (instruments, branches, phrases) = (instruments?, branches?, phrases?);
        let lexicon =
            |list: &[Listed]| Lexicon::new(list.iter().map(|entry| (entry.id.as_str(), entry.terms.as_slice())));
        let instrumenten = reader.ok("lijsten/instrumenten.toml", lexicon(&instruments.instrument));
        let branches_by_word = reader.ok("lijsten/branches.toml", lexicon(&branches.branche));
        let finder = reader.ok("lijsten/knelpunten.toml", Finder::new(&phrases));
        let words = reader.text("lijsten/woorden.csv").map(|table| Words::new(&table));
        let gazetteer = gazetteer?;
        let (laws, extractor) = law?;
        let named = |list: Vec<Listed>| list.into_iter().map(|entry| (entry.id, entry.label)).collect::<Vec<_>>();
        let (instrument_labels, branche_labels) = (named(instruments.instrument), named(branches.branche));
        let rules = reader.rules(&Known {
            fenomenen: &fenomenen,
            instrumenten: &instrument_labels,
            branches: &branche_labels,
            gazetteer: &gazetteer,
            sources: sources.iter().map(|entry| entry.source.id.0.as_str()).collect(),
        });
        Some(Self {
            fenomenen,
            gazetteer,
            instrumenten: instrumenten?,
            instrument_labels,
            branches: branches_by_word?,
            branche_labels,
            laws,
            extractor,
            rulings: rulings?,
            finder: finder?,
            rules,
            words: words?,
            classifier: classifier?,
        })
    }

    /// Label of a fenomeen; its id when it is unknown.
    #[must_use]
    pub fn label<'a>(&'a self, id: &'a str) -> &'a str {
        self.fenomeen(id).map_or(id, |fenomeen| fenomeen.label.as_str())
    }

    /// Label of an instrument or branche; its id when it is unknown.
    #[must_use]
    pub fn listed<'a>(&'a self, id: &'a str) -> &'a str {
        let mut all = self.instrument_labels.iter().chain(&self.branche_labels);
        all.find(|(own, _)| own == id).map_or(id, |(_, label)| label.as_str())
    }

    /// The fenomeen with that id.
    #[must_use]
    pub fn fenomeen(&self, id: &str) -> Option<&Fenomeen> {
        self.fenomenen.iter().find(|fenomeen| fenomeen.id == id)
    }
}

/// What training needs of this folder.
pub(super) struct Pointers {
    pub(super) fenomenen: Vec<String>,
    pub(super) pointers: Vec<Pointer>,
    pub(super) laws: Laws,
}

/// Fenomenen with the articles that point at them, and the laws; nothing that needs a model.
pub(super) fn for_teaching(raw: &Raw, base: &Path, faults: &mut Vec<Fault>) -> Option<Pointers> {
    let folder = (!raw.paths.config.is_empty()).then(|| base.join(&raw.paths.config));
    let mut reader = Reader { folder, faults, files: &mut Vec::new() };
    let table = reader.text("wetten/wetten.csv")?;
    let laws = reader.ok("wetten/wetten.csv", Laws::new(&table))?;
    let (mut fenomenen, mut pointers) = (Vec::new(), Vec::new());
    for (id, file) in reader.fenomeen_files() {
        for written in &file.articles {
            let (bwb, article) = written.split_once(' ').unwrap_or((written, ""));
            if !laws.all().iter().any(|law| law.bwb == bwb) {
                let why = format!("'{written}' begint niet met het BWB-nummer van een wet in wetten.csv");
                reader.faults.push(Fault::new(format!("config/fenomenen/{id}.toml, articles"), why));
            }
            pointers.push(Pointer { fenomeen: id.clone(), bwb: bwb.to_owned(), article: article.to_owned() });
        }
        fenomenen.push(id);
    }
    Some(Pointers { fenomenen, pointers, laws })
}

impl Reader<'_> {
    /// Text of a file: the configured one, else the shipped one.
    fn text(&mut self, path: &str) -> Option<String> {
        if let Some(file) = self.folder.as_ref().map(|folder| folder.join(path)).filter(|file| file.exists()) {
            self.files.push(file.display().to_string());
            return match std::fs::read_to_string(&file) {
                Ok(text) => Some(text),
                Err(error) => {
                    self.faults.push(Fault::new(file.display().to_string(), format!("niet te lezen: {error}")));
                    None
                }
            };
        }
        self.files.push(format!("config/{path}"));
        let shipped = assets::config(path);
        if shipped.is_none() {
            self.faults.push(Fault::new(format!("config/{path}"), "ontbreekt: zet het bestand terug"));
        }
        shipped.map(str::to_owned)
    }

    fn toml<T: for<'de> Deserialize<'de>>(&mut self, path: &str) -> Option<T> {
        let text = self.text(path)?;
        self.parse(path, &text)
    }

    fn parse<T: for<'de> Deserialize<'de>>(&mut self, path: &str, text: &str) -> Option<T> {
        match toml::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.faults.push(of_toml(&format!("config/{path}"), text, &error));
                None
            }
        }
    }

    fn ok<T>(&mut self, path: &str, outcome: Result<T, impl std::fmt::Display>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(error) => {
                self.faults.push(Fault::new(format!("config/{path}"), error.to_string()));
                None
            }
        }
    }

    /// Names of the TOML files of a folder: those of the configured folder where it exists, else the shipped ones.
    fn names(&mut self, folder: &str) -> Vec<String> {
        let own = self.folder.as_ref().map(|own| own.join(folder)).filter(|own| own.is_dir());
        let mut names: Vec<String> = match own.as_ref().map(std::fs::read_dir) {
            Some(Ok(entries)) => entries
                .filter_map(Result::ok)
                .map(|entry| format!("{folder}/{}", entry.file_name().to_string_lossy()))
                .filter(|name| name.to_lowercase().ends_with(".toml"))
                .collect(),
            Some(Err(error)) => {
                self.faults.push(Fault::new(folder, format!("de map is niet te lezen: {error}")));
                Vec::new()
            }
            None => assets::config_folder(folder).into_iter().map(|(name, _)| name).collect(),
        };
        names.sort();
        names
    }

    fn fenomenen(&mut self) -> Vec<Fenomeen> {
        let files = self.fenomeen_files().into_iter();
        files
            .map(|(id, file)| {
                let FenomeenFile { label, short, law, steps, partners, articles: _, off: _ } = file;
                Fenomeen { id, label, short, law, steps, partners }
            })
            .collect()
    }

    /// The shipped fenomenen and one's own; an own file replaces the shipped one of that name, and "off" leaves it out.
    fn fenomeen_files(&mut self) -> Vec<(String, FenomeenFile)> {
        let mut names = self.names("fenomenen");
        names.extend(assets::config_folder("fenomenen").into_iter().map(|(name, _)| name));
        names.sort();
        names.dedup();
        let files = names.iter().filter_map(|name| Some((stem(name), self.toml::<FenomeenFile>(name)?)));
        files.filter(|(_, file)| !file.off).collect()
    }

    /// The laws, and the citations of them. What keeps the table from being read is told once.
    fn law(&mut self) -> Option<(Laws, Extractor)> {
        let table = self.text("wetten/wetten.csv")?;
        let laws = self.ok("wetten/wetten.csv", Laws::new(&table))?;
        Some((laws, self.ok("wetten/wetten.csv", Extractor::new(&table))?))
    }

    fn rulings(&mut self, gemeenten: &str) -> Option<rulings::Reader> {
        let path = "lijsten/uitspraken.toml";
        let text = self.text(path)?;
        match rulings::Reader::new(&text, gemeenten) {
            Err(RulesError::Rules(error)) => {
                self.faults.push(of_toml(&format!("config/{path}"), &text, &error));
                None
            }
            Err(error @ RulesError::Places(_)) => self.ok("gebieden/gemeenten.csv", Err(error)),
            other => self.ok(path, other),
        }
    }

    fn gazetteer(&mut self, gemeenten: &str, provinces: &[String]) -> Option<Gazetteer> {
        let plaatsen = self.text("gebieden/plaatsen.csv")?;
        let vormen = self.text("gebieden/vormen.csv")?;
        let hard = self.text("gebieden/lastige-namen.txt")?;
        let tables = Tables { gemeenten, plaatsen: &plaatsen, vormen: &vormen, hard: &hard };
        self.ok("gebieden", Gazetteer::new(&tables, provinces))
    }

    /// The model that is named in the settings, else the newest that was made and put in use here, else the shipped one.
    fn model(&mut self, raw: &Raw, base: &Path, fenomenen: &[Fenomeen]) -> Option<Classifier> {
        let (key, folder) = if raw.paths.model.is_empty() {
            let models = models(&base.join(&raw.paths.state));
            let version = std::fs::read_to_string(models.join(CURRENT)).ok();
            let version = version.map(|version| version.trim().to_owned()).filter(|version| !version.is_empty());
            ("models/current in de statusmap", version.map(|version| models.join(version)))
        } else {
            ("paths.model", Some(base.join(&raw.paths.model)))
        };
        let (name, bytes) = match folder.map(|folder| folder.join("model.bin")) {
            None => ("models (meegeleverd)".to_owned(), assets::MODEL.to_vec()),
            Some(file) => match std::fs::read(&file) {
                Ok(bytes) => (file.display().to_string(), bytes),
                Err(error) => {
                    let why = format!(
                        "'{}' kan niet worden gelezen ({error}); zet het bestand terug of maak het met 'uitkijk train'",
                        file.display()
                    );
                    self.faults.push(Fault::new(key, why));
                    return None;
                }
            },
        };
        self.files.push(name.clone());
        match Bundle::from_bytes(&bytes) {
            Ok(bundle) => {
                let classifier = Classifier::new(bundle);
                for fenomeen in classifier.fenomenen() {
                    if !fenomenen.iter().any(|known| known.id == fenomeen) {
                        let why = format!(
                            "het model kent '{fenomeen}', maar config/fenomenen/{fenomeen}.toml ontbreekt: zet het bestand terug of train opnieuw"
                        );
                        self.faults.push(Fault::new(name.clone(), why));
                    }
                }
                Some(classifier)
            }
            Err(error) => {
                self.faults.push(Fault::new(name, error.to_string()));
                None
            }
        }
    }

    fn rules(&mut self, known: &Known<'_>) -> Vec<AlertRule> {
        let mut rules = Vec::new();
        for name in self.names("attenderingen") {
            let Some(text) = self.text(&name) else { continue };
            match checked(&format!("config/{name}"), &stem(&name), &text, known) {
                Ok(rule) => rules.push(rule),
                Err(faults) => self.faults.extend(faults),
            }
        }
        rules
    }
}

fn stem(name: &str) -> String {
    Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

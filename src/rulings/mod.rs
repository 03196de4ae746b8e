//! What a judgment decided and why, each field with the place where it was read, or "niet gevonden". Nothing is guessed:
//! a field that no rule finds stays open. The language of the courts is data (`uitspraken.toml`), not code.

mod chain;
mod closure;
mod court;
mod dictum;
mod ground;
mod instrument;
mod outcome;
mod parties;
mod places;
mod rules;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::{
    chain::{Direction, Link, Seen, Walk, walk},
    closure::{Closure, Duration},
    outcome::{Outcome, Verdict},
    parties::Party,
};
use self::{places::Places, rules::Rules, text::Doc};
use crate::{citations::Citation, domain::judgment::Judgment};

/// Why a reader cannot be built.
#[derive(Debug, Error)]
pub enum RulesError {
    /// The rules are not as expected.
    #[error("uitspraken.toml: {0}")]
    Rules(#[from] toml::de::Error),
    /// The table of gemeenten is not as expected.
    #[error("gemeenten.csv: {0}")]
    Places(String),
    /// The names of the gemeenten cannot be compiled.
    #[error("gemeentenamen: {0}")]
    Names(#[from] aho_corasick::BuildError),
}

/// A value with its place, or the plain statement that it was not found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Field<T> {
    /// Read in the judgment.
    Found(Found<T>),
    /// Not read.
    Missing(Missing),
}

/// The words that stand where a value is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Missing {
    /// No rule found the value.
    #[default]
    #[serde(rename = "niet gevonden")]
    NotFound,
}

impl<T> Default for Field<T> {
    fn default() -> Self {
        Self::Missing(Missing::NotFound)
    }
}

impl<T> Field<T> {
    /// The value, when found.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.found().map(|found| &found.value)
    }

    /// The value with its place, when found.
    #[must_use]
    pub fn found(&self) -> Option<&Found<T>> {
        match self {
            Self::Found(found) => Some(found),
            Self::Missing(_) => None,
        }
    }
}

impl<T> From<Option<Found<T>>> for Field<T> {
    fn from(found: Option<Found<T>>) -> Self {
        found.map_or_else(Self::default, Self::Found)
    }
}

/// A value and where it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// Its place.
    #[serde(rename = "where")]
    pub place: Place,
}

/// A place in a judgment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which part of the document.
    pub origin: Origin,
    /// Title of the section; for metadata the name of the element.
    pub section: String,
    /// Number of the paragraph, or of the last numbered one above it; empty when there is none.
    pub paragraph: String,
    /// The words, exactly as they stand there.
    pub sentence: String,
    /// First character in [`Judgment::text`]; 0 outside the text.
    pub start: usize,
    /// Character after the last; 0 outside the text.
    pub end: usize,
}

impl Place {
    /// A place in the metadata.
    fn metadata(element: &str, words: &str) -> Self {
        Self { section: element.to_owned(), sentence: words.to_owned(), ..Self::default() }
    }
}

/// Parts of a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The RDF block.
    #[default]
    Metadata,
    /// The official summary.
    Inhoudsindicatie,
    /// The text itself; offsets are in [`Judgment::text`].
    Tekst,
}

/// Everything that is understood of one judgment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understood {
    /// European Case Law Identifier.
    pub ecli: String,
    /// The court.
    pub court: Field<String>,
    /// `enkelvoudig`, `meervoudig`, `voorzieningenrechter`, `kantonrechter`, `grote kamer`, ...
    pub chamber: Field<String>,
    /// The procedure; more than one when metadata and text name more.
    pub procedure: Field<Vec<String>>,
    /// Area of law.
    pub area: Field<String>,
    /// The power at stake, an id of `instrumenten.toml`.
    pub instrument: Field<String>,
    /// All powers at stake, the main one first.
    pub instruments: Vec<Found<String>>,
    /// What was decided.
    pub outcome: Verdict,
    /// The closure, where there is one.
    pub closure: Closure,
    /// The ground on which it turned.
    pub ground: Field<String>,
    /// All grounds on which the court gave its view, the main one first.
    pub grounds: Vec<Found<String>>,
    /// The sentences that carried the decision.
    pub decisive: Vec<Place>,
    /// Parties by role, never by name.
    pub parties: Vec<Party>,
    /// CBS code of the gemeente of the public body.
    pub gemeente: Field<String>,
    /// Earlier and later instances.
    pub chain: Vec<Link>,
}

/// Reads judgments; built once, used for all.
pub struct Reader {
    rules: Rules,
    places: Places,
}

impl Reader {
    /// Builds the reader from the rules (`uitspraken.toml`) and the table of gemeenten (`gemeenten.csv`).
    ///
    /// # Errors
    /// When one of them is not as expected.
    pub fn new(rules: &str, gemeenten: &str) -> Result<Self, RulesError> {
        let rules: Rules = toml::from_str(rules)?;
        let places = Places::new(gemeenten, &rules.gemeente.ook)?;
        Ok(Self { rules, places })
    }

    /// Reads one judgment. The citations are those of [`Judgment::text`]: the caller has them already, and an instrument
    /// that is only cited as "dat artikel" is found by them.
    #[must_use]
    pub fn read(&self, judgment: &Judgment, citations: &[Citation]) -> Understood {
        let doc = Doc::new(judgment, &self.rules);
        let kind = court::kind(judgment, &self.rules);
        let (instrument, instruments) = instrument::read(&doc, judgment, citations, &self.rules);
        let mut outcome = outcome::read(&doc, judgment, kind, &self.rules);
        let earlier = chain::earlier_result(&doc);
        outcome.decide(&self.rules, earlier.as_ref());
        // A ground is one of review of a power that we follow; elsewhere the same words mean something else.
        let administrative = judgment.subjects.iter().any(|subject| subject.starts_with("Bestuursrecht"));
        let grounds = if administrative && !instruments.is_empty() {
            ground::read(&doc, outcome.fell(), &self.rules)
        } else {
            ground::Grounds::default()
        };
        let parties = parties::read(&doc, &self.rules);
        Understood {
            ecli: judgment.ecli.clone(),
            court: court::name(judgment, &doc),
            chamber: court::chamber(&doc, judgment, &self.rules),
            procedure: court::procedure(&doc, judgment, &self.rules),
            area: court::area(judgment),
            closure: closure::read(&doc, &instruments, &self.rules),
            ground: grounds.main.into(),
            grounds: grounds.all,
            decisive: grounds.decisive,
            gemeente: parties::gemeente(&doc, &parties, administrative, &self.rules, &self.places).into(),
            parties,
            chain: chain::read(&doc, judgment, kind, &outcome, citations, &self.rules),
            instrument: instrument.into(),
            instruments,
            outcome,
        }
    }
}

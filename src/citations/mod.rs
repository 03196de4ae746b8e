//! Citations in running Dutch text: laws with article and lid, ECLIs, LJNs, papers of parliament and publications, each
//! normalised to an identifier where the text leaves no doubt. What a law says, and when, is left to others.
//!
//! The kinds: `wet` (national law, named or meant, with or without article), `verdrag`, `eu` (regulation or directive),
//! `lokaal` (a by-law of a gemeente), `ecli`, `ljn`, `kamerstuk`, `publicatie` (Stb., Stcrt., Trb., Pb, gmb, prb, bgr) and
//! `vindplaats` (a law journal: NJ, AB, BNB).

mod anaphora;
mod articles;
mod definitions;
mod ecli;
mod fold;
mod laws;
mod memory;
mod names;
mod other;
mod owner;
mod qualifiers;
mod resolve;
#[cfg(test)]
mod tests;

use regex::Regex;
use serde::Serialize;
use thiserror::Error;

use self::{
    anaphora::Anaphora, articles::Articles, definitions::Definitions, ecli::Eclis, fold::Folded, laws::Laws,
    names::Names, other::Others, owner::Owners, resolve::Resolver,
};

/// Why an extractor cannot be built.
#[derive(Debug, Error)]
pub enum CitationError {
    /// The table of laws is not as expected.
    #[error("wetten.csv: {0}")]
    Table(String),
    /// A pattern does not compile.
    #[error("patroon: {0}")]
    Pattern(#[from] regex::Error),
    /// The names of the laws cannot be compiled.
    #[error("wetsnamen: {0}")]
    Names(#[from] aho_corasick::BuildError),
}

/// One citation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Citation {
    /// First character.
    pub start: usize,
    /// Character after the last.
    pub end: usize,
    /// The words as they stand in the text.
    pub text: String,
    /// Id in the Basiswettenbestand, when known.
    pub bwb: Option<String>,
    /// Article as the law itself numbers it: `13b`, `5:32`, `273f`; in a law of several books without the book.
    pub article: Option<String>,
    /// Lid: `1`, `2`.
    pub lid: Option<String>,
    /// European Case Law Identifier, when certain.
    pub ecli: Option<String>,
    /// What is cited; the kinds stand at the top of this module.
    pub kind: String,
}

impl Citation {
    /// The Juriconnect identifier of a citation to a law, `jci1.3:c:BWBR0001941&artikel=13b&lid=1`.
    #[must_use]
    pub fn jci(&self) -> Option<String> {
        let mut jci = format!("jci1.3:c:{}", self.bwb.as_ref()?);
        if let Some(article) = &self.article {
            jci.push_str(&format!("&artikel={article}"));
            if let Some(lid) = &self.lid {
                jci.push_str(&format!("&lid={lid}"));
            }
        }
        Some(jci)
    }
}

/// Finds citations; built once, used for every text.
pub struct Extractor {
    laws: Laws,
    names: Names,
    articles: Articles,
    owners: Owners,
    definitions: Definitions,
    anaphora: Anaphora,
    eclis: Eclis,
    others: Others,
}

impl Extractor {
    /// Builds the extractor from the table of laws (`wetten.csv`).
    ///
    /// # Errors
    /// When the table is not as expected.
    pub fn new(table: &str) -> Result<Self, CitationError> {
        let laws = Laws::new(table)?;
        let names = Names::new(&laws)?;
        Ok(Self {
            laws,
            names,
            articles: Articles::new()?,
            owners: Owners::new()?,
            definitions: Definitions::new()?,
            anaphora: Anaphora::new()?,
            eclis: Eclis::new()?,
            others: Others::new()?,
        })
    }

    /// The citations in a text, in order of their place, never overlapping.
    #[must_use]
    pub fn extract(&self, text: &str) -> Vec<Citation> {
        let folded = Folded::new(text);
        let fixed: Vec<Found> =
            disjoint(self.eclis.find(&folded).into_iter().chain(self.others.find(&folded)).collect());
        let mut mentions = self.names.find(&folded, &self.laws);
        definitions::merge(&mut mentions, self.others.acts(&folded));
        let definitions = self.definitions.find(&folded, &mut mentions, &self.laws);
        let groups = self.articles.find(&folded, &self.owners, &mentions);
        let pointers = self.anaphora.find(&folded);
        let resolver = Resolver::new(&folded, &self.laws, &self.owners, &mentions, &definitions);
        let mut found = resolver.run(&groups, &pointers);
        found.extend(fixed);
        disjoint(found).into_iter().map(|found| found.citation(text, &folded)).collect()
    }
}

/// A citation in the folded text, before its place in the text itself is known.
#[derive(Debug, Clone, Default)]
struct Found {
    start: usize,
    end: usize,
    bwb: Option<String>,
    article: Option<String>,
    lid: Option<String>,
    ecli: Option<String>,
    kind: &'static str,
}

impl Found {
    fn citation(self, text: &str, folded: &Folded) -> Citation {
        let (start, end) = folded.chars(self.start, self.end);
        let words = folded.original(text, self.start, self.end).to_owned();
        let kind = self.kind.to_owned();
        Citation { start, end, text: words, bwb: self.bwb, article: self.article, lid: self.lid, ecli: self.ecli, kind }
    }
}

/// Of two that overlap, the one that begins first stays; of two that begin together, the longer. The articles inside a
/// range share the words "tot en met", so equal stretches all stay.
fn disjoint(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by_key(|one| (one.start, std::cmp::Reverse(one.end)));
    let mut kept: Vec<Found> = Vec::with_capacity(found.len());
    for one in found {
        if one.end > one.start
            && kept.last().is_none_or(|last| last.end <= one.start || (last.start, last.end) == (one.start, one.end))
        {
            kept.push(one);
        }
    }
    kept
}

/// Patterns are written over several lines for the reader; this compiles them in that mode.
fn pattern(source: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("(?x){source}"))
}

//! A judgment as the judiciary publishes it (Rechtspraak Open Data, technical manual 1.15): metadata, relations and the
//! text in sections and numbered paragraphs.

use serde::{Deserialize, Serialize};

/// Everything that is read from one content document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judgment {
    /// European Case Law Identifier.
    pub ecli: String,
    /// Name of the court.
    pub court: String,
    /// `Uitspraak` or `Conclusie`.
    pub kind: String,
    /// Date of the decision, `yyyy-mm-dd`.
    pub date: String,
    /// Date on which the text was published, `yyyy-mm-dd`: that of the second metadata block where there is one.
    pub issued: String,
    /// Case numbers, one text per element, never split.
    pub case_numbers: Vec<String>,
    /// Procedures, in words.
    pub procedures: Vec<String>,
    /// Areas of law, `Hoofdgebied; Deelgebied`.
    pub subjects: Vec<String>,
    /// Place where the court sat.
    pub seat: String,
    /// Laws and articles that the court itself lists.
    pub references: Vec<Reference>,
    /// Earlier and later instances.
    pub relations: Vec<Relation>,
    /// Identifiers that this one replaces, mostly LJN's.
    pub replaces: Vec<String>,
    /// The identifier that replaces this one.
    pub replaced_by: Option<String>,
    /// Where else it was published.
    pub versions: Vec<String>,
    /// Official summary; empty when absent or only a dash.
    pub inhoudsindicatie: String,
    /// The text, in order.
    pub sections: Vec<Section>,
}

impl Judgment {
    /// True when the document carries no text of its own, only metadata.
    #[must_use]
    pub fn is_without_text(&self) -> bool {
        self.sections.iter().all(|section| section.paragraphs.is_empty())
    }

    /// The text for readers and the classifier: one paragraph a line, numbers in front, titles on their own line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for section in &self.sections {
            if !section.title.is_empty() {
                text.push_str(&section.title);
                text.push('\n');
            }
            for paragraph in &section.paragraphs {
                if !paragraph.number.is_empty() {
                    text.push_str(&paragraph.number);
                    text.push(' ');
                }
                text.push_str(&paragraph.text);
                text.push('\n');
            }
        }
        text
    }
}

/// One law or article that the court lists under `dcterms:references`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// The identifier as given, white space collapsed.
    pub identifier: String,
    /// BWB id, CVDR id or CELEX number, where the identifier holds one.
    pub law: String,
    /// Article, e.g. `13b` or `8:81`; empty when only the law is named.
    pub article: String,
    /// The words beside it.
    pub text: String,
}

/// A tie to another instance of the same case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// The other ECLI.
    pub ecli: String,
    /// Kind of tie, e.g. `hogerBeroep`.
    pub kind: String,
    /// `eerdereAanleg` or `latereAanleg`.
    pub instance: String,
    /// What became of it, e.g. `bekrachtiging/bevestiging`; mostly empty.
    pub outcome: String,
    /// The words beside it.
    pub text: String,
}

/// A part of the text under one title.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// `procesverloop`, `overwegingen`, `beslissing`, or empty where the court gave none.
    pub role: String,
    /// Title as printed.
    pub title: String,
    /// Paragraphs in order.
    pub paragraphs: Vec<Paragraph>,
}

/// One paragraph with its number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paragraph {
    /// Number as printed, without a closing dot; empty when there is none.
    pub number: String,
    /// Text, white space collapsed.
    pub text: String,
}

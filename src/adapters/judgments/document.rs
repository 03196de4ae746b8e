//! One content document: two blocks of metadata, the inhoudsindicatie, and the text in any of the three generations of
//! markup (flat paragraphs, bridgeheads, nested sections).

use std::sync::LazyLock;

use regex::Regex;

use super::search::is_ecli;
use crate::{
    adapters::{
        ReadError,
        xml::{Element, Node, collapse},
    },
    domain::judgment::{Judgment, Paragraph, Reference, Relation, Section},
};

pub(super) fn read(root: &Element) -> Result<Judgment, ReadError> {
    if root.name != "open-rechtspraak" {
        return Err(ReadError::NotThis { expected: "uitspraak van Rechtspraak", found: format!("<{}>", root.name) });
    }
    let blocks: Vec<&Element> = root.child("RDF").map(|rdf| rdf.named("Description").collect()).unwrap_or_default();
    let first = blocks.first().ok_or_else(|| ReadError::Broken("geen metadata (rdf:Description)".into()))?;
    let mut judgment = metadata(first);
    if !is_ecli(&judgment.ecli) {
        return Err(ReadError::Broken(format!("'{}' is geen ECLI", judgment.ecli)));
    }
    // The second block is about the published text; its date of publication is the one to show.
    if let Some(issued) = blocks.get(1).and_then(|block| value(block, "issued")) {
        judgment.issued = issued;
    }
    let summary = root.child("inhoudsindicatie").map(plain).unwrap_or_default();
    judgment.inhoudsindicatie = if summary == "-" { String::new() } else { summary };
    if let Some(body) = root.child("uitspraak").or_else(|| root.child("conclusie")) {
        judgment.sections = Text::of(body);
    }
    Ok(judgment)
}

fn metadata(block: &Element) -> Judgment {
    let all =
        |name: &str| -> Vec<String> { block.named(name).map(Element::text).filter(|text| !text.is_empty()).collect() };
    Judgment {
        ecli: value(block, "identifier").unwrap_or_default(),
        court: value(block, "creator").unwrap_or_default(),
        kind: value(block, "type").unwrap_or_default(),
        date: value(block, "date").unwrap_or_default(),
        issued: value(block, "issued").unwrap_or_default(),
        case_numbers: all("zaaknummer"),
        procedures: all("procedure"),
        subjects: all("subject"),
        seat: value(block, "spatial").unwrap_or_default(),
        references: block.named("references").map(reference).collect(),
        relations: block.named("relation").map(relation).collect(),
        replaces: all("replaces"),
        replaced_by: value(block, "isReplacedBy"),
        versions: block
            .named("hasVersion")
            .flat_map(|version| version.named("list"))
            .flat_map(|list| list.named("li"))
            .map(Element::text)
            .collect(),
        ..Judgment::default()
    }
}

fn value(block: &Element, name: &str) -> Option<String> {
    block.child(name).map(Element::text).filter(|text| !text.is_empty())
}

/// `1.0:v:BWB:BWBR0005537&artikel=8:81&g=1998-12-30`, `jci1.31:c:BWBR...&g=`, or only an identifier.
fn reference(element: &Element) -> Reference {
    let identifier = element.attribute("resourceIdentifier").unwrap_or_default();
    let mut parts = identifier.split('&');
    let law = parts.next().unwrap_or_default().rsplit(':').next().unwrap_or_default().to_owned();
    let article = parts.find_map(|part| part.strip_prefix("artikel=")).unwrap_or_default().to_owned();
    Reference { law, article, text: element.text(), identifier }
}

fn relation(element: &Element) -> Relation {
    // A type is `http://psi.rechtspraak.nl/hogerBeroep`, an outcome `gevolg#bekrachtiging/bevestiging`.
    let value = |name: &str| element.attribute(name).unwrap_or_default();
    let last_part = |name: &str| value(name).rsplit(['/', '#']).next().unwrap_or_default().to_owned();
    let outcome = value("gevolg");
    let outcome = outcome.split_once('#').map_or(outcome.as_str(), |(_, tail)| tail);
    Relation {
        ecli: element.attribute("resourceIdentifier").unwrap_or_default(),
        kind: last_part("type"),
        instance: last_part("aanleg"),
        outcome: collapse(outcome),
        text: element.text(),
    }
}

/// Text of a small block: its paragraphs, one a line.
fn plain(element: &Element) -> String {
    let paragraphs: Vec<String> = Text::of(element)
        .into_iter()
        .flat_map(|section| section.paragraphs)
        .map(|paragraph| format!("{} {}", paragraph.number, paragraph.text).trim().to_owned())
        .collect();
    paragraphs.join("\n")
}

/// Collects sections while walking over block elements.
struct Text {
    sections: Vec<Section>,
    /// Role of the section that is open.
    role: String,
    /// Number that waits for its first paragraph.
    number: String,
    /// Last list letter, for a letter counts only in sequence: "A. Jansen" is an initial.
    letter: Option<char>,
}

impl Text {
    fn of(body: &Element) -> Vec<Section> {
        let mut text =
            Self { sections: vec![Section::default()], role: String::new(), number: String::new(), letter: None };
        text.block(body);
        text.sections.retain(|section| !section.paragraphs.is_empty() || !section.title.is_empty());
        text.sections
    }

    /// Text that stands loose in a block counts as a paragraph too, or it would be lost.
    fn block(&mut self, block: &Element) {
        let mut loose: Vec<Node> = Vec::new();
        for node in &block.children {
            match node {
                Node::Element(element) if is_block(&element.name) => {
                    self.loose(&mut loose);
                    self.element(element);
                }
                other => loose.push(other.clone()),
            }
        }
        self.loose(&mut loose);
    }

    fn loose(&mut self, nodes: &mut Vec<Node>) {
        let carrier = Element { children: std::mem::take(nodes), ..Element::default() };
        self.paragraph(&carrier.text());
    }

    fn element(&mut self, element: &Element) {
        match element.name.as_str() {
            "section" | "uitspraak.info" | "conclusie.info" => {
                // A section without a role of its own has that of the section around it, and gives it back at its end.
                let around = self.role.clone();
                self.role = element.attribute("role").unwrap_or_else(|| info_role(&element.name, &around));
                self.begin(self.role.clone(), String::new());
                self.block(element);
                self.role = around;
                self.begin(self.role.clone(), String::new());
            }
            "title" | "bridgehead" => self.title(&spaced(element)),
            "nr" => self.number = trim_number(&element.text()),
            "imagedata" => self.paragraph("[afbeelding]"),
            "row" => {
                let cells: Vec<String> = cells(element).into_iter().filter(|cell| !cell.is_empty()).collect();
                self.paragraph(&cells.join(" | "));
            }
            "para" | "entry" if !has_blocks(element) => self.paragraph(&element.text()),
            _ => self.block(element),
        }
    }

    fn begin(&mut self, role: String, title: String) {
        self.number.clear();
        match self.sections.last_mut() {
            Some(last) if last.paragraphs.is_empty() && last.title.is_empty() => last.role = role,
            _ => self.sections.push(Section { role, title, paragraphs: Vec::new() }),
        }
    }

    fn title(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let empty = self.sections.last().is_some_and(|last| last.paragraphs.is_empty() && last.title.is_empty());
        if !empty {
            self.sections.push(Section { role: self.role.clone(), ..Section::default() });
        }
        let number = std::mem::take(&mut self.number);
        if let Some(last) = self.sections.last_mut() {
            last.title = format!("{number} {text}").trim().to_owned();
        }
    }

    fn paragraph(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut self.number);
        let (number, text) = if waiting.is_empty() { self.leading_number(text) } else { (waiting, text.to_owned()) };
        if let Some(last) = self.sections.last_mut() {
            last.paragraphs.push(Paragraph { number, text });
        }
    }

    /// In most files the number stands at the start of the paragraph's own text.
    fn leading_number(&mut self, text: &str) -> (String, String) {
        static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"^(?:(\d{1,2}(?:\.\d{1,2})+\.?|\d{1,2}\.|[IVX]{1,5}\.|\(\d{1,2}\))|([A-Za-z])[.)])\s+(\S.*)$")
                .ok()
        });
        let none = || (String::new(), text.to_owned());
        let Some(found) = NUMBER.as_ref().and_then(|pattern| pattern.captures(text)) else { return none() };
        let rest = found.get(3).map_or("", |group| group.as_str());
        if let Some(letter) = found.get(2).and_then(|group| group.as_str().chars().next()) {
            let expected =
                self.letter.map_or(letter.eq_ignore_ascii_case(&'a'), |last| u32::from(letter) == u32::from(last) + 1);
            if !expected {
                return none();
            }
            self.letter = Some(letter);
            return (letter.to_string(), rest.to_owned());
        }
        let number = found.get(1).map_or("", |group| group.as_str());
        // "10.30 uur" and "2.50 euro" open a sentence, not a paragraph.
        if rest.starts_with("uur") || rest.starts_with("euro") {
            return none();
        }
        self.letter = None;
        (trim_number(number), rest.to_owned())
    }
}

/// Text of a title, with its number apart: `<title><nr>1</nr>Procesverloop</title>`.
fn spaced(title: &Element) -> String {
    let number = title.child("nr").map(Element::text).unwrap_or_default();
    let text = title.text();
    text.strip_prefix(&number)
        .map_or(text.clone(), |rest| format!("{number} {rest}").trim().to_owned())
        .replace("  ", " ")
}

fn info_role(name: &str, around: &str) -> String {
    if name.ends_with(".info") { "info".to_owned() } else { around.to_owned() }
}

fn trim_number(text: &str) -> String {
    text.trim().trim_end_matches('.').to_owned()
}

fn cells(row: &Element) -> Vec<String> {
    row.elements().map(Element::text).collect()
}

fn has_blocks(element: &Element) -> bool {
    element.elements().any(|child| is_block(&child.name) || has_blocks(child))
}

/// Block elements break a word; all others are inline and must not.
fn is_block(name: &str) -> bool {
    matches!(
        name,
        "section"
            | "uitspraak.info"
            | "conclusie.info"
            | "title"
            | "bridgehead"
            | "nr"
            | "para"
            | "parablock"
            | "paragroup"
            | "orderedlist"
            | "itemizedlist"
            | "listitem"
            | "informaltable"
            | "table"
            | "tgroup"
            | "thead"
            | "tbody"
            | "tfoot"
            | "row"
            | "entry"
            | "footnote"
            | "mediaobject"
            | "imageobject"
            | "imagedata"
            | "inlinemediaobject"
            | "blockquote"
            | "example"
            | "uitspraak"
            | "conclusie"
    )
}

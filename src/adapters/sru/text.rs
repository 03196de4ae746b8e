//! Plain text of KOOP's XML, one line a block: official publications, laws and local regulations share their elements
//! (`al`, `titel`, `tussenkop`, `li`, `entry`, `lid`, `artikel`).

use crate::adapters::xml::{Element, Node, collapse};

/// Text below an element, one line a block, no empty lines.
pub(super) fn of(element: &Element) -> String {
    lines(element).join("\n")
}

/// Text below an element in one line, without notes on its sources.
pub(super) fn line(element: &Element) -> String {
    collapse(&lines(element).join(" "))
}

fn lines(element: &Element) -> Vec<String> {
    let mut text = Text::default();
    text.walk(element);
    text.flush();
    text.finish()
}

#[derive(Default)]
struct Text {
    lines: Vec<String>,
    line: String,
    /// A number or defined word that waits for its text.
    number: String,
    /// Footnotes of the line, told below it.
    notes: Vec<String>,
    /// Label of the article that was just opened.
    label: Option<String>,
}

impl Text {
    fn walk(&mut self, element: &Element) {
        for node in &element.children {
            match node {
                Node::Text(text) => self.line.push_str(text),
                Node::LineBreak => self.line.push(' '),
                Node::Element(child) => self.element(child),
            }
        }
    }

    fn element(&mut self, element: &Element) {
        match element.name.as_str() {
            // About the text, and no text; pictures have none either.
            "meta-data"
            | "metadata"
            | "meta"
            | "brondata"
            | "jcis"
            | "redactionele-correcties"
            | "bwb-inputbestand"
            | "bwb-wijzigingen"
            | "illustratie"
            | "colspec"
            | "script"
            | "style" => {}
            "noot" | "footnote" => self.notes.push(line(element)),
            "li.nr" | "lidnr" | "nr" | "term" => self.number(&line(element)),
            "kop" => self.heading(element),
            "row" | "tr" => self.row(element),
            "artikel" => self.article(element),
            "br" => self.flush(),
            name if is_inline(name) => self.walk(element),
            name if is_spaced(name) => {
                self.line.push(' ');
                self.walk(element);
                self.line.push(' ');
            }
            _ => {
                self.flush();
                if let Some(number) = element.attribute("nr").filter(|_| element.name == "li") {
                    self.number(&number);
                }
                self.walk(element);
                self.flush();
            }
        }
    }

    fn number(&mut self, number: &str) {
        self.flush();
        self.number = collapse(&format!("{} {number}", self.number));
    }

    fn push(&mut self, line: String) {
        if !line.is_empty() {
            self.lines.push(line);
        }
    }

    fn flush(&mut self) {
        let line = collapse(&std::mem::take(&mut self.line));
        if !line.is_empty() {
            let number = std::mem::take(&mut self.number);
            self.push(collapse(&format!("{number} {line}")));
        }
        for note in std::mem::take(&mut self.notes) {
            self.push(note);
        }
    }

    fn finish(mut self) -> Vec<String> {
        let number = std::mem::take(&mut self.number);
        self.push(number);
        self.lines
    }

    /// An article opens with its label alone, so that it can be found in the text.
    fn article(&mut self, element: &Element) {
        self.flush();
        self.label = element.attribute("label").filter(|label| !label.is_empty());
        if element.child("kop").is_none() {
            let label = self.label.take().unwrap_or_default();
            self.push(label);
        } else if self.label.is_none() {
            self.label = element.child("kop").map(label_of);
        }
        self.walk(element);
        self.flush();
    }

    fn heading(&mut self, element: &Element) {
        self.flush();
        if let Some(label) = self.label.take() {
            let title: Vec<String> = element
                .elements()
                .filter(|child| !matches!(child.name.as_str(), "label" | "nr" | "meta-data"))
                .map(line)
                .collect();
            self.push(label);
            self.push(collapse(&title.join(" ")));
        } else if element.elements().next().is_some() {
            let parts: Vec<String> = element.elements().filter(|child| child.name != "meta-data").map(line).collect();
            self.push(collapse(&parts.join(" ")));
        } else {
            self.push(element.text());
        }
    }

    fn row(&mut self, element: &Element) {
        self.flush();
        let cells: Vec<String> = element.elements().map(line).filter(|cell| !cell.is_empty()).collect();
        self.push(cells.join(" | "));
    }
}

fn label_of(heading: &Element) -> String {
    let part = |name: &str| heading.child(name).map(line).unwrap_or_default();
    collapse(&format!("{} {}", part("label"), part("nr")))
}

/// Elements within a sentence: they must not break a word.
fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "nadruk"
            | "extref"
            | "intref"
            | "inf"
            | "sup"
            | "sub"
            | "vet"
            | "cursief"
            | "cur"
            | "romein"
            | "ondlijn"
            | "onderstreept"
            | "unl"
            | "ex"
            | "redactie"
            | "nootref"
            | "emphasis"
            | "a"
            | "b"
            | "i"
            | "u"
            | "em"
            | "strong"
            | "span"
            | "abbr"
            | "superscript"
            | "subscript"
            | "inline"
            | "kamervraagonderwerp"
    )
}

/// Elements within a line that are words of their own.
fn is_spaced(name: &str) -> bool {
    matches!(
        name,
        "datum"
            | "plaats"
            | "naam"
            | "voornaam"
            | "achternaam"
            | "noot.nr"
            | "noot.al"
            | "label"
            | "ondernummer"
            | "dossiernr"
    )
}

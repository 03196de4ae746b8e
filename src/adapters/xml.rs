//! Bounded reading of foreign XML into a small tree: no DTD, no entities but the five of XML, no network, and caps on
//! depth, nodes and attributes. Names are local names, because recorders and services change prefixes freely.

use quick_xml::{
    Reader, XmlVersion,
    events::{BytesRef, BytesStart, Event},
};
use thiserror::Error;

/// Deepest nesting that is read. The deepest real judgment seen has fewer than 20 levels.
pub const MAX_DEPTH: usize = 200;
/// Most nodes of one document; a judgment of 350 kB has about 9,000.
pub const MAX_NODES: usize = 500_000;

/// Why a document is not read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum XmlError {
    /// Not well-formed.
    #[error("geen geldige XML: {0}")]
    Malformed(String),
    /// It brings a document type definition, which we never read.
    #[error("het document brengt een eigen DTD mee; die wordt uit voorzorg geweigerd")]
    Dtd,
    /// Over one of the caps.
    #[error("te diep of te groot: meer dan {0}")]
    TooLarge(String),
    /// There is no root element.
    #[error("het document is leeg")]
    Empty,
}

/// A piece of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// An element.
    Element(Element),
    /// Text, entities resolved.
    Text(String),
    /// The processing instruction `<?linebreak?>`.
    LineBreak,
}

/// An element with its local name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Local names and values of the attributes, `xmlns` left out.
    pub attributes: Vec<(String, String)>,
    /// Content in order.
    pub children: Vec<Node>,
}

impl Element {
    /// Value of the attribute with that local name, white space collapsed.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| collapse(value))
    }

    /// Child elements in order.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) | Node::LineBreak => None,
        })
    }

    /// Child elements of that name.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.elements().filter(move |element| element.name == name)
    }

    /// First child element of that name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.elements().find(|element| element.name == name)
    }

    /// All text inside, white space collapsed. Line breaks are spaces; elements inside do not break a word.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.gather(&mut text);
        collapse(&text)
    }

    fn gather(&self, into: &mut String) {
        for node in &self.children {
            match node {
                Node::Element(element) => element.gather(into),
                Node::Text(text) => into.push_str(text),
                Node::LineBreak => into.push(' '),
            }
        }
    }
}

/// Trims, and makes one space of every run of white space, also of the no-break kind.
#[must_use]
pub fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a whole document that is already text.
///
/// # Errors
/// Says what is wrong: not well-formed, a DTD, over a cap, or empty.
pub fn parse(text: &str) -> Result<Element, XmlError> {
    let mut builder = Builder { open: Vec::new(), root: None, nodes: 0 };
    walk(text, &mut |event| builder.take(event))?;
    if let Some(unclosed) = builder.open.last() {
        return Err(XmlError::Malformed(format!("<{}> wordt niet gesloten", unclosed.name)));
    }
    builder.root.ok_or(XmlError::Empty)
}

fn cap(depth: usize, nodes: usize) -> Result<(), XmlError> {
    if depth > MAX_DEPTH {
        return Err(XmlError::TooLarge(format!("{MAX_DEPTH} niveaus")));
    }
    if nodes > MAX_NODES {
        return Err(XmlError::TooLarge(format!("{MAX_NODES} knopen")));
    }
    Ok(())
}

fn walk(text: &str, take: &mut dyn FnMut(&Event<'_>) -> Result<(), XmlError>) -> Result<(), XmlError> {
    let mut reader = Reader::from_str(text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']));
    loop {
        let event = reader
            .read_event()
            .map_err(|error| XmlError::Malformed(format!("{error} (bij teken {})", reader.error_position())))?;
        if matches!(event, Event::Eof) {
            return Ok(());
        }
        take(&event)?;
    }
}

/// Builds the tree with a stack of its own, so that depth never costs machine stack.
struct Builder {
    open: Vec<Element>,
    root: Option<Element>,
    nodes: usize,
}

impl Builder {
    fn take(&mut self, event: &Event<'_>) -> Result<(), XmlError> {
        self.nodes += 1;
        cap(self.open.len(), self.nodes)?;
        match event {
            Event::Start(start) => self.open.push(element(start)?),
            Event::Empty(start) => {
                let element = element(start)?;
                self.close(element)?;
            }
            Event::End(_) => {
                let element = self.open.pop().ok_or_else(|| XmlError::Malformed("een eindtag te veel".into()))?;
                self.close(element)?;
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let text = resolve(reference)?;
                self.text(&text);
            }
            Event::PI(instruction) if instruction.target() == "linebreak" => self.push(Node::LineBreak),
            Event::DocType(_) => return Err(XmlError::Dtd),
            Event::PI(_) | Event::Comment(_) | Event::Decl(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn close(&mut self, element: Element) -> Result<(), XmlError> {
        if self.open.is_empty() {
            if self.root.is_some() {
                return Err(XmlError::Malformed("meer dan een hoofdelement".into()));
            }
            self.root = Some(element);
        } else {
            self.push(Node::Element(element));
        }
        Ok(())
    }

    fn push(&mut self, node: Node) {
        if let Some(parent) = self.open.last_mut() {
            parent.children.push(node);
        }
    }

    fn text(&mut self, text: &str) {
        let Some(parent) = self.open.last_mut() else { return };
        if let Some(Node::Text(last)) = parent.children.last_mut() {
            last.push_str(text);
        } else {
            parent.children.push(Node::Text(text.to_owned()));
        }
    }
}

fn element(start: &BytesStart<'_>) -> Result<Element, XmlError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| XmlError::Malformed(error.to_string()))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_err(|error| XmlError::Malformed(error.to_string()))?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name: start.local_name().as_ref().to_owned(), attributes, children: Vec::new() })
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, XmlError> {
    let malformed = |what: &str| XmlError::Malformed(format!("onbekende verwijzing &{what};"));
    if let Some(character) = reference.resolve_char_ref().map_err(|error| XmlError::Malformed(error.to_string()))? {
        return Ok(character.to_string());
    }
    let name = reference.xml10_content();
    match name.as_ref() {
        "amp" => Ok("&".into()),
        "lt" => Ok("<".into()),
        "gt" => Ok(">".into()),
        "quot" => Ok("\"".into()),
        "apos" => Ok("'".into()),
        other => Err(malformed(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_elements_do_not_break_a_word_and_line_breaks_do() {
        let root = parse("\n<a x='1'>een<b>heid</b><?linebreak?>is &amp; blijft &#233;&#xe9;n</a>").expect("reads");
        assert_eq!(root.text(), "eenheid is & blijft één");
        assert_eq!(root.attribute("x").as_deref(), Some("1"));
    }

    #[test]
    fn what_we_do_not_trust_is_refused_with_its_reason() {
        assert_eq!(parse("<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"), Err(XmlError::Dtd));
        assert_eq!(parse(""), Err(XmlError::Empty));
        assert!(matches!(parse("<a>&onbekend;</a>"), Err(XmlError::Malformed(_))));
        assert!(matches!(parse("<a><b></a>"), Err(XmlError::Malformed(_))));
        assert!(matches!(parse("<a><b>"), Err(XmlError::Malformed(_))));
        let deep = "<a>".repeat(100_000);
        assert!(matches!(parse(&deep), Err(XmlError::TooLarge(_))));
    }
}

//! XML as feeds really send it, read leniently into a tree: undeclared prefixes, stray ampersands, tags that are not
//! closed, attributes without quotes and HTML entities cost nothing but themselves. Depth, nodes and expansion have caps,
//! nothing outside the document is ever read, and time is linear in the length of the text.

use std::{collections::HashMap, sync::LazyLock};

use regex::Regex;
use scraper::Html;

use crate::adapters::xml::{MAX_DEPTH, MAX_NODES, XmlError};

/// Most bytes that entities of the document's own DTD may add.
const MOST_EXPANSION: usize = 100_000;
/// Longest value of such an entity.
const LONGEST_ENTITY: usize = 1_000;
/// Most different names of entities; HTML has 2,231.
const MOST_NAMES: usize = 3_000;
/// Most attributes of one element.
const MOST_ATTRIBUTES: usize = 100;

/// What a namespace means to us.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Space {
    /// The feed's own format: RSS of any version, or Atom in an Atom document.
    #[default]
    Core,
    /// Atom inside another format.
    Atom,
    /// `content:encoded`.
    Content,
    /// Dublin Core elements.
    Dc,
    /// Dublin Core terms.
    Terms,
    /// Podcasts.
    Itunes,
    /// Media RSS.
    Media,
    /// RDF.
    Rdf,
    /// The syndication module.
    Sy,
    /// XHTML.
    Xhtml,
    /// Everything else.
    Other,
}

/// A piece of content.
#[derive(Debug)]
pub(super) enum Node {
    /// An element.
    Element(Element),
    /// Text, references resolved.
    Text(String),
}

/// An element. Names are in lower case.
#[derive(Debug, Default)]
pub(super) struct Element {
    /// What its namespace means.
    pub(super) space: Space,
    /// Local name.
    pub(super) name: String,
    /// Qualified names and values.
    pub(super) attributes: Vec<(String, String)>,
    /// Content in order.
    pub(super) children: Vec<Node>,
    /// The document ended inside it.
    pub(super) cut: bool,
}

impl Element {
    /// Child elements in order.
    pub(super) fn elements(&self) -> impl Iterator<Item = &Self> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// Child elements of that space and name.
    pub(super) fn named<'a>(&'a self, space: Space, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.elements().filter(move |element| element.space == space && element.name == name)
    }

    /// The attribute of that name, trimmed; with any prefix if there is none without.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let exact = self.attributes.iter().find(|(key, _)| key == name);
        exact
            .or_else(|| self.attributes.iter().find(|(key, _)| key.rsplit(':').next() == Some(name)))
            .map(|(_, value)| value.trim())
    }

    /// All text inside, elements left out.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.gather(&mut text);
        text
    }

    fn gather(&self, into: &mut String) {
        for node in &self.children {
            match node {
                Node::Element(element) => element.gather(into),
                Node::Text(text) => into.push_str(text),
            }
        }
    }
}

/// Reads a document. The element that comes back has no name and holds all that stands at the top.
///
/// # Errors
/// Only when the document is over a cap.
pub(super) fn read(text: &str) -> Result<Element, XmlError> {
    let mut reader = Reader { open: vec![Frame::default()], ..Reader::default() };
    reader.walk(text)?;
    for frame in &mut reader.open {
        frame.element.cut = true;
    }
    while reader.open.len() > 1 {
        reader.close();
    }
    Ok(reader.open.pop().unwrap_or_default().element)
}

#[derive(Default)]
struct Frame {
    element: Element,
    /// The name as written, in lower case.
    qualified: String,
    prefixes: Vec<(String, Space)>,
}

#[derive(Default)]
struct Reader {
    open: Vec<Frame>,
    nodes: usize,
    /// The document is Atom, so that its Atom elements are the core.
    atom: bool,
    entities: HashMap<String, String>,
    html_entities: HashMap<String, Option<String>>,
    expanded: usize,
    seen_doctype: bool,
}

impl Reader {
    fn walk(&mut self, text: &str) -> Result<(), XmlError> {
        let mut rest = text;
        while !rest.is_empty() {
            let (before, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
            if !before.is_empty() {
                let resolved = self.resolve(before);
                self.text(&resolved);
            }
            rest = self.markup(tag)?;
            self.nodes += 1;
            if self.nodes > MAX_NODES {
                return Err(XmlError::TooLarge(format!("{MAX_NODES} knopen")));
            }
        }
        Ok(())
    }

    /// Takes what begins with `<` and gives back what follows it.
    fn markup<'a>(&mut self, tag: &'a str) -> Result<&'a str, XmlError> {
        if let Some(comment) = tag.strip_prefix("<!--") {
            return Ok(comment.split_once("-->").map_or("", |(_, rest)| rest));
        }
        if let Some(data) = tag.strip_prefix("<![CDATA[") {
            let (data, rest) = data.split_once("]]>").unwrap_or((data, ""));
            self.text(data);
            return Ok(rest);
        }
        if tag.starts_with("<!") {
            return Ok(self.declaration(tag));
        }
        if tag.starts_with("<?") {
            return Ok(tag.split_once('>').map_or("", |(_, rest)| rest));
        }
        if let Some(name) = tag.strip_prefix("</") {
            let (name, rest) = name.split_once('>').unwrap_or((name, ""));
            self.end(&name.trim().to_lowercase());
            return Ok(rest);
        }
        let Some((start, rest)) = start_tag(tag) else {
            let Some(less) = tag.strip_prefix('<') else { return Ok("") };
            self.text("<");
            return Ok(less);
        };
        self.start(start)?;
        Ok(rest)
    }

    /// `<!DOCTYPE ...>`: its short plain entities are learned, everything else in it is passed over.
    fn declaration<'a>(&mut self, tag: &'a str) -> &'a str {
        static ENTITY: LazyLock<Regex> = LazyLock::new(|| {
            super::pattern(
                r#"<!ENTITY\s+([\w.-]{1,64})\s+(?:"((?:[^"<>&%]|&#\w{1,7};)*)"|'((?:[^'<>&%]|&#\w{1,7};)*)')\s*>"#,
            )
        });
        if self.open.len() > 1 || self.seen_doctype {
            return tag.split_once('>').map_or("", |(_, rest)| rest);
        }
        self.seen_doctype = true;
        let (inside, rest) = tag.split_at_checked(doctype_end(tag)).unwrap_or((tag, ""));
        for found in ENTITY.captures_iter(inside).take(100) {
            let part = |number: usize| found.get(number).map_or("", |group| group.as_str());
            let value = format!("{}{}", part(2), part(3));
            if value.len() <= LONGEST_ENTITY {
                let value = self.resolve(&value);
                self.entities.entry(part(1).to_owned()).or_insert(value);
            }
        }
        rest
    }

    fn start(&mut self, start: Start) -> Result<(), XmlError> {
        self.close_what_cannot_hold(&start.name);
        if self.open.len() > MAX_DEPTH {
            return Err(XmlError::TooLarge(format!("{MAX_DEPTH} niveaus")));
        }
        let mut prefixes = Vec::new();
        let mut attributes = Vec::new();
        for (name, value) in start.attributes {
            let value = self.resolve(&value);
            if let Some(prefix) = name.strip_prefix("xmlns") {
                let prefix = prefix.trim_start_matches(':');
                let unknown = if prefix.is_empty() { Space::Core } else { Space::Other };
                prefixes.push((prefix.to_owned(), of_address(&value).unwrap_or(unknown)));
            } else {
                attributes.push((name, value));
            }
        }
        let (prefix, local) = start.name.split_once(':').unwrap_or(("", &start.name));
        let is_root = !self.open.iter().skip(1).any(|frame| is_root(&frame.element.name)) && is_root(local);
        let mut space = self.space(prefix, &prefixes);
        if is_root {
            self.atom = matches!(local, "feed" | "entry");
            if space == Space::Other {
                prefixes.push((prefix.to_owned(), Space::Core));
                space = Space::Core;
            }
        }
        if self.atom && space == Space::Atom {
            space = Space::Core;
        }
        let element = Element { space, name: local.to_owned(), attributes, ..Element::default() };
        self.open.push(Frame { element, qualified: start.name.clone(), prefixes });
        if start.is_empty {
            self.close();
        }
        Ok(())
    }

    /// Titles, links and dates hold no other field, and an item no item: who opens one has forgotten an end tag.
    fn close_what_cannot_hold(&mut self, next: &str) {
        const FIELDS: [&str; 12] = [
            "title",
            "link",
            "guid",
            "id",
            "pubdate",
            "published",
            "updated",
            "description",
            "summary",
            "item",
            "entry",
            "author",
        ];
        const LEAVES: [&str; 7] = ["title", "link", "guid", "id", "pubdate", "published", "updated"];
        let names = |at: usize| self.open.iter().rev().nth(at).map_or("", |frame| frame.qualified.as_str());
        let in_item = matches!(names(1), "item" | "entry" | "channel" | "feed");
        if FIELDS.contains(&next) && LEAVES.contains(&names(0)) && in_item {
            self.close();
        }
        if matches!(next, "item" | "entry") && self.open.last().is_some_and(|frame| frame.qualified == next) {
            self.close();
        }
    }

    fn space(&self, prefix: &str, own: &[(String, Space)]) -> Space {
        let declared = self.open.iter().flat_map(|frame| &frame.prefixes).chain(own);
        let found = declared.rev().find(|(known, _)| known == prefix).map(|(_, space)| *space);
        found.unwrap_or_else(|| of_prefix(prefix))
    }

    fn end(&mut self, name: &str) {
        // An end tag that nothing waits for is passed over; one that an outer element waits for closes all within.
        let Some(place) = self.open.iter().rposition(|frame| frame.qualified == name && !name.is_empty()) else {
            return;
        };
        while self.open.len() > place.max(1) {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        if let Some(parent) = self.open.last_mut() {
            parent.element.children.push(Node::Element(frame.element));
        }
    }

    fn text(&mut self, text: &str) {
        let Some(parent) = self.open.last_mut() else { return };
        if let Some(Node::Text(last)) = parent.element.children.last_mut() {
            last.push_str(text);
        } else {
            parent.element.children.push(Node::Text(text.to_owned()));
        }
    }

    /// Resolves references; what is none stays as it stands.
    fn resolve(&mut self, text: &str) -> String {
        const LONGEST_NAME: usize = 40;
        let mut pieces = text.split('&');
        let mut resolved = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let name = piece.split_once(';').filter(|(name, _)| name.len() <= LONGEST_NAME);
            match name.and_then(|(name, rest)| Some((self.reference(name)?, rest))) {
                Some((character, rest)) => {
                    resolved.push_str(&character);
                    resolved.push_str(rest);
                }
                None => {
                    resolved.push('&');
                    resolved.push_str(piece);
                }
            }
        }
        resolved
    }

    fn reference(&mut self, name: &str) -> Option<String> {
        let xml = match name {
            "amp" => Some("&"),
            "lt" => Some("<"),
            "gt" => Some(">"),
            "quot" => Some("\""),
            "apos" => Some("'"),
            _ => None,
        };
        if let Some(known) = xml {
            return Some(known.to_owned());
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '#') {
            return None;
        }
        if let Some(value) = self.entities.get(name).cloned() {
            self.expanded += value.len();
            return (self.expanded <= MOST_EXPANSION).then_some(value);
        }
        if self.html_entities.len() > MOST_NAMES {
            return None;
        }
        let known = self.html_entities.entry(name.to_owned());
        // The parser of HTML has the table of names, and of what old editors meant by &#146;.
        known.or_insert_with(|| html_entity(name)).clone()
    }
}

fn html_entity(name: &str) -> Option<String> {
    let written = format!("&{name};");
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '#');
    let text: String = Html::parse_fragment(&written).root_element().text().collect();
    (is_plain && text != written && !text.is_empty() && !text.ends_with(';')).then_some(text)
}

struct Start {
    name: String,
    attributes: Vec<(String, String)>,
    is_empty: bool,
}

/// Reads a start tag from its `<` on, and gives back what follows it. None when this is no tag.
fn start_tag(tag: &str) -> Option<(Start, &str)> {
    let inside = tag.strip_prefix('<')?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, ':' | '_' | '-' | '.');
    inside.starts_with(|c: char| c.is_alphabetic() || c == '_').then_some(())?;
    let (name, mut rest) = inside.split_at(inside.find(|c| !is_name(c)).unwrap_or(inside.len()));
    let mut start = Start { name: name.to_lowercase(), attributes: Vec::new(), is_empty: false };
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            start.is_empty = true;
            return Some((start, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Some((start, after));
        }
        if rest.is_empty() || rest.starts_with('<') {
            // Cut off, or its end was forgotten.
            return Some((start, rest));
        }
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '<' | '/')).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        if name.is_empty() {
            let mut skipped = rest.chars();
            skipped.next();
            rest = skipped.as_str();
            continue;
        }
        let (value, after) = match after.trim_start().strip_prefix('=') {
            Some(value) => attribute_value(value.trim_start()),
            None => ("", after),
        };
        if start.attributes.len() < MOST_ATTRIBUTES {
            start.attributes.push((name.to_lowercase(), value.to_owned()));
        }
        rest = after;
    }
}

fn attribute_value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(inside) = text.strip_prefix(quote) {
            return inside.split_once(quote).unwrap_or((inside, ""));
        }
    }
    text.split_at(text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len()))
}

/// Where a `<!...>` ends: after its `>`, quotes and an internal subset passed over. What never ends is passed over whole.
fn doctype_end(tag: &str) -> usize {
    let (mut quote, mut inside) = (None, 0_usize);
    for (at, c) in tag.char_indices().skip(2) {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[') => inside += 1,
            (None, ']') => inside = inside.saturating_sub(1),
            (None, '>') if inside == 0 => return at + 1,
            _ => {}
        }
    }
    tag.find('>').map_or(tag.len(), |at| at + 1)
}

fn is_root(name: &str) -> bool {
    matches!(name, "rss" | "rdf" | "feed" | "entry" | "channel")
}

fn of_address(address: &str) -> Option<Space> {
    let address = address.trim().trim_end_matches('/').to_ascii_lowercase();
    let bare = address.trim_start_matches("http://").trim_start_matches("https://").trim_start_matches("www.");
    Some(match bare {
        "" | "purl.org/rss/1.0" | "purl.org/net/rss1.1#" | "backend.userland.com/rss2" => Space::Core,
        "w3.org/2005/atom" => Space::Atom,
        "purl.org/rss/1.0/modules/content" => Space::Content,
        "purl.org/rss/1.0/modules/syndication" => Space::Sy,
        "purl.org/dc/terms" => Space::Terms,
        "w3.org/1999/02/22-rdf-syntax-ns#" => Space::Rdf,
        "w3.org/1999/xhtml" => Space::Xhtml,
        "w3.org/2000/svg" | "w3.org/1998/math/mathml" | "w3.org/1999/xlink" => Space::Other,
        _ if bare.starts_with("purl.org/atom/") => Space::Atom,
        _ if bare.starts_with("purl.org/dc/elements/") => Space::Dc,
        _ if bare.starts_with("search.yahoo.com/mrss") => Space::Media,
        _ if bare.contains("podcast-1.0.dtd") => Space::Itunes,
        _ if bare.contains("netscape.com/rdf/") => Space::Core,
        _ => return None,
    })
}

/// What a prefix means that nobody declared.
fn of_prefix(prefix: &str) -> Space {
    match prefix {
        "" | "rss" => Space::Core,
        "atom" | "atom10" | "a10" => Space::Atom,
        "content" => Space::Content,
        "dc" => Space::Dc,
        "dcterms" => Space::Terms,
        "itunes" => Space::Itunes,
        "media" => Space::Media,
        "rdf" => Space::Rdf,
        "sy" => Space::Sy,
        "xhtml" => Space::Xhtml,
        _ => Space::Other,
    }
}

//! HTML within bounds: size and depth are held before any parser sees it, because some of what walks over trees recurses.

use ego_tree::iter::Edge;
use scraper::{ElementRef, Html, Node, Selector};

/// Longest page that is parsed, in bytes; the rest is cut.
const LONGEST: usize = 4_000_000;
/// Deepest nesting that is parsed.
const DEEPEST: usize = 400;

/// What is on a page beside its text.
pub(super) const FURNITURE: [&str; 10] =
    ["nav", "header", "footer", "aside", "form", "button", "dialog", "menu", "select", "iframe"];

/// At most so many bytes of a text, on a character boundary.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

/// The page as a tree, or None when it nests deeper than any page does: parsing costs the square of the depth.
pub(super) fn parse(html: &str) -> Option<Html> {
    let html = cut(html, LONGEST);
    (nesting(html) <= DEEPEST).then(|| Html::parse_document(html))
}

/// A selector that `faults` has already checked; one that does not parse finds nothing.
pub(super) fn selector(text: &str) -> Option<Selector> {
    Selector::parse(text).ok()
}

/// The first element that a selector of ours finds.
pub(super) fn first<'a>(html: &'a Html, text: &str) -> Option<ElementRef<'a>> {
    html.select(&selector(text)?).next()
}

/// Takes elements out of the page.
pub(super) fn remove(html: &mut Html, selectors: &[String]) {
    for selector in selectors.iter().filter_map(|text| selector(text)) {
        let found: Vec<_> = html.select(&selector).map(|element| element.id()).collect();
        for id in found {
            if let Some(mut node) = html.tree.get_mut(id) {
                node.detach();
            }
        }
    }
}

/// Plain text of an element: one line a block, scripts and hidden parts left out, and elements named in `without`.
pub(super) fn text(root: ElementRef<'_>, without: &[&str]) -> String {
    let mut text = String::new();
    let mut hidden = 0_usize;
    for edge in root.traverse() {
        let (node, opens) = match edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        match node.value() {
            Node::Text(piece) if opens && hidden == 0 => {
                // A line break in the source is a space, except in preformatted text.
                let is_pre =
                    node.parent().and_then(|parent| parent.value().as_element()).is_some_and(|e| e.name() == "pre");
                text.extend(piece.chars().map(|c| if c.is_whitespace() && !is_pre { ' ' } else { c }));
            }
            Node::Element(element) => {
                let name = element.name();
                let is_shown = !matches!(name, "script" | "style" | "noscript" | "template" | "head" | "svg")
                    && element.attr("hidden").is_none()
                    && element.attr("aria-hidden") != Some("true")
                    && !without.contains(&name);
                if !is_shown {
                    hidden = if opens { hidden + 1 } else { hidden.saturating_sub(1) };
                } else if is_block(name) {
                    text.push('\n');
                } else if matches!(name, "td" | "th") {
                    text.push(' ');
                }
            }
            _ => {}
        }
    }
    lines(&text)
}

/// Text in one line.
pub(super) fn line(element: ElementRef<'_>) -> String {
    text(element, &[]).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// White space collapsed within lines, no empty lines, no invisible characters.
pub(super) fn lines(text: &str) -> String {
    let visible: String =
        text.chars().filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}')).collect();
    let lines = visible.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Text of markup that is not parsed: scripts, styles and comments are taken out, and a tag is one `gap`.
pub(super) fn without_tags(html: &str, gap: char) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        text.push(gap);
        let is = |name: &str| tag.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        let end = match () {
            () if is("!--") => "-->",
            () if is("script") => "</script>",
            () if is("style") => "</style>",
            () => ">",
        };
        rest = after(tag, end);
    }
    text.push_str(rest);
    lines(&text)
}

/// What follows `end`, in whatever case it is written; nothing if it never comes.
fn after<'a>(text: &'a str, end: &str) -> &'a str {
    let mut from = 0;
    let first = end.get(..1).unwrap_or_default();
    while let Some(found) = text.get(from..).and_then(|rest| rest.find(first)) {
        let at = from + found;
        if text.get(at..at + end.len()).is_some_and(|piece| piece.eq_ignore_ascii_case(end)) {
            return text.get(at + end.len()..).unwrap_or_default();
        }
        from = at + 1;
    }
    ""
}

/// How deep the tags nest at most, as a parser of HTML would nest them, or a little more. It stops counting where it is
/// over the cap, so that it costs no more than linear time.
fn nesting(html: &str) -> usize {
    let (mut open, mut formatting, mut deepest) = (Vec::new(), 0_usize, 0_usize);
    let mut rest = html;
    while let Some((_, tag)) = rest.split_once('<') {
        rest = tag;
        let closes = tag.starts_with('/');
        let name = tag.trim_start_matches('/');
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default().to_ascii_lowercase();
        match (closes, name.as_str()) {
            (_, "") => {}
            (false, "script") => rest = after(tag, "</script"),
            (false, "style") => rest = after(tag, "</style"),
            (_, name) if closes_itself(name) => {}
            // Bold text that is not closed goes on in every later block, so it counts until it is closed itself.
            (false, name) if is_formatting(name) => formatting += 1,
            (true, name) if is_formatting(name) => formatting = formatting.saturating_sub(1),
            (false, _) => open.push(name),
            (true, _) => {
                if let Some(place) = open.iter().rposition(|known| *known == name) {
                    open.truncate(place);
                }
            }
        }
        deepest = deepest.max(open.len() + formatting);
        if deepest > DEEPEST {
            break;
        }
    }
    deepest
}

fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "b" | "big" | "code" | "em" | "font" | "i" | "nobr" | "s" | "small" | "strike" | "strong" | "tt" | "u" | "a"
    )
}

fn closes_itself(name: &str) -> bool {
    matches!(
        name,
        "br" | "img"
            | "hr"
            | "input"
            | "meta"
            | "link"
            | "source"
            | "wbr"
            | "p"
            | "li"
            | "area"
            | "col"
            | "embed"
            | "track"
            | "base"
            | "param"
            | "option"
            | "dt"
            | "dd"
            | "tr"
            | "td"
            | "th"
            | "html"
            | "head"
            | "body"
    )
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "p" | "div"
            | "br"
            | "li"
            | "ul"
            | "ol"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "tr"
            | "table"
            | "blockquote"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "figure"
            | "figcaption"
            | "dt"
            | "dd"
            | "pre"
            | "hr"
            | "main"
            | "aside"
            | "nav"
            | "form"
    )
}

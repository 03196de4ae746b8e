//! Markup to plain text: block elements break lines, inline ones do not break words, scripts and styles are not text.

use ego_tree::iter::Edge;
use scraper::{Html, Node};

/// Longest markup that is parsed, in bytes; the rest is cut.
const LONGEST_HTML: usize = 4_000_000;
/// Deepest nesting that is parsed as HTML.
const DEEPEST: usize = 400;

/// Plain text of HTML: one line a block, no empty lines.
#[must_use]
pub fn of_html(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return tidy(html);
    }
    let mut html = html.to_owned();
    truncate(&mut html, LONGEST_HTML);
    if nesting(&html) > DEEPEST {
        // Parsing costs the square of the depth; nobody writes an article that deep, so the tags are only taken out.
        return tidy(&without_tags(&html));
    }
    let document = Html::parse_fragment(&html);
    let mut text = String::new();
    let mut hidden = 0_usize;
    for edge in document.tree.root().traverse() {
        let (node, opens) = match edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        match node.value() {
            Node::Text(piece) if opens && hidden == 0 => text.push_str(piece),
            Node::Element(element) => {
                if matches!(element.name(), "script" | "style" | "noscript" | "template" | "head") {
                    hidden = if opens { hidden + 1 } else { hidden.saturating_sub(1) };
                } else if is_block(element.name()) {
                    text.push('\n');
                }
            }
            _ => {}
        }
    }
    // Feeds often escape twice: what is left after one parse is then HTML again.
    if text.contains("</") || text.contains("&nbsp;") || text.contains("&amp;") {
        let again = Html::parse_fragment(&text);
        text = again.root_element().text().collect::<Vec<_>>().join(" ");
    }
    tidy(&text)
}

/// How deep the tags nest at most, counted roughly: a tag that needs no closing may count too.
fn nesting(html: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for tag in html.split('<').skip(1) {
        let name: String = tag.chars().take_while(char::is_ascii_alphanumeric).collect();
        if tag.starts_with('/') {
            depth = depth.saturating_sub(1);
        } else if !name.is_empty() && !is_void(&name.to_ascii_lowercase()) {
            depth += 1;
            deepest = deepest.max(depth);
        }
    }
    deepest
}

fn is_void(name: &str) -> bool {
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
    )
}

fn without_tags(html: &str) -> String {
    html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect::<Vec<_>>().join(" ")
}

/// One line of plain text, for titles.
#[must_use]
pub fn line(title: &str) -> String {
    of_html(title).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Collapses white space within lines, drops empty lines and invisible characters.
#[must_use]
pub fn tidy(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| {
            !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{fffe}')
                && (*c == '\n' || !c.is_control() || c.is_whitespace())
        })
        .collect();
    let lines: Vec<String> = visible
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("\n")
}

/// Cuts a text to at most `bytes` bytes, on a character boundary.
pub fn truncate(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
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
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_break_lines_and_inline_elements_do_not_break_words() {
        let cases = [
            ("<p>Een <b>kwek</b>erij.</p><p>Twee&nbsp;planten</p>", "Een kwekerij.\nTwee planten"),
            ("kop<script>alert(1)</script><style>p{}</style> en staart", "kop en staart"),
            ("&lt;p&gt;dubbel ge&amp;euml;scapet&lt;/p&gt;", "dubbel geëscapet"),
            ("gewone  tekst\n\n\nzonder markup", "gewone tekst\nzonder markup"),
            ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ];
        for (html, expected) in cases {
            assert_eq!(of_html(html), expected, "{html}");
        }
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = format!("{}tekst", "<div>".repeat(100_000));
        assert_eq!(of_html(&deep), "tekst");
    }

    #[test]
    fn a_cut_never_splits_a_character() {
        let mut text = "éé".to_owned();
        truncate(&mut text, 3);
        assert_eq!(text, "é");
    }
}

//! From the XML of any feed to a small clean Atom 1.0, which `feed-rs` reads: one item, one entry; every text is HTML,
//! every address absolute as far as the document allows, every date one that can be read.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::soup::{Element, Node, Space};
use crate::adapters::{Hints, date};

/// What was made of a document.
#[derive(Debug, Default)]
pub(super) struct Tidied {
    /// Atom 1.0 with an entry for each item.
    pub(super) atom: String,
    /// What each entry is beside its Atom.
    pub(super) aside: Vec<Aside>,
    /// How often to ask.
    pub(super) hints: Hints,
}

/// What an entry is beside its Atom.
#[derive(Debug, Default, Clone)]
pub(super) struct Aside {
    /// The address as written: `feed-rs` would give it in another spelling.
    pub(super) link: Option<String>,
    /// The document ended in the middle of it.
    pub(super) is_cut: bool,
}

/// An element with the base of its addresses.
#[derive(Clone)]
struct Place<'a> {
    element: &'a Element,
    base: Option<Url>,
}

/// The feed in a document, wherever it stands: its root element.
pub(super) fn root(document: &Element) -> Option<&Element> {
    let is_feed = |element: &&Element| {
        element.space != Space::Other && matches!(element.name.as_str(), "rss" | "rdf" | "feed" | "channel" | "entry")
    };
    document.elements().find(is_feed).or_else(|| {
        // Some wrap the feed in an element of their own; a web page is none of these.
        document.elements().filter(|top| top.name != "html").flat_map(Element::elements).find(is_feed)
    })
}

/// Rewrites a feed. `url` is where it came from, empty when unknown.
pub(super) fn tidy(root: &Element, url: &str) -> Tidied {
    let is_atom = matches!(root.name.as_str(), "feed" | "entry");
    let top = Place { element: root, base: based(Url::parse(url).ok(), root) };
    let channel = if is_atom { root } else { root.named(Space::Core, "channel").next().unwrap_or(root) };
    let mut head = Place { element: channel, base: based(top.base.clone(), channel) };
    // Addresses in RSS are meant from the site's own; in Atom they are from the document's.
    let site = head.element.named(Space::Core, "link").find_map(|link| Url::parse(link.text().trim()).ok());
    let stated = xml_base(root).or_else(|| xml_base(channel)).is_some();
    if let Some(site) = site.filter(|_| !is_atom && !stated) {
        head.base = Some(site);
    }
    let mut made = Tidied { hints: hints(channel), ..Tidied::default() };
    made.atom.push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\">");
    let next = links(&head).into_iter().find(|link| link.rel == "next");
    if let Some(next) = next {
        // Asked for from where the document came, whatever base it gives its items.
        let href = next.element.attribute("href").unwrap_or_default();
        write_link(&mut made.atom, "next", &absolute(top.base.as_ref(), href));
    }
    let mut items = Vec::new();
    gather(root, &mut items);
    for item in items {
        let place = Place { element: item, base: based(head.base.clone(), item) };
        entry(&place, is_atom, &mut made.atom);
        made.aside.push(Aside { link: address(&place, is_atom), is_cut: item.cut });
    }
    made.atom.push_str("</feed>");
    made
}

/// The items in document order; none is inside another.
fn gather<'a>(element: &'a Element, into: &mut Vec<&'a Element>) {
    if matches!(element.name.as_str(), "item" | "entry") && matches!(element.space, Space::Core | Space::Atom) {
        into.push(element);
        return;
    }
    for child in element.elements() {
        gather(child, into);
    }
}

fn entry(item: &Place<'_>, is_atom: bool, atom: &mut String) {
    const TITLES: [(Space, &str); 6] = [
        (Space::Core, "title"),
        (Space::Dc, "title"),
        (Space::Terms, "title"),
        (Space::Atom, "title"),
        (Space::Media, "title"),
        (Space::Itunes, "title"),
    ];
    const SUMMARIES: [(Space, &str); 4] =
        [(Space::Core, "description"), (Space::Core, "summary"), (Space::Atom, "summary"), (Space::Core, "abstract")];
    const CONTENTS: [(Space, &str); 8] = [
        (Space::Content, "encoded"),
        (Space::Core, "content"),
        (Space::Atom, "content"),
        (Space::Xhtml, "body"),
        (Space::Xhtml, "div"),
        (Space::Core, "fullitem"),
        (Space::Core, "encoded"),
        (Space::Core, "body"),
    ];
    // These may be about a picture or a sound, so they speak only where the item itself is silent.
    const OTHERS: [(Space, &str); 6] = [
        (Space::Dc, "description"),
        (Space::Terms, "abstract"),
        (Space::Terms, "description"),
        (Space::Itunes, "summary"),
        (Space::Media, "description"),
        (Space::Itunes, "subtitle"),
    ];
    let said = |fields: &[(Space, &str)]| text(item.element, is_atom, fields);
    let content = said(&CONTENTS);
    let summary = said(&SUMMARIES).or_else(|| content.is_none().then(|| said(&OTHERS)).flatten());
    atom.push_str("<entry>");
    write_text(atom, "id", "", &identity(item.element).unwrap_or_default());
    write_text(atom, "title", " type=\"html\"", &said(&TITLES).unwrap_or_default());
    let (published, updated) = dates(item.element);
    for (name, at) in [("published", published), ("updated", updated)] {
        write_text(atom, name, "", &at.map(|at| at.to_string()).unwrap_or_default());
    }
    write_text(atom, "summary", " type=\"html\"", &summary.unwrap_or_default());
    write_text(atom, "content", " type=\"html\"", &content.unwrap_or_default());
    atom.push_str("</entry>");
}

/// The first of these fields that says anything, as HTML.
fn text(item: &Element, is_atom: bool, fields: &[(Space, &str)]) -> Option<String> {
    fields.iter().find_map(|(space, name)| {
        // Media RSS groups its descriptions.
        let grouped = item.elements().filter(|group| *space == Space::Media && group.space == Space::Media);
        let all = item.named(*space, name).chain(grouped.flat_map(|group| group.named(*space, name)));
        all.map(|field| html(field, is_atom)).find(|text| !text.trim().is_empty())
    })
}

/// The content of a text construct as HTML, whatever its type says it is (RFC 4287 section 4.1.3.3; RSS says nothing).
fn html(field: &Element, is_atom: bool) -> String {
    let own = matches!(field.space, Space::Core | Space::Atom);
    let kind = field.attribute("type").unwrap_or_default().to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let mode = field.attribute("mode").unwrap_or_default();
    if field.elements().next().is_some() {
        let mut written = String::new();
        markup(field, &mut written);
        return written;
    }
    let raw = field.text();
    if !own || !(is_atom || field.space == Space::Atom) {
        return if matches!(kind, "plain" | "text/plain") { escaped(raw.trim()) } else { raw.trim().to_owned() };
    }
    let is_text = matches!(kind, "" | "text") || (kind.starts_with("text/") && !kind.ends_with("html"));
    let is_markup = kind.ends_with("html") || kind.ends_with("xml") || !kind.contains('/') || mode == "escaped";
    if mode != "base64" && is_text {
        return escaped(raw.trim());
    }
    if mode != "base64" && is_markup {
        return raw.trim().to_owned();
    }
    base64(&raw).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| raw.trim().to_owned())
}

/// Elements as HTML again. Depth is bounded by the reader.
fn markup(element: &Element, into: &mut String) {
    for node in &element.children {
        match node {
            Node::Text(text) => into.push_str(&escaped(text)),
            Node::Element(child) if child.space == Space::Rdf => {}
            Node::Element(child) => {
                into.push_str(&format!("<{}", child.name));
                for (name, value) in &child.attributes {
                    into.push_str(&format!(" {name}=\"{}\"", escaped(value)));
                }
                into.push('>');
                if !matches!(child.name.as_str(), "br" | "img" | "hr" | "wbr" | "input" | "link" | "meta") {
                    markup(child, into);
                    into.push_str(&format!("</{}>", child.name));
                }
            }
        }
    }
}

fn identity(item: &Element) -> Option<String> {
    let field = |space, name| {
        item.named(space, name).map(|field: &Element| field.text().trim().to_owned()).find(|text| !text.is_empty())
    };
    field(Space::Core, "guid")
        .or_else(|| field(Space::Core, "id"))
        .or_else(|| item.attribute("about").filter(|about| !about.is_empty()).map(str::to_owned))
        .or_else(|| field(Space::Atom, "id"))
        .or_else(|| field(Space::Dc, "identifier"))
}

struct Link<'a> {
    element: &'a Element,
    rel: String,
    href: String,
}

fn links<'a>(place: &Place<'a>) -> Vec<Link<'a>> {
    let own = place.element.elements().filter(|link| link.name == "link");
    own.filter(|link| matches!(link.space, Space::Core | Space::Atom))
        .filter_map(|link| {
            let written = link.attribute("href").filter(|href| !href.is_empty()).map(str::to_owned);
            let written =
                written.or_else(|| link.attribute("resource").map(str::to_owned)).unwrap_or_else(|| link.text());
            let base = based(place.base.clone(), link);
            let rel = link.attribute("rel").unwrap_or_default().to_ascii_lowercase();
            let rel = rel.rsplit('/').next().unwrap_or_default();
            let rel = if rel.is_empty() { "alternate" } else { rel };
            let href = absolute(base.as_ref(), &written);
            (!href.is_empty()).then(|| Link { element: link, rel: rel.to_owned(), href })
        })
        .collect()
}

/// Where a person reads the item. Comments, enclosures and edits are other places.
fn address(item: &Place<'_>, is_atom: bool) -> Option<String> {
    let element = item.element;
    let field = |space, name| element.named(space, name).map(Element::text).find(|text| !text.trim().is_empty());
    let links = links(item);
    let of_rel = |rel: &str| links.iter().filter(|link| link.rel == rel).map(|link| link.href.clone()).next();
    let page = links.iter().find(|link| {
        link.rel == "alternate"
            && !link.element.space.eq(&Space::Atom)
            && link.element.attribute("type").is_none_or(|kind| kind.contains("html"))
    });
    if let Some(link) = page.map(|link| link.href.clone()).or_else(|| of_rel("alternate")) {
        return Some(link);
    }
    let guid = element.named(Space::Core, "guid").find(|guid| {
        guid.attribute("ispermalink").is_none_or(|is| !is.eq_ignore_ascii_case("false"))
            && !guid.text().trim().is_empty()
    });
    if let Some(guid) = guid {
        let text = guid.text();
        let said = guid.attribute("ispermalink").is_some() && !text.trim().contains(char::is_whitespace);
        if is_web(&text) || (said && item.base.is_some() && Url::parse(text.trim()).is_err()) {
            return Some(absolute(item.base.as_ref(), &text));
        }
    }
    let about = element.attribute("about").map(|about| absolute(item.base.as_ref(), about));
    let source = element.named(Space::Core, "content").find_map(|content| content.attribute("src"));
    about
        .filter(|about| is_web(about))
        .or_else(|| source.map(|source| absolute(item.base.as_ref(), source)))
        .or_else(|| element.attribute("href").map(|href| absolute(item.base.as_ref(), href)))
        .or_else(|| of_rel("via"))
        .or_else(|| of_rel("related"))
        .or_else(|| of_rel("self"))
        .or_else(|| field(Space::Core, "id").filter(|id| is_atom && is_web(id)).map(|id| id.trim().to_owned()))
}

fn is_web(text: &str) -> bool {
    let text = text.trim();
    ["http://", "https://"]
        .iter()
        .any(|scheme| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Publication and change: the first date of each that can be read.
fn dates(item: &Element) -> (Option<Timestamp>, Option<Timestamp>) {
    let first = |fields: &[(Space, &str)]| {
        fields.iter().find_map(|(space, name)| item.named(*space, name).find_map(|field| date::parse(&field.text())))
    };
    let published = first(&[
        (Space::Core, "pubdate"),
        (Space::Core, "published"),
        (Space::Core, "issued"),
        (Space::Terms, "issued"),
        (Space::Dc, "date"),
        (Space::Terms, "created"),
        (Space::Core, "created"),
        (Space::Terms, "available"),
        (Space::Terms, "date"),
        (Space::Atom, "published"),
        (Space::Atom, "issued"),
        (Space::Core, "date"),
    ]);
    let updated = first(&[
        (Space::Core, "updated"),
        (Space::Core, "modified"),
        (Space::Atom, "updated"),
        (Space::Atom, "modified"),
        (Space::Terms, "modified"),
        (Space::Core, "lastbuilddate"),
    ]);
    let updated = updated.or_else(|| item.attribute("lastmod").and_then(date::parse));
    (published, updated)
}

/// RSS 2.0 `ttl` in minutes, `skipHours` and `skipDays` in GMT; the syndication module's period and frequency.
fn hints(channel: &Element) -> Hints {
    const LONGEST_MINUTES: i64 = 31 * 24 * 60;
    let field =
        |space, name| channel.named(space, name).map(|field: &Element| field.text().trim().to_lowercase()).next();
    let frequency: i64 = field(Space::Sy, "updatefrequency").and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
    let period = field(Space::Sy, "updateperiod").and_then(|period| match period.as_str() {
        "hourly" => Some(60),
        "daily" => Some(24 * 60),
        "weekly" => Some(7 * 24 * 60),
        "monthly" => Some(30 * 24 * 60),
        "yearly" => Some(365 * 24 * 60),
        _ => None,
    });
    let minutes = field(Space::Core, "ttl").and_then(|text| text.parse().ok()).filter(|minutes| *minutes > 0);
    let minutes = minutes.or(period.map(|minutes: i64| minutes / frequency)).filter(|minutes| *minutes > 0);
    let listed = |list: &str, one: &str| -> Vec<String> {
        let all = channel.named(Space::Core, list).flat_map(|list| list.named(Space::Core, one));
        all.map(|field| field.text().trim().to_lowercase()).take(100).collect()
    };
    let day = |name: &str| {
        let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        names.iter().position(|known| *known == name).and_then(|at| i8::try_from(at + 1).ok())
    };
    let mut hours: Vec<i8> = listed("skiphours", "hour").iter().filter_map(|hour| hour.parse().ok()).collect();
    // Some count the hours from 1 to 24.
    hours = hours.into_iter().filter(|hour| (0..=24).contains(hour)).map(|hour| hour % 24).collect();
    hours.sort_unstable();
    hours.dedup();
    let mut days: Vec<i8> = listed("skipdays", "day").iter().filter_map(|name| day(name)).collect();
    days.sort_unstable();
    days.dedup();
    Hints {
        ttl: minutes.map(|minutes| SignedDuration::from_mins(minutes.min(LONGEST_MINUTES))),
        skip_hours: hours,
        skip_days: days,
    }
}

fn xml_base(element: &Element) -> Option<&str> {
    element.attributes.iter().find(|(name, _)| name == "xml:base").map(|(_, value)| value.trim())
}

fn based(outer: Option<Url>, element: &Element) -> Option<Url> {
    let Some(own) = xml_base(element) else { return outer };
    Url::options().base_url(outer.as_ref()).parse(own).ok().or(outer)
}

/// The address as written if it is absolute, else from the base. White space inside is a line that was broken.
fn absolute(base: Option<&Url>, href: &str) -> String {
    let href: String = href.trim().chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect();
    if href.is_empty() || Url::parse(&href).is_ok() {
        return href;
    }
    base.and_then(|base| base.join(&href).ok()).map_or(href, String::from)
}

fn write_text(atom: &mut String, name: &str, attributes: &str, text: &str) {
    if !text.trim().is_empty() {
        atom.push_str(&format!("<{name}{attributes}>{}</{name}>", escaped(text)));
    }
}

fn write_link(atom: &mut String, rel: &str, href: &str) {
    atom.push_str(&format!("<link rel=\"{rel}\" href=\"{}\"/>", escaped(href)));
}

/// Text as it stands in XML and HTML; characters that XML does not know are left out.
pub(super) fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            '\n' | '\r' | '\t' => written.push(c),
            '\u{fffe}' | '\u{ffff}' => {}
            _ if c.is_control() && c < '\u{80}' => {}
            _ => written.push(c),
        }
    }
    written
}

/// RFC 4648 section 4, white space passed over. None when it is something else.
fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0_u8);
    for letter in text.bytes().filter(|byte| !byte.is_ascii_whitespace()).take_while(|byte| *byte != b'=') {
        let value = u32::try_from(ALPHABET.iter().position(|known| *known == letter)?).ok()?;
        bits = ((bits << 6) | value) & 0x3fff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    (!bytes.is_empty()).then_some(bytes)
}

//! A decision of a disciplinary court as XML (tuchtrecht): headnote in `inhoudsindicatie`, reasons in `uitspraaktekst`. Its
//! facts have names of their own and it need not name itself, so the search that led to it knows it best. (Described in a
//! public reader of the service; none was recorded.)

use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;

use super::{
    document::{Document, find},
    meta, text,
};
use crate::{
    adapters::{date, xml::Element},
    domain::record::{Body, Record},
};

/// Whether a document is such a decision.
pub(super) fn is_ruling(root: &Element) -> bool {
    root.name != "open-rechtspraak" && find(root, &["uitspraaktekst"]).is_some()
}

pub(super) fn read(root: &Element) -> Document {
    let court = find(root, &["instantie"]);
    let part = |name: &str| court.and_then(|court| find(court, &[name])).map(text::line).unwrap_or_default();
    let name = format!("{} {}", part("type"), part("plaats")).trim().to_owned();
    let decided = stated(root, "uitspraakdatum");
    let key = ecli(root);
    let numbers: Vec<String> = all(root, &["zaaknummer"]);
    let title =
        [key.clone().unwrap_or_default(), name.clone(), decided.clone().unwrap_or_default(), numbers.join(", ")];
    let title: Vec<String> = title.into_iter().filter(|part| !part.is_empty()).collect();
    let title = title.join(" ");
    let mut lead = vec![name, part("domein")];
    lead.extend(all(root, &["onderwerp", "subonderwerp"]).into_iter().map(|subject| format!("Onderwerp: {subject}")));
    lead.extend(all(root, &["beslissing"]).into_iter().map(|decision| format!("Beslissing: {decision}")));
    let day = |name: &str| stated(root, name).as_deref().and_then(date::parse);
    let published: Option<Timestamp> = day("publicatiedatum").or_else(|| day("uitspraakdatum"));
    let texts =
        ["inhoudsindicatie", "uitspraaktekst"].map(|name| find(root, &[name]).map(text::of).unwrap_or_default());
    let texts: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !matches!(*text, "" | "-")).collect();
    Document {
        record: Record {
            link: key.as_ref().map(|key| format!("https://tuchtrecht.overheid.nl/{key}")),
            key: key.unwrap_or_else(|| format!("titel:{title}")),
            body: Body::Plain(meta::sentence(&lead)),
            published,
            title,
            ..Record::default()
        },
        content: Body::Plain(texts.join("\n")),
    }
}

/// The day that an element names: in its text, or in the attributes `jaar`, `maand` and `dag`.
fn stated(root: &Element, name: &str) -> Option<String> {
    let element = find(root, &[name])?;
    let part = |name: &str| element.attribute(name).and_then(|text| text.parse::<u16>().ok());
    if let (Some(year), Some(month), Some(day)) = (part("jaar"), part("maand"), part("dag")) {
        return Some(format!("{year:04}-{month:02}-{day:02}"));
    }
    Some(element.text()).filter(|text| !text.is_empty())
}

/// All different texts of elements of these names that stand outside the text of the decision.
fn all(element: &Element, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    gather(element, names, &mut found);
    found
}

fn gather(element: &Element, names: &[&str], found: &mut Vec<String>) {
    for child in
        element.elements().filter(|child| !matches!(child.name.as_str(), "uitspraaktekst" | "inhoudsindicatie"))
    {
        let text = if names.contains(&child.name.as_str()) && child.elements().next().is_none() {
            child.text()
        } else {
            String::new()
        };
        if !text.is_empty() && !found.contains(&text) {
            found.push(text);
        }
        gather(child, names, found);
    }
}

/// The first ECLI that the document states as a fact or as an attribute of its root.
fn ecli(root: &Element) -> Option<String> {
    static ECLI: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"^ECLI:NL:[A-Z]{1,10}:\d{4}:[A-Za-z0-9.]{1,25}$").ok());
    let pattern = ECLI.as_ref()?;
    let attributes = root.attributes.iter().map(|(_, value)| value.trim().to_owned());
    let facts = all(root, &["ecli", "ECLI", "identifier", "ecli-nummer", "eclinummer", "nummer", "id"]);
    attributes.chain(facts).find(|text| pattern.is_match(text))
}

//! The full text of an official publication: root `officiele-publicatie`, and below it one element per publication. It
//! carries no facts about itself but a link to them, in which its identifier stands.

use std::sync::LazyLock;

use regex::Regex;

use super::{
    document::{Document, EXPECTED, find},
    meta, text,
};
use crate::{
    adapters::{ReadError, date, xml::Element},
    domain::record::{Body, Record},
};

/// Whether a root element is a publication: the wrapper, or one of its bodies cut loose.
pub(super) fn is_publication(name: &str) -> bool {
    matches!(
        name,
        "officiele-publicatie"
            | "officielepublicatie"
            | "gemeenteblad"
            | "provinciaalblad"
            | "waterschapsblad"
            | "bladgemeenschappelijkeregeling"
            | "staatscourant"
            | "staatsblad"
            | "tractatenblad"
            | "kamerstuk"
            | "kamervragen"
            | "aanhangsel"
            | "handelingen"
    )
}

/// Reads one publication.
///
/// # Errors
/// When there is neither a title nor a text in it.
pub(super) fn read(root: &Element) -> Result<Document, ReadError> {
    let is_wrapper = root.name.starts_with("officiele");
    let body = if is_wrapper {
        root.elements().find(|child| !matches!(child.name.as_str(), "metadata" | "kop")).unwrap_or(root)
    } else {
        root
    };
    let title = title(body);
    let content = text::of(body);
    let content = content
        .strip_prefix(&title)
        .map_or(content.as_str(), |rest| if rest.starts_with('\n') { rest } else { &content });
    if title.is_empty() && content.trim().is_empty() {
        return Err(ReadError::NotThis { expected: EXPECTED, found: "een publicatie zonder titel en tekst".into() });
    }
    let identifier = identifier(root);
    let lead = if is_wrapper { lead(root) } else { String::new() };
    Ok(Document {
        record: Record {
            link: identifier.as_ref().and_then(|identifier| meta::public_address(identifier, None)),
            key: identifier.unwrap_or_else(|| format!("titel:{title}")),
            published: issued(body),
            body: Body::Plain(lead),
            title,
            ..Record::default()
        },
        content: Body::Plain(content.trim().to_owned()),
    })
}

/// The heading of the body, the long title of a law, or the first title there is. A paper of parliament is named by its
/// dossier and itself, questions of parliament by what they are about.
fn title(body: &Element) -> String {
    let titled = |name: &str| body.child(name).and_then(|part| part.child("titel")).map(text::line).unwrap_or_default();
    if body.name == "kamerstuk" {
        let parts = [titled("dossier"), titled("stuk")];
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            return parts.join(": ");
        }
    }
    if let Some(subject) = find(body, &["kamervraagonderwerp"]).map(text::line).filter(|subject| !subject.is_empty()) {
        return format!("Kamervragen over {subject}");
    }
    let heading = body.child("kop").and_then(|kop| kop.child("titel")).or_else(|| find(body, &["intitule"]));
    let heading = heading.or_else(|| find(body, &["titel", "title", "onderwerp"]));
    heading.map(text::line).unwrap_or_default()
}

/// `https://zoek.officielebekendmakingen.nl/gmb-2017-100002/metadata.xml` names its publication.
fn identifier(root: &Element) -> Option<String> {
    static LINK: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"/([A-Za-z]{1,6}-[0-9A-Za-z.-]+)(?:/1)?/metadata[^/]*$").ok());
    let facts = root.named("metadata").flat_map(|metadata| metadata.named("meta"));
    let mut contents =
        facts.map(|meta| (meta.attribute("name").unwrap_or_default(), meta.attribute("content").unwrap_or_default()));
    contents.find_map(|(name, content)| {
        let linked =
            LINK.as_ref()?.captures(&content).and_then(|found| found.get(1)).map(|group| group.as_str().to_owned());
        linked.or_else(|| (name.eq_ignore_ascii_case("DC.identifier") && !content.is_empty()).then_some(content))
    })
}

/// A publication says when it was issued only in laws (`uitgifte`), and papers of parliament when they came in
/// (`datumtekst`).
fn issued(body: &Element) -> Option<jiff::Timestamp> {
    let day = find(body, &["uitgifte"]).or_else(|| find(body, &["datumtekst"]))?;
    let day = find(day, &["datum"])?;
    date::parse(&day.attribute("isodatum").unwrap_or_else(|| day.text()))
}

/// "GEMEENTEBLAD" and "Officiële uitgave van de gemeente Oldambt" as one line.
fn lead(root: &Element) -> String {
    let Some(heading) = root.child("kop") else { return String::new() };
    let part = |name: &str| heading.child(name).map(text::line).unwrap_or_default();
    let maker = part("subtitel");
    let maker = maker.split_once("uitgave van ").map_or("", |(_, maker)| maker);
    let maker = maker.strip_prefix("de ").or_else(|| maker.strip_prefix("het ")).unwrap_or(maker);
    let maker = if maker.starts_with("Koninkrijk") { "" } else { maker };
    let name = part("titel").to_lowercase();
    meta::sentence(&[meta::organisation(maker, ""), meta::organisation(&name, "")])
}

//! An answer to a search: `searchRetrieveResponse` of SRU 1.2 and 2.0, which differ in namespace and version only for us.

use super::{document, meta};
use crate::{
    adapters::{
        ReadError,
        xml::{self, Element},
    },
    domain::record::{Record, Rejection},
};

const EXPECTED: &str = "antwoord van een SRU-dienst";

/// One page of results.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// `numberOfRecords`: of the whole question.
    pub(super) total: Option<u64>,
    /// `nextRecordPosition`, absent on the last page.
    pub(super) next: Option<u64>,
    /// How many records the page holds, read or not.
    pub(super) seen: usize,
    pub(super) records: Vec<Record>,
    pub(super) rejected: Vec<Rejection>,
}

/// Reads a whole answer.
///
/// # Errors
/// When it is something else, or when the service tells only of an error.
pub(super) fn read(root: &Element) -> Result<Answer, ReadError> {
    if let Some(found) = refusal(root) {
        return Err(ReadError::NotThis { expected: EXPECTED, found });
    }
    if root.name != "searchRetrieveResponse" && root.name != "records" {
        return Err(ReadError::NotThis { expected: EXPECTED, found: format!("<{}>", root.name) });
    }
    let number = |name: &str| root.child(name).and_then(|child| child.text().replace('.', "").parse().ok());
    let mut answer =
        Answer { total: number("numberOfRecords"), next: number("nextRecordPosition"), ..Answer::default() };
    // Some recorders leave the wrapper `records` out.
    let wrapped = root.named("records").flat_map(|records| records.named("record"));
    for (place, element) in wrapped.chain(root.named("record")).enumerate() {
        answer.seen += 1;
        match record(element) {
            Ok(record) => answer.records.push(record),
            Err(why) => {
                let position = element.child("recordPosition").map_or((place + 1).to_string(), Element::text);
                let key = identifier(element).unwrap_or_else(|| format!("record {position}"));
                answer.rejected.push(Rejection::new(key, why));
            }
        }
    }
    let told: Vec<String> = diagnostics(root);
    if answer.seen == 0 && !told.is_empty() {
        let found = format!("een foutmelding: {}", told.join("; "));
        return Err(ReadError::NotThis { expected: EXPECTED, found });
    }
    answer.rejected.extend(told.into_iter().map(|why| Rejection::new("melding van de dienst", why)));
    Ok(answer)
}

/// One `record`, or the `gzd` inside it.
///
/// # Errors
/// Says why, in Dutch.
pub(super) fn record(element: &Element) -> Result<Record, String> {
    let data = element.child("recordData").unwrap_or(element);
    if let Some(told) = diagnostics(element).into_iter().chain(diagnostics(data)).next() {
        return Err(format!("de dienst geeft een fout in plaats van een record: {told}"));
    }
    if data.elements().next().is_none() {
        // `recordPacking` "string": the record is escaped text.
        let escaped = data.text();
        if escaped.is_empty() {
            return Err("een leeg record".into());
        }
        let inner = xml::parse(&escaped).map_err(|error| error.to_string())?;
        return meta::Fields::of(&inner).record();
    }
    meta::Fields::of(data).record()
}

fn identifier(element: &Element) -> Option<String> {
    document::find(element, &["identifier"]).map(Element::text).filter(|text| !text.is_empty())
}

/// What the service says in place of an answer, where this is no answer.
pub(super) fn refusal(root: &Element) -> Option<String> {
    match root.name.as_str() {
        "explainResponse" | "explain" => Some("een beschrijving van de dienst (explain)".into()),
        "scanResponse" => Some("een lijst van zoekwoorden (scan)".into()),
        "diagnostics" | "diagnostic" => Some(format!("een foutmelding: {}", diagnostics(root).join("; "))),
        "record" if document::find(root, &["explain"]).is_some() => {
            Some("een beschrijving van de dienst (explain)".into())
        }
        _ => None,
    }
}

/// The messages of diagnostics in an element or directly below it, as the server wrote them.
fn diagnostics(element: &Element) -> Vec<String> {
    let own = (element.name == "diagnostic").then_some(element);
    let wrapped = element.named("diagnostics").flat_map(|all| all.named("diagnostic"));
    own.into_iter().chain(element.named("diagnostic")).chain(wrapped).map(message).collect()
}

fn message(diagnostic: &Element) -> String {
    let part = |name: &str| diagnostic.child(name).map(Element::text).filter(|text| !text.is_empty());
    let (message, details) = (part("message"), part("details"));
    let text = match (message, details) {
        (Some(message), Some(details)) => format!("\"{message}\" ({details})"),
        (Some(text), None) | (None, Some(text)) => format!("\"{text}\""),
        (None, None) => part("uri").unwrap_or_else(|| diagnostic.text()),
    };
    let mut text = text;
    if let Some((end, _)) = text.char_indices().nth(400) {
        text.truncate(end);
    }
    text
}

//! Saved answers whose source file is not at hand: known services by their shape, and otherwise any list of objects whose
//! names of fields tell what they hold.

use serde_json::Value;

use super::{EXPECTED, Fields, Keeps, items, when};
use crate::{
    adapters::{Page, ReadError, json, xml},
    domain::record::{Record, Rejection},
};

/// Names of lists, the likeliest first.
const LISTS: [&str; 16] = [
    "items",
    "results",
    "resultaten",
    "nieuwsberichten",
    "data",
    "records",
    "value",
    "entries",
    "documents",
    "docs",
    "hits",
    "features",
    "articles",
    "berichten",
    "content",
    "rows",
];
/// Names that hold the item itself, one level down.
const INSIDE: [&str; 6] = ["document", "properties", "_source", "fields", "attributes", "item"];
const TITLES: [&str; 13] = [
    "title",
    "titel",
    "headline",
    "kop",
    "onderwerp",
    "subject",
    "officieletitel",
    "label",
    "naam",
    "name",
    "omschrijving",
    "description",
    "samenvatting",
];
const LINKS: [&str; 10] =
    ["url", "link", "href", "permalink", "weblink", "canonical", "canonicalurl", "external_url", "pid", "uri"];
const KEYS: [&str; 9] = ["id", "uid", "uuid", "guid", "identifier", "key", "kenmerk", "nummer", "slug"];
const PUBLISHED: [&str; 15] = [
    "published",
    "publicatiedatum",
    "date_published",
    "publisheddate",
    "publishedat",
    "pubdate",
    "openbaarmakingsdatum",
    "publicationdate",
    "datum",
    "date",
    "created",
    "createdat",
    "creationdate",
    "issued",
    "available",
];
const UPDATED: [&str; 12] = [
    "updated",
    "modified",
    "lastmodified",
    "date_modified",
    "updatedat",
    "gewijzigd",
    "wijzigingsdatum",
    "mutatiedatumtijd",
    "mutatiedatum",
    "laatstgewijzigd",
    "lastupdated",
    "dcterms:modified",
];
const TEXTS: [&str; 14] = [
    "introduction",
    "introductie",
    "inleiding",
    "lead",
    "summary",
    "samenvatting",
    "description",
    "omschrijving",
    "text",
    "tekst",
    "content_html",
    "content_text",
    "body",
    "content",
];
/// A list about persons or their numbers is not read by guessing.
const PERSONS: [&str; 6] = ["bsn", "geboortedatum", "achternaam", "voornamen", "rsin", "roepnaam"];

/// Reads an answer by its shape.
pub(super) fn page(value: &Value) -> Result<Page, ReadError> {
    let list = |name: &str| json::member(value, name).and_then(Value::as_array);
    let total = || {
        ["totaal", "total", "totaalAantal", "count", "totalCount"]
            .iter()
            .find_map(|name| json::count(json::member(value, name)?))
    };
    if let Some(rows) = list("nieuwsberichten") {
        return Ok(items::of_rows(rows, &Fields::politie(), Keeps::Items));
    }
    if json::member(value, "uid").is_some() && list("alineas").is_some() {
        return Ok(items::of_rows(std::slice::from_ref(value), &Fields::politie(), Keeps::Items));
    }
    if let Some(rows) = list("resultaten").filter(|rows| json::all(value, "/resultaten/*/document").len() == rows.len())
    {
        return Ok(Page { stated: total(), ..items::of_rows(rows, &Fields::woo(), Keeps::Items) });
    }
    if json::at(value, "/document/titelcollectie").is_some() {
        return Ok(items::of_rows(std::slice::from_ref(value), &Fields::woo_document(), Keeps::Items));
    }
    let rows = rows(value).ok_or_else(|| {
        let names = value.as_object().map(|map| map.keys().take(5).cloned().collect::<Vec<_>>().join(", "));
        let found =
            format!("JSON zonder lijst van items ({})", json::words(&names.unwrap_or_else(|| "geen object".into())));
        ReadError::NotThis { expected: EXPECTED, found }
    })?;
    let mut page = Page { stated: total(), ..Page::default() };
    for (place, row) in rows.iter().enumerate() {
        match record(row) {
            Ok(record) => page.records.push(record),
            Err(why) => page.rejected.push(Rejection::new(format!("regel {}", place + 1), why)),
        }
    }
    Ok(page)
}

/// The list of objects in an answer: by name, the only one there is, or one level deeper.
fn rows(value: &Value) -> Option<&[Value]> {
    let of_objects =
        |value: &Value| value.as_array().is_some_and(|list| list.is_empty() || list.iter().any(Value::is_object));
    if let Value::Array(list) = value {
        return of_objects(value).then_some(list);
    }
    let map = value.as_object()?;
    let named = LISTS.iter().filter_map(|name| json::member(value, name)).find(|inner| of_objects(inner));
    let full = |inner: &&Value| of_objects(inner) && inner.as_array().is_some_and(|list| !list.is_empty());
    if let Some(list) = named.or_else(|| map.values().find(full)).and_then(Value::as_array) {
        return Some(list);
    }
    let inner = LISTS.iter().chain(&["response", "result", "_embedded"]).filter_map(|name| json::member(value, name));
    inner.filter(|inner| inner.is_object()).find_map(|inner| {
        let named = LISTS.iter().filter_map(|name| json::member(inner, name)).find(|inner| of_objects(inner));
        let list = named.or_else(|| inner.as_object()?.values().find(full))?.as_array()?;
        Some(list.as_slice())
    })
}

fn record(row: &Value) -> Result<Record, String> {
    if !row.is_object() {
        return Err("de regel is geen object".into());
    }
    let inner = INSIDE.iter().filter_map(|name| json::member(row, name)).find(|inner| inner.is_object());
    let first = |names: &[&str]| {
        let found = |place: &Value| names.iter().find_map(|name| json::text(place, name));
        inner.and_then(found).or_else(|| found(row))
    };
    if PERSONS.iter().any(|name| first(&[name]).is_some()) {
        return Err("gegevens van personen; die worden niet op goed geluk gelezen".into());
    }
    let title = first(&TITLES).ok_or("geen veld dat een titel kan zijn")?;
    let is_address = |link: &String| link.starts_with("http://") || link.starts_with("https://");
    let link = LINKS.iter().filter_map(|name| first(&[name])).find(is_address);
    let link = link.or_else(|| json::text_at(row, "/_links/self/href").filter(is_address));
    let key = first(&KEYS).or_else(|| link.clone()).ok_or("geen veld dat een kenmerk kan zijn")?;
    let mut texts: Vec<String> = Vec::new();
    for text in TEXTS.iter().filter_map(|name| first(&[name])).filter(|text| *text != title) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    let moment = |names: &[&str]| names.iter().filter_map(|name| first(&[name])).find_map(|text| when::moment(&text));
    let revision = UPDATED.iter().find_map(|name| first(&[name])).unwrap_or_default();
    Ok(Record {
        key,
        revision,
        title: xml::collapse(&title),
        link,
        published: moment(&PUBLISHED),
        updated: moment(&UPDATED),
        body: items::body(&texts),
        ..Record::default()
    })
}

//! SyncFeed of the Tweede Kamer: an Atom log of changes per kind of entity. Every entry names the place in the log after it;
//! the cursor is that of the last entry. (Read from public clients; tombstones, `next` and `resume` as they report them.)

use serde_json::{Map, Value};
use url::{Url, form_urlencoded::Serializer};

use super::{Spec, answer::is_about_persons, entities};
use crate::{
    adapters::{Next, Page, ReadError, date, encoding, json, xml},
    domain::{
        exchange::{Cursor, Request, Response},
        record::{Record, Rejection},
    },
};

const ACCEPT: &str = "application/atom+xml";
const EXPECTED: &str = "SyncFeed";

pub(super) fn open(spec: &Spec, since: &Cursor) -> Request {
    let mut query = Serializer::new(String::new());
    query.append_pair("category", spec.entity());
    if let Some(token) = since.0.parse().ok().or(spec.skiptoken) {
        query.append_pair("skiptoken", &token.to_string());
    }
    Request::new(format!("{}?{}", spec.url, query.finish()), ACCEPT)
}

pub(super) fn read(spec: &Spec, response: &Response) -> Result<Page, ReadError> {
    let text = encoding::decode(&response.body, response.content_type.as_deref());
    let root = xml::parse(&text).map_err(|error| ReadError::NotThis {
        expected: EXPECTED,
        found: format!("{} ({error})", json::instead(&text)),
    })?;
    if root.name == "error" {
        return super::answer::of_xml(&root).map(|_| Page::default());
    }
    if root.name != "feed" {
        return Err(ReadError::NotThis { expected: EXPECTED, found: format!("XML (<{}>)", json::words(&root.name)) });
    }
    let asked = token(&response.request.url);
    let mut page = page(&root, Some(spec))?;
    let has_entries = root.child("entry").is_some();
    let resume = link(&root, "resume");
    if !has_entries {
        if resume.is_none() && asked.is_none() {
            let why = "lege feed zonder 'resume': bestaat de categorie";
            return Err(ReadError::Broken(format!("{why} '{}'? Kijk `entity` na", json::words(spec.entity()))));
        }
        page.cursor = cursor(resume.as_deref().and_then(token).max(asked));
        return Ok(page);
    }
    let last = root.named("entry").filter_map(|entry| link(entry, "next")).last();
    let href = last.or_else(|| link(&root, "next")).or(resume);
    let after = href.as_deref().and_then(token);
    page.cursor = cursor(after.max(asked));
    // A log that does not go forward would be read for ever.
    let url = href.and_then(|href| json::same_host(&response.request.url, &href)).filter(|_| after > asked);
    page.next = url.map(|url| Next { request: Request::new(url, ACCEPT), only_if_new: false });
    if page.next.is_none() {
        page.rejected.push(Rejection::new(
            "volgende pagina",
            "geen bruikbare link naar het vervolg; verder bij de volgende keer",
        ));
    }
    Ok(page)
}

fn cursor(token: Option<u64>) -> Cursor {
    Cursor(token.map(|token| token.to_string()).unwrap_or_default())
}

fn link(element: &xml::Element, rel: &str) -> Option<String> {
    element.named("link").find(|link| link.attribute("rel").as_deref() == Some(rel))?.attribute("href")
}

fn token(href: &str) -> Option<u64> {
    let url = Url::parse(href).or_else(|_| Url::parse("https://localhost/")?.join(href)).ok()?;
    url.query_pairs().find(|(name, _)| name.eq_ignore_ascii_case("skiptoken"))?.1.parse().ok()
}

/// True when this is Atom whose entries hold entities of the Kamer, or whose address says so.
pub(super) fn is_it(root: &xml::Element) -> bool {
    let address = root.child("id").map(xml::Element::text).unwrap_or_default();
    let links = root.named("link").filter_map(|link| link.attribute("href")).any(|href| href.contains("SyncFeed"));
    let entity = |entry: &xml::Element| entry.named("content").any(|content| entity(content).is_some());
    match root.name.as_str() {
        "feed" => address.contains("SyncFeed") || links || root.named("entry").any(entity),
        "entry" => entity(root),
        _ => is_entity(root),
    }
}

fn is_entity(element: &xml::Element) -> bool {
    ["bijgewerkt", "verwijderd"].iter().any(|name| element.attribute(name).is_some())
}

/// An entity that was fetched by itself, as the entry that the feed would make of it.
fn alone(entity: &xml::Element) -> xml::Element {
    let element = |name: &str, inner: xml::Element| xml::Element {
        name: name.to_owned(),
        children: vec![xml::Node::Element(inner)],
        ..xml::Element::default()
    };
    element("entry", element("content", entity.clone()))
}

/// The entity inside `content`, by its marks: it has an id, and says when it changed or whether it was taken back.
fn entity(content: &xml::Element) -> Option<&xml::Element> {
    content.elements().find(|inner| is_entity(inner) || (inner.attribute("id").is_some() && inner.name != "properties"))
}

/// Records of a page.
pub(super) fn page(root: &xml::Element, spec: Option<&Spec>) -> Result<Page, ReadError> {
    let page = Page::default();
    if is_entity(root) {
        return page_of(vec![&alone(root)], spec, page);
    }
    let entries: Vec<&xml::Element> = if root.name == "entry" { vec![root] } else { root.named("entry").collect() };
    if entries.is_empty() && spec.is_none() && link(root, "resume").is_none() {
        let why = "lege SyncFeed zonder 'resume': zo antwoordt de dienst op een categorie die niet bestaat";
        return Err(ReadError::Broken(why.into()));
    }
    page_of(entries, spec, page)
}

fn page_of(entries: Vec<&xml::Element>, spec: Option<&Spec>, mut page: Page) -> Result<Page, ReadError> {
    for (place, entry) in entries.into_iter().enumerate() {
        let key = key_of(entry).unwrap_or_else(|| format!("regel {}", place + 1));
        match record(entry, &key, spec.is_some_and(|spec| spec.text)) {
            Ok(record) => page.records.push(record),
            Err(why) => page.rejected.push(Rejection::new(key, why)),
        }
    }
    Ok(page)
}

fn key_of(entry: &xml::Element) -> Option<String> {
    let inner = entry.named("content").find_map(entity).and_then(|entity| entity.attribute("id"));
    let text = |name: &str| entry.child(name).map(xml::Element::text).filter(|text| !text.is_empty());
    let id = || text("id").and_then(|id| id.rsplit('/').next().map(str::to_owned));
    inner.or_else(id).or_else(|| text("title"))
}

fn record(entry: &xml::Element, key: &str, with_text: bool) -> Result<Record, String> {
    let content = entry.child("content");
    let Some(entity) = content.and_then(entity) else {
        let elsewhere = content.is_some_and(|content| content.attribute("src").is_some());
        let why =
            if elsewhere { "de inhoud staat elders: vraag de feed zonder content=external" } else { "zonder inhoud" };
        return Err(why.into());
    };
    if is_about_persons(&entity.name) {
        return Err("gegevens van personen; die lezen wij niet".into());
    }
    let mut record = entities::record(&row(entity, key), &kind(entity, entry))?;
    let updated = entry.child("updated").map(xml::Element::text).and_then(|text| date::parse(&text));
    if let Some(updated) = updated {
        record.revision = updated.to_string();
        record.updated = record.updated.or(Some(updated));
    }
    if record.withdrawn {
        return Ok(record);
    }
    let file = entry.named("link").find(|link| link.attribute("rel").as_deref() == Some("enclosure"));
    let address = file.and_then(|file| file.attribute("href"));
    if let (true, Some(address)) = (with_text, &address) {
        let stated = entity.child("contentType").map(xml::Element::text);
        let kind = file.and_then(|file| file.attribute("type")).or(stated).or_else(|| entity.attribute("contentType"));
        record.detail = entities::file_request(kind.as_deref(), address);
    }
    let own = || entry.child("id").map(xml::Element::text).filter(|id| id.starts_with("http"));
    record.link = address.or_else(own);
    Ok(record)
}

/// `Document`, from the element or the category of the entry.
fn kind(entity: &xml::Element, entry: &xml::Element) -> String {
    let term = entry.child("category").and_then(|category| category.attribute("term")).unwrap_or_default();
    let name = if term.is_empty() { &entity.name } else { &term };
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// An entity as the row that OData would give: attributes and fields by name, a repeated field as a list.
fn row(entity: &xml::Element, key: &str) -> Value {
    let mut fields = Map::new();
    for field in entity.elements().filter(|field| field.attribute("nil").is_none_or(|nil| nil != "true")) {
        let value = if field.elements().next().is_some() {
            Value::Object(field.elements().map(|inner| (inner.name.clone(), Value::String(inner.text()))).collect())
        } else {
            Value::String(field.text())
        };
        match fields.get_mut(&field.name) {
            None => {
                fields.insert(field.name.clone(), value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(held) => *held = Value::Array(vec![held.take(), value]),
        }
    }
    for (name, value) in &entity.attributes {
        fields.insert(name.clone(), Value::String(value.clone()));
    }
    fields.insert("id".into(), Value::String(key.to_owned()));
    Value::Object(fields)
}

//! What all forms of OData share: rows, the link to the next page, the count, and errors in place of data. Versions 2 to
//! 4.01 write the same things under other names, and version 3 may answer in Atom; all become one [`Answer`].

use serde_json::{Map, Value};

use crate::adapters::{ReadError, json, xml};

/// What we expect, for messages.
const EXPECTED: &str = "antwoord van OData";

/// One answer, whatever the version.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Address of the metadata, up to and without `#`.
    pub(super) root: String,
    /// What stands behind `#`: the entity set.
    pub(super) set: String,
    /// The rows.
    pub(super) rows: Vec<Value>,
    /// Address of the next page, as given.
    pub(super) next: Option<String>,
    /// How many rows there are in all.
    pub(super) stated: Option<u64>,
}

impl Answer {
    /// Root of the service with a closing slash, where the answer tells it.
    pub(super) fn service(&self) -> Option<&str> {
        let service = self.root.strip_suffix("$metadata")?;
        (service.starts_with("https://") || service.starts_with("http://")).then_some(service)
    }

    /// Name of the entity: `Document` of `#Document(Zaak())/$entity`.
    pub(super) fn entity(&self) -> &str {
        let end = self.set.find(['(', '/']).unwrap_or(self.set.len());
        let name = self.set.get(..end).unwrap_or_default();
        name.rsplit('.').next().unwrap_or_default()
    }
}

/// Reads JSON.
pub(super) fn parse(body: &[u8], content_type: Option<&str>) -> Result<Answer, ReadError> {
    of_json(json::parse(body, content_type, EXPECTED)?)
}

fn of_json(value: Value) -> Result<Answer, ReadError> {
    if let Some(error) = error_of(&value) {
        return Err(error);
    }
    let context =
        note(&value, "context").or_else(|| note(&value, "metadata")).and_then(json::scalar).unwrap_or_default();
    let (root, set) = context.split_once('#').unwrap_or((context.as_str(), ""));
    let mut answer = Answer {
        root: root.to_owned(),
        set: set.to_owned(),
        next: note(&value, "nextLink").and_then(json::scalar),
        stated: note(&value, "count").and_then(json::count),
        rows: Vec::new(),
    };
    let value = match value {
        Value::Object(mut map) => match (map.remove("value"), map.remove("d")) {
            (Some(rows @ Value::Array(_)), _) => rows,
            (None, Some(data)) => unwrapped(data, &mut answer),
            (held, None) => {
                if let Some(held) = held {
                    map.insert("value".into(), held);
                }
                Value::Object(map)
            }
            (Some(_), Some(data)) => data,
        },
        other => other,
    };
    answer.rows = match value {
        Value::Array(rows) => rows,
        Value::Object(map) if is_row(&map) => vec![Value::Object(map)],
        Value::Object(_) => {
            return Err(ReadError::NotThis { expected: EXPECTED, found: "JSON zonder 'value' en zonder 'Id'".into() });
        }
        _ => return Err(ReadError::NotThis { expected: EXPECTED, found: "JSON zonder rijen".into() }),
    };
    refuse_metadata(&answer)?;
    Ok(answer)
}

/// OData v2 wraps everything in `d`.
fn unwrapped(data: Value, answer: &mut Answer) -> Value {
    let Value::Object(mut map) = data else { return data };
    answer.next = map.get("__next").and_then(json::scalar).or_else(|| answer.next.take());
    answer.stated = map.get("__count").and_then(json::count).or(answer.stated);
    map.remove("results").unwrap_or(Value::Object(map))
}

/// `@odata.x` (v4), `@x` (v4.01) and `odata.x` (v3).
fn note<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    [format!("@odata.{name}"), format!("@{name}"), format!("odata.{name}")].iter().find_map(|name| value.get(name))
}

fn is_row(map: &Map<String, Value>) -> bool {
    map.keys().any(|key| ["id", "measure", "identifier"].contains(&key.to_lowercase().as_str()))
        || map.keys().any(|key| key.ends_with("odata.count") || key.ends_with("@count"))
}

/// Lists that describe a service or a table look like data and are none.
fn refuse_metadata(answer: &Answer) -> Result<(), ReadError> {
    let Some(first) = answer.rows.first() else { return Ok(()) };
    let has = |name: &str| first.get(name).is_some();
    let found = if has("url") && has("name") {
        format!("de inhoudsopgave van de dienst ({} onderdelen)", answer.rows.len())
    } else if has("Title") && (has("Key") && !has("Id") || has("Identifier") && has("Index")) {
        format!("een lijst met {} codes en hun betekenis, geen cijfers", answer.rows.len())
    } else if has("ParentID") && has("Position") {
        "de opbouw van een tabel, geen cijfers".to_owned()
    } else {
        return Ok(());
    };
    Err(ReadError::NotThis { expected: EXPECTED, found })
}

/// The service says no, with status 200 or any other.
fn error_of(value: &Value) -> Option<ReadError> {
    let error = value.get("error").or_else(|| value.get("odata.error")).filter(|error| !error.is_null());
    let (code, message) = match error {
        Some(Value::Object(map)) => {
            let message = map.get("message").or_else(|| map.get("Message"));
            let text = message.and_then(|message| json::scalar(message).or_else(|| json::text(message, "value")));
            (map.get("code").and_then(json::scalar), text)
        }
        Some(other) => (None, json::scalar(other)),
        None => {
            let message = value.get("Message").and_then(json::scalar)?;
            if value.get("value").is_some() || value.get("Id").is_some() {
                return None;
            }
            (None, Some(message))
        }
    };
    Some(refusal(code.as_deref().unwrap_or_default(), message.as_deref().unwrap_or("zonder uitleg")))
}

fn refusal(code: &str, message: &str) -> ReadError {
    let message = json::words(message);
    let digits: String = message.chars().filter(|c| !matches!(c, '.' | ',' | ' ')).collect();
    if digits.contains("10000") {
        let advice = "maak `measures`, `categories`, `periods` of `page-size` kleiner";
        return ReadError::Broken(format!("de vraag geeft meer dan 10.000 cellen; {advice} ({message})"));
    }
    let code = if code.is_empty() { String::new() } else { format!(" {}", json::words(code)) };
    ReadError::Broken(format!("de dienst meldt fout{code}: {message}"))
}

/// Reads XML: Atom with rows (OData v3), an error, or metadata.
pub(super) fn of_xml(root: &xml::Element) -> Result<Answer, ReadError> {
    match root.name.as_str() {
        "error" => {
            let text = |name: &str| root.child(name).map(xml::Element::text).unwrap_or_default();
            return Err(refusal(&text("code"), &text("message")));
        }
        "Edmx" => {
            let found = format!("een beschrijving van de dienst ($metadata, {} soorten)", entity_types(root));
            return Err(ReadError::NotThis { expected: EXPECTED, found });
        }
        "feed" | "entry" => {}
        "service" => {
            return Err(ReadError::NotThis { expected: EXPECTED, found: "de inhoudsopgave van de dienst".into() });
        }
        other => {
            let found = format!("XML (<{}>)", json::words(other));
            return Err(ReadError::NotThis { expected: EXPECTED, found });
        }
    }
    let entries: Vec<&xml::Element> = if root.name == "entry" { vec![root] } else { root.named("entry").collect() };
    let rows: Vec<Value> = entries.iter().filter_map(|entry| properties(entry)).collect();
    if rows.len() < entries.len() || (rows.is_empty() && root.child("id").is_none()) {
        return Err(ReadError::NotThis { expected: EXPECTED, found: "een Atom-feed zonder rijen van OData".into() });
    }
    let id = root.child("id").map(xml::Element::text).unwrap_or_default();
    let (service, set) = id.rsplit_once('/').unwrap_or_default();
    let next = root.named("link").find(|link| link.attribute("rel").as_deref() == Some("next"));
    let answer = Answer {
        root: format!("{service}/$metadata"),
        set: set.to_owned(),
        rows,
        next: next.and_then(|link| link.attribute("href")),
        stated: root.child("count").and_then(|count| count.text().parse().ok()),
    };
    refuse_metadata(&answer)?;
    Ok(answer)
}

fn entity_types(root: &xml::Element) -> usize {
    let schemas = root.named("DataServices").flat_map(|services| services.named("Schema"));
    schemas.flat_map(|schema| schema.named("EntityType")).count()
}

fn properties(entry: &xml::Element) -> Option<Value> {
    let inside = |element: &xml::Element| element.child("properties").cloned();
    let properties = entry.named("content").find_map(inside).or_else(|| inside(entry))?;
    let fields = properties.elements().map(|field| {
        let is_null = field.attribute("null").is_some_and(|null| null == "true");
        let is_number = field.attribute("type").is_some_and(|kind| kind.starts_with("Edm.Int") || kind == "Edm.Double");
        let text = field.text();
        let value = match text.parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
            _ if is_null => Value::Null,
            Some(number) if is_number => Value::Number(number),
            _ => Value::String(text),
        };
        (field.name.clone(), value)
    });
    Some(Value::Object(fields.collect()))
}

/// Entities about persons, with the functions and gifts of politicians: not for us, also where they are open.
pub(super) fn is_about_persons(entity: &str) -> bool {
    ["persoon", "actor", "contactinformatie"].iter().any(|word| entity.to_lowercase().contains(word))
}

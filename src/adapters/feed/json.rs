//! JSON Feed, versions 1 and 1.1 (jsonfeed.org), made clean for `feed-rs`, which takes nothing but the exact types: ids
//! may be numbers here, titles may be absent, and one strange item costs only itself.

use serde_json::{Map, Value, json};

use super::{
    Clean,
    tidy::{Aside, escaped},
};
use crate::adapters::{ReadError, xml::MAX_NODES};
use crate::domain::record::Rejection;

const TEXTS: [&str; 9] = [
    "id",
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "date_published",
    "date_modified",
];

pub(super) fn clean(text: &str, url: &str) -> Result<Clean, ReadError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| ReadError::Broken(format!("de JSON houdt op of is beschadigd bij regel {}", error.line())))?;
    let found = "JSON zonder lijst 'items'";
    let Some(items) = value.get("items").and_then(Value::as_array) else {
        return Err(ReadError::NotThis { expected: "feed", found: found.into() });
    };
    let base = [url, &string(&value, "feed_url"), &string(&value, "home_page_url")]
        .iter()
        .find_map(|address| url::Url::parse(address).ok());
    let mut clean = Clean::default();
    let mut kept = Vec::new();
    for (place, item) in items.iter().take(MAX_NODES).enumerate() {
        let Some(item) = item.as_object() else {
            clean.rejected.push(Rejection::new(format!("bericht {}", place + 1), "is geen object"));
            continue;
        };
        let item = clean_item(item, base.as_ref());
        let link = ["url", "external_url"].iter().find_map(|name| item.get(name)?.as_str().map(str::to_owned));
        clean.aside.push(Aside { link, is_cut: false });
        kept.push(item);
    }
    clean.next = Some(string(&value, "next_url")).filter(|next| !next.is_empty());
    clean.feed = json!({ "version": "https://jsonfeed.org/version/1.1", "title": "", "items": kept }).to_string();
    Ok(clean)
}

fn clean_item(item: &Map<String, Value>, base: Option<&url::Url>) -> Value {
    let mut made = Map::new();
    for name in TEXTS {
        let text = match item.get(name) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => continue,
        };
        let text = match name {
            "url" | "external_url" if url::Url::parse(&text).is_err() => {
                base.and_then(|base| base.join(&text).ok()).map_or(text, String::from)
            }
            // Titles and summaries are plain text; our records hold HTML there.
            "title" | "summary" => escaped(&text),
            _ => text,
        };
        if !text.is_empty() {
            made.insert(name.into(), text.into());
        }
    }
    Value::Object(made)
}

fn string(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

//! JSON of services: what came when it is no JSON, and values by pointer, without regard to the case of names because
//! services change it between versions.

use serde_json::Value;

use super::{ReadError, encoding, xml};

/// Most values that one pointer may yield.
const MOST: usize = 10_000;
/// Longest piece of foreign words in an error, in characters.
const LONGEST_WORDS: usize = 300;

/// Reads a JSON document. `serde_json` itself stops at 128 levels.
///
/// # Errors
/// Says in Dutch what came in its place: nothing, a web page, XML, a description of the service, or rubbish.
pub fn parse(body: &[u8], content_type: Option<&str>, expected: &'static str) -> Result<Value, ReadError> {
    let text = encoding::decode(body, content_type);
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    // A shield against inclusion in scripts that some services put in front.
    let text = text.strip_prefix(")]}'").map_or(text, |rest| rest.trim_start_matches([',', '\n']));
    match serde_json::from_str(text) {
        Ok(value) if is_description(&value) => {
            Err(ReadError::NotThis { expected, found: "een beschrijving van de dienst, geen antwoord".into() })
        }
        Ok(value) => Ok(value),
        Err(error) if text.starts_with(['{', '[']) => Err(ReadError::Broken(format!("geen geldige JSON: {error}"))),
        Err(_) => Err(ReadError::NotThis { expected, found: instead(text) }),
    }
}

fn is_description(value: &Value) -> bool {
    value.get("paths").is_some() && (value.get("openapi").is_some() || value.get("swagger").is_some())
}

/// What a text is that is not the data that we asked for.
#[must_use]
pub fn instead(text: &str) -> String {
    let head: String = text.chars().take(2_000).collect::<String>().to_lowercase();
    if head.trim().is_empty() {
        return "een leeg antwoord".into();
    }
    if head.contains("<!doctype html") || head.contains("<html") {
        let title = head.split("<title").nth(1).and_then(|rest| rest.split('>').nth(1));
        let title = title.and_then(|rest| rest.split('<').next()).map(xml::collapse).unwrap_or_default();
        return if title.is_empty() { "een webpagina".into() } else { format!("een webpagina ('{}')", words(&title)) };
    }
    if head.lines().any(|line| line.starts_with("openapi:") || line.starts_with("swagger:")) {
        return "een beschrijving van de dienst, geen antwoord".into();
    }
    if head.starts_with('<') {
        let name: String = head.chars().skip(1).take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/')).collect();
        return format!("XML (<{}>)", words(&name));
    }
    if head.chars().filter(|c| c.is_control() && !c.is_whitespace() || *c == '\u{fffd}').count() > 2 {
        return "geen JSON: bytes die geen tekst zijn, misschien ingepakt".into();
    }
    "geen JSON".into()
}

/// Foreign words for a message: on one line, no control characters, cut off.
#[must_use]
pub fn words(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_WORDS).collect();
    xml::collapse(&clean)
}

/// The member of that name; failing that, the one whose name differs only in case.
#[must_use]
pub fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => {
            map.get(name).or_else(|| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
        }
        Value::Array(list) => list.get(name.parse::<usize>().ok()?),
        _ => None,
    }
}

/// All values at a JSON pointer (RFC 6901) in which `*` stands for every element of a list.
#[must_use]
pub fn all<'a>(value: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let mut found = vec![value];
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        found = found
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(list) if part == "*" => list.iter().collect::<Vec<_>>(),
                other => member(other, &part).into_iter().collect(),
            })
            .take(MOST)
            .collect();
    }
    found
}

/// The first value at a pointer that is not null.
#[must_use]
pub fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    all(value, pointer).into_iter().find(|value| !value.is_null())
}

/// A scalar as text, trimmed; none for null, lists, objects and empty text.
#[must_use]
pub fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// The text of the member of that name.
#[must_use]
pub fn text(value: &Value, name: &str) -> Option<String> {
    member(value, name).and_then(scalar)
}

/// The text at a pointer; the first that is not empty.
#[must_use]
pub fn text_at(value: &Value, pointer: &str) -> Option<String> {
    all(value, pointer).into_iter().find_map(scalar)
}

/// A count, also where a service writes it as text.
#[must_use]
pub fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| scalar(value)?.parse().ok())
}

/// True for `true`, `"true"`, `"Ja"`, `1`.
#[must_use]
pub fn is_yes(value: &Value) -> bool {
    scalar(value).is_some_and(|text| ["true", "ja", "1", "yes"].contains(&text.to_lowercase().as_str()))
}

/// The address of a next page, if it stays on the host that answered: an answer never sends us elsewhere. A service behind
/// a proxy may write `http` where it was asked over `https`; then we stay with the latter.
#[must_use]
pub fn same_host(base: &str, href: &str) -> Option<String> {
    let base = url::Url::parse(base).ok()?;
    let mut joined = base.join(href).ok()?;
    let same = joined.host_str() == base.host_str() && joined.port() == base.port();
    if base.scheme() == "https" && joined.scheme() == "http" {
        joined.set_scheme("https").ok()?;
    }
    (same && joined.scheme() == base.scheme()).then(|| joined.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_json_is_named() {
        let cases: [(&[u8], &str); 6] = [
            (b"", "een leeg antwoord"),
            (b"<!DOCTYPE html><html><head><title>Storing</title>", "een webpagina ('storing')"),
            (b"<?xml version='1.0'?><feed/>", "XML (<?xml>)"),
            (b"openapi: 3.0.0\ninfo: x", "een beschrijving van de dienst"),
            (b"\x1f\xef\xbf\xbd\x08\x00\x00\x00\x01\x02", "geen JSON: bytes"),
            (br#"{"openapi":"3.0.0","paths":{}}"#, "een beschrijving van de dienst"),
        ];
        for (body, expected) in cases {
            let error = parse(body, None, "antwoord").expect_err("no answer").to_string();
            assert!(error.contains(expected), "{error}");
        }
        let deep = "[".repeat(100_000);
        assert!(parse(deep.as_bytes(), None, "antwoord").is_err());
    }

    #[test]
    fn pointers_ignore_case_and_walk_over_lists() {
        let value: Value = serde_json::json!({"Nieuws": [{"publicatieDatum": "a"}, {"publicatiedatum": "b"}]});
        let found: Vec<_> = all(&value, "/nieuws/*/publicatiedatum").into_iter().filter_map(scalar).collect();
        assert_eq!(found, ["a", "b"]);
        assert_eq!(text_at(&value, "/nieuws/1/publicatieDatum").as_deref(), Some("b"));
        assert_eq!(all(&value, "").len(), 1);
    }
}

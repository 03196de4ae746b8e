//! Items of a JSON service, by pointers, and the errors that such services give in place of items.

use std::hash::Hasher as _;

use serde_json::Value;
use siphasher::sip::SipHasher13;

use super::{EXPECTED, Fields, Keeps, Pointers, registered, when};
use crate::{
    adapters::{Page, ReadError, json, xml},
    domain::{
        figure::Registration,
        record::{Body, Record, Rejection},
    },
};

/// Most items of one answer; more is no page but a dump.
const MOST_ITEMS: usize = 20_000;

impl Fields {
    /// The search of open.overheid.nl, version 0, from an element of `resultaten`.
    pub(super) fn woo() -> Self {
        Self {
            key: several(&["/document/id", "/document/pid"]),
            key_until: Some("_".into()),
            revision: several(&["/document/mutatiedatumtijd"]),
            title: several(&["/document/titel"]),
            link: several(&["/document/pid"]),
            text: several(&["/document/omschrijving", "/document/publisher"]),
            published: several(&["/document/openbaarmakingsdatum"]),
            updated: several(&["/document/mutatiedatumtijd"]),
            ..Self::default()
        }
    }

    /// One document of open.overheid.nl.
    pub(super) fn woo_document() -> Self {
        Self {
            key: several(&["/plooiIntern/extId/0", "/document/pid"]),
            revision: several(&["/versies/0/mutatiedatumtijd"]),
            title: several(&["/document/titelcollectie/officieleTitel"]),
            link: several(&["/document/pid"]),
            text: several(&[
                "/document/omschrijvingen/*",
                "/document/verantwoordelijke/label",
                "/document/classificatiecollectie/documentsoorten/*/label",
                "/document/classificatiecollectie/onderwerpenRonl/*/label",
            ]),
            published: several(&["/versies/0/openbaarmakingsdatum"]),
            updated: several(&["/versies/0/mutatiedatumtijd"]),
            ..Self::default()
        }
    }

    /// News of the politie API, version 4, from an element of `nieuwsberichten`. Pictures and coordinates are not named
    /// here, and so not kept.
    pub(super) fn politie() -> Self {
        Self {
            key: several(&["/uid", "/url"]),
            title: several(&["/titel"]),
            link: several(&["/url"]),
            text: several(&["/gebied", "/introductie", "/alineas/*/opgemaaktetekst"]),
            published: several(&["/publicatiedatum"]),
            ..Self::default()
        }
    }
}

fn several(pointers: &[&str]) -> Pointers {
    Pointers::Several(pointers.iter().map(|&pointer| pointer.to_owned()).collect())
}

/// Reads a page of items.
pub(super) fn page(value: &Value, list: &str, fields: &Fields, keeps: Keeps) -> Result<Page, ReadError> {
    let rows = match json::all(value, list).first() {
        Some(Value::Array(rows)) => rows.as_slice(),
        // A service that gives one item may leave out the list.
        Some(row @ Value::Object(_)) if list.is_empty() && has_item(row, fields) => std::slice::from_ref(*row),
        Some(Value::Null) => &[],
        _ => {
            let found = format!("JSON zonder lijst op '{list}'");
            return Err(refusal(value).unwrap_or(ReadError::NotThis { expected: EXPECTED, found }));
        }
    };
    Ok(of_rows(rows, fields, keeps))
}

fn has_item(row: &Value, fields: &Fields) -> bool {
    fields.title.first_in(row).is_some() || fields.key.first_in(row).is_some()
}

/// Reads rows.
pub(super) fn of_rows(rows: &[Value], fields: &Fields, keeps: Keeps) -> Page {
    let mut page = Page::default();
    for (place, row) in rows.iter().take(MOST_ITEMS).enumerate() {
        let read = match keeps {
            Keeps::Items => item(row, fields),
            Keeps::Registrations => registration(row, fields),
        };
        match read {
            Ok(record) => page.records.push(record),
            Err(why) => page.rejected.push(Rejection::new(format!("regel {}", place + 1), why)),
        }
    }
    if rows.len() > MOST_ITEMS {
        let why = format!("{} regels; alleen de eerste {MOST_ITEMS} zijn gelezen", rows.len());
        page.rejected.push(Rejection::new("antwoord", why));
    }
    page
}

fn key_of(row: &Value, fields: &Fields) -> Result<String, String> {
    let key = fields.key.first_in(row).or_else(|| fields.link.first_in(row)).ok_or("geen kenmerk")?;
    let cut = fields.key_until.as_deref().filter(|mark| !mark.is_empty()).and_then(|mark| key.split_once(mark));
    Ok(cut.map(|(head, _)| head.to_owned()).filter(|head| !head.is_empty()).unwrap_or(key))
}

fn item(row: &Value, fields: &Fields) -> Result<Record, String> {
    let key = key_of(row, fields)?;
    let title = fields.title.first_in(row).map(|title| xml::collapse(&title)).unwrap_or_default();
    let mut texts: Vec<String> = Vec::new();
    for text in fields.text.iter().flat_map(|pointer| json::all(row, pointer)).filter_map(json::scalar) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    if title.is_empty() && texts.is_empty() {
        return Err("geen titel en geen tekst".into());
    }
    let moment = |pointers: &Pointers| pointers.first_in(row).as_deref().and_then(when::moment);
    let link = fields.link.first_in(row).filter(|link| link.starts_with("http://") || link.starts_with("https://"));
    Ok(Record {
        key,
        revision: fields.revision.first_in(row).unwrap_or_default(),
        title,
        link,
        published: moment(&fields.published),
        updated: moment(&fields.updated),
        body: body(&texts),
        ..Record::default()
    })
}

/// Plain text unless a piece of it has tags: then all of it is read as HTML, with a break between the pieces.
pub(super) fn body(texts: &[String]) -> Body {
    let is_html =
        |text: &String| text.contains("</") || text.contains("/>") || text.contains("<br") || text.contains("<p>");
    if texts.iter().any(is_html) { Body::Html(texts.join("<br>\n")) } else { Body::Plain(texts.join("\n")) }
}

fn registration(row: &Value, fields: &Fields) -> Result<Record, String> {
    let number = key_of(row, fields)?;
    let legal_form = fields.legal_form.first_in(row);
    let natural = !legal_form.as_deref().is_some_and(is_legal_person);
    let sbi = fields.sbi.iter().flat_map(|pointer| json::all(row, pointer)).filter_map(json::scalar);
    let day = |pointers: &Pointers| pointers.first_in(row).as_deref().and_then(when::day);
    let registration = Registration {
        sbi: sbi.filter_map(|code| sbi_code(&code)).collect(),
        place: fields.place.first_in(row),
        started: day(&fields.started),
        ended: day(&fields.ended),
        legal_form,
        event: fields.status.first_in(row),
        natural,
    };
    let key = if natural { pseudonym(&number) } else { number };
    let moment = |pointers: &Pointers| pointers.first_in(row).as_deref().and_then(when::moment);
    let record = registered(key, registration);
    Ok(Record {
        revision: fields.revision.first_in(row).unwrap_or_default(),
        published: moment(&fields.published).or(record.published),
        updated: moment(&fields.updated),
        ..record
    })
}

/// A key that does not show the number: enough to count a registration once. It is a pseudonym and not anonymous, for who
/// has all numbers can try them all.
pub(super) fn pseudonym(number: &str) -> String {
    let mut hasher = SipHasher13::new_with_keys(0x7569_746b_696a_6b00, 0x7265_6769_7374_6572);
    hasher.write(number.as_bytes());
    format!("p:{:010x}", hasher.finish() >> 24)
}

/// A code of SBI 2008 (four or five digits) or SBI 2025 (five), without dots.
pub(super) fn sbi_code(text: &str) -> Option<String> {
    let code: String = text.trim().chars().filter(|c| *c != '.').collect();
    ((2..=6).contains(&code.len()) && code.chars().all(|c| c.is_ascii_digit())).then_some(code)
}

/// Whether a legal form is that of a legal person (Book 2 of the Civil Code and its like). A partnership is not: its
/// partners are mostly natural persons.
pub(super) fn is_legal_person(form: &str) -> bool {
    let form = form.to_lowercase().replace('.', "");
    let words: Vec<&str> = form.split(|c: char| !c.is_alphanumeric()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let natural = ["eenmanszaak", "maatschap", "vof", "cv", "rederij", "firma", "commanditaire", "natuurlijk"];
    if has(&natural) || form.contains("zonder rechtspersoonlijkheid") {
        return false;
    }
    let names = [
        "bv",
        "nv",
        "se",
        "stichting",
        "vereniging",
        "vve",
        "rechtspersoon",
        "kerkgenootschap",
        "gemeente",
        "provincie",
    ];
    let parts = [
        "besloten vennootschap",
        "naamloze vennootschap",
        "coöperatie",
        "cooperatie",
        "onderlinge waarborg",
        "europese vennootschap",
    ];
    has(&names) || parts.iter().any(|part| form.contains(part))
}

/// What a service says in place of items, in its own words.
pub(super) fn refusal(value: &Value) -> Option<ReadError> {
    let invalid = json::member(value, "invalidFields").map(|fields| {
        let mut names = Vec::new();
        flatten(fields, 0, &mut names);
        format!("de dienst weigert de vraag: ongeldige velden: {}", json::words(&names.join(", ")))
    });
    if let Some(why) = invalid {
        return Some(ReadError::Broken(why));
    }
    let names = ["error_description", "error", "errors", "detail", "message", "melding", "fout", "fouten", "title"];
    let status = json::text(value, "status").or_else(|| json::text(value, "code")).unwrap_or_default();
    let is_error =
        ["error", "errors", "fout", "fouten", "melding"].iter().any(|name| json::member(value, name).is_some());
    let is_message = value.as_object().is_some_and(|map| map.len() <= 8) && json::text(value, "message").is_some();
    let is_status = status.len() == 3 && status.starts_with(['4', '5']);
    if !(is_error || is_message || is_status) {
        return None;
    }
    let mut words = Vec::new();
    names.iter().filter_map(|name| json::member(value, name)).for_each(|part| flatten(part, 0, &mut words));
    let words = json::words(&without_numbers(&words.join(": ")));
    let words = if words.is_empty() { "zonder uitleg".to_owned() } else { words };
    Some(ReadError::Broken(format!("de dienst meldt fout {status}: {words}").replace("fout :", "fout:")))
}

fn flatten(value: &Value, depth: u8, into: &mut Vec<String>) {
    match value {
        _ if depth > 4 || into.len() > 20 => {}
        Value::Array(list) => list.iter().for_each(|inner| flatten(inner, depth + 1, into)),
        Value::Object(map) => map.values().for_each(|inner| flatten(inner, depth + 1, into)),
        scalar => into.extend(json::scalar(scalar)),
    }
}

/// Words of a service without the numbers of companies and persons that it repeats.
pub(super) fn without_numbers(text: &str) -> String {
    let mut clean = String::new();
    let mut digits = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        clean.push_str(if digits.len() >= 8 { "(nummer)" } else { &digits });
        digits.clear();
        if c != '\0' {
            clean.push(c);
        }
    }
    clean
}

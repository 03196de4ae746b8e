//! KvK: Zoeken v1 and v2, Basisprofiel, Vestigingsprofiel, lists of vestigingen, Mutatieservice.
//!
//! Of a registration only SBI codes, place, days, legal form and event are read. Names, trade names, addresses and numbers
//! are not: that of an eenmanszaak is mostly a person's. The KvK number of what is shown to be a legal person is its key;
//! all other keys are pseudonyms. The shape of answers drifts under one version number (`links`, `_links`), so nothing here
//! depends on it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{
    EXPECTED,
    items::{is_legal_person, pseudonym, sbi_code, without_numbers},
    registered, when,
};
use crate::{
    adapters::{Page, ReadError, date, json},
    domain::{
        figure::Registration,
        record::{Record, Rejection},
    },
};

/// True when this looks like an answer of KvK, of any kind.
pub(super) fn is_it(value: &Value) -> bool {
    let first = |name: &str| json::member(value, name).and_then(Value::as_array);
    let row = value.as_array().and_then(|rows| rows.first()).unwrap_or(value);
    let has = |name: &str| json::member(row, name).is_some();
    let results = first("resultaten");
    let searched = results.is_some_and(|rows| rows.iter().any(|row| json::member(row, "kvkNummer").is_some()));
    let empty = results.is_some_and(Vec::is_empty) && has("pagina");
    let error = first("fout").is_some_and(|faults| faults.iter().any(|fault| json::text(fault, "code").is_some()));
    let list = first("signalen").or_else(|| first("abonnementen")).or_else(|| first("vestigingen")).is_some();
    let owner = has("rechtsvorm") || has("uitgebreideRechtsvorm");
    searched
        || empty
        || error
        || list
        || owner
        || ["kvkNummer", "vestigingsnummer", "signaalType"].iter().any(|name| has(name))
}

/// Reads an answer of any kind.
pub(super) fn page(value: &Value) -> Result<Page, ReadError> {
    if let Some(faults) = json::member(value, "fout") {
        return error(faults);
    }
    let list = |name: &str| json::member(value, name).and_then(Value::as_array);
    let total = ["totaal", "totaalAantalVestigingen"].iter().find_map(|name| json::count(json::member(value, name)?));
    if let Some(subscriptions) = list("abonnementen") {
        return Ok(listed(subscriptions));
    }
    let mut page = Page { stated: total, ..Page::default() };
    let own = json::text(value, "kvkNummer");
    if let Some(signals) = list("signalen") {
        for (place, row) in signals.iter().enumerate() {
            put(&mut page, place, signal(row));
        }
    } else if let Some(results) = list("resultaten") {
        for (place, row) in results.iter().enumerate() {
            put(&mut page, place, profile(row, None));
        }
    } else if let Some(places) = list("vestigingen") {
        for (place, row) in places.iter().enumerate() {
            put(&mut page, place, profile(row, own.as_deref()));
        }
    } else if let Some(rows) = value.as_array() {
        for (place, row) in rows.iter().enumerate() {
            let is_signal = json::text(row, "signaalType").is_some();
            put(&mut page, place, if is_signal { signal(row) } else { profile(row, None) });
        }
    } else if json::text(value, "signaalType").is_some() {
        put(&mut page, 0, signal(value));
    } else if is_it(value) {
        put(&mut page, 0, profile(value, None));
    } else {
        let why = ReadError::NotThis { expected: EXPECTED, found: "JSON zonder gegevens van KvK".into() };
        return Err(super::items::refusal(value).unwrap_or(why));
    }
    Ok(page)
}

fn put(page: &mut Page, place: usize, read: Result<Record, String>) {
    match read {
        Ok(record) => page.records.push(record),
        Err(why) => page.rejected.push(Rejection::new(format!("regel {}", place + 1), why)),
    }
}

/// `IPD5200` is no error but the answer that there is nothing; all others are told with code and words.
fn error(faults: &Value) -> Result<Page, ReadError> {
    let rows = faults.as_array().map_or(std::slice::from_ref(faults), Vec::as_slice);
    let code = |fault: &Value| json::text(fault, "code").unwrap_or_default();
    if !rows.is_empty() && rows.iter().all(|fault| code(fault) == "IPD5200") {
        return Ok(Page { stated: Some(0), ..Page::default() });
    }
    let told: Vec<String> = rows
        .iter()
        .map(|fault| {
            let words = json::text(fault, "omschrijving").unwrap_or_else(|| "zonder uitleg".into());
            format!("{} ({})", code(fault), without_numbers(&words))
        })
        .collect();
    Err(ReadError::Broken(format!("KvK meldt {}", json::words(&told.join("; ")))))
}

/// A list of subscriptions holds no signals. The first that is active is followed; the others are named.
fn listed(subscriptions: &[Value]) -> Page {
    let mut page = Page::default();
    let mut followed = false;
    for (place, row) in subscriptions.iter().enumerate() {
        let active = json::member(row, "actief").is_none_or(json::is_yes);
        let why = match (active, followed) {
            (false, _) => "het abonnement is niet actief",
            (true, true) => "een tweede abonnement: geef het een eigen bron met zijn id in `url`",
            (true, false) => {
                followed = true;
                "een abonnement, nog geen signalen: die staan onder zijn id"
            }
        };
        page.rejected.push(Rejection::new(format!("abonnement {}", place + 1), why));
    }
    page
}

/// Id of the subscription whose signals are asked after the list.
pub(super) fn subscription(value: &Value) -> Option<String> {
    let rows = json::member(value, "abonnementen")?.as_array()?;
    let active = rows.iter().find(|row| json::member(row, "actief").is_none_or(json::is_yes))?;
    json::text(active, "id")
}

/// Keys of signals, each with the KvK number that it is about.
pub(super) fn signal_numbers(value: &Value) -> Vec<(String, String)> {
    let rows = json::member(value, "signalen").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let number = |row: &Value| {
        let digits = json::text(row, "kvkNummer").filter(|text| text.chars().all(|c| c.is_ascii_digit()))?;
        Some((signal_key(&json::text(row, "id")?), digits))
    };
    rows.iter().filter_map(number).collect()
}

fn signal_key(id: &str) -> String {
    format!("signaal:{id}")
}

fn signal(row: &Value) -> Result<Record, String> {
    let id = json::text(row, "id").ok_or("een signaal zonder id")?;
    let event = json::text(row, "signaalType").ok_or("een signaal zonder signaalType")?;
    let event = event.strip_prefix("Signaal").filter(|event| !event.is_empty()).unwrap_or(&event).to_owned();
    let at = json::text(row, "timestamp").or_else(|| json::text(row, "registratieTijdstip"));
    let at = at.as_deref().and_then(date::parse);
    let registration = Registration { event: Some(event), natural: true, ..Registration::default() };
    let record = registered(signal_key(&id), registration);
    Ok(Record { revision: at.map(|at| at.to_string()).unwrap_or_default(), published: at, updated: at, ..record })
}

/// A signal with what the profile of its company tells.
pub(super) fn joined(signal: Record, profile: Record) -> Record {
    let event = signal.registration.and_then(|registration| registration.event);
    let told = profile.registration.unwrap_or_default();
    let record = registered(signal.key, Registration { event, ..told });
    Record { revision: signal.revision, published: signal.published, updated: signal.updated, ..record }
}

/// A search result, a profile, or a vestiging.
fn profile(row: &Value, owner: Option<&str>) -> Result<Record, String> {
    let number = json::text(row, "kvkNummer").or_else(|| owner.map(str::to_owned)).or_else(|| linked_number(row));
    let branch = json::text(row, "vestigingsnummer");
    let identity = number.clone().or_else(|| branch.clone()).ok_or("geen KvK-nummer en geen vestigingsnummer")?;
    let legal_form = first(
        row,
        &[
            "/rechtsvorm",
            "/_embedded/eigenaar/rechtsvorm",
            "/uitgebreideRechtsvorm",
            "/_embedded/eigenaar/uitgebreideRechtsvorm",
        ],
    );
    let kind = json::text(row, "type").unwrap_or_default().to_lowercase();
    let shown = legal_form.as_deref().map_or(kind == "rechtspersoon", is_legal_person);
    let natural = !(shown && number.is_some());
    let mut key = if natural { format!("kvk-{}", pseudonym(&identity)) } else { format!("kvk:{identity}") };
    // One company has many vestigingen; the main one stands for the company itself.
    let is_branch = kind == "nevenvestiging" || json::text(row, "indHoofdvestiging").is_some_and(|main| main != "Ja");
    if let (true, Some(branch)) = (is_branch, &branch) {
        key.push_str(&format!("/{}", pseudonym(branch)));
    }
    let formal = first(row, &["/formeleRegistratiedatum", "/_embedded/hoofdvestiging/formeleRegistratiedatum"]);
    let started = first(
        row,
        &["/materieleRegistratie/datumAanvang", "/_embedded/hoofdvestiging/materieleRegistratie/datumAanvang"],
    );
    let ended =
        first(row, &["/materieleRegistratie/datumEinde", "/_embedded/hoofdvestiging/materieleRegistratie/datumEinde"]);
    let registration = Registration {
        sbi: sbi(row),
        place: place(row),
        started: started.as_deref().and_then(when::day).or_else(|| formal.as_deref().and_then(when::day)),
        ended: ended.as_deref().and_then(when::day),
        legal_form,
        event: None,
        natural,
    };
    let published = formal.as_deref().and_then(when::moment);
    let record = registered(key, registration);
    Ok(Record { published: published.or(record.published), ..record })
}

/// The text at the first pointer that has one. A template of the documentation says `string` everywhere.
fn first(row: &Value, pointers: &[&str]) -> Option<String> {
    pointers.iter().filter_map(|pointer| json::text_at(row, pointer)).find(|text| text != "string")
}

/// The number that links of a profile hold, for parts of it that do not state their own.
fn linked_number(row: &Value) -> Option<String> {
    static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"/basisprofielen/(\d{8})(?:/|$)").ok());
    let links = ["/links/*/href", "/_links/self/href", "/_links/basisprofiel/href"];
    let hrefs = links.iter().flat_map(|pointer| json::all(row, pointer)).filter_map(json::scalar);
    let found = |href: String| Some(NUMBER.as_ref()?.captures(&href)?.get(1)?.as_str().to_owned());
    hrefs.into_iter().find_map(found)
}

/// SBI codes, main activity first, as the register writes them.
fn sbi(row: &Value) -> Vec<String> {
    let own = json::all(row, "/sbiActiviteiten/*");
    let activities = if own.is_empty() { json::all(row, "/_embedded/hoofdvestiging/sbiActiviteiten/*") } else { own };
    let is_main = |activity: &Value| json::member(activity, "indHoofdactiviteit").is_some_and(json::is_yes);
    let (main, other): (Vec<&Value>, Vec<&Value>) = activities.into_iter().partition(|activity| is_main(activity));
    let mut codes = Vec::new();
    for code in main.into_iter().chain(other).filter_map(|activity| sbi_code(&json::text(activity, "sbiCode")?)) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

/// The place of the visiting address, else of another. Of an address that is shielded nothing is read.
fn place(row: &Value) -> Option<String> {
    let shielded = |value: &Value| {
        ["indAfgeschermd", "indAdresAfgeschermd"].iter().any(|name| json::member(value, name).is_some_and(json::is_yes))
    };
    if shielded(row) {
        return None;
    }
    let lists = ["/adressen/*", "/_embedded/hoofdvestiging/adressen/*", "/_embedded/eigenaar/adressen/*"];
    let mut addresses: Vec<&Value> = lists.iter().flat_map(|pointer| json::all(row, pointer)).collect();
    addresses.retain(|address| !shielded(address));
    addresses.sort_by_key(|address| json::text(address, "type").is_none_or(|kind| kind != "bezoekadres"));
    let told = ["/plaats", "/adres/binnenlandsAdres/plaats", "/adres/plaats"];
    let place = first(row, &told).or_else(|| addresses.iter().find_map(|address| first(address, &["/plaats"])));
    place.or_else(|| {
        let whole = addresses.iter().find_map(|address| first(address, &["/volledigAdres"]));
        after_postcode(&first(row, &["/volledigAdres"]).or(whole)?)
    })
}

/// What stands behind the postcode of an address in one line.
fn after_postcode(address: &str) -> Option<String> {
    static TAIL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\b\d{4}\s?[A-Z]{2}\s+(\D+)$").ok());
    Some(TAIL.as_ref()?.captures(address.trim())?.get(1)?.as_str().trim().to_owned())
}

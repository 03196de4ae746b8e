//! Entities of the Tweede Kamer in OData v4: a walk over `ApiGewijzigdOp`, the moment at which the service got a change.
//!
//! Paging by offset drops rows when one changes during the walk, for it moves to the end and all others shift. So the next
//! question starts at the last moment seen, unless the service itself gives a link that does not count rows.

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::{
    Spec,
    answer::{self, Answer, is_about_persons},
};
use crate::{
    adapters::{Next, Page, ReadError, date, encoding, json, xml},
    domain::{
        exchange::{Cursor, Request, Response},
        record::{Body, Record, Rejection},
        week::amsterdam,
    },
};

const ACCEPT: &str = "application/json";
/// Asked again on every poll: the service loads in batches, and clocks differ.
const OVERLAP: SignedDuration = SignedDuration::from_hours(2);
/// The service gives no more than this in one answer.
const LARGEST_PAGE: u32 = 250;
/// Titles may be joined up to this length, in characters; a longer subject stays in the text only.
const LONGEST_TITLE: usize = 600;

/// What a question remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Walk {
    /// Changes from this moment on.
    from: Timestamp,
    /// Rows of that moment that were read already, when one moment holds more than a page.
    skip: u32,
    /// A backfill: only what is dated from this day on, and no cursor is moved.
    #[serde(default)]
    since: Option<Date>,
}

pub(super) fn open(spec: &Spec, since: &Cursor, now: Timestamp) -> Request {
    let start = spec.start.map_or(Timestamp::UNIX_EPOCH, midnight);
    let from = since.0.parse::<Timestamp>().map_or(start, |at| at.saturating_sub(OVERLAP).unwrap_or(start).max(start));
    Walk { from: from.min(now), skip: 0, since: None }.request(spec)
}

pub(super) fn backfill(spec: &Spec, from: Date) -> Request {
    // Nothing of a day can have reached the service before that day, so both conditions hold together.
    Walk { from: midnight(from), skip: 0, since: Some(from) }.request(spec)
}

pub(super) fn count(spec: &Spec, from: Date, to: Date) -> Request {
    let field = dated_by(spec.entity());
    let days = format!("{field} ge {} and {field} lt {} and Verwijderd eq false", midnight(from), midnight(to));
    let mut query = Serializer::new(String::new());
    query.append_pair("$filter", &with_filter(spec, days)).append_pair("$count", "true").append_pair("$top", "0");
    Request::new(format!("{}/{}?{}", spec.url, spec.entity(), query.finish()), ACCEPT)
}

fn midnight(day: Date) -> Timestamp {
    day.to_zoned_datetime(amsterdam().clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
}

/// The field with the day that an entity is about; those without one are counted by their arrival.
fn dated_by(entity: &str) -> &'static str {
    match entity {
        "Document" | "Activiteit" => "Datum",
        "Zaak" => "GestartOp",
        "Toezegging" => "Aanmaakdatum",
        _ => "ApiGewijzigdOp",
    }
}

fn with_filter(spec: &Spec, condition: String) -> String {
    match &spec.filter {
        Some(filter) => format!("{condition} and ({filter})"),
        None => condition,
    }
}

impl Walk {
    fn request(&self, spec: &Spec) -> Request {
        let mut condition = format!("ApiGewijzigdOp ge {}", self.from);
        if let Some(since) = self.since {
            condition.push_str(&format!(" and {} ge {}", dated_by(spec.entity()), midnight(since)));
        }
        let mut query = Serializer::new(String::new());
        query.append_pair("$filter", &with_filter(spec, condition));
        query.append_pair("$orderby", "ApiGewijzigdOp asc");
        if let Some(expand) = &spec.expand {
            query.append_pair("$expand", expand);
        }
        query.append_pair("$count", "true");
        query.append_pair("$top", &page_size(spec).to_string());
        if self.skip > 0 {
            query.append_pair("$skip", &self.skip.to_string());
        }
        let url = format!("{}/{}?{}", spec.url, spec.entity(), query.finish());
        Request::new(url, ACCEPT).with_note(serde_json::to_string(self).unwrap_or_default())
    }

    /// The question after an answer whose last row came at `last`.
    fn after(&self, answer: &Answer, last: Option<Timestamp>, spec: &Spec) -> Option<Request> {
        let rows = u32::try_from(answer.rows.len()).unwrap_or(u32::MAX);
        let all_seen = answer.stated.is_some_and(|stated| u64::from(self.skip) + u64::from(rows) >= stated);
        if rows < page_size(spec) && answer.next.is_none() || all_seen || rows == 0 {
            return None;
        }
        match last {
            Some(last) if last > self.from => Some(Self { from: last, skip: 0, since: self.since }.request(spec)),
            _ => Some(Self { skip: self.skip.saturating_add(rows), ..self.clone() }.request(spec)),
        }
    }
}

fn page_size(spec: &Spec) -> u32 {
    spec.page_size.unwrap_or(LARGEST_PAGE).clamp(1, LARGEST_PAGE)
}

pub(super) fn read(spec: &Spec, response: &Response) -> Result<Page, ReadError> {
    let answer = answer::parse(&response.body, response.content_type.as_deref())?;
    let mut page = page(&answer, Some(spec))?;
    let walk: Option<Walk> = serde_json::from_str(&response.request.note).ok();
    let last = answer.rows.iter().filter_map(|row| moment(row, &["ApiGewijzigdOp"])).max();
    let link = answer.next.as_deref().and_then(|href| json::same_host(&response.request.url, href));
    if answer.next.is_some() && link.is_none() {
        page.rejected.push(Rejection::new("volgende pagina", "de link wijst naar een andere server; niet gevolgd"));
    }
    let counts_rows = |href: &String| ["$skip=", "%24skip="].iter().any(|part| href.to_lowercase().contains(part));
    let own = walk.as_ref().and_then(|walk| walk.after(&answer, last, spec));
    let followed = link
        .filter(|href| own.is_none() || !counts_rows(href))
        .map(|href| Request::new(href, ACCEPT).with_note(response.request.note.clone()));
    page.next = followed.or(own).map(|request| Next { request, only_if_new: false });
    if let (Some(walk), Some(last)) = (walk, last) {
        // The cursor never runs back, and a backfill leaves it alone.
        page.cursor = Cursor(if walk.since.is_none() { last.max(walk.from).to_string() } else { String::new() });
    }
    Ok(page)
}

/// Records of the rows of an answer.
pub(super) fn page(answer: &Answer, spec: Option<&Spec>) -> Result<Page, ReadError> {
    let entity = if answer.entity().is_empty() { spec.map_or("", Spec::entity) } else { answer.entity() };
    if is_about_persons(entity) {
        let found = format!("gegevens van personen ({}); die lezen wij niet", json::words(entity));
        return Err(ReadError::NotThis { expected: "antwoord over documenten", found });
    }
    let service = answer.service().map(str::to_owned).or_else(|| spec.map(|spec| format!("{}/", spec.url)));
    let mut page = Page { stated: answer.stated, ..Page::default() };
    for (place, row) in answer.rows.iter().enumerate() {
        if is_only_a_count(row) {
            continue;
        }
        match record(row, entity) {
            Ok(mut record) => {
                let name = json::text(row, "@odata.type").and_then(|kind| kind.rsplit('.').next().map(str::to_owned));
                let entity = if entity.is_empty() { name.unwrap_or_default() } else { entity.to_owned() };
                address(&mut record, row, service.as_deref(), &entity, spec.is_some_and(|spec| spec.text));
                page.records.push(record);
            }
            Err(why) => {
                let key = json::text(row, "Id").unwrap_or_else(|| format!("rij {}", place + 1));
                page.rejected.push(Rejection::new(key, why));
            }
        }
    }
    Ok(page)
}

fn is_only_a_count(row: &Value) -> bool {
    row.as_object().is_some_and(|map| map.keys().all(|key| key.contains('@') || key.starts_with("odata.")))
}

/// Gives a record the address of its file, or else of the entity; both answer to anyone. Only a file that may be XML or HTML
/// is asked for: what states that it is PDF or Word is left where it is, for this program reads neither, and its title,
/// kind and subject tell enough to find it.
fn address(record: &mut Record, row: &Value, service: Option<&str>, entity: &str, with_text: bool) {
    let Some(service) = service.filter(|_| !entity.is_empty() && !record.withdrawn) else { return };
    let kind = json::text(row, "ContentType");
    let entity = format!("{service}{entity}({})", record.key);
    if kind.is_none() {
        record.link = Some(entity);
        return;
    }
    let file = format!("{entity}/resource");
    if with_text {
        record.detail = file_request(kind.as_deref(), &file);
    }
    record.link = Some(file);
}

/// The question for a file, unless it states that it is of a kind that we cannot read.
pub(super) fn file_request(kind: Option<&str>, address: &str) -> Option<Request> {
    let kind = kind.unwrap_or_default().to_lowercase();
    let readable =
        kind.is_empty() || ["xml", "html", "text/plain", "octet-stream"].iter().any(|word| kind.contains(word));
    let readable = readable && !["openxml", "opendocument", "officedocument"].iter().any(|word| kind.contains(word));
    readable.then(|| Request::new(address, "text/html, application/xhtml+xml, application/xml, text/xml"))
}

/// A row of OData or an entity of SyncFeed as a record. Names of fields are compared without case: OData writes
/// `DocumentNummer`, SyncFeed `documentNummer`.
pub(super) fn record(row: &Value, entity: &str) -> Result<Record, String> {
    if !row.is_object() {
        return Err("de rij is geen object".into());
    }
    let key = json::text(row, "Id").ok_or("de rij heeft geen Id")?;
    let api = moment(row, &["ApiGewijzigdOp"]);
    let changed = moment(row, &["GewijzigdOp", "bijgewerkt"]);
    let revision = api.or(changed).map(|at| at.to_string()).unwrap_or_default();
    let withdrawn = json::member(row, "Verwijderd").is_some_and(json::is_yes);
    let title = title(row, entity).unwrap_or_default();
    if title.is_empty() && !withdrawn {
        return Err("geen titel, onderwerp, soort of nummer".into());
    }
    let dates = ["Datum", "DatumRegistratie", "DatumOntvangst", "GestartOp", "Aanmaakdatum", "Aanvangstijd", "Begin"];
    Ok(Record {
        key,
        revision,
        title,
        published: moment(row, &dates),
        updated: changed.or(api),
        body: if withdrawn { Body::default() } else { body(row) },
        withdrawn,
        ..Record::default()
    })
}

/// The title of a document is often that of its dossier, and the subject tells what it is: a reader needs both.
fn title(row: &Value, entity: &str) -> Option<String> {
    let text = |name: &str| json::text(row, name).map(|text| xml::collapse(&text)).filter(|text| !text.is_empty());
    let (main, subject) = (text("Titel"), text("Onderwerp"));
    if let (Some(main), Some(subject)) = (&main, &subject) {
        let (low, under) = (main.to_lowercase(), subject.to_lowercase());
        if low.contains(&under) {
            return Some(main.clone());
        }
        if under.contains(&low) {
            return Some(subject.clone());
        }
        let joined = format!("{main}: {subject}");
        return Some(if joined.chars().count() <= LONGEST_TITLE { joined } else { main.clone() });
    }
    let named = main
        .or(subject)
        .or_else(|| ["Citeertitel", "Alias", "NaamNL", "BesluitTekst"].iter().find_map(|name| text(name)));
    named.or_else(|| {
        let number = text("Nummer").or_else(|| text("DocumentNummer"));
        let promise = text("Tekst").map(|text| {
            let short: String = text.chars().take(200).collect();
            if short.len() < text.len() { format!("{short}…") } else { short }
        });
        let kind =
            text("Soort").or_else(|| promise.is_none().then(|| number.as_ref().map(|_| entity.to_owned())).flatten());
        let parts: Vec<String> =
            [kind, promise.or(number)].into_iter().flatten().filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    })
}

/// Fields of text in the order in which a reader wants them. Names of persons in fields of their own are left out.
const TEXT: [&str; 11] = [
    "Soort",
    "Titel",
    "Onderwerp",
    "Citeertitel",
    "Alias",
    "Tekst",
    "BesluitTekst",
    "AgendapuntTekst",
    "Noot",
    "HuidigeBehandelstatus",
    "Status",
];

fn body(row: &Value) -> Body {
    let mut lines = Vec::new();
    gather(row, "", 0, &mut lines);
    lines.dedup();
    let text = lines.join("\n");
    let is_html = ["</p>", "<p>", "<br", "</li>", "</div>", "&nbsp;"].iter().any(|tag| text.contains(tag));
    if is_html { Body::Html(text.replace('\n', "<br>\n")) } else { Body::Plain(text) }
}

/// Text of a row, and titles of what it was expanded with.
fn gather(row: &Value, label: &str, depth: u8, lines: &mut Vec<String>) {
    let Value::Object(map) = row else { return };
    let fields = TEXT.iter().take(if depth == 0 { TEXT.len() } else { 4 });
    let mut seen: Vec<String> = Vec::new();
    for text in fields.filter_map(|name| json::text(row, name)) {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    if depth == 0 {
        lines.append(&mut seen);
    } else if !seen.is_empty() {
        lines.push(format!("{label}: {}", seen.join(", ")));
    }
    if depth > 2 {
        return;
    }
    for (name, value) in map.iter().filter(|(name, _)| !is_about_persons(name)) {
        match value {
            Value::Array(list) => list.iter().take(100).for_each(|inner| gather(inner, name, depth + 1, lines)),
            Value::Object(_) => gather(value, name, depth + 1, lines),
            _ => {}
        }
    }
}

fn moment(row: &Value, names: &[&str]) -> Option<Timestamp> {
    names.iter().find_map(|name| date::parse(&json::text(row, name)?))
}

/// Fills in the text of a document's file. A file of another kind, and one that is not there, change nothing: the record
/// keeps its title and subject, for the document itself was not taken back.
pub(super) fn complete(record: Record, detail: &Response) -> Result<Record, ReadError> {
    let record = Record { detail: None, ..record };
    if detail.status >= 400 {
        return Ok(record);
    }
    let text = match sniff(&detail.body) {
        Kind::Other => return Ok(record),
        Kind::Html => return Ok(Record { body: Body::Html(with_body(&record.body, &decoded(detail))), ..record }),
        Kind::Xml => decoded(detail),
    };
    let root =
        xml::parse(&text).map_err(|error| ReadError::Broken(format!("het bestand bij het document: {error}")))?;
    let mut words = String::new();
    paragraphs(&root, &mut words);
    let lines: Vec<String> = words.lines().map(xml::collapse).filter(|line| !line.is_empty()).collect();
    let head = match &record.body {
        Body::Plain(head) | Body::Html(head) => head.clone(),
    };
    Ok(Record { body: Body::Plain(format!("{head}\n{}", lines.join("\n"))), ..record })
}

fn decoded(detail: &Response) -> String {
    encoding::decode(&detail.body, detail.content_type.as_deref())
}

fn with_body(body: &Body, html: &str) -> String {
    match body {
        Body::Plain(head) | Body::Html(head) => format!("{}<br>\n{html}", head.replace('\n', "<br>\n")),
    }
}

enum Kind {
    Xml,
    Html,
    Other,
}

/// What a file is by its first bytes: the header says `application/octet-stream` too often.
fn sniff(body: &[u8]) -> Kind {
    let head = String::from_utf8_lossy(body.get(..body.len().min(1_000)).unwrap_or_default()).to_lowercase();
    let head = head.replace('\0', "");
    let head = head.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{fffd}'));
    if !head.starts_with('<') {
        return Kind::Other;
    }
    let is_html = head.starts_with("<!doctype html") || head.contains("<html");
    if is_html { Kind::Html } else { Kind::Xml }
}

/// Elements that end a line also where they stand amid text.
const LINES: [&str; 10] =
    ["al", "alineaitem", "kop", "li", "p", "spreekbeurt", "subtitel", "titel", "title", "tussenkop"];

/// Text with a line per paragraph. An element amid text, such as emphasis, does not break a word; all others end a line.
fn paragraphs(element: &xml::Element, into: &mut String) {
    if element.name == "metadata" {
        return;
    }
    let is_mixed = element.children.iter().any(|node| matches!(node, xml::Node::Text(text) if !text.trim().is_empty()));
    for node in &element.children {
        match node {
            xml::Node::Text(text) => into.push_str(&text.replace(['\n', '\r'], " ")),
            xml::Node::LineBreak => into.push(' '),
            xml::Node::Element(inner) => {
                paragraphs(inner, into);
                if !is_mixed || LINES.contains(&inner.name.to_lowercase().as_str()) {
                    into.push('\n');
                }
            }
        }
    }
}

//! Tables of CBS and of the police: cells become figures. Version 3 has a row per combination of codes with a column per
//! measure (`TypedDataSet`), version 4 a row per cell (`Observations`).
//!
//! A poll first asks when the table was modified, and stops there if it was not since the last time. Then it asks year by
//! year and, where the source names categories, category by category: an answer holds at most 10,000 cells, and `$skip` is
//! reported not to be reliable at the police's tables.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::form_urlencoded::Serializer;

use super::{
    Form, Spec,
    answer::{self, Answer},
};
use crate::{
    adapters::{Next, Page, ReadError, json},
    domain::{
        exchange::{Cursor, Request, Response},
        figure::Figure,
        record::Rejection,
        week,
    },
};

const ACCEPT: &str = "application/json";
/// Rows in one answer unless the source says otherwise.
const PAGE: u32 = 2_000;
/// Years back unless the source says otherwise.
const YEARS: u32 = 3;
/// The dimension of time; CBS calls it the same in all tables.
const PERIOD: &str = "Perioden";
/// Names of dimensions that hold regions.
const REGIONS: [&str; 5] = ["RegioS", "WijkenEnBuurten", "Regios", "Gebieden", "RegioKenmerken"];
/// Tables about one year that have no dimension of time, and whose borders are those of that year.
const YEARLY: [(&str, i16); 2] = [("85984NED", 2024), ("86165NED", 2025)];

/// What a question remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Walk {
    /// The cursor at the start.
    since: String,
    /// `Modified` of the table or, until it is known, the month of the poll.
    modified: String,
    /// The year of the poll.
    year: i16,
    /// Which question of the walk this is; none asks when the table was modified.
    step: Option<u32>,
    /// Rows of this question that were read already.
    skip: u32,
}

pub(super) fn open(spec: &Spec, since: &Cursor, now: Timestamp) -> Request {
    let day = week::day(now);
    let modified = day.strftime("%Y-%m").to_string();
    let walk = Walk { since: since.0.clone(), modified, year: day.year(), step: None, skip: 0 };
    let about = if spec.form == Form::TableV3 { "TableInfos" } else { "Properties" };
    walk.carried_by(format!("{}/{}/{about}", spec.url, table(spec)))
}

fn table(spec: &Spec) -> &str {
    spec.table.as_deref().unwrap_or_default()
}

impl Walk {
    fn carried_by(&self, url: String) -> Request {
        Request::new(url, ACCEPT).with_note(serde_json::to_string(self).unwrap_or_default())
    }

    fn request(&self, spec: &Spec) -> Request {
        let mut query = Serializer::new(String::new());
        let conditions = self.conditions(spec);
        if !conditions.is_empty() {
            query.append_pair("$filter", &conditions.join(" and "));
        }
        let kept = [spec.region.as_deref(), spec.category.as_deref(), spec.period.is_none().then_some(PERIOD)];
        // Only a name with its number is that of a column.
        let are_columns = !spec.measures.is_empty() && spec.measures.iter().all(|name| is_topic(name));
        if spec.form == Form::TableV3 && are_columns {
            let names: Vec<&str> = kept.into_iter().flatten().chain(spec.measures.iter().map(String::as_str)).collect();
            query.append_pair("$select", &names.join(","));
        }
        query.append_pair("$top", &page_size(spec).to_string());
        if self.skip > 0 {
            query.append_pair("$skip", &self.skip.to_string());
        }
        let set = if spec.form == Form::TableV3 { "TypedDataSet" } else { "Observations" };
        self.carried_by(format!("{}/{}/{set}?{}", spec.url, table(spec), query.finish()))
    }

    fn conditions(&self, spec: &Spec) -> Vec<String> {
        let step = self.step.unwrap_or(0);
        let categories = u32::try_from(spec.categories.len()).unwrap_or(u32::MAX).max(1);
        let starts = |name: &str, code: &str| format!("startswith({name},'{}')", code.replace('\'', "''"));
        let any = |terms: Vec<String>| (!terms.is_empty()).then(|| format!("({})", terms.join(" or ")));
        let mut conditions = Vec::new();
        if spec.period.is_none() {
            let back = i16::try_from(step / categories).unwrap_or(0);
            conditions.push(starts(PERIOD, &self.year.saturating_sub(back).to_string()));
        }
        if let Some(region) = &spec.region {
            conditions.extend(any(spec.regions.iter().map(|code| starts(region, code)).collect()));
        }
        let code = usize::try_from(step % categories).ok().and_then(|place| spec.categories.get(place));
        if let (Some(category), Some(code)) = (&spec.category, code) {
            conditions.push(starts(category, code));
        }
        if spec.form == Form::TableV4 {
            conditions.extend(any(spec.measures.iter().map(|code| format!("Measure eq '{code}'")).collect()));
        }
        conditions
    }

    /// The question after one that is read to its end.
    fn next_step(&self, spec: &Spec) -> Option<Self> {
        let years = if spec.period.is_some() { 1 } else { spec.periods.unwrap_or(YEARS).max(1) };
        let steps = years.saturating_mul(u32::try_from(spec.categories.len()).unwrap_or(u32::MAX).max(1));
        let step = self.step.map_or(0, |step| step + 1);
        (step < steps).then(|| Self { step: Some(step), skip: 0, ..self.clone() })
    }
}

fn page_size(spec: &Spec) -> u32 {
    spec.page_size.unwrap_or(PAGE)
}

pub(super) fn read(spec: &Spec, response: &Response) -> Result<Page, ReadError> {
    let answer = answer::parse(&response.body, response.content_type.as_deref())?;
    let walk: Option<Walk> = serde_json::from_str(&response.request.note).ok();
    let following = |walk: Walk| Next { request: walk.request(spec), only_if_new: false };
    if let Some(walk) = walk.as_ref().filter(|walk| walk.step.is_none()) {
        let modified = modified(&answer).unwrap_or_else(|| walk.modified.clone());
        let cursor = Cursor(modified.clone());
        if modified == walk.since {
            return Ok(Page { cursor, ..Page::default() });
        }
        let next = Walk { modified, ..walk.clone() }.next_step(spec).map(following);
        return Ok(Page { next, ..Page::default() });
    }
    if describes(&answer) {
        return Err(description(&answer));
    }
    let mut page = cells(&answer, &Columns::of(Some(spec)), &spec.measures, &code_of(&answer, table(spec)));
    if let Some(walk) = walk {
        let rows = u32::try_from(answer.rows.len()).unwrap_or(u32::MAX);
        let skip = walk.skip.saturating_add(rows);
        let link = answer.next.as_deref().and_then(|href| json::same_host(&response.request.url, href));
        let more = rows >= page_size(spec) && answer.stated.is_none_or(|stated| stated > u64::from(skip));
        let modified = walk.modified.clone();
        let next = match link {
            Some(href) => Some(Next { request: Walk { skip, ..walk }.carried_by(href), only_if_new: false }),
            None if more => Some(following(Walk { skip, ..walk })),
            None => walk.next_step(spec).map(following),
        };
        page.cursor = Cursor(if next.is_none() { modified } else { String::new() });
        page.next = next;
    }
    Ok(page)
}

fn code_of(answer: &Answer, asked: &str) -> String {
    // https://.../odata/47018NED/$metadata: the id stands before the metadata.
    let told = answer.root.trim_end_matches("/$metadata").rsplit('/').next().unwrap_or_default();
    let is_id = told.chars().any(|c| c.is_ascii_digit()) && told.chars().all(|c| c.is_ascii_alphanumeric());
    if asked.is_empty() && is_id { told.to_owned() } else { asked.to_owned() }
}

/// When a table was modified, as it says.
fn modified(answer: &Answer) -> Option<String> {
    answer.rows.iter().find_map(|row| json::text(row, "Modified"))
}

fn describes(answer: &Answer) -> bool {
    answer.rows.first().is_some_and(|row| row.get("Identifier").is_some() && row.get("Modified").is_some())
}

fn description(answer: &Answer) -> ReadError {
    let text = |name: &str| answer.rows.first().and_then(|row| json::text(row, name)).unwrap_or_default();
    let found = format!("de beschrijving van tabel {} (gewijzigd {})", text("Identifier"), text("Modified"));
    ReadError::NotThis { expected: "antwoord met cijfers", found: json::words(&found) }
}

/// True when the rows are cells of a table, or describe one.
pub(super) fn is_it(answer: &Answer) -> bool {
    let set = answer.entity();
    let known = ["TypedDataSet", "UntypedDataSet", "Observations"].iter().any(|name| set.eq_ignore_ascii_case(name));
    let Some(Value::Object(row)) = answer.rows.first() else { return known };
    let is_v4 = row.contains_key("Measure") && (row.contains_key("Value") || row.contains_key("ValueAttribute"));
    let is_v3 = row.contains_key(PERIOD) || row.keys().any(|name| REGIONS.contains(&name.as_str()));
    known || is_v4 || describes(answer) || (is_v3 && !row.contains_key("Verwijderd"))
}

/// Cells of a saved answer, of which nothing is known but what it says itself.
pub(super) fn saved(answer: &Answer) -> Result<Page, ReadError> {
    if describes(answer) {
        return Err(description(answer));
    }
    Ok(cells(answer, &Columns::of(None), &[], &code_of(answer, "")))
}

/// Which columns are what, as far as a source says.
#[derive(Default)]
struct Columns {
    region: Option<String>,
    category: Option<String>,
    period: Option<String>,
}

impl Columns {
    fn of(spec: Option<&Spec>) -> Self {
        spec.map_or_else(Self::default, |spec| Self {
            region: spec.region.clone(),
            category: spec.category.clone(),
            period: spec.period.clone(),
        })
    }
}

fn cells(answer: &Answer, columns: &Columns, measures: &[String], table: &str) -> Page {
    let mut page = Page { stated: answer.stated, ..Page::default() };
    // The same fault in thousands of cells is one rejection that counts them.
    let mut faults: BTreeMap<String, usize> = BTreeMap::new();
    let year = YEARLY.iter().find(|(id, _)| id.eq_ignore_ascii_case(table)).map(|(_, year)| *year);
    for row in &answer.rows {
        let Value::Object(map) = row else {
            *faults.entry("de rij is geen object".into()).or_default() += 1;
            continue;
        };
        let dimensions = Dimensions::of(map, columns);
        let stated = columns.period.clone().or_else(|| year.map(|year| format!("{year}JJ00")));
        let period = match dimensions.period.clone().or(stated) {
            Some(period) if is_period(&period) => period,
            Some(period) => {
                let why = format!("periode '{}' is geen jaar, kwartaal of maand", json::words(&period));
                *faults.entry(why).or_default() += 1;
                continue;
            }
            None => {
                *faults.entry("zonder periode; zet `period` in de bron".into()).or_default() += 1;
                continue;
            }
        };
        for (measure, value) in values(map) {
            if !measures.is_empty() && !measures.iter().any(|wanted| is_measure(&measure, wanted)) {
                continue;
            }
            match number(value) {
                Ok(value) => page.figures.push(Figure {
                    table: table.to_owned(),
                    period: period.clone(),
                    region: dimensions.region.clone(),
                    borders: year,
                    category: dimensions.category.clone(),
                    measure,
                    value,
                }),
                Err(()) => *faults.entry(format!("{}: tekst, geen getal", json::words(&measure))).or_default() += 1,
            }
        }
    }
    let is_wanted = |name: &str| measures.is_empty() || measures.iter().any(|wanted| is_measure(name, wanted));
    let named: Vec<String> = answer.rows.first().and_then(Value::as_object).map(names).unwrap_or_default();
    if !named.is_empty() && page.figures.is_empty() && faults.is_empty() && !named.iter().any(|name| is_wanted(name)) {
        let known = named.iter().take(8).map(|name| json::words(name)).collect::<Vec<_>>().join(", ");
        faults.insert(format!("geen van de `measures` komt voor; wel {known}"), answer.rows.len());
    }
    page.rejected = faults
        .into_iter()
        .map(|(why, count)| Rejection::new(format!("tabel {table}"), format!("{why} ({count} keer)")))
        .collect();
    page
}

type Map = serde_json::Map<String, Value>;

/// The codes of one row.
#[derive(Default)]
struct Dimensions {
    period: Option<String>,
    region: String,
    category: String,
}

impl Dimensions {
    /// Columns that the source names; failing that, by their usual names and the form of their codes. What is left and is
    /// text is the category, several joined by a slash, so that no two cells look the same.
    fn of(map: &Map, columns: &Columns) -> Self {
        let mut found = Self::default();
        let mut rest = Vec::new();
        let is_named =
            |name: &str, wanted: &Option<String>| wanted.as_deref().is_some_and(|w| w.eq_ignore_ascii_case(name));
        for (name, value) in map {
            let Some(code) = value.as_str().map(str::trim) else { continue };
            if is_about_the_cell(name) || is_topic(name) {
                continue;
            }
            if name.eq_ignore_ascii_case(PERIOD) || (found.period.is_none() && is_period(code)) {
                found.period = Some(code.to_owned());
            } else if is_named(name, &columns.region)
                || (columns.region.is_none() && (REGIONS.contains(&name.as_str()) || is_region(code)))
            {
                code.clone_into(&mut found.region);
            } else if is_named(name, &columns.category) {
                rest.insert(0, code);
            } else {
                rest.push(code);
            }
        }
        found.category = rest.join("/");
        found
    }
}

fn is_about_the_cell(name: &str) -> bool {
    name.contains("odata.")
        || name.starts_with('@')
        || ["ID", "Id", "Measure", "Value", "ValueAttribute", "StringValue"].contains(&name)
}

/// In version 3 a measure has a number behind its name: `GeregistreerdeMisdrijven_1`.
fn is_topic(name: &str) -> bool {
    name.rsplit_once('_').is_some_and(|(_, tail)| !tail.is_empty() && tail.chars().all(|c| c.is_ascii_digit()))
}

fn is_measure(name: &str, wanted: &str) -> bool {
    let bare = if is_topic(name) { name.rsplit_once('_').map_or(name, |(bare, _)| bare) } else { name };
    name.eq_ignore_ascii_case(wanted) || bare.eq_ignore_ascii_case(wanted)
}

/// Codes of country, part of the country, province, gemeente, wijk, buurt and other regions.
fn is_region(code: &str) -> bool {
    let (letters, digits) = code.split_at_checked(2).unwrap_or_default();
    let known = ["NL", "LD", "PV", "GM", "WK", "BU", "CR", "CP", "GA", "SG", "RE", "VR", "AM", "RB"].contains(&letters);
    known
        && !digits.is_empty()
        && digits.chars().all(|c| c.is_ascii_alphanumeric())
        && digits.starts_with(|c: char| c.is_ascii_digit())
}

/// A year, quarter or month as CBS writes it: `2025JJ00`, `2025KW02`, `2025MM06`.
pub(super) fn is_period(code: &str) -> bool {
    let Some((year, rest)) = code.split_at_checked(4) else { return false };
    let Some((form, number)) = rest.split_at_checked(2) else { return false };
    let number = number.parse::<u8>().ok().filter(|_| number.len() == 2 && !number.starts_with('+'));
    let fits = match form {
        "JJ" => number == Some(0),
        "KW" => number.is_some_and(|number| (1..=4).contains(&number)),
        "MM" => number.is_some_and(|number| (1..=12).contains(&number)),
        _ => false,
    };
    fits && year.chars().all(|c| c.is_ascii_digit())
}

/// The measures of a row: one in version 4, all numbered columns in version 3.
fn values(map: &Map) -> Vec<(String, &Value)> {
    if let Some(measure) = map.get("Measure").and_then(json::scalar) {
        let number = map.get("Value").filter(|value| !value.is_null());
        let text = map.get("StringValue").filter(|value| !value.is_null());
        return vec![(measure, number.or(text).unwrap_or(&Value::Null))];
    }
    let is_value = |name: &str, value: &Value| {
        !is_about_the_cell(name) && !name.eq_ignore_ascii_case(PERIOD) && (is_topic(name) || value.is_number())
    };
    map.iter().filter(|(name, value)| is_value(name, value)).map(|(name, value)| (name.clone(), value)).collect()
}

fn names(map: &Map) -> Vec<String> {
    values(map).into_iter().map(|(name, _)| name).collect()
}

/// A number; none where the source hides or misses it (null, a dot, empty); an error where it is text.
fn number(value: &Value) -> Result<Option<f64>, ()> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => Ok(number.as_f64()),
        Value::String(text) if ["", ".", "-", "x"].contains(&text.trim()) => Ok(None),
        Value::String(text) => {
            let number = text.trim().replace(',', ".").parse::<f64>().map_err(|_| ())?;
            if number.is_finite() { Ok(Some(number)) } else { Err(()) }
        }
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Err(()),
    }
}

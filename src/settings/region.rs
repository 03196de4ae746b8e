//! The region that is served: its gemeenten, where they lie, and their borders where a file names them.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use serde_json::Value;

use super::{Knowledge, faults::Fault, raw::Raw};
use crate::{
    assets,
    domain::place::{Centre, Shape},
};

/// The file with the middles of gemeenten, under the configuration folder.
const CENTRES: &str = "gebieden/middelpunten.csv";

/// The region that is served.
#[derive(Debug, Clone)]
pub struct Region {
    /// Name in headings.
    pub name: String,
    /// CBS codes of its gemeenten.
    pub gemeenten: HashSet<String>,
    /// Where they lie, by code; one without a known middle is not on the map.
    pub centres: Vec<Centre>,
    /// Their borders; empty without a file.
    pub shapes: Vec<Shape>,
}

pub(super) fn load(
    raw: &Raw,
    base: &Path,
    knowledge: &Knowledge,
    faults: &mut Vec<Fault>,
    files: &mut Vec<String>,
) -> Option<Region> {
    let gemeenten = gemeenten(raw, knowledge, faults)?;
    let own = (!raw.paths.config.is_empty()).then(|| base.join(&raw.paths.config).join(CENTRES));
    let own = own.filter(|file| file.exists());
    let text = match own.as_ref().map(std::fs::read_to_string) {
        None => assets::config(CENTRES).unwrap_or_default().to_owned(),
        Some(Ok(text)) => text,
        Some(Err(error)) => {
            faults.push(Fault::new(format!("config/{CENTRES}"), format!("niet te lezen: {error}")));
            return None;
        }
    };
    files.push(own.map_or_else(|| format!("config/{CENTRES}"), |file| file.display().to_string()));
    let centres = centres(&text, &gemeenten, knowledge, faults);
    let shapes = if raw.region.boundaries.is_empty() {
        Vec::new()
    } else {
        let file = base.join(&raw.region.boundaries);
        files.push(file.display().to_string());
        shapes(&file, &gemeenten, faults)
    };
    Some(Region { name: raw.region.name.clone(), gemeenten, centres, shapes })
}

fn gemeenten(raw: &Raw, knowledge: &Knowledge, faults: &mut Vec<Fault>) -> Option<HashSet<String>> {
    for code in &raw.region.gemeenten {
        if knowledge.gazetteer.gemeente(code).is_none() {
            faults.push(Fault::new(
                "region.gemeenten",
                format!("'{code}' is geen code van een gemeente; zie config/gebieden/gemeenten.csv"),
            ));
        }
    }
    let gemeenten: HashSet<String> = if raw.region.gemeenten.is_empty() {
        let of_riec = knowledge.gazetteer.gemeenten().filter(|gemeente| gemeente.riec == raw.region.riec);
        of_riec.map(|gemeente| gemeente.code.clone()).collect()
    } else {
        raw.region.gemeenten.iter().cloned().collect()
    };
    if gemeenten.is_empty() {
        faults.push(Fault::new(
            "region",
            "er hoort geen gemeente bij deze regio: vul gemeenten in met CBS-codes, of een riec dat in de tabel staat",
        ));
        return None;
    }
    Some(gemeenten)
}

/// Middles of the gemeenten of the region, by code, so that every start draws the same map.
fn centres(text: &str, gemeenten: &HashSet<String>, knowledge: &Knowledge, faults: &mut Vec<Fault>) -> Vec<Centre> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut centres = Vec::new();
    for (line, row) in (2..).zip(reader.deserialize::<(String, f64, f64)>()) {
        match row {
            Ok((code, lat, lon)) if gemeenten.contains(&code) => {
                let name = knowledge.gazetteer.name(&code).to_owned();
                centres.push(Centre { code, name, lat, lon });
            }
            Ok(_) => {}
            Err(error) => faults.push(Fault {
                file: format!("config/{CENTRES}"),
                line: Some(line),
                text: format!("geen regel met code, breedte en lengte ({error})"),
            }),
        }
    }
    centres.sort_by(|a, b| a.code.cmp(&b.code));
    centres
}

/// Borders out of a GeoJSON file in degrees: each feature is known by a property that holds a CBS code, whatever its name.
fn shapes(file: &Path, gemeenten: &HashSet<String>, faults: &mut Vec<Fault>) -> Vec<Shape> {
    let mut wrong = |why: String| {
        faults.push(Fault::new("region.boundaries", format!("'{}' {why}", file.display())));
        Vec::new()
    };
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) => return wrong(format!("kan niet worden gelezen ({error}): pas het pad aan of laat het leeg")),
    };
    let json: Value = match serde_json::from_str(&text) {
        Ok(json) => json,
        Err(error) => return wrong(format!("is geen GeoJSON: {error}")),
    };
    let mut found: HashMap<String, Vec<Vec<(f64, f64)>>> = HashMap::new();
    for feature in json.get("features").and_then(Value::as_array).into_iter().flatten() {
        let properties = feature.get("properties").and_then(Value::as_object).into_iter().flatten();
        let code = properties.filter_map(|(_, value)| value.as_str()).find(|value| gemeenten.contains(*value));
        let Some(code) = code else { continue };
        let mut rings = Vec::new();
        collect(feature.pointer("/geometry/coordinates").unwrap_or(&Value::Null), &mut rings);
        found.entry(code.to_owned()).or_default().extend(rings);
    }
    if found.is_empty() {
        return wrong(
            "noemt geen enkele gemeente van de regio: een kenmerk moet de CBS-code zijn, zoals GM0361".into(),
        );
    }
    let degrees = |(lon, lat): &(f64, f64)| (-180.0..=180.0).contains(lon) && (-90.0..=90.0).contains(lat);
    if !found.values().flatten().flatten().all(degrees) {
        return wrong("rekent niet in graden: zet het om naar WGS 84 (EPSG:4326)".into());
    }
    let mut shapes: Vec<Shape> = found.into_iter().map(|(code, rings)| Shape { code, rings }).collect();
    shapes.sort_by(|a, b| a.code.cmp(&b.code));
    shapes
}

/// Rings at any depth: a polygon holds rings, a multipolygon holds polygons.
fn collect(value: &Value, rings: &mut Vec<Vec<(f64, f64)>>) {
    let Some(parts) = value.as_array() else { return };
    let point = |value: &Value| Some((value.get(0)?.as_f64()?, value.get(1)?.as_f64()?));
    let ring: Vec<(f64, f64)> = parts.iter().filter_map(point).collect();
    if ring.len() >= 3 && ring.len() == parts.len() {
        rings.push(ring);
        return;
    }
    for part in parts {
        collect(part, rings);
    }
}

//! `judgment`: what saved judgments decided and why, a summary for a person or an object per file.

use std::path::{Path, PathBuf};

use super::{Failure, read::bytes, say};
use crate::{
    adapters::judgments::read_saved,
    domain::judgment::Judgment,
    rulings::{Direction, Field, Link, Origin, Place, Understood},
    settings::{Knowledge, Settings},
};

#[derive(Debug, clap::Args)]
pub(super) struct JudgmentArguments {
    /// Bewaarde uitspraken (XML van Rechtspraak Open Data); - is de standaardinvoer
    #[arg(required = true, value_name = "BESTAND")]
    files: Vec<PathBuf>,
    /// Een JSON-object per bestand, op een regel
    #[arg(long)]
    jsonl: bool,
}

/// What stands where nothing was read.
const MISSING: &str = "niet gevonden";

pub(super) fn run(config: Option<&Path>, arguments: &JudgmentArguments) -> Result<(), Failure> {
    let settings = Settings::load(config)?;
    let knowledge = &settings.knowledge;
    for file in &arguments.files {
        let name = file.display().to_string();
        let read = bytes(file).and_then(|body| judgment(&body)).map(|judgment| understood(knowledge, &judgment));
        match (read, arguments.jsonl) {
            (Ok(read), true) => say(&serde_json::to_string(&read)?)?,
            (Ok(read), false) => say(&shown(knowledge, &read))?,
            (Err(error), true) => say(&serde_json::json!({ "file": name, "error": error }).to_string())?,
            (Err(error), false) => say(&format!("{name}: {error}\n"))?,
        }
    }
    Ok(())
}

fn judgment(body: &[u8]) -> Result<Judgment, String> {
    let page = read_saved(body).map_err(|error| error.to_string())?;
    let first = page.records.into_iter().next().and_then(|record| record.judgment);
    first.ok_or_else(|| "geen uitspraak, maar een lijst met zoekresultaten: geef het document van een ECLI".to_owned())
}

fn understood(knowledge: &Knowledge, judgment: &Judgment) -> Understood {
    knowledge.rulings.read(judgment, &knowledge.extractor.extract(&judgment.text()))
}

/// A field with the place where it was read.
fn line<T>(name: &str, field: &Field<T>, words: impl FnOnce(&T) -> String) -> String {
    match field.found() {
        Some(found) => format!("  {name:<12} {} [{}]", words(&found.value), place(&found.place)),
        None => format!("  {name:<12} {MISSING}"),
    }
}

fn place(place: &Place) -> String {
    match place.origin {
        Origin::Metadata => format!("metadata, {}", place.section),
        Origin::Inhoudsindicatie => "inhoudsindicatie".to_owned(),
        Origin::Tekst if !place.paragraph.is_empty() => format!("alinea {}", place.paragraph),
        Origin::Tekst if !place.section.is_empty() => format!("onder '{}'", place.section),
        Origin::Tekst => format!("teken {}-{}", place.start, place.end),
    }
}

fn shown(knowledge: &Knowledge, read: &Understood) -> String {
    let outcome = |id: &String| {
        let label = read.outcome.all.iter().find(|one| one.value.id == *id).map(|one| one.value.label.clone());
        let partly = if read.outcome.partly { " (deels)" } else { "" };
        format!("{}{partly}", label.unwrap_or_else(|| id.clone()))
    };
    let mut lines = vec![
        read.ecli.clone(),
        line("instantie", &read.court, Clone::clone),
        line("kamer", &read.chamber, Clone::clone),
        line("procedure", &read.procedure, |all| all.join(", ")),
        line("instrument", &read.instrument, |id| knowledge.listed(id).to_owned()),
        line("uitkomst", &read.outcome.main, outcome),
        line("besluit", &read.outcome.decision, Clone::clone),
        line("grond", &read.ground, Clone::clone),
        line("gemeente", &read.gemeente, |code| knowledge.gazetteer.name(code).to_owned()),
    ];
    if read.closure.duration.found().is_some() || read.closure.object.found().is_some() {
        lines.push(line("sluiting", &read.closure.duration, ToString::to_string));
        lines.push(line("wat dicht", &read.closure.object, Clone::clone));
    }
    if read.closure.duration_by_court.found().is_some() {
        lines.push(line("van rechter", &read.closure.duration_by_court, ToString::to_string));
    }
    lines.extend(read.chain.iter().map(link));
    for decisive in read.decisive.iter().take(3) {
        lines.push(format!("  {:<12} \"{}\" [{}]", "doorslag", decisive.sentence, place(decisive)));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn link(link: &Link) -> String {
    let direction = if link.direction == Direction::Later { "later" } else { "eerder" };
    let parts = [Some(link.relation.clone()), link.court.clone(), link.date.clone(), link.case_number.clone()];
    let mut words: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    words.extend(link.ecli.clone());
    words.extend(link.fate.as_ref().map(|fate| format!("daarna: {fate}")));
    format!("  {direction:<12} {} [{}]", words.join(", "), place(&link.place))
}

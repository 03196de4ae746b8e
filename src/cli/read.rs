//! `uitkijk read`: saved responses through the adapters, so that anyone can see and measure what they make of them.

use std::{io::Read as _, path::PathBuf};

use super::{Failure, say};
use crate::{
    adapters::{KINDS, Spec},
    domain::record::{Body, Record},
    normalise::text,
};

#[derive(Debug, clap::Args)]
pub(super) struct ReadArguments {
    /// Soort bron
    #[arg(value_parser = KINDS)]
    kind: String,
    /// Bewaarde antwoorden; - is de standaardinvoer
    #[arg(required = true, value_name = "BESTAND")]
    files: Vec<PathBuf>,
    /// Een JSON-object per bestand, op een regel
    #[arg(long)]
    jsonl: bool,
}

/// Largest file that is read.
const LARGEST: u64 = 50_000_000;

pub(super) fn run(arguments: &ReadArguments) -> Result<(), Failure> {
    for file in &arguments.files {
        let name = file.display().to_string();
        let page =
            bytes(file).and_then(|body| Spec::read_saved(&arguments.kind, &body).map_err(|error| error.to_string()));
        if arguments.jsonl {
            let line = match page {
                Ok(page) => serde_json::json!({
                    "file": name,
                    "figures": page.figures,
                    "stated": page.stated,
                    "records": page.records.iter().map(record).collect::<Vec<_>>(),
                    "rejected": page.rejected.iter().map(|rejection| serde_json::json!({"key": rejection.key, "why": rejection.why})).collect::<Vec<_>>(),
                }),
                Err(error) => serde_json::json!({ "file": name, "error": error }),
            };
            say(&line.to_string())?;
            continue;
        }
        match page {
            Err(error) => say(&format!("{name}: {error}"))?,
            Ok(page) => {
                say(&format!("{name}: {} gelezen, {} geweigerd", page.records.len(), page.rejected.len()))?;
                for record in &page.records {
                    let published = record.published.map(|at| at.to_string()).unwrap_or_default();
                    say(&format!("  {published:<22} {}", text::line(&record.title)))?;
                }
                for rejection in &page.rejected {
                    say(&format!("  geweigerd: {} ({})", rejection.key, rejection.why))?;
                }
            }
        }
    }
    Ok(())
}

/// What stands in a file, or on standard input for `-`.
pub(super) fn bytes(file: &PathBuf) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut body)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(LARGEST + 1).read_to_end(&mut body))
    };
    let length = read.map_err(|error| format!("niet te lezen: {error}"))?;
    if u64::try_from(length).unwrap_or(u64::MAX) > LARGEST {
        return Err(format!("groter dan {LARGEST} bytes"));
    }
    Ok(body)
}

fn record(record: &Record) -> serde_json::Value {
    let body = match &record.body {
        Body::Plain(plain) => text::tidy(plain),
        Body::Html(html) => text::of_html(html),
    };
    let mut value = serde_json::json!({
        "key": record.key,
        "title": text::line(&record.title),
        "link": record.link,
        "published": record.published.map(|at| at.to_string()),
        "updated": record.updated.map(|at| at.to_string()),
        "text": body,
    });
    if let (Some(judgment), Some(value)) = (&record.judgment, value.as_object_mut()) {
        value.insert("judgment".into(), serde_json::to_value(judgment).unwrap_or_default());
        value.insert("without_text".into(), judgment.is_without_text().into());
    }
    if let (true, Some(value)) = (record.withdrawn, value.as_object_mut()) {
        value.insert("withdrawn".into(), true.into());
    }
    if let (Some(registration), Some(value)) = (&record.registration, value.as_object_mut()) {
        value.insert("registration".into(), serde_json::to_value(registration).unwrap_or_default());
    }
    if let (Some(gemeente), Some(value)) = (&record.gemeente, value.as_object_mut()) {
        value.insert("gemeente".into(), gemeente.clone().into());
    }
    value
}

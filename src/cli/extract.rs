//! `extract`: the citations in a text, for a person and as a filter over lines.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

use super::{Failure, lines, say};
use crate::{
    citations::{Citation, Extractor},
    settings::Settings,
};

#[derive(Debug, clap::Args)]
pub(super) struct ExtractArguments {
    /// Een tekst, of de naam van een tekstbestand
    #[arg(value_name = "TEKST|BESTAND", required_unless_present = "jsonl")]
    text: Option<String>,
    /// Regels {"id","text"} uit een bestand of van de standaardinvoer (-)
    #[arg(long, value_name = "BESTAND|-", conflicts_with = "text")]
    jsonl: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    #[serde(default)]
    text: String,
}

pub(super) fn run(config: Option<&Path>, arguments: &ExtractArguments) -> Result<(), Failure> {
    let settings = Settings::load(config)?;
    let extractor = &settings.knowledge.extractor;
    if let Some(file) = &arguments.jsonl {
        return extract_lines(extractor, file);
    }
    let given = arguments.text.clone().unwrap_or_default();
    let text = if Path::new(&given).is_file() {
        let bytes = std::fs::read(&given).with_context(|| format!("'{given}' lezen"))?;
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        given
    };
    say(&shown(&extractor.extract(&text)))
}

fn extract_lines(extractor: &Extractor, file: &Path) -> Result<(), Failure> {
    lines::each::<Line>(file, r#"{"id","text"}"#, |line| {
        let said = match line {
            Ok(line) => serde_json::json!({ "id": line.id, "citations": extractor.extract(&line.text) }),
            Err(said) => said,
        };
        say(&said.to_string())
    })
}

/// The citations as a table: place in characters, kind, the identifier, and the words.
fn shown(citations: &[Citation]) -> String {
    if citations.is_empty() {
        return "Geen verwijzingen gevonden.".to_owned();
    }
    let identifiers: Vec<String> = citations.iter().map(identifier).collect();
    let wide = identifiers.iter().map(|one| one.chars().count()).max().unwrap_or_default().max("verwijst naar".len());
    let mut lines = vec![format!("{:<13} {:<11} {:<wide$} woorden", "plaats", "soort", "verwijst naar")];
    lines.extend(citations.iter().zip(&identifiers).map(|(citation, identifier)| {
        let place = format!("{}-{}", citation.start, citation.end);
        let words = citation.text.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{place:<13} {:<11} {identifier:<wide$} {words}", citation.kind)
    }));
    let (count, what) = (citations.len(), if citations.len() == 1 { "verwijzing" } else { "verwijzingen" });
    lines.push(format!("{count} {what}; de plaats is geteld in tekens"));
    lines.join("\n")
}

/// The JCI of a law, the ECLI of a judgment, else the article alone or a dash.
fn identifier(citation: &Citation) -> String {
    let article = || citation.article.as_ref().map(|article| format!("artikel {article}, zonder BWB-nummer"));
    citation.jci().or_else(|| citation.ecli.clone()).or_else(article).unwrap_or_else(|| "-".to_owned())
}

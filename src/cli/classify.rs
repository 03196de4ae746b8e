//! `classify`: what a text is about, for a person and as a filter over lines.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Deserialize;

use super::{Failure, lines, say};
use crate::{
    domain::verdict::{Label, Outcome, Part, Verdict},
    normalise::language,
    pipeline::judge::verdict,
    report::words,
    settings::{Knowledge, Settings},
};

#[derive(Debug, clap::Args)]
pub(super) struct ClassifyArguments {
    /// Een tekst, of de naam van een tekstbestand; de eerste regel is de titel
    #[arg(value_name = "TEKST|BESTAND", required_unless_present = "jsonl")]
    text: Option<String>,
    /// Regels {"id","title","text"} uit een bestand of van de standaardinvoer (-)
    #[arg(long, value_name = "BESTAND|-", conflicts_with = "text")]
    jsonl: Option<PathBuf>,
    /// Uitkomst als JSON
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

pub(super) fn run(config: Option<&Path>, arguments: &ClassifyArguments) -> Result<(), Failure> {
    let settings = Settings::load(config)?;
    let knowledge = &settings.knowledge;
    if let Some(file) = &arguments.jsonl {
        return classify_lines(knowledge, file);
    }
    let given = arguments.text.clone().unwrap_or_default();
    let text = if Path::new(&given).is_file() {
        std::fs::read_to_string(&given).with_context(|| format!("'{given}' lezen"))?
    } else {
        given
    };
    let (title, body) = text.split_once('\n').unwrap_or(("", text.as_str()));
    let verdict = verdict(knowledge, title, body, &language::of(title, body, "nl"));
    if arguments.json {
        return say(&answer(&serde_json::Value::Null, title, body, &verdict).to_string());
    }
    say(&shown(knowledge, &verdict))
}

fn classify_lines(knowledge: &Knowledge, file: &Path) -> Result<(), Failure> {
    lines::each::<Line>(file, r#"{"id","title","text"}"#, |line| {
        let said = match line {
            Ok(line) => {
                let verdict = verdict(knowledge, &line.title, &line.text, &language::of(&line.title, &line.text, "nl"));
                answer(&line.id, &line.title, &line.text, &verdict)
            }
            Err(said) => said,
        };
        say(&said.to_string())
    })
}

fn answer(id: &serde_json::Value, title: &str, text: &str, verdict: &Verdict) -> serde_json::Value {
    let fenomenen: Vec<serde_json::Value> = verdict
        .labels
        .iter()
        .map(|label| {
            let p = (label.p * 10_000.0).round() / 10_000.0;
            let (id, verdict) = (&label.fenomeen, label.outcome.name());
            if label.why.is_empty() {
                serde_json::json!({ "id": id, "p": p, "verdict": verdict })
            } else {
                serde_json::json!({ "id": id, "p": p, "verdict": verdict, "why": why(label, title, text) })
            }
        })
        .collect();
    serde_json::json!({
        "id": id,
        "language": language::of(title, text, "nl"),
        "fenomenen": fenomenen,
        "instrumenten": verdict.instrumenten,
        "gebieden": verdict.gebieden,
        "branches": verdict.branches,
        "model": verdict.model,
    })
}

/// The words that carried a label, as spans in characters of the title or of the text.
fn why(label: &Label, title: &str, text: &str) -> serde_json::Value {
    let spans = label.why.iter().map(|reason| {
        let (part, whole) = if reason.part == Part::Title { ("title", title) } else { ("text", text) };
        let before = |end: usize| whole.get(..end).unwrap_or_default().chars().count();
        let weight = (reason.weight * 100.0).round() / 100.0;
        serde_json::json!({
            "part": part, "start": before(reason.start), "end": before(reason.end), "text": reason.word, "weight": weight,
        })
    });
    spans.collect()
}

/// The words that carried a label, with their sign, for a person.
pub(super) fn told(label: &Label) -> String {
    let reasons = label.why.iter().map(|reason| {
        let sign = if reason.weight < 0.0 { "-" } else { "+" };
        format!("{} {sign}{}", reason.word, words::decimal(reason.weight.abs()))
    });
    reasons.collect::<Vec<_>>().join(", ")
}

fn shown(knowledge: &Knowledge, verdict: &Verdict) -> String {
    let mut lines = Vec::new();
    for outcome in [Outcome::Ja, Outcome::Twijfel] {
        for label in verdict.with(outcome) {
            let reasons = told(label);
            let name = knowledge.label(&label.fenomeen);
            lines.push(format!(
                "{:<8} {} {name} (telden mee: {})",
                outcome.name(),
                words::probability(label.p),
                reasons
            ));
        }
    }
    if lines.is_empty() {
        let best = verdict
            .with(Outcome::Nee)
            .first()
            .map(|label| format!("{} {}", knowledge.label(&label.fenomeen), words::probability(label.p)));
        lines.push(format!("geen fenomeen (hoogste kans: {})", best.unwrap_or_default()));
    }
    let names =
        |codes: &[String]| codes.iter().map(|code| knowledge.gazetteer.name(code).to_owned()).collect::<Vec<_>>();
    for (axis, values) in [
        ("gebied", names(&verdict.gebieden)),
        ("instrument", verdict.instrumenten.clone()),
        ("branche", verdict.branches.clone()),
    ] {
        if !values.is_empty() {
            lines.push(format!("{axis:<10} {}", values.join(", ")));
        }
    }
    lines.push(format!("model      {}", verdict.model));
    lines.join("\n")
}

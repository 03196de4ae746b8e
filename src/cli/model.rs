//! Commands around the model: train, evaluate, classify.

use std::{
    io::{BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use serde::Deserialize;

use super::{Failure, say, tell};
use crate::{
    assets,
    classify::{
        Classifier,
        bundle::Bundle,
        corpus::Corpus,
        evaluate::{Report, cross_validate, test_on},
        train::{Params, train as fit},
    },
    domain::verdict::{Outcome, Verdict},
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

#[derive(Debug, clap::Args)]
pub(super) struct TrainArguments {
    /// Map met voorbeelden (*.jsonl)
    #[arg(long, default_value = "models/training", value_name = "MAP")]
    corpus: PathBuf,
    /// Map waarin het model komt
    #[arg(long, default_value = "models/2026-11", value_name = "MAP")]
    out: PathBuf,
    /// Begingetal van het toeval
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Gewicht van de rem op grote gewichten
    #[arg(long, default_value_t = Params::default().alpha)]
    alpha: f64,
}

#[derive(Debug, clap::Args)]
pub(super) struct EvaluateArguments {
    /// Map met voorbeelden (*.jsonl)
    #[arg(long, default_value = "models/training", value_name = "MAP")]
    corpus: PathBuf,
    /// Meet het meegeleverde of ingestelde model op andere voorbeelden (*.jsonl in deze map), in plaats van kruisvalidatie
    #[arg(long, value_name = "MAP")]
    on: Option<PathBuf>,
    /// Begingetal van het toeval
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Gewicht van de rem op grote gewichten
    #[arg(long, default_value_t = Params::default().alpha)]
    alpha: f64,
    /// Schrijft de kaart (CARD.md) en evaluation.json in deze map
    #[arg(long, value_name = "MAP", conflicts_with = "on")]
    card: Option<PathBuf>,
    /// Uitkomst als JSON
    #[arg(long)]
    json: bool,
}

/// Ids of the fenomenen, without needing a model: training makes the first one.
fn known_labels() -> Vec<String> {
    let files = assets::config_folder("fenomenen").into_iter();
    files.filter_map(|(name, _)| Some(Path::new(&name).file_stem()?.to_string_lossy().into_owned())).collect()
}

fn params(version: &Path, seed: u64, alpha: f64) -> Params {
    let version = version.file_name().map_or_else(|| "proef".to_owned(), |name| name.to_string_lossy().into_owned());
    Params { version, seed, alpha, ..Params::default() }
}

pub(super) fn train(_config: Option<&Path>, arguments: &TrainArguments) -> Result<(), Failure> {
    let started = Instant::now();
    let corpus = Corpus::read(&arguments.corpus, &known_labels())?;
    tell(&format!("{} voorbeelden gelezen; het model wordt gemaakt ...", corpus.examples.len()));
    let bundle = fit(&corpus, &params(&arguments.out, arguments.seed, arguments.alpha))?;
    let bytes = bundle.to_bytes();
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("de map '{}' maken", arguments.out.display()))?;
    let file = arguments.out.join("model.bin");
    let beside = file.with_extension("tmp");
    std::fs::write(&beside, &bytes).with_context(|| format!("'{}' schrijven", beside.display()))?;
    std::fs::rename(&beside, &file).with_context(|| format!("'{}' schrijven", file.display()))?;
    say(&format!(
        "{}: {} fenomenen, {} kenmerken, {} kB, corpus {}, drempel {}, {} s",
        file.display(),
        bundle.labels.len(),
        words::whole(i64::try_from(bundle.vocabulary.len()).unwrap_or(0)),
        bytes.len() / 1000,
        bundle.corpus,
        bundle.labels.first().map_or_else(String::new, |label| words::probability(f64::from(label.high))),
        words::decimal(started.elapsed().as_secs_f64())
    ))
}

pub(super) fn evaluate(config: Option<&Path>, arguments: &EvaluateArguments) -> Result<(), Failure> {
    let params = params(Path::new("evaluatie"), arguments.seed, arguments.alpha);
    let report = match &arguments.on {
        Some(folder) => {
            let settings = Settings::load(config)?;
            let corpus = Corpus::read(folder, &known_labels())?;
            test_on(
                &settings.knowledge.classifier,
                &corpus,
                &format!("model {}, op andere voorbeelden", settings.knowledge.classifier.version()),
            )
        }
        None => {
            let corpus = Corpus::read(&arguments.corpus, &known_labels())?;
            tell(&format!("{} voorbeelden; {} keer leren en toetsen ...", corpus.examples.len(), params.folds));
            cross_validate(&corpus, &params)?
        }
    };
    if let Some(folder) = &arguments.card {
        write_card(folder, arguments, &report)?;
    }
    say(&if arguments.json { serde_json::to_string(&report)? } else { report.markdown() })
}

/// The card tells what the model is made of and how good it is; it is written by the program, so that it cannot be
/// prettier than the figures.
fn write_card(folder: &Path, arguments: &EvaluateArguments, report: &Report) -> Result<(), Failure> {
    let bytes =
        std::fs::read(folder.join("model.bin")).with_context(|| format!("'{}/model.bin' lezen", folder.display()))?;
    let bundle = Bundle::from_bytes(&bytes).map_err(anyhow::Error::from)?;
    let corpus = Corpus::read(&arguments.corpus, &known_labels())?;
    let negatives = corpus.examples.iter().filter(|example| example.labels.is_empty());
    let (hard, ordinary): (Vec<_>, Vec<_>) = negatives.partition(|example| example.hard);
    let text = format!(
        "# Model {}\n\nOne-vs-rest logistic regression on words, pairs of words and character n-grams (3 to 5), with Platt scaling\n\
         and one pair of thresholds for all labels. Fitted with linfa (`Fit`, `Predict`, Platt scaling) and argmin (L-BFGS);\n\
         see `src/classify`. Written by `uitkijk evaluate --card`; the figures are those of the run below, nothing else.\n\n\
         | | |\n|---|---|\n| corpus | `models/training`, digest `{}` |\n| examples | {} ({} with a fenomeen, {} ordinary negatives, {} hard negatives) |\n\
         | features | {} |\n| size | {} kB |\n| seed | {} |\n| \"ja\" from | {:.2} |\n| \"twijfel\" from | {:.2} |\n\n\
         The corpus is fictional and written for this purpose by a few hands: figures on text by others will be lower than these.\n\
         The model is for Dutch text; other languages get at most \"twijfel\".\n\n## Cross-validation\n\n{}",
        bundle.version,
        bundle.corpus,
        corpus.examples.len(),
        corpus.examples.len() - hard.len() - ordinary.len(),
        ordinary.len(),
        hard.len(),
        bundle.vocabulary.len(),
        bytes.len() / 1000,
        bundle.seed,
        bundle.labels.first().map_or(0.0, |label| label.high),
        bundle.labels.first().map_or(0.0, |label| label.low),
        report.markdown()
    );
    std::fs::write(folder.join("CARD.md"), text)?;
    std::fs::write(folder.join("evaluation.json"), serde_json::to_string_pretty(report)? + "\n")?;
    Ok(())
}

#[derive(Deserialize)]
struct Line {
    id: serde_json::Value,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

/// Longest line of input, in bytes: a line of 10 MB is answered with an error, not with memory.
const LONGEST_LINE: u64 = 4_000_000;

pub(super) fn classify(config: Option<&Path>, arguments: &ClassifyArguments) -> Result<(), Failure> {
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
    say(&shown(knowledge, title, body, &verdict))
}

fn classify_lines(knowledge: &Knowledge, file: &Path) -> Result<(), Failure> {
    let mut reader: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(std::fs::File::open(file).with_context(|| format!("'{}' openen", file.display()))?))
    };
    for number in 1_u64.. {
        let mut bytes = Vec::new();
        if reader.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LONGEST_LINE && !bytes.ends_with(b"\n") {
            reader.skip_until(b'\n')?;
            say(
                &serde_json::json!({ "line": number, "error": format!("de regel is langer dan {LONGEST_LINE} bytes") })
                    .to_string(),
            )?;
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        if text.trim().is_empty() {
            continue;
        }
        let said = match serde_json::from_str::<Line>(&text) {
            Ok(line) => {
                let verdict = verdict(knowledge, &line.title, &line.text, &language::of(&line.title, &line.text, "nl"));
                answer(&line.id, &line.title, &line.text, &verdict)
            }
            Err(error) => {
                serde_json::json!({ "line": number, "error": format!("geen {{\"id\",\"title\",\"text\"}}: {error}") })
            }
        };
        say(&said.to_string())?;
    }
    Ok(())
}

fn answer(id: &serde_json::Value, title: &str, text: &str, verdict: &Verdict) -> serde_json::Value {
    let fenomenen: Vec<serde_json::Value> = verdict
        .labels
        .iter()
        .map(|label| serde_json::json!({ "id": label.fenomeen, "p": (label.p * 10_000.0).round() / 10_000.0, "verdict": label.outcome.name() }))
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

fn shown(knowledge: &Knowledge, title: &str, text: &str, verdict: &Verdict) -> String {
    let mut lines = Vec::new();
    let classifier: &Classifier = &knowledge.classifier;
    for outcome in [Outcome::Ja, Outcome::Twijfel] {
        for label in verdict.with(outcome) {
            let reasons: Vec<String> = classifier
                .explain(title, text, &label.fenomeen, 6)
                .into_iter()
                .map(|reason| {
                    format!(
                        "{} {}{}",
                        reason.word,
                        if reason.weight < 0.0 { "-" } else { "+" },
                        words::decimal(reason.weight.abs())
                    )
                })
                .collect();
            let name = knowledge.label(&label.fenomeen);
            lines.push(format!(
                "{:<8} {} {name} (telden mee: {})",
                outcome.name(),
                words::probability(label.p),
                reasons.join(", ")
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

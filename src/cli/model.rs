//! Commands around the model: train, evaluate, and the check of the corpus.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;

use super::{Failure, card::Card, say, tell};
use crate::{
    adapters::Spec,
    assets,
    classify::{
        Classifier,
        bundle::Bundle,
        check,
        compare::{Comparison, Conclusion, compare},
        corpus::{Corpus, Example},
        evaluate::{Report, Test, cross_validate, held_out_kind, test_on},
        train::{Params, train as fit},
        weak,
    },
    clock,
    domain::{record::Body, verdict::Outcome},
    normalise::text::of_html,
    report::words,
    settings::{Settings, Teaching},
    store::{
        Store,
        corrections::{Correction, by_text, fold},
    },
};

#[derive(Debug, clap::Args)]
pub(super) struct TrainArguments {
    /// Map met voorbeelden (*.jsonl); zonder dit de meegeleverde voorbeelden
    #[arg(long, value_name = "MAP")]
    corpus: Option<PathBuf>,
    /// Map waarin het model komt; zonder dit een nieuwe map onder de statusmap, die bij het herladen in gebruik komt
    #[arg(long, value_name = "MAP")]
    out: Option<PathBuf>,
    /// Begingetal van het toeval
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Gewicht van de rem op grote gewichten
    #[arg(long, default_value_t = Params::default().alpha)]
    alpha: f64,
    /// Hoogste aantal onterechte labels per 100 moeilijke voorbeelden zonder fenomeen, waar de drempels op worden gekozen
    #[arg(long, default_value_t = Params::default().most_hard)]
    most_hard: f64,
    /// Vergelijkt met het model dat in gebruik is; een slechter model komt niet in gebruik
    #[arg(long)]
    compare: bool,
    /// Leert ook van uitspraken in deze map, met de aangehaalde artikelen als zwakke labels
    #[arg(long, value_name = "MAP")]
    weak: Option<PathBuf>,
    /// Laat verbeteringen van mensen buiten beschouwing
    #[arg(long)]
    without_corrections: bool,
}

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct EvaluateArguments {
    #[command(subcommand)]
    what: Option<super::measure::EvaluateCommand>,
    /// Map met voorbeelden (*.jsonl); zonder dit de meegeleverde voorbeelden
    #[arg(long, value_name = "MAP")]
    corpus: Option<PathBuf>,
    /// Meet het meegeleverde of ingestelde model op andere voorbeelden (*.jsonl in deze map), in plaats van kruisvalidatie
    #[arg(long, value_name = "MAP")]
    on: Option<PathBuf>,
    /// Leert zonder dit register (council, judgment, ...) en toetst op dat register
    #[arg(long, value_name = "REGISTER", conflicts_with = "on")]
    held_out: Option<String>,
    /// Leest uitspraken en bekendmakingen in deze map: hoeveel lange juridische teksten krijgen een label?
    #[arg(long, value_name = "MAP")]
    real: Option<PathBuf>,
    /// Meet of zwakke labels van uitspraken in deze map helpen
    #[arg(long, value_name = "MAP", conflicts_with = "on")]
    weak: Option<PathBuf>,
    /// Begingetal van het toeval
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Gewicht van de rem op grote gewichten
    #[arg(long, default_value_t = Params::default().alpha)]
    alpha: f64,
    /// Schrijft de kaart (CARD.md), evaluation.json en de plaatjes in deze map; doet alle metingen
    #[arg(long, value_name = "MAP", conflicts_with = "on")]
    card: Option<PathBuf>,
    /// Uitkomst als JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct CorpusArguments {
    /// Map met voorbeelden (*.jsonl); zonder dit de meegeleverde voorbeelden
    #[arg(long, value_name = "MAP")]
    corpus: Option<PathBuf>,
    /// Uitkomst als JSON
    #[arg(long)]
    json: bool,
}

/// The register that is held out: council papers speak a language of their own.
const HELD_OUT: &str = "council";

fn params(version: &str, seed: u64, alpha: f64) -> Params {
    Params { version: version.to_owned(), seed, alpha, ..Params::default() }
}

/// The examples of a folder; or the shipped ones, with one's own beside them.
pub(super) fn read(folder: Option<&Path>, teaching: &Teaching) -> Result<Corpus, Failure> {
    let known = &teaching.fenomenen;
    if let Some(folder) = folder {
        return Ok(Corpus::read(folder, known)?);
    }
    let shipped = shipped(&assets::training(), known)?;
    Ok(match &teaching.examples {
        Some(folder) => shipped.with(Corpus::read(folder, known)?.examples),
        None => shipped,
    })
}

/// Shipped examples, of the fenomenen that are watched here: an example of another one is left out.
fn shipped(files: &[(String, &'static str)], known: &[String]) -> Result<Corpus, Failure> {
    let all: Vec<String> = assets::config_folder("fenomenen").into_iter().filter_map(|(name, _)| stem(&name)).collect();
    let corpus = Corpus::parse(files.iter().map(|(name, text)| (name.as_str(), *text)), &all)?;
    let is_known = |example: &Example| example.labels.iter().all(|label| known.contains(label));
    Ok(Corpus::of(corpus.examples.into_iter().filter(is_known).collect()))
}

fn stem(name: &str) -> Option<String> {
    Some(Path::new(name).file_stem()?.to_string_lossy().into_owned())
}

/// The test set that no model is ever fitted on.
fn frozen(known: &[String]) -> Result<Corpus, Failure> {
    shipped(&assets::test_set(), known)
}

pub(super) fn corpus(config: Option<&Path>, arguments: &CorpusArguments) -> Result<(), Failure> {
    let teaching = Teaching::load(config)?;
    let findings = check::check(&read(arguments.corpus.as_deref(), &teaching)?);
    say(&if arguments.json { serde_json::to_string(&findings)? } else { findings.told() })
}

pub(super) async fn train(config: Option<&Path>, arguments: &TrainArguments) -> Result<(), Failure> {
    let started = Instant::now();
    let teaching = Teaching::load(config)?;
    let mut corpus = read(arguments.corpus.as_deref(), &teaching)?;
    let (taught, kept_back) =
        if arguments.without_corrections { (Vec::new(), Vec::new()) } else { taught(&teaching).await? };
    let weak =
        arguments.weak.as_deref().map(|folder| weak_examples(folder, &teaching)).transpose()?.unwrap_or_default();
    tell(&format!(
        "{} voorbeelden, {} verbeteringen van mensen en {} zwakke labels; het model wordt gemaakt ...",
        corpus.examples.len(),
        taught.len(),
        weak.len()
    ));
    if !taught.is_empty() || !weak.is_empty() {
        corpus = corpus.with(taught.into_iter().chain(weak).collect());
    }
    let version = arguments.out.as_deref().and_then(Path::file_name).map_or_else(
        || clock::now().strftime("%Y-%m-%dT%H%M%S").to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    let bundle = tokio::task::block_in_place(|| {
        let params = params(&version, arguments.seed, arguments.alpha);
        fit(&corpus, &Params { most_hard: arguments.most_hard, ..params })
    })?;
    let folder = arguments.out.clone().unwrap_or_else(|| teaching.models.join(&version));
    let comparison =
        if arguments.compare { Some(compared(config, &teaching, &bundle, kept_back, arguments.seed)?) } else { None };
    let bytes = bundle.to_bytes();
    write(&folder, "model.bin", &bytes)?;
    let high: Vec<f64> = bundle.labels.iter().map(|label| f64::from(label.high)).collect();
    say(&format!(
        "{}: {} fenomenen, {} kenmerken, {} kB, corpus {}, precisie {}, drempels {} tot {}, {} s",
        folder.join("model.bin").display(),
        bundle.labels.len(),
        words::whole(i64::try_from(bundle.vocabulary.len()).unwrap_or(0)),
        bytes.len() / 1000,
        bundle.corpus,
        words::probability(f64::from(bundle.precision)),
        words::probability(high.iter().copied().fold(1.0, f64::min)),
        words::probability(high.iter().copied().fold(0.0, f64::max)),
        words::decimal(started.elapsed().as_secs_f64())
    ))?;
    if let Some(comparison) = &comparison {
        say(&told(comparison))?;
    }
    if arguments.out.is_some() {
        return Ok(());
    }
    if comparison.is_some_and(|comparison| comparison.conclusion() == Conclusion::Worse) {
        return say("Het model blijft liggen en komt niet in gebruik.");
    }
    write(&teaching.models, "current", version.as_bytes())?;
    say("Het komt in gebruik bij het herladen: systemctl reload uitkijk (SIGHUP).")
}

/// Writes a file whole or not at all.
pub(super) fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).with_context(|| format!("de map '{}' maken", folder.display()))?;
    let file = folder.join(name);
    let beside = file.with_extension("tmp");
    std::fs::write(&beside, bytes).with_context(|| format!("'{}' schrijven", beside.display()))?;
    std::fs::rename(&beside, &file).with_context(|| format!("'{}' schrijven", file.display()))?;
    Ok(())
}

/// From this many corrected texts on, every fifth is kept back; before that all are learned from.
const ENOUGH_TO_KEEP_BACK: usize = 50;

/// What people taught, as examples: those to learn from, and those that are kept back to compare models with.
async fn taught(teaching: &Teaching) -> Result<(Vec<Example>, Vec<Example>), Failure> {
    if !teaching.database.exists() {
        return Ok((Vec::new(), Vec::new()));
    }
    let store = Store::open(&teaching.database).await?;
    let acts = by_text(store.corrections().await?);
    store.close().await;
    let examples: Vec<Example> = acts.iter().filter_map(|acts| example(acts, &teaching.fenomenen)).collect();
    if examples.len() < ENOUGH_TO_KEEP_BACK {
        return Ok((examples, Vec::new()));
    }
    let (back, learn): (Vec<_>, Vec<_>) = examples.into_iter().partition(|example| {
        example.id.bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 5 == 0
    });
    Ok((learn, back))
}

/// The example that the acts on one text make; none when its text is empty.
pub(super) fn example(acts: &[Correction], known: &[String]) -> Option<Example> {
    let last = acts.last()?;
    let said = fold(acts);
    let only = |names: Vec<String>| names.into_iter().filter(|name| known.contains(name)).collect();
    (!last.title.trim().is_empty() || !last.text.trim().is_empty()).then(|| Example {
        id: format!("{}/{}", last.source, last.key),
        title: last.title.clone(),
        text: last.text.clone(),
        hard: said.yes.is_empty(),
        labels: only(said.yes),
        kind: String::new(),
        hand: String::new(),
        unknown: only(said.open),
    })
}

fn compared(
    config: Option<&Path>,
    teaching: &Teaching,
    bundle: &Bundle,
    kept_back: Vec<Example>,
    seed: u64,
) -> Result<Comparison, Failure> {
    let settings = Settings::load(config)?;
    let examples = frozen(&teaching.fenomenen)?.with(kept_back);
    let old = Test::of(&settings.knowledge.classifier, &examples);
    let new = Test::of(&Classifier::new(bundle.clone()), &examples);
    Ok(compare(&old, &new.only(&old.labels), seed))
}

fn told(comparison: &Comparison) -> String {
    let conclusion = match comparison.conclusion() {
        Conclusion::Better => "Het nieuwe model is beter.",
        Conclusion::Same => "Er is geen verschil aangetoond.",
        Conclusion::Worse => "Het nieuwe model is slechter.",
    };
    let (f1, wrong) = (comparison.macro_f1, comparison.false_per_100);
    format!(
        "Vergeleken op {} voorbeelden waarvan geen van beide leerde:\n  macro-F1 {:.3} → {:.3} (verschil {:+.3} tot {:+.3})\n  \
         onterecht per 100 zonder fenomeen {:.1} → {:.1} (verschil {:+.1} tot {:+.1})\n{conclusion}",
        comparison.examples,
        f1.old,
        f1.new,
        f1.interval.0,
        f1.interval.1,
        wrong.old,
        wrong.new,
        wrong.interval.0,
        wrong.interval.1
    )
}

/// Documents of a folder and the folders in it, as their adapters read them: file, title and text.
fn documents(folder: &Path) -> Result<Vec<(String, String, String)>, Failure> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("de map '{}' lezen", folder.display()))?;
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(bytes) = std::fs::read(&path) else { continue };
            for kind in ["judgments", "sru"] {
                let Ok(page) = Spec::read_saved(kind, &bytes) else { continue };
                for record in page.records {
                    let text = match (&record.judgment, &record.body) {
                        (Some(judgment), _) => judgment.text(),
                        (None, Body::Html(html)) => of_html(html),
                        (None, Body::Plain(text)) => text.clone(),
                    };
                    if text.chars().count() > 200 {
                        found.push((record.key.clone(), record.title.clone(), text));
                    }
                }
                break;
            }
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    Ok(found)
}

fn weak_examples(folder: &Path, teaching: &Teaching) -> Result<Vec<Example>, Failure> {
    let documents = documents(folder)?;
    let example = |(key, title, text): &(String, String, String)| {
        weak::example(key, title, text, &teaching.laws, &teaching.pointers)
    };
    Ok(documents.iter().filter_map(example).collect())
}

pub(super) fn evaluate(config: Option<&Path>, arguments: &EvaluateArguments) -> Result<(), Failure> {
    if let Some(what) = &arguments.what {
        return super::measure::evaluate(config, what);
    }
    let teaching = Teaching::load(config)?;
    let params = params("evaluatie", arguments.seed, arguments.alpha);
    if let (Some(folder), None) = (&arguments.real, &arguments.card) {
        return say(&real(&Settings::load(config)?.knowledge.classifier, folder)?);
    }
    if let Some(folder) = &arguments.on {
        let settings = Settings::load(config)?;
        let classifier = &settings.knowledge.classifier;
        let corpus = Corpus::read(folder, &teaching.fenomenen)?;
        let method = format!("model {}, op andere voorbeelden", classifier.version());
        let report = test_on(classifier, &corpus, arguments.seed, &method);
        return shown(&report, arguments.json);
    }
    let corpus = read(arguments.corpus.as_deref(), &teaching)?;
    if let Some(folder) = &arguments.weak {
        return weak_helps(&corpus, folder, &teaching, &params);
    }
    if let Some(kind) = &arguments.held_out {
        return shown(&held_out_kind(&corpus, kind, &params)?, arguments.json);
    }
    tell(&format!("{} voorbeelden; {} keer leren en toetsen ...", corpus.examples.len(), params.folds));
    let report = cross_validate(&corpus, &params)?;
    if let Some(folder) = &arguments.card {
        let held_out = held_out_kind(&corpus, HELD_OUT, &params)?;
        let bytes = std::fs::read(folder.join("model.bin"))
            .with_context(|| format!("'{}/model.bin' lezen", folder.display()))?;
        let bundle = Bundle::from_bytes(&bytes).map_err(anyhow::Error::from)?;
        let classifier = Classifier::new(bundle.clone());
        let frozen = frozen(&teaching.fenomenen)?;
        let method = format!("model {}, op een toetsverzameling van een andere schrijver", bundle.version);
        let unseen = test_on(&classifier, &frozen, arguments.seed, &method);
        let real = arguments.real.as_deref().map(|folder| real(&classifier, folder)).transpose()?;
        let card =
            Card { bundle: &bundle, size: bytes.len(), report: &report, held_out: &held_out, unseen: &unseen, real };
        card.write(folder, &corpus)?;
    }
    shown(&report, arguments.json)
}

fn shown(report: &Report, json: bool) -> Result<(), Failure> {
    say(&if json {
        serde_json::to_string(report)?
    } else {
        format!("{}\nDe zekerste fouten:\n{}", report.markdown(), report.errors())
    })
}

/// Do weak labels help? The same folds, with and without them on the learning side.
fn weak_helps(corpus: &Corpus, folder: &Path, teaching: &Teaching, params: &Params) -> Result<(), Failure> {
    let weak = weak_examples(folder, teaching)?;
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for label in weak.iter().flat_map(|example| &example.labels) {
        *counts.entry(label.as_str()).or_default() += 1;
    }
    say(&format!("{} documenten met een zwak label: {counts:?}", weak.len()))?;
    let without = crate::classify::evaluate::cross_test(corpus, &[], params)?;
    let with = crate::classify::evaluate::cross_test(corpus, &weak, params)?;
    let comparison = compare(&without, &with, params.seed);
    say(&format!(
        "kruisvalidatie zonder en met: macro-F1 {:.3} en {:.3} (verschil {:+.3} tot {:+.3})",
        comparison.macro_f1.old,
        comparison.macro_f1.new,
        comparison.macro_f1.interval.0,
        comparison.macro_f1.interval.1
    ))
}

/// Long legal texts must not set labels off: what the model says of real documents, by label.
fn real(classifier: &Classifier, folder: &Path) -> Result<String, Failure> {
    let documents = documents(folder)?;
    let (mut yes, mut doubt) = (Vec::new(), 0_usize);
    for (key, title, text) in &documents {
        let labels = classifier.judge(title, text, "nl");
        for label in labels.iter().filter(|label| label.outcome == Outcome::Ja) {
            yes.push(format!(
                "- `{key}` {} ({:.2}): {}",
                label.fenomeen,
                label.p,
                title.chars().take(80).collect::<String>()
            ));
        }
        let only_doubt = |outcome| labels.iter().any(|label| label.outcome == outcome);
        doubt += usize::from(!only_doubt(Outcome::Ja) && only_doubt(Outcome::Twijfel));
    }
    let words: usize = documents.iter().map(|(_, _, text)| text.split_whitespace().count()).sum();
    Ok(format!(
        "{} echte documenten ({} woorden gemiddeld), meest oud belasting- en economisch recht: {} keer \"ja\", {doubt} alleen twijfel.\n\n{}\n",
        documents.len(),
        words / documents.len().max(1),
        yes.len(),
        yes.join("\n")
    ))
}

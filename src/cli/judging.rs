//! `uitkijk bench --judging`: how fast are texts judged on one core, how fast does the model load, and over which parts of
//! the examples does `evaluate` test, so that a peer can be given the same.

use std::time::Instant;

use super::{Failure, model::read, say};
use crate::{
    assets,
    classify::{Classifier, bundle::Bundle, train::folds},
    domain::verdict::Outcome,
    normalise::language,
    pipeline::judge::verdict,
    report::words,
    settings::{Settings, Teaching},
};

/// Each text is judged so many times, for a figure that holds.
const TIMES: u32 = 3;

pub(super) fn run(config: Option<&std::path::Path>, json: bool) -> Result<(), Failure> {
    let settings = Settings::load(config)?;
    let teaching = Teaching::load(config)?;
    let corpus = read(None, &teaching)?;
    let started = Instant::now();
    let classifier = Classifier::new(Bundle::from_bytes(assets::MODEL).map_err(anyhow::Error::from)?);
    // The first judgement makes the index of features; it is part of loading.
    let _warm = classifier.judge("", "een twee drie", "nl");
    let loading = started.elapsed();
    let mut yes = 0_usize;
    let per_second = |judge: &mut dyn FnMut(&str, &str)| {
        let started = Instant::now();
        for _ in 0..TIMES {
            for example in &corpus.examples {
                judge(&example.title, &example.text);
            }
        }
        let judged = f64::from(TIMES) * crate::classify::measures::number(corpus.examples.len());
        judged / started.elapsed().as_secs_f64()
    };
    let fenomenen = per_second(&mut |title, text| {
        yes += classifier.judge(title, text, "nl").iter().filter(|label| label.outcome == Outcome::Ja).count();
    });
    let all = per_second(&mut |title, text| {
        yes += verdict(&settings.knowledge, title, text, &language::of(title, text, "nl")).labels.len();
    });
    if json {
        let folds = folds(&corpus, 5, 2);
        let ids = |fold: &Vec<usize>| {
            fold.iter().filter_map(|place| corpus.examples.get(*place)).map(|own| own.id.clone()).collect::<Vec<_>>()
        };
        return say(&serde_json::json!({
            "examples": corpus.examples.len(), "fenomenen_per_second": fenomenen.round(), "all_axes_per_second": all.round(),
            "load_ms": loading.as_secs_f64() * 1000.0, "bundle_bytes": assets::MODEL.len(), "answers": yes,
            "folds": folds.iter().map(ids).collect::<Vec<_>>(),
        })
        .to_string());
    }
    say(&format!(
        "{} teksten, één kern: {} per seconde voor de fenomenen, {} met alle assen en de woorden die telden; model van {} kB in {} ms geladen",
        corpus.examples.len(),
        words::decimal(fenomenen.round()),
        words::decimal(all.round()),
        assets::MODEL.len() / 1000,
        words::decimal(loading.as_secs_f64() * 1000.0)
    ))
}

//! `evaluate axes`: how well the three axes that rules decide are read.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::{Failure, say};
use crate::{assets, pipeline::judge::rules, settings::Settings};

#[derive(Debug, clap::Args)]
pub(super) struct AxesArguments {
    /// Regels {"id","title","text","gemeenten","instrumenten","branches"}; zonder dit de meegeleverde
    #[arg(long, value_name = "BESTAND")]
    on: Option<PathBuf>,
    /// Noemt elke fout
    #[arg(long)]
    errors: bool,
    /// Uitkomst als JSON
    #[arg(long)]
    json: bool,
}

/// One line of the test. An axis that is absent is not tested.
#[derive(Deserialize)]
struct Line {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    gemeenten: Option<Vec<String>>,
    instrumenten: Option<Vec<String>>,
    branches: Option<Vec<String>>,
}

/// Counts over all lines of one axis.
#[derive(Default, Serialize)]
struct Axis {
    axis: &'static str,
    lines: u32,
    right: u32,
    missed: u32,
    extra: u32,
    precision: f64,
    recall: f64,
    f1: f64,
    #[serde(skip)]
    errors: Vec<String>,
}

impl Axis {
    fn add(&mut self, line: &Line, truth: &[String], found: &[String]) {
        let (truth, found): (BTreeSet<_>, BTreeSet<_>) = (truth.iter().collect(), found.iter().collect());
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.lines += 1;
        self.right += count(truth.intersection(&found).count());
        self.missed += count(truth.difference(&found).count());
        self.extra += count(found.difference(&truth).count());
        if truth != found {
            let names = |some: Vec<&&String>| some.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ");
            let (missed, extra) =
                (names(truth.difference(&found).collect()), names(found.difference(&truth).collect()));
            let whole: String = format!("{} | {}", line.title, line.text).chars().take(160).collect();
            self.errors.push(format!("{} {}: mist [{missed}], te veel [{extra}]: {whole}", self.axis, line.id));
        }
    }

    fn closed(mut self) -> Self {
        let share = |other: u32| f64::from(self.right) / f64::from(self.right + other).max(1.0);
        (self.precision, self.recall) = (share(self.extra), share(self.missed));
        self.f1 = 2.0 * f64::from(self.right) / f64::from(2 * self.right + self.missed + self.extra).max(1.0);
        self
    }
}

pub(super) fn evaluate(config: Option<&Path>, arguments: &AxesArguments) -> Result<(), Failure> {
    let AxesArguments { on, errors, json } = arguments;
    let settings = Settings::load(config)?;
    let text = match on {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("'{}' lezen", file.display()))?,
        None => assets::axes_test().to_owned(),
    };
    let name = on.as_ref().map_or_else(|| "models/toets/assen.jsonl".to_owned(), |file| file.display().to_string());
    let mut axes = ["gebied", "instrument", "branche"].map(|axis| Axis { axis, ..Axis::default() });
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line: Line = serde_json::from_str(line)
            .map_err(|error| Failure::Usage(format!("{name}:{}: geen regel van deze toets: {error}", number + 1)))?;
        let (instrumenten, gebieden, branches) = rules(&settings.knowledge, &line.title, &line.text);
        let pairs = [(&line.gemeenten, gebieden), (&line.instrumenten, instrumenten), (&line.branches, branches)];
        for (axis, (truth, found)) in axes.iter_mut().zip(pairs) {
            if let Some(truth) = truth {
                axis.add(&line, truth, &found);
            }
        }
    }
    let axes = axes.map(Axis::closed);
    if *json {
        return say(&serde_json::to_string(&axes)?);
    }
    say("| as | regels | precisie | recall | F1 |\n|---|--:|--:|--:|--:|")?;
    for axis in &axes {
        say(&format!(
            "| {} | {} | {:.3} | {:.3} | {:.3} |",
            axis.axis, axis.lines, axis.precision, axis.recall, axis.f1
        ))?;
    }
    if *errors {
        for error in axes.iter().flat_map(|axis| &axis.errors) {
            say(error)?;
        }
    }
    Ok(())
}

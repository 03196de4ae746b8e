//! `evaluate trends`: the detector on series whose outbreaks are known, with its alarms as a table and its scores.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Failure, say};
use crate::trend::trial::{Detector, Said, Score, read, run, scores};

#[derive(Debug, clap::Args)]
pub(super) struct TrendsArguments {
    /// Tabel met reeksen: series_id,week_index,count,exposure en wat er waar is
    #[arg(long, value_name = "BESTAND")]
    series: PathBuf,
    /// Bestand voor de alarmen: series_id,week_index,alarm,p
    #[arg(long, value_name = "BESTAND")]
    alarms: Option<PathBuf>,
    /// Welke methode: uitkijk of farrington
    #[arg(long, default_value = "uitkijk", value_parser = ["uitkijk", "farrington"])]
    detector: String,
    /// Uitkomst als JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn evaluate(arguments: &TrendsArguments) -> Result<(), Failure> {
    let name = arguments.series.display();
    let file = std::fs::File::open(&arguments.series)
        .map_err(|error| Failure::Usage(format!("{name}: niet te lezen ({error}); noem een bestand met --series")))?;
    let all = read(std::io::BufReader::new(file)).map_err(|wrong| Failure::Usage(format!("{name}: {wrong}")))?;
    if all.is_empty() {
        return Err(Failure::Usage(format!("{name}: er staan geen reeksen in")));
    }
    let detector = if arguments.detector == "farrington" { Detector::Farrington } else { Detector::Uitkijk };
    let started = std::time::Instant::now();
    let said = run(&all, detector);
    let seconds = started.elapsed().as_secs_f64();
    if let Some(file) = &arguments.alarms {
        write(file, &all, &said).with_context(|| format!("'{}' schrijven", file.display()))?;
    }
    let scores = scores(&all, &said);
    let weeks: usize = all.iter().map(crate::trend::trial::Series::scored).sum();
    let speed = f64::from(u32::try_from(weeks).unwrap_or(u32::MAX)) / seconds.max(1e-9);
    if arguments.json {
        return say(&serde_json::json!({ "scores": scores, "weeks": weeks, "seconds": seconds }).to_string());
    }
    say(
        "| family | series | covered | FPR per week | clean series alarmed | outbreaks | POD | median delay | precision | recall | F1 | POD at 1% FPR |",
    )?;
    say("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")?;
    for score in &scores {
        say(&line(score))?;
    }
    say(&format!("\n{weeks} reeksweken in {seconds:.2} s: {speed:.0} per seconde"))
}

fn line(score: &Score) -> String {
    let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    format!(
        "| {} | {} | {:.2} | {:.4} | {} | {} | {} | {} | {} | {} | {} | {} |",
        score.family,
        score.series,
        score.covered,
        score.fpr,
        shown(score.clean_series_alarmed),
        score.outbreaks,
        shown(score.pod),
        score.median_delay.map_or_else(|| "-".to_owned(), |delay| format!("{delay:.1}")),
        shown(score.precision),
        shown(score.recall),
        shown(score.f1),
        shown(score.pod_at_1_percent)
    )
}

fn write(file: &Path, all: &[crate::trend::trial::Series], said: &[Vec<Option<Said>>]) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    writeln!(out, "series_id,week_index,alarm,p")?;
    for (series, said) in all.iter().zip(said) {
        for (id, week, said) in series.rows(said) {
            match said {
                Some(said) => writeln!(out, "{id},{week},{},{:e}", u8::from(said.alarm), said.p)?,
                None => writeln!(out, "{id},{week},0,")?,
            }
        }
    }
    out.flush()
}

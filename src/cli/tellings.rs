//! `evaluate stories`: which tellings are of the same event, as a filter over lines, and how well where the truth is known.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Deserialize;

use super::{Failure, lines, say};
use crate::{
    adapters::date,
    normalise::language,
    settings::{Knowledge, Settings},
    stories::{About, Sketch, cluster::Stories, trial},
};

/// Lines that are read before the first is answered, so that a file that is not in order of time is put in order.
const IN_ORDER: usize = 100_000;

#[derive(Debug, clap::Args)]
pub(super) struct StoriesArguments {
    /// Regels {"id","title","text","published","source"}; uit komt {"id","story"}
    #[arg(long, value_name = "BESTAND|-", required_unless_present = "on")]
    jsonl: Option<PathBuf>,
    /// Dezelfde regels met "story" erbij: meet hoe goed de gebeurtenissen worden gevonden
    #[arg(long, value_name = "BESTAND", conflicts_with = "jsonl")]
    on: Option<PathBuf>,
    /// Uitkomst als JSON
    #[arg(long)]
    json: bool,
}

#[derive(Deserialize)]
pub(super) struct Line {
    pub(super) id: serde_json::Value,
    #[serde(default)]
    pub(super) title: String,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    published: String,
    #[serde(default)]
    pub(super) source: String,
    /// The true story, for `--on`.
    #[serde(default)]
    story: serde_json::Value,
}

impl Line {
    /// The moment of publication; none where it is absent or no date.
    pub(super) fn at(&self) -> Option<Timestamp> {
        self.published.parse().ok().or_else(|| date::parse(&self.published))
    }

    pub(super) fn sketch(&self, knowledge: &Knowledge, otherwise: Timestamp) -> Sketch {
        let language = language::of(&self.title, &self.text, "nl");
        let labels = knowledge.classifier.judge(&self.title, &self.text, &language);
        let gemeenten: BTreeSet<String> = knowledge.gazetteer.find(&self.title, &self.text).into_iter().collect();
        let about = About {
            published: self.at().unwrap_or(otherwise).as_second(),
            source: self.source.clone(),
            gemeenten,
            fenomenen: About::fenomenen(labels.into_iter().map(|label| (label.fenomeen, label.p))),
        };
        Sketch::new(&self.title, &self.text, about, &knowledge.words)
    }
}

/// The form of a line, for the answer to one that is none.
pub(super) const FORM: &str = r#"{"id","title","text","published","source"}"#;

pub(super) fn evaluate(config: Option<&Path>, arguments: &StoriesArguments) -> Result<(), Failure> {
    let settings = Settings::load(config)?;
    let knowledge = &settings.knowledge;
    let file = arguments.jsonl.as_ref().or(arguments.on.as_ref()).cloned().unwrap_or_else(|| PathBuf::from("-"));
    let mut waiting: Vec<Line> = Vec::new();
    let mut told: Vec<(String, String)> = Vec::new();
    let mut live = Stream { stories: Stories::default(), latest: Timestamp::UNIX_EPOCH, knowledge };
    let mut streaming = false;
    lines::each::<Line>(&file, FORM, |line| {
        match line {
            Err(answer) => say(&answer.to_string())?,
            Ok(line) if streaming => tell(&mut live, &line, arguments.on.is_some().then_some(&mut told))?,
            Ok(line) => {
                waiting.push(line);
                if waiting.len() == IN_ORDER {
                    streaming = true;
                    in_order(&mut live, &mut waiting, arguments.on.is_some().then_some(&mut told))?;
                }
            }
        }
        Ok(())
    })?;
    in_order(&mut live, &mut waiting, arguments.on.is_some().then_some(&mut told))?;
    if arguments.on.is_none() {
        return Ok(());
    }
    let grouping = trial::compare(&told);
    if arguments.json {
        return say(&serde_json::to_string(&grouping)?);
    }
    let rates = |name: &str, rates: trial::Rates| {
        format!("| {name} | {:.3} | {:.3} | {:.3} |", rates.precision, rates.recall, rates.f1)
    };
    say(&format!(
        "{} vertellingen · {} gebeurtenissen · {} gevonden\n\n| maat | precisie | recall | F1 |\n|---|--:|--:|--:|\n{}\n{}",
        grouping.tellings,
        grouping.true_stories,
        grouping.stories,
        rates("B-cubed", grouping.b_cubed),
        rates("paren", grouping.pairs)
    ))
}

struct Stream<'a> {
    stories: Stories,
    latest: Timestamp,
    knowledge: &'a Knowledge,
}

/// Tells what waits in order of time, and answers in the order in which it came.
fn in_order(
    live: &mut Stream<'_>,
    waiting: &mut Vec<Line>,
    mut told: Option<&mut Vec<(String, String)>>,
) -> Result<(), Failure> {
    let lines = std::mem::take(waiting);
    let mut order: Vec<(Timestamp, usize)> =
        lines.iter().enumerate().map(|(place, line)| (line.at().unwrap_or(Timestamp::UNIX_EPOCH), place)).collect();
    order.sort();
    let mut numbers: BTreeMap<usize, u64> = BTreeMap::new();
    for (_, place) in order {
        if let Some(line) = lines.get(place) {
            numbers.insert(place, live.number(line));
        }
    }
    for (line, number) in lines.iter().zip(numbers.into_values()) {
        answer(line, number, told.as_deref_mut())?;
    }
    Ok(())
}

fn tell(live: &mut Stream<'_>, line: &Line, told: Option<&mut Vec<(String, String)>>) -> Result<(), Failure> {
    let number = live.number(line);
    answer(line, number, told)
}

fn answer(line: &Line, number: u64, told: Option<&mut Vec<(String, String)>>) -> Result<(), Failure> {
    match told {
        Some(told) => {
            told.push((line.story.to_string(), number.to_string()));
            Ok(())
        }
        None => say(&serde_json::json!({ "id": line.id, "story": number.to_string() }).to_string()),
    }
}

impl Stream<'_> {
    fn number(&mut self, line: &Line) -> u64 {
        // A telling without a date came when the stream had come to where it is.
        let sketch = line.sketch(self.knowledge, self.latest);
        self.latest = self.latest.max(Timestamp::from_second(sketch.published()).unwrap_or(self.latest));
        self.stories.tell(sketch)
    }
}

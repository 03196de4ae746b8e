//! Teaching by a person: `label`, `review`, and corrections in and out.

use std::{
    io::{BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use crossterm::{
    event::{Event, KeyCode, KeyEventKind, KeyModifiers, read},
    terminal::{Clear, ClearType, disable_raw_mode, enable_raw_mode},
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Failure, classify::told, ops::open, say};
use crate::{
    clock,
    domain::verdict::Outcome,
    pipeline::review::{Answer, Question, answer, questions, undo},
    report::words,
    settings::Settings,
    store::{
        Store,
        corrections::{Correction, Said, by_text, conflicts},
    },
};

#[derive(Debug, clap::Args)]
pub(super) struct LabelArguments {
    /// Nummer, sleutel of link van het bericht
    item: String,
    /// +fenomeen dat klopt, -fenomeen dat niet klopt; of "geen" als er geen enkel klopt
    #[arg(required = true, allow_hyphen_values = true, value_name = "+X|-Y|geen")]
    labels: Vec<String>,
    /// Wie dit zegt
    #[arg(long)]
    who: Option<String>,
}

impl LabelArguments {
    /// The labels and who says so. Labels may begin with a dash, so that clap takes a "--who" behind them for a label too.
    fn split(&self) -> Result<(Vec<String>, String), Failure> {
        let place = self.labels.iter().position(|label| label == "--who");
        let (labels, rest) = self.labels.split_at(place.unwrap_or(self.labels.len()));
        let who = self.who.clone().or_else(|| rest.get(1).cloned());
        let more = rest.get(2..).unwrap_or_default();
        match who.filter(|who| !who.trim().is_empty()) {
            Some(who) => Ok(([labels, more].concat(), who)),
            None => Err(Failure::Usage("zeg met --who NAAM wie dit zegt".into())),
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct ReviewArguments {
    /// Wie beoordeelt
    #[arg(long)]
    who: String,
    /// Hoeveel berichten hoogstens
    #[arg(long, default_value_t = 30)]
    most: usize,
    /// Alleen berichten van zo veel dagen terug
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum CorrectionsCommand {
    /// Schrijft alle verbeteringen als regels JSON, ook te gebruiken als voorbeelden
    Export,
    /// Leest verbeteringen; wat er al is, blijft zoals het is
    Import {
        /// Bestand met regels JSON, of - voor de standaardinvoer
        file: PathBuf,
    },
    /// Noemt berichten waarover twee mensen iets anders zeiden
    Conflicts,
}

/// Reads "+witwassen", "-cybercrime" and "geen".
fn parse(labels: &[String], known: &[String]) -> Result<Answer, Failure> {
    if labels == ["geen"] {
        return Ok(Answer::Exactly(Vec::new()));
    }
    let (mut yes, mut no) = (Vec::new(), Vec::new());
    for label in labels {
        let (list, id) = match (label.strip_prefix('+'), label.strip_prefix('-')) {
            (Some(id), _) => (&mut yes, id),
            (_, Some(id)) => (&mut no, id),
            _ => {
                let why =
                    format!("'{label}' begint niet met + of -; schrijf bijvoorbeeld +witwassen -cybercrime, of geen");
                return Err(Failure::Usage(why));
            }
        };
        if !known.iter().any(|own| own == id) {
            let why = format!("'{id}' is geen fenomeen; kies uit: {}", known.join(", "));
            return Err(Failure::Usage(why));
        }
        list.push(id.to_owned());
    }
    if let Some(both) = yes.iter().find(|id| no.contains(id)) {
        return Err(Failure::Usage(format!("'{both}' staat er met + en met -; kies een van beide")));
    }
    Ok(Answer::Some { yes, no })
}

fn ids(settings: &Settings) -> Vec<String> {
    settings.knowledge.fenomenen.iter().map(|fenomeen| fenomeen.id.clone()).collect()
}

pub(super) async fn label(settings: &Settings, arguments: &LabelArguments) -> Result<(), Failure> {
    let (labels, who) = arguments.split()?;
    let said = parse(&labels, &ids(settings))?;
    let store = open(settings).await?;
    let knowledge = &settings.knowledge;
    let done = answer(&store, knowledge, &arguments.item, &who, said, clock::now()).await?;
    store.close().await;
    let Some((asked, said)) = done else {
        let why = format!("er is geen bericht '{}'; noem zijn nummer, sleutel of link", arguments.item);
        return Err(Failure::Usage(why));
    };
    say(&format!("'{}' ({}): {}", asked.title, asked.source, shown(&said)))?;
    say("Bewaard. Het telt meteen mee; 'uitkijk train' leert ervan.")
}

fn shown(said: &Said) -> String {
    let mut parts = Vec::new();
    if said.yes.is_empty() && said.open.is_empty() && said.no.len() > 3 {
        return "geen enkel fenomeen".into();
    }
    parts.extend(said.yes.iter().map(|id| format!("+{id}")));
    if said.open.is_empty() && said.no.len() > 6 {
        parts.push("en verder geen".into());
    } else {
        parts.extend(said.no.iter().map(|id| format!("-{id}")));
    }
    parts.join(" ")
}

/// Asks one question after the other, until there are none or the person stops.
pub(super) async fn review(settings: &Settings, arguments: &ReviewArguments) -> Result<(), Failure> {
    let store = open(settings).await?;
    let back = SignedDuration::from_hours(24 * i64::from(arguments.days));
    let since = clock::now().saturating_sub(back).unwrap_or_default();
    let mut queue = questions(&store, &settings.knowledge, since, arguments.most).await?;
    if queue.is_empty() {
        store.close().await;
        let days = arguments.days;
        return say(&format!(
            "Er is niets om te beoordelen: geen bericht met twijfel in de laatste {days} dagen (--days)."
        ));
    }
    let mut keys = Keys::new();
    let total = queue.len();
    queue.reverse();
    let (mut done, mut past): (usize, Vec<Question>) = (0, Vec::new());
    while let Some(question) = queue.last() {
        keys.draw(&card(settings, question, total - queue.len() + 1, total))?;
        let said = match keys.command()? {
            Command::Yes => doubted(question).map(|label| Answer::Exactly([sure(question), vec![label]].concat())),
            Command::No => Some(Answer::Exactly(sure(question))),
            Command::Which => keys.which(settings)?.map(Answer::Exactly),
            Command::Skip => {
                past.extend(queue.pop());
                continue;
            }
            Command::Undo => {
                // A question that was skipped is asked again too; only an answer has something to take back.
                if done > 0
                    && let Some(title) = undo(&store, &settings.knowledge, &arguments.who).await?
                {
                    done -= 1;
                    keys.draw(&format!("Teruggenomen: '{title}'."))?;
                }
                queue.extend(past.pop());
                continue;
            }
            Command::Quit => break,
            Command::Unknown => None,
        };
        let Some(said) = said else { continue };
        let item = question.asked.item.to_string();
        answer(&store, &settings.knowledge, &item, &arguments.who, said, clock::now()).await?;
        done += 1;
        past.extend(queue.pop());
    }
    drop(keys);
    store.close().await;
    say(&format!(
        "{} beoordeeld, {} over. 'uitkijk train --compare' leert ervan.",
        words::counted(i64::try_from(done).unwrap_or(0), "bericht", "berichten"),
        queue.len()
    ))
}

/// The fenomenen that the model gave without doubt.
fn sure(question: &Question) -> Vec<String> {
    let given = question.labels.iter().filter(|label| label.outcome == Outcome::Ja);
    given.map(|label| label.fenomeen.clone()).collect()
}

/// The fenomeen that the question is about: the most probable of which the model doubts.
fn doubted(question: &Question) -> Option<String> {
    let doubt = question.labels.iter().find(|label| label.outcome == Outcome::Twijfel);
    doubt.map(|label| label.fenomeen.clone())
}

/// A question as a person sees it.
fn card(settings: &Settings, question: &Question, number: usize, total: usize) -> String {
    let asked = &question.asked;
    let source = settings.source(&asked.source).map_or(asked.source.as_str(), |entry| entry.source.title.as_str());
    let mut lines = vec![
        format!("{number}/{total}  #{}  {source}, {}", asked.item, asked.published.strftime("%d-%m-%Y")),
        String::new(),
        asked.title.clone(),
        words::excerpt(&asked.text, 900),
        String::new(),
    ];
    if question.labels.is_empty() {
        let best = question.verdict.labels.iter().max_by(|a, b| a.p.total_cmp(&b.p));
        let best = best.map_or_else(String::new, |label| {
            format!(" (hoogste kans: {} {})", settings.knowledge.label(&label.fenomeen), words::probability(label.p))
        });
        lines.push(format!("Steekproef: het model zag hier geen fenomeen{best}. Klopt dat?"));
    }
    for label in &question.labels {
        lines.push(format!(
            "{:<8} {} {}   telden mee: {}",
            label.outcome.name(),
            words::probability(label.p),
            settings.knowledge.label(&label.fenomeen),
            told(label)
        ));
    }
    lines.push(String::new());
    let name = |id: &String| settings.knowledge.label(id).to_owned();
    let yes = doubted(question).map_or_else(String::new, |label| format!("[j] ja, {}   ", name(&label)));
    let sure: Vec<String> = sure(question).iter().map(name).collect();
    let no = if sure.is_empty() { "geen enkel fenomeen".to_owned() } else { format!("alleen {}", words::list(&sure)) };
    lines.push(format!("{yes}[n] nee, {no}   [w] welke   [s] sla over   [u] terug   [q] stop"));
    lines.join("\n")
}

enum Command {
    Yes,
    No,
    Which,
    Skip,
    Undo,
    Quit,
    Unknown,
}

/// Keys of a terminal, or lines of a pipe.
struct Keys {
    terminal: bool,
}

impl Keys {
    fn new() -> Self {
        let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        Self { terminal: terminal && enable_raw_mode().is_ok() }
    }

    fn draw(&self, text: &str) -> Result<(), Failure> {
        if !self.terminal {
            return say(text);
        }
        let mut out = std::io::stdout().lock();
        let width = crossterm::terminal::size().map_or(80, |size| usize::from(size.0).min(100));
        crossterm::queue!(out, Clear(ClearType::All), crossterm::cursor::MoveTo(0, 0))?;
        for line in text.lines().flat_map(|line| wrapped(line, width)) {
            write!(out, "{line}\r\n")?;
        }
        out.flush()?;
        Ok(())
    }

    fn command(&mut self) -> Result<Command, Failure> {
        let key = if self.terminal { self.key()? } else { line()?.and_then(|line| line.trim().chars().next()) };
        Ok(match key {
            Some('j') => Command::Yes,
            Some('n') => Command::No,
            Some('w') => Command::Which,
            Some('s') => Command::Skip,
            Some('u') => Command::Undo,
            Some('q') | None => Command::Quit,
            Some(_) => Command::Unknown,
        })
    }

    /// The next key; none at Escape or Ctrl-C.
    fn key(&self) -> Result<Option<char>, Failure> {
        loop {
            let Event::Key(key) = read()? else { continue };
            if key.kind == KeyEventKind::Release {
                continue;
            }
            match key.code {
                KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => return Ok(None),
                KeyCode::Esc => return Ok(None),
                KeyCode::Char(character) => return Ok(Some(character.to_ascii_lowercase())),
                _ => {}
            }
        }
    }

    /// Which fenomenen apply: numbers of the list, or nothing to leave the question.
    fn which(&mut self, settings: &Settings) -> Result<Option<Vec<String>>, Failure> {
        let fenomenen = &settings.knowledge.fenomenen;
        let rows = (1..).zip(fenomenen).map(|(number, fenomeen)| format!("{number:>3}  {}", fenomeen.label));
        let list = rows.collect::<Vec<_>>().join("\n");
        self.draw(&format!("{list}\n\nNummers met een komma ertussen, en Enter:"))?;
        if self.terminal {
            disable_raw_mode()?;
        }
        let said = line()?;
        if self.terminal {
            enable_raw_mode()?;
        }
        let numbers: Vec<usize> =
            said.unwrap_or_default().split([',', ' ']).filter_map(|number| number.trim().parse().ok()).collect();
        let chosen: Vec<String> =
            numbers.iter().filter_map(|number| Some(fenomenen.get(number.checked_sub(1)?)?.id.clone())).collect();
        Ok((!chosen.is_empty() && chosen.len() == numbers.len()).then_some(chosen))
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        if self.terminal {
            disable_raw_mode().unwrap_or_default();
        }
    }
}

fn line() -> Result<Option<String>, Failure> {
    let mut line = String::new();
    Ok((std::io::stdin().lock().read_line(&mut line)? > 0).then_some(line))
}

/// A line in pieces of at most this many characters, cut between words.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for word in line.split(' ') {
        let last = pieces.last_mut();
        let room = last.as_ref().is_none_or(|piece| piece.chars().count() + 1 + word.chars().count() <= width);
        match last {
            Some(piece) if piece.is_empty() => piece.push_str(word),
            Some(piece) if room => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

/// A correction as a line: the form of a training example, with who said it and when.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    example: Fields,
    source: String,
    key: String,
    who: String,
    at: jiff::Timestamp,
    #[serde(default)]
    model: String,
}

#[derive(Serialize, Deserialize)]
struct Fields {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    labels: Vec<String>,
    /// Said not to apply.
    #[serde(default)]
    no: Vec<String>,
    #[serde(default)]
    unknown: Vec<String>,
}

pub(super) async fn corrections(settings: &Settings, command: CorrectionsCommand) -> Result<(), Failure> {
    let store = open(settings).await?;
    let done = match command {
        CorrectionsCommand::Export => export(&store).await,
        CorrectionsCommand::Import { file } => import(settings, &store, &file).await,
        CorrectionsCommand::Conflicts => {
            let found = conflicts(&by_text(store.corrections().await?));
            for (key, fenomeen, yes, no) in &found {
                say(&format!("{key}: {fenomeen} klopt volgens {yes}, niet volgens {no}"))?;
            }
            if found.is_empty() { say("Niemand spreekt een ander tegen.") } else { Ok(()) }
        }
    };
    store.close().await;
    done
}

async fn export(store: &Store) -> Result<(), Failure> {
    for act in store.corrections().await? {
        let line = Line {
            example: Fields {
                id: format!("{}/{}/{}", act.source, act.key, act.at.as_second()),
                title: act.title,
                text: act.text,
                labels: act.said.yes,
                no: act.said.no,
                unknown: act.said.open,
            },
            source: act.source,
            key: act.key,
            who: act.who,
            at: act.at,
            model: act.model,
        };
        say(&serde_json::to_string(&line)?)?;
    }
    Ok(())
}

async fn import(settings: &Settings, store: &Store, file: &Path) -> Result<(), Failure> {
    let text = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())?
    } else {
        std::fs::read_to_string(file).with_context(|| format!("'{}' lezen", file.display()))?
    };
    let (known, model) = (ids(settings), settings.knowledge.classifier.version());
    let (mut new, mut held) = (0, 0);
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fault = |why: String| Failure::Usage(format!("{}:{}: {why}", file.display(), number + 1));
        let line: Line = serde_json::from_str(line).map_err(|error| fault(format!("geen verbetering: {error}")))?;
        let fields = line.example;
        let named = fields.labels.iter().chain(&fields.no).chain(&fields.unknown);
        if let Some(label) = named.into_iter().find(|label| !known.contains(label)) {
            return Err(fault(format!("'{label}' is geen fenomeen; de lijst staat in config/fenomenen")));
        }
        let item = store.asked(&line.key).await?.filter(|(asked, _)| asked.source == line.source);
        let act = Correction {
            id: 0,
            item: item.map(|(asked, _)| asked.item),
            source: line.source,
            key: line.key,
            who: line.who,
            at: line.at,
            model: line.model,
            title: fields.title,
            text: fields.text,
            said: Said { yes: fields.labels, no: fields.no, open: fields.unknown },
        };
        if store.correct(&act, model).await? { new += 1 } else { held += 1 }
    }
    say(&format!("{new} verbeteringen gelezen, {held} waren er al."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_read_and_mistakes_named() {
        let known = ["witwassen".to_owned(), "cybercrime".to_owned()];
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let said = parse(&words(&["+witwassen", "-cybercrime"]), &known).ok();
        assert_eq!(said, Some(Answer::Some { yes: words(&["witwassen"]), no: words(&["cybercrime"]) }));
        assert_eq!(parse(&words(&["geen"]), &known).ok(), Some(Answer::Exactly(Vec::new())));
        for wrong in [&["witwassen"][..], &["+wit"], &["+witwassen", "-witwassen"]] {
            assert!(matches!(parse(&words(wrong), &known), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }

    #[test]
    fn lines_are_cut_between_words() {
        assert_eq!(wrapped("een twee drie", 8), ["een twee", "drie"]);
        assert_eq!(wrapped("", 8), [""]);
    }
}

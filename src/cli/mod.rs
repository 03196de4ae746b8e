//! What a person types: arguments, commands, exit codes. Everything that is shown here is Dutch.

mod alert;
mod axes;
mod bench;
mod card;
mod classify;
mod drift;
mod extract;
mod feeds;
mod judging;
mod judgment;
mod lines;
mod listing;
mod measure;
mod model;
mod ops;
mod read;
mod source;
mod teach;
mod tellings;
mod topic;
mod topics;
mod trends;

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::{
    demo::{DemoOptions, Options},
    settings::{Settings, faults::Faults},
    telemetry,
};

/// Exit code of a faulty configuration (EX_CONFIG of sysexits.h).
const EXIT_CONFIG: u8 = 78;
/// Exit code of wrong use, the same that clap gives.
const EXIT_USAGE: u8 = 2;

/// Uitkijk volgt open Nederlandse bronnen en laat zien welke vormen van ondermijning nieuw zijn of groeien.
#[derive(Debug, Parser)]
#[command(name = "uitkijk", version, disable_help_subcommand = true)]
struct Arguments {
    /// Configuratiebestand; zonder dit gelden de meegeleverde instellingen
    #[arg(long, global = true, value_name = "BESTAND")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Laat alles werken op een kleine, verzonnen wereld, zonder netwerk
    Demo(DemoArguments),
    /// Draait doorlopend: leest bronnen, vindt trends, verstuurt mail
    Run,
    /// Controleert instellingen, bronnen, fenomenen en model, en noemt alle fouten tegelijk
    Check,
    /// Leest nu een bron, of alle bronnen
    Poll {
        /// Naam van de bron; zonder naam alle bronnen die aan staan
        source: Option<String>,
        /// Uitkomst als JSON, een regel per bron
        #[arg(long)]
        json: bool,
    },
    /// Maakt de weekrapportage, de attenderingen en de conceptsignalen
    Watch {
        /// Week, bijvoorbeeld 2026-W40; zonder dit de laatste hele week
        #[arg(long)]
        week: Option<String>,
    },
    /// Verstuurt wat klaarstaat
    Dispatch,
    /// Toont hoe het gaat: bronnen, berichten, wachtrij
    Status {
        /// Als JSON
        #[arg(long)]
        json: bool,
    },
    /// Toont een weekrapportage of conceptsignaal zonder iets te versturen
    Preview(PreviewArguments),
    /// Zet een conceptsignaal verder: alleen een mens doet dat
    Signal {
        /// Nummer van het concept
        number: i64,
        /// reviewed (beoordeeld), issued (ingediend) of dropped (vervallen)
        #[arg(value_parser = ["reviewed", "issued", "dropped"])]
        state: String,
        /// Wie dit besluit neemt
        #[arg(long)]
        who: String,
    },
    /// Toont nieuwe onderwerpen, en laat er een zwijgen of maakt er een eigen fenomeen van
    #[command(subcommand)]
    Topic(topic::TopicCommand),
    /// Zegt waar een tekst over gaat, met kansen en de woorden die telden
    Classify(classify::ClassifyArguments),
    /// Vindt verwijzingen naar wetten, uitspraken, Kamerstukken en publicaties in een tekst
    Extract(extract::ExtractArguments),
    /// Zegt wat bewaarde uitspraken beslisten en waarom, met de plaats waar het staat
    Judgment(judgment::JudgmentArguments),
    /// Leest bewaarde antwoorden van een bron
    Read(read::ReadArguments),
    /// Voegt bronnen toe, test ze, en toont hoe het met ze gaat
    #[command(subcommand)]
    Source(source::SourceCommand),
    /// Leest het verleden van een bron, vanaf een dag
    Backfill {
        /// Naam van de bron
        name: String,
        /// Eerste dag, bijvoorbeeld 2025-01-31
        #[arg(long)]
        from: String,
        /// Begint opnieuw in plaats van verder te gaan
        #[arg(long)]
        again: bool,
    },
    /// Probeert een regel voor attenderingen uit voordat hij aan gaat
    #[command(subcommand)]
    Alert(alert::AlertCommand),
    /// Zegt waarom een bericht wel of niet is gemeld, en of het meetelt in de trends
    Why(alert::WhyArguments),
    /// Toont, stopt en start wat een ontvanger krijgt
    #[command(subcommand)]
    Subscription(alert::SubscriptionCommand),
    /// Verbetert de fenomenen van een bericht: label 48213 +witwassen -cybercrime --who NAAM
    Label(teach::LabelArguments),
    /// Legt berichten voor waarover het model twijfelt
    Review(teach::ReviewArguments),
    /// Schrijft of leest wat mensen verbeterden
    #[command(subcommand)]
    Corrections(teach::CorrectionsCommand),
    /// Toont per bron en maand wat het model zag: fenomenen, twijfel, onbekende woorden
    Drift(drift::DriftArguments),
    /// Maakt een nieuw model uit de voorbeelden en uit wat mensen verbeterden
    Train(model::TrainArguments),
    /// Meet hoe goed het model is
    Evaluate(model::EvaluateArguments),
    /// Controleert de voorbeelden waar het model van leert: bijna gelijke, vaak hetzelfde begin, woorden die alles verraden
    Corpus(model::CorpusArguments),
    /// Meet hoe snel het lezen gaat, op deze machine
    Bench(bench::BenchArguments),
    /// Schrijft aanvulregels voor uw shell
    Completions {
        /// bash, zsh, fish, elvish of powershell
        shell: Shell,
    },
    /// Start alleen de wereld van de demo en toont haar bronnen, tot de invoer sluit
    #[command(hide = true)]
    DemoWorld(DemoArguments),
    /// Start alleen de server met veel feeds van de meting, tot de invoer sluit
    #[command(hide = true)]
    FeedWorld,
}

#[derive(Debug, clap::Args)]
struct DemoArguments {
    /// Map voor database, bronnen en mail
    #[arg(long, default_value = "uitkijk-demo", value_name = "MAP")]
    folder: PathBuf,
    /// Aantal weken van het archief (10 tot 520)
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(10..=520))]
    weeks: u32,
    /// Aantal berichten per week (30 tot 20000)
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(30..=20_000))]
    items_per_week: u32,
    /// Begingetal van het toeval: hetzelfde getal geeft hetzelfde archief
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Extra lange uitspraken, om te meten
    #[arg(long, default_value_t = 0, hide = true)]
    judgments: u32,
}

impl DemoArguments {
    fn archive(&self) -> Options {
        Options { weeks: self.weeks, items_per_week: self.items_per_week, seed: self.seed, judgments: self.judgments }
    }
}

#[derive(Debug, clap::Args)]
struct PreviewArguments {
    /// digest of signal
    #[arg(value_parser = ["digest", "signal"])]
    product: String,
    /// Week, bijvoorbeeld 2026-W40; zonder dit de laatste hele week
    #[arg(long)]
    week: Option<String>,
    /// Met wat nu bekend is, in plaats van zoals het toen gemeld is
    #[arg(long)]
    now: bool,
    /// Alleen wat dit abonnement krijgt
    #[arg(long)]
    subscription: Option<String>,
    /// HTML in plaats van tekst
    #[arg(long)]
    html: bool,
}

/// What went wrong, with its exit code.
enum Failure {
    Faults(Faults),
    Usage(String),
    Other(anyhow::Error),
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Self {
        Self::Faults(faults)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Failure
where
    E: NotFaults,
{
    fn from(error: E) -> Self {
        Self::Other(error.into())
    }
}

/// Marks the errors that are told as they are.
trait NotFaults {}
impl NotFaults for anyhow::Error {}
impl NotFaults for std::io::Error {}
impl NotFaults for crate::store::StoreError {}
impl NotFaults for crate::fetch::FetchError {}
impl NotFaults for crate::deliver::DeliverError {}
impl NotFaults for crate::pipeline::watch::WatchError {}
impl NotFaults for crate::pipeline::watch::FilesError {}
impl NotFaults for crate::classify::train::TrainError {}
impl NotFaults for crate::classify::corpus::CorpusError {}
impl NotFaults for serde_json::Error {}
impl NotFaults for askama::Error {}

/// Parses, runs, and turns the outcome into an exit code.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tell(&format!("uitkijk kan niet starten: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Faults(faults)) => {
            tell(&faults.to_string());
            ExitCode::from(EXIT_CONFIG)
        }
        Err(Failure::Usage(said)) => {
            tell(&said);
            ExitCode::from(EXIT_USAGE)
        }
        Err(Failure::Other(error)) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(Failure::Other(error)) => {
            tell(&format!("fout: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A reader that has seen enough, as `uitkijk ... | head`, is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let config = arguments.config.as_deref();
    match arguments.command {
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Arguments::command(), "uitkijk", &mut std::io::stdout());
            Ok(())
        }
        Command::Demo(demo) => {
            telemetry::start("error", false);
            let progress = std::io::stderr().is_terminal();
            let options = DemoOptions { archive: demo.archive(), folder: demo.folder, progress };
            say(&crate::demo::run(&options).await?)
        }
        Command::DemoWorld(demo) => bench::serve_world(demo.archive()).await,
        Command::FeedWorld => feeds::serve().await,
        Command::Read(arguments) => read::run(&arguments),
        Command::Alert(command) => alert::alert(&load(config)?, command).await,
        Command::Why(arguments) => alert::tell_why(&load(config)?, &arguments).await,
        Command::Subscription(command) => alert::subscription(&load(config)?, command).await,
        Command::Label(arguments) => teach::label(&load(config)?, &arguments).await,
        Command::Review(arguments) => teach::review(&load(config)?, &arguments).await,
        Command::Drift(arguments) => drift::run(&load(config)?, &arguments).await,
        Command::Corrections(command) => teach::corrections(&load(config)?, command).await,
        Command::Train(arguments) => model::train(config, &arguments).await,
        Command::Corpus(arguments) => model::corpus(config, &arguments),
        Command::Evaluate(arguments) => model::evaluate(config, &arguments),
        Command::Topic(command) => topic::run(&load(config)?, command).await,
        Command::Classify(arguments) => classify::run(config, &arguments),
        Command::Extract(arguments) => extract::run(config, &arguments),
        Command::Judgment(arguments) => judgment::run(config, &arguments),
        Command::Bench(arguments) => match arguments.feeds {
            _ if arguments.judging => judging::run(config, arguments.json),
            Some(feeds) => feeds::run(feeds, arguments.peer.as_deref(), arguments.json).await,
            None => bench::run(&arguments).await,
        },
        Command::Check => ops::check(config),
        Command::Source(command) => source::run(&load(config)?, command).await,
        Command::Backfill { name, from, again } => source::past(&load(config)?, &name, &from, again).await,
        Command::Run => {
            let settings = load(config)?;
            crate::daemon::run(settings, arguments.config).await?;
            Ok(())
        }
        Command::Poll { source, json } => ops::poll(&load(config)?, source.as_deref(), json).await,
        Command::Watch { week } => ops::watch(&load(config)?, week.as_deref()).await,
        Command::Dispatch => ops::dispatch(&load(config)?).await,
        Command::Status { json } => ops::status(&load(config)?, json).await,
        Command::Signal { number, state, who } => ops::signal(&load(config)?, number, &state, &who).await,
        Command::Preview(arguments) => {
            let wanted = ops::Preview {
                product: &arguments.product,
                week: arguments.week.as_deref(),
                anew: arguments.now,
                subscription: arguments.subscription.as_deref(),
                html: arguments.html,
            };
            ops::preview(&load(config)?, &wanted).await
        }
    }
}

/// Settings, with logging as they ask for.
fn load(config: Option<&std::path::Path>) -> Result<Settings, Failure> {
    let settings = Settings::load(config)?;
    telemetry::start(&settings.log_filter, settings.log_json);
    Ok(settings)
}

/// Writes to standard output. A pipe that was closed ends the program quietly.
fn say(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(())
}

/// Writes to standard error; there is nobody left to tell when that fails.
fn tell(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").unwrap_or_default();
}

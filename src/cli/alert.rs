//! `alert test`, `why` and `subscription`: a rule before it counts, an item after it came, and who stopped what.

use std::path::Path;

use jiff::{Timestamp, civil::Date};

use super::{Failure, ops::open, say};
use crate::{
    clock,
    domain::{
        message::Product,
        subscription::{Subscription, list},
        week::amsterdam,
    },
    pipeline::{
        alerts::trial::{Trial, TrialStory, trial},
        why::{FenomeenAnswer, Why, why},
    },
    report::words,
    settings::{AlertRule, Settings},
    store::subscriptions::Standing,
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum AlertCommand {
    /// Laat zien wat een regel verstuurd zou hebben, en verstuurt niets
    Test {
        /// Naam van een regel, of een bestand dat nog niet meedoet
        rule: String,
        /// Eerste dag, bijvoorbeeld 2026-09-01
        #[arg(long)]
        since: String,
        /// Als JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct WhyArguments {
    /// Nummer, link, sleutel of ECLI van het bericht
    item: String,
    /// Als JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum SubscriptionCommand {
    /// Toont wie wat krijgt, wat is stopgezet, en het kenmerk waarmee dat kan
    List {
        /// Als JSON, een regel per abonnement
        #[arg(long)]
        json: bool,
    },
    /// Zet een abonnement stop, met het kenmerk uit de mail of met een adres
    Stop {
        /// Kenmerk uit de mail, of mailadres
        who: String,
        /// Naam van een regel, of digest; zonder dit stopt bij een adres alles
        rule: Option<String>,
    },
    /// Zet weer aan wat is stopgezet
    Start {
        /// Kenmerk uit de mail, of mailadres
        who: String,
        /// Naam van een regel, of digest; zonder dit gaat bij een adres alles weer aan
        rule: Option<String>,
    },
}

pub(super) async fn alert(settings: &Settings, command: AlertCommand) -> Result<(), Failure> {
    let AlertCommand::Test { rule: name, since, json } = command;
    let own;
    let rule = match settings.rule(&name) {
        Some(rule) => rule,
        None => {
            own = from_file(settings, &name)?;
            &own
        }
    };
    let day: Date = since
        .parse()
        .map_err(|_| Failure::Usage(format!("'{since}' is geen dag; schrijf bijvoorbeeld --since 2026-09-01")))?;
    let from = day.to_zoned_datetime(amsterdam().clone()).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
    let store = open(settings).await?;
    let found = trial(&store, settings, rule, from).await?;
    store.close().await;
    if json {
        return say(&serde_json::to_string(&found)?);
    }
    shown(settings, rule, &found)
}

fn from_file(settings: &Settings, name: &str) -> Result<AlertRule, Failure> {
    let path = Path::new(name);
    if !path.is_file() {
        let names: Vec<String> = settings.knowledge.rules.iter().map(|rule| rule.id.clone()).collect();
        return Err(Failure::Usage(format!(
            "'{name}' is geen regel en geen bestand; de regels zijn: {}",
            if names.is_empty() { "(geen)".to_owned() } else { names.join(", ") }
        )));
    }
    let text = std::fs::read_to_string(path)?;
    let id = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(settings.rule_of(name, &id, &text)?)
}

fn shown(settings: &Settings, rule: &AlertRule, found: &Trial) -> Result<(), Failure> {
    let count = |number: usize, one: &str, more: &str| words::counted(i64::try_from(number).unwrap_or(0), one, more);
    say(&format!(
        "Regel '{}' had sinds {} {} gemeld in {}, aan {}. Bekeken: {}. Er is niets verstuurd.",
        found.rule,
        words::date(found.since.to_zoned_datetime(amsterdam().clone()).date()),
        count(found.stories, "gebeurtenis", "gebeurtenissen"),
        count(found.mails, "mail", "mails"),
        count(found.recipients, "ontvanger", "ontvangers"),
        count(found.items, "bericht", "berichten"),
    ))?;
    if rule.off {
        say("De regel staat uit (off = true).")?;
    }
    for day in &found.days {
        let stories = count(day.stories, "gebeurtenis", "gebeurtenissen");
        say(&format!("{}  {stories}, {}", day.day, count(day.mails.len(), "mail", "mails")))?;
        for mail in &day.mails {
            let at = mail.at.to_zoned_datetime(amsterdam().clone()).strftime("%H.%M").to_string();
            let kind = if mail.collected { "verzamelmail" } else { "mail" };
            match mail.stories.as_slice() {
                [one] => say(&format!("  {at}  {}", line(settings, one)))?,
                several => {
                    say(&format!("  {at}  {kind} met {} gebeurtenissen", several.len()))?;
                    for story in several {
                        say(&format!("         {}", line(settings, story)))?;
                    }
                }
            }
        }
    }
    Ok(())
}

/// Probability, title, source and number of a story.
fn line(settings: &Settings, story: &TrialStory) -> String {
    let source = settings.source(&story.source).map_or(story.source.as_str(), |entry| entry.source.title.as_str());
    let p = story.p.map_or_else(|| "   -".to_owned(), words::probability);
    let found = if story.words.is_empty() { String::new() } else { format!(" [{}]", story.words.join(", ")) };
    format!("{p}  {} ({source}, nummer {}){found}", words::excerpt(&story.title, 90), story.item)
}

pub(super) async fn tell_why(settings: &Settings, arguments: &WhyArguments) -> Result<(), Failure> {
    let store = open(settings).await?;
    let answer = why(&store, settings, &arguments.item, clock::now()).await?;
    store.close().await;
    let Some(answer) = answer else {
        let said = format!("er is geen bericht '{}'; noem zijn nummer, link, sleutel of ECLI", arguments.item);
        return Err(Failure::Usage(said));
    };
    if arguments.json {
        return say(&serde_json::to_string(&answer)?);
    }
    answered(&answer)
}

fn answered(answer: &Why) -> Result<(), Failure> {
    let day = words::short_date(answer.published);
    let outcome = match answer.outcome {
        "wacht" => "wacht nog".to_owned(),
        outcome => format!("is {outcome}"),
    };
    say(&format!("'{}' ({}, {day}) {outcome}:", answer.title, answer.source))?;
    for rule in &answer.rules {
        say(&format!("  regel '{}': {}", rule.rule, rule.why))?;
    }
    if answer.rules.is_empty() {
        say("  er zijn geen regels")?;
    }
    for label in &answer.fenomenen {
        say(&format!("  {}", counted(label)))?;
    }
    let copy = answer.copy_of.as_ref().map_or_else(|| "geen kopie".to_owned(), |first| format!("kopie van '{first}'"));
    let mut notes = vec![copy];
    notes.extend(answer.notes.iter().cloned());
    if !notes.iter().any(|note| note.starts_with("bron gedempt")) {
        notes.push("bron niet gedempt".to_owned());
    }
    say(&format!("  {}", notes.join(", ")))?;
    say(&format!("  trends: {}", answer.trends.why))
}

/// "hennepteelt 0,41 (twijfel, ja vanaf 0,60; telden mee: kwekerij +0,9; tegen: rozen -1,1)".
fn counted(label: &FenomeenAnswer) -> String {
    let weighed = |list: &[(String, f64)]| {
        let each = list.iter().map(|(word, weight)| {
            format!("{word} {}{}", if *weight < 0.0 { "-" } else { "+" }, words::decimal(weight.abs()))
        });
        each.collect::<Vec<_>>().join(", ")
    };
    let mut parts = vec![format!("{}, ja vanaf {}", label.verdict, words::probability(label.threshold))];
    if label.person {
        parts.push("gezegd door een mens".to_owned());
    }
    if !label.words_for.is_empty() {
        parts.push(format!("telden mee: {}", weighed(&label.words_for)));
    }
    if !label.words_against.is_empty() {
        parts.push(format!("tegen: {}", weighed(&label.words_against)));
    }
    format!("{} {} ({})", label.id, words::probability(label.p), parts.join("; "))
}

pub(super) async fn subscription(settings: &Settings, command: SubscriptionCommand) -> Result<(), Failure> {
    let store = open(settings).await?;
    let now = clock::now();
    match command {
        SubscriptionCommand::List { json } => {
            for standing in store.subscriptions().await? {
                say(&if json { as_json(&standing).to_string() } else { as_line(&standing) })?;
            }
        }
        SubscriptionCommand::Stop { who, rule } => {
            for (address, product, rule) in meant(&store, settings, &who, rule.as_deref()).await? {
                store.stop(&address, product, &rule, now).await?;
                say(&format!("{address} krijgt geen '{}' meer.", list(product, &rule)))?;
            }
        }
        SubscriptionCommand::Start { who, rule } => {
            for (address, product, rule) in meant(&store, settings, &who, rule.as_deref()).await? {
                let name = list(product, &rule);
                say(&if store.start(&address, product, &rule).await? {
                    format!("{address} krijgt '{name}' weer.")
                } else {
                    format!("'{name}' was voor {address} niet stopgezet.")
                })?;
                if product == Product::Alert && store.has_stopped(&address, product, &rule).await? {
                    say("Alle attenderingen van dit adres staan nog stop; start zonder naam van een regel.")?;
                }
            }
        }
    }
    store.close().await;
    Ok(())
}

/// What is to be stopped or started: the one subscription of a token, or what an address and a name point at.
async fn meant(
    store: &crate::store::Store,
    settings: &Settings,
    who: &str,
    rule: Option<&str>,
) -> Result<Vec<(String, Product, String)>, Failure> {
    if let Some(Standing { subscription, .. }) = store.subscription_of(who).await? {
        let Subscription { address, product, rule, .. } = subscription;
        return Ok(vec![(address, product, rule)]);
    }
    if !who.contains('@') {
        return Err(Failure::Usage(format!(
            "'{who}' is geen kenmerk van een abonnement en geen mailadres; zie 'uitkijk subscription list'"
        )));
    }
    let address = crate::domain::subscription::bare(who);
    match rule {
        None => Ok(vec![(address.clone(), Product::Digest, String::new()), (address, Product::Alert, String::new())]),
        Some("digest") => Ok(vec![(address, Product::Digest, String::new())]),
        Some(rule) => {
            let rule = rule.strip_prefix("attendering-").unwrap_or(rule);
            let known = store.subscriptions().await?.iter().any(|own| own.subscription.rule == rule);
            if !known && settings.rule(rule).is_none() {
                return Err(Failure::Usage(format!(
                    "'{rule}' is geen regel; noem de naam van een bestand in attenderingen/, of digest"
                )));
            }
            Ok(vec![(address, Product::Alert, rule.to_owned())])
        }
    }
}

fn as_line(standing: &Standing) -> String {
    let Standing { subscription, stopped } = standing;
    let state = stopped.map_or_else(|| "loopt".to_owned(), |at| format!("stop sinds {}", words::short_date(at)));
    format!("{:<32} {:<32} {state:<18} {}", subscription.address, subscription.list(), subscription.token)
}

fn as_json(standing: &Standing) -> serde_json::Value {
    let Standing { subscription, stopped } = standing;
    serde_json::json!({
        "address": subscription.address, "product": subscription.product.name(), "rule": subscription.rule,
        "token": subscription.token, "stopped": stopped.map(|at| at.to_string()),
    })
}

//! `topic`: what a person decides about a new topic. Silenced ones are told no more; an adopted one becomes a fenomeen of
//! one's own, with its stories as first examples.

use std::path::PathBuf;

use anyhow::Context as _;

use super::{Failure, ops::open, say};
use crate::{
    clock,
    domain::trend::Topic,
    report::words,
    settings::Settings,
    store::{Store, topics::TopicChoice},
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum TopicCommand {
    /// Toont de nieuwe onderwerpen van de laatste weekrapportage
    List {
        /// Als JSON
        #[arg(long)]
        json: bool,
    },
    /// Meldt een onderwerp niet meer
    Silence {
        /// Een woord van het onderwerp, zoals `topic list` het toont
        term: String,
        /// Wie dit besluit neemt
        #[arg(long)]
        who: String,
    },
    /// Maakt van een onderwerp een eigen fenomeen, met zijn berichten als eerste voorbeelden
    Adopt {
        /// Een woord van het onderwerp, zoals `topic list` het toont
        term: String,
        /// Naam van het bestand van het fenomeen: kleine letters en streepjes
        #[arg(long = "as", value_name = "FENOMEEN")]
        id: String,
        /// De naam die lezers zien
        #[arg(long)]
        label: String,
        /// Eigen map met fenomenen en voorbeelden, die ook in [paths] config staat
        #[arg(long, value_name = "MAP")]
        folder: PathBuf,
        /// Wie dit besluit neemt
        #[arg(long)]
        who: String,
    },
}

pub(super) async fn run(settings: &Settings, command: TopicCommand) -> Result<(), Failure> {
    let store = open(settings).await?;
    let done = decide(&store, command).await;
    store.close().await;
    done
}

async fn decide(store: &Store, command: TopicCommand) -> Result<(), Failure> {
    let topics = store.last_topics().await?;
    match command {
        TopicCommand::List { json: true } => say(&serde_json::to_string(&topics)?),
        TopicCommand::List { json: false } if topics.is_empty() => say("Geen nieuwe onderwerpen in de laatste week."),
        TopicCommand::List { json: false } => topics.iter().try_for_each(|topic| say(&shown(topic))),
        TopicCommand::Silence { term, who } => {
            let topic = named(&topics, &term)?;
            store.choose_topic(&topic.key, TopicChoice::Silenced, &who, clock::now()).await?;
            say(&format!("'{}' wordt niet meer gemeld.", topic.name))
        }
        TopicCommand::Adopt { term, id, label, folder, who } => {
            let topic = named(&topics, &term)?;
            adopt(store, topic, (&id, &label), &folder).await?;
            store.choose_topic(&topic.key, TopicChoice::Adopted, &who, clock::now()).await?;
            Ok(())
        }
    }
}

fn named<'a>(topics: &'a [Topic], term: &str) -> Result<&'a Topic, Failure> {
    let has = |topic: &&Topic| topic.name == term || topic.terms.iter().any(|own| own.term == term);
    topics.iter().find(has).ok_or_else(|| {
        let known: Vec<&str> = topics.iter().map(|topic| topic.key.as_str()).collect();
        let known = if known.is_empty() { "er zijn er nu geen".to_owned() } else { known.join(", ") };
        Failure::Usage(format!("geen nieuw onderwerp heet '{term}'; kies uit: {known}"))
    })
}

fn shown(topic: &Topic) -> String {
    let terms: Vec<&str> = topic.terms.iter().map(|term| term.term.as_str()).collect();
    let stories = i64::try_from(topic.stories.len()).unwrap_or(i64::MAX);
    format!(
        "{:<28} {} uit {} bronnen, sinds week {}: {}",
        topic.name,
        words::counted(stories, "gebeurtenis", "gebeurtenissen"),
        topic.publishers,
        topic.first.number(),
        terms.join(", ")
    )
}

async fn adopt(
    store: &Store,
    topic: &Topic,
    (id, label): (&str, &str),
    folder: &std::path::Path,
) -> Result<(), Failure> {
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Err(Failure::Usage(format!("--as '{id}' kan niet: gebruik kleine letters, cijfers en streepjes")));
    }
    let file = folder.join("fenomenen").join(format!("{id}.toml"));
    if file.exists() {
        return Err(Failure::Usage(format!("'{}' bestaat al; kies een andere naam met --as", file.display())));
    }
    let text = |value: &str| toml::Value::String(value.to_owned()).to_string();
    let about = format!(
        "# Overgenomen uit het nieuwe onderwerp '{}'. Vul aan wat leeg is.\nlabel = {}\nshort = {}\nlaw = \"\"\nsteps = []\npartners = []\n",
        topic.name,
        text(label),
        text(&label.to_lowercase())
    );
    let stories = store.stories(&topic.stories).await?;
    let mut lines = String::new();
    for story in &stories {
        let line = serde_json::json!({
            "id": format!("{id}-{}", story.story), "title": story.title, "text": story.text, "labels": [id], "kind": "news",
        });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    let examples = folder.join("voorbeelden").join(format!("{id}.jsonl"));
    for (file, content) in [(&file, &about), (&examples, &lines)] {
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).with_context(|| format!("'{}' maken", parent.display()))?;
        }
        std::fs::write(file, content).with_context(|| format!("'{}' schrijven", file.display()))?;
    }
    say(&format!(
        "Gemaakt: {}\n         {} ({} voorbeelden)\nLees de voorbeelden na en schrijf er meer: vijf is het minste, dertig is goed, en ook teksten die er op lijken \
         maar er niet over gaan (labels: []).\nDaarna: uitkijk train --out models/NAAM, en zet [paths] config op '{}'.",
        file.display(),
        examples.display(),
        stories.len(),
        folder.display()
    ))
}

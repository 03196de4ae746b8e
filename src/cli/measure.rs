//! What `evaluate` can measure besides the model itself.

use std::path::Path;

use super::{Failure, axes, tellings, topics, trends};

#[derive(Debug, clap::Subcommand)]
pub(super) enum EvaluateCommand {
    /// Meet de assen die regels bepalen: gebied, instrument, branche
    Axes(axes::AxesArguments),
    /// Meet hoe goed trends worden gevonden, op reeksen met bekende uitbraken
    Trends(trends::TrendsArguments),
    /// Zegt welke berichten over dezelfde gebeurtenis gaan, en meet hoe goed dat gaat
    Stories(tellings::StoriesArguments),
    /// Zoekt nieuwe onderwerpen in een stroom van berichten, week voor week
    Topics(topics::TopicsArguments),
}

pub(super) fn evaluate(config: Option<&Path>, what: &EvaluateCommand) -> Result<(), Failure> {
    match what {
        EvaluateCommand::Axes(arguments) => axes::evaluate(config, arguments),
        EvaluateCommand::Trends(arguments) => trends::evaluate(arguments),
        EvaluateCommand::Stories(arguments) => tellings::evaluate(config, arguments),
        EvaluateCommand::Topics(arguments) => topics::evaluate(config, arguments),
    }
}

//! `drift`: what the model in use saw of each source, month by month.

use jiff::SignedDuration;

use super::{Failure, ops::open, say};
use crate::{clock, settings::Settings};

#[derive(Debug, clap::Args)]
pub(super) struct DriftArguments {
    /// Alleen deze bron
    #[arg(long)]
    source: Option<String>,
    /// Aantal maanden terug
    #[arg(long, default_value_t = 13)]
    months: u32,
    /// Als JSON, een regel per bron en maand
    #[arg(long)]
    json: bool,
}

/// Per source and month what the model in use saw.
pub(super) async fn run(settings: &Settings, arguments: &DriftArguments) -> Result<(), Failure> {
    let store = open(settings).await?;
    let (model, back) =
        (settings.knowledge.classifier.version(), SignedDuration::from_hours(i64::from(arguments.months) * 24 * 31));
    let since = clock::now().saturating_sub(back).unwrap_or_default();
    let wanted = |source: &str| arguments.source.as_deref().is_none_or(|own| own == source);
    let months = store.months_seen(model, since).await?;
    let labels = store.month_labels(model, since).await?;
    store.close().await;
    let percent = |share: f64| format!("{:.1}%", 100.0 * share);
    for month in months.iter().filter(|month| wanted(&month.source)) {
        let own = labels.iter().filter(|(source, at, _, _)| *source == month.source && *at == month.month);
        let shares: Vec<(&str, f64)> = own
            .map(|(_, _, fenomeen, count)| (fenomeen.as_str(), month.share(u32::try_from(*count).unwrap_or(0))))
            .collect();
        if arguments.json {
            let shares: std::collections::BTreeMap<_, _> = shares.into_iter().collect();
            say(&serde_json::json!({
                "source": month.source, "month": month.month, "model": model, "items": month.items,
                "yes": month.share(month.yes), "doubt": month.share(month.doubt), "unknown": month.unknown, "labels": shares,
            })
            .to_string())?;
            continue;
        }
        let shares: Vec<String> =
            shares.into_iter().map(|(name, share)| format!("{name} {}", percent(share))).collect();
        say(&format!(
            "{:<26} {} {:>6} berichten  ja {:>6}  twijfel {:>6}  onbekend {:>6}  {}",
            month.source,
            month.month,
            month.items,
            percent(month.share(month.yes)),
            percent(month.share(month.doubt)),
            percent(month.unknown),
            shares.join(", ")
        ))?;
    }
    Ok(())
}

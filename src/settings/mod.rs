//! From what was written to what is meant: default → file → environment, checked as a whole, with every fault told at once.
//! Each room owns its own settings; this one only composes them. Nobody else reads the environment.

pub mod draft;
pub mod faults;
mod knowledge;
mod raw;
mod region;
mod rules;
mod sources;
mod subscriptions;
mod teaching;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::SignedDuration;

use crate::{
    adapters, deliver,
    domain::{reader::Reader, source::Source},
    fetch, trend,
};
use faults::{Fault, Faults};
pub use knowledge::Knowledge;
pub use region::Region;
pub use rules::AlertRule;
pub use subscriptions::WatchTime;
pub use teaching::Teaching;

/// A source with the recipe for its adapter.
#[derive(Debug, Clone)]
pub struct SourceEntry {
    /// The source.
    pub source: Source,
    /// How it is read.
    pub spec: adapters::Spec,
}

impl SourceEntry {
    /// The host that it asks first, with its port.
    #[must_use]
    pub fn host(&self) -> String {
        let url = url::Url::parse(self.spec.address()).ok();
        url.map_or_else(String::new, |url| {
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0))
        })
    }
}

/// The rhythm of polling.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// Spread of an interval, as a share of it.
    pub jitter: f64,
    /// Longest wait after failures.
    pub longest_backoff: SignedDuration,
}

/// Who gets what.
#[derive(Debug, Clone)]
pub struct Recipients {
    /// Alerts.
    pub alerts: Vec<String>,
    /// Drafts of signals.
    pub signals: Vec<String>,
    /// Notices about sources, for those who run it.
    pub ops: Vec<String>,
}

/// Everything that was meant, checked.
pub struct Settings {
    /// Folder of all that is written.
    pub state: PathBuf,
    /// The database.
    pub database: PathBuf,
    /// Name in leases.
    pub worker: String,
    /// The sources, by id.
    pub sources: Vec<SourceEntry>,
    /// The door.
    pub fetch: fetch::Settings,
    /// How long raw answers and full texts are kept of a source that is not named any more.
    pub retention: SignedDuration,
    /// Rhythm.
    pub rhythm: Rhythm,
    /// When to watch.
    pub watch: WatchTime,
    /// How to watch.
    pub trend: trend::Params,
    /// How to send.
    pub deliver: deliver::Settings,
    /// Whom to send to.
    pub recipients: Recipients,
    /// Who gets which part of the weekly digest, and when.
    pub subscriptions: Vec<Reader>,
    /// The region.
    pub region: Region,
    /// Fenomenen, word lists, gazetteer, laws, rules and the model.
    pub knowledge: Knowledge,
    /// Log filter.
    pub log_filter: String,
    /// Log as JSON.
    pub log_json: bool,
    /// Files that were read, for `check` to list.
    pub files: Vec<String>,
}

impl Settings {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// All faults together.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let raw = raw::load(file, &mut faults);
        let Some(raw) = raw else { return Err(Faults(faults)) };
        let base = file.and_then(Path::parent).map(Path::to_path_buf).unwrap_or_default();
        let mut files = vec![
            file.map_or_else(|| "config/default.toml (meegeleverd)".to_owned(), |file| file.display().to_string()),
        ];
        let usual = sources::Usual {
            pause: raw::duration(&raw.fetch.pause, "fetch.pause", &mut faults),
            retention: raw::duration(&raw.store.retention, "store.retention", &mut faults),
        };
        let sources = sources::load(&raw.paths.sources, &base, usual, &mut faults, &mut files);
        let knowledge = Knowledge::load(&raw, &base, &sources, &mut faults, &mut files);
        let settings =
            knowledge.and_then(|knowledge| Self::compose(raw, (file, &base), sources, knowledge, files, &mut faults));
        match settings {
            Some(settings) if faults.is_empty() => Ok(settings),
            _ => Err(Faults(faults)),
        }
    }

    fn compose(
        raw: raw::Raw,
        (file, base): (Option<&Path>, &Path),
        sources: Vec<SourceEntry>,
        knowledge: Knowledge,
        mut files: Vec<String>,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let state = base.join(&raw.paths.state);
        let retention = raw::duration(&raw.store.retention, "store.retention", faults);
        let fetch = door(&raw, base, faults);
        let watch = subscriptions::watch_time(&raw, faults);
        let region = region::load(&raw, base, &knowledge, faults, &mut files);
        let subscriptions = subscriptions::load(file, &raw, &knowledge, faults);
        let deliver = raw.mail.checked(&state, base, faults);
        if !(0.0..=0.5).contains(&raw.schedule.jitter) {
            faults.push(Fault::new("schedule.jitter", "moet tussen 0 en 0,5 liggen"));
        }
        if !(0.001..=0.5).contains(&raw.trend.false_discovery_rate) {
            faults.push(Fault::new("trend.false-discovery-rate", "moet tussen 0,001 en 0,5 liggen"));
        }
        if !matches!(raw.log.format.as_str(), "text" | "json") {
            faults.push(Fault::new("log.format", format!("'{}' kan niet; kies uit: text, json", raw.log.format)));
        }
        if raw.trend.least_ratio < 1.0 {
            faults.push(Fault::new("trend.least-ratio", "moet minstens 1 zijn"));
        }
        if !(10..=520).contains(&raw.watch.weeks) {
            faults.push(Fault::new("watch.weeks", "moet tussen 10 en 520 liggen"));
        }
        Some(Self {
            database: state.join("uitkijk.db"),
            state,
            worker: raw.worker.name,
            sources,
            fetch,
            retention,
            rhythm: Rhythm {
                jitter: raw.schedule.jitter,
                longest_backoff: raw::duration(&raw.schedule.longest_backoff, "schedule.longest-backoff", faults),
            },
            watch: watch?,
            trend: trend::Params {
                false_discovery_rate: raw.trend.false_discovery_rate,
                least_stories: raw.trend.least_stories,
                least_publishers: raw.trend.least_publishers,
                least_ratio: raw.trend.least_ratio,
                weeks: raw.watch.weeks,
                least_weeks: raw.trend.least_weeks,
            },
            deliver: deliver?,
            recipients: Recipients { alerts: raw.mail.alerts_to, signals: raw.mail.signals_to, ops: raw.mail.ops_to },
            subscriptions,
            region: region?,
            knowledge,
            log_filter: raw.log.filter,
            log_json: raw.log.format == "json",
            files,
        })
    }

    /// The source with that id.
    #[must_use]
    pub fn source(&self, id: &str) -> Option<&SourceEntry> {
        self.sources.iter().find(|entry| entry.source.id.0 == id)
    }
}

fn door(raw: &raw::Raw, base: &Path, faults: &mut Vec<Fault>) -> fetch::Settings {
    let written = &raw.fetch;
    if written.concurrency == 0 || written.max_bytes == 0 || written.max_compressed == 0 {
        faults.push(Fault::new("fetch", "concurrency, max-bytes en max-compressed moeten groter zijn dan 0"));
    }
    let mut time =
        |text: &str, key: &str| Duration::try_from(raw::duration(text, key, faults)).unwrap_or(Duration::from_secs(30));
    let (timeout, first_byte) =
        (time(&written.timeout, "fetch.timeout"), time(&written.first_byte, "fetch.first-byte"));
    let extra_ca = (!written.extra_ca.is_empty()).then(|| std::fs::read(base.join(&written.extra_ca)));
    let extra_ca = extra_ca.and_then(|read| {
        read.map_err(|error| {
            let file = &written.extra_ca;
            faults.push(Fault::new("fetch.extra-ca", format!("'{file}' kan niet worden gelezen ({error})")));
        })
        .ok()
    });
    let secrets = raw
        .secrets
        .iter()
        .filter_map(|(name, file)| Some((name.clone(), raw::secret(&format!("secrets.{name}"), file, base, faults)?)));
    fetch::Settings {
        user_agent: written.user_agent.clone(),
        timeout,
        first_byte,
        max_compressed: written.max_compressed,
        max_bytes: written.max_bytes,
        least_speed: written.least_speed,
        concurrency: written.concurrency,
        proxy: (!written.proxy.is_empty()).then(|| written.proxy.clone()),
        extra_ca,
        secrets: secrets.collect(),
    }
}

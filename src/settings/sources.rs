//! The source pack: one file each, its name is the id.

use std::{collections::HashMap, path::Path};

use jiff::SignedDuration;
use serde::Deserialize;

use super::{
    SourceEntry,
    faults::{Fault, of_toml},
    raw::duration,
};
use crate::{
    adapters, assets,
    domain::source::{Source, SourceId},
};

/// A source file as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SourceFile {
    title: String,
    owner: String,
    licence: String,
    /// What personal data may be in it: a note for the register of processing.
    personal_data: String,
    /// When somebody last saw it work, or "unchecked".
    checked: String,
    every: String,
    #[serde(default = "dutch")]
    language: String,
    #[serde(default = "yes")]
    enabled: bool,
    pause: Option<String>,
    fastest: Option<String>,
    slowest: Option<String>,
    retention: Option<String>,
    /// Read and counted, but nobody gets an attendering of it.
    #[serde(default)]
    muted: bool,
    #[serde(default)]
    private: bool,
    #[serde(default = "yes")]
    robots: bool,
    #[serde(default)]
    full_text: bool,
    #[serde(default)]
    contact: String,
    #[serde(default = "one")]
    max_pages: u32,
    adapter: adapters::Spec,
}

/// However quiet a source is, it is looked at once a day unless its file says otherwise.
const DAY: SignedDuration = SignedDuration::from_hours(24);

fn dutch() -> String {
    "nl".into()
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

/// What holds for a source that does not say otherwise.
#[derive(Clone, Copy)]
pub(super) struct Usual {
    pub(super) pause: SignedDuration,
    pub(super) retention: SignedDuration,
}

pub(super) fn load(
    folder: &str,
    base: &Path,
    usual: Usual,
    faults: &mut Vec<Fault>,
    files: &mut Vec<String>,
) -> Vec<SourceEntry> {
    let texts = match read(folder, base) {
        Ok(texts) => texts,
        Err(fault) => {
            faults.push(fault);
            return Vec::new();
        }
    };
    let mut entries = Vec::new();
    for (file, text) in texts {
        let id = Path::new(&file).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match toml::from_str::<SourceFile>(&text) {
            Ok(written) => entries.extend(checked(&file, &id, written, usual, faults)),
            Err(error) => faults.push(of_toml(&file, &text, &error)),
        }
        files.push(file);
    }
    share(&mut entries);
    entries
}

/// Sources with the same address share one answer: it serves for half the interval of whoever asks next.
fn share(entries: &mut [SourceEntry]) {
    let mut times: HashMap<String, u32> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.source.enabled) {
        *times.entry(entry.spec.address().to_owned()).or_default() += 1;
    }
    for entry in entries {
        if times.get(entry.spec.address()).is_some_and(|times| *times > 1) {
            entry.source.reuse = entry.source.every / 2;
        }
    }
}

fn read(folder: &str, base: &Path) -> Result<Vec<(String, String)>, Fault> {
    if folder.is_empty() {
        let shipped = assets::sources().into_iter();
        return Ok(shipped.map(|(name, text)| (format!("sources/{name}"), text.to_owned())).collect());
    }
    let path = base.join(folder);
    let fault = |error: std::io::Error| {
        Fault::new(
            "paths.sources",
            format!("de map '{}' kan niet worden gelezen ({error}): maak haar of pas de sleutel aan", path.display()),
        )
    };
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(fault)? {
        let file = entry.map_err(fault)?.path();
        if file.extension().is_some_and(|extension| extension == "toml") {
            texts.push((file.display().to_string(), std::fs::read_to_string(&file).map_err(fault)?));
        }
    }
    texts.sort();
    Ok(texts)
}

/// What is missing or no address.
fn untold(written: &SourceFile) -> Vec<Fault> {
    let mut own = Vec::new();
    let address = written.adapter.address();
    let is_http = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if !is_http {
        own.push(Fault::new(
            "",
            format!("'{address}' is geen adres: vul in [adapter] een adres in dat met https:// begint"),
        ));
    }
    if [&written.title, &written.owner, &written.licence, &written.personal_data, &written.checked]
        .iter()
        .any(|text| text.trim().is_empty())
    {
        own.push(Fault::new("", "title, owner, licence, personal-data en checked mogen niet leeg zijn"));
    }
    own
}

fn checked(file: &str, id: &str, written: SourceFile, usual: Usual, faults: &mut Vec<Fault>) -> Option<SourceEntry> {
    let mut own = Vec::new();
    let slug = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !slug {
        own.push(Fault::new(
            "",
            "de bestandsnaam is de naam van de bron: gebruik alleen kleine letters, cijfers en streepjes",
        ));
    }
    let every = duration(&written.every, "every", &mut own);
    let mut or = |text: &Option<String>, key: &str, otherwise: SignedDuration| {
        text.as_ref().map_or(otherwise, |text| duration(text, key, &mut own))
    };
    let pause = or(&written.pause, "pause", usual.pause);
    let retention = or(&written.retention, "retention", usual.retention);
    let fastest = or(&written.fastest, "fastest", every);
    let slowest = or(&written.slowest, "slowest", every.max((every * 8).min(DAY)));
    if fastest > slowest {
        own.push(Fault::new("fastest", "is langer dan slowest: wissel ze om, of laat er een weg"));
    }
    own.extend(written.adapter.faults().into_iter().map(|text| Fault::new("adapter", text)));
    own.extend(untold(&written));
    let good = own.is_empty();
    faults.extend(own.into_iter().map(|fault| {
        let text = if fault.file.is_empty() { fault.text } else { format!("{}: {}", fault.file, fault.text) };
        Fault::new(file, text)
    }));
    good.then(|| SourceEntry {
        source: Source {
            id: SourceId(id.to_owned()),
            title: written.title,
            owner: written.owner,
            licence: written.licence,
            kind: written.adapter.kind().to_owned(),
            every,
            fastest,
            slowest,
            pause,
            muted: written.muted,
            private: written.private,
            robots: written.robots,
            reuse: SignedDuration::ZERO,
            retention,
            full_text: written.full_text,
            budget: written.adapter.budget(),
            contact: written.contact,
            language: written.language,
            max_pages: written.max_pages.max(1),
            enabled: written.enabled,
        },
        spec: written.adapter,
    })
}

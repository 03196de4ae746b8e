//! The source pack: one file each, its name is the id.

use std::path::Path;

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
    #[serde(default = "one")]
    max_pages: u32,
    adapter: adapters::Spec,
}

fn dutch() -> String {
    "nl".into()
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

pub(super) fn load(
    folder: &str,
    base: &Path,
    pause: SignedDuration,
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
            Ok(written) => entries.extend(checked(&file, &id, written, pause, faults)),
            Err(error) => faults.push(of_toml(&file, &text, &error)),
        }
        files.push(file);
    }
    entries
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

fn checked(
    file: &str,
    id: &str,
    written: SourceFile,
    pause: SignedDuration,
    faults: &mut Vec<Fault>,
) -> Option<SourceEntry> {
    let mut own = Vec::new();
    let slug = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !slug {
        own.push(Fault::new(
            "",
            "de bestandsnaam is de naam van de bron: gebruik alleen kleine letters, cijfers en streepjes",
        ));
    }
    let every = duration(&written.every, "every", &mut own);
    let pause = written.pause.as_ref().map_or(pause, |text| duration(text, "pause", &mut own));
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
            pause,
            language: written.language,
            max_pages: written.max_pages.max(1),
            enabled: written.enabled,
        },
        spec: written.adapter,
    })
}

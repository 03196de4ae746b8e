//! The house rules that a compiler does not know: imports run downhill, each foreign crate has its room, files are short.

use std::{collections::BTreeMap, path::Path};

use crate::support::files_below;

/// Floors from the ground. A file imports from lower floors and from its own room, never sideways or up.
const FLOORS: [&[&str]; 10] = [
    &["domain", "clock", "assets"],
    &["changes", "citations", "dedupe", "law", "mask"],
    &["stories"],
    &[
        "adapters",
        "classify",
        "deliver",
        "fetch",
        "health",
        "normalise",
        "places",
        "report",
        "rulings",
        "signals",
        "store",
        "systemd",
        "telemetry",
        "trend",
    ],
    &["settings"],
    &["pipeline"],
    &["schedule"],
    &["daemon", "demo"],
    &["cli"],
    &["main"],
];

/// Rooms of the foreign crates that belong to one.
const CRATES: [(&str, &[&str]); 15] = [
    ("reqwest", &["fetch"]),
    ("feed_rs", &["adapters"]),
    ("scraper", &["adapters", "normalise"]),
    ("dom_smoothie", &["adapters"]),
    ("whatlang", &["normalise"]),
    ("linfa", &["classify"]),
    ("argmin", &["classify"]),
    ("sqlx", &["store"]),
    ("lettre", &["deliver"]),
    ("config", &["settings"]),
    ("axum", &["demo"]),
    ("clap", &["cli"]),
    ("sd_notify", &["systemd"]),
    ("tiny_skia", &["report"]),
    ("png", &["report"]),
];

struct Source {
    room: String,
    name: String,
    code: Vec<String>,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    files_below(&root)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|extension| extension == "rs"))
        .filter(|file| !file.ends_with("lib.rs") && file.file_name().is_none_or(|name| name != "tests.rs"))
        .map(|file| {
            let relative = file.strip_prefix(&root).expect("below src").to_string_lossy().into_owned();
            let room = relative.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
            let text = std::fs::read_to_string(&file).expect("a source");
            // Tests stand at the end of a file and may look further.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().lines().map(str::to_owned).collect();
            Source { room, name: relative, code }
        })
        .collect()
}

#[test]
fn imports_run_downhill() {
    let floor: BTreeMap<&str, usize> =
        FLOORS.iter().enumerate().flat_map(|(floor, rooms)| rooms.iter().map(move |room| (*room, floor))).collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let own = *floor
            .get(source.room.as_str())
            .unwrap_or_else(|| panic!("'{}' has no floor: give it one in this test", source.room));
        let code = source.code.join("\n");
        for room in floor.keys().filter(|room| **room != source.room) {
            let names_it = code.contains(&format!("crate::{room}::"))
                || code.lines().any(|line| {
                    line.starts_with(&format!("    {room}::")) || line.starts_with(&format!("    {room},"))
                }) && code.contains("use crate::{");
            if names_it && floor[room] >= own {
                wrong.push(format!("{} imports {room}", source.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn each_foreign_crate_stays_in_its_room() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (name, rooms) in CRATES {
            let used = source.code.iter().any(|line| {
                let line = line.trim_start();
                line.starts_with(&format!("use {name}::"))
                    || (line.contains(&format!("{name}::"))
                        && !line.starts_with("//")
                        && !line.contains(&format!("crate::{name}::"))
                        && !line.contains(&format!("::{name}::"))
                        && line
                            .split(&format!("{name}::"))
                            .next()
                            .is_some_and(|before| !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')))
            });
            if used && !rooms.contains(&source.room.as_str()) {
                wrong.push(format!("{} uses {name}", source.name));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn files_are_short_and_begin_with_their_purpose() {
    for source in sources() {
        assert!(source.code.len() <= 500, "{}: {} lines", source.name, source.code.len());
        assert!(
            source.code.first().is_some_and(|line| line.starts_with("//! ")),
            "{} does not say what it is for",
            source.name
        );
    }
}

#[test]
fn every_dependency_has_its_line_in_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: toml::Table =
        std::fs::read_to_string(root.join("Cargo.toml")).expect("a manifest").parse().expect("TOML");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("a README");
    for part in ["dependencies", "dev-dependencies"] {
        for name in manifest[part].as_table().expect("a table").keys() {
            assert!(readme.contains(&format!("`{name}`")), "{name} is not in the README");
        }
    }
}

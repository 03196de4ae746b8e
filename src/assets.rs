//! What is compiled in, so that the program runs with one file: the default configuration, the source pack and the model.

use include_dir::{Dir, include_dir};

static CONFIG: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/config");
static SOURCES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/sources");
static TRAINING: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/models/training");
static TESTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/models/toets");

/// The shipped model.
pub static MODEL: &[u8] = include_bytes!("../models/2026-11-25/model.bin");

/// Text of a shipped configuration file, e.g. `fenomenen/witwassen.toml`.
#[must_use]
pub fn config(path: &str) -> Option<&'static str> {
    CONFIG.get_file(path)?.contents_utf8()
}

/// Names and texts of the shipped files of one configuration folder that end in `.toml`, by name.
#[must_use]
pub fn config_folder(folder: &str) -> Vec<(String, &'static str)> {
    CONFIG.get_dir(folder).map(|folder| files(folder, "toml")).unwrap_or_default()
}

/// Names and texts of the shipped source pack, by name.
#[must_use]
pub fn sources() -> Vec<(String, &'static str)> {
    files(&SOURCES, "toml")
}

/// Names and texts of the examples that models are fitted on.
#[must_use]
pub fn training() -> Vec<(String, &'static str)> {
    files(&TRAINING, "jsonl")
}

/// Names and texts of the examples that no model is fitted on.
#[must_use]
pub fn test_set() -> Vec<(String, &'static str)> {
    files(&TESTS, "jsonl").into_iter().filter(|(name, _)| name.starts_with("toets")).collect()
}

/// Lines of the test of the axes that rules decide: gebied, instrument, branche.
#[must_use]
pub fn axes_test() -> &'static str {
    TESTS.get_file("assen.jsonl").and_then(|file| file.contents_utf8()).unwrap_or_default()
}

fn files(folder: &Dir<'static>, ending: &str) -> Vec<(String, &'static str)> {
    let mut files: Vec<(String, &'static str)> = folder
        .files()
        .filter(|file| file.path().extension().is_some_and(|extension| extension == ending))
        .filter_map(|file| Some((file.path().display().to_string(), file.contents_utf8()?)))
        .collect();
    files.sort();
    files
}

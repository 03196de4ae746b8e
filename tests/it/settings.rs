//! What was shipped is right, and what a person gets wrong is told: all faults at once, with file, line and remedy.

use std::process::Command;

use tempfile::TempDir;
use uitkijk::{assets, law::Laws, settings::Settings};

#[test]
fn everything_that_is_shipped_passes_check() {
    let settings = Settings::load(None).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!(settings.knowledge.fenomenen.len(), 20);
    assert_eq!(settings.region.gemeenten.len(), 32);
    assert!(settings.sources.len() >= 20);
}

struct Written(TempDir);

impl Written {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("sources")).expect("a folder");
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).expect("written");
    }

    fn check(&self) -> (Option<i32>, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_uitkijk"))
            .args(["--config".as_ref(), self.0.path().join("config.toml").as_os_str(), "check".as_ref()])
            .output()
            .expect("runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

const GOOD: &str = "title = 'AT5'\nowner = 'AT5'\nlicence = 'x'\npersonal-data = 'x'\nchecked = 'unchecked'\nevery = '30m'\n[adapter]\nkind = 'feed'\nurl = 'https://voorbeeld.nl/rss'\n";

#[test]
fn all_faults_are_told_at_once_and_the_exit_code_is_78() {
    let written = Written::new();
    written.write("config.toml", "[paths]\nsources = \"sources\"\n[watch]\nuur = 7\n[fetchh]\ntimeout = '1s'\n");
    let (code, said) = written.check();
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("config.toml:4  'uur' bestaat niet"), "{said}");
    assert!(said.contains("config.toml:5  'fetchh' bestaat niet; bedoelt u 'fetch'?"), "{said}");

    written.write("config.toml", "[paths]\nsources = \"sources\"\n[watch]\nday = \"zondagg\"\n[fetch]\ntimeout = \"soms\"\n[mail]\ndigest-to = [\"geen adres\"]\n");
    written.write("sources/at5.toml", &GOOD.replace("every", "evry"));
    written.write("sources/Fout.toml", GOOD);
    written.write("sources/geen-adres.toml", &GOOD.replace("https://voorbeeld.nl/rss", "voorbeeld"));
    written.write("sources/kind.toml", &GOOD.replace("'feed'", "'feeds'"));
    let (code, said) = written.check();
    assert_eq!(code, Some(78), "{said}");
    for expected in [
        "at5.toml:6  'evry' bestaat niet; bedoelt u 'every'?",
        "Fout.toml",
        "'voorbeeld' is geen adres",
        "'feeds' kan hier niet; kies uit: feed, judgments",
        "'zondagg' is geen weekdag",
        "'soms' is geen duur",
        "'geen adres' is geen mailadres",
        "Er is niets gestart.",
    ] {
        assert!(said.contains(expected), "{expected} ontbreekt in:\n{said}");
    }
}

#[test]
fn a_missing_file_and_a_wrong_value_are_told_in_one_sentence() {
    let written = Written::new();
    let (code, said) = written.check();
    assert_eq!(code, Some(78));
    assert!(said.contains("kan niet worden gelezen"), "{said}");
    written.write("config.toml", "[watch]\nhour = \"zeven\"\n");
    let (code, said) = written.check();
    assert_eq!(code, Some(78));
    assert!(said.contains("'watch.hour' verwacht een geheel getal, maar hier staat tekst"), "{said}");
}

#[test]
fn a_model_that_was_cut_in_half_is_one_clear_sentence() {
    let written = Written::new();
    std::fs::create_dir(written.0.path().join("model")).expect("a folder");
    let half = assets::MODEL.get(..10_000).expect("half a model");
    std::fs::write(written.0.path().join("model/model.bin"), half).expect("written");
    written.write("config.toml", "[paths]\nmodel = \"model\"\n");
    let (code, said) = written.check();
    assert_eq!(code, Some(78));
    assert!(said.contains("beschadigd of afgekapt"), "{said}");
}

#[test]
fn the_environment_wins_from_the_file() {
    let written = Written::new();
    written.write("config.toml", "[mail]\nchannel = \"files\"\n");
    let output = Command::new(env!("CARGO_BIN_EXE_uitkijk"))
        .args(["--config".as_ref(), written.0.path().join("config.toml").as_os_str(), "check".as_ref()])
        .env("UITKIJK_MAIL__CHANNEL", "duif")
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains("'duif' kan niet; kies uit: files, smtp"));
}

/// All values below a key of that name, wherever it stands.
fn values<'a>(value: &'a toml::Value, key: &str, into: &mut Vec<&'a str>) {
    match value {
        toml::Value::Table(table) => {
            into.extend(table.get(key).and_then(toml::Value::as_str));
            table.values().for_each(|value| values(value, key, into));
        }
        toml::Value::Array(list) => list.iter().for_each(|value| values(value, key, into)),
        _ => {}
    }
}

#[test]
fn barriers_ministries_and_powers_say_how_sure_they_are_and_name_laws_that_exist() {
    let read = |path: &str| -> toml::Value {
        let text = assets::config(path).unwrap_or_else(|| panic!("{path} is not shipped"));
        toml::from_str(text).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let table = assets::config("wetten/wetten.csv").expect("embedded");
    let laws = Laws::new(table).expect("a table");
    let stem = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
    let names = |folder: &str| assets::config_folder(folder).iter().map(|(name, _)| stem(name)).collect::<Vec<_>>();
    let fenomenen = names("fenomenen");
    assert_eq!(names("barrieres"), fenomenen);
    let mut files = vec!["wetten/ministeries.toml".to_owned(), "wetten/mogelijkheden.toml".to_owned()];
    files.extend(fenomenen.iter().map(|name| format!("barrieres/{name}")));
    for file in files {
        let all = read(&file);
        let (mut states, mut ids, mut about) = (Vec::new(), Vec::new(), Vec::new());
        values(&all, "status", &mut states);
        values(&all, "bwb", &mut ids);
        values(&all, "fenomeen", &mut about);
        assert!(!states.is_empty(), "{file}");
        for state in states {
            assert!(["bron", "te-toetsen"].contains(&state), "{file}: {state}");
        }
        for id in ids.into_iter().filter(|id| !id.is_empty()) {
            assert!(laws.all().iter().any(|law| law.bwb == id), "{file}: {id} is not in wetten.csv");
        }
        for fenomeen in about {
            assert!(fenomenen.contains(&format!("{fenomeen}.toml")), "{file}: {fenomeen}");
        }
    }
}

#[test]
fn a_fault_in_the_language_of_courts_is_told_with_its_line() {
    let written = Written::new();
    std::fs::create_dir_all(written.0.path().join("eigen/lijsten")).expect("a folder");
    let shipped = assets::config("lijsten/uitspraken.toml").expect("embedded");
    let wrong = shipped.replacen("soort = \"parket\"", "soortt = \"parket\"", 1);
    written.write("eigen/lijsten/uitspraken.toml", &wrong);
    written.write("config.toml", "[paths]\nsources = \"sources\"\nconfig = \"eigen\"\n");
    let (code, said) = written.check();
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("lijsten/uitspraken.toml:9  'soortt' bestaat niet; bedoelt u 'soort'?"), "{said}");
}

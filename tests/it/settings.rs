//! What was shipped is right, and what a person gets wrong is told: all faults at once, with file, line and remedy.

use std::process::Command;

use tempfile::TempDir;
use uitkijk::settings::Settings;

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
    let half = uitkijk::assets::MODEL.get(..10_000).expect("half a model");
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

//! People teach the model: corrections count at once, come out and go in as lines, and make the next model; the daemon takes
//! that one over, judges history anew, and keeps what earlier models said.

use std::{path::Path, time::Duration};

use uitkijk::{clock, demo::Options, domain::week::Week, store::Store};

use crate::{
    daemon::{signal, start, until},
    support::{Small, poll_all, uitkijk},
};

/// A world of a few weeks that ends now.
async fn world() -> Small {
    let options = Options { weeks: 10, items_per_week: 40, seed: 3, judgments: 0 };
    Small::start(options, Week::of(clock::now()).plus(-1)).await
}

/// Enough examples of two fenomenen and of nothing to fit a small model.
fn examples(folder: &Path, extra: &str) {
    let places = ["Schagen", "Hoorn", "Venlo", "Zwolle", "Goes", "Assen", "Tiel", "Weert"];
    let mut lines = String::new();
    for (number, place) in places.iter().enumerate() {
        let mut line = |name: &str, text: String, label: &str| {
            let labels: Vec<&str> = Some(label).filter(|label| !label.is_empty()).into_iter().collect();
            let example = serde_json::json!({ "id": format!("{name}-{number}"), "text": text, "labels": labels });
            lines.push_str(&format!("{example}\n"));
        };
        line(
            "h",
            format!("In {place} stond een hennepkwekerij van {number} planten en was stroom afgetapt."),
            "hennepteelt",
        );
        line(
            "t",
            format!("Douane vond {number} dozen sigaretten zonder accijns in een loods in {place}."),
            "illegale-tabak",
        );
        line("n", format!("De bibliotheek van {place} opent {number} nieuwe leeszalen voor kinderen en ouderen."), "");
    }
    std::fs::create_dir_all(folder).expect("a folder");
    std::fs::write(folder.join("klein.jsonl"), lines + extra).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_counts_at_once_and_travels_as_lines() {
    let small = world().await;
    let settings = small.settings();
    let store = Store::open(&settings.database).await.expect("a store");
    poll_all(&settings, &store, clock::now()).await;
    let model = settings.knowledge.classifier.version();
    let asked = store.unreviewed(model, jiff::Timestamp::UNIX_EPOCH, false, 1).await.expect("items");
    let item = asked.first().expect("an item without labels").item;
    let config = small.config().display().to_string();
    let number = item.to_string();

    let (code, said, _) =
        uitkijk(&["--config", &config, "label", "--who", "an", &number, "+zorgfraude", "-cybercrime"], "");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(store.fenomenen_of(item, model).await.expect("labels"), ["zorgfraude"]);
    for (wrong, told) in [
        (vec!["label", "--who", "an", "999999", "+zorgfraude"], "er is geen bericht"),
        (vec!["label", "--who", "an", &number, "+zorgfraud"], "is geen fenomeen"),
        (vec!["label", "--who", "an", &number, "zorgfraude"], "begint niet met"),
    ] {
        let (code, _, error) = uitkijk(&[vec!["--config", &config], wrong].concat(), "");
        assert_eq!(code, Some(2), "{error}");
        assert!(error.contains(told), "{error}");
    }
    // Another person says something else: the last word counts, and the conflict is told.
    let (code, ..) = uitkijk(&["--config", &config, "label", &number, "geen", "--who", "bo"], "");
    assert_eq!(code, Some(0));
    assert!(store.fenomenen_of(item, model).await.expect("labels").is_empty());
    let (_, conflicts, _) = uitkijk(&["--config", &config, "corrections", "conflicts"], "");
    assert!(conflicts.contains("zorgfraude klopt volgens an, niet volgens bo"), "{conflicts}");

    let (code, lines, _) = uitkijk(&["--config", &config, "corrections", "export"], "");
    assert_eq!((code, lines.lines().count()), (Some(0), 2), "{lines}");
    let (_, again, _) = uitkijk(&["--config", &config, "corrections", "import", "-"], &lines);
    assert!(again.starts_with("0 verbeteringen gelezen, 2 waren er al"), "{again}");
    let other = world().await;
    let elsewhere = other.config().display().to_string();
    let (code, said, error) = uitkijk(&["--config", &elsewhere, "corrections", "import", "-"], &lines);
    assert_eq!(code, Some(0), "{error}");
    assert!(said.starts_with("2 verbeteringen gelezen"), "{said}");
    let (code, _, error) = uitkijk(&["--config", &elsewhere, "corrections", "import", "-"], "{\"id\":1}\n");
    assert_eq!(code, Some(2));
    assert!(error.contains("-:1: geen verbetering"), "{error}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_asks_answers_and_takes_back() {
    let small = world().await;
    let settings = small.settings();
    let store = Store::open(&settings.database).await.expect("a store");
    poll_all(&settings, &store, clock::now()).await;
    let config = small.config().display().to_string();
    let (code, said, _) =
        uitkijk(&["--config", &config, "review", "--who", "an", "--most", "4"], "w\n1, 3\nu\nn\ns\nx\nj\nq\n");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1/4") && said.contains("[n] nee"), "{said}");
    assert!(said.contains("Teruggenomen"), "{said}");
    let acts = store.corrections().await.expect("acts");
    assert!((1..=2).contains(&acts.len()), "one was taken back, one was skipped: {}", acts.len());
    assert!(acts.iter().all(|act| act.who == "an" && act.item.is_some()));
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_takes_a_new_model_and_judges_history_anew() {
    let small = world().await;
    let settings = small.settings();
    let old = settings.knowledge.classifier.version().to_owned();
    let config = small.config().display().to_string();
    let mut child = start(&small);
    assert!(until(Duration::from_secs(20), async || settings.database.exists()).await);
    let store = Store::open(&settings.database).await.expect("a store");
    let all = small.world.counts().len();
    let polled = async || {
        store.poll_states().await.expect("states").iter().filter(|(_, state)| state.last_ok.is_some()).count() + 1
            >= all
    };
    assert!(until(Duration::from_secs(90), polled).await);
    assert_eq!(store.unjudged_count(&old).await.expect("a count"), 0);

    let folder = small.path().join("voorbeelden");
    examples(&folder, "");
    let corpus = folder.display().to_string();
    // A model that knows two fenomenen of twenty is worse, and stays where it is.
    let (code, said, error) = uitkijk(&["--config", &config, "train", "--corpus", &corpus, "--compare"], "");
    assert_eq!(code, Some(0), "{error}");
    assert!(said.contains("slechter") && said.contains("komt niet in gebruik"), "{said}");
    assert!(!small.path().join("models/current").exists());
    // Without a comparison it is the user's own decision.
    let (code, said, error) = uitkijk(&["--config", &config, "train", "--corpus", &corpus], "");
    assert_eq!(code, Some(0), "{error}");
    assert!(said.contains("SIGHUP"), "{said}");
    let new = std::fs::read_to_string(small.path().join("models/current")).expect("a version");

    // Half a bundle first: the daemon says so and keeps what it has.
    let bundle = small.path().join("models").join(&new).join("model.bin");
    let whole = std::fs::read(&bundle).expect("a bundle");
    std::fs::write(&bundle, whole.get(..whole.len() / 2).expect("half")).expect("written");
    let (code, _, error) = uitkijk(&["--config", &config, "check"], "");
    assert_eq!(code, Some(78));
    assert!(error.contains("beschadigd of afgekapt"), "{error}");
    signal(&child, "-HUP");
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(child.try_wait().expect("a state").is_none(), "half a model does not stop the daemon");
    assert!(store.unjudged_count(&new).await.expect("a count") > 0);

    std::fs::write(&bundle, whole).expect("written");
    signal(&child, "-HUP");
    assert!(until(Duration::from_secs(90), async || store.unjudged_count(&new).await.expect("a count") == 0).await);
    assert_eq!(store.unjudged_count(&old).await.expect("a count"), 0, "what the old model said is kept");
    signal(&child, "-TERM");
    assert!(child.wait().expect("gone").success());
}

#[test]
fn a_new_fenomeen_takes_a_file_and_a_handful_of_examples() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("written");
    };
    write("uitkijk.toml", "[paths]\nconfig = \"kennis\"\nstate = \"state\"\n");
    write(
        "kennis/fenomenen/nepfestivals.toml",
        "label = \"Nepfestivals\"\nshort = \"nepfestivals\"\nlaw = \"art. 326 Sr\"\nsteps = [\"werven\"]\npartners = [\"gemeente\"]\n",
    );
    let names = ["Zon", "Maan", "Ster", "Duin", "Polder", "Dijk", "Kreek", "Wad"];
    let lines = names.map(|name| {
        format!(
            "{{\"id\": \"nep-{name}\", \"text\": \"Kaarten voor festival {name} bleken vals: het festival bestond niet en de kopers stonden voor een leeg weiland.\", \"labels\": [\"nepfestivals\"]}}\n"
        )
    });
    examples(&folder.path().join("voorbeelden"), &lines.concat());
    let config = folder.path().join("uitkijk.toml").display().to_string();
    let corpus = folder.path().join("voorbeelden").display().to_string();
    let (code, said, error) = uitkijk(&["--config", &config, "train", "--corpus", &corpus], "");
    assert_eq!(code, Some(0), "{error}");
    assert!(said.contains("3 fenomenen"), "{said}");
    let text = r#"{"id":1,"text":"Honderden kopers van kaarten voor een festival dat niet bestond stonden voor een weiland."}"#;
    let (code, out, _) = uitkijk(&["--config", &config, "classify", "--jsonl", "-"], text);
    assert_eq!(code, Some(0));
    let line: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let labels = line.get("fenomenen").and_then(|labels| labels.as_array()).expect("labels");
    let p = |id: &str| {
        let found = labels.iter().find(|label| label.get("id").is_some_and(|own| own == id)).expect("a label");
        found.get("p").and_then(serde_json::Value::as_f64).expect("a chance")
    };
    assert!(p("nepfestivals") > p("hennepteelt") && p("nepfestivals") > p("illegale-tabak"), "{out}");
}

#[test]
fn faults_in_examples_are_one_clear_sentence_each() {
    let long = format!("{{\"id\":\"x\",\"text\":\"{}\",\"labels\":[]}}\n", "x".repeat(10_000_000));
    for (extra, told) in [
        ("{\"id\":\"x\",\"text\":\"y\",\"labels\":[\"witwasssen\"]}\n", "'witwasssen' is geen fenomeen"),
        ("{\"id\": kapot\n", "geen voorbeeld in JSON"),
        ("{\"id\":\"x\",\"title\":\"\",\"text\":\" \",\"labels\":[]}\n", "titel en tekst zijn leeg"),
        (&long, "de regel is langer dan"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        examples(folder.path(), extra);
        let (corpus, out) = (folder.path().display().to_string(), folder.path().join("model").display().to_string());
        let (code, _, error) = uitkijk(&["train", "--corpus", &corpus, "--out", &out], "");
        assert_eq!(code, Some(1), "{error}");
        assert!(error.contains(told) && error.contains("klein.jsonl:25"), "{error}");
        assert!(!folder.path().join("model/model.bin").exists());
    }
}

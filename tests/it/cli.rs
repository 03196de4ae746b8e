//! The filters that scripts rely on, and the manners of the command line.

use serde_json::Value;

use crate::support::uitkijk;

#[test]
fn classify_answers_every_line_in_order_with_all_fenomenen() {
    let long = format!("{{\"id\":\"lang\",\"text\":\"{}\"}}", "x ".repeat(3_000_000));
    let input = format!(
        "{}\n{{kapot\n\n{}\n{long}\n",
        r#"{"id":"a","title":"Hennepkwekerij met duizend planten in schuur in Schagen","text":"De politie ontmantelde in Schagen een hennepkwekerij. De stroom werd buiten de meter om afgetapt. De burgemeester sluit de schuur op grond van artikel 13b Opiumwet."}"#,
        r#"{"id":7,"title":"Bingo in het buurthuis","text":"Zondag is er bingo met koffie en taart."}"#,
    );
    let (code, out, _) = uitkijk(&["classify", "--jsonl", "-"], &input);
    assert_eq!(code, Some(0));
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["id"], "a");
    assert_eq!(lines[0]["language"], "nl");
    let fenomenen = lines[0]["fenomenen"].as_array().expect("a list");
    assert_eq!(fenomenen.len(), 20);
    for fenomeen in fenomenen {
        let p = fenomeen["p"].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&p));
        assert!(["ja", "twijfel", "nee"].contains(&fenomeen["verdict"].as_str().expect("a word")));
    }
    let hennep = fenomenen.iter().find(|fenomeen| fenomeen["id"] == "hennepteelt").expect("a label");
    assert_eq!(hennep["verdict"], "ja");
    assert_eq!(lines[0]["gebieden"], serde_json::json!(["GM0441"]));
    assert_eq!(lines[0]["instrumenten"], serde_json::json!(["damocles"]));
    assert!(lines[0]["branches"].is_array() && lines[0]["model"].is_string());
    assert!(lines[1]["error"].is_string(), "a broken line is answered, not skipped");
    assert_eq!(lines[2]["id"], 7);
    assert!(lines[2]["fenomenen"].as_array().expect("a list").iter().all(|fenomeen| fenomeen["verdict"] != "ja"));
    assert!(lines[3]["error"].as_str().is_some_and(|error| error.contains("langer dan")));
}

#[test]
fn read_answers_every_file_one_way_or_the_other() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/");
    let files =
        [format!("{root}feeds/rss20.xml"), format!("{root}feeds/consent.html"), format!("{root}bestaat-niet.xml")];
    let arguments: Vec<&str> =
        ["read", "feed", "--jsonl"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let (code, out, _) = uitkijk(&arguments, "");
    assert_eq!(code, Some(0));
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    let record = &lines[0]["records"][0];
    for key in ["key", "title", "link", "published", "updated", "text"] {
        assert!(record.get(key).is_some(), "{key}");
    }
    assert!(lines[0]["rejected"].is_array());
    assert!(lines[1]["error"].is_string() && lines[2]["error"].is_string());
    let judgment = format!("{root}judgments/ECLI_NL_RBNHO_2026_9001.xml");
    let (_, out, _) = uitkijk(&["read", "judgments", "--jsonl", &judgment], "");
    let line: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(line["records"][0]["key"], "ECLI:NL:RBNHO:2026:9001");
    assert!(line["records"][0]["judgment"]["sections"].is_array());
}

#[test]
fn wrong_use_is_exit_code_two_and_help_is_dutch() {
    assert_eq!(uitkijk(&["vlieg"], "").0, Some(2));
    assert_eq!(uitkijk(&["read", "pdf", "x"], "").0, Some(2));
    assert_eq!(uitkijk(&["demo", "--weeks", "3"], "").0, Some(2));
    let (code, out, _) = uitkijk(&["--help"], "");
    assert_eq!(code, Some(0));
    assert!(out.contains("Laat alles werken op een kleine, verzonnen wereld"));
    let (code, out, _) = uitkijk(&["completions", "bash"], "");
    assert!(code == Some(0) && out.contains("uitkijk"));
}

#[test]
fn classify_shows_the_words_that_mattered() {
    let (code, out, _) = uitkijk(
        &[
            "classify",
            "Kwekerij in Hoorn\nIn een loods in Hoorn stonden honderden hennepplanten onder lampen. De stroom was illegaal afgetapt.",
        ],
        "",
    );
    assert_eq!(code, Some(0));
    assert!(out.contains("hennepteelt") && out.contains("telden mee: ") && out.contains("Hoorn"), "{out}");
}

//! Tests of the reader: the language of decisions court by court, places that can be checked, and input that is not what
//! it should be.

use super::*;
use crate::{
    adapters::judgments::read_saved,
    domain::judgment::{Paragraph, Relation, Section},
};

fn reader() -> Reader {
    let gemeenten =
        "code,naam,provincie,inwoners,vroeger,ook,riec,tot,opgevolgd_door\nGM0479,Zaanstad,Noord-Holland,1,,,,,\n";
    Reader::new(include_str!("../../config/lijsten/uitspraken.toml"), gemeenten).expect("the shipped rules are read")
}

fn paragraphs(lines: &[&str]) -> Vec<Paragraph> {
    lines.iter().map(|text| Paragraph { number: String::new(), text: (*text).to_owned() }).collect()
}

/// A judgment with nothing but a decision.
fn decided(court: &str, area: &str, lines: &[&str]) -> Judgment {
    let section = |title: &str, lines: &[&str]| Section {
        role: String::new(),
        title: title.to_owned(),
        paragraphs: paragraphs(lines),
    };
    Judgment {
        ecli: "ECLI:NL:XX:2026:F9000".to_owned(),
        court: court.to_owned(),
        kind: "Uitspraak".to_owned(),
        date: "2026-05-01".to_owned(),
        subjects: vec![area.to_owned()],
        sections: vec![section("Overwegingen", &["De zaak is behandeld."]), section("Beslissing", lines)],
        ..Judgment::default()
    }
}

/// One line of the table of decisions.
#[derive(serde::Deserialize)]
struct Case {
    court: String,
    area: String,
    lines: Vec<String>,
    main: Option<String>,
    partly: bool,
}

#[test]
fn decisions_are_read_in_the_language_of_every_court() {
    let reader = reader();
    let mut wrong = Vec::new();
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("../../tests/fixtures/rulings/beslissingen.json")).expect("a list of cases");
    for case in cases {
        let lines: Vec<&str> = case.lines.iter().map(String::as_str).collect();
        let read = reader.read(&decided(&case.court, &case.area, &lines), &[]).outcome;
        let main = read.main.value().cloned();
        if (&main, read.partly) != (&case.main, case.partly) {
            wrong.push(format!("{}: {lines:?}\n   echt {:?}, gelezen {main:?} {}", case.court, case.main, read.partly));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn fixture(name: &str) -> Judgment {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/rulings");
    let document = std::fs::read(format!("{folder}/ECLI_NL_XX_2026_{name}.xml")).expect("the fixture is there");
    let page = read_saved(&document).expect("reads");
    page.records.into_iter().next().and_then(|record| record.judgment).expect("a judgment")
}

#[test]
fn every_quotation_is_a_literal_piece_of_the_text_at_its_offset() {
    let reader = reader();
    for number in 1..=40 {
        let judgment = fixture(&format!("F{number:04}"));
        let whole: Vec<char> = judgment.text().chars().collect();
        let read = serde_json::to_value(reader.read(&judgment, &[])).expect("writes");
        let mut stack = vec![&read];
        let mut checked = 0;
        while let Some(value) = stack.pop() {
            if value["origin"] == "tekst" {
                let at = |key: &str| usize::try_from(value[key].as_u64().expect("a number")).expect("fits");
                let piece: String = whole[at("start")..at("end")].iter().collect();
                assert_eq!(value["sentence"].as_str(), Some(piece.as_str()), "{}", judgment.ecli);
                checked += 1;
            }
            stack.extend(value.as_object().into_iter().flat_map(|object| object.values()));
            stack.extend(value.as_array().into_iter().flatten());
        }
        assert!(checked > 0, "{}: nothing to check", judgment.ecli);
    }
}

#[test]
fn what_is_read_survives_being_stored() {
    let read = reader().read(&fixture("F0001"), &[]);
    let stored: Understood = serde_json::from_str(&serde_json::to_string(&read).expect("writes")).expect("reads");
    assert_eq!(serde_json::to_value(&stored).expect("writes"), serde_json::to_value(&read).expect("writes"));
}

#[test]
fn a_judgment_without_text_says_so_in_every_field() {
    let read = reader().read(&Judgment { ecli: "ECLI:NL:XX:2026:F9001".to_owned(), ..Judgment::default() }, &[]);
    let json = serde_json::to_value(&read).expect("writes");
    for field in ["court", "chamber", "procedure", "area", "instrument", "ground", "gemeente"] {
        assert_eq!(json[field], "niet gevonden", "{field}");
    }
    assert_eq!(json["outcome"]["main"], "niet gevonden");
    assert!(read.chain.is_empty() && read.parties.is_empty());
}

#[test]
fn an_english_judgment_gives_no_outcome() {
    let judgment = decided(
        "Rechtbank Amsterdam",
        "Civiel recht",
        &["The court:", "dismisses the claim;", "orders claimant to pay the costs."],
    );
    assert!(reader().read(&judgment, &[]).outcome.main.value().is_none());
}

#[test]
fn relations_in_a_circle_end_and_a_judgment_is_no_instance_of_itself() {
    let circle = |ecli: &str| match ecli {
        "A" => vec!["B".to_owned(), "A".to_owned()],
        "B" => vec!["C".to_owned()],
        _ => vec!["A".to_owned(), "b".to_owned()],
    };
    let walk = walk("A", circle);
    let seen: Vec<(&str, usize)> = walk.instances.iter().map(|seen| (seen.ecli.as_str(), seen.distance)).collect();
    assert_eq!(seen, [("B", 1), ("C", 2)]);
    assert_eq!((walk.met_again, walk.cut_off), (3, false));
    let endless = super::walk("0", |ecli| vec![format!("{ecli}0"), format!("{ecli}1")]);
    assert!(endless.cut_off);
    let own = Relation {
        ecli: "ECLI:NL:XX:2026:F9000".to_owned(),
        instance: "latereAanleg".to_owned(),
        ..Relation::default()
    };
    let judgment =
        Judgment { relations: vec![own], ..decided("Hoge Raad", "Strafrecht", &["De Hoge Raad verwerpt het beroep."]) };
    assert!(reader().read(&judgment, &[]).chain.is_empty());
}

#[test]
fn an_appeal_finds_the_first_judgment_by_day_and_number_when_no_ecli_is_known() {
    let read = reader().read(&fixture("F0001"), &[]);
    let link = read.chain.first().expect("the ruling under appeal");
    assert_eq!(link.fate.as_deref(), Some("vernietigd"));
    let mut first =
        decided("Rechtbank Noord-Holland", "Bestuursrecht", &["De rechtbank verklaart het beroep ongegrond."]);
    first.date = "2025-02-03".to_owned();
    first.case_numbers = vec!["HAA 24/1234 en 24/1235".to_owned()];
    assert!(link.is(&first));
    first.case_numbers = vec!["HAA 24/9999".to_owned()];
    assert!(!link.is(&first));
}

#[test]
fn a_very_long_judgment_is_read_in_reasonable_time() {
    let mut judgment = fixture("F0001");
    let filler = paragraphs(&["De rechtbank overweegt dat de sluiting van de woning noodzakelijk en evenwichtig was."]);
    let many: Vec<Paragraph> = filler.into_iter().cycle().take(25_000).collect();
    let at = judgment.sections.len() - 1;
    judgment.sections.insert(at, Section { title: "Overwegingen".to_owned(), paragraphs: many, ..Section::default() });
    assert!(judgment.text().len() > 2_000_000);
    let read = reader().read(&judgment, &[]);
    assert_eq!(read.outcome.main.value().map(String::as_str), Some("hoger-beroep-gegrond"));
}

#[test]
fn a_court_may_set_another_duration() {
    let mut judgment = fixture("F0001");
    if let Some(last) = judgment.sections.last_mut() {
        last.paragraphs.extend(paragraphs(&["bepaalt dat de woning voor één maand wordt gesloten;"]));
        let end = last.paragraphs.len() - 1;
        last.paragraphs.swap(end, end - 1);
    }
    let closure = reader().read(&judgment, &[]).closure;
    assert_eq!(closure.duration.value(), Some(&Duration::Maanden(3)));
    assert_eq!(closure.duration_by_court.value(), Some(&Duration::Maanden(1)));
}

#[test]
fn a_rule_that_does_not_compile_is_named() {
    let broken = include_str!("../../config/lijsten/uitspraken.toml").replacen("naam = \"parket\"", "naam = \"(\"", 1);
    let error = Reader::new(&broken, "code,naam\n").err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("patroon '('"), "{error}");
}

use proptest::prelude::*;

use super::*;
use crate::domain::record::Body;

const SOLE: &[u8] = include_bytes!("../../../tests/fixtures/registry/eenmanszaak.json");
const SEARCH: &[u8] = include_bytes!("../../../tests/fixtures/registry/zoeken-v2.json");
const SIGNALS: &[u8] = include_bytes!("../../../tests/fixtures/registry/signalen.json");
const POLICE: &[u8] = include_bytes!("../../../tests/fixtures/registry/politie.json");
const WOO: &[u8] = include_bytes!("../../../tests/fixtures/registry/woo.json");

/// Everything in the fixtures that points at the owner of the eenmanszaak.
const PRIVATE: [&str; 16] = [
    "Quirijn",
    "Zwaluwstaart",
    "zwaluwstaart",
    "Stukadoors",
    "Kwikstaart",
    "418",
    "1508",
    "QX",
    "97531864",
    "97531865",
    "97531866",
    "864197532",
    "Schuilplaats",
    "771",
    "52.4",
    "4.81",
];

fn assert_private(page: &Page) {
    let shown = format!("{page:?}");
    for word in PRIVATE {
        assert!(!shown.contains(word), "{word} in {shown}");
    }
}

fn spec(text: &str) -> Spec {
    let spec: Spec = toml::from_str(text).expect("a spec");
    assert_eq!(spec.faults(), Vec::<String>::new(), "{text}");
    spec
}

fn shipped(name: &str) -> Spec {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sources").join(name);
    let file: toml::Table = std::fs::read_to_string(path).expect("a source").parse().expect("TOML");
    let mut adapter = file["adapter"].as_table().expect("a table").clone();
    adapter.remove("kind");
    spec(&adapter.to_string())
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn now() -> Timestamp {
    at("2026-10-06T12:00:00Z")
}

#[test]
fn of_an_eenmanszaak_only_the_phenomenon_is_kept() {
    let page = read_saved(SOLE).expect("a profile");
    assert_private(&page);
    let record = page.records.first().expect("a record");
    assert_eq!(record.title, "Registratie: eenmanszaak, SBI 43310, Zaandam");
    assert_eq!((record.link.as_ref(), &record.body), (None, &Body::default()));
    let registration = record.registration.as_ref().expect("a registration");
    assert_eq!(registration.sbi, ["43310", "4334"]);
    assert_eq!(registration.started.as_deref(), Some("2024-03"));
    assert!(registration.natural);
    let older = String::from_utf8_lossy(SOLE).replace(
        "\"_links\":{\"self\":{\"href\":\"https://api.kvk.nl/test/api/v1/basisprofielen/97531864\"}}",
        "\"links\":[]",
    );
    let other = read_saved(older.as_bytes()).expect("a profile");
    assert_eq!(
        other.records.first().map(|record| &record.key),
        Some(&record.key),
        "both forms of links are the same record"
    );
}

#[test]
fn parts_of_a_profile_are_read_and_as_private() {
    let whole: Value = serde_json::from_slice(SOLE).expect("JSON");
    for part in ["hoofdvestiging", "eigenaar"] {
        let page = read_saved(whole["_embedded"][part].to_string().as_bytes()).expect(part);
        assert_private(&page);
        assert_eq!(page.records.len(), 1, "{part}");
    }
    let list = r#"{"kvkNummer":"97531864","totaalAantalVestigingen":2,"vestigingen":[
        {"vestigingsnummer":"000097531865","eersteHandelsnaam":"Zwaluwstaart Afbouw","indHoofdvestiging":"Ja","indAdresAfgeschermd":"Nee","volledigAdres":"Kwikstaartlaan 418 1508QX Zaandam"},
        {"vestigingsnummer":"000097531866","indHoofdvestiging":"Nee","indAdresAfgeschermd":"Ja","volledigAdres":"Kwikstaartlaan 418 1508QX Zaandam"}]}"#;
    let page = read_saved(list.as_bytes()).expect("a list");
    assert_private(&page);
    let places: Vec<_> =
        page.records.iter().map(|r| r.registration.as_ref().and_then(|r| r.place.as_deref())).collect();
    assert_eq!((places, page.stated), (vec![Some("Zaandam"), None], Some(2)));
}

#[test]
fn a_search_shows_no_legal_form_so_all_but_legal_persons_are_natural() {
    let page = read_saved(SEARCH).expect("results");
    assert_private(&page);
    let keys: std::collections::BTreeSet<&str> = page.records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!((keys.len(), page.stated), (3, Some(3)));
    assert!(keys.contains("kvk:90112233"), "the number of a legal person is its key");
    assert!(!format!("{page:?}").contains("Loodsverhuur"), "no trade names");
}

#[test]
fn legal_persons_are_known_by_their_form() {
    for form in [
        "Besloten Vennootschap",
        "B.V.",
        "Naamloze Vennootschap",
        "Stichting",
        "Vereniging van Eigenaars",
        "Coöperatie",
        "Overige privaatrechtelijke rechtspersoon",
    ] {
        assert!(items::is_legal_person(form), "{form}");
    }
    for form in [
        "Eenmanszaak",
        "Vennootschap onder firma",
        "Maatschap",
        "Commanditaire Vennootschap",
        "Eenmanszaak met stichting",
        "",
        "onbekend",
    ] {
        assert!(!items::is_legal_person(form), "{form}");
    }
}

#[test]
fn signals_are_completed_from_profiles_and_then_hold_no_number() {
    let adapter = Registry::new(spec(
        "url = 'https://api.kvk.nl/api/v1/abonnementen/87654321'\npreset = 'kvk-mutatieservice'\nbudget = 500\n\
         start = '2026-10-01'\nsecret = { header = 'apikey', secret = 'kvk' }",
    ));
    let request = adapter.open(&Cursor("2026-10-05T12:00:00Z".into()), now());
    assert!(
        request.url.contains("vanaf=2026-10-03T12%3A00%3A00Z&tot=2026-10-06T12%3A00%3A00Z&pagina=1&aantal=100"),
        "{}",
        request.url
    );
    assert_eq!(request.secret.as_ref().map(|secret| secret.header.as_str()), Some("apikey"));
    let page = adapter.read(&Response::saved(request, SIGNALS.to_vec())).expect("signals");
    assert_eq!((page.records.len(), page.rejected.len(), page.stated), (2, 1, Some(101)));
    let next = page.next.as_ref().expect("a second page");
    assert!(next.request.url.contains("pagina=2") && !next.only_if_new);
    assert_eq!(page.cursor, Cursor::default(), "the total grows while paging: the cursor waits for the last page");
    let signal = page.records.first().expect("a signal").clone();
    assert_eq!(signal.title, "Registratie (NieuweInschrijving)");
    let detail = signal.detail.clone().expect("a profile");
    assert_eq!(detail.url, "https://api.kvk.nl/api/v1/basisprofielen/97531864");
    assert!(detail.secret.is_some());
    let gone = Response { status: 404, ..Response::saved(detail.clone(), Vec::new()) };
    assert!(adapter.complete(signal.clone(), &gone).expect("counts all the same").detail.is_none());
    let record = adapter.complete(signal, &Response::saved(detail, SOLE.to_vec())).expect("complete");
    assert_eq!(record.title, "Registratie (NieuweInschrijving): eenmanszaak, SBI 43310, Zaandam");
    assert_eq!(record.published, Some(at("2026-10-05T08:00:00Z")));
    assert_private(&Page { records: vec![record], ..Page::default() });
    assert_private(&read_saved(SIGNALS).expect("signals"));
    let list = br#"{"klantId":"x","abonnementen":[{"id":"oud","actief":false},{"id":"nieuw","actief":true}]}"#;
    let request = Registry::new(Spec { url: "https://api.kvk.nl/api/v1/abonnementen".into(), ..adapter.spec.clone() })
        .open(&Cursor::default(), now());
    let page = adapter.read(&Response::saved(request, list.to_vec())).expect("a list");
    assert!(page.next.expect("its signals").request.url.contains("/abonnementen/nieuw?vanaf="));
    assert_eq!(page.rejected.len(), 2);
}

#[test]
fn nothing_found_is_an_empty_page_and_errors_are_told_without_numbers() {
    let none = br#"{"fout":[{"code":"IPD5200","omschrijving":"Er zijn geen gegevens gevonden."}]}"#;
    let page = read_saved(none).expect("an empty page");
    assert_eq!((page.records.len(), page.stated), (0, Some(0)));
    let refused = r#"{"fout":[{"code":"IPD0005","omschrijving":"Op basis van het KVK-nummer 97531864 kan het product niet worden geleverd."}]}"#;
    let error = read_saved(refused.as_bytes()).expect_err("an error").to_string();
    assert!(
        error.contains("IPD0005") && error.contains("niet worden geleverd") && !error.contains("97531864"),
        "{error}"
    );
    let cases = [
        (r#"{"invalidFields":[{"field":"fromdate","message":"ongeldig"}]}"#, "ongeldige velden: "),
        (r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"geen sleutel"}"#, "401"),
        (r#"{"message":"Limit exceeded"}"#, "Limit exceeded"),
        (r#"{"openapi":"3.0.1","paths":{}}"#, "een beschrijving van de dienst, geen antwoord"),
        ("openapi: 3.0.1\npaths: {}", "een beschrijving van de dienst, geen antwoord"),
        ("\u{1f}\u{fffd}\u{8}\0\0\0\0\u{fffd}VJ", "geen JSON"),
        (r#"{"a":1}"#, "zonder lijst van items (a)"),
        ("3", "zonder lijst"),
    ];
    for (body, expected) in cases {
        let error = read_saved(body.as_bytes()).expect_err(body).to_string();
        assert!(error.contains(expected), "{body}: {error}");
    }
}

#[test]
fn news_of_the_politie_is_read_by_its_source_file_as_by_its_shape() {
    let adapter = Registry::new(shipped("politie-api-nieuws.toml"));
    let request = adapter.open(&Cursor("2026-10-05T12:00:00Z".into()), now());
    assert!(request.url.contains("fromdate=20261003&todate=20261006&offset=0&maxnumberofitems=25"), "{}", request.url);
    let page = adapter.read(&Response::saved(request.clone(), POLICE.to_vec())).expect("news");
    let item = page.records.first().expect("an item");
    assert_eq!(item.title, "Hennepkwekerij in loods");
    assert_eq!(item.published, Some(at("2026-10-05T18:46:00Z")));
    let Body::Html(html) = &item.body else { panic!("HTML") };
    assert!(html.contains("900") && html.contains("Stroom") && html.contains("Agenten"), "{html}");
    let shown = format!("{page:?}");
    assert!(!shown.contains("foto.jpg") && !shown.contains("52.44"));
    assert!(page.records.get(1).is_some_and(|item| item.published.is_some()), "names of fields ignore case");
    assert!(page.next.expect("more").request.url.contains("offset=2&"));
    let saved = read_saved(POLICE).expect("news");
    assert_eq!(format!("{:?}", saved.records), format!("{:?}", page.records));
    let none = Response { status: 204, ..Response::saved(request, Vec::new()) };
    let page = adapter.read(&none).expect("nothing");
    assert_eq!((page.records.len(), page.cursor.0.as_str()), (0, "2026-10-06T12:00:00Z"));
}

#[test]
fn woo_documents_are_read_by_their_source_file_as_by_their_shape() {
    let adapter = Registry::new(shipped("woo-documenten.toml"));
    let request = adapter.open(&Cursor("2026-10-05T12:00:00Z".into()), now());
    assert!(
        request.url.contains("publicatiedatumVan=03-10-2026") && request.url.contains("start=0"),
        "{}",
        request.url
    );
    let page = adapter.read(&Response::saved(request, WOO.to_vec())).expect("documents");
    let item = page.records.first().expect("an item");
    assert_eq!(item.key, "eef2edec-0000-4000-8000-000000000001");
    assert_eq!(item.revision, "2026-10-05T09:23:36.587Z");
    assert_eq!(item.updated, Some(at("2026-10-05T09:23:36.587Z")));
    assert_eq!(page.stated, Some(51));
    assert!(page.next.expect("more").request.url.contains("start=2"));
    let saved = read_saved(WOO).expect("documents");
    assert_eq!(format!("{:?}", saved.records), format!("{:?}", page.records));
}

#[test]
fn other_lists_are_guessed_or_refused() {
    let cases = [
        r#"[{"id":1,"title":"t","url":"https://x.nl/1","date":"2026-10-05"}]"#,
        r#"{"count":1,"results":[{"uuid":"1","Titel":"t","link":"https://x.nl/1","publicatieDatum":"05-10-2026"}]}"#,
        r#"{"type":"FeatureCollection","features":[{"id":"1","properties":{"naam":"t","href":"https://x.nl/1","datum":"20261005"}}]}"#,
        r#"{"response":{"docs":[{"id":"1","label":"t","permalink":"https://x.nl/1","issued":1759665600}]}}"#,
        r#"{"hits":{"hits":[{"_id":"9","_source":{"id":"1","title":"t","url":"https://x.nl/1","published":"2026-10-05"}}]}}"#,
    ];
    for body in cases {
        let page = read_saved(body.as_bytes()).expect(body);
        let record = page.records.first().expect(body);
        assert_eq!(
            (record.key.as_str(), record.title.as_str(), record.link.as_deref()),
            ("1", "t", Some("https://x.nl/1")),
            "{body}"
        );
        assert!(record.published.is_some(), "{body}");
    }
    let persons = r#"[{"id":1,"naam":"I. Voorbeeld","geboortedatum":"1980-01-01"}]"#;
    let page = read_saved(persons.as_bytes()).expect("a list");
    assert!(page.records.is_empty() && !format!("{page:?}").contains("Voorbeeld"));
}

#[test]
fn registrations_of_other_registers_are_read_by_pointers() {
    let spec = spec(
        "url = 'https://voorbeeld.nl/register'\nkeeps = 'registrations'\nitems = '/rijen'\nkey = '/nummer'\nsbi = '/sbi/*'\n\
         place = '/gemeente'\nstarted = '/start'\nended = '/eind'\nlegal-form = '/vorm'\nstatus = '/status'",
    );
    let body = r#"{"rijen":[{"nummer":"12","naam":"Geheim","sbi":["56.10","4711"],"gemeente":"Zaanstad","start":"20240000","vorm":"Stichting","status":"actief"},
        {"nummer":"97531864","naam":"Geheim","vorm":"Eenmanszaak","sbi":[]}]}"#;
    let page =
        items::page(&serde_json::from_str(body).expect("JSON"), &spec.items, &spec.fields(), spec.keeps).expect("rows");
    assert_private(&page);
    assert!(!format!("{page:?}").contains("Geheim"));
    let first = page.records.first().expect("a record");
    assert_eq!(
        (first.key.as_str(), first.title.as_str()),
        ("12", "Registratie (actief): stichting, SBI 5610, Zaanstad")
    );
}

#[test]
fn mistakes_in_a_source_file_are_told() {
    let wrong: Spec =
        toml::from_str("url = 'https://x.nl'\nsecret = { header = 'apikey', secret = 'kvk' }\ntext = 'tekst'")
            .expect("a spec");
    assert_eq!(wrong.faults().len(), 3, "{:?}", wrong.faults());
    assert!(toml::from_str::<Spec>("url = 'https://x.nl'\npreset = 'kvk'").is_err());
}

#[test]
fn recorded_answers_are_read_or_refused_with_words() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/recorded");
    let (mut read, mut records, mut rejected, mut refused) = (0, 0, 0, 0);
    for name in ["kvk", "kvk-static", "kvk-mutatieservice", "kvk-openapi"] {
        let Ok(files) = std::fs::read_dir(root.join(name)) else {
            println!("{name}: not here; nothing to read");
            continue;
        };
        for file in files.flatten() {
            let body = std::fs::read(file.path()).expect("a file");
            match read_saved(&body) {
                Ok(page) => {
                    read += 1;
                    records += page.records.len();
                    rejected += page.rejected.len();
                    println!("{name}/{:?}: {} records", file.file_name(), page.records.len());
                    page.records.iter().for_each(|record| println!("    {} {}", record.key, record.title));
                    page.rejected
                        .iter()
                        .for_each(|rejection| println!("    rejected {}: {}", rejection.key, rejection.why));
                    let shown = format!("{page:?}");
                    for word in ["Dagobert", "69599084", "Bikilalaan", "1034WL", "Govert", "Geneinde"] {
                        assert!(!shown.contains(word), "{word} in {shown}");
                    }
                }
                Err(error) => {
                    refused += 1;
                    println!("{name}/{:?}: {error}", file.file_name());
                }
            }
        }
    }
    println!("{read} read with {records} records and {rejected} rejections; {refused} refused");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn damage_never_panics(which in 0_usize..5, place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut body = [SOLE, SEARCH, SIGNALS, POLICE, WOO][which].to_vec();
        let at = place.index(body.len());
        body[at] = byte;
        drop(read_saved(&body));
        body.truncate(cut.index(body.len()));
        drop(read_saved(&body));
    }

    #[test]
    fn no_text_is_a_day_that_panics(text in "\\PC{0,16}") {
        let _ = (when::day(&text), when::moment(&text));
    }
}

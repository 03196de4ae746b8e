use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;
use crate::domain::record::Body;

fn spec(text: &str) -> Spec {
    toml::from_str(text).expect("a spec")
}

fn publications() -> Sru {
    Sru::new(spec(
        "endpoint = 'https://repository.overheid.nl/sru'\ncollection = 'officielepublicaties'\nstart = '2026-01-01'\n\
         query = 'w.organisatietype==gemeente'\nfull-text = true",
    ))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sru").join(name)).expect("a fixture")
}

fn text(record: &Record) -> &str {
    match &record.body {
        Body::Plain(text) | Body::Html(text) => text,
    }
}

fn one(name: &str) -> Record {
    let page = read_saved(&fixture(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!((page.records.len(), page.rejected.len()), (1, 0), "{name}: {:?}", page.rejected);
    page.records.into_iter().next().expect("a record")
}

fn query(request: &Request, name: &str) -> String {
    let url = url::Url::parse(&request.url).expect("an address");
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn answer(total: u64, first: u64, given: u64) -> Vec<u8> {
    let records: String = (first..first + given)
        .map(|place| {
            format!("<record><recordData><identifier>gmb-2026-{place}</identifier><title>Titel</title></recordData></record>")
        })
        .collect();
    let next = first + given;
    let next = if next <= total { format!("<nextRecordPosition>{next}</nextRecordPosition>") } else { String::new() };
    format!(
        "<searchRetrieveResponse><numberOfRecords>{total}</numberOfRecords><records>{records}</records>{next}</searchRetrieveResponse>"
    )
    .into_bytes()
}

#[test]
fn a_question_asks_days_of_change_with_an_overlap() {
    let now = at("2026-07-10T22:30:00Z");
    let request = publications().open(&Cursor("2026-07-10".into()), now);
    assert_eq!(
        query(&request, "query"),
        "c.product-area==officielepublicaties and (w.organisatietype==gemeente) and dt.modified>=2026-07-08 and dt.modified<2026-07-09"
    );
    assert_eq!((query(&request, "version").as_str(), query(&request, "maximumRecords").as_str()), ("2.0", "100"));
    assert!(request.note.contains("\"end\":\"2026-07-11\""), "the day is that of Amsterdam: {}", request.note);
    let laws = Sru::new(spec(
        "endpoint = 'https://zoekservice.overheid.nl/sru/Search'\ncollection = 'bwb'\nstart = '2026-01-01'",
    ));
    let request = laws.open(&Cursor("2026-07-10".into()), now);
    assert_eq!(query(&request, "query"), "dcterms.modified>=2026-07-03 and dcterms.modified<2026-07-04");
    assert_eq!((query(&request, "version").as_str(), query(&request, "x-connection").as_str()), ("1.2", "BWB"));
    let first = laws.open(&Cursor::default(), now);
    assert!(query(&first, "query").starts_with("dcterms.modified>=2026-01-01"));
}

#[test]
fn the_walk_reaches_its_end_over_pages_and_windows() {
    let adapter = publications();
    let mut request = adapter.open(&Cursor::default(), at("2026-03-01T12:00:00Z"));
    let (mut read, mut cursors) = (0, Vec::new());
    // A quiet service: 5 publications a day, but 250 on the tenth of each month.
    for _ in 0..1_000 {
        let window: serde_json::Value = serde_json::from_str(&request.note).expect("a note");
        let [from, to]: [Date; 2] =
            ["from", "to"].map(|end| window[end].as_str().expect("a day").parse().expect("a day"));
        let start = window["start"].as_u64().expect("a place");
        let total: u64 = from
            .series(Span::new().days(1))
            .take_while(|day| *day <= to)
            .map(|day| if day.day() == 10 { 250 } else { 5 })
            .sum();
        let given = total.saturating_sub(start - 1).min(100);
        let page = adapter.read(&Response::saved(request.clone(), answer(total, start, given))).expect("a page");
        assert_eq!(page.stated, Some(total));
        read += page.records.len();
        if page.cursor != Cursor::default() {
            cursors.push(page.cursor.0.clone());
        }
        let Some(next) = page.next else { break };
        assert!(!next.only_if_new);
        request = next.request;
    }
    assert_eq!(read, 58 * 5 + 2 * 250);
    assert_eq!(cursors.last().map(String::as_str), Some("2026-03-01"));
    assert!(cursors.is_sorted());
}

#[test]
fn a_window_over_the_cap_is_split_and_a_day_over_the_cap_is_told() {
    let adapter = publications();
    let wide = walk::Window::past("2026-01-01".parse().expect("a day"), "2026-01-01".parse().expect("a day"));
    let mut note: serde_json::Value = serde_json::from_str(&wide.request(&adapter.spec).note).expect("a note");
    note["to"] = "2026-01-08".into();
    note["end"] = "2026-01-08".into();
    let request = Request::new("https://repository.overheid.nl/sru", "").with_note(note.to_string());
    let page = adapter.read(&Response::saved(request, answer(20_000, 1, 100))).expect("a page");
    assert!(page.records.is_empty(), "the window is asked again in parts");
    let half = page.next.expect("a half").request;
    assert!(query(&half, "query").ends_with("dt.modified>=2026-01-01 and dt.modified<2026-01-05"), "{}", half.url);

    let day = "2026-01-01".parse().expect("a day");
    let request = walk::Window::first(day, day).request(&adapter.spec);
    let mut note: serde_json::Value = serde_json::from_str(&request.note).expect("a note");
    note["start"] = 9_901.into();
    let request = Request::new(request.url, "").with_note(note.to_string());
    let page = adapter.read(&Response::saved(request, answer(12_000, 9_901, 100))).expect("a page");
    assert!(page.next.is_none() && page.cursor == Cursor("2026-01-01".into()));
    let rejection = page.rejected.first().expect("what is left out is told");
    assert!(rejection.why.contains("2000 zijn niet gelezen"), "{}", rejection.why);
}

#[test]
fn an_empty_page_amid_records_is_an_error_and_an_empty_day_is_not() {
    let adapter = publications();
    let request = adapter.open(&Cursor::default(), at("2026-01-01T12:00:00Z"));
    assert!(adapter.read(&Response::saved(request.clone(), answer(500, 1, 0))).is_err());
    let page = adapter.read(&Response::saved(request.clone(), fixture("leeg.xml"))).expect("a page");
    assert_eq!((page.stated, page.cursor.0.as_str(), page.next.is_none()), (Some(0), "2026-01-01", true));
    assert!(adapter.read(&Response::saved(Request::new("https://voorbeeld.nl", ""), fixture("leeg.xml"))).is_err());
}

#[test]
fn counting_and_the_past_leave_the_cursor_alone() {
    let adapter = publications();
    let [from, to] = ["2026-01-01", "2026-02-01"].map(|day| day.parse::<Date>().expect("a day"));
    let request = adapter.count(from, to).expect("a question");
    assert_eq!(query(&request, "maximumRecords"), "0");
    assert!(query(&request, "query").ends_with("dt.modified>=2026-01-01 and dt.modified<2026-02-01"));
    let page = adapter.read(&Response::saved(request, answer(20_000, 1, 0))).expect("a page");
    assert_eq!((page.stated, page.next.is_none(), page.cursor), (Some(20_000), true, Cursor::default()));
    let past = adapter.backfill(from, at("2026-01-01T12:00:00Z")).expect("a question");
    let page = adapter.read(&Response::saved(past, answer(1, 1, 1))).expect("a page");
    assert_eq!((page.records.len(), page.cursor), (1, Cursor::default()));
}

#[test]
fn a_prefixed_answer_gives_records_rejections_and_known_texts() {
    let adapter = publications();
    let request = adapter.open(&Cursor::default(), at("2026-01-01T12:00:00Z"));
    let page = adapter.read(&Response::saved(request, fixture("antwoord-20.xml"))).expect("a page");
    assert_eq!((page.records.len(), page.stated), (2, Some(240)));
    let [record, decision] = page.records.as_slice() else { panic!("two records") };
    assert_eq!(
        (record.key.as_str(), record.revision.as_str()),
        ("gmb-2026-900001", "2026-07-01T09:21:22.096779+02:00")
    );
    assert_eq!(record.gemeente.as_deref(), Some("GM0479"));
    assert_eq!(record.published, Some(at("2026-07-01T10:00:00Z")));
    assert_eq!(record.link.as_deref(), Some("https://zoek.officielebekendmakingen.nl/gmb-2026-900001.html"));
    assert_eq!(
        text(record),
        "Gemeente Zaanstad. Gemeenteblad. andere beschikking.\nDe burgemeester sluit een woning voor drie maanden."
    );
    assert!(record.detail.as_ref().is_some_and(|detail| detail.url.ends_with("/1/xml/gmb-2026-900001.xml")));
    assert_eq!(decision.detail, None, "a foreign address is not fetched");
    assert!(text(decision).contains("Notarissen. Onderwerp: Witwassen. Beslissing: Schorsing."), "{}", text(decision));
    let whys: Vec<&str> = page.rejected.iter().map(|rejection| rejection.why.as_str()).collect();
    assert!(
        whys.iter().any(|why| why.contains("identifier")) && whys.iter().any(|why| why.contains("elders.voorbeeld.nl")),
        "{whys:?}"
    );
    assert_eq!(page.next.map(|next| query(&next.request, "startRecord")).as_deref(), Some("4"));
}

#[test]
fn laws_and_regulations_are_known_by_their_version() {
    let law = one("antwoord-12-wet.xml");
    assert_eq!((law.key.as_str(), law.revision.as_str()), ("BWBR0099999_2026-06-04_0", "2026-06-06"));
    assert_eq!(law.link.as_deref(), Some("https://wetten.overheid.nl/BWBR0099999/2026-06-04"));
    assert_eq!(text(&law), "Justitie en Veiligheid. wet. In werking vanaf 2026-06-04.");
    let regulation = one("antwoord-12-regeling.xml");
    assert_eq!(
        (regulation.key.as_str(), regulation.link.as_deref()),
        ("CVDR900001_2", Some("https://lokaleregelgeving.overheid.nl/CVDR900001/2"))
    );
    assert!(text(&regulation).starts_with("Gemeente Voorbeeldstad. regeling. burgemeester. nieuwe regeling."));
}

#[test]
fn the_text_of_a_publication_keeps_its_blocks() {
    let record = one("gemeenteblad.xml");
    assert_eq!(
        (record.key.as_str(), record.title.as_str()),
        ("gmb-2026-900001", "Sluiting drugspand op grond van artikel 13b Opiumwet")
    );
    assert_eq!(
        text(&record),
        "Gemeente Zaanstad. Gemeenteblad.\nDe burgemeester sluit de woning wegens een hennepkwekerij.\n1 Zie het beleid.\nBezwaar\n\
         a. Schrijf een brief.\nb. Stuur die op.\nDuur | drie maanden"
    );
}

#[test]
fn facts_are_read_from_every_form_and_addresses_are_not_kept() {
    for (file, key, lead) in [
        (
            "metadata-gegevens.xml",
            "gmb-2026-900002",
            "Gemeente Voorbeeldstad. Gemeenteblad. exploitatievergunning. Gebied in gemeente Buurdorp.",
        ),
        ("metadata-owms.xml", "gmb-2026-900003", "Gemeente Voorbeeldstad."),
        ("publicatie.html", "stcrt-2026-90001", "<p>Gemeente Voorbeeldstad. Staatscourant. Verkeersbesluit.</p>"),
    ] {
        let record = one(file);
        assert_eq!(record.key, key);
        assert!(text(&record).starts_with(lead), "{file}: {}", text(&record));
        assert!(!text(&record).contains("Geheimlaan"), "{file}");
        assert_eq!(record.link, Some(format!("https://zoek.officielebekendmakingen.nl/{key}.html")));
    }
    let page = one("publicatie.html");
    assert!(
        text(&page).contains("Het college sluit de weg")
            && !text(&page).contains('\n')
            && !text(&page).contains("Lichaam"),
        "{}",
        text(&page)
    );
    assert_eq!(page.published, Some(at("2026-04-23T10:00:00Z")));
}

#[test]
fn a_law_and_a_regulation_are_read_with_articles_and_grounds() {
    let law = one("toestand.xml");
    assert_eq!(
        (law.key.as_str(), law.revision.as_str(), law.title.as_str()),
        ("BWBR0099999", "2026-06-04", "Wet op de voorbeelden")
    );
    assert_eq!(
        text(&law),
        "wet. In werking vanaf 2026-06-04.\nWet van 1 mei 2026, houdende regels over voorbeelden\nHoofdstuk 1 Algemeen\nArtikel 1\nBegrippen\n\
         a. voorbeeld: wat elders staat;\nArtikel 2\n1 Het is verboden."
    );
    let regulation = one("cvdr.xml");
    assert_eq!((regulation.key.as_str(), regulation.revision.as_str()), ("CVDR900001_2", "2"));
    assert_eq!(
        text(&regulation),
        "Gemeente Voorbeeldstad. regeling. burgemeester. nieuwe regeling. In werking vanaf 2026-05-02. Buiten werking vanaf 2026-09-01.\n\
         Grondslag: artikel 13b van de Opiumwet (1.0:c:BWBR0001941&artikel=13b&g=2026-01-01)\nArtikel 1\nDuur\nDe sluiting duurt drie maanden."
    );
    let manifest = read_saved(&fixture("manifest.xml")).expect("a manifest");
    let withdrawn: Vec<(&str, bool)> =
        manifest.records.iter().map(|record| (record.key.as_str(), record.withdrawn)).collect();
    assert_eq!(withdrawn, [("BWBR0099999_2026-05-01_0", true), ("BWBR0099999_2026-06-04_0", false)]);
}

#[test]
fn papers_of_parliament_and_disciplinary_decisions_are_read() {
    let paper = one("kamerstuk.xml");
    assert_eq!(paper.title, "Aanpak van voorbeelden: BRIEF VAN DE MINISTER");
    assert_eq!((paper.key.as_str(), paper.published), ("kst-99999-12", Some(at("2026-02-20T11:00:00Z"))));
    assert!(
        text(&paper).ends_with("Ontvangen 20 februari 2026\nDe aanpak van ondermijning begint lokaal."),
        "{}",
        text(&paper)
    );
    let ruling = one("tuchtuitspraak.xml");
    assert_eq!(ruling.title, "ECLI:NL:TNORVB:2026:900 Kamer voor het notariaat Voorbeeldstad 2026-06-20 900/N");
    assert_eq!(ruling.published, Some(at("2026-06-20T10:00:00Z")));
    assert_eq!(
        text(&ruling),
        "Kamer voor het notariaat Voorbeeldstad. Notarissen. Onderwerp: Witwassen. Beslissing: Schorsing.\n\
         Herkomst van geld niet onderzocht.\n1. De procedure\nDe klacht is\ngegrond."
    );
}

#[test]
fn every_shipped_source_of_this_kind_is_without_fault() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sources");
    let mut seen = 0;
    for file in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok).map(|entry| entry.path()) {
        let source: toml::Table = match std::fs::read_to_string(&file).expect("a file").parse() {
            Ok(source) if file.extension().is_some_and(|extension| extension == "toml") => source,
            _ => continue,
        };
        let mut adapter = source["adapter"].as_table().expect("an adapter").clone();
        if adapter.remove("kind").is_some_and(|kind| kind.as_str() == Some("sru")) {
            let spec: Spec = adapter.try_into().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(spec.faults(), Vec::<String>::new(), "{}", file.display());
            seen += 1;
        }
    }
    assert!(seen >= 14, "{seen}");
}

#[test]
fn stray_ampersands_and_entities_of_html_do_not_cost_a_document() {
    let body = "<gzd><identifier>gmb-2026-1</identifier><title>Caf&eacute; Wijn & Spijs&nbsp;gesloten</title>\
                <preferredUrl>https://voorbeeld.nl/?a=1&b=2</preferredUrl></gzd>";
    let page = read_saved(body.as_bytes()).expect("a page");
    let record = page.records.first().expect("a record");
    assert_eq!(record.title, "Café Wijn & Spijs gesloten");
    assert_eq!(record.link.as_deref(), Some("https://voorbeeld.nl/?a=1&b=2"));
    let typed = format!("<?xml version='1.0'?><!DOCTYPE gzd SYSTEM 'gzd.dtd'>{body}");
    assert_eq!(read_saved(typed.as_bytes()).expect("a page").records.len(), 1);
    let own = format!("<!DOCTYPE gzd [<!ENTITY x 'y'>]>{body}");
    assert!(read_saved(own.as_bytes()).expect_err("declarations are refused").to_string().contains("DTD"));
}

#[test]
fn errors_with_status_200_quote_the_service() {
    for (body, quoted) in [
        (fixture("foutmelding.xml"), "Unsupported parameter value"),
        (fixture("fout404.html"), "Pagina niet gevonden"),
        (fixture("uitleg.xml"), "explain"),
        (
            b"--2026-05-21--  https://voorbeeld.nl/x.html\nHTTP request sent, awaiting response... 200 OK".to_vec(),
            "logboek",
        ),
        (Vec::new(), "leeg antwoord"),
        (b"{\"fout\": 1}".to_vec(), "JSON"),
        (b"<rss/>".to_vec(), "<rss>"),
    ] {
        let error = read_saved(&body).expect_err("an error").to_string();
        assert!(error.contains(quoted), "{error}");
        let request = publications().open(&Cursor::default(), at("2026-01-01T12:00:00Z"));
        assert!(publications().read(&Response::saved(request, body)).is_err());
    }
}

#[test]
fn a_text_completes_its_own_record_only() {
    let adapter = publications();
    let request = Request::new("https://repository.overheid.nl/x.xml", "");
    let record = Record {
        key: "gmb-2026-900001".into(),
        title: "Titel".into(),
        body: Body::Plain("Lood.".into()),
        ..Record::default()
    };
    let complete = |record: &Record, file: &str, status: u16| {
        adapter.complete(record.clone(), &Response { status, ..Response::saved(request.clone(), fixture(file)) })
    };
    let whole = complete(&record, "gemeenteblad.xml", 200).expect("a record");
    assert!(text(&whole).starts_with("Lood.\nDe burgemeester sluit"), "{}", text(&whole));
    assert!(complete(&record, "cvdr.xml", 200).is_err(), "another document");
    assert!(complete(&record, "fout404.html", 200).is_err());
    assert_eq!(text(&complete(&record, "leeg.xml", 404).expect("a record")), "Lood.");
    assert!(complete(&record, "leeg.xml", 410).expect("a record").withdrawn);
    let law = Record { key: "BWBR0099999_2026-06-04_0".into(), ..record };
    assert!(text(&complete(&law, "toestand.xml", 200).expect("a record")).contains("Artikel 2\n1 Het is verboden."));
}

#[test]
fn faults_of_a_source_are_told_with_their_remedy() {
    let wrong = spec(
        "endpoint = 'https://zoekservice.overheid.nl/sru/Search?x=1'\ncollection = 'officielepublicaties'\nstart = '2026-01-01'\n\
         page-size = 0\nquery = '(dt.modified>=2026-01-01 sortBy x'",
    );
    assert_eq!(wrong.faults().len(), 6, "{:?}", wrong.faults());
    assert_eq!(publications().spec.faults(), Vec::<String>::new());
    assert!(toml::from_str::<Spec>("endpoint = 'x'\ncollection = 'bwb'\nstart = '2026-01-01'\nquerry = ''").is_err());
}

fn recorded() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/recorded");
    let folders = ["koop-op", "koop-sru", "bwb", "cvdr"].map(|folder| root.join(folder));
    let mut files: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(Result::ok).map(|entry| entry.path()))
        .filter(|file| file.extension().is_some_and(|extension| extension != "md"))
        .collect();
    files.sort();
    files
}

#[test]
fn recorded_documents_are_read() {
    let files = recorded();
    if files.is_empty() {
        println!("no recorded documents here: nothing was read");
    }
    for file in files {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        match read_saved(&std::fs::read(&file).expect("a file")) {
            Err(error) => {
                println!("{name}: {error}");
                assert_eq!(name, "bgr.html", "only the download log is no document: {error}");
            }
            Ok(page) => {
                println!("{name}: {} read, {} rejected", page.records.len(), page.rejected.len());
                for rejection in &page.rejected {
                    println!("  {}: {}", rejection.key, rejection.why);
                }
                for record in &page.records {
                    let start: String = text(record).chars().take(160).collect();
                    println!(
                        "  {} [{}] {:?} {} ({} chars): {start:?}",
                        record.key,
                        record.revision,
                        record.published,
                        record.title,
                        text(record).len()
                    );
                    assert!(
                        !record.key.starts_with("titel:") && !record.title.is_empty() && record.link.is_some(),
                        "{name}"
                    );
                }
                assert!(page.rejected.is_empty() && !page.records.is_empty(), "{name}");
            }
        }
    }
}

proptest! {
    #[test]
    fn no_damage_makes_it_panic(which in 0_usize..16, cut in any::<prop::sample::Index>(), put in any::<prop::sample::Index>(), piece in ".{0,12}") {
        const FILES: [&str; 16] = [
            "antwoord-20.xml", "antwoord-12-wet.xml", "antwoord-12-regeling.xml", "foutmelding.xml", "uitleg.xml", "gemeenteblad.xml",
            "publicatie.html", "fout404.html", "metadata-gegevens.xml", "metadata-owms.xml", "toestand.xml", "cvdr.xml", "manifest.xml", "leeg.xml", "kamerstuk.xml", "tuchtuitspraak.xml",
        ];
        let mut body = fixture(FILES[which]);
        let place = put.index(body.len());
        body.splice(place..place, piece.into_bytes());
        let whole = read_saved(&body).map_err(|error| error.to_string());
        body.truncate(cut.index(body.len()));
        let cut = read_saved(&body).map_err(|error| error.to_string());
        prop_assert!([whole, cut].iter().all(|outcome| outcome.as_ref().err().is_none_or(|why| !why.is_empty())));
    }
}

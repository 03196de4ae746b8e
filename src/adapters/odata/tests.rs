use proptest::prelude::*;

use super::*;

const DOCUMENTS: &[u8] = include_bytes!("../../../tests/fixtures/odata/documenten.json");
const SYNCFEED: &[u8] = include_bytes!("../../../tests/fixtures/odata/syncfeed.xml");
const CRIMES: &[u8] = include_bytes!("../../../tests/fixtures/odata/misdrijven-v3.json");
const YEARLY: &[u8] = include_bytes!("../../../tests/fixtures/odata/kerncijfers-v3.json");
const CELLS: &[u8] = include_bytes!("../../../tests/fixtures/odata/observations-v4.json");

fn spec(text: &str) -> Spec {
    let spec: Spec = toml::from_str(text).expect("a spec");
    assert_eq!(spec.faults(), Vec::<String>::new(), "{text}");
    spec
}

fn documents() -> Odata {
    Odata::new(spec(
        "url = 'https://gegevensmagazijn.tweedekamer.nl/OData/v4/2.0/'\nform = 'entities'\nentity = 'Document'\n\
         start = '2026-01-01'\nexpand = 'Zaak'\nfilter = \"Soort eq 'Motie'\"\ntext = true\npage-size = 4",
    ))
}

fn syncfeed() -> Odata {
    Odata::new(spec(
        "url = 'https://gegevensmagazijn.tweedekamer.nl/SyncFeed/2.0/Feed'\nform = 'syncfeed'\nentity = 'Document'",
    ))
}

fn crimes() -> Odata {
    Odata::new(spec(
        "url = 'https://dataderden.cbs.nl/ODataApi/odata'\nform = 'table-v3'\ntable = '47018NED'\n\
         region = 'WijkenEnBuurten'\ncategory = 'SoortMisdrijf'\ncategories = ['0.0.0', '3.1.1']\n\
         measures = ['GeregistreerdeMisdrijven_1']\nperiods = 2",
    ))
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn decoded(url: &str) -> String {
    let url = url::Url::parse(url).expect("an address");
    url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn text(record: &Record) -> &str {
    match &record.body {
        crate::domain::record::Body::Plain(text) | crate::domain::record::Body::Html(text) => text,
    }
}

#[test]
fn a_question_starts_before_the_cursor_and_never_before_the_start() {
    let request = documents().open(&Cursor("2026-10-05T12:00:00Z".into()), at("2026-10-06T00:00:00Z"));
    assert!(
        request.url.starts_with("https://gegevensmagazijn.tweedekamer.nl/OData/v4/2.0/Document?"),
        "{}",
        request.url
    );
    let query = decoded(&request.url);
    assert!(query.contains("$filter=ApiGewijzigdOp ge 2026-10-05T10:00:00Z and (Soort eq 'Motie')"), "{query}");
    assert!(query.contains("$orderby=ApiGewijzigdOp asc&$expand=Zaak&$count=true&$top=4"), "{query}");
    let first = documents().open(&Cursor::default(), at("2026-10-06T00:00:00Z"));
    assert!(decoded(&first.url).contains("ge 2025-12-31T23:00:00Z"), "{}", first.url);
}

#[test]
fn documents_become_records_and_a_deletion_is_a_withdrawal() {
    let adapter = documents();
    let request = adapter.open(&Cursor::default(), at("2026-10-07T00:00:00Z"));
    let page = adapter.read(&Response::saved(request, DOCUMENTS.to_vec())).expect("a page");
    assert_eq!((page.records.len(), page.rejected.len(), page.stated), (3, 1, Some(612)));
    let motion = page.records.first().expect("a record");
    assert_eq!(
        motion.title,
        "Aanpak van georganiseerde criminaliteit: Motie over een meldplicht voor verdachte loodsen"
    );
    assert_eq!(motion.published, Some(at("2026-10-04T22:00:00Z")));
    assert_eq!(motion.updated, Some(at("2026-10-05T15:10:00.5222825Z")));
    assert_eq!(motion.revision, "2026-10-05T15:12:34.0095628Z");
    let link =
        "https://gegevensmagazijn.tweedekamer.nl/OData/v4/2.0/Document(11111111-aaaa-4bbb-8ccc-000000000001)/resource";
    assert_eq!(motion.link.as_deref(), Some(link));
    assert!(motion.detail.is_none(), "a PDF is not asked for");
    assert!(text(motion).contains("Motie") && text(motion).contains("Zaak: "), "{}", text(motion));
    assert!(!format!("{page:?}").contains("I. Voorbeeld"), "names in fields of their own stay out");
    let question = page.records.get(1).expect("a record");
    assert!(question.detail.as_ref().is_some_and(|detail| detail.url.ends_with("0002)/resource")));
    let gone = page.records.get(2).expect("a record");
    assert!(gone.withdrawn && gone.title.is_empty() && gone.link.is_none());
    assert_eq!(page.cursor.0, "2026-10-06T07:31:00Z");
    // The link counts rows, so the walk goes on from the last moment instead.
    let next = decoded(&page.next.expect("more").request.url);
    assert!(next.contains("ApiGewijzigdOp ge 2026-10-06T07:31:00Z"), "{next}");
}

#[test]
fn a_link_that_counts_no_rows_is_followed_and_one_to_another_host_is_not() {
    let adapter = documents();
    let request = adapter.open(&Cursor::default(), at("2026-10-07T00:00:00Z"));
    let body = String::from_utf8_lossy(DOCUMENTS).replace("$skip=250", "$skiptoken=abc");
    let page = adapter.read(&Response::saved(request.clone(), body.clone().into())).expect("a page");
    assert!(page.next.expect("more").request.url.ends_with("$skiptoken=abc"));
    let elsewhere =
        body.replace("https://gegevensmagazijn.tweedekamer.nl/OData/v4/2.0/Document?", "https://elders.nl/?");
    let page = adapter.read(&Response::saved(request, elsewhere.into())).expect("a page");
    assert!(page.rejected.iter().any(|rejection| rejection.why.contains("andere server")));
    assert!(page.next.expect("our own").request.url.starts_with("https://gegevensmagazijn"));
}

#[test]
fn a_walk_ends_and_one_moment_with_more_than_a_page_is_walked_by_offset() {
    let adapter = documents();
    let row =
        |n: u32| format!(r#"{{"Id":"{n}","Titel":"t","ApiGewijzigdOp":"2026-10-05T10:00:00Z","Verwijderd":false}}"#);
    let answer = |from: u32, to: u32| {
        let rows: Vec<String> = (from..to).map(row).collect();
        format!(r#"{{"@odata.count":6,"value":[{}]}}"#, rows.join(",")).into_bytes()
    };
    let mut request = adapter.open(&Cursor("2026-10-05T12:00:00Z".into()), at("2026-10-06T00:00:00Z"));
    let (mut seen, mut asked) = (0, 0);
    for _ in 0..10 {
        let body = if seen < 4 { answer(0, 4) } else { answer(4, 6) };
        let page = adapter.read(&Response::saved(request, body)).expect("a page");
        seen += page.records.len();
        asked += 1;
        let Some(next) = page.next else { break };
        request = next.request;
    }
    assert_eq!((seen, asked), (6, 2));
}

#[test]
fn a_backfill_moves_no_cursor_and_a_count_asks_for_no_rows() {
    let adapter = documents();
    let day = "2026-03-01".parse().expect("a day");
    let request = adapter.backfill(day, at("2026-10-07T00:00:00Z")).expect("a past");
    assert!(decoded(&request.url).contains("Datum ge 2026-02-28T23:00:00Z"), "{}", request.url);
    let page = adapter.read(&Response::saved(request, DOCUMENTS.to_vec())).expect("a page");
    assert_eq!(page.cursor, Cursor::default());
    assert!(decoded(&page.next.expect("more").request.url).contains("Datum ge 2026-02-28"));
    let request = adapter.count(day, "2026-03-02".parse().expect("a day")).expect("a count");
    assert!(decoded(&request.url).ends_with("$count=true&$top=0"), "{}", request.url);
    let body = br#"{"@odata.context":"x$metadata#Document","@odata.count":17,"value":[]}"#;
    let page = adapter.read(&Response::saved(request, body.to_vec())).expect("a page");
    assert_eq!((page.stated, page.next.is_none(), page.records.len()), (Some(17), true, 0));
    assert!(syncfeed().backfill(day, at("2026-10-07T00:00:00Z")).is_none());
}

#[test]
fn a_file_is_read_by_what_it_is_and_not_by_its_header() {
    let record = Record { key: "1".into(), title: "Motie".into(), ..Record::default() };
    let answer = |body: &str, status: u16| Response {
        status,
        content_type: Some("application/octet-stream".into()),
        ..Response::saved(Request::new("https://voorbeeld.nl", ""), body.into())
    };
    let read = |body: &str, status| documents().complete(record.clone(), &answer(body, status)).expect("a record");
    let xml = read(
        "<?xml version='1.0'?><vlos:a xmlns:vlos='x'><metadata>m</metadata><al>Een <nadruk>loods</nadruk>.</al><al>Twee.</al></vlos:a>",
        200,
    );
    assert_eq!(text(&xml).trim(), "Een loods.\nTwee.");
    assert!(text(&read("<!DOCTYPE html><html><p>Tekst</p>", 200)).contains("<p>Tekst</p>"));
    for body in ["%PDF-1.7 ...", "PK\u{3}\u{4}", ""] {
        assert_eq!(text(&read(body, 200)), "", "{body}");
    }
    assert!(!read("", 404).withdrawn, "a missing file is no withdrawal");
}

#[test]
fn syncfeed_gives_records_tombstones_and_its_place_in_the_log() {
    let adapter = syncfeed();
    let request = adapter.open(&Cursor::default(), at("2026-10-07T00:00:00Z"));
    assert_eq!(request.url, "https://gegevensmagazijn.tweedekamer.nl/SyncFeed/2.0/Feed?category=Document");
    let page = adapter.read(&Response::saved(request, SYNCFEED.to_vec())).expect("a page");
    assert_eq!((page.records.len(), page.rejected.len()), (2, 0), "{:?}", page.rejected);
    let letter = page.records.first().expect("a record");
    assert_eq!(letter.title, "Voortgang aanpak ondermijning: Tweede voortgangsbrief 2026");
    assert_eq!(letter.updated, Some(at("2026-10-05T15:10:00.5222825Z")), "a time without a zone is Amsterdam's");
    assert_eq!(letter.revision, "2026-10-05T15:12:34.0095628Z");
    assert!(letter.link.as_ref().is_some_and(|link| link.contains("/Resources/")));
    assert!(page.records.get(1).is_some_and(|record| record.withdrawn));
    assert_eq!(page.cursor.0, "20127230");
    assert!(page.next.expect("more").request.url.contains("skiptoken=20127230"));
    let again = adapter.open(&page.cursor, at("2026-10-07T00:00:00Z"));
    assert!(again.url.ends_with("category=Document&skiptoken=20127230"), "{}", again.url);
}

#[test]
fn an_empty_syncfeed_is_caught_up_or_a_misspelt_category() {
    let adapter = syncfeed();
    let empty = "<feed xmlns='http://www.w3.org/2005/Atom'><id>https://x/SyncFeed/2.0/Feed</id></feed>";
    let request = adapter.open(&Cursor::default(), at("2026-10-07T00:00:00Z"));
    let error = adapter.read(&Response::saved(request, empty.into())).expect_err("silence is no answer");
    assert!(error.to_string().contains("'Document'"), "{error}");
    assert!(read_saved(empty.as_bytes()).is_err());
    let resume = empty.replace("</id>", "</id><link rel='resume' href='https://gegevensmagazijn.tweedekamer.nl/SyncFeed/2.0/Feed?skiptoken=9&amp;category=Document'/>");
    let request = adapter.open(&Cursor("8".into()), at("2026-10-07T00:00:00Z"));
    let page = adapter.read(&Response::saved(request, resume.clone().into())).expect("caught up");
    assert_eq!((page.cursor.0.as_str(), page.next.is_none()), ("9", true));
    assert_eq!(read_saved(resume.as_bytes()).expect("caught up").records.len(), 0);
}

#[test]
fn a_poll_of_a_table_stops_when_it_was_not_modified() {
    let adapter = crimes();
    let now = at("2026-10-07T00:00:00Z");
    let about = br#"{"odata.metadata":"https://x/$metadata#TableInfos","value":[{"ID":0,"Title":"T","Identifier":"47018NED","Modified":"2026-03-01T02:00:00"}]}"#;
    let first = adapter.open(&Cursor::default(), now);
    assert_eq!(first.url, "https://dataderden.cbs.nl/ODataApi/odata/47018NED/TableInfos");
    let page = adapter.read(&Response::saved(first, about.to_vec())).expect("a page");
    let mut request = page.next.expect("the cells").request;
    let query = decoded(&request.url);
    assert!(query.contains("startswith(Perioden,'2026') and (startswith(WijkenEnBuurten,'GM') or startswith(WijkenEnBuurten,'NL')) and startswith(SoortMisdrijf,'0.0.0')"), "{query}");
    assert!(query.contains("$select=WijkenEnBuurten,SoortMisdrijf,Perioden,GeregistreerdeMisdrijven_1"), "{query}");
    let mut asked = vec![query];
    let cursor = loop {
        let page = adapter.read(&Response::saved(request, CRIMES.to_vec())).expect("a page");
        let Some(next) = page.next else { break page.cursor };
        assert_eq!(page.cursor, Cursor::default(), "the cursor comes with the last page only");
        request = next.request;
        asked.push(decoded(&request.url));
    };
    assert_eq!(asked.len(), 4, "two years of two categories");
    assert!(asked.last().is_some_and(|query| query.contains("'2025'") && query.contains("'3.1.1'")));
    assert_eq!(cursor.0, "2026-03-01T02:00:00");
    let again = adapter.open(&cursor, now);
    let page = adapter.read(&Response::saved(again, about.to_vec())).expect("a page");
    assert!(page.next.is_none() && page.cursor == cursor);
}

#[test]
fn cells_become_figures_and_what_has_no_period_is_counted_once() {
    let page = read_saved(CRIMES).expect("figures");
    let told: Vec<_> = page
        .figures
        .iter()
        .map(|f| (f.table.as_str(), f.period.as_str(), f.region.as_str(), f.category.as_str(), f.value))
        .collect();
    assert_eq!(
        told,
        [
            ("47018NED", "2025JJ00", "GM0363", "0.0.0", Some(68210.0)),
            ("47018NED", "2025MM06", "GM0479", "3.1.1", None),
            ("47018NED", "2025KW02", "NL01", "3.1.1", None),
        ]
    );
    assert_eq!(page.rejected.len(), 2, "{:?}", page.rejected);
    let page = read_saved(YEARLY).expect("figures");
    let figure = page.figures.first().expect("a figure");
    assert_eq!(
        (figure.period.as_str(), figure.borders, figure.measure.as_str()),
        ("2024JJ00", Some(2024), "AantalInwoners_5")
    );
    assert!(page.rejected.iter().any(|rejection| rejection.why.contains("Gemeentenaam_1")));
    let page = read_saved(CELLS).expect("figures");
    let told: Vec<_> = page.figures.iter().map(|f| (f.measure.as_str(), f.region.as_str(), f.value)).collect();
    assert_eq!(told, [("M000352", "GM0479", Some(161_389.0)), ("M000353", "GM0479", None)]);
}

#[test]
fn every_variant_of_odata_is_read() {
    let cases = [
        r#"{"@odata.context":"https://x.nl/$metadata#Zaak/$entity","Id":"1","Titel":"t"}"#,
        r#"{"@context":"https://x.nl/$metadata#Zaak","@count":1,"value":[{"Id":"1","Onderwerp":"t"}]}"#,
        r#"{"d":{"results":[{"Id":"1","Titel":"t"}],"__count":"1"}}"#,
        r#"[{"Id":"1","Citeertitel":"t"}]"#,
        "<feed xmlns='http://www.w3.org/2005/Atom'><id>https://x.nl/Zaak</id><entry><content><m:properties xmlns:m='m' xmlns:d='d'><d:Id>1</d:Id><d:Titel>t</d:Titel></m:properties></content></entry></feed>",
        "<zaak xmlns:tk='http://www.tweedekamer.nl/xsd/tkData/v1-0' id='1' tk:bijgewerkt='2026-01-01T00:00:00' tk:verwijderd='false'><onderwerp>t</onderwerp></zaak>",
    ];
    for body in cases {
        let page = read_saved(body.as_bytes()).expect(body);
        let found: Vec<_> = page.records.iter().map(|record| (record.key.as_str(), record.title.as_str())).collect();
        assert_eq!(found, [("1", "t")], "{body}");
    }
    let promise = r#"{"value":[{"Id":"1","Nummer":"TZ202603-130","Tekst":"De minister stuurt voor de zomer een brief.","Naam":"Voorbeeld, I.","Aanmaakdatum":"2026-03-10T00:00:00+01:00"}]}"#;
    let page = read_saved(promise.as_bytes()).expect("a page");
    assert_eq!(
        page.records.first().map(|record| record.title.as_str()),
        Some("De minister stuurt voor de zomer een brief.")
    );
    assert!(!format!("{page:?}").contains("Voorbeeld, I."));
}

#[test]
fn what_is_no_data_says_what_it_is() {
    let cases = [
        (r#"{"error":{"code":"","message":"Could not find a property named 'Titl'"}}"#, "Could not find"),
        (
            r#"{"odata.error":{"code":"","message":{"lang":"en-US","value":"The query returns more than 10000 cells"}}}"#,
            "meer dan 10.000 cellen",
        ),
        ("<m:error xmlns:m='m'><m:code>400</m:code><m:message>bad</m:message></m:error>", "fout 400: bad"),
        (
            "<edmx:Edmx xmlns:edmx='e'><edmx:DataServices><Schema><EntityType Name='Document'/></Schema></edmx:DataServices></edmx:Edmx>",
            "$metadata, 1 soorten",
        ),
        (
            r#"{"@odata.context":"x/$metadata","value":[{"name":"Document","kind":"EntitySet","url":"Document"}]}"#,
            "inhoudsopgave",
        ),
        (r#"{"value":[{"Key":"GM0363    ","Title":"Amsterdam"}]}"#, "codes en hun betekenis"),
        (
            r#"{"value":[{"Identifier":"47018NED","Title":"t","Modified":"2026-03-01T02:00:00"}]}"#,
            "beschrijving van tabel 47018NED",
        ),
        (r#"{"@odata.context":"x$metadata#Persoon","value":[{"Id":"1","Achternaam":"x"}]}"#, "gegevens van personen"),
        ("<html><head><title>Storing</title></head></html>", "webpagina ('storing')"),
        ("", "leeg antwoord"),
        ("{\"value\":[{\"Id\":", "geen geldige JSON"),
        ("<rss version='2.0'/>", "<rss>"),
    ];
    for (body, expected) in cases {
        let error = read_saved(body.as_bytes()).expect_err(body).to_string();
        assert!(error.contains(expected), "{body}: {error}");
    }
}

#[test]
fn mistakes_in_a_source_file_are_told() {
    let wrong: Spec =
        toml::from_str("url = 'https://x.nl'\nform = 'entities'\nentity = 'Persoon'\npage-size = 500\ntable = 'x'")
            .expect("a spec");
    assert_eq!(wrong.faults().len(), 4, "{:?}", wrong.faults());
    assert!(toml::from_str::<Spec>("url = 'https://x.nl'\nform = 'entiteit'").is_err());
}

#[test]
fn recorded_files_are_read_or_refused_with_words() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/recorded/tweedekamer");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("no recorded files here; nothing to read");
        return;
    };
    for file in files.flatten() {
        let body = std::fs::read(file.path()).expect("a file");
        match read_saved(&body) {
            Ok(page) => println!("{:?}: {} records, {:?}", file.file_name(), page.records.len(), page.rejected),
            Err(error) => println!("{:?}: {error}", file.file_name()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn damage_never_panics(which in 0_usize..5, place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut body = [DOCUMENTS, SYNCFEED, CRIMES, YEARLY, CELLS][which].to_vec();
        let at = place.index(body.len());
        body[at] = byte;
        drop(read_saved(&body));
        let adapters = [documents(), syncfeed(), crimes()];
        for adapter in &adapters {
            let request = adapter.open(&Cursor::default(), at_start());
            drop(adapter.read(&Response::saved(request, body.clone())));
        }
        body.truncate(cut.index(body.len()));
        drop(read_saved(&body));
    }
}

fn at_start() -> Timestamp {
    at("2026-10-07T00:00:00Z")
}

//! Lists, details, watched pages and saved pages, on the fixtures of the project and on what is recorded beside it.

use std::path::{Path, PathBuf};

use super::*;

fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/page");
    std::fs::read(folder.join(name)).expect("a fixture")
}

fn spec(text: &str) -> Spec {
    toml::from_str(&format!("url = 'https://www.voorbeeld.nl/actueel/'\n{text}")).expect("a spec")
}

fn answer(url: &str, body: Vec<u8>) -> Response {
    Response { content_type: Some("text/html".into()), ..Response::saved(Request::new(url, ACCEPT), body) }
}

fn read(text: &str, body: Vec<u8>) -> Result<Page, ReadError> {
    Pages::new(spec(text)).read(&answer("https://www.voorbeeld.nl/actueel/", body))
}

fn text(record: &Record) -> &str {
    let (Body::Plain(text) | Body::Html(text)) = &record.body;
    text
}

const LIST: &str = "item = 'li.news-item'\ndate = '.meta'\ndate-format = 'd mmmm yyyy'\nlead = '.lead'\n";

#[test]
fn a_list_gives_a_record_for_each_entry_and_a_reason_for_each_other() {
    let page = read(&format!("{LIST}next = 'a[rel=next]'"), fixture("list.html")).expect("a list");
    let first = &page.records[0];
    assert_eq!(first.key, "https://www.voorbeeld.nl/actueel/nieuws/2026/03/12/drugslab-in-loods");
    assert_eq!(first.link.as_deref(), Some(first.key.as_str()));
    assert_eq!(first.title, "Drugslab in loods &amp; schuur ontdekt");
    assert_eq!(first.published.map(|at| at.to_string()).as_deref(), Some("2026-03-12T13:30:00Z"));
    assert_eq!(text(first), "In een loods vond de dienst een lab.");
    assert!(first.detail.is_none());
    assert_eq!(page.records.len(), 2);
    let reasons: Vec<&str> = page.rejected.iter().map(|rejection| rejection.why.as_str()).collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    assert!(reasons[0].contains("geen webadres") && reasons[1].contains("geen link"), "{reasons:?}");
    assert!(reasons[2].contains("geen titel") && reasons[3].contains("zelfde adres"), "{reasons:?}");
    let next = page.next.expect("a next page");
    assert_eq!(next.request.url, "https://www.voorbeeld.nl/actueel/?pagina=2");
    assert!(next.only_if_new);
}

#[test]
fn a_selector_that_finds_nothing_is_an_error_and_dates_that_fail_are_told() {
    let error = read("item = '.bericht'", fixture("list.html")).expect_err("nothing found").to_string();
    assert!(error.contains("de selector '.bericht' vindt niets op deze pagina: is de pagina veranderd?"), "{error}");
    let undated = read("item = 'li.news-item'\ndate = '.datum'", fixture("list.html")).expect("a list");
    assert!(undated.rejected.iter().any(|rejection| rejection.key == "datum"), "{:?}", undated.rejected);
    let by_link = "item = 'li.news-item'\ndate-in-link = '/([0-9]{4})/([0-9]{2})/([0-9]{2})/'";
    let dated = read(by_link, fixture("list.html")).expect("a list");
    assert_eq!(dated.records[1].published.map(|at| at.to_string()).as_deref(), Some("2026-03-11T11:00:00Z"));
}

#[test]
fn pages_are_followed_on_their_own_server_only() {
    let away = read(&format!("{LIST}next = '.away'"), fixture("list.html")).expect("a list");
    assert!(away.next.is_none());
    assert!(away.rejected.iter().any(|rejection| rejection.why.contains("andere server")));
    let last = read(&format!("{LIST}next = '.bestaat-niet'"), fixture("list.html")).expect("a list");
    assert!(last.next.is_none());
    let counted = Pages::new(spec(&format!("{LIST}page-param = 'page'\nfirst-page = 0")));
    let page =
        counted.read(&answer("https://www.voorbeeld.nl/actueel/?soort=nieuws", fixture("list.html"))).expect("a list");
    assert_eq!(page.next.expect("a next page").request.url, "https://www.voorbeeld.nl/actueel/?soort=nieuws&page=1");
    let beyond =
        answer("https://www.voorbeeld.nl/actueel/?page=9", b"<html><body>Geen berichten</body></html>".to_vec());
    assert!(counted.read(&beyond).expect("the end").records.is_empty());
}

#[test]
fn an_entry_is_completed_by_its_own_page() {
    let adapter = Pages::new(spec(&format!("{LIST}follow = true\nremove = ['.meta', 'ul']")));
    let list = adapter.read(&answer("https://www.voorbeeld.nl/actueel/", fixture("list.html"))).expect("a list");
    let record = list.records[0].clone();
    let request = record.detail.clone().expect("a detail");
    let detail = answer(&request.url, fixture("article-government.html"));
    let whole = adapter.complete(record.clone(), &detail).expect("an article");
    assert!(text(&whole).starts_with("In een loods op een bedrijventerrein"), "{}", text(&whole));
    assert!(text(&whole).contains("ten hoogste een jaar") && !text(&whole).contains("bestelauto"), "{}", text(&whole));
    assert_eq!(whole.updated.map(|at| at.to_string()).as_deref(), Some("2026-03-13T08:00:00Z"));
    let gone = Response { status: 404, ..answer(&request.url, Vec::new()) };
    assert!(adapter.complete(record.clone(), &gone).expect("a record").withdrawn);
    let wall = answer(&request.url, fixture("consent.html"));
    assert!(matches!(adapter.complete(record.clone(), &wall), Err(ReadError::NotThis { .. })));
    let strict = Pages::new(spec("item = 'li'\nfollow = true\narticle = '.tekst'"));
    let error = strict.complete(record, &detail).expect_err("no such element").to_string();
    assert!(error.contains("'.tekst' vindt niets"), "{error}");
}

#[test]
fn a_watched_page_is_one_item_with_the_digest_of_its_text() {
    let settings = "watch = true\narticle = 'main'\nremove = ['.share']";
    let page = read(settings, fixture("policy.html")).expect("a page");
    let record = &page.records[0];
    assert_eq!((record.title.as_str(), record.key.as_str()), ("Damoclesbeleid", "https://www.voorbeeld.nl/actueel/"));
    assert!(text(record).ends_with("drie maanden."), "{}", text(record));
    let edited = String::from_utf8(fixture("policy.html")).expect("text").replace("drie maanden", "zes maanden");
    let after = read(settings, edited.clone().into_bytes()).expect("a page");
    assert_ne!(after.records[0].revision, record.revision);
    let furniture = edited.replace("zes maanden", "drie maanden").replace("vandaag", "gisteren");
    assert_eq!(read(settings, furniture.into_bytes()).expect("a page").records[0].revision, record.revision);
}

#[test]
fn saved_pages_are_articles() {
    let page = read_saved(&fixture("article-government.html")).expect("a page");
    let record = &page.records[0];
    assert_eq!(record.title, "Drugslab in loods en schuur ontdekt");
    assert_eq!(record.link.as_deref(), Some("https://www.voorbeeld.nl/actueel/nieuws/2026/03/12/drugslab-in-loods"));
    assert_eq!(record.published.map(|at| at.to_string()).as_deref(), Some("2026-03-12T13:30:00Z"));
    for (part, expected) in [("zuren en oplosmiddelen", true), ("Toegankelijkheid", false), ("Meer nieuws", false)] {
        assert_eq!(text(record).contains(part), expected, "{part}: {}", text(record));
    }
    let page = read_saved(&fixture("article-news.html")).expect("a page");
    let record = &page.records[0];
    assert_eq!(record.title, "Café dicht na vondst van hennep");
    assert_eq!(record.link.as_deref(), Some("https://nieuws.voorbeeld.nl/regio/488/ondermijning"));
    assert_eq!(record.published.map(|at| at.to_string()).as_deref(), Some("2026-05-04T08:15:00Z"));
    assert_eq!(record.updated.map(|at| at.to_string()).as_deref(), Some("2026-05-04T10:00:00Z"));
    assert!(
        text(record).contains("De eigenaar gaat in bezwaar.") && !text(record).contains("Sport"),
        "{}",
        text(record)
    );
}

#[test]
fn dates_and_titles_come_from_wherever_they_stand() {
    let cases = [
        ("<h1>Inval</h1><p>Gepubliceerd op 5 oktober 2026</p>", "Inval", "2026-10-05T10:00:00Z"),
        (
            "<title>Inval in loods - Krant</title><time datetime='2026-10-05T09:00+02:00'>x</time><p>t</p>",
            "Inval in loods",
            "2026-10-05T07:00:00Z",
        ),
        (
            "<meta property='article:published_time' content='2026-10-05'><h1>Inval</h1>",
            "Inval",
            "2026-10-05T10:00:00Z",
        ),
        ("<h1>Inval</h1><span itemprop='datePublished'>05-10-2026</span>", "Inval", "2026-10-05T10:00:00Z"),
    ];
    for (html, title, published) in cases {
        let page = read_saved(format!("<html><body>{html}</body></html>").as_bytes()).expect("a page");
        let record = &page.records[0];
        assert_eq!(record.title, title, "{html}");
        assert_eq!(record.published.map(|at| at.to_string()).as_deref(), Some(published), "{html}");
    }
}

#[test]
fn what_is_no_page_is_named() {
    let cases: [(&[u8], &str); 7] = [
        (b"", "leeg antwoord"),
        (b"%PDF-1.7", "een PDF"),
        (b"{\"a\":1}", "JSON"),
        (b"<?xml version='1.0'?><rss><channel/></rss>", "een feed"),
        (b"<?xml version='1.0'?><uitspraak/>", "een XML-document"),
        (b"gewoon tekst", "gewone tekst"),
        (b"<html><head></head><body></body></html>", "geen titel en geen tekst"),
    ];
    for (body, expected) in cases {
        let error = read_saved(body).expect_err("no page").to_string();
        assert!(error.contains(expected), "{error}");
    }
    let wall = read_saved(&fixture("consent.html")).expect_err("a wall").to_string();
    assert!(wall.contains("toestemmingspagina"), "{wall}");
}

#[test]
fn depth_and_size_cost_neither_stack_nor_time() {
    let unclosed: String = (0..20_000).map(|number| format!("<div><b id=x{number}></div>")).collect();
    for piece in ["<div>", "<b>", "<a href=x>", "<table><tr><td>", "<svg><g>", "<div/>", "<p><i>"] {
        let started = std::time::Instant::now();
        let html = format!("<html><title>Diep</title><body>{}tekst {unclosed}", piece.repeat(100_000));
        let page = read_saved(html.as_bytes()).expect("a page");
        assert!(text(&page.records[0]).contains("tekst"), "{piece}");
        assert!(article(&html, "https://voorbeeld.nl/").is_some());
        assert!(started.elapsed().as_secs() < 10, "{piece}: {:?}", started.elapsed());
    }
    let started = std::time::Instant::now();
    let long = format!("<h1>Lang</h1>{}", "<p>Een zin van een artikel, met een komma erin.</p>".repeat(100_000));
    assert!(read_saved(long.as_bytes()).is_ok());
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn faults_name_the_key() {
    assert_eq!(spec(LIST).faults(), Vec::<String>::new());
    let cases = [
        ("item = 'li['", "item"),
        ("item = 'li'\nremove = ['..']", "remove"),
        ("item = 'li'\ndate-in-link = '('", "date-in-link"),
        ("item = 'li'\ndate-in-link = 'x'", "date-in-link"),
        ("", "item ontbreekt"),
        ("watch = true\nfollow = true", "watch"),
        ("item = 'li'\nnext = 'a'\npage-param = 'p'", "page-param"),
        ("item = 'li'\ndate-attribute = 'datetime'", "date-attribute"),
    ];
    for (text, key) in cases {
        let faults = spec(text).faults();
        assert!(faults.len() == 1 && faults[0].contains(key), "{text}: {faults:?}");
    }
}

#[test]
fn recorded_web_pages_are_read_or_refused_with_a_reason() {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/recorded");
    let (mut folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) = (vec![recorded], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html" || extension == "htm") {
                files.push(path);
            }
        }
    }
    if files.is_empty() {
        println!("geen opgenomen webpagina's: overgeslagen");
    }
    for file in files {
        match read_saved(&std::fs::read(&file).expect("a file")) {
            Ok(page) => {
                let record = &page.records[0];
                println!("{}: '{}', {} tekens", file.display(), record.title, text(record).len());
                assert!(!record.key.is_empty());
            }
            Err(error) => println!("{}: {error}", file.display()),
        }
    }
}

#[test]
fn damaged_pages_never_panic() {
    use proptest::{
        prelude::*,
        test_runner::{Config, TestRng, TestRunner},
    };
    let documents: Vec<Vec<u8>> =
        ["list.html", "article-government.html", "article-news.html", "consent.html", "policy.html"]
            .map(fixture)
            .to_vec();
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 400, failure_persistence: None, ..Config::default() },
        TestRng::deterministic_rng(prop::test_runner::RngAlgorithm::ChaCha),
    );
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..20);
    runner
        .run(&(any::<prop::sample::Index>(), edits), |(which, edits)| {
            let mut body = which.get(&documents).clone();
            for (place, byte, deed) in edits {
                if body.is_empty() {
                    break;
                }
                let at = place.index(body.len());
                match deed {
                    0 => body.truncate(at.max(body.len() / 2)),
                    1 => body.insert(at, byte),
                    2 => body[at] = byte,
                    _ => {
                        let tail = body.split_off(at);
                        body.extend_from_slice(&tail[..tail.len().min(500)]);
                        body.extend_from_slice(&tail);
                    }
                }
            }
            for outcome in [read_saved(&body), read(LIST, body.clone()), read("watch = true", body)] {
                prop_assert!(
                    outcome.is_err()
                        || outcome.is_ok_and(|page| page.records.iter().all(|record| !record.key.is_empty()))
                );
            }
            Ok(())
        })
        .expect("no damaged page panics");
}

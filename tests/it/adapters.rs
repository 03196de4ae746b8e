//! The adapters over documents: our own fixtures always, the recorded ones when they are there.

use std::{collections::BTreeMap, path::Path, time::Instant};

use uitkijk::{
    adapters::{Page, ReadError, Spec},
    domain::record::Body,
};

use crate::support::{files_below, recorded};

fn fixture(path: &str) -> Result<Page, ReadError> {
    let (kind, _) = path.split_once('/').expect("a folder");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(path);
    let body = std::fs::read(&file).expect("a fixture");
    Spec::read_saved(if kind == "feeds" { "feed" } else { "judgments" }, &body)
}

#[test]
fn every_form_of_feed_is_read() {
    let cases = [
        ("atom03.xml", 2),
        ("atom10.xml", 2),
        ("feed.json", 2),
        ("rss-bom-utf16.xml", 2),
        ("rss-cut-off.xml", 2),
        ("rss-dutch-dates.xml", 2),
        ("rss-escaped-html.xml", 2),
        ("rss-latin1.xml", 2),
        ("rss-no-guid.xml", 2),
        ("rss-stray-ampersand.xml", 2),
        ("rss091.xml", 2),
        ("rss094.xml", 2),
        ("rss10-rdf.xml", 2),
        ("rss20-content-encoded.xml", 2),
        ("rss20.xml", 2),
    ];
    for (file, least) in cases {
        let page = fixture(&format!("feeds/{file}")).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(page.records.len() >= least, "{file}: {} records", page.records.len());
        for record in &page.records {
            assert!(!record.key.is_empty(), "{file}");
            let (Body::Plain(text) | Body::Html(text)) = &record.body;
            assert!(!text.contains('\u{fffd}') && !record.title.contains('\u{fffd}'), "{file}: {text}");
        }
    }
    assert!(fixture("feeds/consent.html").is_err(), "a consent page is no feed");
    assert_eq!(fixture("feeds/rss-cut-off.xml").expect("a feed").rejected.len(), 1, "the lost tail is told");
    assert!(fixture("feeds/feed.json").expect("a feed").next.is_none(), "a saved file has no address to go on from");
}

#[test]
fn every_form_of_judgment_is_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/judgments");
    let mut read = 0;
    for file in files_below(&folder).iter().filter(|file| file.extension().is_some_and(|extension| extension == "xml"))
    {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let page = fixture(&format!("judgments/{name}")).unwrap_or_else(|error| panic!("{name}: {error}"));
        let record = page.records.first().expect("a record");
        let judgment = record.judgment.as_ref().expect("a judgment");
        assert_eq!(judgment.ecli.replace(':', "_"), name.trim_end_matches(".xml"));
        assert!(!judgment.court.is_empty() && !judgment.date.is_empty(), "{name}");
        assert_eq!(judgment.is_without_text(), name.contains("9011"), "{name}");
        assert_eq!(record.withdrawn, name.contains("9012"), "{name}");
        let numbered =
            judgment.sections.iter().flat_map(|section| &section.paragraphs).filter(|p| !p.number.is_empty());
        assert!(numbered.count() >= 2 || name.contains("9011"), "{name}");
        read += 1;
    }
    assert_eq!(read, 14);
    let page = fixture("judgments/search-page.atom").expect("a page");
    assert_eq!(page.records.len(), 3);
    assert!(fixture("judgments/search-empty.atom").expect("a page").records.is_empty());
    assert!(fixture("judgments/not-found.html").is_err());
}

#[test]
fn all_recorded_judgments_are_read_or_refused_with_a_reason() {
    let Some(folder) = recorded("rechtspraak") else { return };
    let (mut read, mut without_text, mut references, mut numbered) = (0, 0, 0, 0);
    for file in files_below(&folder).iter().filter(|file| file.extension().is_some_and(|extension| extension == "xml"))
    {
        let page = Spec::read_saved("judgments", &std::fs::read(file).expect("a file"))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let judgment = page.records.first().and_then(|record| record.judgment.clone()).expect("a judgment");
        read += 1;
        without_text += usize::from(judgment.is_without_text());
        references += judgment.references.len();
        numbered += usize::from(judgment.sections.iter().flat_map(|s| &s.paragraphs).any(|p| !p.number.is_empty()));
    }
    println!(
        "{read} uitspraken gelezen, {without_text} zonder tekst, {references} wetsverwijzingen, {numbered} met nummers"
    );
    assert_eq!((read, without_text, references), (128, 4, 180));
    let handmade = recorded("rechtspraak-handmade").expect("beside it");
    for file in
        files_below(&handmade).iter().filter(|file| file.extension().is_some_and(|extension| extension == "xml"))
    {
        let outcome = Spec::read_saved("judgments", &std::fs::read(file).expect("a file"));
        let hostile = file.to_string_lossy().contains("entity");
        assert_eq!(outcome.is_err(), hostile, "{}: {:?}", file.display(), outcome.err());
    }
}

#[test]
fn every_torture_feed_ends_in_a_named_outcome() {
    let Some(folder) = recorded("feeds-torture") else { return };
    let (mut files, mut read, mut records) = (0, 0, 0);
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    for file in files_below(&folder) {
        let name = file.to_string_lossy().into_owned();
        if name.ends_with(".zst") || name.ends_with(".serde.json") || name.ends_with(".md") {
            continue;
        }
        let started = Instant::now();
        files += 1;
        match Spec::read_saved("feed", &std::fs::read(&file).expect("a file")) {
            Ok(page) => {
                read += 1;
                records += page.records.len();
            }
            Err(ReadError::NotThis { .. }) => *refused.entry("geen feed".into()).or_default() += 1,
            Err(ReadError::Broken(_)) => *refused.entry("onleesbaar".into()).or_default() += 1,
        }
        assert!(started.elapsed().as_secs() < 10, "{name} takes too long");
    }
    println!("{files} bestanden: {read} gelezen met {records} berichten, geweigerd: {refused:?}");
    assert!(files > 700 && read * 100 / files >= 85, "{read} of {files}");
}

/// Mutations of real documents: cut, doubled, bytes changed. None may panic or hang.
#[test]
fn damaged_documents_never_panic() {
    use proptest::{
        prelude::*,
        test_runner::{Config, TestRunner},
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let documents: Vec<(String, Vec<u8>)> = files_below(&folder)
        .into_iter()
        .filter(|file| !file.to_string_lossy().ends_with(".md"))
        .map(|file| (file.to_string_lossy().into_owned(), std::fs::read(&file).expect("a fixture")))
        .collect();
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 1_500, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..20);
    let strategy = (any::<prop::sample::Index>(), edits);
    runner
        .run(&strategy, |(which, edits)| {
            let (name, original) = which.get(&documents);
            let mut body = original.clone();
            for (place, byte, deed) in edits {
                if body.is_empty() {
                    break;
                }
                let at = place.index(body.len());
                match deed {
                    0 => body.truncate(at),
                    1 => body.insert(at, byte),
                    2 => body[at] = byte,
                    _ => {
                        let tail = body.split_off(at);
                        body.extend_from_slice(&tail);
                        body.extend_from_slice(&tail);
                    }
                }
            }
            let kind = if name.contains("judgments") { "judgments" } else { "feed" };
            if let Ok(page) = Spec::read_saved(kind, &body) {
                for record in page.records {
                    let (Body::Plain(text) | Body::Html(text)) = &record.body;
                    assert!(uitkijk::normalise::text::of_html(text).len() <= 2 * text.len() + 100);
                }
            }
            Ok(())
        })
        .expect("no damaged document panics");
}

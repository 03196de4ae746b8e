use super::*;
use crate::domain::exchange::Response;

fn judgments() -> Judgments {
    Judgments::new(Spec {
        endpoint: "https://data.rechtspraak.nl/".into(),
        start: "2026-01-01".parse().expect("a day"),
        page_size: 100,
        caribbean: false,
    })
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn answer(total: u32, entries: &[(&str, &str)]) -> Vec<u8> {
    let entries: String = entries
        .iter()
        .map(|(ecli, updated)| {
            format!(
                "<entry><id>{ecli}</id><title type=\"text\">{ecli}, Rechtbank Den Haag, 02-03-2026, NL25.9630, NL25.9631</title>\
                 <summary>-</summary><updated>{updated}</updated><link rel=\"alternate\" href=\"https://voorbeeld.nl/{ecli}\"/></entry>"
            )
        })
        .collect();
    format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\">\
         <subtitle type=\"text\">Aantal gevonden ECLI's: {total}</subtitle>{entries}</feed>"
    )
    .into_bytes()
}

#[test]
fn a_question_is_in_amsterdam_time_and_overlaps_by_two_hours() {
    let request = judgments().open(&Cursor("2026-07-01T12:00:00Z".into()), at("2026-07-01T13:00:00Z"));
    assert!(
        request.url.contains("modified=2026-07-01T12%3A00%3A00&modified=2026-07-01T15%3A00%3A00"),
        "{}",
        request.url
    );
    assert!(request.url.contains("return=DOC"));
}

#[test]
fn the_hour_that_comes_twice_is_asked_with_an_hour_on_both_sides() {
    // 25 October 2026: 03:00 summer time becomes 02:00 winter time, so 02:30 comes at 00:30 and at 01:30 UTC.
    let request = judgments().open(&Cursor("2026-10-25T02:30:00Z".into()), at("2026-10-25T01:30:00Z"));
    assert!(
        request.url.contains("modified=2026-10-25T01%3A30%3A00&modified=2026-10-25T03%3A30%3A00"),
        "{}",
        request.url
    );
}

#[test]
fn a_window_is_split_until_the_stated_total_fits_and_the_walk_reaches_its_end() {
    let adapter = judgments();
    let now = at("2026-01-31T00:00:00Z");
    let mut request = adapter.open(&Cursor::default(), now);
    let mut covered = Vec::new();
    // A service with one ECLI every 200 seconds: 432 a day, so a day never fits a page of 100.
    for _ in 0..2_000 {
        let window: serde_json::Value = serde_json::from_str(&request.note).expect("a note");
        let [from, to] = ["from", "to"].map(|end| at(window[end].as_str().expect("a time")).as_second());
        let total = u32::try_from(to / 200 - (from - 1) / 200).expect("a count");
        let page = adapter.read(&Response::saved(request.clone(), answer(total, &[]))).expect("a page");
        if total <= 100 {
            covered.push((from, to));
            assert_eq!(page.cursor.0, Timestamp::from_second(to).expect("a time").to_string());
        } else {
            assert_eq!(page.cursor, Cursor::default());
        }
        let Some(next) = page.next else { break };
        request = next.request;
    }
    assert_eq!(covered.last().expect("a window").1, now.as_second());
    assert!(covered.windows(2).all(|pair| pair[1].0 == pair[0].1 + 1), "windows touch and do not overlap");
}

#[test]
fn one_second_with_more_than_a_page_is_walked_by_offset() {
    let adapter = Judgments::new(Spec { page_size: 2, ..judgments().spec });
    let second = at("2026-03-01T10:00:00Z");
    let request = search::Window::first(second, second).request(&adapter.spec);
    let stamp = "2026-03-01T10:00:00Z";
    let first = adapter
        .read(&Response::saved(request, answer(3, &[("ECLI:NL:RVS:2026:1", stamp), ("ECLI:NL:RVS:2026:2", stamp)])))
        .expect("a page");
    assert_eq!(first.records.len(), 2);
    let next = first.next.expect("more of the same second").request;
    assert!(next.url.ends_with("&from=2"), "{}", next.url);
    let last = adapter.read(&Response::saved(next, answer(3, &[("ECLI:NL:RVS:2026:3", stamp)]))).expect("a page");
    assert_eq!((last.records.len(), last.next.is_none()), (1, true));
}

#[test]
fn an_entry_becomes_a_record_with_its_revision_and_its_document() {
    let adapter = judgments();
    let request = adapter.open(&Cursor::default(), at("2026-01-01T10:00:00Z"));
    let body = answer(
        3,
        &[
            ("ECLI:NL:RVS:2026:1", "2026-06-01T06:44:01Z"),
            ("ECLI:NL:OGEAM:2026:1", "2026-06-01T06:44:01Z"),
            ("geen ecli", "2026-06-01T06:44:01Z"),
        ],
    );
    let page = adapter.read(&Response::saved(request, body)).expect("a page");
    assert_eq!(page.records.len(), 1, "Caribbean courts are left out unless asked for");
    assert_eq!(page.rejected.len(), 1);
    let record = page.records.first().expect("a record");
    assert_eq!(record.revision, "2026-06-01T06:44:01Z");
    let detail = record.detail.as_ref().expect("a document");
    assert_eq!(detail.url, "https://data.rechtspraak.nl/uitspraken/content?id=ECLI%3ANL%3ARVS%3A2026%3A1");
}

#[test]
fn an_error_page_with_status_200_is_no_answer() {
    let adapter = judgments();
    let request = adapter.open(&Cursor::default(), at("2026-01-01T10:00:00Z"));
    for body in ["<html><body>storing</body></html>", "", "30 februari bestaat niet"] {
        assert!(adapter.read(&Response::saved(request.clone(), body.into())).is_err(), "{body}");
    }
}

fn document(body: &str) -> Judgment {
    let text = format!(
        "<open-rechtspraak><rdf:RDF><rdf:Description><dcterms:identifier>ECLI:NL:RVS:2026:1</dcterms:identifier>\
         <dcterms:creator>Raad van State</dcterms:creator></rdf:Description></rdf:RDF>{body}</open-rechtspraak>"
    );
    read_document(text.as_bytes(), None).expect("a judgment")
}

#[test]
fn the_three_generations_of_markup_give_the_same_kind_of_paragraphs() {
    let flat = "<uitspraak><parablock><para>2.1. Het college heeft de last <emphasis>opge</emphasis>legd.</para>\
                <para/><para>2.2  Dit gebeurde om 10.30 uur.</para></parablock></uitspraak>";
    let headed = "<uitspraak><bridgehead>2 Overwegingen</bridgehead><para>2.1 Het college heeft de last opgelegd.</para>\
                  <para>2.2 Dit gebeurde om 10.30 uur.</para></uitspraak>";
    let nested = "<uitspraak><section role='overwegingen'><title><nr>2</nr> Overwegingen</title>\
                  <paragroup><nr>2.1.</nr><parablock><para>Het college heeft de last opgelegd.</para></parablock></paragroup>\
                  <paragroup><nr>2.2.</nr><parablock><para>Dit gebeurde om 10.30 uur.</para></parablock></paragroup></section></uitspraak>";
    for body in [flat, headed, nested] {
        let judgment = document(body);
        let paragraphs: Vec<(&str, &str)> = judgment
            .sections
            .iter()
            .flat_map(|section| &section.paragraphs)
            .map(|paragraph| (paragraph.number.as_str(), paragraph.text.as_str()))
            .collect();
        assert_eq!(
            paragraphs,
            [("2.1", "Het college heeft de last opgelegd."), ("2.2", "Dit gebeurde om 10.30 uur.")],
            "{body}"
        );
    }
    assert_eq!(
        document(nested).sections.first().map(|section| section.title.clone()).as_deref(),
        Some("2 Overwegingen")
    );
    assert_eq!(document(nested).sections.first().map(|section| section.role.clone()).as_deref(), Some("overwegingen"));
}

#[test]
fn an_initial_is_no_list_letter_but_a_sequence_is() {
    let judgment = document(
        "<uitspraak><para>J. de Vries verscheen.</para><para>a. het eerste;</para><para>b. het tweede.</para></uitspraak>",
    );
    let numbers: Vec<String> =
        judgment.sections.iter().flat_map(|s| &s.paragraphs).map(|paragraph| paragraph.number.clone()).collect();
    assert_eq!(numbers, ["", "a", "b"]);
}

#[test]
fn a_document_without_text_is_kept_as_such_and_a_missing_one_is_withdrawn() {
    let record = Record { key: "ECLI:NL:RVS:2026:1".into(), ..Record::default() };
    let request = Request::new("https://voorbeeld.nl", "");
    let gone = Response { status: 404, ..Response::saved(request.clone(), Vec::new()) };
    assert!(judgments().complete(record.clone(), &gone).expect("a record").withdrawn);
    let bare = "<open-rechtspraak><RDF><Description><identifier>ECLI:NL:RVS:2026:1</identifier></Description></RDF></open-rechtspraak>";
    let kept = judgments().complete(record.clone(), &Response::saved(request.clone(), bare.into())).expect("a record");
    assert!(kept.judgment.as_ref().is_some_and(Judgment::is_without_text));
    let other = bare.replace("2026:1", "2026:2");
    assert!(judgments().complete(record, &Response::saved(request, other.into())).is_err());
}

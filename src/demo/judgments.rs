//! Fictional judgments in the form of Rechtspraak Open Data: the search answer and the content document, in the markup of
//! today with sections and paragraph numbers.

use std::fmt::Write;

use askama::filters::Html;
use jiff::Timestamp;

use super::{archive::Decided, texts::Judgment};
use crate::domain::week::{amsterdam, day};

/// The answer to a search: those modified between two Amsterdam wall-clock times, both inclusive.
pub(super) fn search(all: &[Decided], from: &str, to: &str, most: usize, offset: usize) -> String {
    let wall = |at: Timestamp| at.to_zoned_datetime(amsterdam().clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let within: Vec<&Decided> = all.iter().filter(|decided| (from..=to).contains(&wall(decided.at).as_str())).collect();
    let mut text = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title type=\"text\">Open Data (fictief)</title>\
         <subtitle type=\"text\">Aantal gevonden ECLI's: {}</subtitle><updated>{}</updated>",
        within.len(),
        all.last().map_or_else(String::new, |decided| decided.at.to_string())
    );
    for decided in within.into_iter().skip(offset).take(most) {
        let (court, case) = decided
            .judgment
            .as_ref()
            .map_or(("Rechtbank Limburg", ""), |judgment| (judgment.court.as_str(), judgment.zaaknummer.as_str()));
        let date = day(decided.at);
        let summary = decided.judgment.as_ref().map_or("-", |judgment| judgment.inhoudsindicatie.as_str());
        write!(
            text,
            "<entry><id>{ecli}</id><title type=\"text\">{ecli}, {court}, {:02}-{:02}-{}, {case}</title><summary type=\"text\">{}</summary>\
             <updated>{}</updated><link rel=\"alternate\" type=\"text/html\" href=\"https://uitspraken.example/details?id={ecli}\"/></entry>",
            date.day(), date.month(), date.year(), escaped(summary), decided.at, ecli = decided.ecli
        )
        .unwrap_or_default();
    }
    text.push_str("</feed>");
    text
}

/// The content document of one judgment.
pub(super) fn document(decided: &Decided, judgment: &Judgment) -> String {
    let ecli = &decided.ecli;
    let date = day(decided.at);
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- Fictief: gemaakt voor de demo van Uitkijk. -->\n<open-rechtspraak>\
         <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:psi=\"http://psi.rechtspraak.nl/\" xmlns:bwb=\"bwb-dl\"><rdf:Description>\
         <dcterms:identifier>{ecli}</dcterms:identifier><dcterms:modified>{date}T10:00:00</dcterms:modified>\
         <dcterms:issued>{date}</dcterms:issued><dcterms:creator>{}</dcterms:creator><dcterms:date>{date}</dcterms:date>\
         <psi:zaaknummer>{}</psi:zaaknummer><dcterms:type>Uitspraak</dcterms:type>\
         <psi:procedure>Eerste aanleg - enkelvoudig</psi:procedure><dcterms:subject>Bestuursrecht</dcterms:subject>\
         </rdf:Description><rdf:Description rdf:about=\"http://deeplink.example/uitspraak?id={ecli}\">\
         <dcterms:issued>{date}</dcterms:issued></rdf:Description></rdf:RDF>\
         <inhoudsindicatie xmlns=\"http://www.rechtspraak.nl/schema/rechtspraak-1.0\"><para>{}</para></inhoudsindicatie>\
         <uitspraak xmlns=\"http://www.rechtspraak.nl/schema/rechtspraak-1.0\" id=\"{ecli}:DOC\">\
         <uitspraak.info><para>uitspraak in de zaak tegen de gemeente {}</para></uitspraak.info>",
        escaped(&judgment.court),
        escaped(&judgment.zaaknummer),
        escaped(&judgment.inhoudsindicatie),
        escaped(&judgment.gemeente)
    );
    for (role, title, paragraphs) in [
        ("procesverloop", "Procesverloop", &judgment.procesverloop),
        ("overwegingen", "Overwegingen", &judgment.overwegingen),
        ("beslissing", "Beslissing", &judgment.beslissing),
    ] {
        write!(text, "<section role=\"{role}\"><title>{title}</title>").unwrap_or_default();
        for paragraph in paragraphs {
            write!(text, "<parablock><para>{}</para></parablock>", escaped(paragraph)).unwrap_or_default();
        }
        text.push_str("</section>");
    }
    text.push_str("</uitspraak></open-rechtspraak>");
    text
}

/// Text as XML content.
pub(super) fn escaped(text: &str) -> String {
    askama::filters::escape(text, Html).map(|safe| safe.to_string()).unwrap_or_default()
}

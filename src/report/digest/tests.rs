//! Tests of what readers see: the sentences, the size, the pictures, and what each subscription gets.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Weekday, date};

use super::*;
use crate::{
    domain::{reader::Dates, trend::Sureness, week::Week},
    report::digest::parts::*,
};

fn week() -> Week {
    "2026-W40".parse().expect("a week")
}

fn line(gemeente: Option<&str>, place: &str, seen: u32, expected: f64) -> NumberLine {
    let weeks = (0..52).map(|back| Point { week: week().plus(back - 51), seen: (back % 4) as u32, expected }).collect();
    let mut line = NumberLine {
        gemeente: gemeente.map(str::to_owned),
        instrument: None,
        branche: None,
        place: place.to_owned(),
        seen,
        expected,
        interval: (0, 5),
        p: 0.0004,
        sureness: Sureness::ZeerZeker,
        since: week().plus(-3),
        sustained: gemeente.is_some(),
        per_100_000: gemeente.map(|_| 5.77),
        publishers: 6,
        stories: (1..=i64::from(seen)).collect(),
        weeks,
    };
    line.weeks[51].seen = seen;
    line
}

fn story(story: i64, title: &str) -> StoryRef {
    StoryRef {
        story,
        title: title.to_owned(),
        link: format!("https://voorbeeld.nl/{story}"),
        source: "NH Nieuws".into(),
        day: date(2026, 9, 30),
        copies: 11,
    }
}

fn finding() -> Finding {
    Finding {
        fenomeen: "wapens-explosies".into(),
        label: "Illegale wapens en explosies".into(),
        short: "explosies".into(),
        lines: vec![
            line(None, "Alle bronnen samen", 9, 2.4),
            line(Some("GM0479"), "Zaanstad", 6, 0.8),
            line(Some("GM0439"), "Purmerend", 3, 0.3),
        ],
        steps: vec!["werven van uitvoerders".into()],
        partners: vec!["scholen".into(), "politie".into()],
        stories: (1..=9).map(|id| story(id, &format!("Explosie {id} & meer"))).collect(),
    }
}

fn tile(code: &str, name: &str, column: usize, stories: &[i64], news: bool) -> Tile {
    let own = BTreeMap::from([("wapens-explosies".to_owned(), stories.iter().copied().collect::<BTreeSet<i64>>())]);
    let news = if news { BTreeSet::from(["wapens-explosies".to_owned()]) } else { BTreeSet::new() };
    Tile {
        code: code.into(),
        short: name.chars().take(3).collect(),
        name: name.into(),
        column,
        row: 0,
        stories: own,
        news,
    }
}

fn map() -> Map {
    Map {
        columns: 3,
        rows: 1,
        tiles: vec![
            tile("GM0479", "Zaanstad", 0, &[1, 2, 3, 4, 5, 6], true),
            tile("GM0439", "Purmerend", 1, &[7, 8, 9], false),
            tile("GM0361", "Alkmaar", 2, &[], false),
        ],
    }
}

fn case() -> CaseLine {
    CaseLine {
        court: "Raad van State".into(),
        day: Some(date(2026, 10, 1)),
        ecli: "ECLI:NL:RVS:2026:1".into(),
        link: "https://voorbeeld.nl/ecli".into(),
        fenomenen: vec!["drugshandel".into()],
        instrumenten: vec!["damocles".into()],
        about: "Bestuursrecht".into(),
        summary: "Een sluiting van 12 maanden is te lang.".into(),
        quotes: vec![],
    }
}

fn digest() -> Digest {
    Digest {
        region: "RIEC Noord-Holland".into(),
        week: week(),
        known: "2026-10-05T05:00:00Z".parse().expect("a time"),
        up: vec![finding()],
        down: vec![],
        topics: vec![NewTopic {
            name: "opslagboxen op naam van studenten".into(),
            terms: vec!["opslagbox".into()],
            recent: 4,
            before: 0,
            publishers: 3,
            first: Some(week().plus(-2)),
            places: vec![("GM0394".into(), "Haarlemmermeer".into())],
            fenomenen: vec![],
            stories: vec![story(20, "Student huurt tien boxen")],
        }],
        gone: vec![Gone {
            fenomeen: "hennepteelt".into(),
            label: "Hennepteelt".into(),
            gemeente: None,
            place: "Alle bronnen samen".into(),
            told: week().plus(-1),
            then: 9,
            now: 2,
            usual: 2.4,
        }],
        map: map(),
        clusters: vec![],
        judgments: vec![case()],
        signals: vec![SignalLine { number: 3, title: "Opslagboxen".into(), sources: 7 }],
        corrections: vec![CorrectionLine {
            week: week().plus(-2),
            story: 5,
            fenomeen: "hennepteelt".into(),
            label: "Hennepteelt".into(),
            title: "Kwekerij in Heemstede".into(),
            why: Why::Relabelled,
            told: 4,
            now: 3,
        }],
        complete: Completeness {
            items: 1204,
            refused: 6,
            sources: 61,
            panel: 58,
            silent: vec![Note {
                source: "Gemeente Hollands Kroon".into(),
                since: Some(date(2026, 9, 19)),
                said: "normaal elke 2 dagen".into(),
            }],
            ..Completeness::default()
        },
    }
}

fn reader() -> Reader {
    Reader::to_all(vec!["a@voorbeeld.nl".into()], Weekday::Monday, 7)
}

fn mail_of(digest: &Digest, reader: &Reader) -> Message {
    let edition = Edition { reader, shapes: &[], composed: digest.known };
    compose(digest, "a@voorbeeld.nl", &edition).expect("a mail")
}

#[test]
fn the_news_stands_in_the_subject_and_the_first_lines() {
    let mail = mail_of(&digest(), &reader());
    assert_eq!(
        mail.subject,
        "Week 40: meer explosies in Zaanstad en Purmerend · nieuw: 'opslagboxen op naam van studenten'"
    );
    for said in [
        "1. Illegale wapens en explosies: 9 gebeurtenissen, vooral in Zaanstad (6) en Purmerend (3); normaal 2 à 3. Zeer zeker (kans op toeval kleiner dan 1 op 1.000). Sinds week 37.",
        "2. Nieuw: 'opslagboxen op naam van studenten'. 4 gebeurtenissen, 3 bronnen, niet eerder gezien.",
        "3. Raad van State: Een sluiting van 12 maanden is te lang.",
        "Gezien 9 · verwacht 2,4 (0 tot 5) · 3,8 keer zoveel · 6 onafhankelijke bronnen",
        "Zaanstad: gezien 6 · verwacht 0,8 (0 tot 5) · 7,5 keer zoveel · houdt aan · 5,8 per 100.000 inwoners",
        "en nog 3",
        "Hennepteelt (Alle bronnen samen): in week 39 nog 9, nu 2; normaal 2 à 3.",
        "Zaanstad: 6, meer dan daar normaal is",
        "Raad van State, 1 oktober 2026 · ECLI:NL:RVS:2026:1",
        "Week 38, Hennepteelt: 'Kwekerij in Heemstede' gaat hier niet over, zegt een mens die het las. Wij telden 4; het zijn er 3.",
        "Gelezen: 1.204 van 1.210 berichten uit 61 bronnen.",
        "Stil: Gemeente Hollands Kroon sinds 19 september 2026 (normaal elke 2 dagen)",
    ] {
        assert!(mail.text.contains(said), "{said}\n{}", mail.text);
    }
    assert!(mail.html.contains("Explosie 1 &#38; meer") || mail.html.contains("Explosie 1 &amp; meer"));
}

#[test]
fn a_picture_says_what_its_alt_text_says_and_fits_on_black_and_white() {
    let mail = mail_of(&digest(), &reader());
    let alt = "Grafiek van 52 weken, Alle bronnen samen: 9 in week 40, verwacht 0 tot 5.";
    assert!(mail.html.contains(alt), "{}", mail.html);
    let [image] = mail.images.as_slice() else { panic!("one picture") };
    assert!(mail.html.contains(&format!("src=\"cid:{}\"", image.name)));
    assert!(image.png.len() < 4096, "{} bytes", image.png.len());
    let mut reader = png::Decoder::new(std::io::Cursor::new(&image.png)).read_info().expect("a PNG");
    assert_eq!(reader.info().color_type, png::ColorType::Indexed);
    let palette = reader.info().palette.clone().expect("a palette");
    let clear = reader.info().trns.clone().expect("transparency");
    for (ink, alpha) in palette.chunks(3).zip(clear.iter()).filter(|(_, alpha)| **alpha == 255) {
        let light: u32 = ink.iter().map(|part| u32::from(*part)).sum::<u32>() / 3;
        assert!((80..=190).contains(&light), "{ink:?} {alpha}");
    }
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("pixels");
    assert!(clear.contains(&0), "the paper is transparent");
}

#[test]
fn a_full_digest_stays_small_and_brings_nothing_from_elsewhere() {
    let mut full = digest();
    let long = "Explosie bij een winkel aan de Westerstraat, twee minderjarigen aangehouden door de politie ".repeat(2);
    full.up = (0..6).map(|_| finding()).collect();
    full.down = (0..6).map(|_| finding()).collect();
    for finding in full.up.iter_mut().chain(&mut full.down) {
        finding.lines.extend((0..5).map(|_| line(Some("GM0361"), "Alkmaar", 30, 3.0)));
        for own in &mut finding.lines {
            own.weeks.iter_mut().zip(0..).for_each(|(point, n)| point.seen = (n * 7919) % 61);
        }
        finding.stories = (1..=24).map(|id| story(id, &long)).collect();
    }
    full.topics = (0..6)
        .map(|_| NewTopic { stories: (0..4).map(|id| story(id, &long)).collect(), ..full.topics[0].clone() })
        .collect();
    full.judgments = (0..8)
        .map(|_| CaseLine {
            summary: "x ".repeat(200),
            quotes: vec![long.repeat(2), long.repeat(2)],
            ..full.judgments[0].clone()
        })
        .collect();
    let mail = mail_of(&full, &reader());
    let pictures: usize = mail.images.iter().map(|image| image.png.len()).sum();
    // On the line a picture grows by a third.
    let size = mail.html.len() + mail.text.len() + pictures * 4 / 3;
    println!("full digest: {size} bytes, html {}, pictures {pictures}", mail.html.len());
    assert!(size < 200_000, "{size} bytes");
    assert!(mail.html_alone().len() < 200_000);
    for html in [&mail.html, &mail.html_alone()] {
        assert!(
            !html.contains("src=\"http")
                && !html.contains("<link")
                && !html.contains("url(")
                && !html.contains("<script")
        );
    }
    assert!(!mail.html_alone().contains("cid:"));
}

#[test]
fn a_subscription_gets_its_own_part() {
    let mut own = reader();
    own.name = "Purmerend".into();
    own.gebieden = vec!["GM0439".into()];
    own.dates = Dates::Fy;
    let mail = mail_of(&digest(), &own);
    assert_eq!(mail.key, "digest-2026-W40-purmerend");
    assert_eq!(mail.subject, "Week 40: meer explosies in Purmerend");
    assert!(mail.text.contains("28 septimber - 4 oktober 2026"));
    assert!(mail.text.contains("Gezien 3") && mail.text.contains("Alle bronnen samen: gezien 9"), "{}", mail.text);
    assert!(!mail.text.contains("Zaanstad: gezien") && mail.text.contains("het abonnement 'Purmerend'"));
    assert!(!mail.text.contains("opslagboxen"), "the topic lies elsewhere");
    own.gebieden.clear();
    own.fenomenen = vec!["hennepteelt".into()];
    let none = mail_of(&digest(), &own);
    assert!(none.text.contains("Rectificatie") || none.text.contains("RECTIFICATIE"));
    assert!(!none.text.contains("WAT GROEIT") && none.text.contains("WAT VERDWEEN"));
    own.fenomenen.clear();
    own.instrumenten = vec!["bibob".into()];
    assert!(!mail_of(&digest(), &own).text.contains("RECHTSPRAAK"));
}

#[test]
fn a_quiet_week_says_whether_we_were_blind() {
    let mut quiet = digest();
    (quiet.up, quiet.topics) = (vec![], vec![]);
    let mail = mail_of(&quiet, &reader());
    assert_eq!(mail.subject, "Week 40: geen nieuwe trends");
    assert!(mail.text.contains("1. Geen nieuwe trends. Wij zagen 1.204 van 1.210 berichten uit 61 bronnen: het was rustig, wij waren niet blind."));
    quiet.complete.items = 0;
    assert!(mail_of(&quiet, &reader()).text.contains("te weinig om te weten of het rustig was"));
}

#[test]
fn numbers_are_said_as_people_say_them() {
    assert_eq!([0.2, 1.0, 2.4, 2.95, 12.4].map(lead::about), ["minder dan 1", "1", "2 à 3", "3", "12"]);
    let at = |p: f64, sureness: Sureness| lead::sure(&NumberLine { p, sureness, ..line(None, "", 9, 2.4) });
    assert_eq!(at(1e-12, Sureness::ZeerZeker), "Zeer zeker (kans op toeval kleiner dan 1 op 1.000)");
    assert_eq!(at(0.0031, Sureness::Waarschijnlijk), "Waarschijnlijk (kans op toeval kleiner dan 1 op 300)");
    assert_eq!(at(0.0094, Sureness::Aanwijzing), "Aanwijzing, nog geen trend (kans op toeval kleiner dan 1 op 100)");
    assert_eq!(lead::size(&line(None, "", 2, 8.0)), "75% minder");
    let mut mixed = finding();
    mixed.lines[0].sureness = Sureness::Aanwijzing;
    assert_eq!(lead::how_sure(&mixed), "Zeer zeker (kans op toeval kleiner dan 1 op 1.000), voor Zaanstad");
}

#[test]
fn a_digest_survives_storage_and_the_map_is_drawn_where_borders_are_known() {
    let digest = digest();
    let json = serde_json::to_string(&digest).expect("JSON");
    assert_eq!(serde_json::from_str::<Digest>(&json).expect("a digest"), digest);
    let square = |code: &str, west: f64| Shape {
        code: code.into(),
        rings: vec![vec![(west, 52.4), (west + 0.1, 52.4), (west + 0.1, 52.5), (west, 52.5)]],
    };
    let shapes = [square("GM0479", 4.7), square("GM0439", 4.8)];
    let own = reader();
    let edition = Edition { reader: &own, shapes: &shapes, composed: digest.known };
    let mail = compose(&digest, "a@voorbeeld.nl", &edition).expect("a mail");
    assert_eq!(mail.images.len(), 2);
    assert!(mail.html.contains(
        "alt=\"Kaart van de regio. Gebeurtenissen per gemeente: Zaanstad 6, Purmerend 3. Meer dan normaal: Zaanstad.\""
    ));
}

#[test]
fn the_feed_is_atom_with_an_entry_for_each_week() {
    let mut older = digest();
    older.week = week().plus(-1);
    let xml = crate::report::feed::compose("RIEC Noord-Holland", &[digest(), older], &reader()).expect("a feed");
    let feed = feed_rs::parser::parse(xml.as_bytes()).expect("Atom");
    let ids: Vec<&str> = feed.entries.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(ids, ["urn:uitkijk:digest:riecnoordholland:2026-W40", "urn:uitkijk:digest:riecnoordholland:2026-W39"]);
    let body = feed.entries[0].content.as_ref().and_then(|content| content.body.clone()).expect("content");
    assert!(body.contains("<h3>Illegale wapens en explosies</h3>") && !body.contains("<img"));
}

//! The forms of citation, one case each: what is written, and what is found.

use super::{Citation, Extractor};
use crate::assets;

fn extractor() -> Extractor {
    Extractor::new(assets::config("wetten/wetten.csv").expect("embedded")).expect("the table in this crate")
}

/// Shown as `BWBR0001941 13b:1`, `ecli ECLI:...`, or the kind alone.
fn shown(citation: &Citation) -> String {
    let Citation { bwb, article, lid, ecli, kind, .. } = citation;
    let law = bwb.clone().unwrap_or_else(|| kind.clone());
    let tail = [
        article.clone().map(|one| format!(" {one}")),
        lid.clone().map(|one| format!("/{one}")),
        ecli.clone().map(|one| format!(" {one}")),
    ];
    tail.into_iter().flatten().fold(law, |all, part| all + &part)
}

fn check(cases: &[(&str, &[&str])]) {
    let extractor = extractor();
    for (text, expected) in cases {
        let citations = extractor.extract(text);
        let found: Vec<String> = citations.iter().map(shown).collect();
        assert_eq!(&found, expected, "{text}");
        for citation in &citations {
            let words: String = text.chars().skip(citation.start).take(citation.end - citation.start).collect();
            assert_eq!(words, citation.text, "{text}");
        }
    }
}

const AWB: &str = "BWBR0005537";
const OPIUM: &str = "BWBR0001941";

#[test]
fn a_law_behind_its_article_is_found_in_every_form() {
    check(&[
        ("op grond van artikel 13b, eerste lid, aanhef en onder a, van de Opiumwet is", &["BWBR0001941 13b/1"]),
        ("art. 3 lid 1 Wet Bibob", &["BWBR0013798 3/1"]),
        ("de artikelen 4:84 en 5:32 Awb", &["BWBR0005537 4:84", "BWBR0005537 5:32"]),
        ("artikel 6:162, tweede lid, BW", &["BWBR0005289 162/2"]),
        ("artikel 6:162 van het Burgerlijk Wetboek", &["BWBR0005289 162"]),
        ("artikel 162 van Boek 6 van het Burgerlijk Wetboek", &["BWBR0005289 162"]),
        ("art. 7A:1576 BW", &["BWBR0006000 1576"]),
        ("artikel 273f Sr", &["BWBR0001854 273f"]),
        ("artikel 420bis van het Wetboek van Strafrecht", &["BWBR0001854 420bis"]),
        ("art. 359 lid 2 Sv", &["BWBR0001903 359/2"]),
        ("artikel 26, eerste lid, WWM", &["BWBR0008804 26/1"]),
        ("artikel 2.1, eerste lid, onder a, van de Wabo", &["BWBR0024779 2.1/1"]),
        ("artikel 174a Gemeentewet", &["BWBR0005416 174a"]),
        ("het tweede lid van artikel 3:4 van de Algemene wet bestuursrecht", &["BWBR0005537 3:4/2"]),
        ("artikel 1:3, eerste en tweede lid, Awb", &["BWBR0005537 1:3/1", "BWBR0005537 1:3/2"]),
        ("artikel 10 van het EVRM", &["BWBV0001000 10"]),
        ("artikel 8 (oud) van de Opiumwet", &["BWBR0001941 8"]),
        ("art. 285 lid 1 sub e F heeft", &["BWBR0001860 285/1"]),
        ("artikel 13 b, eerste lid, van de Opiumwet", &["BWBR0001941 13b/1"]),
    ]);
}

#[test]
fn lists_and_ranges_give_each_article() {
    check(&[
        (
            "de artikelen 2 en 10 van de Opiumwet en artikel 57 Sr",
            &["BWBR0001941 2", "BWBR0001941 10", "BWBR0001854 57"],
        ),
        ("artikelen 36 tot en met 39 Sr", &["BWBR0001854 36", "BWBR0001854 37", "BWBR0001854 38", "BWBR0001854 39"]),
        ("de artt. 36-38 Sr", &["BWBR0001854 36", "BWBR0001854 37", "BWBR0001854 38"]),
        ("artikel 2 juncto artikel 10 van de Opiumwet", &["BWBR0001941 2", "BWBR0001941 10"]),
        (
            "de artikelen 8:72, 8:74, eerste lid, en 8:75 van de Awb",
            &["BWBR0005537 8:72", "BWBR0005537 8:74/1", "BWBR0005537 8:75"],
        ),
        (
            "artikelen 9, 10 en 27 van het Wetboek van Strafrecht en 2 van de Opiumwet",
            &["BWBR0001854 9", "BWBR0001854 10", "BWBR0001854 27", "BWBR0001941 2"],
        ),
    ]);
}

#[test]
fn names_alone_count_and_compounds_do_not() {
    check(&[
        ("Volgens de Opiumwet en de Wet Bibob", &["BWBR0001941", "BWBR0013798"]),
        ("een Opiumwetdelict, een Bibob-advies en de Awb-procedure", &[]),
        ("Ingevolge de Awb moet", &["BWBR0005537"]),
        ("Uw brief aan Mw. Wim Jansen was AWB 08/4720", &[]),
        ("Wetboek van Strafrecht BES", &[]),
    ]);
}

#[test]
fn words_that_point_back_find_their_law() {
    check(&[
        (
            "artikel 13b van de Opiumwet. Op grond van dat artikel, eerste lid, en artikel 2 van die wet",
            &["BWBR0001941 13b", "BWBR0001941 13b/1", "BWBR0001941 2"],
        ),
        (
            "Artikel 5:32 Awb geldt. Het eerste lid van dat artikel en voormeld artikel",
            &["BWBR0005537 5:32", "BWBR0005537 5:32/1", "BWBR0005537 5:32"],
        ),
        (
            "de Wet algemene bepalingen omgevingsrecht (hierna: de Wet). Artikel 2.1 van de Wet verbiedt",
            &["BWBR0024779", "BWBR0024779 2.1"],
        ),
        (
            "artikel 18 van de Wet bestuursrechtspraak bedrijfsorganisatie (hierna: Wbb). Artikel 19 Wbb",
            &["BWBR0002144 18", "BWBR0002144 19"],
        ),
        (
            "Artikel 13b van de Opiumwet. Daarna paste de burgemeester artikel 13b toe.",
            &["BWBR0001941 13b", "BWBR0001941 13b"],
        ),
        ("de Opiumwet, genoemde wet", &["BWBR0001941", "BWBR0001941"]),
    ]);
}

#[test]
fn what_is_no_law_is_not_linked() {
    check(&[
        ("zie rechtsoverweging 5.2 en punt 4", &[]),
        ("artikel 3 van de overeenkomst", &[]),
        ("de Opiumwet. Artikel 3 van de algemene voorwaarden en artikel 3", &["BWBR0001941"]),
        ("Op 3 januari 2020 om 12:30 uur, artikel 5 februari", &[]),
        ("artikel 7 van de cao en artikel 12 van de statuten", &[]),
        ("een krantenartikel 12 over de hennepkwekerij", &[]),
    ]);
}

#[test]
fn a_rule_that_the_table_lacks_keeps_its_articles_from_the_law_before_it() {
    check(&[
        ("de Opiumwet. In de Tijdelijke regeling X is bepaald: artikel 7 geldt", &["BWBR0001941"]),
        ("artikel 73, lid 7, van de Successiewet van 1859", &[]),
        ("de Opiumwet. Artikel VI van de wet van 12 november 1998", &["BWBR0001941", "wet VI"]),
        ("de Opiumwet, genoemde wet van 21 april 1993", &["BWBR0001941"]),
        ("de Opiumwet (hierna: de Wet). Artikel 3 van de Wet neergelegde regels", &["BWBR0001941", "BWBR0001941 3"]),
        ("artikel 5 van de Wet op de onbekende zaken", &["wet 5"]),
        ("de Opiumwet. Zie Losbl. Strafrecht (Jansen), art. 36, aant. 4", &["BWBR0001941"]),
        ("artikel 2 van de Opiumwet en artikel 24 NR 1999", &["BWBR0001941 2"]),
        (
            "Artikel 21 van het Besluit toezicht effectenverkeer 1995, ter uitvoering van de Wet toezicht \
             effectenverkeer 1995, bepaalt dat artikel 22 geldt",
            &["BWBR0007708 21", "BWBR0007657", "BWBR0007708 22"],
        ),
        ("artikel 16, 17 en 18 Wwft", &["BWBR0024282 16", "BWBR0024282 17", "BWBR0024282 18"]),
        ("de artikelen 2 onder C en 10, vierde lid, Opw", &["BWBR0001941 2", "BWBR0001941 10/4"]),
        ("artikel 39 e.v. van de Opiumwet", &["BWBR0001941 39"]),
        ("artikel 1(F) van het Vluchtelingenverdrag", &["BWBV0001002 1"]),
    ]);
}

#[test]
fn an_abbreviation_of_several_laws_is_settled_by_the_text_and_the_number() {
    check(&[
        ("artikel 5.1 Ow", &["BWBR0037885 5.1"]),
        ("de Opiumwet. Artikel 13b Ow", &["BWBR0001941", "BWBR0001941 13b"]),
        ("artikel 22 Rv", &["BWBR0001827 22"]),
        ("artikel 4.1 Wgs", &[]),
    ]);
}

#[test]
fn eclis_are_read_also_when_misspelt() {
    check(&[
        ("ECLI:NL:RVS:2019:2912.", &["ecli ECLI:NL:RVS:2019:2912"]),
        ("ecli:nl:hr:2014:3677)", &["ecli ECLI:NL:HR:2014:3677"]),
        ("ECLI:HR:2014:3677", &["ecli ECLI:NL:HR:2014:3677"]),
        ("ECLI:NL:HR2013:BY1244,", &["ecli ECLI:NL:HR:2013:BY1244"]),
        ("ECLI NL RVS 2015 1780", &["ecli ECLI:NL:RVS:2015:1780"]),
        ("ECLI-NL-RVS-2015-1780", &["ecli ECLI:NL:RVS:2015:1780"]),
        ("ECLI.NL.RVS.2015.1780", &["ecli ECLI:NL:RVS:2015:1780"]),
        ("ECLI:NL:RVS:2O15:178O", &["ecli ECLI:NL:RVS:2015:1780"]),
        ("ECLI:NL:RVS:2015:0178", &["ecli ECLI:NL:RVS:2015:178"]),
        ("ECLI:NL:HR:2010:B02416", &["ecli ECLI:NL:HR:2010:BO2416"]),
        ("EU:C:2018:584,", &["ecli ECLI:EU:C:2018:584"]),
        ("ECLI:CE:ECHR:2011:0121JUD003069609.", &["ecli ECLI:CE:ECHR:2011:0121JUD003069609"]),
        ("ECLI:NL:2014:525", &["ecli"]),
        ("ECLI:NL:PHR:2013:BZ57797", &["ecli"]),
    ]);
}

#[test]
fn ljns_papers_and_publications_have_their_kinds() {
    check(&[
        ("HR 27 november 1998, LJN: ZC2793, NJ 1999, 685", &["ljn ECLI:NL:HR:1998:ZC2793", "vindplaats"]),
        ("LJN BM5914", &["ljn"]),
        ("Kamerstukken II 1987/88, 20 287, nr. 3, blz. 4", &["kamerstuk"]),
        ("Tweede Kamer, 1991-1992 - 22.495, nr. 3", &["kamerstuk"]),
        ("Stb. 1995, 635 en Stcrt. 20 juli 1999, 136", &["publicatie", "publicatie"]),
        ("PbEG L 1", &["publicatie"]),
        ("artikel 5 van Richtlijn 85/511/EEG", &["eu 5"]),
        ("Verordening (EU) 2016/679", &["eu"]),
        ("artikel 2:41 van de APV", &["lokaal 2:41"]),
    ]);
}

#[test]
fn offsets_are_characters_of_the_text_as_it_was_given() {
    let text = "é\u{a0}“€”  artikel\n13b  van\tde Opiumwet";
    let citations = extractor().extract(text);
    let only = citations.first().expect("one citation");
    assert_eq!((only.start, only.text.as_str()), (7, "artikel\n13b  van\tde Opiumwet"));
    assert_eq!(only.jci().as_deref(), Some("jci1.3:c:BWBR0001941&artikel=13b"));
    assert_eq!(only.end, text.chars().count());
    assert!(only.bwb.as_deref() == Some(OPIUM) && AWB != OPIUM);
}

#[test]
fn no_text_makes_it_stop() {
    let extractor = extractor();
    let parts = [
        "artikel ",
        "13b",
        " Awb",
        "ECLI:NL:",
        "(hierna: ",
        "é",
        "\u{ad}",
        "\n",
        "de Wet",
        ", ",
        "lid ",
        "\u{1F600}",
        "-",
        "6:",
        " t/m ",
        "II",
    ];
    let mut state: usize = 7;
    for _ in 0..4000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(parts[(state >> 33) % parts.len()]);
        }
        let length = text.chars().count();
        for citation in extractor.extract(&text) {
            assert!(citation.start < citation.end && citation.end <= length, "{text}");
        }
    }
}

#[test]
fn a_broken_table_is_refused_and_a_small_one_is_read() {
    assert!(Extractor::new("bwb,naam\nx").is_err());
    let table = "bwb,naam,afkortingen,ministerie,stand\nBWBR0001941,Opiumwet,Opw,VWS,in force\n";
    let citations = Extractor::new(table).expect("the columns of the old table").extract("artikel 13b Opw");
    assert_eq!(citations.iter().map(shown).collect::<Vec<_>>(), ["BWBR0001941 13b"]);
}

//! What real feeds do, each with a small document that does it.

use super::*;
use jiff::SignedDuration;

fn page(document: &str) -> Page {
    read(document.as_bytes(), None, "https://voorbeeld.nl/feed").expect("a feed")
}

fn first(document: &str) -> Record {
    page(document).records.into_iter().next().expect("a record")
}

fn rss(item: &str) -> Record {
    first(&format!("<rss version='2.0'><channel><title>t</title><item>{item}</item></channel></rss>"))
}

fn atom(entry: &str) -> Record {
    first(&format!("<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry>{entry}</entry></feed>"))
}

fn text(record: &Record) -> &str {
    let (Body::Plain(text) | Body::Html(text)) = &record.body;
    text
}

#[test]
fn every_version_of_rss_is_read() {
    for version in ["0.90", "0.91", "0.92", "0.93", "0.94", "2.0", ""] {
        let document = format!(
            "<?xml version=\"1.0\"?><rss version=\"{version}\"><channel><title>t</title>\
             <item><title>een</title><link>https://voorbeeld.nl/1</link></item></channel></rss>"
        );
        assert_eq!(first(&document).title, "een", "{version}");
    }
}

#[test]
fn a_stray_ampersand_and_a_cut_tail_do_not_cost_the_feed() {
    let page =
        page("<rss version='2.0'><channel><item><title>Wijn & spijs, caf&eacute;</title></item><item><title>half");
    assert_eq!(page.records.len(), 1);
    assert_eq!(page.records[0].title, "Wijn & spijs, café");
    assert_eq!(page.rejected.len(), 1);
}

#[test]
fn a_forgotten_end_tag_costs_no_other_field() {
    let document = "<rss><channel><item><title>Inval<link>https://voorbeeld.nl/1</link><pubDate>5 okt 2026</pubDate>\
                    <item><title>Vondst</titel><guid>g2</guid></item></channel></rss>";
    let page = page(document);
    let found: Vec<(&str, &str)> =
        page.records.iter().map(|record| (record.title.as_str(), record.key.as_str())).collect();
    assert_eq!(found, [("Inval", "https://voorbeeld.nl/1"), ("Vondst", "g2")]);
}

#[test]
fn older_pages_are_found_in_atom_rss_and_json() {
    let atom =
        "<feed xmlns='http://www.w3.org/2005/Atom'><id>x</id><title>t</title><link rel='next' href='?p=2'/></feed>";
    let rss = "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel><title>t</title>\
               <atom:link rel='next' href='https://voorbeeld.nl/feed?p=2'/></channel></rss>";
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","next_url":"https://voorbeeld.nl/feed?p=2","items":[]}"#;
    for document in [atom, rss, json] {
        let next = page(document).next.expect("a next page");
        assert_eq!(next.request.url, "https://voorbeeld.nl/feed?p=2", "{document}");
        assert!(next.only_if_new);
    }
}

#[test]
fn what_is_no_feed_is_named() {
    let cases = [
        ("<!doctype html><html><body>cookies?</body></html>", "een webpagina"),
        ("<html><title>Just a moment...</title></html>", "Cloudflare"),
        ("", "leeg antwoord"),
        ("gewoon tekst", "gewone tekst"),
        ("{}", "JSON zonder lijst"),
        ("{\"items\": [", "JSON houdt op"),
        ("<opml version='2.0'><body/></opml>", "<opml>"),
    ];
    for (document, expected) in cases {
        let error = read(document.as_bytes(), None, "").expect_err("no feed").to_string();
        assert!(error.contains(expected), "{document}: {error}");
    }
    let deep = "<a>".repeat(100_000);
    assert!(matches!(read(deep.as_bytes(), None, ""), Err(ReadError::Broken(_))));
}

#[test]
fn a_comment_about_feeds_is_none() {
    let html = "<!-- <rss><channel><item/> --><html><body>x</body></html>";
    assert!(read(html.as_bytes(), None, "").is_err());
    let feed = "<!-- <html> --><rss><channel><item><title>een</title></item></channel></rss>";
    assert_eq!(first(feed).title, "een");
}

#[test]
fn naked_markup_is_kept_whole() {
    let record =
        rss("<title>Drugs<b>lab</b> in <i>loods</i></title><description><p>Een <em>inval</em>.</p></description>");
    assert_eq!(record.title, "Drugs<b>lab</b> in <i>loods</i>");
    assert_eq!(text(&record), "<p>Een <em>inval</em>.</p>");
    let literal = atom("<title>De &lt;b&gt; van inbraak</title><id>1</id>");
    assert_eq!(literal.title, "De &lt;b&gt; van inbraak", "text of type text is no markup");
}

#[test]
fn each_way_to_say_where_an_item_stands() {
    let cases = [
        ("<guid>https://voorbeeld.nl/a</guid>", Some("https://voorbeeld.nl/a")),
        ("<guid isPermaLink='false'>https://voorbeeld.nl/a</guid>", None),
        ("<guid isPermaLink='true'>/a</guid>", Some("https://voorbeeld.nl/a")),
        (
            "<comments>https://voorbeeld.nl/c</comments><link>https://voorbeeld.nl/a</link>",
            Some("https://voorbeeld.nl/a"),
        ),
        ("<comments>https://voorbeeld.nl/c</comments>", None),
        ("<link>\n  /a\n</link>", Some("https://voorbeeld.nl/a")),
        ("<link>HTTP://Voorbeeld.nl</link>", Some("HTTP://Voorbeeld.nl")),
        ("<atom:link rel='self' href='/s'/><atom:link href='/a'/>", Some("https://voorbeeld.nl/a")),
    ];
    for (fields, expected) in cases {
        assert_eq!(rss(&format!("<title>x</title>{fields}")).link.as_deref(), expected, "{fields}");
    }
}

#[test]
fn addresses_are_resolved_from_base_and_channel() {
    let channel = "<rss><channel><link>https://site.nl/nieuws/</link><item><title>x</title><link>1.html</link></item></channel></rss>";
    assert_eq!(first(channel).link.as_deref(), Some("https://site.nl/nieuws/1.html"));
    let based = "<rss xml:base='https://basis.nl/'><channel xml:base='map/'><link>https://site.nl/</link>\
                 <item><title>x</title><link>1.html</link></item></channel></rss>";
    assert_eq!(first(based).link.as_deref(), Some("https://basis.nl/map/1.html"));
    assert_eq!(atom("<id>1</id><link href='a' xml:base='/b/'/>").link.as_deref(), Some("https://voorbeeld.nl/b/a"));
}

#[test]
fn rdf_says_where_an_item_is_by_what_it_is_about() {
    let document = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>\
                    <channel rdf:about='https://voorbeeld.nl/'><title>t</title></channel>\
                    <item rdf:about='https://voorbeeld.nl/1'><title>een</title></item></rdf:RDF>";
    let record = first(document);
    assert_eq!(
        (record.key.as_str(), record.link.as_deref()),
        ("https://voorbeeld.nl/1", Some("https://voorbeeld.nl/1"))
    );
}

#[test]
fn other_vocabularies_fill_in_what_rss_leaves_out() {
    let record =
        rss("<dc:title>Titel</dc:title><dc:description>Lead</dc:description><dc:date>2026-10-05T10:00:00Z</dc:date>\
                      <dcterms:modified>2026-10-06T10:00:00Z</dcterms:modified>");
    assert_eq!((record.title.as_str(), text(&record)), ("Titel", "Lead"));
    assert_eq!(record.published.map(|at| at.to_string()).as_deref(), Some("2026-10-05T10:00:00Z"));
    assert_eq!(record.updated.map(|at| at.to_string()).as_deref(), Some("2026-10-06T10:00:00Z"));
    let podcast = rss("<title>x</title><itunes:summary>Over de haven</itunes:summary>");
    assert_eq!(text(&podcast), "Over de haven");
    let media = rss("<title>x</title><media:group><media:description>Beeld</media:description></media:group>");
    assert_eq!(text(&media), "Beeld");
    let both = rss(
        "<title>x</title><description>kort</description><content:encoded>&lt;p&gt;lang verhaal&lt;/p&gt;</content:encoded>\
                    <media:description>een veel langer onderschrift van een foto</media:description>",
    );
    assert_eq!(text(&both), "<p>lang verhaal</p>");
    let issued =
        rss("<title>x</title><dcterms:issued>2026-10-05</dcterms:issued><dcterms:created>2026-10-01</dcterms:created>");
    assert_eq!(issued.published.map(|at| at.to_string()).as_deref(), Some("2026-10-05T10:00:00Z"));
}

#[test]
fn atom_content_of_every_type_is_read() {
    let cases = [
        (
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>Een <b>inval</b></div></content>",
            "<div>Een <b>inval</b></div>",
        ),
        ("<content type='application/octet-stream'>RWVuIDxiPmludmFsPC9iPg==</content>", "Een <b>inval</b>"),
        ("<content type='html'>Een &lt;b>inval&lt;/b></content>", "Een <b>inval</b>"),
        ("<content type='text/html'><![CDATA[Een <b>inval</b>]]></content>", "Een <b>inval</b>"),
        ("<content>1 &lt; 2</content>", "1 &lt; 2"),
        ("<content type='text/plain'>1 &lt; 2</content>", "1 &lt; 2"),
        ("<content type='text/plain' mode='base64'>aW52YWw=</content>", "inval"),
    ];
    for (content, expected) in cases {
        assert_eq!(text(&atom(&format!("<id>1</id>{content}"))), expected, "{content}");
    }
    let elsewhere = atom("<id>tag:x</id><summary>kort</summary><content type='video/mp4' src='/film.mp4'/>");
    assert_eq!((text(&elsewhere), elsewhere.link.as_deref()), ("kort", Some("https://voorbeeld.nl/film.mp4")));
}

#[test]
fn plain_entities_of_a_dtd_are_read_and_others_are_not() {
    let with = |dtd: &str, title: &str| {
        first(&format!("<!DOCTYPE rss [{dtd}]><rss><channel><item><title>{title}</title></item></channel></rss>")).title
    };
    assert_eq!(with("<!ENTITY om 'Openbaar Ministerie'>", "&om; eist"), "Openbaar Ministerie eist");
    assert_eq!(with("<!ENTITY e \"caf&#233;\">", "&e;"), "café");
    assert_eq!(with("<!ENTITY a 'x'><!ENTITY b '&a;&a;'>", "&b; blijft"), "&b; blijft");
    assert_eq!(with("<!ENTITY b SYSTEM 'file:///etc/passwd'>", "&b; blijft"), "&b; blijft");
    let bomb = with(&format!("<!ENTITY a '{}'>", "x".repeat(900)), &"&a;".repeat(10_000));
    assert!(bomb.len() < 250_000, "{}", bomb.len());
    assert_eq!(
        with("", "caf&eacute; &#8217;s avonds &#146;s &#x2013; &bestaatniet;"),
        "café ’s avonds ’s – &bestaatniet;"
    );
}

#[test]
fn json_feeds_of_every_kind_are_read() {
    let document = r#"{"version":"https://jsonfeed.org/version/1","home_page_url":"https://site.nl/","items":[
        {"id":7,"url":"/een","title":"R&D < 1","content_text":"1 < 2 & <b>geen</b> markup","date_published":"2026-10-05T10:00:00Z"},
        {"id":"8","content_html":"<p>tekst</p>","tags":3},
        "geen bericht"]}"#;
    let page = read(document.as_bytes(), None, "").expect("a feed");
    assert_eq!(page.records[0].key, "7");
    assert_eq!(page.records[0].link.as_deref(), Some("https://site.nl/een"));
    assert_eq!(page.records[0].title, "R&amp;D &lt; 1");
    assert_eq!(page.records[0].body, Body::Plain("1 < 2 & <b>geen</b> markup".into()));
    assert_eq!(page.records[1].body, Body::Html("<p>tekst</p>".into()));
    assert_eq!(page.rejected.len(), 1);
}

#[test]
fn a_feed_says_how_often_to_ask() {
    let hints = |channel: &str| page(&format!("<rss><channel>{channel}</channel></rss>")).hints;
    let asked = hints(
        "<ttl>60</ttl><skipHours><hour>0</hour><hour>24</hour><hour>5</hour><hour>99</hour></skipHours>\
                       <skipDays><day>Sunday</day><day>Monday</day><day>zondag</day></skipDays>",
    );
    assert_eq!(asked.ttl, Some(SignedDuration::from_mins(60)));
    assert_eq!((asked.skip_hours, asked.skip_days), (vec![0, 5], vec![1, 7]));
    let module = hints("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>");
    assert_eq!(module.ttl, Some(SignedDuration::from_hours(6)));
    assert_eq!(hints("<ttl>-5</ttl>"), Hints::default());
    assert_eq!(hints("<ttl>999999999</ttl>").ttl, Some(SignedDuration::from_hours(31 * 24)));
}

#[test]
fn keys_are_stable_and_never_shared() {
    let link = "<title>x</title><link>https://voorbeeld.nl/a</link>";
    for guid in [
        "https://voorbeeld.nl/a?t=1760000000",
        "https://voorbeeld.nl/a#1760000000123",
        "https://voorbeeld.nl/a/20261005101500",
    ] {
        let record = rss(&format!("{link}<guid isPermaLink='false'>{guid}</guid>"));
        assert_eq!(record.key, "https://voorbeeld.nl/a", "{guid}");
    }
    for guid in ["https://voorbeeld.nl/a?p=12345", "article-6304705", "https://voorbeeld.nl/a/2026"] {
        assert_eq!(rss(&format!("{link}<guid isPermaLink='false'>{guid}</guid>")).key, guid);
    }
    let same = page(
        "<rss><channel><item><guid>g</guid><link>https://v.nl/1</link><title>een</title></item>\
                     <item><guid>g</guid><link>https://v.nl/2</link><title>twee</title></item>\
                     <item><guid>g</guid><link>https://v.nl/2</link><title>drie</title></item>\
                     <item><guid>g</guid><link>https://v.nl/2</link><title>drie</title></item></channel></rss>",
    );
    let keys: Vec<&str> = same.records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(keys, ["g", "https://v.nl/2", "titel:drie"]);
    assert_eq!(same.rejected.len(), 1);
}

#[test]
fn a_document_of_one_broken_tag_after_another_takes_no_time() {
    for piece in ["<!--", "<![CDATA[", "<!x'", "<a b=\"", "<?x", "&#x", "<item>", "</item>", "<a:b xmlns:a='x'>x</a:b>"]
    {
        let started = std::time::Instant::now();
        let document = format!("<rss><channel>{}", piece.repeat(100_000));
        let outcome = read(document.as_bytes(), None, "");
        assert!(outcome.is_ok() || outcome.is_err());
        assert!(started.elapsed().as_secs() < 5, "{piece}: {:?}", started.elapsed());
    }
}

//! A week that was told: shown again as it was known then, sent to each subscription at its own hour, put right in the next
//! digest, and written as files.

use jiff::{SignedDuration, Timestamp};
use mail_parser::{MessageParser, MimeHeaders as _};
use uitkijk::{
    deliver::Channel,
    demo::{Options, demo_now},
    domain::week::Week,
    pipeline::{
        dispatch::dispatch,
        watch::{as_told, digest, find, publish, send_due, watch},
    },
    report::digest::parts::{Digest, Why},
    settings::Settings,
    store::{
        Store,
        corrections::{Correction, Said},
    },
};

use crate::support::{Small, poll_all, uitkijk};

const SUBSCRIPTIONS: &str = r#"
[paths]
sources = "sources"
[fetch]
pause = "1ms"
[log]
filter = "error"

[[subscription]]
name = "Alles"
to = ["alles@voorbeeld.nl"]

[[subscription]]
name = "Purmerend"
to = ["purmerend@voorbeeld.nl"]
fenomenen = ["wapens-explosies"]
gebieden = ["GM0479"]
day = "dinsdag"
hour = 9
dates = "fy"
"#;

fn later(now: Timestamp, hours: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_hours(hours)).expect("a time")
}

async fn at(store: &Store, settings: &Settings, week: Week, now: Timestamp) -> Digest {
    let findings = find(store, settings, week).await.expect("findings");
    digest(store, settings, &findings, now).await.expect("a digest")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_told_to_each_at_their_hour_kept_as_it_was_and_put_right_later() {
    let now = demo_now();
    let week = Week::of(now).plus(-1);
    let small = Small::start(Options::default(), week).await;
    small.write("config.toml", SUBSCRIPTIONS);
    let settings = small.settings();
    let store = Store::open(&settings.database).await.expect("a store");
    poll_all(&settings, &store, now).await;
    assert!(watch(&store, &settings, week, now).await.expect("a watch"));

    // Monday's reader has a mail; Tuesday's has one on Tuesday at nine, once.
    let queued = async |key: &str, to: &str| store.is_queued(key, to).await.expect("an answer");
    assert!(queued(&format!("digest-{week}-alles"), "alles@voorbeeld.nl").await);
    assert_eq!(send_due(&store, &settings, later(now, 25)).await.expect("queued"), 0);
    assert!(!queued(&format!("digest-{week}-purmerend"), "purmerend@voorbeeld.nl").await);
    assert_eq!(send_due(&store, &settings, later(now, 26)).await.expect("queued"), 1);
    assert_eq!(send_due(&store, &settings, later(now, 27)).await.expect("queued"), 0);

    both_leave(&small, &settings, &store, later(now, 27)).await;

    // What was told is kept, also as files, and does not change when a person reads on.
    let told = as_told(&store, week).await.expect("a store").expect("told");
    assert!(publish(&store, &settings).await.expect("written"));
    assert!(!publish(&store, &settings).await.expect("written"), "what is there is left alone");
    let file = |name: &str| std::fs::read_to_string(small.path().join("digest").join(name)).expect("a file");
    assert_eq!(serde_json::from_str::<Digest>(&file(&format!("{week}.json"))).expect("a digest"), told);
    assert!(
        file(&format!("{week}.html")).contains("Trendrapportage")
            && file("feed.atom").contains(&format!(":{week}</id>"))
    );
    let [withdrawn, relabelled, merged] = spoil(&store, &settings, &told, now).await;
    assert_eq!(as_told(&store, week).await.expect("a store").as_ref(), Some(&told));
    let seen = |digest: &Digest| digest.up.first().and_then(|finding| finding.main()).map_or(0, |line| line.seen);
    assert_ne!(at(&store, &settings, week, later(now, 30)).await.up, told.up);
    preview(&small, week, seen(&told));

    // The next digest tells what was wrong and what is over; the one after that does not tell it again.
    let next = at(&store, &settings, week.plus(1), later(now, 24 * 7)).await;
    let why = |story: i64| next.corrections.iter().find(|line| line.story == story).map(|line| line.why);
    assert_eq!(why(withdrawn), Some(Why::Withdrawn));
    assert_eq!(why(relabelled), Some(Why::Relabelled));
    assert_eq!(why(merged), Some(Why::Merged));
    assert_eq!(next.corrections.len(), 3);
    let line = next.corrections.first().expect("a correction");
    assert_eq!((line.week, line.told, line.now), (week, seen(&told), seen(&told) - 3));
    assert!(next.gone.iter().any(|gone| gone.fenomeen == "wapens-explosies" && gone.told == week), "{:?}", next.gone);
    assert!(watch(&store, &settings, week.plus(1), later(now, 24 * 7)).await.expect("a watch"));
    let after = at(&store, &settings, week.plus(2), later(now, 24 * 14)).await;
    assert!(after.corrections.is_empty() && after.gone.is_empty(), "{:?} {:?}", after.corrections, after.gone);
    assert!(publish(&store, &settings).await.expect("written"), "a new week is written");
    assert_eq!(file("feed.atom").matches("<entry>").count(), 2);
}

/// Both leave as mails whose pictures are parts of their own.
async fn both_leave(small: &Small, settings: &Settings, store: &Store, now: Timestamp) {
    let channel = Channel::open(&settings.deliver).expect("a channel");
    dispatch(store, &channel, "test", now).await.expect("sent");
    for (name, has, lacks) in
        [("-alles-", "Zaanstad", "july"), ("-purmerend-", "27 july - 2 augustus 2026", "RECHTSPRAAK")]
    {
        let file = small.mails(".eml").into_iter().find(|file| file.to_string_lossy().contains(name)).expect("a mail");
        let bytes = std::fs::read(&file).expect("a mail");
        assert!(bytes.len() < 200_000, "{name} {} bytes", bytes.len());
        let mail = MessageParser::default().parse(&bytes).expect("a mail");
        let (text, html) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("html"));
        assert!(text.contains(has) && !text.contains(lacks), "{name}\n{text}");
        let pictures: Vec<_> = mail.attachments().collect();
        assert!(!pictures.is_empty(), "{name} shows a chart");
        for picture in pictures {
            let id = picture.content_id().expect("a Content-ID");
            assert!(html.contains(&format!("src=\"cid:{id}\"")) && picture.contents().starts_with(b"\x89PNG"), "{id}");
        }
        let alone = std::fs::read_to_string(file.with_extension("html")).expect("a file");
        assert!(alone.contains("data:image/png;base64,") && !alone.contains("cid:"));
    }
}

/// Three stories of the first finding turn out to be none: one is taken back, one is about something else, and one is a
/// telling of another.
async fn spoil(store: &Store, settings: &Settings, told: &Digest, now: Timestamp) -> [i64; 3] {
    let finding = told.up.first().expect("a finding");
    let main = finding.main().expect("a line");
    let alone = finding.stories.iter().filter(|story| story.copies == 0 && main.stories.contains(&story.story));
    let alone: Vec<i64> = alone.map(|story| story.story).collect();
    let three: [i64; 3] = alone.get(..3).and_then(|three| three.try_into().ok()).expect("three stories told once");
    let [withdrawn, relabelled, merged] = &three;
    let into = main.stories.iter().find(|id| !alone.contains(id)).expect("a story told more often");
    let database =
        sqlx::SqlitePool::connect(&format!("sqlite:{}", settings.database.display())).await.expect("a database");
    for (sql, id) in [
        ("update item set withdrawn = 1 where story = $1", withdrawn),
        ("update item set story = $2 where story = $1", merged),
    ] {
        sqlx::query(sql).bind(id).bind(into).execute(&database).await.expect("changed");
    }
    database.close().await;
    let act = Correction {
        id: 0,
        item: Some(*relabelled),
        source: "bron".into(),
        key: "sleutel".into(),
        who: "an".into(),
        at: later(now, 28),
        model: settings.knowledge.classifier.version().into(),
        title: "titel".into(),
        text: String::new(),
        said: Said { yes: Vec::new(), no: vec![finding.fenomeen.clone()], open: Vec::new() },
    };
    assert!(store.correct(&act, settings.knowledge.classifier.version()).await.expect("kept"));
    three
}

/// The command shows the week as it was told, and with `--now` as it is known now.
fn preview(small: &Small, week: Week, seen: u32) {
    let config = small.config();
    let ask = |more: &[&str]| {
        let (week, config) = (week.to_string(), config.to_string_lossy().into_owned());
        let mut arguments = vec!["preview", "digest", "--week", &week, "--config", &config];
        arguments.extend(more);
        uitkijk(&arguments, "")
    };
    let (code, out, _) = ask(&[]);
    assert!(code == Some(0) && out.contains(&format!("Gezien {seen} ")), "{out}");
    let (code, now, _) = ask(&["--now"]);
    assert!(code == Some(0) && now != out, "{now}");
    let (code, out, _) = ask(&["--subscription", "Purmerend"]);
    assert!(code == Some(0) && out.contains("27 july"), "{out}");
    let (code, _, err) = ask(&["--subscription", "Hoorn"]);
    assert!(code == Some(2) && err.contains("er is geen abonnement 'Hoorn'"), "{err}");
    let (code, out, _) = ask(&["--html"]);
    assert!(code == Some(0) && out.contains("data:image/png;base64,"));
}

#[test]
fn a_wrong_subscription_and_a_wrong_map_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.toml");
    let faults = |text: &str| {
        std::fs::write(&file, text).expect("written");
        Settings::load(Some(&file)).map(|_| ()).map_err(|faults| faults.to_string())
    };
    let said = faults("[[subscription]]\nname = \"x\"\nto = [\"geen adres\"]\nfenomenen = [\"hennip\"]\ngebieden = [\"GM1\"]\ninstrumenten = [\"y\"]\nday = \"zondagochtend\"\nhour = 24\ndates = \"de\"\n")
        .expect_err("faults");
    for part in [
        "geen mailadres",
        "'hennip' is geen fenomeen",
        "'GM1'",
        "'y' is geen instrument",
        "weekdag",
        "tussen 0 en 23",
        "'de' kan niet",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let said = faults("[[subscription]]\nname = \"x\"\nto = []\nfenomeen = [\"hennepteelt\"]\n").expect_err("faults");
    assert!(said.contains("config.toml:4") && said.contains("bedoelt u 'fenomenen'?"), "{said}");
    let twice =
        "[[subscription]]\nname = \"x y\"\nto = [\"a@b.nl\"]\n[[subscription]]\nname = \"X-Y\"\nto = [\"c@b.nl\"]\n";
    assert!(faults(twice).expect_err("faults").contains("komt twee keer voor"));
    assert!(faults("[[subscription]]\nname = \"x\"\nto = [\"a@b.nl\"]\ngebieden = [\"GM0479\"]\n").is_ok());

    std::fs::write(folder.path().join("grens.json"), r#"{"features":[{"properties":{"code":"GM0479"},"geometry":{"type":"MultiPolygon","coordinates":[[[[4.7,52.4],[4.8,52.4],[4.8,52.5],[4.7,52.4]]]]}}]}"#).expect("written");
    std::fs::write(&file, "[region]\nboundaries = \"grens.json\"\n").expect("written");
    let settings = Settings::load(Some(&file)).expect("settings");
    assert_eq!(settings.region.shapes.len(), 1);
    assert_eq!(settings.region.centres.len(), settings.region.gemeenten.len(), "each gemeente has a place on the map");
    assert!(faults("[region]\nboundaries = \"weg.json\"\n").expect_err("faults").contains("kan niet worden gelezen"));
}

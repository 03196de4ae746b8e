//! Attenderingen from rule to mail: every axis, the pace, the stop, the trial and the answer to "why", over a real store.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use uitkijk::{
    clock,
    deliver::Channel,
    domain::{
        judgment::Judgment,
        message::{Message, Product},
        record::{Body, Record},
    },
    normalise::normalise,
    pipeline::{
        alerts::{alerts, release},
        dispatch::dispatch,
        judge::judge,
    },
    settings::Settings,
    store::{Store, items::Batch, waiting::Met},
};

use crate::{
    daemon::{signal, until},
    support::{files_below, uitkijk},
};

const SOURCE: &str = "title = 'NAAM'\nowner = 'x'\nlicence = 'x'\npersonal-data = 'x'\nchecked = 'unchecked'\nevery = '30m'\nenabled = false\n";
const FEED: &str = "[adapter]\nkind = 'feed'\nurl = 'https://voorbeeld.nl/NAAM'\n";
const COURT: &str =
    "[adapter]\nkind = 'judgments'\nendpoint = 'https://data.rechtspraak.nl/uitspraken'\nstart = '2026-01-01'\n";

const PLACES: [&str; 6] = ["Schagen", "Purmerend", "Hoorn", "Alkmaar", "Zaandam", "Enkhuizen"];
const BUILDINGS: [&str; 8] = ["schuur", "loods", "woning", "kas", "bedrijfspand", "kelder", "stal", "zolder"];

/// A folder with three sources, one of them muted, and a store.
struct Desk {
    folder: TempDir,
    store: Store,
}

impl Desk {
    async fn new(rules: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let desk = |name: &str, text: &str| write(folder.path(), name, text);
        desk(
            "config.toml",
            "[paths]\nsources = \"sources\"\nconfig = \"eigen\"\n[mail]\nalerts-to = [\"An <an@voorbeeld.nl>\"]\nunsubscribe-url = \"https://uitkijk.voorbeeld.nl/stop/{token}\"\n",
        );
        for (name, more, adapter) in [("bode", "", FEED), ("krant", "", FEED), ("stil", "muted = true\n", FEED)] {
            desk(&format!("sources/{name}.toml"), &format!("{SOURCE}{more}{adapter}").replace("NAAM", name));
        }
        desk("sources/recht.toml", &format!("{SOURCE}{COURT}").replace("NAAM", "Rechtspraak"));
        std::fs::create_dir_all(folder.path().join("eigen/attenderingen")).expect("a folder");
        for (name, text) in rules {
            desk(&format!("eigen/attenderingen/{name}.toml"), text);
        }
        let store = Store::open(&folder.path().join("uitkijk.db")).await.expect("a store");
        Self { folder, store }
    }

    fn settings(&self) -> Settings {
        Settings::load(Some(&self.folder.path().join("config.toml"))).expect("settings without faults")
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let config = self.folder.path().join("config.toml").display().to_string();
        uitkijk(&[&["--config", &config], arguments].concat(), "")
    }

    /// Reads one record as a walk would, and keeps it. Gives back its number.
    async fn keep(&self, source: &str, record: Record, now: Timestamp) -> i64 {
        let settings = self.settings();
        let entry = settings.source(source).expect("a source");
        let key = record.key.clone();
        let item = normalise(record, &entry.source, now).expect("an item");
        let judged = vec![judge(&settings.knowledge, item, None)];
        let batch = Batch { ledger: entry.source.id.clone(), judged, ..Batch::default() };
        self.store.keep(&entry.source.id, &batch, now).await.expect("kept");
        self.store.named(&key).await.expect("asked").expect("held").id
    }

    async fn news(&self, source: &str, key: &str, title: &str, text: &str, now: Timestamp) -> i64 {
        let record = Record {
            key: key.into(),
            title: title.into(),
            link: Some(format!("https://voorbeeld.nl/{key}")),
            published: Some(now),
            body: Body::Plain(text.into()),
            ..Record::default()
        };
        self.keep(source, record, now).await
    }

    /// A story about cannabis that no other resembles.
    async fn hennep(&self, number: usize, now: Timestamp) -> i64 {
        let place = PLACES.iter().cycle().nth(number).expect("a place");
        let what = BUILDINGS.iter().cycle().nth(number).expect("a building");
        let title = format!("Hennepkwekerij met {} planten in {what} in {place}", 100 + 37 * number);
        let text = format!(
            "De politie ontmantelde in {place} een hennepkwekerij in een {what}. Er stonden {} hennepplanten. De stroom werd buiten de meter om afgetapt. Zaak {number}{number}.",
            100 + 37 * number
        );
        self.news("bode", &format!("hennep-{number}"), &title, &text, now).await
    }

    /// Sends what is queued and gives back all mails of alerts that ever left, as text.
    async fn mails(&self, now: Timestamp) -> Vec<String> {
        let channel = Channel::open(&self.settings().deliver).expect("a channel");
        dispatch(&self.store, &channel, "test", now).await.expect("sent");
        let folder = self.folder.path().join("mail");
        if !folder.exists() {
            return Vec::new();
        }
        let files = files_below(&folder).into_iter().filter(|file| file.extension().is_some_and(|end| end == "eml"));
        files.map(|file| std::fs::read_to_string(file).expect("a mail")).collect()
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(file, text).expect("written");
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn parsed(mail: &str) -> (String, String, String) {
    let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).expect("a mail");
    let text = parsed.body_text(0).expect("text").into_owned();
    let html = parsed.body_html(0).expect("html").into_owned();
    (parsed.subject().unwrap_or_default().to_owned(), text, html)
}

const HENNEP: &str = "title = \"Hennep\"\nfenomenen = [\"hennepteelt\"]\nat-least = 0.6\n";

const ECLI: &str = "ECLI:NL:RBNHO:2026:9001";

/// A rule per axis, and an item for each of most.
async fn axes(now: Timestamp) -> Desk {
    let desk = Desk::new(&[
        ("hennep", HENNEP),
        ("elders", "title = \"Elders\"\nfenomenen = [\"hennepteelt\"]\nat-least = 0.6\ngebieden = [\"GM0363\"]\n"),
        ("woord", "title = \"Woord\"\nwoorden = [\"nagelstudio*\"]\n"),
        ("zin", "title = \"Zin\"\nzinnen = [\"de noodzaak ontbreekt\"]\ninstanties = [\"Noord-Holland\"]\n"),
        ("code", "title = \"Code\"\ninstanties = [\"rbnho\"]\ninstrumenten = [\"damocles\"]\n"),
        ("bron", "title = \"Bron\"\nbronnen = [\"krant\"]\n"),
        ("uit", "title = \"Uit\"\noff = true\nbronnen = [\"krant\"]\n"),
        ("alles", "title = \"Alles\"\ngebieden = [\"regio\"]\nat-least = 0.6\n"),
    ])
    .await;
    desk.hennep(0, now).await;
    desk.news("krant", "nagel", "Nieuwe nagelstudio's openen", "In de winkelstraat opent een zaak. Er is koffie.", now)
        .await;
    desk.news("stil", "gedempt", "Nagelstudio sluit", "De nagelstudio stopt ermee na jaren.", now).await;
    let text = "De burgemeester sloot de woning op grond van artikel 13b Opiumwet. De rechtbank oordeelt dat de\n noodzaak  ontbreekt.";
    let judgment = Judgment { ecli: ECLI.into(), court: "Rechtbank Noord-Holland".into(), ..Judgment::default() };
    let record = Record {
        key: ECLI.into(),
        title: "Sluiting van een woning".into(),
        link: Some("https://voorbeeld.nl/uitspraak".into()),
        published: Some(now),
        body: Body::Plain(text.into()),
        judgment: Some(judgment),
        ..Record::default()
    };
    desk.keep("recht", record, now).await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_asks_on_every_axis_and_each_condition_must_hold() {
    let now = at("2026-11-26T09:00:00Z");
    let desk = axes(now).await;
    let settings = desk.settings();
    alerts(&desk.store, &settings, now).await.expect("alerts");
    let mails = desk.mails(now).await;
    let said: Vec<(String, String, String)> = mails.iter().map(|mail| parsed(mail)).collect();
    let rules: Vec<&str> = said
        .iter()
        .map(|(_, text, _)| text.split("Regel '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a rule"))
        .collect();
    let mut sorted = rules.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["alles", "bron", "code", "hennep", "woord", "zin"]);
    let of = |rule: &str| &said[rules.iter().position(|own| *own == rule).expect("told")];

    // Numbers and places first, then the evidence, then why.
    let (subject, text, html) = of("hennep");
    assert!(subject.starts_with("Attendering: ") && subject.contains("Schagen (zekerheid "), "{subject}");
    assert!(
        text.contains(
            "Waarom krijg ik dit? Regel 'hennep' (Hennep): fenomeen Georganiseerde hennepteelt, zekerheid vanaf 0,60."
        ),
        "{text}"
    );
    assert!(
        text.contains("De woorden die telden: ") && text.contains("Lees bij de bron: https://voorbeeld.nl/hennep-0")
    );
    assert!(html.contains("Georganiseerde hennepteelt ") && !html.contains("src="), "{html}");
    let (subject, text, _) = of("woord");
    assert_eq!(subject, "Attendering: Woord: Nieuwe nagelstudio's openen");
    assert!(text.contains("woord 'nagelstudio*'") && text.contains("De woorden die telden: nagelstudio*."), "{text}");
    let (_, text, _) = of("zin");
    assert!(text.contains("instantie Noord-Holland én zin 'de noodzaak ontbreekt'"), "{text}");

    let (_, out, _) = desk.run(&["why", ECLI]);
    assert!(out.contains("regel 'code': gemeld op 26 november 2026 10.00 aan 1 ontvanger"), "{out}");
    assert!(out.contains("alleen nieuws staat in de reeksen"), "{out}");

    // Asked again, by whomever and whenever: nothing new.
    assert_eq!(alerts(&desk.store, &settings, now).await.expect("alerts"), 0);
    assert_eq!(desk.mails(now).await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cap_makes_one_collected_mail_and_quiet_hours_hold_all() {
    let desk = Desk::new(&[("hennep", &format!("{HENNEP}stil = \"22-07\"\nmost-per-day = 2\n"))]).await;
    let settings = desk.settings();
    let evening = at("2026-11-26T20:00:00Z");
    for number in 0..5 {
        desk.hennep(number, evening).await;
    }
    assert_eq!(alerts(&desk.store, &settings, evening).await.expect("alerts"), 5);
    let mails = desk.mails(evening).await;
    assert_eq!(mails.len(), 2, "the cap");
    assert!(parsed(&mails[0]).1.contains("Vandaag nog 3 andere; die staan in uw verzamelmail."), "{}", mails[0]);

    // In the night one more comes; nothing leaves, whatever wakes us.
    let night = at("2026-11-26T22:30:00Z");
    desk.hennep(5, night).await;
    assert_eq!(alerts(&desk.store, &settings, night).await.expect("alerts"), 1);
    assert_eq!(desk.mails(at("2026-11-27T05:59:00Z")).await.len(), 2);
    let (_, why, _) = desk.run(&["why", "hennep-5"]);
    assert!(why.contains("wacht op het einde van de stille uren, 27 november 2026 07.00"), "{why}");
    let (_, why, _) = desk.run(&["why", "hennep-4"]);
    assert!(
        why.contains(
            "wacht op de verzamelmail van 27 november 2026 07.00: het hoogste aantal van 2 mails per dag was bereikt"
        ),
        "{why}"
    );

    let morning = at("2026-11-27T06:00:05Z");
    assert!(desk.store.is_due(morning).await.expect("asked"));
    assert_eq!(release(&desk.store, &settings, morning).await.expect("released"), 2);
    assert_eq!(release(&desk.store, &settings, morning).await.expect("released"), 0);
    let mails = desk.mails(morning).await;
    assert_eq!(mails.len(), 4);
    let collected = mails.iter().map(|mail| parsed(mail)).find(|(subject, ..)| subject.contains("3 gebeurtenissen"));
    let (subject, text, html) = collected.expect("a collected mail");
    assert!(subject.starts_with("Attendering: 3 gebeurtenissen · Hennep (Hoorn"), "{subject}");
    assert!(text.contains("Er waren er meer dan u op een dag apart wilt krijgen; dit is de rest."), "{text}");
    assert_eq!(text.matches("https://voorbeeld.nl/hennep-").count(), 3);
    assert!(html.len() < 20_000);
    // The waiting is over, and all six were told once.
    assert!(desk.store.waiting().await.expect("asked").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daily_subscription_gets_one_mail_and_recipients_are_those_of_the_rule() {
    let rule = format!("{HENNEP}interval = \"dag\"\nto = [\"bo@voorbeeld.nl\", \"cas@voorbeeld.nl\"]\n");
    let desk = Desk::new(&[("hennep", &rule)]).await;
    let settings = desk.settings();
    let now = at("2026-11-26T09:00:00Z");
    for number in 0..3 {
        desk.hennep(number, now).await;
        // A crash between two rounds costs nothing: what was noted waits in the store.
        alerts(&desk.store, &settings, now).await.expect("alerts");
    }
    assert!(desk.mails(now).await.is_empty());
    let reopened = Store::open(&desk.folder.path().join("uitkijk.db")).await.expect("a store");
    let morning = at("2026-11-27T06:00:00Z");
    // Two workers at once: each mail is queued by one of them.
    let (one, two) = tokio::join!(release(&desk.store, &settings, morning), release(&reopened, &settings, morning));
    assert_eq!(one.expect("released") + two.expect("released"), 2);
    let mails = desk.mails(morning).await;
    assert_eq!(mails.len(), 2);
    assert!(mails.iter().any(|mail| mail.contains("To: bo@voorbeeld.nl")));
    assert!(parsed(&mails[0]).1.contains("U kreeg liever een mail per dag"));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_stories_that_are_joined_while_they_wait_are_told_once() {
    let desk = Desk::new(&[("hennep", &format!("{HENNEP}interval = \"uur\"\n"))]).await;
    let settings = desk.settings();
    let now = at("2026-11-26T09:10:00Z");
    let (first, second) = (desk.hennep(0, now).await, desk.hennep(1, now).await);
    alerts(&desk.store, &settings, now).await.expect("alerts");
    let pool =
        sqlx::SqlitePool::connect(&desk.folder.path().join("uitkijk.db").display().to_string()).await.expect("open");
    sqlx::query("update item set story = $1 where id = $2")
        .bind(first)
        .bind(second)
        .execute(&pool)
        .await
        .expect("joined");
    let later = at("2026-11-26T10:00:00Z");
    assert_eq!(alerts(&desk.store, &settings, later).await.expect("alerts"), 0);
    let mails = desk.mails(later).await;
    assert_eq!(mails.len(), 1);
    assert!(parsed(&mails[0]).1.contains("(+ 1 overname)"), "{}", mails[0]);
    assert!(desk.store.waiting().await.expect("asked").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_tells_what_waited_once_also_when_it_was_killed_before() {
    let desk = Desk::new(&[("hennep", HENNEP)]).await;
    let now = clock::now();
    let item = desk.hennep(0, now).await;
    let due = now.saturating_add(SignedDuration::from_secs(8)).expect("a time");
    let met = Met {
        rule: "hennep",
        story: item,
        item,
        recipient: "An <an@voorbeeld.nl>",
        due,
        label: Some(("hennepteelt", 0.9)),
        words: &[],
    };
    assert_eq!(desk.store.note(&[met], now).await.expect("noted"), 1);
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_uitkijk"))
            .arg("--config")
            .arg(desk.folder.path().join("config.toml"))
            .arg("run")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts")
    };
    let mut killed = start();
    tokio::time::sleep(Duration::from_secs(4)).await;
    killed.kill().expect("killed");
    killed.wait().expect("gone");
    assert_eq!(desk.store.outbox_counts().await.expect("counts").sent, 0, "not before its time");
    let mut child = start();
    let sent = || async { desk.store.outbox_counts().await.expect("counts").sent };
    assert!(until(Duration::from_secs(60), async || sent().await > 0).await);
    signal(&child, "-TERM");
    assert!(child.wait().expect("gone").success());
    let mails = desk.mails(clock::now()).await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("(zekerheid 0,90)"), "what counted when it met the rule is what is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_withdrawn_or_switched_off_while_it_waits_is_not_sent() {
    let desk = Desk::new(&[("hennep", &format!("{HENNEP}interval = \"uur\"\n"))]).await;
    let settings = desk.settings();
    let now = at("2026-11-26T09:10:00Z");
    desk.hennep(0, now).await;
    desk.hennep(1, now).await;
    alerts(&desk.store, &settings, now).await.expect("alerts");
    let gone = Record { key: "hennep-0".into(), withdrawn: true, revision: "weg".into(), ..Record::default() };
    desk.keep("bode", gone, now).await;
    let later = at("2026-11-26T10:00:00Z");
    assert_eq!(release(&desk.store, &settings, later).await.expect("released"), 1);
    let mails = desk.mails(later).await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("hennep-1") && !mails[0].contains("hennep-0"));
    let (_, why, _) = desk.run(&["why", "hennep-0"]);
    assert!(why.contains("vervallen: ingetrokken bij de bron"), "{why}");

    desk.hennep(2, later).await;
    alerts(&desk.store, &settings, later).await.expect("alerts");
    write(desk.folder.path(), "eigen/attenderingen/hennep.toml", &format!("{HENNEP}off = true\n"));
    let off = desk.settings();
    let next = at("2026-11-26T11:00:00Z");
    assert_eq!(release(&desk.store, &off, next).await.expect("released"), 0);
    let (_, why, _) = desk.run(&["why", "hennep-2"]);
    assert!(why.contains("vervallen: regel uit of ontvanger weg"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_stops_one_rule_for_one_reader() {
    let desk = Desk::new(&[("hennep", HENNEP), ("bron", "title = \"Bron\"\nbronnen = [\"bode\"]\n")]).await;
    let settings = desk.settings();
    let now = clock::now();
    desk.hennep(0, now).await;
    alerts(&desk.store, &settings, now).await.expect("alerts");
    let mails = desk.mails(now).await;
    assert_eq!(mails.len(), 2);
    let mail = mails.iter().find(|mail| mail.contains("attendering-hennep.uitkijk")).expect("the mail of the rule");
    let header = |name: &str| {
        let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).expect("a mail");
        parsed.header_raw(name).map(|raw| raw.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
    };
    assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(header("List-Id"), "Uitkijk <attendering-hennep.uitkijk.example.org>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    let stop = header("List-Unsubscribe");
    let token = stop.split("/stop/").nth(1).and_then(|rest| rest.split('>').next()).expect("a token").to_owned();
    assert_eq!(
        stop,
        format!("<https://uitkijk.voorbeeld.nl/stop/{token}>, <mailto:uitkijk@example.org?subject=afmelden%20{token}>")
    );
    assert_eq!(token.len(), 32);
    assert!(mail.lines().all(|line| line.len() <= 998), "RFC 5322");

    let (code, said, _) = desk.run(&["subscription", "stop", &token]);
    assert_eq!((code, said.trim()), (Some(0), "an@voorbeeld.nl krijgt geen 'attendering-hennep' meer."));
    let (code, _, _) = desk.run(&["subscription", "stop", &token]);
    assert_eq!(code, Some(0), "a second click is no fault");
    desk.hennep(1, now).await;
    alerts(&desk.store, &settings, now).await.expect("alerts");
    let mails = desk.mails(now).await;
    assert_eq!(mails.len(), 3, "only the other rule speaks");
    let (_, why, _) = desk.run(&["why", "hennep-1"]);
    assert!(why.contains("regel 'hennep': voldeed op") && why.contains("vervallen: afgemeld"), "{why}");

    // Started again, only what is new comes.
    let (_, said, _) = desk.run(&["subscription", "start", "AN@voorbeeld.nl", "hennep"]);
    assert!(said.contains("krijgt 'attendering-hennep' weer"), "{said}");
    alerts(&desk.store, &settings, now).await.expect("alerts");
    assert_eq!(desk.mails(now).await.len(), 3);
    let (code, _, error) = desk.run(&["subscription", "stop", "an@voorbeeld.nl", "henep"]);
    assert!(code == Some(2) && error.contains("'henep' is geen regel"), "{error}");
    let (code, _, error) = desk.run(&["subscription", "stop", "onzin"]);
    assert!(code == Some(2) && error.contains("geen kenmerk"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_stops_gets_nothing_more_also_not_what_is_queued() {
    let desk = Desk::new(&[("hennep", HENNEP)]).await;
    let settings = desk.settings();
    let now = clock::now();
    let digest = |key: &str, to: &str| Message {
        product: Product::Digest,
        key: key.into(),
        to: to.into(),
        subject: "Week".into(),
        text: "x".into(),
        html: "x".into(),
        images: Vec::new(),
        composed: now,
    };
    desk.store
        .queue(&[digest("digest-1", "An <AN@voorbeeld.nl>"), digest("digest-1", "bo@voorbeeld.nl")])
        .await
        .expect("queued");
    desk.hennep(0, now).await;
    alerts(&desk.store, &settings, now).await.expect("alerts");
    let (code, said, _) = desk.run(&["subscription", "stop", "an@voorbeeld.nl"]);
    assert_eq!(code, Some(0));
    assert!(said.contains("geen 'digest' meer") && said.contains("geen 'attendering' meer"), "{said}");
    assert_eq!(desk.store.queue(&[digest("digest-2", "an@voorbeeld.nl")]).await.expect("asked"), 0);
    let mails = desk.mails(now).await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("bo@voorbeeld.nl") && mails[0].contains("List-Id: Uitkijk <digest.uitkijk.example.org>"));
    let counts = desk.store.outbox_counts().await.expect("counts");
    assert_eq!((counts.queued, counts.failed), (0, 0), "a stop is no failure");
    let (_, lines, _) = desk.run(&["subscription", "list", "--json"]);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().any(|line| line["address"] == "an@voorbeeld.nl"
        && line["product"] == "digest"
        && line["stopped"].is_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_tried_before_it_counts_and_sends_nothing() {
    let desk = Desk::new(&[("uit", &format!("{HENNEP}off = true\nmost-per-day = 2\n"))]).await;
    let first = at("2026-09-01T08:00:00Z");
    for number in 0..4 {
        desk.hennep(number, first).await;
    }
    // Read long afterwards: it tells how the rule would have done all the same.
    let old = Record {
        key: "oud".into(),
        title: "Hennepkwekerij in Hoorn ontdekt na tip".into(),
        published: Some(at("2026-09-10T08:00:00Z")),
        body: Body::Plain(
            "Agenten ontmantelden een hennepkwekerij met 800 hennepplanten; er was stroom gestolen.".into(),
        ),
        ..Record::default()
    };
    desk.keep("krant", old, at("2026-11-20T08:00:00Z")).await;
    let (code, out, error) = desk.run(&["alert", "test", "uit", "--since", "2026-09-01"]);
    assert_eq!(code, Some(0), "{error}");
    assert!(
        out.contains("5 gebeurtenissen gemeld in 4 mails, aan 1 ontvanger") && out.contains("Er is niets verstuurd."),
        "{out}"
    );
    assert!(out.contains("De regel staat uit") && out.contains("2026-09-02  2 gebeurtenissen, 1 mail"), "{out}");
    assert!(out.contains("  07.00  verzamelmail met 2 gebeurtenissen"), "{out}");
    let (_, out, _) = desk.run(&["alert", "test", "uit", "--since", "2026-09-01", "--json"]);
    let trial: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((trial["stories"].as_u64(), trial["mails"].as_u64()), (Some(5), Some(4)));
    let story = &trial["days"][0]["mails"][0]["stories"][0];
    assert!(story["p"].as_f64().is_some_and(|p| p >= 0.6) && story["fenomeen"] == "hennepteelt", "{story}");

    // A file outside the folder, with the same checks.
    write(desk.folder.path(), "proef.toml", "title = \"Proef\"\nwoorden = [\"stroom\"]\n");
    let file = desk.folder.path().join("proef.toml").display().to_string();
    let (code, out, _) = desk.run(&["alert", "test", &file, "--since", "2026-09-01"]);
    assert!(code == Some(0) && out.contains("Regel 'proef'") && out.contains("[stroom]"), "{out}");
    write(desk.folder.path(), "proef.toml", "title = \"Proef\"\nwoorden = 3\n");
    let (code, _, error) = desk.run(&["alert", "test", &file, "--since", "2026-09-01"]);
    assert_eq!(code, Some(78));
    assert!(error.contains("proef.toml:2  'woorden' verwacht een lijst tussen [ en ]: pas de waarde aan"), "{error}");
    let (code, _, error) = desk.run(&["alert", "test", "bestaat-niet", "--since", "2026-09-01"]);
    assert!(code == Some(2) && error.contains("geen regel en geen bestand"), "{error}");
    let (code, _, error) = desk.run(&["alert", "test", "uit", "--since", "gisteren"]);
    assert!(code == Some(2) && error.contains("is geen dag"), "{error}");
    assert!(desk.mails(clock::now()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn why_names_the_first_condition_that_failed() {
    let desk = Desk::new(&[
        ("hennep", HENNEP),
        ("ver", "title = \"Ver\"\nfenomenen = [\"hennepteelt\"]\nat-least = 0.6\ngebieden = [\"GM0363\"]\n"),
        ("uit", "title = \"Uit\"\noff = true\nbronnen = [\"bode\"]\n"),
        ("recht", "title = \"Recht\"\ninstanties = [\"Raad van State\"]\n"),
    ])
    .await;
    let settings = desk.settings();
    let now = clock::now();
    let first = desk.hennep(0, now).await;
    alerts(&desk.store, &settings, now).await.expect("alerts");
    let number = first.to_string();
    let (code, out, _) = desk.run(&["why", &number]);
    assert_eq!(code, Some(0));
    for expected in [
        "(bode, ",
        ") is gemeld:",
        "regel 'hennep': gemeld op ",
        " aan 1 ontvanger",
        "regel 'ver': ander gebied; dit bericht: Schagen",
        "regel 'uit': de regel staat uit (off = true)",
        "regel 'recht': geen uitspraak, en de regel vraagt een instantie",
        "hennepteelt 1,00 (ja, ja vanaf ",
        "telden mee: ",
        "geen kopie, bron niet gedempt",
        "trends: telt mee in week ",
    ] {
        assert!(out.contains(expected), "{expected} ontbreekt in:\n{out}");
    }

    // The same words elsewhere are a copy; a quiet text is too low; a muted source is said to be that.
    let held = desk.store.full_item(first).await.expect("asked").expect("held");
    desk.news("krant", "kopie", &held.title, &held.text, now).await;
    alerts(&desk.store, &settings, now).await.expect("alerts");
    let (_, out, _) = desk.run(&["why", "kopie"]);
    assert!(
        out.contains("regel 'hennep': kopie van 'Hennepkwekerij met 100 planten") && out.contains("gemeld op"),
        "{out}"
    );
    desk.news("krant", "bingo", "Bingo in het buurthuis", "Zondag is er bingo met koffie en taart.", now).await;
    let (_, out, _) = desk.run(&["why", "https://voorbeeld.nl/bingo"]);
    assert!(
        out.contains("is niet gemeld") && out.contains("regel 'hennep': hennepteelt 0,0") && out.contains(" < 0,"),
        "{out}"
    );
    let text =
        "De politie ruimde een hennepkwekerij met 900 hennepplanten op; stroom was afgetapt in de polder bij Wormer.";
    desk.news("stil", "gedempt", "Hennepkwekerij in Wormer opgerold", text, now).await;
    let (_, out, _) = desk.run(&["why", "gedempt"]);
    assert!(
        out.contains("regel 'hennep': bron gedempt") && out.contains("bron gedempt (muted in sources/stil.toml)"),
        "{out}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn why_says_that_an_item_came_too_late() {
    let desk = Desk::new(&[("hennep", HENNEP)]).await;
    let now = clock::now();
    let late = now.saturating_sub(SignedDuration::from_hours(24 * 30)).expect("a time");
    let old = Record {
        key: "oud".into(),
        title: "Hennepkwekerij in Hoorn ontdekt na tip".into(),
        published: Some(late),
        body: Body::Plain(
            "Agenten ontmantelden een hennepkwekerij met 800 hennepplanten; er was stroom gestolen.".into(),
        ),
        ..Record::default()
    };
    desk.keep("krant", old, now).await;
    let (_, out, _) = desk.run(&["why", "oud", "--json"]);
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["outcome"], "niet gemeld");
    assert!(answer["rules"][0]["why"].as_str().is_some_and(|why| why.contains("te oud")), "{answer}");
    assert!(answer["fenomenen"][0]["words_for"].as_array().is_some_and(|words| !words.is_empty()), "{answer}");
    // A trend looks at publication: what was read late counts in its own week.
    assert_eq!(answer["trends"]["counts"], true);
    let (code, _, error) = desk.run(&["why", "999999"]);
    assert!(code == Some(2) && error.contains("er is geen bericht '999999'"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_a_rule_is_one_sentence_with_file_line_and_remedy() {
    let desk = Desk::new(&[]).await;
    let wrong = "title = \"Fout\"\nfenomenen = [\"henepteelt\"]\ngebieden = [\"GM9999\"]\ninstrumenten = [\"biboob\"]\nbranches = [\"zzz\"]\nbronnen = [\"bodde\"]\nwoorden = [\"!a\"]\nzinnen = [\"\"]\nat-least = 1.5\ninterval = \"maand\"\nstil = \"nacht\"\nto = [\"geen adres\"]\n";
    write(desk.folder.path(), "eigen/attenderingen/fout.toml", wrong);
    write(desk.folder.path(), "eigen/attenderingen/leeg.toml", "title = \"Leeg\"\ngebieden = [\"regio\"]\n");
    write(desk.folder.path(), "eigen/attenderingen/sleutel.toml", "title = \"Sleutel\"\nwoord = [\"x\"]\n");
    write(desk.folder.path(), "eigen/attenderingen/zonder.toml", "title = \"Z\"\nfenomenen = [\"hennepteelt\"]\n");
    let (code, _, said) = desk.run(&["check"]);
    assert_eq!(code, Some(78), "{said}");
    for expected in [
        "fout.toml:2  fenomenen: 'henepteelt' bestaat niet; bedoelt u 'hennepteelt'?",
        "fout.toml:3  gebieden: 'GM9999' is geen code van een gemeente",
        "fout.toml:4  instrumenten: 'biboob' bestaat niet; bedoelt u 'bibob'?",
        "fout.toml:5  branches: 'zzz'",
        "fout.toml:6  bronnen: 'bodde' bestaat niet; bedoelt u 'bode'?",
        "fout.toml:7  woorden: ",
        "fout.toml:8  zinnen: er staat een lege tekst in",
        "fout.toml:9  at-least: moet tussen 0 en 1 liggen",
        "fout.toml:10  interval: 'maand' kan niet; kies uit: meteen, uur, dag, week",
        "fout.toml:11  stil: 'nacht' zijn geen stille uren; schrijf begin en einde",
        "fout.toml:12  to: 'geen adres' is geen mailadres",
        "leeg.toml  fenomenen: is leeg en de regel vraagt verder niets",
        "sleutel.toml:2  'woord' bestaat niet; bedoelt u 'woorden'?",
        "zonder.toml  at-least: ontbreekt",
    ] {
        assert!(said.contains(expected), "{expected} ontbreekt in:\n{said}");
    }
    write(
        desk.folder.path(),
        "config.toml",
        "[paths]\nsources = \"sources\"\n[mail]\nunsubscribe-url = \"http://x/\"\n",
    );
    let (code, _, said) = desk.run(&["check"]);
    assert!(
        code == Some(78) && said.contains("mail.unsubscribe-url  'http://x/' moet met https:// beginnen"),
        "{said}"
    );
}

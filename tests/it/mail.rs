//! Mail against a real SMTP server on loopback: sent once, refused, delayed, and the same Message-ID for ever.

use std::{
    io,
    net::TcpListener,
    sync::{Arc, Mutex},
};

use jiff::{SignedDuration, Timestamp};
use mailin_embedded::{Handler, Response, Server, SslConfig, response};
use uitkijk::{
    deliver::{Channel, ChannelSettings, Security, Settings, SmtpSettings},
    domain::message::{Message, Product},
    pipeline::dispatch::{Dispatched, dispatch},
    store::Store,
};

/// Keeps what arrives; refuses recipients whose address begins with a number, for good (5xx) or for now (4xx).
#[derive(Clone, Default)]
struct Inbox {
    current: Vec<u8>,
    mails: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Handler for Inbox {
    fn rcpt(&mut self, to: &str) -> Response {
        if to.starts_with('5') {
            response::NO_MAILBOX
        } else if to.starts_with('4') {
            response::INTERNAL_ERROR
        } else {
            response::OK
        }
    }

    fn data_start(&mut self, _domain: &str, _from: &str, _is8bit: bool, _to: &[String]) -> Response {
        self.current.clear();
        response::OK
    }

    fn data(&mut self, buf: &[u8]) -> io::Result<()> {
        self.current.extend_from_slice(buf);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        self.mails.lock().expect("not poisoned").push(self.current.clone());
        response::OK
    }
}

fn serve() -> (u16, Inbox) {
    let inbox = Inbox::default();
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let mut server = Server::new(inbox.clone());
    server.with_name("proef").with_ssl(SslConfig::None).expect("no encryption").with_tcp_listener(listener);
    std::thread::spawn(move || server.serve().expect("the server serves"));
    (port, inbox)
}

fn channel(port: u16) -> Channel {
    let smtp = SmtpSettings {
        host: "127.0.0.1".into(),
        port,
        security: Security::None,
        user: String::new(),
        password: String::new().into(),
    };
    Channel::open(&Settings {
        from: "Uitkijk <uitkijk@voorbeeld.nl>".into(),
        unsubscribe_url: "https://uitkijk.voorbeeld.nl/afmelden/{token}".into(),
        channel: ChannelSettings::Smtp(smtp),
    })
    .expect("a channel")
}

fn message(key: &str, to: &str) -> Message {
    Message {
        product: Product::Digest,
        key: key.into(),
        to: to.into(),
        subject: "Week 40: meer explosies · één ding".into(),
        text: "Eén ding om te weten.".into(),
        html: "<p>Eén ding om te weten.</p>".into(),
        images: Vec::new(),
        composed: now(),
    }
}

fn now() -> Timestamp {
    "2026-10-05T05:00:00Z".parse().expect("a time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_sent_once_and_reads_well_in_both_parts() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("uitkijk.db")).await.expect("a store");
    let (port, inbox) = serve();
    assert_eq!(store.queue(&[message("digest-2026-W40", "a@voorbeeld.nl")]).await.expect("queued"), 1);
    assert_eq!(store.queue(&[message("digest-2026-W40", "a@voorbeeld.nl")]).await.expect("queued"), 0);
    let sent = dispatch(&store, &channel(port), "w", now()).await.expect("sent");
    assert_eq!(sent, Dispatched { sent: 1, delayed: 0, failed: 0 });
    assert_eq!(dispatch(&store, &channel(port), "w", now()).await.expect("sent"), Dispatched::default());
    let mails = inbox.mails.lock().expect("not poisoned").clone();
    assert_eq!(mails.len(), 1);
    let mail = mail_parser::MessageParser::default().parse(&mails[0]).expect("a mail");
    assert_eq!(mail.subject(), Some("Week 40: meer explosies · één ding"));
    assert_eq!(mail.body_text(0).map(|text| text.trim().to_owned()).as_deref(), Some("Eén ding om te weten."));
    assert!(mail.body_html(0).is_some_and(|html| html.contains("<p>Eén")));
    assert!(mail.message_id().is_some_and(|id| id.starts_with("digest.") && id.ends_with("@voorbeeld.nl")));
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_given_up_and_a_delay_is_tried_again_with_the_same_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("uitkijk.db")).await.expect("a store");
    let (port, inbox) = serve();
    let mails =
        [message("k", "5weg@voorbeeld.nl"), message("k", "4later@voorbeeld.nl"), message("k", "goed@voorbeeld.nl")];
    assert_eq!(store.queue(&mails).await.expect("queued"), 3);
    let done = dispatch(&store, &channel(port), "w", now()).await.expect("sent");
    assert_eq!(done, Dispatched { sent: 1, delayed: 1, failed: 1 }, "one bad recipient holds up nobody");
    let hour = now().saturating_add(SignedDuration::from_hours(1)).expect("a time");
    let done = dispatch(&store, &channel(port), "w", hour).await.expect("sent");
    assert_eq!(done, Dispatched { sent: 0, delayed: 1, failed: 0 }, "the refused one is not tried again");
    assert_eq!(inbox.mails.lock().expect("not poisoned").len(), 1);
    let counts = store.outbox_counts().await.expect("counts");
    assert_eq!((counts.queued, counts.sent, counts.failed), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_down_loses_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("uitkijk.db")).await.expect("a store");
    let nobody = TcpListener::bind(("127.0.0.1", 0)).expect("a port").local_addr().expect("an address").port();
    store.queue(&[message("k", "a@voorbeeld.nl")]).await.expect("queued");
    let done = dispatch(&store, &channel(nobody), "w", now()).await.expect("tried");
    assert_eq!(done, Dispatched { sent: 0, delayed: 1, failed: 0 });
    let (port, inbox) = serve();
    let later = now().saturating_add(SignedDuration::from_mins(5)).expect("a time");
    assert_eq!(dispatch(&store, &channel(port), "w", later).await.expect("sent").sent, 1);
    assert_eq!(inbox.mails.lock().expect("not poisoned").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_mail_is_left_alone_until_its_lease_runs_out_and_keeps_its_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("uitkijk.db")).await.expect("a store");
    store.queue(&[message("k", "a@voorbeeld.nl")]).await.expect("queued");
    let lease = SignedDuration::from_mins(5);
    let first = store.claim("een", now(), lease).await.expect("a claim").expect("a mail");
    assert!(store.claim("twee", now(), lease).await.expect("a claim").is_none(), "another worker holds it");
    let later = now().saturating_add(SignedDuration::from_mins(6)).expect("a time");
    let second = store.claim("twee", later, lease).await.expect("a claim").expect("a mail");
    assert_eq!(first.message_id, second.message_id);
    store.release_all("twee").await.expect("released");
    assert!(
        store.claim("twee", later, lease).await.expect("a claim").is_some(),
        "a worker that comes back starts anew"
    );
}

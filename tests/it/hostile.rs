//! Servers that are slow, broken or hostile, on real sockets. Each ends in a named outcome, within the caps of the door,
//! and the good ones beside them keep their rhythm.

#![expect(clippy::disallowed_methods, reason = "a server of a test ends with the runtime of its test")]

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, rustls};
use uitkijk::{
    domain::exchange::{Request, SecretHeader, Validators},
    fetch::{FetchError, Fetched, Fetcher, Settings, Terms},
};

/// How a server misbehaves after it has read a question.
#[derive(Debug, Clone)]
enum Trick {
    /// One byte now and then, for ever.
    Drip,
    /// Takes the connection and says nothing.
    Silent,
    /// A body without end.
    Endless,
    /// A head without end.
    EndlessHead,
    /// These bytes, and then the connection closes.
    Bytes(Vec<u8>),
}

async fn play(mut stream: TcpStream, trick: Trick) {
    let mut question = [0_u8; 4096];
    if stream.read(&mut question).await.is_err() {
        return;
    }
    let ok = b"HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n\r\n";
    let outcome = match trick {
        Trick::Silent => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Trick::Bytes(bytes) => stream.write_all(&bytes).await,
        Trick::Drip => {
            let mut outcome = stream.write_all(ok).await;
            while outcome.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
                outcome = stream.write_all(b" ").await;
            }
            outcome
        }
        Trick::Endless => {
            let mut outcome = stream.write_all(ok).await;
            while outcome.is_ok() {
                outcome = stream.write_all(&[b'x'; 16_384]).await;
            }
            outcome
        }
        Trick::EndlessHead => {
            let mut outcome = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
            let mut line = 0_u64;
            while outcome.is_ok() {
                line += 1;
                outcome = stream.write_all(format!("x-{line}: {}\r\n", "y".repeat(500)).as_bytes()).await;
            }
            outcome
        }
    };
    // The other side hangs up when it has had enough: that is the point.
    drop(outcome);
    stream.shutdown().await.unwrap_or_default();
}

/// A server that plays one trick on everybody but whoever asks for robots.txt.
async fn server(at: &str, trick: Trick) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(at).await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(play(stream, trick.clone()));
        }
    });
    (address, task)
}

fn settings() -> Settings {
    Settings {
        user_agent: "Uitkijk/proef (+https://voorbeeld.nl)".into(),
        timeout: Duration::from_secs(2),
        first_byte: Duration::from_secs(1),
        max_compressed: 200_000,
        max_bytes: 1_000_000,
        least_speed: 200,
        concurrency: 4,
        proxy: None,
        extra_ca: None,
        secrets: [("sleutel".to_owned(), "geheim-123".to_owned().into())].into(),
    }
}

fn terms() -> Terms {
    Terms { pause: Duration::ZERO, private: true, robots: false, opening: true, reuse: Duration::ZERO }
}

async fn ask(fetcher: &Fetcher, url: &str) -> Result<Fetched, FetchError> {
    fetcher.get(&Request::new(url, ""), &Validators::default(), terms()).await
}

async fn outcome(trick: Trick) -> Result<Fetched, FetchError> {
    let (address, task) = server("127.0.0.1:0", trick).await;
    let fetcher = Fetcher::new(settings()).expect("a door");
    let started = Instant::now();
    let outcome = ask(&fetcher, &format!("http://{address}/rss")).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{outcome:?} after {:?}", started.elapsed());
    task.abort();
    outcome
}

fn answer(head: &str, body: &[u8]) -> Trick {
    let mut bytes = format!("HTTP/1.1 {head}\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body);
    Trick::Bytes(bytes)
}

#[tokio::test]
async fn slow_and_endless_servers_end_within_their_caps() {
    assert!(matches!(outcome(Trick::Drip).await, Err(FetchError::Timeout(_))));
    assert!(matches!(outcome(Trick::Silent).await, Err(FetchError::Timeout(_))));
    assert!(matches!(outcome(Trick::Endless).await, Err(FetchError::TooLarge(200_000))));
    let endless_head = outcome(Trick::EndlessHead).await;
    assert!(matches!(endless_head, Err(FetchError::Network(_))), "{endless_head:?}");
}

#[tokio::test]
async fn a_drip_that_stays_within_the_time_is_too_slow() {
    let (address, task) = server("127.0.0.1:0", Trick::Drip).await;
    let patient = Settings { timeout: Duration::from_secs(60), ..settings() };
    let fetcher = Fetcher::new(patient).expect("a door");
    let outcome = ask(&fetcher, &format!("http://{address}/rss")).await;
    assert!(matches!(outcome, Err(FetchError::TooSlow(_))), "{outcome:?}");
    task.abort();
}

#[tokio::test]
async fn bombs_and_broken_bodies_are_named() {
    let zeros = vec![0_u8; 80_000_000];
    let mut gzip = Vec::new();
    GzipEncoder::new(zeros.as_slice()).read_to_end(&mut gzip).await.expect("packed");
    let mut brotli = Vec::new();
    BrotliEncoder::new(zeros.as_slice()).read_to_end(&mut brotli).await.expect("packed");
    assert!(gzip.len() < 200_000 && brotli.len() < 200_000, "{} and {} bytes", gzip.len(), brotli.len());
    let packed = |name: &str, body: &[u8]| answer(&format!("200 OK\r\ncontent-encoding: {name}"), body);
    assert!(matches!(outcome(packed("gzip", &gzip)).await, Err(FetchError::TooLarge(1_000_000))));
    assert!(matches!(outcome(packed("br", &brotli)).await, Err(FetchError::TooLarge(1_000_000))));
    let half = gzip.get(..5_000).expect("a half");
    assert!(matches!(outcome(packed("gzip", half)).await, Err(FetchError::TooLarge(_) | FetchError::Damaged(_))));
    for broken in [
        answer("200 OK\r\ncontent-length: 500", b"<rss>"),
        answer("200 OK\r\ntransfer-encoding: chunked", b"zz\r\nrss"),
        answer("200 OK\r\ntransfer-encoding: chunked", b"5\r\n<rss>\r\n"),
    ] {
        let outcome = outcome(broken).await;
        assert!(matches!(outcome, Err(FetchError::Damaged(_))), "{outcome:?}");
    }
    assert!(matches!(outcome(answer("200 OK\r\ncontent-length: 900000000", b"")).await, Err(FetchError::TooLarge(_))));
    let noise = outcome(Trick::Bytes(b"<rss>HTTP/0.9 had no head</rss>".to_vec())).await;
    assert!(matches!(noise, Err(FetchError::Network(_))), "{noise:?}");
    let plain = outcome(packed("gzip", b"<rss/>")).await;
    assert!(matches!(plain, Ok(Fetched::Fresh(_))), "a body that is not compressed after all is taken as it is");
}

#[tokio::test]
async fn no_redirect_leads_to_a_closed_network_or_away_from_the_web() {
    let (closed, secret) = server("127.0.0.2:0", answer("200 OK", b"geheim")).await;
    for to in [
        format!("http://{closed}/"),
        "http://169.254.169.254/latest/meta-data/".into(),
        format!("http://localhost:{}/", closed.port()),
        "http://[::1]:80/".into(),
        "http://[::ffff:10.0.0.1]/".into(),
        "http://0x7f.0.0.2/".into(),
        "http://2130706434/".into(),
    ] {
        let outcome = outcome(answer(&format!("302 Found\r\nlocation: {to}"), b"")).await;
        assert!(matches!(outcome, Err(FetchError::Closed(_))), "{to}: {outcome:?}");
    }
    for to in ["file:///etc/passwd", "ftp://voorbeeld.nl/x", "javascript:alert(1)"] {
        let outcome = outcome(answer(&format!("301 Moved\r\nlocation: {to}"), b"")).await;
        assert!(matches!(outcome, Err(FetchError::Redirect(_))), "{to}: {outcome:?}");
    }
    let loops = outcome(answer("302 Found\r\nlocation: /rss", b"")).await;
    assert!(matches!(loops, Err(FetchError::Redirect(_))), "{loops:?}");
    // A source that does not say that it lives on a closed network cannot reach one, by number or by name.
    let fetcher = Fetcher::new(settings()).expect("a door");
    for url in [format!("http://{closed}/"), format!("http://localhost:{}/", closed.port())] {
        let outcome =
            fetcher.get(&Request::new(&url, ""), &Validators::default(), Terms { private: false, ..terms() }).await;
        assert!(matches!(outcome, Err(FetchError::Closed(_))), "{url}: {outcome:?}");
    }
    secret.abort();
}

#[tokio::test]
async fn a_secret_never_travels_with_a_redirect() {
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let listen = |at: &'static str, reply: String, heard: Arc<Mutex<Vec<String>>>| async move {
        let listener = TcpListener::bind(at).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut question = vec![0_u8; 4096];
                let length = stream.read(&mut question).await.unwrap_or(0);
                question.truncate(length);
                heard.lock().expect("not poisoned").push(String::from_utf8_lossy(&question).to_lowercase());
                stream.write_all(reply.as_bytes()).await.unwrap_or_default();
            }
        });
        address
    };
    let thief = listen("127.0.0.1:0", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".into(), heard.clone()).await;
    let asked = listen(
        "127.0.0.1:0",
        format!("HTTP/1.1 302 Found\r\nlocation: http://{thief}/\r\ncontent-length: 0\r\n\r\n"),
        heard.clone(),
    )
    .await;
    let fetcher = Fetcher::new(settings()).expect("a door");
    let secret = SecretHeader { header: "apikey".into(), secret: "sleutel".into() };
    let request = Request::new(format!("http://{asked}/"), "").with_secret(Some(secret));
    // The other port is another host, and closed to us: the walk ends there.
    let outcome = fetcher.get(&request, &Validators::default(), terms()).await;
    assert!(matches!(outcome, Err(FetchError::Closed(_))), "{outcome:?}");
    let heard = heard.lock().expect("not poisoned").clone();
    assert_eq!(heard.iter().filter(|question| question.contains("geheim-123")).count(), 1);
    let unknown = SecretHeader { header: "apikey".into(), secret: "onbekend".into() };
    let request = Request::new(format!("http://{asked}/"), "").with_secret(Some(unknown));
    assert!(matches!(fetcher.get(&request, &Validators::default(), terms()).await, Err(FetchError::Secret(_))));
}

#[tokio::test]
async fn a_block_is_told_from_a_throttle_at_once_and_stops_the_host() {
    let fetcher = Fetcher::new(settings()).expect("a door");
    let (throttle, one) = server("127.0.0.3:0", answer("429 Too Many\r\nretry-after: 3600", b"")).await;
    let url = format!("http://{throttle}/rss");
    assert!(matches!(ask(&fetcher, &url).await, Err(FetchError::Throttled { status: 429, .. })));
    let rest = ask(&fetcher, &format!("http://{throttle}/andere")).await;
    assert!(matches!(rest, Err(FetchError::Resting { .. })), "{rest:?}");
    let (block, two) = server("127.0.0.4:0", answer("403 Forbidden", b"Access denied for your IP address")).await;
    let first = ask(&fetcher, &format!("http://{block}/rss")).await;
    let Err(FetchError::Blocked { why, .. }) = first else { panic!("{first:?}") };
    assert!(why.contains("wegens ons adres"), "{why}");
    let renewed = fetcher.successor(settings()).expect("a door after a reload");
    assert!(matches!(ask(&renewed, &format!("http://{block}/andere")).await, Err(FetchError::Blocked { .. })));
    let (challenge, three) =
        server("127.0.0.5:0", answer("503 Service Unavailable\r\ncf-mitigated: challenge\r\nretry-after: 5", b""))
            .await;
    assert!(matches!(ask(&fetcher, &format!("http://{challenge}/rss")).await, Err(FetchError::Blocked { .. })));
    for task in [one, two, three] {
        task.abort();
    }
}

#[tokio::test]
async fn robots_txt_is_heeded_and_asked_once() {
    let questions = Arc::new(AtomicU64::new(0));
    let listener = TcpListener::bind("127.0.0.6:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let counted = questions.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut question = vec![0_u8; 4096];
            let length = stream.read(&mut question).await.unwrap_or(0);
            question.truncate(length);
            let is_rules = String::from_utf8_lossy(&question).starts_with("GET /robots.txt");
            counted.fetch_add(u64::from(is_rules), Ordering::Relaxed);
            let body = if is_rules { "User-agent: Uitkijk\nDisallow: /prive\n" } else { "<rss/>" };
            let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            stream.write_all(reply.as_bytes()).await.unwrap_or_default();
        }
    });
    let fetcher = Fetcher::new(settings()).expect("a door");
    let terms = Terms { robots: true, ..terms() };
    for (path, allowed) in [("rss", true), ("prive/x", false), ("nieuws", true)] {
        let outcome =
            fetcher.get(&Request::new(format!("http://{address}/{path}"), ""), &Validators::default(), terms).await;
        assert_eq!(outcome.is_ok(), allowed, "{path}: {outcome:?}");
        assert!(allowed || matches!(outcome, Err(FetchError::Robots(_))));
    }
    assert_eq!(questions.load(Ordering::Relaxed), 1);
}

/// A TLS server with a certificate of our own authority, valid in the given years.
async fn secure(authority: &rcgen::CertifiedIssuer<'_, rcgen::KeyPair>, years: (i32, i32)) -> SocketAddr {
    let mut parameters = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    parameters.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = parameters.signed_by(&key, authority).expect("a certificate");
    let private = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a server");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut question = [0_u8; 4096];
            if stream.read(&mut question).await.unwrap_or(0) == 0 {
                continue;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<rss/>").await.unwrap_or_default();
            stream.shutdown().await.unwrap_or_default();
        }
    });
    address
}

#[tokio::test]
async fn tls_must_be_valid_and_a_further_authority_is_trusted_only_when_configured() {
    let mut parameters = rcgen::CertificateParams::default();
    parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let authority = rcgen::CertifiedIssuer::self_signed(parameters, key).expect("an authority");
    let good = secure(&authority, (2020, 2090)).await;
    let expired = secure(&authority, (2010, 2015)).await;
    let stranger = Fetcher::new(settings()).expect("a door");
    let outcome = ask(&stranger, &format!("https://{good}/")).await;
    assert!(outcome.is_err(), "an unknown authority: {outcome:?}");
    let friend = Settings { extra_ca: Some(authority.pem().into_bytes()), ..settings() };
    let friend = Fetcher::new(friend).expect("a door");
    let trusted = ask(&friend, &format!("https://{good}/")).await;
    assert!(matches!(trusted, Ok(Fetched::Fresh(_))), "{trusted:?}");
    let outcome = ask(&friend, &format!("https://{expired}/")).await;
    assert!(matches!(outcome, Err(FetchError::Network(_) | FetchError::Offline(_))), "{outcome:?}");
}

/// A good feed on many addresses of the loopback network, each a host of its own; counts who was asked how often.
async fn good_hosts(asked: Arc<Mutex<std::collections::HashMap<String, u32>>>) -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let asked = asked.clone();
            tokio::spawn(async move {
                let mut question = vec![0_u8; 4096];
                let length = stream.read(&mut question).await.unwrap_or(0);
                question.truncate(length);
                let question = String::from_utf8_lossy(&question).into_owned();
                let host = stream.local_addr().map(|address| address.ip().to_string()).unwrap_or_default();
                let (status, body) = if question.contains("robots.txt") {
                    ("404 Not Found", String::new())
                } else {
                    *asked.lock().expect("not poisoned").entry(host.clone()).or_default() += 1;
                    let item = format!("<item><title>Bericht van {host}</title><guid>{host}</guid></item>");
                    ("200 OK", format!("<rss version='2.0'><channel>{item}</channel></rss>"))
                };
                let reply =
                    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
                stream.write_all(reply.as_bytes()).await.unwrap_or_default();
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_good_sources_keep_their_rhythm_beside_hostile_ones() {
    let asked: Arc<Mutex<std::collections::HashMap<String, u32>>> = Arc::default();
    let port = good_hosts(asked.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("sources")).expect("a folder");
    let write = |name: String, url: String| {
        let text = format!(
            "title = '{name}'\nowner = 'proef'\nlicence = 'vrij'\npersonal-data = 'geen'\nchecked = 'proef'\nevery = '8s'\nprivate = true\n\
             [adapter]\nkind = 'feed'\nurl = '{url}'\n"
        );
        std::fs::write(folder.path().join("sources").join(format!("{name}.toml")), text).expect("written");
    };
    for n in 0..200_u32 {
        write(format!("goed-{n}"), format!("http://127.0.{}.{}:{port}/rss", 10 + n / 100, 1 + n % 100));
    }
    let tricks = [
        Trick::Drip,
        Trick::Silent,
        Trick::Endless,
        Trick::EndlessHead,
        answer("200 OK\r\ncontent-length: 500", b"<rss>"),
        answer("302 Found\r\nlocation: /rss", b""),
        answer("500 Oops", b""),
        answer("200 OK", b"<html>geen feed</html>"),
    ];
    let mut tasks = Vec::new();
    for (n, trick) in tricks.iter().cycle().take(24).enumerate() {
        let (address, task) = server(&format!("127.0.200.{}:0", n + 1), trick.clone()).await;
        write(format!("kwaad-{n}"), format!("http://{address}/rss"));
        tasks.push(task);
    }
    let config = "[paths]\nsources = 'sources'\n[fetch]\npause = '1ms'\ntimeout = '5s'\nfirst-byte = '3s'\nconcurrency = 16\n[log]\nfilter = 'error'\n";
    std::fs::write(folder.path().join("config.toml"), config).expect("written");
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_uitkijk"))
        .arg("--config")
        .arg(folder.path().join("config.toml"))
        .arg("run")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    // The first round is spread over the first minute of a fresh pack; the rhythm is measured after it.
    tokio::time::sleep(Duration::from_secs(62)).await;
    asked.lock().expect("not poisoned").clear();
    tokio::time::sleep(Duration::from_secs(40)).await;
    let counts: Vec<u32> = asked.lock().expect("not poisoned").values().copied().collect();
    daemon.kill().expect("stopped");
    daemon.wait().expect("ended");
    for task in tasks {
        task.abort();
    }
    let least = counts.iter().min().copied().unwrap_or(0);
    let sum: u32 = counts.iter().sum();
    println!("200 goede bronnen naast 24 kwade, elke 8 s: in 40 s {sum} keer gevraagd, minst bediende {least} keer");
    assert_eq!(counts.len(), 200, "every good source was asked");
    // Five rounds fit; jitter and the edges of the window may cost two.
    assert!(least >= 3, "{least}");
}

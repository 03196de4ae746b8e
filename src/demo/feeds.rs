//! A server of many feeds for measuring: every feed has an ETag, and a share of them can be told to change.

use std::{
    hash::Hasher,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use siphasher::sip::SipHasher13;
use tokio::task::JoinSet;

/// Items of one feed.
const ITEMS: u64 = 20;
/// Words of one item, as of a short news item.
const WORDS: u64 = 60;
/// Feeds on one host.
const PER_HOST: u64 = 20;

struct Served {
    words: Vec<String>,
    /// Which hundredth of the feeds has one more item, and how often that was said.
    round: AtomicU64,
}

/// A running server; it ends when this is dropped.
pub struct FeedWorld {
    address: SocketAddr,
    _server: JoinSet<()>,
}

impl FeedWorld {
    /// Starts the server on all addresses of the loopback network.
    ///
    /// # Errors
    /// When no port can be taken.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await?;
        let address = listener.local_addr()?;
        let words = crate::assets::config_folder("fenomenen")
            .iter()
            .flat_map(|(_, text)| text.split_whitespace())
            .filter(|word| word.len() > 2 && word.chars().all(char::is_alphabetic))
            .map(str::to_owned)
            .collect();
        let served = Arc::new(Served { words, round: AtomicU64::new(0) });
        let router = Router::new().route("/feed/{number}", get(feed)).route("/change", get(change)).with_state(served);
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.unwrap_or_default();
        });
        Ok(Self { address, _server: server })
    }

    /// Port of the server.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

/// Address of a feed: twenty feeds share a host.
#[must_use]
pub fn address(number: u64, port: u16) -> String {
    let host = number / PER_HOST;
    format!("http://127.1.{}.{}:{port}/feed/{number}", host / 250, host % 250 + 1)
}

async fn change(State(served): State<Arc<Served>>) -> String {
    format!("{}\n", served.round.fetch_add(1, Ordering::Relaxed) + 1)
}

async fn feed(State(served): State<Arc<Served>>, Path(number): Path<u64>, headers: HeaderMap) -> Response {
    let round = served.round.load(Ordering::Relaxed);
    // In round n the feeds whose number ends in n have one more item; each hundredth has its turn.
    let more = u64::from(round > 0 && number % 100 < round);
    let etag = format!("\"{number}-{more}\"");
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let body = document(&served.words, number, ITEMS + more);
    ([(header::ETAG, etag), (header::CONTENT_TYPE, "application/rss+xml; charset=utf-8".into())], body).into_response()
}

fn document(words: &[String], number: u64, items: u64) -> String {
    let now = crate::clock::now();
    let mut text = format!("<rss version=\"2.0\"><channel><title>Feed {number}</title>");
    for item in (0..items).rev() {
        let pick = |place: u64| {
            let mut hasher = SipHasher13::new_with_keys(number, item);
            hasher.write_u64(place);
            let count = u64::try_from(words.len()).unwrap_or(1).max(1);
            usize::try_from(hasher.finish() % count).ok().and_then(|place| words.get(place)).map_or("", String::as_str)
        };
        let sentence = |from: u64, to: u64| (from..to).map(pick).collect::<Vec<_>>().join(" ");
        let at =
            now.saturating_sub(SignedDuration::from_hours(i64::try_from(items - item).unwrap_or(0))).unwrap_or(now);
        text.push_str(&format!(
            "<item><guid isPermaLink=\"false\">{number}-{item}</guid><title>{}</title><link>https://voorbeeld.nl/{number}/{item}</link>\
             <pubDate>{}</pubDate><description>{}.</description></item>",
            sentence(0, 8),
            stamp(at),
            sentence(8, WORDS)
        ));
    }
    text.push_str("</channel></rss>");
    text
}

fn stamp(at: Timestamp) -> String {
    rfc2822::to_string(&at.to_zoned_datetime(jiff::tz::TimeZone::UTC)).unwrap_or_default()
}

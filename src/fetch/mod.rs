//! The one door to the web: conditional GET with caps on time and size, one request at a time per host, and a total cap.
//! It never retries: when to ask again is for `schedule`, so that a failure is seen once and nobody hammers a server.

mod manners;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::{
    Client,
    header::{
        ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RETRY_AFTER,
    },
};
use thiserror::Error;

use crate::domain::exchange::{Request, Response, Validators};

/// The knobs of the door.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who we are, with an address where an administrator can reach us.
    pub user_agent: String,
    /// Longest time for a whole answer.
    pub timeout: Duration,
    /// Largest body after decompression, in bytes.
    pub max_bytes: usize,
    /// Most requests under way at once, over all hosts.
    pub concurrency: usize,
}

/// What a request gave.
#[derive(Debug)]
pub enum Fetched {
    /// A new answer.
    Fresh(Response),
    /// The server says that nothing changed since the validators that we sent.
    Unchanged,
}

/// Why there is no answer. The schedule decides by these what to do.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The address cannot be asked at all.
    #[error("het adres is geen http- of https-adres")]
    Address,
    /// No answer within the time.
    #[error("geen antwoord binnen {0} seconden")]
    Timeout(u64),
    /// Connection, name or TLS failure.
    #[error("geen verbinding: {0}")]
    Network(String),
    /// The server answered with a status that is not a document.
    #[error("de server antwoordt met status {status}")]
    Status {
        /// HTTP status.
        status: u16,
        /// How long the server asks us to stay away.
        retry_after: Option<SignedDuration>,
    },
    /// The body went over the cap.
    #[error("het antwoord is groter dan {0} bytes")]
    TooLarge(usize),
}

impl FetchError {
    /// True for a document that the server says is not there (404) or not there any more (410).
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Status { status: 404 | 410, .. })
    }

    /// True for a refusal or absence that will not pass by itself: ask daily, not every few minutes.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Status { status: 401 | 403 | 404 | 410 | 451, .. } | Self::Address)
    }
}

/// The door.
pub struct Fetcher {
    client: Client,
    manners: manners::Manners,
    settings: Settings,
}

impl Fetcher {
    /// Opens the door.
    ///
    /// # Errors
    /// When the TLS library or the user agent cannot be used.
    pub fn new(settings: Settings) -> Result<Self, FetchError> {
        let client = Client::builder()
            .user_agent(settings.user_agent.clone())
            .timeout(settings.timeout)
            .connect_timeout(settings.timeout.min(Duration::from_secs(15)))
            .redirect(reqwest::redirect::Policy::limited(5))
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(20))
            .build()
            .map_err(|error| FetchError::Network(chain(&error)))?;
        let manners = manners::Manners::new(settings.concurrency);
        Ok(Self { client, manners, settings })
    }

    /// Asks one question. Waits for its turn first: one request at a time per host, and `pause` between two of them.
    ///
    /// # Errors
    /// See [`FetchError`]; a status other than 2xx and 304 is one.
    pub async fn get(&self, request: &Request, known: &Validators, pause: Duration) -> Result<Fetched, FetchError> {
        let url = url::Url::parse(&request.url).map_err(|_| FetchError::Address)?;
        let host = match (url.scheme(), url.host_str()) {
            ("http" | "https", Some(host)) => format!("{host}:{}", url.port_or_known_default().unwrap_or(0)),
            _ => return Err(FetchError::Address),
        };
        let _turn = self.manners.turn(&host, pause).await;
        let mut ask = self.client.get(url);
        if !request.accept.is_empty() {
            ask = ask.header(ACCEPT, &request.accept);
        }
        if let Some(etag) = &known.etag {
            ask = ask.header(IF_NONE_MATCH, etag);
        }
        if let Some(stamp) = &known.last_modified {
            ask = ask.header(IF_MODIFIED_SINCE, stamp);
        }
        let answer = ask.send().await.map_err(|error| self.failure(&error))?;
        let status = answer.status().as_u16();
        if status == 304 {
            return Ok(Fetched::Unchanged);
        }
        if !answer.status().is_success() {
            return Err(FetchError::Status {
                status,
                retry_after: text(answer.headers(), RETRY_AFTER).as_deref().and_then(retry_after),
            });
        }
        let content_type = text(answer.headers(), CONTENT_TYPE);
        let validators =
            Validators { etag: text(answer.headers(), ETAG), last_modified: text(answer.headers(), LAST_MODIFIED) };
        let body = self.body(answer).await?;
        Ok(Fetched::Fresh(Response { request: request.clone(), status, content_type, body, validators }))
    }

    async fn body(&self, mut answer: reqwest::Response) -> Result<Vec<u8>, FetchError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failure(&error))? {
            if body.len() + chunk.len() > self.settings.max_bytes {
                return Err(FetchError::TooLarge(self.settings.max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn failure(&self, error: &reqwest::Error) -> FetchError {
        if error.is_timeout() {
            FetchError::Timeout(self.settings.timeout.as_secs())
        } else {
            FetchError::Network(chain(error))
        }
    }
}

/// The innermost reason says most; the address is left out, for addresses do not belong in logs.
fn chain(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(|value| value.chars().take(500).collect())
}

/// `Retry-After` in both forms of RFC 9110 section 10.2.3: seconds, or a date.
fn retry_after(value: &str) -> Option<SignedDuration> {
    if let Ok(seconds) = value.trim().parse::<u32>() {
        return Some(SignedDuration::from_secs(i64::from(seconds)));
    }
    let until: Timestamp = rfc2822::DateTimeParser::new().parse_timestamp(value.trim()).ok()?;
    Some(until.duration_since(crate::clock::now()))
}

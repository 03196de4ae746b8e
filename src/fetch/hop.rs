//! One request to one host, and what its answer means: a document, a way elsewhere, a plea for rest, a refusal.

use std::time::Duration;

use jiff::SignedDuration;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout};
use url::Url;

use super::{FetchError, Fetched, Fetcher, Terms, body, chain, freshness, guard, manners::Turn, seconds, text};
use crate::{
    clock,
    domain::exchange::{Request, Response, Validators},
};

/// How long a host rests that asks for it without saying how long.
const REST: SignedDuration = SignedDuration::from_mins(5);
/// Of a refusal no more than this is read, to see what kind it is.
const REFUSAL: usize = 65_536;

/// One request.
pub(super) struct Hop<'a> {
    pub(super) door: &'a Fetcher,
    pub(super) url: &'a Url,
    pub(super) host: &'a str,
    pub(super) private: bool,
    /// The secret of the request may be sent here.
    pub(super) secret: bool,
    pub(super) request: &'a Request,
    pub(super) known: &'a Validators,
}

/// Where a request came out.
pub(super) enum Landing {
    Here(Fetched),
    Elsewhere { to: Url, lasting: bool },
}

impl Hop<'_> {
    pub(super) async fn ask(&self, turn: &mut Turn<'_>, terms: Terms) -> Result<Landing, FetchError> {
        let started = Instant::now();
        let sent = timeout(self.door.settings.first_byte, self.question()?.send()).await;
        let mut answer = match sent {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.unreached(&error)),
            Err(_) => {
                // A host that lets us wait is reachable at least in part, but that is no proof of our own line.
                return Err(FetchError::Timeout(seconds(started)));
            }
        };
        self.door.memory.weather.answered(self.host);
        let status = answer.status().as_u16();
        let now = clock::now();
        match status {
            304 => Ok(Landing::Here(Fetched::Unchanged { fresh_for: freshness::fresh_for(answer.headers(), now) })),
            300..=399 => self.elsewhere(status, answer.headers()),
            200..=299 => {
                turn.welcomed();
                self.document(&mut answer).await.map(|response| Landing::Here(Fetched::Fresh(Box::new(response))))
            }
            _ => Err(self.refusal(status, &mut answer, turn, terms).await),
        }
    }

    fn question(&self) -> Result<reqwest::RequestBuilder, FetchError> {
        let client = if self.private { &self.door.open } else { &self.door.guarded };
        let mut ask = client.get(self.url.clone()).header(ACCEPT_ENCODING, "gzip, br, zstd, deflate");
        if !self.request.accept.is_empty() {
            ask = ask.header(ACCEPT, &self.request.accept);
        }
        if let Some(etag) = &self.known.etag {
            ask = ask.header(IF_NONE_MATCH, etag);
        }
        if let Some(stamp) = &self.known.last_modified {
            ask = ask.header(IF_MODIFIED_SINCE, stamp);
        }
        // A secret goes to the host that it was meant for, never along with a redirect.
        if let (true, Some(header)) = (self.secret, &self.request.secret) {
            let missing = || FetchError::Secret(header.secret.clone());
            let secret = self.door.settings.secrets.get(&header.secret).ok_or_else(missing)?;
            let mut value = reqwest::header::HeaderValue::from_str(secret.expose_secret()).map_err(|_| missing())?;
            value.set_sensitive(true);
            ask = ask.header(&header.header, value);
        }
        Ok(ask)
    }

    async fn document(&self, answer: &mut reqwest::Response) -> Result<Response, FetchError> {
        let settings = &self.door.settings;
        let headers = answer.headers().clone();
        let raw = body::collect(answer, settings, settings.max_compressed).await?;
        let encodings = text(&headers, CONTENT_ENCODING).unwrap_or_default();
        let body = body::decode(raw, &encodings, settings.max_bytes).await?;
        Ok(Response {
            status: answer.status().as_u16(),
            content_type: text(&headers, CONTENT_TYPE),
            validators: Validators { etag: text(&headers, ETAG), last_modified: text(&headers, LAST_MODIFIED) },
            fresh_for: freshness::fresh_for(&headers, clock::now()),
            ..Response::saved(self.request.clone(), body)
        })
    }

    fn elsewhere(&self, status: u16, headers: &HeaderMap) -> Result<Landing, FetchError> {
        let location = text(headers, LOCATION)
            .ok_or_else(|| FetchError::Redirect(format!("status {status} zonder nieuw adres")))?;
        let to = self.url.join(&location).map_err(|_| FetchError::Redirect("het nieuwe adres is geen adres".into()))?;
        if !matches!(to.scheme(), "http" | "https") {
            return Err(FetchError::Redirect(format!("naar een {}-adres", to.scheme())));
        }
        Ok(Landing::Elsewhere { to, lasting: matches!(status, 301 | 308) })
    }

    /// A block is not a throttle: the one passes by waiting, the other only by asking the owner.
    async fn refusal(
        &self,
        status: u16,
        answer: &mut reqwest::Response,
        turn: &mut Turn<'_>,
        terms: Terms,
    ) -> FetchError {
        let headers = answer.headers().clone();
        let asked = freshness::retry_after(&headers, clock::now());
        let challenged = headers.get("cf-mitigated").is_some();
        let has_secret = self.request.secret.is_some();
        if challenged || matches!(status, 403 | 451) && terms.opening && !has_secret {
            let page = body::collect(answer, &self.door.settings, REFUSAL).await.unwrap_or_default();
            let why = describe(status, challenged, &page);
            turn.refused(&why);
            return FetchError::Blocked { host: self.host.to_owned(), why };
        }
        if status == 429 || status == 503 && headers.contains_key(RETRY_AFTER) {
            let wait = asked.unwrap_or(REST);
            turn.rest(Duration::try_from(wait).unwrap_or(Duration::from_secs(300)));
            return FetchError::Throttled { status, wait };
        }
        FetchError::Status { status }
    }

    fn unreached(&self, error: &reqwest::Error) -> FetchError {
        let why = chain(error);
        if why == guard::CLOSED {
            return FetchError::Closed(self.url.host_str().unwrap_or_default().to_owned());
        }
        if error.is_timeout() {
            return FetchError::Timeout(self.door.settings.first_byte.as_secs());
        }
        if error.is_connect() && self.door.memory.weather.failed(self.host) {
            return FetchError::Offline(why);
        }
        FetchError::Network(why)
    }
}

/// How a refusal showed, for the person who will write to the owner.
fn describe(status: u16, challenged: bool, page: &[u8]) -> String {
    let page = String::from_utf8_lossy(page).to_lowercase();
    if challenged || page.contains("captcha") || page.contains("just a moment") {
        return format!("status {status}, met een proef die alleen mensen kunnen doen");
    }
    if page.contains("ip address") || page.contains("ip-adres") || page.contains("access denied") {
        return format!("status {status}, wegens ons adres");
    }
    format!("status {status}")
}

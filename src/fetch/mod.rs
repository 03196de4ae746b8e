//! The one door to the web. It keeps the manners (robots.txt, one request at a time per host, rest when asked), the caps
//! (bytes, time, speed) and the guard (no closed networks, at every hop). It never retries: when to ask again is for
//! `schedule`, so that a failure is seen once and nobody hammers a server.

mod body;
mod error;
mod freshness;
mod guard;
mod hop;
mod manners;
mod recent;
mod robots;
mod weather;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::SignedDuration;
use reqwest::{
    Certificate, Client, Proxy,
    header::{HeaderMap, HeaderName},
    redirect,
};
use secrecy::SecretString;
use tokio::time::Instant;
use url::{Host, Url};

use crate::domain::{
    exchange::{Request, Response, Validators},
    source::Source,
};
pub use error::FetchError;
pub use guard::is_closed;
use hop::Hop;
use robots::Rules;

/// Most redirects of one question.
const MOST_HOPS: usize = 5;
/// Most lines in the head of an answer.
const MOST_HEADERS: usize = 200;
/// Largest head of an answer over HTTP/2, in bytes.
const LARGEST_HEAD: u32 = 65_536;

/// The knobs of the door.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Who we are, with an address where an administrator can reach us.
    pub user_agent: String,
    /// Longest time for a whole answer.
    pub timeout: Duration,
    /// Longest time until an answer starts.
    pub first_byte: Duration,
    /// Largest body on the line, in bytes.
    pub max_compressed: usize,
    /// Largest body after decompression, in bytes.
    pub max_bytes: usize,
    /// Slowest body that is waited for, in bytes per second.
    pub least_speed: u64,
    /// Most requests under way at once, over all hosts.
    pub concurrency: usize,
    /// Address of a proxy, if all must go through one. It then looks names up, so the guard sees literal addresses only.
    pub proxy: Option<String>,
    /// Further certificate authorities, in PEM.
    pub extra_ca: Option<Vec<u8>>,
    /// Secrets that a source may send in a header, by name.
    pub secrets: BTreeMap<String, SecretString>,
}

/// On what terms a source is asked.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Smallest pause between two requests to its host.
    pub pause: Duration,
    /// Its host may be on a closed network.
    pub private: bool,
    /// robots.txt is heeded; off only for documented services that invite programs.
    pub robots: bool,
    /// This is the question that opens a poll: a refusal of it is a refusal of us, not of one document.
    pub opening: bool,
    /// An answer to another source that asked the same within this time serves as well.
    pub reuse: Duration,
}

impl Terms {
    /// The terms that a source states, for the question that opens a poll or for a later one.
    #[must_use]
    pub fn of(source: &Source, opening: bool) -> Self {
        Self {
            pause: Duration::try_from(source.pause).unwrap_or_default(),
            private: source.private,
            robots: source.robots,
            opening,
            reuse: Duration::try_from(source.reuse).unwrap_or_default(),
        }
    }
}

/// What a request gave.
#[derive(Debug)]
pub enum Fetched {
    /// A new answer.
    Fresh(Box<Response>),
    /// The server says that nothing changed since the validators that we sent.
    Unchanged {
        /// How long it says that this stays so.
        fresh_for: Option<SignedDuration>,
    },
}

/// The door.
pub struct Fetcher {
    guarded: Client,
    open: Client,
    settings: Settings,
    /// The word for us in robots.txt.
    product: String,
    memory: Arc<Memory>,
}

/// What the door remembers of hosts; it outlives a change of settings.
struct Memory {
    manners: manners::Manners,
    library: robots::Library,
    weather: weather::Weather,
    recent: recent::Recent,
}

impl Fetcher {
    /// Opens the door.
    ///
    /// # Errors
    /// When the TLS library, the proxy, a certificate or the user agent cannot be used.
    pub fn new(settings: Settings) -> Result<Self, FetchError> {
        let memory = Memory {
            manners: manners::Manners::new(settings.concurrency),
            library: robots::Library::default(),
            weather: weather::Weather::default(),
            recent: recent::Recent::default(),
        };
        Self::with(settings, Arc::new(memory))
    }

    /// A door with other settings that remembers what this one learned: whom to leave alone above all.
    ///
    /// # Errors
    /// As [`Fetcher::new`].
    pub fn successor(&self, settings: Settings) -> Result<Self, FetchError> {
        Self::with(settings, self.memory.clone())
    }

    fn with(settings: Settings, memory: Arc<Memory>) -> Result<Self, FetchError> {
        let product = settings.user_agent.split(['/', ' ']).next().unwrap_or("Uitkijk").to_owned();
        Ok(Self { guarded: client(&settings, false)?, open: client(&settings, true)?, settings, product, memory })
    }

    /// Asks one question and follows where it leads. Waits for its turn at each host first.
    ///
    /// # Errors
    /// See [`FetchError`]; a status other than 2xx and 304 is one.
    pub async fn get(&self, request: &Request, known: &Validators, terms: Terms) -> Result<Fetched, FetchError> {
        if let Some(answer) = self.memory.recent.answer(request, known, terms.reuse) {
            return Ok(answer);
        }
        let first = Url::parse(&request.url).map_err(|_| FetchError::Address)?;
        let (mut url, mut moved, mut permanent) = (first.clone(), None, true);
        for _ in 0..=MOST_HOPS {
            let same_host = url.host() == first.host() && url.port_or_known_default() == first.port_or_known_default();
            let private = terms.private && same_host;
            let host = self.entrance(&url, private)?;
            let rules = self.rules(&url, &host, private, terms).await?;
            if !rules.allow(url.as_str()) {
                return Err(FetchError::Robots(host));
            }
            let hop = Hop { door: self, url: &url, host: &host, private, secret: same_host, request, known };
            let mut turn = self.memory.manners.turn(&host, terms.pause).await?;
            turn.pause(rules.delay());
            match hop.ask(&mut turn, terms).await? {
                hop::Landing::Elsewhere { to, lasting } => {
                    drop(turn);
                    permanent &= lasting;
                    if permanent {
                        moved = Some(to.to_string());
                    }
                    url = to;
                }
                hop::Landing::Here(Fetched::Fresh(response)) => {
                    let response = Box::new(Response { moved, address: url.to_string(), ..*response });
                    self.memory.recent.keep(&response, terms.reuse);
                    return Ok(Fetched::Fresh(response));
                }
                hop::Landing::Here(unchanged) => return Ok(unchanged),
            }
        }
        Err(FetchError::Redirect(format!("meer dan {MOST_HOPS} keer doorgestuurd")))
    }

    /// The host's name in our books, once the address may be asked at all.
    fn entrance(&self, url: &Url, private: bool) -> Result<String, FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Address);
        }
        let literal = match url.host() {
            None => return Err(FetchError::Address),
            Some(Host::Domain(_)) => None,
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
        };
        if literal.is_some_and(is_closed) && !private {
            return Err(FetchError::Closed(url.host_str().unwrap_or_default().to_owned()));
        }
        Ok(format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or(0)))
    }

    /// The rules of a host, asked once a day. Absent rules (4xx) mean welcome; an error of the server means not now
    /// (RFC 9309 section 2.3.1).
    async fn rules(&self, url: &Url, host: &str, private: bool, terms: Terms) -> Result<Arc<Rules>, FetchError> {
        if !terms.robots {
            return Ok(Arc::new(Rules::Open));
        }
        let origin = url.origin().ascii_serialization();
        if let Some(rules) = self.memory.library.known(&origin) {
            return Ok(rules);
        }
        let mut at = url.join("/robots.txt").map_err(|_| FetchError::Address)?;
        for _ in 0..=MOST_HOPS {
            let same_host = at.host() == url.host();
            self.entrance(&at, private && same_host)?;
            let request = Request::new(at.to_string(), "text/plain");
            let nothing = Validators::default();
            let private = private && same_host;
            let hop = Hop { door: self, url: &at, host, private, secret: false, request: &request, known: &nothing };
            let mut turn = self.memory.manners.turn(host, terms.pause).await?;
            let rules = match hop.ask(&mut turn, Terms { opening: false, ..terms }).await {
                Ok(hop::Landing::Elsewhere { to, .. }) => {
                    at = to;
                    continue;
                }
                Ok(hop::Landing::Here(Fetched::Fresh(response))) => Rules::read(&self.product, &response.body),
                Ok(hop::Landing::Here(Fetched::Unchanged { .. })) => Rules::Open,
                Err(FetchError::Status { status: 400..=499 } | FetchError::TooLarge(_)) => Rules::Open,
                Err(error) => return Err(error),
            };
            return Ok(self.memory.library.keep(&origin, rules));
        }
        Ok(self.memory.library.keep(&origin, Rules::Open))
    }
}

fn client(settings: &Settings, open: bool) -> Result<Client, FetchError> {
    let unusable = |what: &str, error: &dyn std::error::Error| FetchError::Network(format!("{what}: {}", chain(error)));
    let mut exempt = None;
    let mut builder = Client::builder()
        .user_agent(settings.user_agent.clone())
        .connect_timeout(settings.first_byte)
        .redirect(redirect::Policy::none())
        .referer(false)
        .http1_max_headers(MOST_HEADERS)
        .http2_max_header_list_size(LARGEST_HEAD)
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(Duration::from_secs(20));
    if let Some(address) = &settings.proxy {
        exempt = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
        builder = builder.proxy(Proxy::all(address).map_err(|error| unusable("fetch.proxy", &error))?);
    } else {
        builder = builder.no_proxy();
    }
    if let Some(pem) = &settings.extra_ca {
        let certificates = Certificate::from_pem_bundle(pem).map_err(|error| unusable("fetch.extra-ca", &error))?;
        builder = builder.tls_certs_merge(certificates);
    }
    builder
        .dns_resolver(guard::Guard { exempt, open }.shared())
        .build()
        .map_err(|error| unusable("de deur naar het web", &error))
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
    headers.get(name).and_then(|value| value.to_str().ok()).map(|value| value.chars().take(2_000).collect())
}

#[cfg(test)]
mod tests;

/// Time since a moment, rounded to whole seconds, at least one.
fn seconds(since: Instant) -> u64 {
    since.elapsed().as_secs().max(1)
}

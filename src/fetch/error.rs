//! Why there is no answer, in words for the people who must do something about it.

use jiff::SignedDuration;
use thiserror::Error;

/// Why there is no answer. The schedule decides by these what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FetchError {
    /// The address cannot be asked at all.
    #[error("het adres is geen http- of https-adres")]
    Address,
    /// The address, or a redirect, leads to a network that is not the open web.
    #[error("'{0}' ligt op een eigen of gesloten netwerk; zet private = true bij de bron als dat zo hoort")]
    Closed(String),
    /// The host does not want programs at this address.
    #[error("robots.txt van {0} staat dit adres niet toe; vraag de eigenaar om toegang")]
    Robots(String),
    /// The first byte, or the whole answer, did not come in time.
    #[error("geen antwoord binnen {0} seconden")]
    Timeout(u64),
    /// The answer dripped.
    #[error("het antwoord komt te langzaam: {0} bytes per seconde")]
    TooSlow(u64),
    /// Connection, name or TLS failure.
    #[error("geen verbinding: {0}")]
    Network(String),
    /// No connection, and nothing yet shows that our own line works: this counts against no source.
    #[error("geen verbinding ({0}); dat kan aan onze eigen lijn liggen")]
    Offline(String),
    /// The server answered with a status that is not a document.
    #[error("de server antwoordt met status {status}")]
    Status {
        /// HTTP status.
        status: u16,
    },
    /// The server asks us to slow down (429, or 503 with `Retry-After`). The whole host is left alone.
    #[error("de server vraagt om rust (status {status}); weer gevraagd over {}", words(*wait))]
    Throttled {
        /// HTTP status.
        status: u16,
        /// How long the host is left alone.
        wait: SignedDuration,
    },
    /// The host refuses us. It is left alone for a day; only its owner can change this.
    #[error("{host} weigert ons ({why})")]
    Blocked {
        /// The host.
        host: String,
        /// How it showed.
        why: String,
    },
    /// The host is resting because of another source; it was not asked.
    #[error("{host} rust nog {}", words(*wait))]
    Resting {
        /// The host.
        host: String,
        /// How long still.
        wait: SignedDuration,
    },
    /// Too many redirects, or one that leads nowhere.
    #[error("de doorverwijzing klopt niet: {0}")]
    Redirect(String),
    /// The body went over the cap, before or after decompression.
    #[error("het antwoord is groter dan {0} bytes")]
    TooLarge(usize),
    /// The body is not what its headers say.
    #[error("het antwoord is beschadigd: {0}")]
    Damaged(String),
    /// A secret of the configuration is missing.
    #[error("geheim '{0}' ontbreekt: vul het in onder [secrets]")]
    Secret(String),
}

impl FetchError {
    /// True for a document that the server says is not there (404) or not there any more (410).
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Status { status: 404 | 410 })
    }

    /// How long to leave the source alone when a failure will not pass by itself: a refusal or absence a day, what is
    /// gone for good (410) a month, for dead feeds do come back.
    #[must_use]
    pub fn rest(&self) -> Option<SignedDuration> {
        match self {
            Self::Status { status: 410 } => Some(SignedDuration::from_hours(24 * 30)),
            Self::Status { status: 401 | 402 | 403 | 404 | 451 }
            | Self::Address
            | Self::Closed(_)
            | Self::Robots(_)
            | Self::Blocked { .. }
            | Self::Secret(_) => Some(SignedDuration::from_hours(24)),
            _ => None,
        }
    }

    /// False for what is no fault of the source.
    #[must_use]
    pub fn counts(&self) -> bool {
        !matches!(self, Self::Offline(_) | Self::Resting { .. })
    }
}

fn words(wait: SignedDuration) -> String {
    let minutes = wait.as_mins();
    match minutes {
        0 => format!("{} seconden", wait.as_secs().max(1)),
        1..=119 => format!("{minutes} minuten"),
        120..=2879 => format!("{} uur", minutes / 60),
        _ => format!("{} dagen", minutes / 1440),
    }
}

//! What is asked of a server and what it answers, without any HTTP library in sight.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// One question to a server. It is stored while a walk over several pages is under way, so it holds all that is needed
/// to go on after a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Absolute address, http or https.
    pub url: String,
    /// Value of the `Accept` header.
    pub accept: String,
    /// What the adapter wants to remember about this question; no other room reads it.
    #[serde(default)]
    pub note: String,
    /// A header whose value is a secret of the configuration: only its name travels and is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretHeader>,
}

/// A header that carries a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretHeader {
    /// Name of the header, e.g. `apikey`.
    pub header: String,
    /// Name of the secret in `[secrets]` of the configuration.
    pub secret: String,
}

impl Request {
    /// A question for `url` that accepts `accept` and carries no note.
    #[must_use]
    pub fn new(url: impl Into<String>, accept: &str) -> Self {
        Self { url: url.into(), accept: accept.to_owned(), note: String::new(), secret: None }
    }

    /// The same question with a note for the adapter.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// The same question with a secret in a header.
    #[must_use]
    pub fn with_secret(mut self, secret: Option<SecretHeader>) -> Self {
        self.secret = secret;
        self
    }
}

/// What a server gave, in full. The body is bytes as sent, after decompression.
#[derive(Debug, Clone)]
pub struct Response {
    /// The question that this answers.
    pub request: Request,
    /// HTTP status; 200 for a saved file.
    pub status: u16,
    /// The `Content-Type` header, as sent.
    pub content_type: Option<String>,
    /// The body, decompressed, at most the cap of the fetcher.
    pub body: Vec<u8>,
    /// What to send next time to hear "unchanged".
    pub validators: Validators,
    /// Where the document stood in the end, after redirects.
    pub address: String,
    /// Where it has moved for good, when the server said so (301 or 308 all the way).
    pub moved: Option<String>,
    /// How long the server says that this stays fresh.
    pub fresh_for: Option<SignedDuration>,
}

impl Response {
    /// A response as it would be had `body` been served with status 200: what tests and `read` start from.
    #[must_use]
    pub fn saved(request: Request, body: Vec<u8>) -> Self {
        Self {
            address: request.url.clone(),
            request,
            status: 200,
            content_type: None,
            body,
            validators: Validators::default(),
            moved: None,
            fresh_for: None,
        }
    }
}

/// The two HTTP validators of RFC 9110 section 8.8, verbatim.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// `ETag`, with its quotes and weakness mark.
    pub etag: Option<String>,
    /// `Last-Modified`, as sent.
    pub last_modified: Option<String>,
}

/// Where the last complete poll of a source ended, in the adapter's own words. Empty means: never polled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub String);

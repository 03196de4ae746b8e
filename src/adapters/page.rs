//! Reads web pages without a feed.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Adapter, Page, ReadError};
use crate::domain::exchange::{Cursor, Request, Response};

/// The `[adapter]` table of such a source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// Address of the service.
    pub url: String,
}

impl Spec {
    /// What is wrong with it, each a sentence with its remedy.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Reads such a source.
pub struct Pages {
    spec: Spec,
}

impl Pages {
    /// The adapter for one source.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self { spec }
    }
}

impl Adapter for Pages {
    fn open(&self, _since: &Cursor, _now: Timestamp) -> Request {
        Request::new(self.spec.url.clone(), "")
    }

    fn read(&self, response: &Response) -> Result<Page, ReadError> {
        read_saved(&response.body)
    }
}

/// Reads a saved document.
///
/// # Errors
/// When it is another kind of document.
pub fn read_saved(_body: &[u8]) -> Result<Page, ReadError> {
    Err(ReadError::Broken(String::new()))
}

/// Title and main text of an article.
#[must_use]
pub fn article(_html: &str, _url: &str) -> Option<(String, String)> {
    None
}

//! Reads KOOP's SRU.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Adapter, Page, ReadError};
use crate::domain::exchange::{Cursor, Request, Response};

/// The `[adapter]` table of such a source.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Spec {
    /// Address of the service.
    pub endpoint: String,
}

impl Spec {
    /// What is wrong with it, each a sentence with its remedy.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Reads such a source.
pub struct Sru {
    spec: Spec,
}

impl Sru {
    /// The adapter for one source.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        Self { spec }
    }
}

impl Adapter for Sru {
    fn open(&self, _since: &Cursor, _now: Timestamp) -> Request {
        Request::new(self.spec.endpoint.clone(), "")
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

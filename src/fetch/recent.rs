//! Answers to questions that several sources share, so that one address is fetched once for all of them.

use std::{collections::VecDeque, sync::Mutex, time::Duration};

use tokio::time::Instant;

use super::Fetched;
use crate::domain::exchange::{Request, Response, Validators};

/// Answers and bytes that are kept at most.
const MOST: usize = 32;
const MOST_BYTES: usize = 16_000_000;

/// The latest answers, oldest first.
#[derive(Default)]
pub(super) struct Recent(Mutex<VecDeque<(Instant, Response)>>);

impl Recent {
    /// The answer that another source got to the same question, no older than `within`.
    pub(super) fn answer(&self, request: &Request, known: &Validators, within: Duration) -> Option<Fetched> {
        if within.is_zero() {
            return None;
        }
        let answers = self.0.lock().ok()?;
        let (_, response) = answers.iter().rev().find(|(at, response)| {
            at.elapsed() < within
                && response.request.url == request.url
                && response.request.accept == request.accept
                && response.request.secret == request.secret
        })?;
        let same = |ours: &Option<String>, theirs: &Option<String>| ours.is_some() && ours == theirs;
        let unchanged = same(&known.etag, &response.validators.etag)
            || same(&known.last_modified, &response.validators.last_modified) && known.etag.is_none();
        Some(if unchanged {
            Fetched::Unchanged { fresh_for: response.fresh_for }
        } else {
            Fetched::Fresh(Box::new(Response { request: request.clone(), ..response.clone() }))
        })
    }

    /// Keeps an answer, if it is shared at all.
    pub(super) fn keep(&self, response: &Response, within: Duration) {
        if within.is_zero() || response.body.len() > MOST_BYTES / 4 {
            return;
        }
        let Ok(mut answers) = self.0.lock() else { return };
        answers.retain(|(_, kept)| kept.request.url != response.request.url);
        answers.push_back((Instant::now(), response.clone()));
        while answers.len() > MOST || answers.iter().map(|(_, kept)| kept.body.len()).sum::<usize>() > MOST_BYTES {
            answers.pop_front();
        }
    }
}

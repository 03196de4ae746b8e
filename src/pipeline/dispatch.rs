//! From the outbox to the channel: claim, send, note. A crash between sending and noting sends once more, with the same
//! Message-ID; to files that is the same file.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tracing::{info, warn};

use crate::{
    deliver::{Channel, DeliverError},
    store::{Store, StoreError},
};

/// Longer than any SMTP conversation that our own time-out allows.
const LEASE: SignedDuration = SignedDuration::from_secs(300);
/// A message that failed this often is given up and shown in `status`: with the waits below that is about four days.
const MOST_ATTEMPTS: u32 = 17;
/// A round ends after this time, well before a lease can run out; the next round goes on.
const LONGEST_ROUND: Duration = Duration::from_secs(120);

/// What a round of sending did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dispatched {
    /// Left.
    pub sent: u32,
    /// To be tried again.
    pub delayed: u32,
    /// Given up.
    pub failed: u32,
}

/// Sends what is due, for at most two minutes.
///
/// # Errors
/// When the store fails; what was sent is noted as far as it came.
pub async fn dispatch(
    store: &Store,
    channel: &Channel,
    worker: &str,
    now: Timestamp,
) -> Result<Dispatched, StoreError> {
    let mut done = Dispatched::default();
    let started = Instant::now();
    while started.elapsed() < LONGEST_ROUND {
        let Some(outgoing) = store.claim(worker, now, LEASE).await? else { break };
        let product = outgoing.message.product.name();
        match channel.send(&outgoing.message_id, &outgoing.message, outgoing.subscription.as_ref()).await {
            Ok(receipt) => {
                store.sent(outgoing.id, &receipt, now).await?;
                info!(mail.id = outgoing.message_id, mail.product = product, "sent a {product}");
                done.sent += 1;
            }
            Err(error) => {
                let passing = matches!(error, DeliverError::Passing(_)) && outgoing.attempts + 1 < MOST_ATTEMPTS;
                let again = passing.then(|| now.saturating_add(wait(outgoing.attempts)).unwrap_or(now));
                warn!(
                    mail.id = outgoing.message_id,
                    mail.product = product,
                    attempts = outgoing.attempts + 1,
                    "a {product} did not leave: {error}"
                );
                store.unsent(outgoing.id, &error.to_string(), again).await?;
                if passing {
                    done.delayed += 1;
                } else {
                    done.failed += 1;
                }
            }
        }
    }
    Ok(done)
}

/// 1, 2, 4, ... minutes, at most twelve hours.
fn wait(attempts: u32) -> SignedDuration {
    SignedDuration::from_mins(1_i64 << attempts.min(10)).min(SignedDuration::from_hours(12))
}

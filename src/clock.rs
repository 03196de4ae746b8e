//! The one place where the time of day is read. The middle is told what time it is; only the rim asks.

use jiff::Timestamp;

/// The time now, to the second: nothing here is counted finer.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

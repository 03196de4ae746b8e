//! What systemd wants to hear. Without systemd all of this does nothing.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::debug;

/// We serve: only said after the store is open and the sources are known.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// We read our files again.
pub fn reloading() {
    if let Ok(moment) = NotifyState::monotonic_usec_now() {
        tell(&[NotifyState::Reloading, moment]);
    }
}

/// We are going down in order.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// We are alive: only said while the store answers.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often systemd wants a sign of life, if at all.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!("systemd was not told: {error}");
    }
}

//! What systemd is told of the daemon, and what it wants to hear: the only place that speaks to it.
//!
//! Without systemd nothing is told and nothing is wanted. Not here: when something is told.

use std::sync::Once;
use std::time::Duration;

use sd_notify::NotifyState;
use tracing::warn;

/// All of it runs; after a reload too.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// How it fares, in a line that `systemctl status` shows.
pub fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// It is alive.
pub fn feed_watchdog() {
    tell(&[NotifyState::Watchdog]);
}

/// It takes a new config into use; [`ready`] says when it has.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now, NotifyState::Status("taking a new config into use")]),
        Err(_) => tell(&[NotifyState::Reloading]),
    }
}

/// It ends, because it was asked to or has nothing left to do.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping")]);
}

/// How long systemd waits for a sign of life before it ends and restarts the daemon; `None`: it waits for none.
#[must_use]
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

/// Who cannot be told is told again at the next occasion: without an answer systemd acts by itself, and the log says why.
fn tell(states: &[NotifyState<'_>]) {
    static TOLD: Once = Once::new();
    if let Err(error) = sd_notify::notify(states) {
        TOLD.call_once(|| warn!(%error, "systemd cannot be told how the daemon fares, and may restart it for that"));
    }
}

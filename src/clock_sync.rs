//! Whether the machine's clock was set by the network, as the system's time service says: every event tells it, because a box
//! without a battery behind its clock wakes up in the past.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::{sleep, timeout};

use crate::stop::Stop;

/// How often the system is asked. A clock that has just been set is told within that time.
const PERIOD: Duration = Duration::from_secs(60);
/// The system's answer comes in milliseconds or not at all.
const PATIENCE: Duration = Duration::from_secs(5);

const UNKNOWN: u8 = 0;
const NOT_SYNCED: u8 = 1;
const SYNCED: u8 = 2;

/// What was last heard. Clones share it; nothing is known before somebody watches.
#[derive(Debug, Clone, Default)]
pub struct ClockSync(Arc<AtomicU8>);

impl ClockSync {
    /// Whether the clock was set by the network; none where the system does not tell.
    #[must_use]
    pub fn synced(&self) -> Option<bool> {
        match self.0.load(Ordering::Relaxed) {
            SYNCED => Some(true),
            NOT_SYNCED => Some(false),
            _ => None,
        }
    }

    /// Asks the system now and then, until `stop`.
    pub async fn watch(self, stop: Stop) {
        while !stop.requested() {
            let heard = ask().await;
            self.0.store(heard, Ordering::Relaxed);
            tokio::select! {
                () = stop.wait_async() => return,
                () = sleep(PERIOD) => {}
            }
        }
    }
}

/// Whether the clock is set by the network right now; none where the system does not tell.
pub async fn ask_once() -> Option<bool> {
    let heard = ClockSync::default();
    heard.0.store(ask().await, Ordering::Relaxed);
    heard.synced()
}

/// systemd's word, which is the kernel's: it holds for chrony and ntpd too. Other systems do not tell.
async fn ask() -> u8 {
    let mut command = Command::new("timedatectl");
    command.args(["show", "--property=NTPSynchronized", "--value"]);
    // What systemd hears on this service's socket, this service says.
    command.env_remove("NOTIFY_SOCKET").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    match timeout(PATIENCE, command.output()).await {
        Ok(Ok(answer)) if answer.status.success() => understood(&answer.stdout),
        _ => UNKNOWN,
    }
}

fn understood(answer: &[u8]) -> u8 {
    match answer.trim_ascii() {
        b"yes" => SYNCED,
        b"no" => NOT_SYNCED,
        _ => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &[u8], expect: Option<bool>) {
        assert_eq!(ClockSync(Arc::new(AtomicU8::new(understood(answer)))).synced(), expect);
    }

    #[test]
    fn only_a_clear_answer_counts() {
        check(b"yes\n", Some(true));
        check(b"no\n", Some(false));
        check(b"", None);
        check(b"Failed to connect to bus", None);
    }
}

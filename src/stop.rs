//! One signal that ends everything: asked for once, seen by every thread and task.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

/// A request to stop, shared by clones.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    requested: Mutex<bool>,
    changed: Condvar,
    tasks: watch::Sender<bool>,
}

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(Shared { requested: Mutex::new(false), changed: Condvar::new(), tasks: watch::channel(false).0 }))
    }
}

impl Stop {
    /// Asks everything to stop. Asking twice is the same as asking once.
    pub fn request(&self) {
        *self.0.requested.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.changed.notify_all();
        self.0.tasks.send_replace(true);
    }

    /// Whether a stop has been asked for.
    #[must_use]
    pub fn requested(&self) -> bool {
        *self.0.requested.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Blocks this thread for `pause` or until a stop is asked for; `true` if it was.
    #[must_use]
    pub fn wait(&self, pause: Duration) -> bool {
        let requested = self.0.requested.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.changed.wait_timeout_while(requested, pause, |requested| !*requested);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Completes once a stop is asked for (for tasks).
    pub async fn wait_async(&self) {
        let mut tasks = self.0.tasks.subscribe();
        // The sender lives in `self`, so the channel cannot close while this waits.
        drop(tasks.wait_for(|requested| *requested).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_wakes_a_waiting_thread_at_once() {
        let stop = Stop::default();
        let waiter = std::thread::spawn({
            let stop = stop.clone();
            move || stop.wait(Duration::from_secs(600))
        });
        stop.request();
        assert!(waiter.join().expect("the waiter does not panic"));
    }

    #[test]
    fn without_a_stop_the_wait_ends_by_itself() {
        assert!(!Stop::default().wait(Duration::from_millis(1)));
    }
}

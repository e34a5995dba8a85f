//! One signal that ends everything: asked for once, seen by every thread and task.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;

/// A request to stop, shared by clones.
#[derive(Debug, Clone)]
pub struct Stop(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    requests: Mutex<Requests>,
    changed: Condvar,
    tasks: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Requests {
    requested: bool,
    /// Those that stop with this one.
    children: Vec<Weak<Shared>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self(Arc::new(Shared { requests: Mutex::default(), changed: Condvar::new(), tasks: watch::channel(false).0 }))
    }
}

impl Stop {
    /// Asks everything to stop. Asking twice is the same as asking once.
    pub fn request(&self) {
        let children = {
            let mut requests = self.lock();
            requests.requested = true;
            std::mem::take(&mut requests.children)
        };
        self.0.changed.notify_all();
        self.0.tasks.send_replace(true);
        children.iter().filter_map(Weak::upgrade).for_each(|child| Self(child).request());
    }

    /// A stop for a part: it is asked for with this one, or alone.
    #[must_use]
    pub fn child(&self) -> Self {
        let child = Self::default();
        let mut requests = self.lock();
        if requests.requested {
            child.request();
        } else {
            requests.children.retain(|child| child.strong_count() > 0);
            requests.children.push(Arc::downgrade(&child.0));
        }
        drop(requests);
        child
    }

    /// Whether a stop has been asked for.
    #[must_use]
    pub fn requested(&self) -> bool {
        self.lock().requested
    }

    /// Blocks this thread for `pause` or until a stop is asked for; `true` if it was.
    #[must_use]
    pub fn wait(&self, pause: Duration) -> bool {
        let waited = self.0.changed.wait_timeout_while(self.lock(), pause, |requests| !requests.requested);
        waited.unwrap_or_else(PoisonError::into_inner).0.requested
    }

    /// Completes once a stop is asked for (for tasks).
    pub async fn wait_async(&self) {
        let mut tasks = self.0.tasks.subscribe();
        // The sender lives in `self`, so the channel cannot close while this waits.
        drop(tasks.wait_for(|requested| *requested).await);
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner)
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

    #[test]
    fn a_part_stops_with_the_whole_or_alone() {
        let whole = Stop::default();
        let [part, other] = [whole.child(), whole.child()];
        part.request();
        assert_eq!([whole.requested(), part.requested(), other.requested()], [false, true, false]);
        whole.request();
        assert_eq!([other.requested(), whole.child().requested()], [true, true]);
    }
}

//! Drives an asynchronous client from a capture thread: every wait ends at its deadline or with a stop.
//!
//! The client lives in a small runtime of the source's own, on the capture thread alone: a source that is dropped takes
//! its connections and timers along. The one thread that may outlive it looks up a host's name; the system ends that after
//! some seconds, and nobody waits for it. An address needs none.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::stop::Stop;

/// A runtime for one source.
#[derive(Debug)]
pub(super) struct Patience {
    /// There until it is dropped.
    runtime: Option<Runtime>,
    stop: Stop,
}

/// How a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waited<T> {
    /// With what was waited for.
    Done(T),
    /// The deadline came first.
    TimedOut,
    /// A stop was asked for.
    Stopped,
}

impl Patience {
    pub(super) fn new(stop: Stop) -> io::Result<Self> {
        Ok(Self { runtime: Some(Builder::new_current_thread().enable_all().build()?), stop })
    }

    /// Waits at most `deadline` for `work`. What was not done then is dropped, so it must lose nothing by that.
    pub(super) fn wait<T>(&self, deadline: Duration, work: impl Future<Output = T>) -> Waited<T> {
        self.runtime().block_on(async {
            tokio::select! {
                biased;
                () = self.stop.wait_async() => Waited::Stopped,
                done = tokio::time::timeout(deadline, work) => match done {
                    Ok(done) => Waited::Done(done),
                    Err(_) => Waited::TimedOut,
                },
            }
        })
    }

    /// The same after a stop too, for saying goodbye.
    pub(super) fn wait_also_when_stopped<T>(&self, deadline: Duration, work: impl Future<Output = T>) -> Option<T> {
        self.runtime().block_on(async { tokio::time::timeout(deadline, work).await.ok() })
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("it is taken only by drop")
    }
}

impl Drop for Patience {
    /// Does not wait for what cannot be given up: a name is looked up by the C library, on a thread that the runtime starts
    /// for it, and takes up to half a minute where no name server answers. Then the thread ends by itself.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_with_its_work_its_deadline_or_a_stop() {
        let stop = Stop::default();
        let patience = Patience::new(stop.clone()).expect("a runtime");
        let long = Duration::from_secs(600);
        assert_eq!(patience.wait(long, async { 7 }), Waited::Done(7));
        assert_eq!(patience.wait(Duration::from_millis(1), std::future::pending::<()>()), Waited::TimedOut);
        stop.request();
        assert_eq!(patience.wait(long, std::future::pending::<()>()), Waited::Stopped);
        assert_eq!(patience.wait_also_when_stopped(long, async { 8 }), Some(8));
    }

    #[test]
    fn a_name_that_is_being_looked_up_holds_nobody_up() {
        let (patience, found) = (Patience::new(Stop::default()).expect("a runtime"), Stop::default());
        let clock = crate::clock::Clock::start();
        let lookup = tokio::task::spawn_blocking;
        let waited = patience.wait(Duration::from_millis(50), async {
            let found = found.clone();
            lookup(move || found.wait(Duration::from_secs(30))).await
        });
        assert!(matches!(waited, Waited::TimedOut));
        drop(patience);
        assert!(clock.elapsed() < Duration::from_secs(10));
        found.request();
    }
}

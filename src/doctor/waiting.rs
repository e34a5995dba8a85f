//! Waits for what the network answers, within a look that has a thread of its own.

use std::future::Future;

/// What comes of `work`; none where the system gives no means to wait.
pub(super) fn on<T>(work: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let done = runtime.block_on(work);
    // A name that is still being looked up would hold this up.
    runtime.shutdown_background();
    Some(done)
}

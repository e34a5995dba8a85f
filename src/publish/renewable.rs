//! A publisher that can become another one while its courier works: with other settings, at another address.
//!
//! The courier says goodbye to the old address and connects to the new one; what was not acknowledged waits in the outbox
//! meanwhile. Not here: which settings.

use tokio::sync::mpsc;

use super::{Acknowledgement, EventPublisher, PublishError, StoredEvent};

/// Makes of a publisher what it is from its next connection on.
pub type Renewal<P> = Box<dyn FnOnce(&mut P) + Send>;

/// A publisher that may be renewed.
pub struct Renewable<P> {
    publisher: P,
    renewals: mpsc::Receiver<Renewal<P>>,
    /// The one that comes with the next connection.
    next: Option<Renewal<P>>,
}

/// Renews a publisher.
#[derive(Debug)]
pub struct Renewals<P>(mpsc::Sender<Renewal<P>>);

/// `publisher`, and who may renew it.
#[must_use]
pub fn renewable<P>(publisher: P) -> (Renewable<P>, Renewals<P>) {
    // One waits while the one before it is taken; whoever has more waits himself.
    let (sender, renewals) = mpsc::channel(1);
    (Renewable { publisher, renewals, next: None }, Renewals(sender))
}

impl<P> Renewals<P> {
    /// Has the publisher renewed soon. Without its courier, which has ended then, nothing happens. Blocks this thread while
    /// another renewal waits.
    pub fn renew(&self, renewal: impl FnOnce(&mut P) + Send + 'static) {
        drop(self.0.blocking_send(Box::new(renewal)));
    }
}

impl<P> Renewable<P> {
    /// Waits until there is a renewal for the next connection; never, once nobody gives any. Dropping the wait loses nothing.
    async fn wait_for_next(renewals: &mut mpsc::Receiver<Renewal<P>>, next: &mut Option<Renewal<P>>) {
        if next.is_some() {
            return;
        }
        *next = renewals.recv().await;
        if next.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

impl<P: EventPublisher> EventPublisher for Renewable<P> {
    async fn connect(&mut self) -> Result<(), PublishError> {
        loop {
            if let Some(renewal) = self.next.take() {
                renewal(&mut self.publisher);
            }
            tokio::select! {
                biased;
                () = Self::wait_for_next(&mut self.renewals, &mut self.next) => {}
                connected = self.publisher.connect() => return connected,
            }
        }
    }

    fn publish(&mut self, event: &StoredEvent) -> Result<Acknowledgement, PublishError> {
        self.publisher.publish(event)
    }

    async fn lost(&mut self) -> PublishError {
        tokio::select! {
            biased;
            () = Self::wait_for_next(&mut self.renewals, &mut self.next) => PublishError::Renewed,
            error = self.publisher.lost() => error,
        }
    }

    async fn renewed(&mut self) {
        Self::wait_for_next(&mut self.renewals, &mut self.next).await;
    }

    async fn close(&mut self) {
        self.publisher.close().await;
    }
}

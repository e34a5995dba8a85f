//! What was started, and its end in reversed order.

use std::thread::JoinHandle;

use anyhow::Context as _;
use tracing::{info, warn};

use super::cameras::Captures;
use crate::couriers::Couriers;
use crate::evidence::Evidence;
use crate::publish::Delivery;
use crate::recognition::RecognitionError;
use crate::stop::Stop;

/// Everything that was started and has to end. A start that fails leaves what was started before.
#[derive(Debug, Default)]
pub(super) struct Running {
    pub(super) recognition: Option<JoinHandle<Result<(), RecognitionError>>>,
    pub(super) captures: Captures,
    pub(super) couriers: Option<Couriers>,
    pub(super) evidence: Option<Evidence>,
    pub(super) end_of_delivery: Stop,
    pub(super) threads: Vec<JoinHandle<()>>,
    pub(super) tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Running {
    /// Waits for the end, brings it about everywhere, and waits until nobody holds anything any more.
    ///
    /// # Errors
    /// What ended the run, or what could not be delivered.
    pub(super) async fn until_the_end(mut self, stop: &Stop) -> anyhow::Result<()> {
        let recognition = self.recognition.take().zip(self.couriers.as_ref());
        let (recognition, couriers) = recognition.context("nothing was started, which is a bug in gatelpr")?;
        let ended = wait_for_the_end(recognition, couriers, stop).await?;
        let closed = self.close(stop).await;
        match ended {
            Ok(result) => result.context("recognition has stopped")?,
            Err(_) => anyhow::bail!("the recognition thread panicked, which is a bug in gatelpr; please report it"),
        }
        closed
    }

    /// Ends what was started before something else could not be.
    pub(super) async fn abandon(self, stop: &Stop) {
        stop.request();
        // Why the start failed says more.
        if let Err(error) = self.close(stop).await {
            warn!("after a start that failed: {error:#}");
        }
    }

    /// Ends everything but recognition, which has ended or never began.
    async fn close(self, stop: &Stop) -> anyhow::Result<()> {
        if let Some(evidence) = self.evidence {
            evidence.end(stop).await;
        }
        stop.request();
        let captures = self.captures;
        let captured = tokio::task::spawn_blocking(move || captures.join_all()).await?;
        self.end_of_delivery.request();
        let delivered = match self.couriers {
            Some(couriers) => couriers.ended().await,
            None => Ok(()),
        };
        let_go(self.threads, self.tasks).await?;
        delivered?;
        Ok(captured?)
    }
}

/// Waits until nobody holds the outbox, the port or an input line any more: a run after this one needs them.
async fn let_go(threads: Vec<JoinHandle<()>>, tasks: Vec<tokio::task::JoinHandle<()>>) -> anyhow::Result<()> {
    const PANICKED: &str = "a thread or task panicked, which is a bug in gatelpr; please report it";
    tokio::task::spawn_blocking(move || threads.into_iter().try_for_each(JoinHandle::join))
        .await?
        .map_err(|_| anyhow::anyhow!(PANICKED))?;
    for task in tasks {
        task.await.context(PANICKED)?;
    }
    Ok(())
}

type Recognised = std::thread::Result<Result<(), RecognitionError>>;

/// Waits for recognition, and, where it ended by itself, until everything is delivered.
async fn wait_for_the_end(
    recognition: JoinHandle<Result<(), RecognitionError>>,
    couriers: &Couriers,
    stop: &Stop,
) -> anyhow::Result<Recognised> {
    let mut recognition = tokio::task::spawn_blocking(move || recognition.join());
    let ended = tokio::select! {
        ended = &mut recognition => ended?,
        // Nothing would be delivered any more: better to be restarted than to fill the disk unseen.
        () = couriers.failed() => {
            stop.request();
            recognition.await?
        }
    };
    if !stop.requested() && matches!(ended, Ok(Ok(()))) {
        deliver_the_rest(&couriers.broker, stop).await;
    }
    Ok(ended)
}

/// Every recording has ended: the run is over once everything is delivered, however long the broker is away.
async fn deliver_the_rest(delivery: &Delivery, stop: &Stop) {
    let waiting = delivery.status().depth;
    if waiting > 0 {
        info!(waiting, "every recording has ended; delivering what is left");
    }
    tokio::select! {
        delivered = delivery.drained() => {
            if delivered { info!("every recording has ended and everything is delivered") }
        }
        () = stop.wait_async() => warn!(waiting = delivery.status().depth, "stopped before everything was delivered"),
    }
}

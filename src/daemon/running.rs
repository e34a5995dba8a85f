//! What was started, and its end in reversed order.

use std::thread::JoinHandle;

use anyhow::Context as _;
use tracing::{info, warn};

use super::cameras::join_captures;
use crate::camera::CaptureThread;
use crate::couriers::Couriers;
use crate::evidence::Evidence;
use crate::publish::Delivery;
use crate::recognition::RecognitionError;
use crate::stop::Stop;

/// Everything that was started and has to end.
pub(super) struct Running {
    pub(super) recognition: JoinHandle<Result<(), RecognitionError>>,
    pub(super) captures: Vec<CaptureThread>,
    pub(super) couriers: Couriers,
    pub(super) evidence: Option<Evidence>,
    pub(super) end_of_delivery: Stop,
    pub(super) inbound: JoinHandle<()>,
    pub(super) pairs: JoinHandle<()>,
    pub(super) reporter: tokio::task::JoinHandle<()>,
    pub(super) watchdog: tokio::task::JoinHandle<()>,
    pub(super) entrances: Entrances,
}

impl Running {
    /// Waits for the end, brings it about everywhere, and waits until nobody holds anything any more.
    ///
    /// # Errors
    /// What ended the run, or what could not be delivered.
    pub(super) async fn until_the_end(self, stop: &Stop) -> anyhow::Result<()> {
        let ended = wait_for_the_end(self.recognition, &self.couriers, stop).await?;
        if let Some(evidence) = self.evidence {
            evidence.end(stop).await;
        }
        stop.request();
        let captured = tokio::task::spawn_blocking(move || join_captures(self.captures)).await?;
        self.end_of_delivery.request();
        let delivered = self.couriers.ended().await;
        let_go([self.inbound, self.pairs], [self.reporter, self.watchdog], self.entrances).await?;
        match ended {
            Ok(result) => result.context("recognition has stopped")?,
            Err(_) => anyhow::bail!("the recognition thread panicked, which is a bug in gatelpr; please report it"),
        }
        delivered?;
        Ok(captured?)
    }
}

/// What else triggers come in by, besides MQTT.
#[derive(Debug, Default)]
pub(super) struct Entrances {
    pub(super) web: Option<tokio::task::JoinHandle<()>>,
    pub(super) lines: Vec<JoinHandle<()>>,
}

impl Entrances {
    /// With these threads, which end with the others.
    pub(super) fn and(mut self, threads: Vec<JoinHandle<()>>) -> Self {
        self.lines.extend(threads);
        self
    }
}

/// Waits until nobody holds the outbox, the port or an input line any more: a run after this one needs them.
async fn let_go(
    others: [JoinHandle<()>; 2],
    tasks: [tokio::task::JoinHandle<()>; 2],
    entrances: Entrances,
) -> anyhow::Result<()> {
    const PANICKED: &str = "a thread or task panicked, which is a bug in gatelpr; please report it";
    let threads = entrances.lines.into_iter().chain(others);
    tokio::task::spawn_blocking(move || threads.into_iter().try_for_each(JoinHandle::join))
        .await?
        .map_err(|_| anyhow::anyhow!(PANICKED))?;
    for task in tasks {
        task.await.context(PANICKED)?;
    }
    if let Some(web) = entrances.web {
        web.await.context(PANICKED)?;
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

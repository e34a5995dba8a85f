//! Evidence: the frame that was read and the plate in it, as JPEG files that events name with their hashes.
//!
//! ```text
//! Passage ─▶ recorder (encodes, before the commit) ─▶ PlateEvent.evidence
//!               └─ after the commit, bounded ─▶ keeper (thread) ─▶ store: files by day ─▶ waiting (links) ─▶ courier ─▶ MQTT or HTTP
//! ```
//!
//! * [`encoder`]: from a passage to its pictures; [`vehicle_region`] and [`blur`] are what privacy needs
//! * [`recorder`]: what the recognition thread holds of all this
//! * [`keeper`]: the thread that writes; [`store`]: the folder, whose state is all there is; [`space`]: how much room is left
//! * [`waiting`]: what is still to be delivered; [`courier`]: the task that delivers it; [`http_sender`], [`mqtt_sender`]: where to
//! * [`lookup`]: finds a kept picture; [`live_picture`]: what a camera sees now, for whoever watches
//! * [`settings`], [`status`], [`picture_name`]
//!
//! A slow, full or broken disk costs pictures and never an event; nothing here waits for anything while events are made.
//! Not here: the event itself, and who decides what passed.

pub mod blur;
pub mod courier;
pub mod encoder;
pub mod http_sender;
pub mod keeper;
pub mod live_picture;
pub mod lookup;
pub mod mqtt_sender;
pub mod picture_name;
pub mod recorder;
pub mod settings;
pub mod space;
pub mod status;
pub mod store;
#[cfg(test)]
mod test_pictures;
#[cfg(test)]
mod tmpfs_tests;
pub mod vehicle_region;
pub mod waiting;

use std::io;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::{error, info, warn};

pub use recorder::EvidenceRecorder;
pub use settings::EvidenceSettings;
pub use status::{EvidenceReport, EvidenceStatus};

use crate::alarm::Alarms;
use crate::clock::Clock;
use crate::jpeg::JpegError;
use crate::machine::free_bytes;
use crate::publish::evidence_publisher::EvidencePublisher;
use crate::stop::Stop;
use courier::{EventsWaiting, EvidenceCourier};
use encoder::PictureEncoder;
use http_sender::{HttpSender, HttpSenderError};
use keeper::Keeper;
use mqtt_sender::MqttSender;
use settings::HttpReceiver;
use space::SpaceWatch;
use waiting::Waiting;

/// How long the end of the program waits for pictures.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(50);
/// The folder of what is still to be delivered, inside the evidence folder.
const WAITING_FOLDER: &str = "waiting";

/// Evidence at work, seen from the daemon.
#[derive(Debug)]
pub struct Evidence {
    status: EvidenceStatus,
    waiting: Waiting,
    keeper: JoinHandle<()>,
}

/// Why evidence cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No pictures can be encoded.
    #[error("cannot set up the encoder of evidence pictures: {0}")]
    Jpeg(#[from] JpegError),
    /// The system gives no thread.
    #[error("cannot start the thread that writes evidence pictures: {0}")]
    Thread(io::Error),
}

/// Starts the thread that keeps pictures. It ends when the recorder is dropped and everything is written. A folder that
/// cannot be used is no reason not to start: it costs pictures, and an alarm says so.
///
/// # Errors
/// [`StartError`] when the encoder or the thread is not to be had.
pub fn start(
    settings: &EvidenceSettings,
    alarms: Alarms,
    clock: Clock,
) -> Result<(EvidenceRecorder, Evidence), StartError> {
    let status = EvidenceStatus::default();
    let most = settings.delivery.as_ref().map(|delivery| delivery.most_waiting);
    let waiting = Waiting::new(settings.directory.join(WAITING_FOLDER), most, status.clone());
    let keeper = Keeper::new(
        settings.directory.clone(),
        settings.keeping,
        SpaceWatch::new(settings.keeping.min_free_bytes, Box::new(free_bytes)),
        waiting.clone(),
        status.clone(),
        alarms.clone(),
    );
    let encoder = PictureEncoder::new(settings.pictures.clone())?;
    let (recorder, orders) = EvidenceRecorder::new(encoder, status.clone(), alarms, clock);
    let thread = std::thread::Builder::new().name("evidence".to_owned());
    let keeper = thread.spawn(move || keeper.run(&orders, clock)).map_err(StartError::Thread)?;
    Ok((recorder, Evidence { status, waiting, keeper }))
}

impl Evidence {
    /// Counts what is done; lives on.
    #[must_use]
    pub fn status(&self) -> &EvidenceStatus {
        &self.status
    }

    /// Sends what is kept to the broker, whenever no event waits, until `stop`. Needs a tokio runtime around it.
    pub fn deliver_to_broker(&self, publisher: EvidencePublisher, events: EventsWaiting, stop: Stop) {
        drop(EvidenceCourier::start(MqttSender::new(publisher), self.waiting.clone(), events, stop));
    }

    /// Sends what is kept to a server, whenever no event waits, until `stop`. Needs a tokio runtime around it.
    ///
    /// # Errors
    /// [`HttpSenderError`] when the certificates of its authority cannot be used.
    pub fn deliver_to_server(
        &self,
        receiver: HttpReceiver,
        events: EventsWaiting,
        stop: Stop,
    ) -> Result<(), HttpSenderError> {
        drop(EvidenceCourier::start(HttpSender::new(receiver)?, self.waiting.clone(), events, stop));
        Ok(())
    }

    /// Waits until everything is written, and, unless a stop was asked for, delivered: so long as is reasonable. What waits is
    /// delivered after the next start. The recorder must be gone.
    pub async fn end(self, stop: &Stop) {
        if !within(PATIENCE, || self.keeper.is_finished()).await {
            return warn!("the disk is too slow: some evidence pictures are lost");
        }
        if self.keeper.join().is_err() {
            error!("the thread that writes evidence pictures panicked, which is a bug in gatelpr; please report it");
        }
        let waiting = self.waiting;
        if waiting.is_on() && !within(PATIENCE, || stop.requested() || waiting.count() == 0).await {
            info!(pictures = waiting.count(), "evidence pictures wait for the next start");
        }
    }
}

/// Whether `holds` does so before `patience` is over.
async fn within(patience: Duration, holds: impl Fn() -> bool) -> bool {
    let wait = async {
        while !holds() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(patience, wait).await.is_ok()
}

/// Why a picture is not kept, or cannot be deleted.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The disk is as full as it may be, and there is nothing left to delete.
    #[error("less than {floor_mb} MB are free in {folder:?}, and there is no older picture left to delete")]
    Full {
        /// The evidence folder.
        folder: PathBuf,
        /// What must stay free.
        floor_mb: u64,
    },
    /// The system refuses.
    #[error("cannot {doing} {path:?}: {source}")]
    Disk {
        /// What was being done.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl EvidenceError {
    fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Disk { doing, path, source }
    }

    fn is_out_of_space(&self) -> bool {
        let Self::Disk { source, .. } = self else { return false };
        matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

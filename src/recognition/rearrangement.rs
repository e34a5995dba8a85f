//! Other cameras, lanes and models for a recognition that is at work: taken between two frames, all at once.
//!
//! What is left as it was keeps what it knows. Not here: what of a config is another than before, and the capture threads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use tracing::info;

use super::{Eye, Recognition};
use crate::camera::{Delivery, Mailbox};
use crate::config::LaneConfig;
use crate::inference::InferenceError;
use crate::inference::models::Models;
use crate::plate::{CameraName, LaneName};
use crate::publish::event;
use crate::stop::Stop;

/// What recognition works with from the next frame on.
#[derive(Debug)]
pub struct Rearrangement {
    /// Other models, where they are others than before.
    pub models: Option<NewModels>,
    /// The cameras whose capture threads have ended: their vehicles pass.
    pub ended: Vec<CameraName>,
    /// The cameras that begin, after that.
    pub begun: Vec<NewCamera>,
    /// All cameras.
    pub cameras: Vec<CameraName>,
    /// Those of them whose silence means an empty lane.
    pub live: Vec<CameraName>,
    /// All lanes.
    pub lanes: Vec<LaneConfig>,
    /// Those that begin with nothing in them; what was in view of a lane of that name passes.
    pub anew: BTreeSet<LaneName>,
}

/// Models that were loaded and work.
#[derive(Debug)]
pub struct NewModels {
    /// The models.
    pub models: Models,
    /// What events call them.
    pub names: event::Models,
}

/// A camera that begins.
#[derive(Debug)]
pub struct NewCamera {
    /// Its name.
    pub name: CameraName,
    /// What every picture of it goes through first.
    pub eye: Eye,
    /// How its frames are handed over.
    pub delivery: Delivery,
    /// Ends it alone.
    pub stop: Stop,
}

/// Recognition has ended or is about to: nothing can be rearranged any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run is about to end")]
pub struct RecognitionGone;

#[derive(Debug)]
struct Order {
    rearrangement: Rearrangement,
    done: Sender<Vec<Mailbox>>,
}

/// Gives recognition other things to work with.
#[derive(Debug, Clone)]
pub struct Rearranger(SyncSender<Order>);

/// Where recognition finds them.
#[derive(Debug)]
pub struct Orders(Receiver<Order>);

/// A way to recognition.
#[must_use]
pub fn orders() -> (Rearranger, Orders) {
    // They are given one after the other, by one thread.
    let (sender, receiver) = sync_channel(1);
    (Rearranger(sender), Orders(receiver))
}

impl Rearranger {
    /// Waits until recognition works with it. Gives the mailboxes of the cameras that begin, in their order.
    ///
    /// # Errors
    /// [`RecognitionGone`] when it does not come to that.
    pub fn rearrange(&self, rearrangement: Rearrangement) -> Result<Vec<Mailbox>, RecognitionGone> {
        let (done, mailboxes) = channel();
        self.0.send(Order { rearrangement, done }).map_err(|_| RecognitionGone)?;
        mailboxes.recv().map_err(|_| RecognitionGone)
    }
}

impl Recognition {
    /// Takes the orders that wait.
    pub(super) fn take_orders(
        &mut self,
        last_frame: &mut BTreeMap<CameraName, Duration>,
    ) -> Result<(), InferenceError> {
        while let Ok(Order { rearrangement, done }) = self.orders.0.try_recv() {
            for camera in &rearrangement.ended {
                self.end_camera(camera)?;
                last_frame.remove(camera);
            }
            // Whoever does not wait for the mailboxes any more has ended, and with them the cameras end.
            drop(done.send(self.rearrange(rearrangement)));
        }
        Ok(())
    }

    /// The last frame of a camera is read like any other.
    fn end_camera(&mut self, camera: &CameraName) -> Result<(), InferenceError> {
        if let Some(frame) = self.mailboxes.remove(camera) {
            self.frame(frame)?;
        }
        self.eyes.remove(camera);
        self.frames.forget(camera);
        self.status.forget(camera);
        Ok(())
    }

    fn rearrange(&mut self, rearrangement: Rearrangement) -> Vec<Mailbox> {
        let Rearrangement { models, ended: _, begun, cameras, live, lanes, anew } = rearrangement;
        // What was accepted for a lane is answered by that lane.
        let windows = lanes.iter().map(|lane| (lane.name.clone(), lane.rules.trigger_window));
        let arrived = self.triggers.rearrange(windows);
        self.summon(arrived);
        let passed = self.pipeline.rearrange(&lanes, &anew, self.clock.now());
        self.commit(&passed);
        self.traffic.rearrange(&lanes, &anew);
        if let Some(NewModels { models, names }) = models {
            self.pipeline.replace_models(models);
            self.maker.name_models(names);
        }
        (self.cameras, self.live) = (cameras, live);
        info!(cameras = self.cameras.len(), lanes = lanes.len(), "recognition goes on with what was changed");
        let add = |NewCamera { name, eye, delivery, stop }| {
            self.eyes.insert(name.clone(), eye);
            self.mailboxes.add_until(&name, delivery, stop)
        };
        begun.into_iter().map(add).collect()
    }
}

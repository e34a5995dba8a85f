//! Exchanging parts of a run that is at work, in the order in which nothing is lost: cameras end, recognition lets their vehicles
//! pass and goes on with what is new, cameras begin, and last the couriers are sent elsewhere.
//!
//! Whatever can fail is done before anything is changed (`Prepared`). Not here: what is to be exchanged (`change`).

use std::sync::Arc;

use tokio::sync::mpsc;
use tracing::error;

use super::cameras::{Captures, eye, live_cameras};
use super::change::{Change, Parts};
use super::reloads::{Job, Plan, Reloads};
use super::sender::{broker_settings, model_ids, model_names};
use crate::camera::MailboxKeeper;
use crate::clock::Clock;
use crate::config::{CameraConfig, Config};
use crate::couriers::{CourierChanges, CourierRenewals};
use crate::live_view::LiveView;
use crate::publish::inbound::LaneCameras;
use crate::recognition::{NewCamera, NewModels, Rearrangement, Rearranger, RecognitionGone};
use crate::stop::Stop;

/// What parts are exchanged for: everything that could fail has not.
#[derive(Debug)]
pub(super) struct Prepared {
    config: Config,
    parts: Parts,
    models: Option<NewModels>,
    couriers: CourierChanges,
}

impl Prepared {
    /// Makes `parts` ready as `config` says. Models are loaded beside those in use.
    ///
    /// # Errors
    /// What cannot be loaded or read.
    pub(super) fn with(config: Config, parts: Parts) -> anyhow::Result<Self> {
        let models = parts.models.then(|| super::load_models(&config)).transpose()?;
        let models = models.map(|models| NewModels { names: model_ids(&models), models });
        let couriers = CourierChanges {
            broker: parts.broker.then(|| broker_settings(&config)).transpose()?,
            webhook: config.webhook.clone().filter(|_| parts.webhook),
            mirrors: parts.mirrors.then(|| crate::couriers::mirror_publisher(&config)).transpose()?,
        };
        Ok(Self { config, parts, models, couriers })
    }
}

/// What is needed to exchange parts of a run.
#[derive(Debug, Clone)]
pub(super) struct Swap {
    pub(super) reloads: Arc<Reloads>,
    pub(super) captures: Captures,
    pub(super) keeper: MailboxKeeper,
    pub(super) rearranger: Rearranger,
    pub(super) couriers: Arc<CourierRenewals>,
    pub(super) lanes: LaneCameras,
    pub(super) live_view: LiveView,
    pub(super) clock: Clock,
    pub(super) stop: Stop,
}

impl Swap {
    /// Does one job after the other until the run stops.
    pub(super) async fn work(self, mut jobs: mpsc::Receiver<Job>) {
        loop {
            let job = tokio::select! {
                () = self.stop.wait_async() => return,
                job = jobs.recv() => job,
            };
            let Some(Job { plan, go }) = job else { return };
            // Whoever asked is told now, or is not there any more.
            drop(go.await);
            match plan {
                Plan::Nothing(config) => self.reloads.done(config, Change::Nothing.names(), None),
                Plan::WholeRun(config) => self.begin_anew_with(config),
                Plan::Parts(prepared) => {
                    let swap = self.clone();
                    if tokio::task::spawn_blocking(move || swap.exchange(*prepared)).await.is_err() {
                        error!("a change of the config panicked, which is a bug in gatelpr; please report it");
                        self.stop.request();
                    }
                }
            }
        }
    }

    fn begin_anew_with(&self, config: Config) {
        self.reloads.begin_anew_with(config);
        self.stop.request();
    }

    fn exchange(&self, Prepared { config, parts, models, couriers }: Prepared) {
        let names = models.as_ref().map(|models| model_names(&models.names));
        // A gate whose only camera is another one has no camera for a moment.
        let hold = self.keeper.hold();
        if parts.concern_recognition() {
            match self.rearrange(&config, &parts, models) {
                Ok(()) => {}
                Err(Failed::RunEnds) => return self.reloads.given_up(),
                Err(Failed::NoThread(why)) => {
                    error!("the run begins anew, because a part of it could not: {why:#}");
                    return self.begin_anew_with(config);
                }
            }
        }
        drop(hold);
        // Now, so that the old broker hears of it, too.
        self.reloads.done(config, Change::Parts(parts).names(), names);
        self.couriers.renew(couriers, self.clock);
    }

    fn rearrange(&self, config: &Config, parts: &Parts, models: Option<NewModels>) -> Result<(), Failed> {
        self.captures.end(&parts.ended);
        let begun: Vec<(&CameraConfig, Stop)> =
            parts.begun.iter().filter_map(|name| Some((config.camera(name)?, self.stop.child()))).collect();
        let new_camera = |(camera, stop): &(&CameraConfig, Stop)| NewCamera {
            name: camera.name.clone(),
            eye: eye(camera),
            delivery: camera.source.delivery(),
            stop: stop.clone(),
        };
        let mailboxes = self.rearranger.rearrange(Rearrangement {
            models,
            ended: parts.ended.clone(),
            begun: begun.iter().map(new_camera).collect(),
            cameras: config.cameras.iter().map(|camera| camera.name.clone()).collect(),
            live: live_cameras(config),
            lanes: config.lanes.clone(),
            anew: parts.anew.clone(),
        })?;
        self.lanes.set(config.lanes.iter().map(|lane| (lane.name.clone(), lane.camera.clone())));
        self.live_view.replace_lanes(config.shown_lanes());
        for ((camera, stop), mailbox) in begun.into_iter().zip(mailboxes) {
            self.captures.start(camera, mailbox, self.clock, stop).map_err(Failed::NoThread)?;
        }
        self.captures.order_as_in(config);
        Ok(())
    }
}

/// Why parts could not be exchanged, although everything was ready.
enum Failed {
    RunEnds,
    NoThread(anyhow::Error),
}

impl From<RecognitionGone> for Failed {
    fn from(_: RecognitionGone) -> Self {
        Self::RunEnds
    }
}

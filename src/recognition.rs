//! The recognition thread: takes frames from the mailboxes, runs the pipeline, commits events to the outbox.
//!
//! An event is on disk before the next frame is looked at. It never waits for the network; it does wait for the disk,
//! because an event that cannot be kept is the one thing that must not happen.

mod rearrangement;

use std::collections::BTreeMap;
use std::time::Duration;

use tracing::{error, info, warn};

use crate::backoff::Backoff;
use crate::camera::{Mailboxes, Taken};
use crate::clock::Clock;
use crate::clock_sync::ClockSync;
use crate::dossier::Dossier;
use crate::evidence::EvidenceRecorder;
use crate::frame::Frame;
use crate::inference::InferenceError;
use crate::list_actions::{Kept, ListActions};
use crate::live_view::{LiveView, Scene};
use crate::newest_frames::NewestFrames;
use crate::optics::Optics;
use crate::passage::Passage;
use crate::picture_quality::SceneWatch;
use crate::pipeline::Pipeline;
use crate::plate::CameraName;
use crate::publish::recent_events::RecentEvents;
use crate::publish::sighting::{LiveSighting, SightingSender};
use crate::publish::{EventMaker, Outbox, OutboxError, PlateEvent, StoredEvent};
use crate::recognition_status::RecognitionStatus;
use crate::registrar::{Lookup, Registrar};
use crate::stop::Stop;
use crate::traffic_watch::TrafficWatch;
use crate::trigger::Trigger;
use crate::triggers::TriggerInbox;
pub use rearrangement::{NewCamera, NewModels, Orders, Rearrangement, Rearranger, RecognitionGone, orders};

/// How often it looks up when no frame comes, to let vehicles pass that are gone.
const IDLE_CHECK: Duration = Duration::from_millis(200);
/// The longest that a turn takes: a frame with plates in all its zones, on a slow computer that is busy with other things.
const LONGEST_TURN: Duration = Duration::from_secs(10);
/// Pauses between attempts to commit to a disk that refuses.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Everything that the thread owns.
#[derive(Debug)]
pub struct Recognition {
    /// Where frames wait.
    pub mailboxes: Mailboxes,
    /// What they go through.
    pub pipeline: Pipeline,
    /// Knows more of vehicles than was seen.
    pub registrar: Registrar,
    /// Makes events of passages.
    pub maker: EventMaker,
    /// Remembers them, so that they can be corrected.
    pub recent: RecentEvents,
    /// Keeps them.
    pub outbox: Outbox,
    /// Makes and keeps their pictures, if there are to be any.
    pub evidence: Option<EvidenceRecorder>,
    /// Where triggers arrive.
    pub triggers: TriggerInbox,
    /// What every picture goes through first, for each camera.
    pub eyes: BTreeMap<CameraName, Eye>,
    /// The last picture of each camera, for whoever asks.
    pub frames: NewestFrames,
    /// What is followed in each lane, for whoever watches.
    pub live_view: LiveView,
    /// Where what is seen right now is told, for displays.
    pub sightings: SightingSender,
    /// Does what the operator wants done for vehicles on his lists.
    pub actions: ListActions,
    /// Watches how dense the traffic is.
    pub traffic: TrafficWatch,
    /// Where other cameras, lanes and models come from, to be taken between two frames.
    pub orders: Orders,
    /// Counts what is done.
    pub status: RecognitionStatus,
    /// The cameras whose silence means an empty lane. A recording's silence means a slow disk.
    pub live: Vec<CameraName>,
    /// All cameras.
    pub cameras: Vec<CameraName>,
    /// Measures silence and stamps commits.
    pub clock: Clock,
    /// Whether that clock can be believed.
    pub clock_sync: ClockSync,
    /// Ends the thread.
    pub stop: Stop,
    /// How many events the outbox refused until the stop, and what it said last: none at the start.
    pub lost: Option<(usize, OutboxError)>,
}

/// What every picture of a camera goes through first.
#[derive(Debug)]
pub struct Eye {
    /// Turns it upright and takes distortion out.
    pub optics: Optics,
    /// Notices what is wrong with it; not for recordings, which may well be dark or stand still.
    pub scene: Option<SceneWatch>,
}

impl Eye {
    fn see(&mut self, frame: Frame, status: &RecognitionStatus) -> Frame {
        if let Some(scene) = &mut self.scene {
            let view = scene.observe(&frame);
            status.viewed(&frame.camera, view, scene.quality());
        }
        Frame { image: self.optics.correct(frame.image), ..frame }
    }
}

/// Why recognition ended before its time.
#[derive(Debug, thiserror::Error)]
pub enum RecognitionError {
    /// A model failed: nothing can be recognised any more.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// Events that could not be kept.
    #[error("the outbox refused {events} events until the stop; they are in the log above and nowhere else: {error}")]
    Lost {
        /// How many.
        events: usize,
        /// What the outbox said of the last one.
        error: OutboxError,
    },
}

impl Recognition {
    /// Works until a stop is asked for or every recording has ended. What is in view then passes, also after an error.
    ///
    /// # Errors
    /// [`RecognitionError`] when a model fails, or when the outbox refused events until the stop.
    pub fn run(mut self) -> Result<(), RecognitionError> {
        let ended = self.recognise();
        // From here on it waits for the disk alone, and ends.
        self.status.pulse().rests();
        // What was taken is answered; from now on nothing is.
        self.triggers.close();
        self.take_triggers();
        for camera in std::mem::take(&mut self.cameras) {
            let passages = self.pipeline.finish(&camera);
            self.commit(&passages);
        }
        let answers = self.pipeline.answer_all(self.clock.now());
        self.commit(&answers);
        ended?;
        self.lost.map_or(Ok(()), |(events, error)| Err(RecognitionError::Lost { events, error }))
    }

    fn recognise(&mut self) -> Result<(), InferenceError> {
        let mut last_frame: BTreeMap<CameraName, Duration> = BTreeMap::new();
        loop {
            self.status.pulse().turned(LONGEST_TURN);
            match self.mailboxes.take(IDLE_CHECK) {
                Taken::Frame(frame) => {
                    let camera = frame.camera.clone();
                    self.frame(frame)?;
                    last_frame.insert(camera, self.clock.elapsed());
                }
                Taken::Ended(camera) => {
                    let passages = self.pipeline.finish(&camera);
                    self.commit(&passages);
                    last_frame.remove(&camera);
                    info!(%camera, "no more frames come");
                }
                Taken::Nothing => {}
                Taken::AllEnded | Taken::Stopped => return Ok(()),
            }
            self.take_orders(&mut last_frame)?;
            self.let_pass(&last_frame);
            self.answer_triggers();
            self.traffic.tell(self.clock.now());
        }
    }

    fn frame(&mut self, frame: Frame) -> Result<(), InferenceError> {
        let frame = match self.eyes.get_mut(&frame.camera) {
            Some(eye) => {
                let frame = eye.see(frame, &self.status);
                if let Some(scene) = &eye.scene {
                    self.traffic.viewed(&frame.camera, scene.state(), scene.quality());
                }
                frame
            }
            None => frame,
        };
        self.frames.put(&frame);
        // A trigger that came before this frame counts for it.
        self.take_triggers();
        let (begun, mut passages) = (self.clock.elapsed(), Vec::new());
        let analysed = self.pipeline.frame(&frame, &mut passages);
        self.commit(&passages);
        let analysed = analysed?;
        self.show(&frame);
        self.traffic.frame(&frame, begun, |lane| self.pipeline.tracks(lane));
        for (lane, sighting) in &analysed.sightings {
            self.sightings.tell(LiveSighting::of(lane, &frame.camera, sighting));
        }
        if analysed.lanes > 0 {
            let took = self.clock.elapsed().saturating_sub(begun);
            self.status.analysed(&frame.camera, took, &analysed.plate_heights);
        }
        Ok(())
    }

    /// Puts what is followed where whoever watches finds it.
    fn show(&self, frame: &Frame) {
        for (lane, tracks) in self.pipeline.seen(&frame.camera) {
            self.live_view.put(lane, Scene { at: frame.captured_at, size: frame.image.dimensions(), tracks });
        }
    }

    fn take_triggers(&mut self) {
        let arrived = self.triggers.take().collect();
        self.summon(arrived);
    }

    fn summon(&mut self, arrived: Vec<Trigger>) {
        for trigger in arrived {
            let older = self.pipeline.summon(trigger, self.clock.now());
            self.commit(&older);
        }
    }

    fn answer_triggers(&mut self) {
        self.take_triggers();
        let answers = self.pipeline.answer_due(self.clock.now());
        self.commit(&answers);
    }

    /// Vehicles pass also where no frame says so: a camera that sends pictures only when something moves is silent then.
    fn let_pass(&mut self, last_frame: &BTreeMap<CameraName, Duration>) {
        let now = self.clock.elapsed();
        for camera in self.live.clone() {
            if let Some(last) = last_frame.get(&camera) {
                let silence = now.saturating_sub(*last);
                let passages = self.pipeline.idle(&camera, silence);
                self.commit(&passages);
                if silence >= IDLE_CHECK {
                    self.pipeline.seen(&camera).for_each(|(lane, tracks)| self.live_view.replace_tracks(lane, tracks));
                }
            }
        }
    }

    /// Keeps events, as long as it takes: while the disk refuses, recognition stands still and frames are dropped.
    fn commit(&mut self, passages: &[Passage]) {
        for passage in passages {
            self.traffic.passed(passage);
            let Lookup { dossier, amends } = self.registrar.look_up(passage, self.clock.now().wall);
            self.commit_event(passage, &dossier);
            for (earlier, dossier) in amends {
                self.commit_event(&earlier, &dossier);
            }
        }
    }

    fn commit_event(&mut self, passage: &Passage, dossier: &Dossier) {
        let mut event = PlateEvent { clock_synced: self.clock_sync.synced(), ..self.maker.event(passage, dossier) };
        self.recent.settle(&mut event, self.clock.now().wall);
        let pictures = self.evidence.as_mut().map(|evidence| evidence.picture(passage, &mut event));
        self.recent.pictured(&event);
        match self.keep(&event) {
            Ok(stored) => {
                if let (Some(evidence), Some(pictures)) = (&self.evidence, pictures) {
                    evidence.keep(pictures);
                }
                let now = self.clock.now();
                self.actions.act(&Kept { passage, dossier, event: &event, stored: &stored, now });
                let plate = event.plate.as_ref().map(|plate| plate.text.as_str());
                info!(lane = %event.lane, plate, seq = stored.seq, "passage");
            }
            Err(refusal) => {
                let json = serde_json::to_string(&event).unwrap_or_default();
                error!(error = %refusal, event = %json, "stopping, and the outbox refuses this event");
                let events = self.lost.take().map_or(1, |(events, _)| events + 1);
                self.lost = Some((events, refusal));
            }
        }
    }

    /// Tries until the outbox takes the event; after a stop was asked for, once more and no longer.
    fn keep(&self, event: &PlateEvent) -> Result<StoredEvent, OutboxError> {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut refused = false;
        loop {
            let stopping = self.stop.requested();
            match self.outbox.commit(event, self.clock.now().wall) {
                Err(error) if !stopping => {
                    if let Some(evidence) = &self.evidence {
                        // Nothing is deleted where space is not what is missing.
                        evidence.make_room();
                    }
                    if !std::mem::replace(&mut refused, true) {
                        warn!(%error, "the outbox refuses an event; trying until it takes it");
                    }
                    let pause = backoff.next_pause();
                    self.status.pulse().turned(pause + LONGEST_TURN);
                    if self.stop.wait(pause) {
                        info!("asked to stop: one last attempt to keep the event");
                    }
                }
                answer => return answer,
            }
        }
    }
}

//! A gate without a clock, a disk and a broker: frames in, and what it would have told of them, and when.

use std::time::Duration;

use gatelpr::config::{Config, rear_lanes};
use gatelpr::evaluation::passages::told::{Told, ToldEvent, ToldQueue, ToldReading, seconds};
use gatelpr::frame::{Frame, Moment};
use gatelpr::inference::models::Models;
use gatelpr::passage::Passage;
use gatelpr::pipeline::Pipeline;
use gatelpr::plate::{CameraName, LaneName};
use gatelpr::publish::traffic;
use gatelpr::registrar::{Lookup, Registrar};
use gatelpr::traffic_watch::TrafficWatch;
use gatelpr::visit::{KnownPairs, VisitBook};

/// As often as the daemon looks whether a vehicle is gone while no frame comes.
const IDLE_CHECK: Duration = Duration::from_millis(200);
/// After so long without a frame every vehicle is gone.
const LAST_SILENCE: Duration = Duration::from_secs(5);

/// A gate at work.
pub(crate) struct Gate {
    pipeline: Pipeline,
    registrar: Registrar,
    traffic: TrafficWatch,
    lanes: Vec<LaneName>,
    told: Told,
    /// Pictures that were seen.
    pub(crate) pictures: usize,
}

impl Gate {
    /// A gate in which nothing was seen yet. Single readings and provisional events are told too: when readings agree, and
    /// how soon that is told, is measured. All else is as the lanes have it.
    pub(crate) fn new(models: Models, config: &Config) -> Self {
        let mut lanes = config.lanes.clone();
        for lane in &mut lanes {
            lane.sightings = true;
            lane.rules.provisional = true;
        }
        let registrar = Registrar::new(VisitBook::new(rear_lanes(&lanes), KnownPairs::default()));
        let (reports, _board) = traffic::way();
        let traffic = TrafficWatch::new(&lanes, None, reports);
        let names = lanes.iter().map(|lane| lane.name.clone()).collect();
        let pipeline = Pipeline::new(models, lanes);
        Self { pipeline, registrar, traffic, lanes: names, told: Told::default(), pictures: 0 }
    }

    /// The next picture of a camera.
    pub(crate) fn see(&mut self, frame: &Frame) {
        let mut passages = Vec::new();
        let analysed = self.pipeline.frame(frame, &mut passages).expect("the models work");
        self.pictures += 1;
        let at_s = seconds(frame.captured_at);
        for (lane, sighting) in analysed.sightings {
            if let Some(reading) = sighting.is_sure_enough().then_some(sighting.reading).flatten() {
                self.told.readings.push(ToldReading { lane, at_s, text: reading.text });
            }
        }
        self.tell(&passages, Some(frame.captured_at));
        let (pipeline, now) = (&self.pipeline, frame.captured_at.elapsed);
        self.traffic.frame(frame, now, |lane| pipeline.tracks(lane));
    }

    /// The queue of every lane at `now`, as a map would show it then.
    pub(crate) fn note_queues(&mut self, now: Moment) {
        for lane in &self.lanes {
            let counts = self.traffic.traffic(lane, now.elapsed).and_then(|traffic| traffic.counts);
            let queue = counts.map(|counts| ToldQueue {
                lane: lane.clone(),
                at_s: seconds(now),
                queue_length: counts.queue_length,
            });
            self.told.queues.extend(queue);
        }
    }

    /// No more pictures come, as of live cameras that are silent: who was in view has passed.
    pub(crate) fn fall_silent(&mut self, cameras: &[CameraName], last: Moment) {
        let mut silence = IDLE_CHECK;
        while silence <= LAST_SILENCE {
            for camera in cameras {
                let passages = self.pipeline.idle(camera, silence);
                self.tell(&passages, Some(later(last, silence)));
            }
            silence += IDLE_CHECK;
        }
    }

    /// Everything that was told, with what the recording's end brings.
    pub(crate) fn end(mut self, cameras: &[CameraName]) -> Told {
        for camera in cameras {
            let passages = self.pipeline.finish(camera);
            self.tell(&passages, None);
        }
        self.told
    }

    fn tell(&mut self, passages: &[Passage], at: Option<Moment>) {
        for passage in passages {
            let now = at.unwrap_or(passage.last_seen).wall;
            self.traffic.passed(passage);
            let Lookup { dossier, amends } = self.registrar.look_up(passage, now);
            self.told.events.push(ToldEvent::of(passage, &dossier, at));
            for (earlier, dossier) in amends {
                self.told.events.push(ToldEvent::of(&earlier, &dossier, at));
            }
        }
    }
}

fn later(moment: Moment, by: Duration) -> Moment {
    Moment { wall: moment.wall + by, elapsed: moment.elapsed + by }
}

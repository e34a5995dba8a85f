//! How the gate fares: gathers what cameras, recognition, delivery and the machine tell of themselves, every half minute
//! and at once when the state of a camera changes.
//!
//! Whoever has something to tell keeps counters; nobody waits for this task.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tracing::{info, warn};
use uuid::Uuid;

use crate::alarm::{AlarmKind, Alarms};
use crate::camera::{CameraBoard, CaptureReport, CaptureState, CaptureStatus};
use crate::clock::Clock;
use crate::evidence::{EvidenceReport, EvidenceStatus};
use crate::machine::Machine;
use crate::overload::{self, Pace};
use crate::picture_quality::ViewState;
use crate::plate::CameraName;
use crate::publish::event_maker::rounded;
use crate::publish::health::{
    CameraHealth, CameraState, DestinationHealth, EvidenceHealth, GateHealth, MachineHealth, OutboxHealth,
    PictureHealth, RecognitionHealth, View,
};
use crate::publish::inbound::InboundView;
use crate::publish::utc_time::UtcTime;
use crate::publish::{DeliveryObserver, HealthReports};
use crate::recognition_status::{PicturesReport, RecognitionStatus};
use crate::stop::Stop;

/// How often a report is made (the contract's figure).
const INTERVAL: Duration = Duration::from_secs(30);
/// How often the states of cameras are looked at in between.
const LOOK: Duration = Duration::from_secs(1);

/// Everything that a report is made of.
pub struct HealthReporter {
    /// Names the run.
    pub boot_id: Uuid,
    /// Every camera, in the order of the config.
    pub cameras: CameraBoard,
    /// What becomes of their frames.
    pub recognition: RecognitionStatus,
    /// Events on their way to the broker.
    pub delivery: DeliveryObserver,
    /// What comes in.
    pub inbound: InboundView,
    /// Events on their way to others, by name.
    pub others: Vec<(&'static str, DeliveryObserver)>,
    /// Pictures of them, if there are any.
    pub evidence: Option<EvidenceStatus>,
    /// What needs somebody.
    pub alarms: Alarms,
    /// The computer.
    pub machine: Machine,
    /// Stamps reports and measures rates.
    pub clock: Clock,
    /// Ends the task.
    pub stop: Stop,
}

/// What is compared: the states of every camera.
type States = BTreeMap<CameraName, (CameraState, Option<View>)>;

/// What was counted at the last report, to tell rates from.
struct Counted {
    at: Duration,
    cameras: BTreeMap<CameraName, Counts>,
}

/// What was counted of one camera.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    captured: u64,
    analysed: u64,
    dropped: u64,
    /// Not even decoded.
    behind: u64,
}

/// The way on which reports go to the broker, and its end for the publisher.
#[must_use]
pub fn reports() -> (watch::Sender<Option<Arc<str>>>, HealthReports) {
    watch::channel(None)
}

impl HealthReporter {
    /// Reports until the stop.
    pub async fn run(mut self, reports: watch::Sender<Option<Arc<str>>>) {
        let mut told = States::new();
        let mut counted = Counted { at: self.clock.elapsed(), cameras: BTreeMap::new() };
        loop {
            let states = self.states();
            let due = self.clock.elapsed().saturating_sub(counted.at) >= INTERVAL;
            if states != told || due {
                self.note_changes(&told, &states);
                // The outbox may be waiting for its disk, and the system for its sensors.
                let made = tokio::task::spawn_blocking(move || {
                    let made = self.report(&counted);
                    (self, made)
                });
                let (health, now);
                (self, (health, now)) = made.await.expect("a report is made without a panic, and nobody aborts it");
                let json = serde_json::to_string(&health).expect("texts and finite numbers have a JSON form");
                reports.send_replace(Some(json.into()));
                (told, counted) = (states, now);
            }
            tokio::select! {
                () = self.stop.wait_async() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    fn states(&self) -> States {
        let state = |(camera, status): (CameraName, CaptureStatus)| {
            let view = self.recognition.pictures(&camera).view.map(wire_view);
            (camera, (wire_state(status.report().state), view))
        };
        self.cameras.cameras().into_iter().map(state).collect()
    }

    /// Says in the log what a camera sees now; what becomes of its source, its capture thread has said.
    fn note_changes(&self, before: &States, now: &States) {
        for (camera, (_, view)) in now {
            let old = before.get(camera).and_then(|(_, view)| *view);
            match *view {
                view if view == old => {}
                Some(View::Good) if old.is_some() => info!(%camera, "the camera sees its scene again"),
                Some(View::Dark) => warn!(%camera, "too dark to read plates: check the lighting and the exposure"),
                Some(View::Blind) => {
                    warn!(%camera, "no detail in the picture: check for dirt, fog or glare on the lens")
                }
                Some(View::Frozen) => warn!(%camera, "the same picture again and again: restart the camera"),
                Some(View::Moved) => warn!(%camera, "the camera was turned or pushed: check its aim and the zones"),
                Some(View::Good) | None => {}
            }
        }
    }

    fn report(&mut self, counted: &Counted) -> (GateHealth, Counted) {
        let at = self.clock.elapsed();
        let seconds = at.saturating_sub(counted.at).as_secs_f64().max(0.001);
        let (mut cameras, mut counts, mut paces) = (Vec::new(), BTreeMap::new(), Vec::new());
        for (camera, status) in self.cameras.cameras() {
            let (capture, pictures) = (status.report(), self.recognition.pictures(&camera));
            let before = counted.cameras.get(&camera).copied().unwrap_or_default();
            let rate = |now: u64, before: u64| rounded(now.saturating_sub(before) as f64 / seconds, 2);
            let rates = (rate(capture.captured, before.captured), rate(pictures.analysed, before.analysed));
            let behind = capture.tally.behind;
            let (captured, analysed, dropped) = (capture.captured, pictures.analysed, capture.dropped);
            counts.insert(camera.clone(), Counts { captured, analysed, dropped, behind });
            let since = |now: u64, before: u64| now.saturating_sub(before);
            let behind = since(behind, before.behind);
            let came = since(captured, before.captured) + behind;
            paces.push(Pace { camera: camera.clone(), came, left_out: since(dropped, before.dropped) + behind });
            cameras.push(camera_health(&camera, capture, &pictures, rates));
        }
        self.judge(&paces, at.saturating_sub(counted.at));
        let health = GateHealth {
            schema: crate::publish::event::SCHEMA_VERSION,
            boot_id: self.boot_id,
            at: UtcTime::new(self.clock.now().wall),
            uptime_s: rounded(at.as_secs_f64(), 3),
            cameras,
            recognition: RecognitionHealth {
                inference_ms_p50: self.recognition.took_at_most(0.5).map(milliseconds),
                inference_ms_p99: self.recognition.took_at_most(0.99).map(milliseconds),
            },
            outbox: self.outbox_health(&self.delivery),
            destinations: self.others.iter().map(|(name, other)| self.destination_health(name, other)).collect(),
            inbound: self.inbound.health(self.clock.now().wall),
            evidence: self.evidence.as_ref().map(|evidence| evidence_health(evidence.report())),
            machine: machine_health(&mut self.machine),
        };
        (health, Counted { at, cameras: counts })
    }

    /// Says whether recognition keeps up, where there was time enough to tell.
    fn judge(&self, paces: &[Pace], over: Duration) {
        if over < overload::JUDGED_OVER {
            return;
        }
        match overload::complaint(paces, over) {
            Some(text) => self.alarms.raise(AlarmKind::Overloaded, &text, self.clock.now().wall),
            None => self.alarms.clear(AlarmKind::Overloaded),
        }
    }

    fn destination_health(&self, name: &str, delivery: &DeliveryObserver) -> DestinationHealth {
        let last_error = delivery.status().last_error;
        DestinationHealth { name: name.to_owned(), events: self.outbox_health(delivery), last_error }
    }

    fn outbox_health(&self, delivery: &DeliveryObserver) -> OutboxHealth {
        let status = delivery.status();
        let oldest = delivery.oldest_age(self.clock.now().wall);
        OutboxHealth {
            depth: status.depth,
            oldest_age_s: oldest.map(|age| rounded(age.as_secs_f64(), 1)),
            delivered: status.delivered,
            republished: status.republished,
            refused: status.refused,
            failures: status.failures,
        }
    }
}

fn camera_health(
    name: &CameraName,
    capture: CaptureReport,
    pictures: &PicturesReport,
    (fps_in, fps_analysed): (f64, f64),
) -> CameraHealth {
    let picture = pictures.quality.map(|quality| PictureHealth {
        brightness: rounded(f64::from(quality.brightness), 1),
        contrast: rounded(f64::from(quality.contrast), 1),
        sharpness: rounded(f64::from(quality.sharpness), 3),
        plate_height_px: pictures.plate_height_px.map(|height| rounded(f64::from(height), 1)),
    });
    CameraHealth {
        name: name.to_string(),
        state: wire_state(capture.state),
        last_error: capture.last_error,
        view: pictures.view.map(wire_view),
        picture,
        codec: capture.stream.codec,
        size_px: capture.stream.size.map(|(width, height)| [width, height]),
        fps_in,
        fps_analysed,
        captured: capture.captured,
        analysed: pictures.analysed,
        dropped: capture.dropped,
        damaged: capture.tally.damaged,
        lost_packets: capture.tally.lost_packets,
        behind: capture.tally.behind,
        reopened: capture.reopened,
        last_frame_age_s: capture.last_frame_age.map(|age| rounded(age.as_secs_f64(), 3)),
        turned_age_s: rounded(capture.turned_ago.as_secs_f64(), 3),
    }
}

fn evidence_health(report: EvidenceReport) -> EvidenceHealth {
    EvidenceHealth {
        stored: report.stored,
        bytes: report.bytes,
        kept: report.kept,
        pruned: report.pruned,
        lost: report.lost,
        waiting: report.waiting,
        delivered: report.delivered,
        undelivered: report.undelivered,
        foreign: report.foreign,
    }
}

fn machine_health(machine: &mut Machine) -> MachineHealth {
    let report = machine.report();
    MachineHealth {
        rss_bytes: report.rss_bytes,
        disk_free_bytes: report.disk_bytes.map(|(free, _)| free),
        disk_total_bytes: report.disk_bytes.map(|(_, all)| all),
        temperature_c: report.temperature_c.map(|degrees| rounded(f64::from(degrees), 1)),
    }
}

fn wire_state(state: CaptureState) -> CameraState {
    match state {
        CaptureState::Opening => CameraState::Opening,
        CaptureState::Running => CameraState::Running,
        CaptureState::Lost => CameraState::Lost,
        CaptureState::Ended => CameraState::Ended,
    }
}

fn wire_view(view: ViewState) -> View {
    match view {
        ViewState::Good => View::Good,
        ViewState::Dark => View::Dark,
        ViewState::Blind => View::Blind,
        ViewState::Frozen => View::Frozen,
        ViewState::Moved => View::Moved,
    }
}

fn milliseconds(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1000.0, 1)
}

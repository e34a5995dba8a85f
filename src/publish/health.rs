//! How the gate fares, on the wire: cameras, recognition, delivery, the machine. Not here: who measures it.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use super::inbound::InboundHealth;
use super::utc_time::UtcTime;

/// How the gate fares: every 30 seconds, and at once when the state of a camera changes. Not retained, not delivered
/// later: what counts is the newest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateHealth {
    /// Version of this contract: 1.
    pub schema: u32,
    /// Names the run of the program.
    pub boot_id: Uuid,
    /// When these figures were taken.
    pub at: UtcTime,
    /// How long the program has run, in seconds.
    #[schemars(range(min = 0))]
    pub uptime_s: f64,
    /// Every camera, in the order of the config.
    pub cameras: Vec<CameraHealth>,
    /// How long it took to analyse a frame.
    pub recognition: RecognitionHealth,
    /// Events on their way.
    pub outbox: OutboxHealth,
    /// What came in, and what became of it.
    pub inbound: InboundHealth,
    /// Where else events go; absent where they go to the broker alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destinations: Vec<DestinationHealth>,
    /// Pictures of events; absent where the gate keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<EvidenceHealth>,
    /// The computer.
    pub machine: MachineHealth,
}

/// One camera. Counters count since the start and never go back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraHealth {
    /// Its name.
    pub name: String,
    /// Whether it delivers.
    pub state: CameraState,
    /// What failed last, in words; stays after recovery.
    pub last_error: Option<String>,
    /// What it sees, for live cameras once they have delivered a picture.
    pub view: Option<View>,
    /// How its pictures look; null before the first.
    pub picture: Option<PictureHealth>,
    /// What it delivers, such as `H.264`.
    pub codec: Option<String>,
    /// Width and height of its pictures as it sends them, in pixels.
    pub size_px: Option<[u32; 2]>,
    /// Frames per second that came since the last report.
    #[schemars(range(min = 0))]
    pub fps_in: f64,
    /// Frames per second that were analysed since the last report.
    #[schemars(range(min = 0))]
    pub fps_analysed: f64,
    /// Frames that came.
    pub captured: u64,
    /// Frames that were analysed.
    pub analysed: u64,
    /// Frames that were dropped because a newer one came before they were taken.
    pub dropped: u64,
    /// Pictures or packets that were skipped because they were damaged.
    pub damaged: u64,
    /// Packets that the network lost.
    pub lost_packets: u64,
    /// Pictures that were skipped because decoding had fallen behind.
    pub behind: u64,
    /// How often the camera was opened again.
    pub reopened: u64,
    /// How long ago the last frame came, in seconds; null before the first.
    pub last_frame_age_s: Option<f64>,
    /// How long ago its capture thread came round, in seconds: long when it hangs in a driver.
    pub turned_age_s: f64,
}

/// Whether a camera delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CameraState {
    /// Being opened for the first time.
    Opening,
    /// Frames come, or may come.
    Running,
    /// It failed, and is opened again and again.
    Lost,
    /// Its recording has ended, or it failed for good.
    Ended,
}

/// What a camera sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Its scene.
    Good,
    /// Too little light.
    Dark,
    /// No detail: covered, fogged, blinded.
    Blind,
    /// The same picture again and again.
    Frozen,
    /// Another part of the scene than before: it was turned or pushed.
    Moved,
}

/// How a camera's pictures look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PictureHealth {
    /// Mean brightness, 0 (black) to 255 (white).
    pub brightness: f64,
    /// Spread of brightness between the darkest and the lightest parts, 0 to 255.
    pub contrast: f64,
    /// 0 (nothing but blur) to 1.
    pub sharpness: f64,
    /// The usual height of a plate, in pixels; null before one was seen.
    pub plate_height_px: Option<f64>,
}

/// How long it took to analyse a frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecognitionHealth {
    /// Half of the last frames took no longer, in milliseconds; null before the first.
    pub inference_ms_p50: Option<f64>,
    /// 99 of 100 took no longer.
    pub inference_ms_p99: Option<f64>,
}

/// Events on their way. Counters count since the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutboxHealth {
    /// Events that wait.
    pub depth: u64,
    /// How long the oldest has waited, in seconds; null when none waits.
    pub oldest_age_s: Option<f64>,
    /// Events that were acknowledged.
    pub delivered: u64,
    /// How often an event was sent again.
    pub republished: u64,
    /// How often the broker refused an event.
    pub refused: u64,
    /// How many connections were lost or could not be made.
    pub failures: u64,
}

/// Events on their way to somebody besides the broker. Counters count since the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DestinationHealth {
    /// `webhook` or `mirrors`.
    pub name: String,
    /// Events that wait for it, and what became of the others.
    #[serde(flatten)]
    pub events: OutboxHealth,
    /// What went wrong last, in words; stays when it is over.
    pub last_error: Option<String>,
}

/// Pictures of events, of which an event has two as a rule. Counters count since the start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceHealth {
    /// Pictures on the disk now.
    pub stored: u64,
    /// What they take of the disk, in bytes.
    pub bytes: u64,
    /// Pictures that were written.
    pub kept: u64,
    /// Pictures that were deleted, for their age or for want of room.
    pub pruned: u64,
    /// Pictures that were lost, because the disk was full, too slow or broken.
    pub lost: u64,
    /// Pictures that wait to be delivered now.
    pub waiting: u64,
    /// Pictures that were delivered.
    pub delivered: u64,
    /// Pictures that will not be delivered any more: too many waited, they were deleted, or the receiver refused them.
    pub undelivered: u64,
    /// Files in the folder that are none of the gate's, when it was opened; they are left alone.
    pub foreign: u64,
}

/// The computer. What it does not tell is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineHealth {
    /// Memory that the program holds, in bytes.
    pub rss_bytes: Option<u64>,
    /// Free space where events wait, in bytes.
    pub disk_free_bytes: Option<u64>,
    /// All space there, in bytes.
    pub disk_total_bytes: Option<u64>,
    /// The hottest sensor, in degrees Celsius.
    pub temperature_c: Option<f64>,
}

/// The newest report of how the gate fares, as JSON. Reports that nobody could be told are replaced by newer ones.
pub type HealthReports = watch::Receiver<Option<Arc<str>>>;

/// The next report, once there is one; never, if nobody makes any.
pub(super) async fn next_report(reports: &mut Option<HealthReports>) -> Arc<str> {
    if let Some(reports) = reports {
        while reports.changed().await.is_ok() {
            if let Some(report) = reports.borrow_and_update().clone() {
                return report;
            }
        }
    }
    std::future::pending().await
}

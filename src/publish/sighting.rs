//! Live readings for displays: what the reader sees in a lane right now, before anything is decided. Told with QoS 0, never
//! kept, and dropped where nobody can be told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::event_maker::rounded;
use super::utc_time::UtcTime;
use crate::plate::{CameraName, LaneName, Sighting};

/// One look at one plate in one picture. Nobody should act on it: what passed is told by the event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveSighting {
    /// When the picture was taken.
    pub at: UtcTime,
    /// The lane.
    pub lane: String,
    /// The camera.
    pub camera: String,
    /// What was read; null where the plate is not legible.
    pub text: Option<String>,
    /// How sure of it, 0 to 1; null where nothing was read.
    #[schemars(range(min = 0, max = 1))]
    pub confidence: Option<f64>,
    /// The plate's corners, clockwise from its top left, in pixels of the picture as it is set straight.
    pub corners: [[f64; 2]; 4],
    /// How sharp the plate is, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub sharpness: f64,
}

impl LiveSighting {
    /// What is told of `sighting`.
    #[must_use]
    pub fn of(lane: &LaneName, camera: &CameraName, sighting: &Sighting) -> Self {
        let reading = sighting.reading.as_ref();
        Self {
            at: UtcTime::new(sighting.at.wall),
            lane: lane.to_string(),
            camera: camera.to_string(),
            text: reading.map(|reading| reading.text.to_string()),
            confidence: reading.map(|reading| rounded(f64::from(reading.confidence.value()), 4)),
            corners: sighting
                .corners()
                .0
                .map(|corner| [rounded(f64::from(corner.x), 1), rounded(f64::from(corner.y), 1)]),
            sharpness: rounded(f64::from(sighting.sharpness), 3),
        }
    }
}

/// How many may wait for the network. More are dropped: the next picture brings new ones.
const MOST_WAITING: usize = 64;

/// Where sightings are put.
#[derive(Debug, Clone)]
pub struct SightingSender(mpsc::Sender<LiveSighting>);

/// Where the publisher finds them.
#[derive(Debug)]
pub struct SightingReceiver(mpsc::Receiver<LiveSighting>);

/// A way from recognition to the publisher.
#[must_use]
pub fn way() -> (SightingSender, SightingReceiver) {
    let (sender, receiver) = mpsc::channel(MOST_WAITING);
    (SightingSender(sender), SightingReceiver(receiver))
}

impl SightingSender {
    /// Tells it, if there is room. Never waits.
    pub fn tell(&self, sighting: LiveSighting) {
        // What does not fit is old before it could be sent.
        drop(self.0.try_send(sighting));
    }
}

impl SightingReceiver {
    /// The next one; never, once nobody tells any. Dropping the wait loses nothing.
    pub(super) async fn next(&mut self) -> LiveSighting {
        match self.0.recv().await {
            Some(sighting) => sighting,
            None => std::future::pending().await,
        }
    }

    /// Forgets those that waited while there was no connection.
    pub(super) fn forget(&mut self) {
        while self.0.try_recv().is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(lane: &str) -> LiveSighting {
        LiveSighting {
            at: UtcTime::new(jiff::Timestamp::UNIX_EPOCH),
            lane: lane.into(),
            camera: "c".into(),
            text: None,
            confidence: None,
            corners: [[0.0; 2]; 4],
            sharpness: 0.5,
        }
    }

    #[tokio::test]
    async fn what_waits_too_long_is_forgotten_and_what_is_too_much_dropped() {
        let (sender, mut receiver) = way();
        (0..1000).for_each(|_| sender.tell(sighting("old")));
        receiver.forget();
        sender.tell(sighting("new"));
        assert_eq!(receiver.next().await.lane, "new");
    }
}

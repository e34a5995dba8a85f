//! Somebody outside says that a vehicle is there: a loop in the ground, a barrier, a button. Not here: how they say it.
//!
//! A trigger opens a window of some seconds in which its lane is read, and at whose end it is answered, even when nothing
//! was readable: the vehicle is known to be there.

use std::fmt;
use std::time::Duration;

use crate::frame::{Frame, Moment};
use crate::geometry::Quad;
use crate::plate::LaneName;

/// A vehicle is in a lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// Names it, so that whoever gave it knows its answer.
    pub id: TriggerId,
    /// Where the vehicle is.
    pub lane: LaneName,
    /// Which way it came.
    pub origin: TriggerOrigin,
    /// When it came, on the process's clock.
    pub at: Moment,
    /// How long the lane is read for it.
    pub window: Duration,
}

/// Which way a trigger came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerOrigin {
    /// A command over MQTT.
    Command,
    /// A request over HTTP.
    Http,
    /// An input line of the computer.
    Gpio,
}

/// Names a trigger: 1 to 64 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriggerId(String);

/// Why a text names no trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a trigger's id is 1 to 64 letters, digits and signs without spaces")]
pub struct InvalidTriggerId;

impl TryFrom<&str> for TriggerId {
    type Error = InvalidTriggerId;
    fn try_from(text: &str) -> Result<Self, InvalidTriggerId> {
        let fits = (1..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidTriggerId) }
    }
}

impl fmt::Display for TriggerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// When a lane's frames are analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Analyse {
    /// Every frame that there is time for.
    #[default]
    Always,
    /// While something moves in the zone, a plate is in view, or a trigger's window is open.
    Motion,
    /// While a trigger's window is open.
    Trigger,
}

/// The time in which a lane is read because of a trigger.
#[derive(Debug)]
pub struct Window {
    /// What opened it, and what came before it was answered.
    pub(crate) triggers: Vec<Trigger>,
    /// Frames that were analysed in it.
    pub(crate) frames: u64,
    /// Whether a final passage answered it.
    pub(crate) answered: bool,
    /// Whether anything at all was read in it.
    pub(crate) readings: bool,
    /// The best look at what came to nothing, or the last frame.
    pub(crate) look: Option<(Frame, Option<Quad>)>,
}

/// A loop that bounces, or a hand on a button, is one vehicle; this many are remembered.
const MOST_TRIGGERS: usize = 16;

impl Window {
    pub(crate) fn opened_by(trigger: Trigger) -> Self {
        Self { triggers: vec![trigger], frames: 0, answered: false, readings: false, look: None }
    }

    /// Another trigger before the answer to the first: the same vehicle.
    pub(crate) fn join(&mut self, trigger: Trigger) {
        let known = self.triggers.iter().any(|earlier| earlier.id == trigger.id);
        if !known && self.triggers.len() < MOST_TRIGGERS {
            self.triggers.push(trigger);
        }
    }

    /// When it came.
    pub(crate) fn opened_at(&self) -> Moment {
        self.first().at
    }

    /// On the process's monotonic clock: when its answer is due.
    pub(crate) fn due(&self) -> Duration {
        self.first().at.elapsed.saturating_add(self.first().window)
    }

    fn first(&self) -> &Trigger {
        self.triggers.first().expect("a window is opened by a trigger")
    }

    pub(crate) fn analysed(&mut self, frame: &Frame) {
        self.frames += 1;
        if !self.readings {
            self.look = Some((frame.clone(), None));
        }
    }

    /// A track that came to nothing.
    pub(crate) fn read_without_result(&mut self, frame: &Frame, corners: Quad) {
        self.readings = true;
        self.look = Some((frame.clone(), Some(corners)));
    }
}

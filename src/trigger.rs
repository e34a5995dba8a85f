//! Somebody outside says that a vehicle is there: a loop in the ground, a barrier, a button. Not here: how they say it.
//!
//! A trigger opens a window of some seconds in which its lane is read, and at whose end it is answered, even when nothing
//! was readable: the vehicle is known to be there.

use std::fmt;
use std::time::Duration;

use crate::frame::Moment;
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
    Always,
    /// While something moves in the zone, a plate is in view, or a trigger's window is open; else now and then.
    #[default]
    Motion,
    /// While a trigger's window is open.
    Trigger,
}

/// Adds to `known` those of `more` that are not in it.
pub fn add_triggers(known: &mut Vec<Trigger>, more: &[Trigger]) {
    for trigger in more {
        if !known.iter().any(|earlier| earlier.id == trigger.id) {
            known.push(trigger.clone());
        }
    }
}

//! Does what commands say. Not here: whether a command may come in (`gatekeeper`), and how it came (`reception`).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::receipt::SeqRange;
use super::refusal::{Reason, Refusal};
use super::reload::{Reload, Reloading};
use super::snapshot;
use crate::clock::Clock;
use crate::clock_sync::ClockSync;
use crate::newest_frames::NewestFrames;
use crate::plate::{CameraName, LaneName};
use crate::publish::Outbox;
use crate::publish::command::{Command, CommandName, CommandReply, SnapshotReply};
use crate::publish::corrections::Corrections;
use crate::publish::mqtt::Message;
use crate::publish::recent_events::RecentEvents;
use crate::publish::topics::{self, TopicRoot};
use crate::publish::utc_time::UtcTime;
use crate::trigger::TriggerOrigin;
use crate::triggers::{TriggerDesk, TriggerRequest};

/// What the desk works with.
#[derive(Debug, Clone)]
pub struct DeskSettings {
    /// Takes triggers.
    pub triggers: TriggerDesk,
    /// Keeps events, and has those that were delivered.
    pub outbox: Outbox,
    /// The events that can be corrected.
    pub recent: RecentEvents,
    /// The pictures that can be asked for.
    pub frames: NewestFrames,
    /// Whether what the gate shows must not let strangers be recognised: then no whole picture is sent.
    pub blurs: bool,
    /// Whether the clock is right, for the events that are made here.
    pub clock_sync: ClockSync,
    /// The gate's lanes, each with its camera.
    pub lanes: LaneCameras,
    /// Where pictures are sent.
    pub root: TopicRoot,
    /// Reads the config again, where there is one.
    pub reload: Option<Arc<dyn Reload>>,
    /// Stamps replies.
    pub clock: Clock,
}

/// The gate's lanes, each with its camera. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct LaneCameras(Arc<Mutex<Vec<(LaneName, CameraName)>>>);

impl LaneCameras {
    /// From now on these are the lanes.
    pub fn set(&self, lanes: impl IntoIterator<Item = (LaneName, CameraName)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = lanes.into_iter().collect();
    }

    fn get(&self) -> Vec<(LaneName, CameraName)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DeskSettings {
    /// Corrects events, for commands and for whoever else may.
    #[must_use]
    pub fn corrections(&self) -> Corrections {
        Corrections {
            recent: self.recent.clone(),
            outbox: self.outbox.clone(),
            clock_sync: self.clock_sync.clone(),
            clock: self.clock,
        }
    }
}

/// Does what commands say.
#[derive(Debug)]
pub struct CommandDesk(DeskSettings);

/// What a command has led to.
#[derive(Debug)]
pub struct Done {
    /// What is replied.
    pub reply: CommandReply,
    /// What is sent before the reply.
    pub first: Option<Message>,
    /// What begins after the reply.
    pub then: Option<Reloading>,
}

impl From<CommandReply> for Done {
    fn from(reply: CommandReply) -> Self {
        Self { reply, first: None, then: None }
    }
}

impl CommandDesk {
    /// A desk.
    #[must_use]
    pub fn new(settings: DeskSettings) -> Self {
        Self(settings)
    }

    /// Does what `command` says.
    ///
    /// # Errors
    /// [`Refusal`] when it cannot be done, in words for whoever sent it.
    pub fn obey(&self, command: &Command) -> Result<Done, Refusal> {
        match command.command {
            CommandName::Ping => Ok(self.done().into()),
            CommandName::Trigger => self.trigger(command),
            CommandName::Resend => self.resend(command),
            CommandName::Correct => self.correct(command),
            CommandName::Snapshot => self.snapshot(command),
            CommandName::Reload => self.reload(),
        }
    }

    fn trigger(&self, command: &Command) -> Result<Done, Refusal> {
        let lane = command.lane.clone().ok_or_else(|| malformed("a trigger needs a `lane`"))?;
        let request = TriggerRequest { lane, id: command.id.clone(), seconds: command.seconds };
        let accepted = self.0.triggers.take(&request, TriggerOrigin::Command).map_err(|why| refused(&why))?;
        let reply = CommandReply {
            trigger_id: Some(accepted.id.to_string()),
            answered_within_s: Some(accepted.answered_within.as_secs_f64()),
            ..self.done()
        };
        Ok(reply.into())
    }

    fn resend(&self, command: &Command) -> Result<Done, Refusal> {
        let (Some(from_seq), Some(to_seq)) = (command.from_seq, command.to_seq) else {
            return Err(malformed("a resend needs `from_seq` and `to_seq`"));
        };
        let range = SeqRange::new(from_seq, to_seq)?;
        let now = self.0.clock.now().wall;
        let restored = self.0.outbox.restore(range.from_seq, range.to_seq, now).map_err(|why| refused(&why))?;
        let coming = restored.restored.saturating_add(restored.waiting);
        Ok(CommandReply { coming: Some(coming), missing: Some(restored.missing), ..self.done() }.into())
    }

    fn correct(&self, command: &Command) -> Result<Done, Refusal> {
        let (Some(event_id), Some(text)) = (command.event_id, command.text.as_deref()) else {
            return Err(malformed("a correction needs `event_id` and `text`"));
        };
        let corrected = self.0.corrections().correct(event_id, text);
        let (stored, revision) = corrected.map_err(|why| refused(&why))?;
        Ok(CommandReply { seq: Some(stored.seq), revision: Some(revision), ..self.done() }.into())
    }

    fn snapshot(&self, command: &Command) -> Result<Done, Refusal> {
        if self.0.blurs {
            return Err(refused(
                &"this gate blurs its pictures (`blur` in [evidence]), and a snapshot would show everybody",
            ));
        }
        let camera = self.camera_of(command)?;
        let nothing = || refused(&format!("camera {camera} has given no picture yet"));
        let frame = self.0.frames.of(&camera).ok_or_else(nothing)?;
        let jpeg = snapshot::jpeg(&frame).ok_or_else(nothing)?;
        let topic = self.0.root.join(&topics::snapshot(camera.as_str()));
        let snapshot = SnapshotReply {
            topic: topic.clone(),
            camera: camera.to_string(),
            taken_at: UtcTime::new(frame.captured_at.wall),
            age_ms: self.age_ms(frame.captured_at.wall),
            bytes: jpeg.bytes.len() as u64,
            size_px: [jpeg.size.0, jpeg.size.1],
        };
        let reply = CommandReply { snapshot: Some(snapshot), ..self.done() };
        Ok(Done { first: Some(Message::new(topic, jpeg.bytes)), ..reply.into() })
    }

    fn camera_of(&self, command: &Command) -> Result<CameraName, Refusal> {
        let lanes = self.0.lanes.get();
        let known = |names: Vec<&str>| names.join(", ");
        match (&command.lane, &command.camera) {
            (Some(lane), None) => {
                let found = lanes.iter().find(|(name, _)| name.as_str() == lane).map(|(_, camera)| camera.clone());
                let names = || known(lanes.iter().map(|(name, _)| name.as_str()).collect());
                found.ok_or_else(|| refused(&format!("no lane has the name {lane:?}; the lanes are {}", names())))
            }
            (None, Some(camera)) => {
                let found = lanes.iter().map(|(_, name)| name).find(|name| name.as_str() == camera).cloned();
                let names = || known(lanes.iter().map(|(_, name)| name.as_str()).collect());
                found.ok_or_else(|| refused(&format!("no camera has the name {camera:?}; the cameras are {}", names())))
            }
            _ => Err(malformed("a snapshot needs a `lane` or a `camera`, one of the two")),
        }
    }

    fn reload(&self) -> Result<Done, Refusal> {
        let reload = self.0.reload.as_ref().ok_or_else(|| refused(&"this run has no config file"))?;
        let reloading = reload.reload().map_err(|why| refused(&why))?;
        let reply = CommandReply { changed: Some(reloading.changed.clone()), ..self.done() };
        Ok(Done { then: Some(reloading), ..reply.into() })
    }

    fn done(&self) -> CommandReply {
        CommandReply::done(UtcTime::new(self.0.clock.now().wall))
    }

    fn age_ms(&self, at: jiff::Timestamp) -> u64 {
        u64::try_from(self.0.clock.now().wall.duration_since(at).as_millis()).unwrap_or(0)
    }
}

fn malformed(text: &str) -> Refusal {
    Refusal::new(Reason::Malformed, text)
}

fn refused(why: &dyn fmt::Display) -> Refusal {
    Refusal::new(Reason::Refused, why.to_string())
}

#[cfg(test)]
#[path = "desk_tests.rs"]
pub(in crate::publish) mod tests;

//! The time in which a lane is read because of a trigger.

use std::time::Duration;

use crate::frame::{Frame, Moment};
use crate::geometry::Quad;
use crate::passage::NoReadReason;
use crate::side_number::SideNumberBallot;
use crate::trigger::{Trigger, add_triggers};

/// From a trigger to its answer.
#[derive(Debug)]
pub(super) struct Window {
    /// What opened it, and what came before it was answered: one vehicle.
    pub(super) triggers: Vec<Trigger>,
    /// When it was opened, on the process's monotonic clock.
    opened: Duration,
    /// Frames that were analysed in it.
    pub(super) frames: u64,
    /// Whether a passage has answered it.
    pub(super) answered: bool,
    /// Whether anything at all was read in it.
    pub(super) readings: bool,
    /// Why a plate that was found was not legible.
    pub(super) illegible: Option<NoReadReason>,
    /// The best look at what came to nothing, or the last frame.
    pub(super) look: Option<(Frame, Option<Quad>)>,
    /// What was read on the side of a vehicle without a legible plate.
    pub(super) side_numbers: SideNumberBallot,
}

/// A loop that bounces, or a hand on a button, is one vehicle; but nobody presses so often for one.
const MOST_TRIGGERS: usize = 16;
/// A window that was opened late, because recognition was held up, is open for so long all the same: some frames come.
const LEAST_OPEN: Duration = Duration::from_secs(1);

impl Window {
    /// Opened at `now` on the process's clock, which may be later than the trigger came.
    pub(super) fn opened_by(trigger: Trigger, now: Moment) -> Self {
        let opened = now.elapsed;
        Self {
            triggers: vec![trigger],
            opened,
            frames: 0,
            answered: false,
            readings: false,
            illegible: None,
            look: None,
            side_numbers: SideNumberBallot::default(),
        }
    }

    /// Whether `trigger` is of the vehicle that the window is open for: it came before the answer to the first was due.
    pub(super) fn takes(&self, trigger: &Trigger) -> bool {
        let in_time = trigger.at.elapsed < self.end();
        !self.answered && in_time && (self.triggers.len() < MOST_TRIGGERS || self.knows(trigger))
    }

    pub(super) fn join(&mut self, trigger: Trigger) {
        add_triggers(&mut self.triggers, &[trigger]);
    }

    fn knows(&self, trigger: &Trigger) -> bool {
        self.triggers.iter().any(|earlier| earlier.id == trigger.id)
    }

    /// When the first trigger came.
    pub(super) fn began(&self) -> Moment {
        self.first().at
    }

    /// When its answer is due, on the process's monotonic clock.
    pub(super) fn due(&self) -> Duration {
        self.end().max(self.opened.saturating_add(LEAST_OPEN))
    }

    fn end(&self) -> Duration {
        self.first().at.elapsed.saturating_add(self.first().window)
    }

    fn first(&self) -> &Trigger {
        self.triggers.first().expect("a window is opened by a trigger")
    }

    pub(super) fn analysed(&mut self, frame: &Frame) {
        self.frames += 1;
        if !self.readings {
            self.look = Some((frame.clone(), None));
        }
    }

    /// A track that came to nothing.
    pub(super) fn read_without_result(&mut self, frame: &Frame, corners: Quad) {
        self.readings = true;
        self.look = Some((frame.clone(), Some(corners)));
    }
}

//! The only place that reads a clock. Everything else is handed its time.
#![expect(clippy::disallowed_methods, reason = "this is the clock that the lint points to")]

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::frame::Moment;

/// The wall clock's time, where no moment is handed in: for names of files and for log-like remarks, never for decisions.
#[must_use]
pub fn wall_time() -> Timestamp {
    Timestamp::now()
}

/// Counts from its making, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// A clock whose monotonic time is zero now.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Now, on both clocks.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment { wall: Timestamp::now(), elapsed: self.elapsed() }
    }

    /// Monotonic time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

//! What time a frame carries, and when a frame of a recording is released.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::frame::Moment;
use crate::stop::Stop;

/// Which wall time the frames of a recording carry. Their elapsed time is the recording's own at any speed, so that
/// tracks come out alike.
#[derive(Debug, Clone, Copy)]
pub enum Timeline {
    /// The clock's time when the frame is released: a recording that stands for a camera.
    Live(Clock),
    /// When the recording was made: a replay, the same every time.
    Recording {
        /// When the first frame was taken. Without it the recording's own creation time counts, and 1970-01-01
        /// where it has none.
        start: Option<Timestamp>,
    },
}

impl Timeline {
    /// The moment of a frame that is shown `elapsed` after the first frame of a recording made at `created`.
    pub(super) fn moment(self, created: Option<Timestamp>, elapsed: Duration) -> Moment {
        let wall = match self {
            Self::Live(clock) => clock.now().wall,
            Self::Recording { start } => {
                let start = start.or(created).unwrap_or(Timestamp::UNIX_EPOCH);
                start.checked_add(elapsed).unwrap_or(Timestamp::MAX)
            }
        };
        Moment { wall, elapsed }
    }
}

/// When a frame of a recording is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pacing {
    /// When it is due, as when it was recorded. What is late is released at once.
    RealTime,
    /// At once.
    Fast,
}

/// Holds frames of a recording back until they are due.
#[derive(Debug)]
pub(super) struct Pacer {
    pacing: Pacing,
    clock: Clock,
    stop: Stop,
    /// What the clock showed at the recording's time zero.
    zero: Option<Duration>,
}

/// What came of waiting for a frame's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// Release it.
    Now,
    /// The deadline came first; ask again.
    NotYet,
    /// A stop was asked for.
    Stopped,
}

impl Pacer {
    pub(super) fn new(pacing: Pacing, clock: Clock, stop: Stop) -> Self {
        Self { pacing, clock, stop, zero: None }
    }

    /// Waits at most `deadline` until the frame at `elapsed` of the recording is due.
    pub(super) fn wait(&mut self, elapsed: Duration, deadline: Duration) -> Due {
        if self.stop.requested() {
            return Due::Stopped;
        }
        if self.pacing == Pacing::Fast {
            return Due::Now;
        }
        let now = self.clock.elapsed();
        let zero = *self.zero.get_or_insert(now.saturating_sub(elapsed));
        let early = zero.saturating_add(elapsed).saturating_sub(now);
        match self.stop.wait(early.min(deadline)) {
            true => Due::Stopped,
            false if early > deadline => Due::NotYet,
            false => Due::Now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pacer(pacing: Pacing) -> (Pacer, Stop) {
        let stop = Stop::default();
        (Pacer::new(pacing, Clock::start(), stop.clone()), stop)
    }

    #[test]
    fn a_frame_is_not_released_before_it_is_due() {
        let (mut pacer, _) = pacer(Pacing::RealTime);
        assert_eq!(pacer.wait(Duration::ZERO, Duration::from_secs(1)), Due::Now);
        assert_eq!(pacer.wait(Duration::from_secs(600), Duration::from_millis(1)), Due::NotYet);
    }

    #[test]
    fn a_fast_replay_never_waits() {
        let (mut pacer, _) = pacer(Pacing::Fast);
        assert_eq!(pacer.wait(Duration::from_secs(600), Duration::from_secs(600)), Due::Now);
    }

    #[test]
    fn a_stop_ends_the_wait() {
        let (mut pacer, stop) = pacer(Pacing::RealTime);
        assert_eq!(pacer.wait(Duration::ZERO, Duration::ZERO), Due::Now);
        let waiter = std::thread::spawn(move || pacer.wait(Duration::from_secs(600), Duration::from_secs(600)));
        stop.request();
        assert_eq!(waiter.join().expect("the waiter does not panic"), Due::Stopped);
    }

    #[test]
    fn a_replay_carries_the_time_of_the_recording() {
        let made: Timestamp = "2026-03-04T05:06:07Z".parse().expect("a time");
        let wall = |start, created| {
            Timeline::Recording { start }.moment(created, Duration::from_millis(1500)).wall.to_string()
        };
        assert_eq!(wall(None, Some(made)), "2026-03-04T05:06:08.5Z");
        assert_eq!(wall(Some(Timestamp::UNIX_EPOCH), Some(made)), "1970-01-01T00:00:01.5Z");
        assert_eq!(wall(None, None), "1970-01-01T00:00:01.5Z");
    }
}

//! Whether decoding has fallen behind the stream, and which frames it leaves out to catch up.
//!
//! A frame that is read late shows in its timestamp: the process clock has gone on further than the stream has. The
//! difference means nothing by itself (cameras begin anywhere), so the smallest one seen counts as on time. It must follow
//! cameras whose clocks run slow or whose timestamps jump; for that it matters whether the connection had run dry: where
//! nothing more waits to be read, nothing is late.
//!
//! Frames are left out up to a key frame, so this pays only once the newest key frame has arrived: what waits must be
//! longer than the distance of key frames.

use std::collections::VecDeque;
use std::time::Duration;

/// What is allowed at least. A busy core makes a thread wait for a tenth of it.
const ALLOWED: Duration = Duration::from_millis(750);
/// How fast the on-time difference may rise while the connection runs dry: cameras that stamp frames with their nominal
/// rate are up to 2 % off.
const DRIFT: i64 = 50;

/// Key frames come at one distance; so many tell it.
const REMEMBERED: usize = 4;

/// Follows one stream.
#[derive(Debug, Default)]
pub(super) struct Lag {
    /// The difference of a frame that is on time, in µs, and when it was updated.
    on_time: Option<(i64, Duration)>,
    /// The stream's time at the last key frame, and the distances of the last ones: a jump of the camera's clock and a lost key
    /// frame are forgotten soon.
    key: Option<Duration>,
    key_distances: VecDeque<Duration>,
    skipping: bool,
}

/// A frame as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    /// Its time in the stream, in µs since any moment.
    pub(super) stream: i64,
    /// The process clock.
    pub(super) now: Duration,
    /// It was waited for: nothing else waits to be read.
    pub(super) dry: bool,
    /// Decoding can begin with it.
    pub(super) key: bool,
}

impl Lag {
    /// Whether this frame is left out.
    pub(super) fn skips(&mut self, frame: Arrival) -> bool {
        let late = self.lateness(frame);
        if frame.key {
            self.note_key(frame.stream);
        }
        let allowed = self.key_distances.iter().copied().fold(ALLOWED, Duration::max);
        match (self.skipping, late > allowed) {
            // A key frame that is still late: a newer one waits behind it.
            (true, false) if frame.key => self.skipping = false,
            (false, true) => self.skipping = true,
            _ => {}
        }
        self.skipping
    }

    fn lateness(&mut self, frame: Arrival) -> Duration {
        let now = i64::try_from(frame.now.as_micros()).unwrap_or(i64::MAX);
        let difference = now.saturating_sub(frame.stream);
        let (on_time, updated) = self.on_time.unwrap_or((difference, frame.now));
        let on_time = if frame.dry && self.skipping {
            // Everything there was has been left out; what still differs is a jump of the camera's clock.
            difference
        } else if frame.dry {
            let passed = i64::try_from(frame.now.saturating_sub(updated).as_micros()).unwrap_or(i64::MAX);
            difference.min(on_time.saturating_add(passed / DRIFT))
        } else {
            difference.min(on_time)
        };
        self.on_time = Some((on_time, frame.now));
        Duration::from_micros(u64::try_from(difference.saturating_sub(on_time)).unwrap_or(0))
    }

    fn note_key(&mut self, stream: i64) {
        let at = Duration::from_micros(u64::try_from(stream).unwrap_or(0));
        if let Some(last) = self.key.replace(at) {
            // Jumps of the clock are no distances.
            let distance = at.saturating_sub(last);
            if distance < Duration::from_secs(20) {
                self.key_distances.push_back(distance);
                if self.key_distances.len() > REMEMBERED {
                    self.key_distances.pop_front();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME_MS: u64 = 40;
    const KEY_EVERY: u64 = 25;

    /// Frames at 25 per second with a key frame each second.
    #[derive(Default)]
    struct Camera {
        lag: Lag,
        frames: u64,
        /// What the camera's clock is ahead, in ms.
        ahead: i64,
    }

    impl Camera {
        /// Reads the next frame `late` ms after it was sent.
        fn read(&mut self, late: u64, dry: bool) -> bool {
            let sent = self.frames * FRAME_MS;
            let key = self.frames.is_multiple_of(KEY_EVERY);
            self.frames += 1;
            let stream = (i64::try_from(sent).expect("short") + self.ahead) * 1000;
            self.lag.skips(Arrival { stream, now: Duration::from_millis(sent + late), dry, key })
        }

        fn skipped(&mut self, frames: u64, late: impl Fn(u64) -> u64, dry: bool) -> usize {
            (0..frames).filter(|n| self.read(late(*n), dry)).count()
        }
    }

    #[test]
    fn nothing_is_left_out_while_decoding_keeps_up() {
        let mut camera = Camera::default();
        assert_eq!(camera.skipped(2000, |n| 100 + n % 7 * 60, false), 0);
    }

    #[test]
    fn what_waits_is_left_out_up_to_the_newest_key_frame() {
        let mut camera = Camera::default();
        assert_eq!(camera.skipped(100, |_| 5, true), 0);
        // The thread was held up for 3.4 s and reads what waits at once: frames 100 to 184, key frames at 125, 150, 175.
        let late = |n: u64| 3400_u64.saturating_sub(n * FRAME_MS) + 5;
        let kept: Vec<u64> = (0..90).filter(|n| !camera.read(late(*n), false)).collect();
        assert_eq!(kept.first(), Some(&75), "the newest key frame");
        assert_eq!(kept.len(), 15);
    }

    #[test]
    fn a_slow_decoder_never_builds_up_delay() {
        let mut camera = Camera::default();
        let (mut late, mut worst, mut shown) = (0, 0, 0);
        for _ in 0..5000 {
            let skipped = camera.read(late, late == 0);
            worst = worst.max(late);
            shown += usize::from(!skipped);
            // Decoding takes one and a half frame times, leaving out takes a hundredth.
            late = if skipped { late.saturating_sub(FRAME_MS) } else { late + FRAME_MS / 2 };
        }
        assert!(worst < 1100, "{worst} ms late");
        assert!(shown > 2000, "{shown} of 5000 shown");
    }

    #[test]
    fn a_camera_whose_clock_runs_slow_is_not_taken_for_late() {
        let mut camera = Camera::default();
        for n in 0..20_000 {
            camera.ahead = -i64::from(n) / 2;
            assert!(!camera.read(5, true), "1.25 % slow, frame {n}");
        }
    }

    #[test]
    fn a_jump_of_the_cameras_clock_does_not_allow_more_delay_for_long() {
        let mut camera = Camera::default();
        camera.skipped(100, |_| 5, true);
        camera.ahead = 12_000;
        camera.skipped(200, |_| 5, true);
        let late = |n: u64| 3400_u64.saturating_sub(n * FRAME_MS) + 5;
        assert!(camera.skipped(90, late, false) > 60, "what is three seconds late is left out");
    }

    #[test]
    fn jumps_of_the_cameras_clock_cost_a_key_frame_distance_at_most() {
        let mut camera = Camera::default();
        for ahead in [0, 3_600_000, -3_600_000, 86_400_000, 0] {
            camera.ahead = ahead;
            let skipped = camera.skipped(100, |_| 5, true);
            assert!(skipped <= KEY_EVERY as usize, "{skipped} left out after a jump to {ahead} ms");
        }
    }
}

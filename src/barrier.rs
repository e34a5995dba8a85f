//! A barrier: pulses on an output of the computer, one at a time, in a thread of its own.
//!
//! Whatever happens the output becomes inactive again: after the pulse, at a stop, and, where setting it fails, at every
//! following attempt until it succeeds. A pulse that waited is not given any more. Not here: whether there may be a pulse
//! (`plate_list::pulse_rule`).

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::{error, info, info_span};

use crate::clock::Clock;
use crate::gpio::{LineFault, OutputLine};
use crate::stop::Stop;

/// What gives a pulse: an output line, or what a test has in its place.
pub trait Output: Send + 'static {
    /// Opens the barrier's contact or closes it.
    ///
    /// # Errors
    /// [`LineFault`] when it cannot be set.
    fn set(&mut self, level: Level) -> Result<(), LineFault>;
}

/// What an output is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The barrier opens.
    Active,
    /// At rest.
    Inactive,
}

impl Output for OutputLine {
    fn set(&mut self, level: Level) -> Result<(), LineFault> {
        match level {
            Level::Active => self.set_active(),
            Level::Inactive => self.set_inactive(),
        }
    }
}

/// A pulse that was decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pulse {
    length: Duration,
    decided: Duration,
}

/// Why a pulse is not given although it might be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotGiven {
    /// One is under way.
    #[error("a pulse is under way")]
    Busy,
    /// Its thread is gone.
    #[error("the barrier's thread has ended")]
    Gone,
}

/// A pulse that waited longer than this is none any more: the vehicle in front of the barrier may be another one.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How often a waiting thread looks for a stop.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// Where pulses are ordered. Clones order from the same barrier.
#[derive(Debug, Clone)]
pub struct Barrier {
    pulses: SyncSender<Pulse>,
    clock: Clock,
}

impl Barrier {
    /// A barrier named `name` in logs, until a stop.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(name: &str, output: impl Output, clock: Clock, stop: Stop) -> io::Result<(Self, JoinHandle<()>)> {
        let (pulses, ordered) = sync_channel(1);
        let worker = Worker { output, ordered, clock, stop, is_active: false, told: false };
        let span = info_span!("barrier", line = name);
        let thread = thread::Builder::new().name("barrier".to_owned()).spawn(move || span.in_scope(|| worker.run()))?;
        Ok((Self { pulses, clock }, thread))
    }

    /// Orders a pulse. Never waits.
    ///
    /// # Errors
    /// [`NotGiven`] while one waits or is under way, or after the end.
    pub fn pulse(&self, length: Duration) -> Result<(), NotGiven> {
        self.pulses.try_send(Pulse { length, decided: self.clock.elapsed() }).map_err(|error| match error {
            TrySendError::Full(_) => NotGiven::Busy,
            TrySendError::Disconnected(_) => NotGiven::Gone,
        })
    }
}

struct Worker<O> {
    output: O,
    ordered: Receiver<Pulse>,
    clock: Clock,
    stop: Stop,
    /// Whether it may still be active, because making it inactive failed.
    is_active: bool,
    /// Whether it was said that it cannot be made inactive.
    told: bool,
}

impl<O: Output> Worker<O> {
    fn run(mut self) {
        while !self.stop.requested() {
            match self.ordered.recv_timeout(STOP_CHECK) {
                Ok(pulse) => self.give(pulse),
                Err(RecvTimeoutError::Timeout) if self.is_active => self.rest(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.rest();
    }

    fn give(&mut self, pulse: Pulse) {
        if self.clock.elapsed().saturating_sub(pulse.decided) > LONGEST_WAIT {
            return error!("a pulse waited too long and is not given");
        }
        self.is_active = true;
        match self.output.set(Level::Active) {
            Ok(()) => {
                info!(length_ms = pulse.length.as_millis(), "pulse");
                // A stop ends the pulse early; the output is made inactive in either case.
                let _stopped: bool = self.stop.wait(pulse.length);
            }
            Err(error) => error!(%error, "the output cannot be made active: no pulse is given"),
        }
        self.rest();
    }

    fn rest(&mut self) {
        match self.output.set(Level::Inactive) {
            Ok(()) => (self.is_active, self.told) = (false, false),
            Err(error) => {
                self.is_active = true;
                if !std::mem::replace(&mut self.told, true) {
                    error!(%error, "the output cannot be made inactive; trying until it can");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Tells what it is set to; fails as often as it is told to.
    struct FakeOutput {
        told: Sender<Level>,
        failures: usize,
    }

    impl Output for FakeOutput {
        fn set(&mut self, level: Level) -> Result<(), LineFault> {
            self.told.send(level).expect("the test listens");
            if level == Level::Inactive && self.failures > 0 {
                self.failures -= 1;
                return Err(LineFault("unplugged".to_owned()));
            }
            Ok(())
        }
    }

    fn barrier(failures: usize) -> (Barrier, Receiver<Level>, Stop, JoinHandle<()>) {
        let (told, levels) = channel();
        let stop = Stop::default();
        let output = FakeOutput { told, failures };
        let (barrier, thread) = Barrier::start("test", output, Clock::start(), stop.clone()).expect("a thread");
        (barrier, levels, stop, thread)
    }

    #[test]
    fn a_pulse_makes_the_output_active_and_inactive_again() {
        let (barrier, levels, stop, thread) = barrier(0);
        barrier.pulse(Duration::from_millis(1)).expect("nothing else is under way");
        assert_eq!((levels.recv(), levels.recv()), (Ok(Level::Active), Ok(Level::Inactive)));
        stop.request();
        thread.join().expect("it ends");
        assert_eq!(levels.iter().collect::<Vec<_>>(), [Level::Inactive]);
    }

    #[test]
    fn a_stop_in_the_middle_of_a_pulse_makes_the_output_inactive() {
        let (barrier, levels, stop, thread) = barrier(0);
        barrier.pulse(Duration::from_secs(3600)).expect("nothing else is under way");
        assert_eq!(levels.recv(), Ok(Level::Active));
        stop.request();
        thread.join().expect("it ends");
        assert!(levels.iter().all(|level| level == Level::Inactive));
        assert_eq!(barrier.pulse(Duration::ZERO), Err(NotGiven::Gone));
    }

    #[test]
    fn an_output_that_stays_active_is_set_again_until_it_obeys() {
        let (barrier, levels, stop, thread) = barrier(2);
        barrier.pulse(Duration::from_millis(1)).expect("nothing else is under way");
        let first: Vec<_> = levels.iter().take(4).collect();
        assert_eq!(first, [Level::Active, Level::Inactive, Level::Inactive, Level::Inactive]);
        stop.request();
        thread.join().expect("it ends");
    }

    /// What is logged on this thread.
    #[derive(Debug, Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("nobody panics holding it").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_stays_active_is_told_once_in_the_log_and_again_the_next_time() {
        let (stop, log, (told, _levels)) = (Stop::default(), Log::default(), channel());
        let output = FakeOutput { told, failures: 2 };
        let (_pulses, ordered) = sync_channel(1);
        let clock = Clock::start();
        let mut worker = Worker { output, ordered, clock, stop, is_active: false, told: false };
        let pulse = Pulse { length: Duration::ZERO, decided: clock.elapsed() };
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, || {
            worker.give(pulse);
            worker.rest();
            worker.rest();
            worker.output.failures = 1;
            worker.give(pulse);
        });
        let log = String::from_utf8(log.0.lock().expect("nobody panics holding it").clone()).expect("it is text");
        assert_eq!(log.matches("cannot be made inactive").count(), 2, "{log}");
    }

    #[test]
    fn while_pulses_wait_further_ones_are_refused() {
        let (barrier, levels, stop, thread) = barrier(0);
        barrier.pulse(Duration::from_secs(3600)).expect("nothing else is under way");
        assert_eq!(levels.recv(), Ok(Level::Active));
        barrier.pulse(Duration::from_secs(1)).expect("one may wait for its turn");
        assert_eq!(barrier.pulse(Duration::from_secs(1)), Err(NotGiven::Busy));
        stop.request();
        thread.join().expect("it ends");
    }
}

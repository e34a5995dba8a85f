//! Input lines of the computer as triggers: a loop detector's relay, a light barrier, a button. Not here: how the kernel is
//! asked ([`gpio`](crate::gpio)).

use std::fmt;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tracing::{info, info_span, warn};

use super::{TriggerDesk, TriggerRequest};
use crate::backoff::Backoff;
pub use crate::gpio::ActiveLevel;
use crate::gpio::{InputLine, LineAddress, LineFault};
use crate::plate::LaneName;
use crate::stop::Stop;
use crate::trigger::TriggerOrigin;

/// A line and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpioLine {
    /// Where it is.
    pub address: LineAddress,
    /// The level at which a vehicle is there.
    pub active: ActiveLevel,
    /// Changes that last shorter are a bouncing contact.
    pub debounce: Duration,
}

/// Why a line cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error(
    "lane {lane}: cannot watch {address}: {reason}; check `[lane.gpio]`, and that the service's user may use it (group gpio)"
)]
pub struct GpioError {
    lane: LaneName,
    address: LineAddress,
    reason: String,
}

/// How often a waiting thread looks for a stop.
const STOP_CHECK: Duration = Duration::from_millis(100);
/// Pauses between attempts to get a line back: an expander on USB was pulled out, or its driver starts anew.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Watches a line until a stop, in a thread of its own. It must be there at the start; later it may go and come back.
///
/// # Errors
/// [`GpioError`] when there is no such line, it is in use, or the user may not use it.
pub fn watch(lane: LaneName, line: GpioLine, desk: TriggerDesk, stop: Stop) -> Result<JoinHandle<()>, GpioError> {
    let input = line.open(&lane)?;
    let name = format!("gpio {lane}");
    let refused = |error: std::io::Error| line.error(&lane, error.to_string());
    let watcher = Watcher { lane: lane.clone(), line: line.clone(), desk, stop };
    thread::Builder::new().name(name).spawn(move || watcher.run(input)).map_err(refused)
}

struct Watcher {
    lane: LaneName,
    line: GpioLine,
    desk: TriggerDesk,
    stop: Stop,
}

impl Watcher {
    fn run(self, input: InputLine) {
        let _span = info_span!("gpio", lane = %self.lane).entered();
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut input = Some(input);
        let mut lost = false;
        while !self.stop.requested() {
            let watched = match input.take() {
                Some(input) => Ok(input),
                None => self.line.open(&self.lane),
            };
            let error = match watched {
                Ok(input) => {
                    if std::mem::take(&mut lost) {
                        info!("input line back");
                    }
                    backoff.reset();
                    match self.read(&input) {
                        Ok(()) => return,
                        Err(reason) => self.line.error(&self.lane, reason.to_string()),
                    }
                }
                Err(error) => error,
            };
            if !std::mem::replace(&mut lost, true) {
                warn!(%error, "input line lost: vehicles give no trigger until it is back");
            }
            if self.stop.wait(backoff.next_pause()) {
                return;
            }
        }
    }

    /// Gives a trigger at every edge until a stop, and one for a vehicle that is there at the beginning.
    fn read(&self, input: &InputLine) -> Result<(), LineFault> {
        // A vehicle that stands there already gave its edge while nobody looked.
        if input.is_active()? {
            self.give_trigger();
        }
        while !self.stop.requested() {
            if input.becomes_active(STOP_CHECK)? {
                self.give_trigger();
            }
        }
        Ok(())
    }

    fn give_trigger(&self) {
        let trigger = TriggerRequest { lane: self.lane.to_string(), id: None, seconds: None };
        match self.desk.take(&trigger, TriggerOrigin::Gpio) {
            Ok(accepted) => info!(id = %accepted.id, "input line: a vehicle is there"),
            Err(refused) => warn!(%refused, "trigger of an input line refused"),
        }
    }
}

impl fmt::Display for GpioLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl GpioLine {
    fn open(&self, lane: &LaneName) -> Result<InputLine, GpioError> {
        InputLine::open(&self.address, self.active, self.debounce).map_err(|fault| self.error(lane, fault.to_string()))
    }

    fn error(&self, lane: &LaneName, reason: String) -> GpioError {
        GpioError { lane: lane.clone(), address: self.address.clone(), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    #[test]
    fn a_line_that_is_not_there_is_refused_with_its_chip_and_lane() {
        let lane = LaneName::try_from("in-2").expect("a name");
        let line = GpioLine {
            address: LineAddress { chip: "/dev/no-such-chip".into(), line: 17 },
            active: ActiveLevel::High,
            debounce: Duration::from_millis(50),
        };
        let (desk, _inbox) = super::super::desk([], Clock::start());
        let error = watch(lane, line, desk, Stop::default()).expect_err("there is no such chip").to_string();
        assert!(error.starts_with("lane in-2: cannot watch line 17 of /dev/no-such-chip"), "{error}");
    }
}

//! Signs of life: whoever loops says at each turn when it comes round again at the latest, and others see whether it did.
//!
//! Not here: what becomes of one that does not; that is the watchdog's.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// One loop's signs of life. Clones are of the same loop.
#[derive(Debug, Clone)]
pub struct Pulse(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// It has not turned yet, and was made at zero.
    New,
    /// It comes round again by then.
    DueBy(Duration),
    /// It waits for somebody who has a pulse of his own, or has ended as it should.
    AtRest,
}

/// What a pulse says at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sign {
    /// Whether it has turned at least once.
    pub begun: bool,
    /// For how long it should have come round already; zero while it is in time.
    pub late: Duration,
}

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(Shared { clock: Clock::start(), state: Mutex::new(State::New) }))
    }
}

impl Pulse {
    /// It turns, and comes round again `within` that time.
    pub fn turned(&self, within: Duration) {
        *self.lock() = State::DueBy(self.0.clock.elapsed().saturating_add(within));
    }

    /// Waits for `work`, however long it takes, and turns meanwhile every `period`: for what is not in this loop's hands.
    pub async fn turning<T>(&self, period: Duration, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            self.turned(period);
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::time::sleep(period) => {}
            }
        }
    }

    /// It waits from now on, however long that takes: for somebody who has a pulse of his own, or because it has ended as it
    /// should.
    pub fn rests(&self) {
        *self.lock() = State::AtRest;
    }

    /// What it says now.
    #[must_use]
    pub fn sign(&self) -> Sign {
        let state = *self.lock();
        let now = self.0.clock.elapsed();
        match state {
            State::New => Sign { begun: false, late: now },
            State::DueBy(due) => Sign { begun: true, late: now.saturating_sub(due) },
            State::AtRest => Sign { begun: true, late: Duration::ZERO },
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn who_has_not_begun_is_late_from_the_start() {
        let pulse = Pulse::default();
        let first = pulse.sign();
        while pulse.sign().late <= first.late {}
        assert!(!pulse.sign().begun);
    }

    #[test]
    fn who_said_when_he_comes_round_is_late_only_after_that() {
        let pulse = Pulse::default();
        pulse.turned(LONG);
        assert_eq!(pulse.sign(), Sign { begun: true, late: Duration::ZERO });
        pulse.turned(Duration::ZERO);
        while pulse.sign().late.is_zero() {}
        pulse.turned(LONG);
        assert_eq!(pulse.sign().late, Duration::ZERO);
    }

    #[test]
    fn who_waits_for_another_or_has_ended_is_never_late() {
        let pulse = Pulse::default();
        pulse.turned(Duration::ZERO);
        pulse.rests();
        assert_eq!(pulse.sign(), Sign { begun: true, late: Duration::ZERO });
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_what_is_not_in_his_hands_turns_all_the_while() {
        let pulse = Pulse::default();
        let work = async {
            tokio::time::sleep(LONG * 24).await;
            pulse.sign()
        };
        assert_eq!(pulse.turning(LONG, work).await, Sign { begun: true, late: Duration::ZERO });
    }
}

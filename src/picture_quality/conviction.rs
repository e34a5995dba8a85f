//! From single observations to a state that does not flap.

use std::time::Duration;

/// What one observation says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    For,
    Against,
    /// Neither: what was believed stays believed.
    None,
}

/// Whether something is the case: believed after evidence for it has outweighed evidence against it by a given time, and
/// given up after as much evidence against it.
#[derive(Debug, Clone)]
pub(super) struct Conviction {
    needs: Duration,
    weight: Duration,
    holds: bool,
}

/// An observation speaks for no more time than this, so that after a pause one picture does not decide. Cameras that
/// send less than a picture in two seconds need more time by as much.
pub(super) const LONGEST_STEP: Duration = Duration::from_secs(2);

impl Conviction {
    pub(super) fn after(needs: Duration) -> Self {
        Self { needs, weight: Duration::ZERO, holds: false }
    }

    /// Weighs what was observed `since` the last observation.
    pub(super) fn weigh(&mut self, evidence: Evidence, since: Duration) {
        let step = since.min(LONGEST_STEP);
        self.weight = match evidence {
            Evidence::For => (self.weight + step).min(self.needs),
            Evidence::Against => self.weight.saturating_sub(step),
            Evidence::None => self.weight,
        };
        if self.weight == self.needs {
            self.holds = true;
        } else if self.weight.is_zero() {
            self.holds = false;
        }
    }

    pub(super) fn holds(&self) -> bool {
        self.holds
    }

    /// Believes nothing again.
    pub(super) fn forget(&mut self) {
        *self = Self::after(self.needs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_as_long_to_be_given_up_as_to_be_believed_and_doubt_changes_nothing() {
        let mut conviction = Conviction::after(Duration::from_secs(10));
        let mut after = |evidence, seconds: u32| {
            (0..seconds).for_each(|_| conviction.weigh(evidence, Duration::from_secs(1)));
            conviction.holds()
        };
        assert!(!after(Evidence::For, 9));
        assert!(!after(Evidence::Against, 3));
        assert!(after(Evidence::For, 4));
        assert!(after(Evidence::None, 100));
        assert!(after(Evidence::Against, 9));
        assert!(!after(Evidence::Against, 1));
    }

    #[test]
    fn one_picture_after_a_long_pause_does_not_decide() {
        let mut conviction = Conviction::after(Duration::from_secs(10));
        conviction.weigh(Evidence::For, Duration::from_secs(3600));
        assert!(!conviction.holds());
    }
}

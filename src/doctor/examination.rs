//! Looks at several things at once, each for a limited time: what hangs is told as unknown, and holds up nothing else.

use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::finding::{Check, Finding, Opinion};
use crate::clock::Clock;

/// A look at something.
pub(super) struct Examination {
    check: Check,
    limit: Duration,
    look: Box<dyn FnOnce() -> Vec<Opinion> + Send>,
}

/// A look that was begun.
struct Begun {
    check: Check,
    limit: Duration,
    said: Receiver<(Vec<Opinion>, Duration)>,
}

impl Examination {
    /// A look at `check` for at most `limit`.
    pub(super) fn new(check: Check, limit: Duration, look: impl FnOnce() -> Vec<Opinion> + Send + 'static) -> Self {
        Self { check, limit, look: Box::new(look) }
    }

    fn begin(self, clock: Clock) -> Result<Begun, Finding> {
        let Self { check, limit, look } = self;
        let (answer, said) = sync_channel(1);
        let thread = thread::Builder::new().name(format!("doctor {}", check.name()));
        let begun = clock.elapsed();
        let spawned = thread.spawn(move || {
            let opinions = look();
            // Nobody may be listening any more: the time was over.
            drop(answer.send((opinions, clock.elapsed().saturating_sub(begun))));
        });
        match spawned {
            Ok(_) => Ok(Begun { check, limit, said }),
            Err(error) => {
                let what = format!("the system gives no thread to look with: {error}");
                Err(Opinion::unknown(what, "end other programs, and ask again").finding(check, Duration::ZERO))
            }
        }
    }
}

/// All of them at once. A look that hangs is left behind.
pub(super) fn all_at_once(examinations: Vec<Examination>, clock: Clock) -> Vec<Finding> {
    let begun_at = clock.elapsed();
    let begun: Vec<_> = examinations.into_iter().map(|one| one.begin(clock)).collect();
    let answer = |begun: Result<Begun, Finding>| match begun {
        Err(finding) => vec![finding],
        Ok(begun) => begun.answer(clock.elapsed().saturating_sub(begun_at)),
    };
    begun.into_iter().flat_map(answer).collect()
}

impl Begun {
    /// What it said, if it does so before its limit, of which `gone` is over.
    fn answer(self, gone: Duration) -> Vec<Finding> {
        let Self { check, limit, said } = self;
        match said.recv_timeout(limit.saturating_sub(gone)) {
            Ok((opinions, took)) => opinions.into_iter().map(|one| one.finding(check, took)).collect(),
            Err(RecvTimeoutError::Timeout) => {
                let what = format!("there was no answer within {} s, so the look was given up", limit.as_secs());
                let remedy = "ask again; if it hangs again, what is looked at hangs: restart it, or this computer";
                vec![Opinion::unknown(what, remedy).finding(check, limit)]
            }
            Err(RecvTimeoutError::Disconnected) => {
                let opinion = Opinion::unknown("the look broke off, which is a bug", "report it with a support bundle");
                vec![opinion.finding(check, gone)]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::doctor::finding::Verdict;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn what_hangs_or_breaks_is_unknown_and_holds_up_nothing_else() {
        let (_never, hangs) = channel::<()>();
        let examinations = vec![
            Examination::new(Check::Camera, Duration::from_millis(20), move || {
                assert!(hangs.recv().is_err(), "nobody ever sends");
                vec![Opinion::good("late")]
            }),
            Examination::new(Check::Broker, LONG, || panic!("a bug")),
            Examination::new(Check::Disk, LONG, || vec![Opinion::good("one"), Opinion::good("two")]),
        ];
        let findings = all_at_once(examinations, Clock::start());
        let told: Vec<_> = findings.iter().map(|one| (one.check, one.verdict)).collect();
        let unknown = Verdict::Unknown;
        let expected = [
            (Check::Camera, unknown),
            (Check::Broker, unknown),
            (Check::Disk, Verdict::Good),
            (Check::Disk, Verdict::Good),
        ];
        assert_eq!(told, expected);
        assert!(findings[0].what.contains("no answer within"), "{findings:?}");
    }

    #[test]
    fn looks_are_begun_together() {
        let (here, there) = (sync_channel::<()>(0), sync_channel::<()>(0));
        let first = move || {
            here.0.send(()).expect("the other one listens");
            there.1.recv().expect("the other one speaks");
            vec![Opinion::good("first")]
        };
        let second = move || {
            here.1.recv().expect("the other one speaks");
            there.0.send(()).expect("the other one listens");
            vec![Opinion::good("second")]
        };
        let both = vec![Examination::new(Check::Clock, LONG, first), Examination::new(Check::Memory, LONG, second)];
        assert_eq!(all_at_once(both, Clock::start()).len(), 2);
    }
}

//! Watches whether capture, recognition and delivery turn, and tells systemd: ready once all of them do, alive as long as
//! all of them do, and how they fare. When one stands, nobody says "alive" any more, and systemd starts the daemon again.

use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use tracing::{error, info};

use super::cameras::Captures;
use crate::camera::{CameraBoard, CaptureState};
use crate::couriers::Couriers;
use crate::publish::DeliveryObserver;
use crate::pulse::{Pulse, Sign};
use crate::recognition_status::RecognitionStatus;
use crate::service;
use crate::stop::Stop;

/// How late somebody may be before he counts as standing: a computer that is short of memory or has a worn card halts
/// everything for many seconds, and a restart makes neither better.
const GRACE: Duration = Duration::from_secs(30);
/// How often it is looked.
const LOOK: Duration = Duration::from_secs(5);
/// The same until all turn for the first time.
const FIRST_LOOK: Duration = Duration::from_millis(50);

/// Who is watched.
pub(super) struct Watchdog {
    cameras: CameraBoard,
    others: Vec<(String, Pulse)>,
    events: DeliveryObserver,
    stop: Stop,
}

/// Who should have come round and has not.
#[derive(Debug, PartialEq, Eq)]
struct WhoStands(Vec<String>);

impl fmt::Display for WhoStands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// Whether everybody turns.
fn is_alive<'a>(signs: impl IntoIterator<Item = (&'a str, Sign)>) -> Result<(), WhoStands> {
    let standing = signs.into_iter().filter(|(_, sign)| sign.late > GRACE);
    let standing: Vec<_> = standing.map(|(who, _)| who.to_owned()).collect();
    if standing.is_empty() { Ok(()) } else { Err(WhoStands(standing)) }
}

impl Watchdog {
    /// Over the captures, recognition and the couriers, until `stop`.
    pub(super) fn over(
        captures: &Captures,
        recognition: &RecognitionStatus,
        couriers: Option<&Couriers>,
        stop: &Stop,
    ) -> anyhow::Result<Self> {
        let couriers = couriers.context("nothing is delivered, which is a bug in gatelpr")?;
        let deliveries = couriers.pulses().into_iter().map(|(to, pulse)| (format!("the delivery to {to}"), pulse));
        let recognition = ("recognition".to_owned(), recognition.pulse().clone());
        Ok(Self {
            cameras: captures.board().clone(),
            others: deliveries.chain([recognition]).collect(),
            events: couriers.broker.observer(),
            stop: stop.clone(),
        })
    }

    /// What everybody says now; the cameras are those of the config that is in use.
    fn signs(&self) -> Vec<(String, Sign)> {
        let cameras = self.cameras.cameras().into_iter();
        let cameras = cameras.map(|(name, status)| (format!("the camera {name}"), status.pulse().sign()));
        cameras.chain(self.others.iter().map(|(who, pulse)| (who.clone(), pulse.sign()))).collect()
    }

    /// Watches until the stop.
    pub(super) async fn run(self) {
        while self.signs().iter().any(|(_, sign)| !sign.begun) {
            if self.stopped_within(FIRST_LOOK).await {
                return;
            }
        }
        let mut told = self.status();
        service::ready(&told);
        let look = service::watchdog().map_or(LOOK, |patience| LOOK.min(patience / 4));
        let mut alive = Ok(());
        loop {
            let now = is_alive(self.signs().iter().map(|(who, sign)| (who.as_str(), *sign)));
            if now != alive {
                match &now {
                    Ok(()) => info!("everything turns again"),
                    Err(who) => error!("stands still: {who}; systemd will end the daemon and start it again"),
                }
                alive = now;
            }
            if alive.is_ok() {
                service::feed_watchdog();
            }
            let status = self.status();
            if status != told {
                service::status(&status);
                told = status;
            }
            if self.stopped_within(look).await {
                return;
            }
        }
    }

    async fn stopped_within(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.stop.wait_async()).await.is_ok()
    }

    /// How it fares, in plain words and one line.
    fn status(&self) -> String {
        let cameras = self.cameras.cameras();
        let states: Vec<_> = cameras.iter().map(|(name, status)| (name.as_str(), status.report().state)).collect();
        status_line(&states, self.events.status().depth)
    }
}

fn status_line(cameras: &[(&str, CaptureState)], waiting: u64) -> String {
    let of = |state| cameras.iter().filter(move |(_, other)| *other == state).map(|(name, _)| *name);
    let mut line = format!("cameras running: {} of {}", of(CaptureState::Running).count(), cameras.len());
    for (state, word) in
        [(CaptureState::Opening, "opening"), (CaptureState::Lost, "lost"), (CaptureState::Ended, "ended")]
    {
        let names: Vec<_> = of(state).collect();
        if !names.is_empty() {
            line += &format!("; {word}: {}", names.join(", "));
        }
    }
    line + &format!("; events waiting for the broker: {waiting}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const IN_TIME: Sign = Sign { begun: true, late: Duration::ZERO };

    #[track_caller]
    fn check(signs: &[(&str, Sign)], stands: &[&str]) {
        let expect =
            if stands.is_empty() { Ok(()) } else { Err(WhoStands(stands.iter().map(ToString::to_string).collect())) };
        assert_eq!(is_alive(signs.iter().copied()), expect);
    }

    #[test]
    fn it_is_alive_as_long_as_everybody_comes_round_in_time() {
        let late = |late| Sign { begun: true, late };
        check(&[], &[]);
        check(&[("a", IN_TIME), ("b", IN_TIME)], &[]);
        check(&[("a", late(GRACE)), ("b", IN_TIME)], &[]);
        let too_late = late(GRACE + Duration::from_millis(1));
        check(&[("a", too_late), ("b", IN_TIME)], &["a"]);
        check(&[("a", too_late), ("b", late(GRACE)), ("c", Sign { begun: false, ..too_late })], &["a", "c"]);
    }

    #[test]
    fn a_thread_that_stopped_turning_is_found_and_one_that_ended_is_not() {
        let (stuck, ended) = (Pulse::default(), Pulse::default());
        std::thread::scope(|scope| {
            scope.spawn(|| stuck.turned(Duration::ZERO));
            scope.spawn(|| ended.rests());
        });
        while stuck.sign().late.is_zero() {}
        let later = |sign: Sign| Sign { late: if sign.late.is_zero() { sign.late } else { sign.late + GRACE }, ..sign };
        check(&[("stuck", later(stuck.sign())), ("ended", later(ended.sign()))], &["stuck"]);
    }

    #[test]
    fn the_status_names_the_cameras_that_need_somebody() {
        use CaptureState::{Ended, Lost, Opening, Running};
        let all_run = status_line(&[("front", Running), ("rear", Running)], 0);
        assert_eq!(all_run, "cameras running: 2 of 2; events waiting for the broker: 0");
        let some = [("a", Running), ("b", Lost), ("c", Opening), ("d", Lost), ("e", Ended)];
        let told = "cameras running: 1 of 5; opening: c; lost: b, d; ended: e; events waiting for the broker: 7";
        assert_eq!(status_line(&some, 7), told);
    }
}

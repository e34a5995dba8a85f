//! How dense the traffic in a lane is, on the wire, and the way on which the newest reports reach the publisher and the map.
//! Not here: who counts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tracing::warn;

use super::event::Location;
use super::event_maker::rounded;
use super::mqtt::Answer;
use super::mqtt_error::MqttError;
use super::utc_time::UtcTime;
use crate::traffic::{Density, LaneTraffic, Quality};

/// How dense the traffic in one lane is: every 10 seconds, and at once when the density or the quality changes. Retained: the
/// newest replaces the one before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrafficReport {
    /// When this was so.
    pub at: UtcTime,
    /// The lane.
    pub lane: String,
    /// Where the lane is, if the gate was told.
    pub location: Option<Location>,
    /// Vehicles in the lane's zone, whether their plates are legible or not. Null when the quality is `blind`, as is every
    /// count: a camera that sees nothing says nothing about the traffic.
    pub vehicles_in_view: Option<u32>,
    /// Those of them that stand.
    pub queue_length: Option<u32>,
    /// How long the one that has waited longest has waited, in seconds; 0 when none stands.
    #[schemars(range(min = 0))]
    pub oldest_wait_s: Option<f64>,
    /// Vehicles that came in the last 5 minutes; null also until the lane has been seen for 5 minutes.
    pub arrivals_5m: Option<u32>,
    /// Vehicles that went in the last 5 minutes; null also until the lane has been seen for 5 minutes.
    pub departures_5m: Option<u32>,
    /// Share of the lane's length that is occupied now; null also for some seconds after the start.
    #[schemars(range(min = 0, max = 1))]
    pub occupancy: Option<f64>,
    /// Mean time between the last arrivals (at most ten, within 5 minutes), in seconds; null with fewer than two.
    #[schemars(range(min = 0))]
    pub headway_s: Option<f64>,
    /// How dense the traffic is, over the last half minute; null also for some seconds after the start.
    pub density: Option<TrafficDensity>,
    /// How well the lane is seen.
    pub quality: TrafficQuality,
}

/// How dense the traffic is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrafficDensity {
    /// Vehicles drive through by themselves.
    Free,
    /// Over 15 % of the lane is occupied, or a vehicle stands.
    Slow,
    /// Over 30 % is occupied and a vehicle stands, or three vehicles stand.
    Dense,
    /// Over 60 % is occupied and at least two vehicles stand, one of them for a minute.
    Jammed,
}

/// How well a lane is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrafficQuality {
    /// Well.
    Good,
    /// Counts may be wrong: rain, dirt, blur, or the gate does not know yet what the empty lane looks like.
    Degraded,
    /// Not at all: no pictures, no light, a covered, frozen or moved camera. Every count is null.
    Blind,
}

impl TrafficReport {
    /// What is told of `traffic`.
    #[must_use]
    pub fn of(lane: String, location: Option<Location>, at: UtcTime, traffic: &LaneTraffic) -> Self {
        let counts = traffic.counts.as_ref();
        Self {
            at,
            lane,
            location,
            vehicles_in_view: counts.map(|counts| counts.vehicles_in_view),
            queue_length: counts.map(|counts| counts.queue_length),
            oldest_wait_s: counts.map(|counts| rounded(counts.oldest_wait.as_secs_f64(), 1)),
            arrivals_5m: counts.and_then(|counts| counts.arrivals),
            departures_5m: counts.and_then(|counts| counts.departures),
            occupancy: counts.and_then(|counts| counts.occupancy).map(|share| rounded(f64::from(share), 3)),
            headway_s: counts.and_then(|counts| counts.headway).map(|headway| rounded(headway.as_secs_f64(), 1)),
            density: counts.and_then(|counts| counts.density).map(density),
            quality: quality(traffic.quality),
        }
    }
}

fn density(density: Density) -> TrafficDensity {
    match density {
        Density::Free => TrafficDensity::Free,
        Density::Slow => TrafficDensity::Slow,
        Density::Dense => TrafficDensity::Dense,
        Density::Jammed => TrafficDensity::Jammed,
    }
}

fn quality(quality: Quality) -> TrafficQuality {
    match quality {
        Quality::Good => TrafficQuality::Good,
        Quality::Degraded => TrafficQuality::Degraded,
        Quality::Blind => TrafficQuality::Blind,
    }
}

/// The newest report of each lane, by name.
type Newest = BTreeMap<String, Arc<TrafficReport>>;

/// Where reports are put.
#[derive(Debug, Clone)]
pub struct TrafficSender(watch::Sender<Newest>);

/// Where anybody finds the newest report of each lane.
#[derive(Debug, Clone)]
pub struct TrafficBoard(watch::Receiver<Newest>);

/// Where the publisher finds what it has not sent yet. It holds one report of each lane and no more.
pub struct TrafficReceiver {
    board: TrafficBoard,
    /// What was sent over the present connection.
    sent: Newest,
    /// The broker's answer to the last one: the next one waits for it, so that reports never take the place of events. The mutex is
    /// never waited for: it lets the publisher be looked at from several threads.
    under_way: Option<Mutex<Answer>>,
    /// The broker has refused one over the present connection, which was said in the log.
    refused: bool,
}

/// A way from recognition to the publisher and to the map.
#[must_use]
pub fn way() -> (TrafficSender, TrafficBoard) {
    let (sender, receiver) = watch::channel(Newest::new());
    (TrafficSender(sender), TrafficBoard(receiver))
}

impl TrafficSender {
    /// Replaces the report of its lane. Never waits.
    pub fn tell(&self, report: TrafficReport) {
        self.0.send_modify(|newest| {
            newest.insert(report.lane.clone(), Arc::new(report));
        });
    }

    /// Forgets the reports of lanes for which `there` is false.
    pub fn forget_all_but(&self, there: impl Fn(&str) -> bool) {
        self.0.send_if_modified(|newest| {
            let before = newest.len();
            newest.retain(|lane, _| there(lane));
            newest.len() != before
        });
    }
}

impl TrafficBoard {
    /// The newest report of each lane, in the order of their names.
    #[must_use]
    pub fn newest(&self) -> Vec<Arc<TrafficReport>> {
        self.0.borrow().values().cloned().collect()
    }

    /// For the publisher.
    #[must_use]
    pub fn receiver(self) -> TrafficReceiver {
        TrafficReceiver { board: self, sent: Newest::new(), under_way: None, refused: false }
    }
}

impl TrafficReceiver {
    /// The next report that was not sent; never, once nobody tells any. Dropping the wait loses nothing.
    pub(super) async fn next(&mut self) -> Arc<TrafficReport> {
        if let Some(answer) = &mut self.under_way {
            let answer = answer.get_mut().unwrap_or_else(PoisonError::into_inner).await;
            self.under_way = None;
            if let Err(error @ MqttError::Rejected { .. }) = answer
                && !std::mem::replace(&mut self.refused, true)
            {
                warn!(%error, "the traffic in lanes is not published");
            }
        }
        loop {
            if let Some(report) = self.unsent() {
                return report;
            }
            if self.board.0.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// The broker's answer to `report`, which was sent.
    pub(super) fn sent(&mut self, report: Arc<TrafficReport>, answer: Answer) {
        self.sent.insert(report.lane.clone(), report);
        self.under_way = Some(Mutex::new(answer));
    }

    /// A new connection: nothing was sent over it.
    pub(super) fn forget(&mut self) {
        (self.sent, self.under_way, self.refused) = (Newest::new(), None, false);
    }

    fn unsent(&mut self) -> Option<Arc<TrafficReport>> {
        let newest = self.board.0.borrow_and_update();
        let is_sent =
            |report: &Arc<TrafficReport>| self.sent.get(&report.lane).is_some_and(|sent| Arc::ptr_eq(sent, report));
        newest.values().find(|report| !is_sent(report)).cloned()
    }
}

impl std::fmt::Debug for TrafficReceiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrafficReceiver").field("sent", &self.sent.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lane: &str, second: i64) -> TrafficReport {
        let at = UtcTime::new(jiff::Timestamp::from_second(second).expect("in range"));
        let blind = LaneTraffic { quality: Quality::Blind, counts: None };
        TrafficReport::of(lane.to_owned(), None, at, &blind)
    }

    #[test]
    fn a_blind_camera_counts_nothing_rather_than_zero() {
        let json = serde_json::to_string(&report("in-2", 0)).expect("it has a JSON form");
        let expect = concat!(
            r#"{"at":"1970-01-01T00:00:00.000Z","lane":"in-2","location":null,"vehicles_in_view":null,"queue_length":null,"#,
            r#""oldest_wait_s":null,"arrivals_5m":null,"departures_5m":null,"occupancy":null,"headway_s":null,"#,
            r#""density":null,"quality":"blind"}"#
        );
        assert_eq!(json, expect);
    }

    #[tokio::test]
    async fn the_newest_of_each_lane_is_sent_once_and_again_on_a_new_connection() {
        let (sender, board) = way();
        let mut receiver = board.receiver();
        for second in 0..100 {
            sender.tell(report("a", second));
            sender.tell(report("b", second));
        }
        for _connection in 0..2 {
            let mut told = Vec::new();
            for _ in 0..2 {
                let next = receiver.next().await;
                told.push((next.lane.clone(), next.at));
                receiver.sent(next, Box::pin(std::future::ready(Ok(()))));
            }
            assert_eq!(told, [("a".to_owned(), report("a", 99).at), ("b".to_owned(), report("b", 99).at)]);
            let nothing = std::time::Duration::from_millis(20);
            assert!(tokio::time::timeout(nothing, receiver.next()).await.is_err(), "nothing is left");
            receiver.forget();
        }
    }

    #[tokio::test]
    async fn nothing_more_is_sent_while_the_broker_has_not_answered() {
        let (sender, board) = way();
        let mut receiver = board.receiver();
        sender.tell(report("a", 1));
        let next = receiver.next().await;
        receiver.sent(next, Box::pin(std::future::pending()));
        sender.tell(report("a", 2));
        let while_waiting = std::time::Duration::from_millis(20);
        assert!(tokio::time::timeout(while_waiting, receiver.next()).await.is_err());
    }
}

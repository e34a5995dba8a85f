//! Takes triggers, whichever way they come, and hands them to the recognition thread.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::clock::Clock;
use crate::plate::LaneName;
use crate::trigger::{InvalidTriggerId, Trigger, TriggerId, TriggerOrigin};

/// Recognition looks five times a second; more at once is a contact that bounces.
const MOST_WAITING: usize = 64;
/// How long a lane may be read for one trigger: a vehicle that needs longer gives another.
const SHORTEST_WINDOW: Duration = Duration::from_millis(500);
const LONGEST_WINDOW: Duration = Duration::from_secs(120);

/// Takes triggers. Clones share the way to recognition.
#[derive(Debug, Clone)]
pub struct TriggerDesk {
    clock: Clock,
    way: Way,
}

type Way = Arc<Mutex<Counter>>;

/// What is shared by those who take triggers and recognition.
#[derive(Debug)]
struct Counter {
    lanes: Windows,
    /// What waits for recognition; nothing, once that has ended.
    waiting: Option<VecDeque<Trigger>>,
}

/// The lanes, and how long each is read when a trigger does not say.
type Windows = BTreeMap<String, (LaneName, Duration)>;

fn windows(lanes: impl IntoIterator<Item = (LaneName, Duration)>) -> Windows {
    lanes.into_iter().map(|(lane, window)| (lane.to_string(), (lane, window))).collect()
}

/// Where triggers arrive.
#[derive(Debug)]
pub struct TriggerInbox {
    way: Way,
    /// What had arrived when it was closed.
    closed: Option<VecDeque<Trigger>>,
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerRequest {
    /// The lane's name.
    pub lane: String,
    /// A name for the trigger, if whoever gives it has one.
    pub id: Option<String>,
    /// How long the lane is read, in seconds; as the lane is configured, if absent.
    pub seconds: Option<f64>,
}

/// A trigger that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its name, which the event will carry.
    pub id: TriggerId,
    /// When the event comes at the latest.
    pub answered_within: Duration,
}

/// Why a trigger was not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TriggerRefused {
    /// The name of no lane.
    #[error("no lane has the name {lane:?}; the lanes are {known}")]
    NoSuchLane {
        /// What was asked for.
        lane: String,
        /// What there is.
        known: String,
    },
    /// A name that is none.
    #[error(transparent)]
    Id(#[from] InvalidTriggerId),
    /// A time that is none.
    #[error("a lane is read for 0.5 to 120 seconds, and {0} is not")]
    Seconds(f64),
    /// Too many at once.
    #[error("more than {MOST_WAITING} triggers wait already; is a contact bouncing?")]
    TooMany,
    /// The daemon is about to end.
    #[error("the daemon is stopping")]
    Stopping,
}

/// A desk for lanes, each with the time for which it is read when a trigger does not say, and the inbox behind it.
#[must_use]
pub fn desk(lanes: impl IntoIterator<Item = (LaneName, Duration)>, clock: Clock) -> (TriggerDesk, TriggerInbox) {
    let counter = Counter { lanes: windows(lanes), waiting: Some(VecDeque::new()) };
    let way = Arc::new(Mutex::new(counter));
    let inbox = TriggerInbox { way: Arc::clone(&way), closed: None };
    (TriggerDesk { clock, way }, inbox)
}

impl TriggerDesk {
    /// Takes a trigger; its answer is an event.
    ///
    /// # Errors
    /// [`TriggerRefused`], in words for whoever asked.
    pub fn take(&self, request: &TriggerRequest, origin: TriggerOrigin) -> Result<Accepted, TriggerRefused> {
        let mut counter = locked(&self.way);
        let Some((lane, usual_window)) = counter.lanes.get(&request.lane) else {
            let known = counter.lanes.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(TriggerRefused::NoSuchLane { lane: request.lane.clone(), known });
        };
        let window = request.seconds.map_or(Ok(*usual_window), window)?;
        let id = match &request.id {
            Some(id) => TriggerId::try_from(id.as_str())?,
            None => TriggerId::try_from(Uuid::now_v7().to_string().as_str())?,
        };
        let trigger = Trigger { id: id.clone(), lane: lane.clone(), origin, at: self.clock.now(), window };
        match counter.waiting.as_mut() {
            None => return Err(TriggerRefused::Stopping),
            Some(waiting) if waiting.len() >= MOST_WAITING => return Err(TriggerRefused::TooMany),
            Some(waiting) => waiting.push_back(trigger),
        }
        Ok(Accepted { id, answered_within: window })
    }
}

fn window(seconds: f64) -> Result<Duration, TriggerRefused> {
    let window = Duration::try_from_secs_f64(seconds).map_err(|_| TriggerRefused::Seconds(seconds))?;
    let allowed = (SHORTEST_WINDOW..=LONGEST_WINDOW).contains(&window);
    if allowed { Ok(window) } else { Err(TriggerRefused::Seconds(seconds)) }
}

impl TriggerInbox {
    /// What has arrived, the oldest first.
    pub fn take(&mut self) -> impl Iterator<Item = Trigger> {
        let arrived = self.closed.take().or_else(|| locked(&self.way).waiting.as_mut().map(std::mem::take));
        arrived.into_iter().flatten()
    }

    /// From now on these are the lanes. Gives what has arrived for the ones before, the oldest first.
    pub fn rearrange(&mut self, lanes: impl IntoIterator<Item = (LaneName, Duration)>) -> Vec<Trigger> {
        let mut counter = locked(&self.way);
        counter.lanes = windows(lanes);
        counter.waiting.as_mut().map(std::mem::take).into_iter().flatten().collect()
    }

    /// From now on triggers are refused; what has arrived can still be taken.
    pub fn close(&mut self) {
        self.closed = locked(&self.way).waiting.take();
    }
}

impl Drop for TriggerInbox {
    fn drop(&mut self) {
        self.close();
    }
}

fn locked(way: &Way) -> MutexGuard<'_, Counter> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(lane: &str) -> TriggerRequest {
        TriggerRequest { lane: lane.to_owned(), id: None, seconds: None }
    }

    fn lane_desk() -> (TriggerDesk, TriggerInbox) {
        desk([(LaneName::try_from("in-2").expect("a name"), Duration::from_secs(5))], Clock::start())
    }

    #[test]
    fn a_trigger_is_named_and_arrives_with_the_lanes_own_window() {
        let (desk, mut inbox) = lane_desk();
        let unnamed = desk.take(&request("in-2"), TriggerOrigin::Http).expect("it is taken");
        let named = TriggerRequest { id: Some("loop-7".into()), seconds: Some(2.5), ..request("in-2") };
        let named = desk.take(&named, TriggerOrigin::Command).expect("it is taken");
        let arrived: Vec<_> = inbox.take().map(|trigger| (trigger.id, trigger.window, trigger.origin)).collect();
        let expect = [
            (unnamed.id, Duration::from_secs(5), TriggerOrigin::Http),
            (named.id, Duration::from_millis(2500), TriggerOrigin::Command),
        ];
        assert_eq!(arrived, expect);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_reason() {
        let (desk, _inbox) = lane_desk();
        let refused = |request: &TriggerRequest| {
            desk.take(request, TriggerOrigin::Http).map(|taken| taken.id).expect_err("it is refused").to_string()
        };
        assert_eq!(refused(&request("in-3")), "no lane has the name \"in-3\"; the lanes are in-2");
        for seconds in [0.0, -1.0, 121.0, f64::NAN, f64::INFINITY] {
            let text = refused(&TriggerRequest { seconds: Some(seconds), ..request("in-2") });
            assert!(text.starts_with("a lane is read for 0.5 to 120 seconds"), "{text}");
        }
        let text = refused(&TriggerRequest { id: Some("two words".into()), ..request("in-2") });
        assert!(text.contains("without spaces"), "{text}");
    }

    #[test]
    fn a_bouncing_contact_is_refused_and_a_stopped_daemon_says_so() {
        let (desk, mut inbox) = lane_desk();
        let ring = || desk.take(&request("in-2"), TriggerOrigin::Gpio).map(drop);
        for _ in 0..MOST_WAITING {
            assert_eq!(ring(), Ok(()));
        }
        assert_eq!(ring(), Err(TriggerRefused::TooMany));
        assert_eq!(inbox.take().count(), MOST_WAITING);
        assert_eq!(ring(), Ok(()));
        inbox.close();
        assert_eq!(ring(), Err(TriggerRefused::Stopping));
        assert_eq!(inbox.take().count(), 1, "what was taken before is not lost");
    }

    #[test]
    fn other_lanes_are_known_at_once_and_what_came_for_the_ones_before_is_handed_over() {
        let (desk, mut inbox) = lane_desk();
        desk.take(&request("in-2"), TriggerOrigin::Gpio).expect("it is taken");
        let other = LaneName::try_from("in-3").expect("a name");
        let arrived = inbox.rearrange([(other, Duration::from_secs(1))]);
        assert_eq!(arrived.iter().map(|trigger| trigger.lane.as_str()).collect::<Vec<_>>(), ["in-2"]);
        assert!(desk.take(&request("in-2"), TriggerOrigin::Gpio).is_err());
        assert_eq!(
            desk.take(&request("in-3"), TriggerOrigin::Gpio).map(|taken| taken.answered_within.as_secs()),
            Ok(1)
        );
    }
}

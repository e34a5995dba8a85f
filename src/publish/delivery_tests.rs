use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use super::super::renewable::renewable;
use super::super::test_passages::event;
use super::super::{Acknowledgement, Destination, MqttError, Outbox, OutboxSettings};
use super::*;
use crate::clock::Clock;
use crate::proof::DeviceKey;

/// What the scripted broker does with one event.
#[derive(Debug, Clone, Copy)]
enum Act {
    Acknowledge,
    StaySilent,
    Refuse,
    Panic,
}

/// A broker that does what it is told, one act an event, and acknowledges when the script is over.
#[derive(Debug, Clone, Default)]
struct Scripted(Arc<Script>);

#[derive(Debug, Default)]
struct Script {
    acts: Mutex<VecDeque<Act>>,
    received: Mutex<Vec<StoredEvent>>,
    held: Mutex<Vec<oneshot::Sender<()>>>,
    unreachable: Mutex<u32>,
    /// Events of this lane are refused, whatever the acts are.
    forbidden: Mutex<Option<&'static str>>,
    hangs_at_farewell: bool,
    cut: Notify,
}

fn open(path: &std::path::Path) -> Outbox {
    let settings = OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), path.parent().expect("it has a folder"));
    Outbox::open(path, settings).expect("a usable outbox")
}

fn refusal() -> PublishError {
    MqttError::Rejected { broker: "b:1883".into(), what: "t".into(), reason: "NotAuthorized".into() }.into()
}

fn loss(reason: &str) -> PublishError {
    MqttError::Lost { broker: "b:1883".into(), reason: reason.into() }.into()
}

impl EventPublisher for Scripted {
    async fn connect(&mut self) -> Result<(), PublishError> {
        self.0.held.lock().unwrap().clear();
        let mut unreachable = self.0.unreachable.lock().unwrap();
        if *unreachable > 0 {
            *unreachable -= 1;
            return Err(loss("unreachable"));
        }
        Ok(())
    }

    fn publish(&mut self, event: &StoredEvent) -> Result<Acknowledgement, PublishError> {
        self.0.received.lock().unwrap().push(event.clone());
        if self.0.forbidden.lock().unwrap().is_some_and(|lane| event.topic.contains(lane)) {
            return Ok(Box::pin(async { Err(refusal()) }));
        }
        let act = self.0.acts.lock().unwrap().pop_front().unwrap_or(Act::Acknowledge);
        Ok(match act {
            Act::Acknowledge => Box::pin(async { Ok(()) }),
            Act::Panic => panic!("as the script says"),
            Act::Refuse => Box::pin(async { Err(refusal()) }),
            Act::StaySilent => {
                let (sender, receiver) = oneshot::channel();
                self.0.held.lock().unwrap().push(sender);
                Box::pin(async move { receiver.await.map_err(|_| loss("dropped")) })
            }
        })
    }

    async fn lost(&mut self) -> PublishError {
        self.0.cut.notified().await;
        loss("cut")
    }

    async fn close(&mut self) {
        if self.0.hangs_at_farewell {
            std::future::pending::<()>().await;
        }
        for held in self.0.held.lock().unwrap().drain(..) {
            held.send(()).unwrap_or_default();
        }
    }
}

/// A gate with an outbox and a scripted broker; time stands still except when everybody waits.
struct Gate {
    broker: Scripted,
    outbox: Outbox,
    clock: Clock,
    stop: Stop,
    _folder: tempfile::TempDir,
}

impl Gate {
    fn new(script: Script) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let outbox = open(&folder.path().join("outbox.db"));
        let broker = Scripted(Arc::new(script));
        Self { broker, outbox, clock: Clock::start(), stop: Stop::default(), _folder: folder }
    }

    fn commit(&self, count: u64) {
        for track in 1..=count {
            self.outbox.commit(&event(track), self.clock.now().wall).expect("there is space");
        }
    }

    fn commit_in(&self, lane: &str, count: u64) {
        for track in 1..=count {
            let event = super::super::PlateEvent { lane: lane.into(), ..event(track) };
            self.outbox.commit(&event, self.clock.now().wall).expect("there is space");
        }
    }

    fn start(&self) -> Delivery {
        self.start_with(self.broker.clone())
    }

    fn start_with(&self, publisher: impl EventPublisher + 'static) -> Delivery {
        let settings = DeliverySettings { window: 4, ..DeliverySettings::default() };
        Delivery::start(publisher, self.outbox.queue(Destination::Broker), settings, self.stop.clone())
    }

    fn marks(&self) -> Vec<bool> {
        self.broker.0.received.lock().unwrap().iter().map(is_historical).collect()
    }

    fn received(&self) -> Vec<u64> {
        self.broker.0.received.lock().unwrap().iter().map(|event| event.seq).collect()
    }
}

fn acting(acts: &[Act]) -> Script {
    Script { acts: Mutex::new(acts.iter().copied().collect()), ..Script::default() }
}

#[tokio::test(start_paused = true)]
async fn events_are_delivered_in_order_and_deleted() {
    let gate = Gate::new(Script::default());
    gate.commit(6);
    let delivery = gate.start();
    assert!(delivery.drained().await);
    gate.commit(4);
    assert!(delivery.drained().await);
    assert_eq!(gate.received(), (1..=10).collect::<Vec<_>>());
    let status = delivery.status();
    assert_eq!((status.delivered, status.republished, status.connections), (10, 0, 1));
    gate.stop.request();
    delivery.ended().await.expect("it does not panic");
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_window_is_under_way() {
    let gate = Gate::new(acting(&[Act::StaySilent; 4]));
    gate.commit(6);
    let delivery = gate.start();
    assert!(delivery.wait_until(|status| status.failures == 1).await);
    assert_eq!(gate.received(), [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_broker_is_given_up_and_gets_again_what_it_did_not_acknowledge() {
    let gate = Gate::new(acting(&[Act::Acknowledge, Act::StaySilent]));
    gate.commit(3);
    let delivery = gate.start();
    assert!(delivery.drained().await);
    // 3 was acknowledged, so it is not sent again.
    assert_eq!(gate.received(), [1, 2, 3, 2]);
    let status = delivery.status();
    assert_eq!((status.delivered, status.republished, status.connections, status.failures), (3, 1, 2, 1));
    assert_eq!(
        status.last_error.as_deref(),
        Some("event 2 was not acknowledged within 15s; the connection is given up and made again")
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_event_is_kept_and_tried_again() {
    let gate = Gate::new(acting(&[Act::Acknowledge, Act::Refuse, Act::Acknowledge, Act::Refuse]));
    gate.commit(3);
    let delivery = gate.start();
    assert!(delivery.drained().await);
    let status = delivery.status();
    assert_eq!((status.delivered, status.refused, status.failures, status.connections), (3, 2, 0, 1));
    let told = delivery.status().last_error.expect("the refusal is told");
    assert!(told.contains("check what this user is allowed to do"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_cut_connection_is_made_again_and_unreachable_brokers_are_tried_for_ever() {
    let gate = Gate::new(acting(&[Act::StaySilent]));
    gate.commit(1);
    *gate.broker.0.unreachable.lock().unwrap() = 40;
    let delivery = gate.start();
    assert!(delivery.wait_until(|status| status.connected).await);
    gate.broker.0.cut.notify_one();
    assert!(delivery.drained().await);
    let status = delivery.status();
    assert_eq!((status.failures, status.connections, status.republished), (41, 2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_courier_that_is_sent_elsewhere_takes_its_leave_first_and_sends_nothing_twice() {
    let (gate, other) = (Gate::new(acting(&[Act::Acknowledge, Act::StaySilent])), Scripted::default());
    gate.commit(2);
    let (publisher, renewals) = renewable(gate.broker.clone());
    let delivery = gate.start_with(publisher);
    assert!(delivery.wait_until(|status| status.delivered == 1).await);
    let elsewhere = other.clone();
    let renewed = tokio::task::spawn_blocking(move || renewals.renew(|publisher| *publisher = elsewhere));
    renewed.await.expect("it does not panic");
    gate.commit(2);
    assert!(delivery.drained().await);
    // What was under way is acknowledged while it takes its leave.
    let there: Vec<u64> = other.0.received.lock().unwrap().iter().map(|event| event.seq).collect();
    assert_eq!((gate.received(), there), (vec![1, 2], vec![3, 4]));
    let status = delivery.status();
    assert_eq!((status.delivered, status.republished, status.connections, status.failures), (4, 0, 2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_forbidden_lane_holds_up_no_other_and_is_tried_again_with_growing_pauses() {
    let gate = Gate::new(Script { forbidden: Mutex::new(Some("out-1")), ..Script::default() });
    gate.commit_in("out-1", 10);
    gate.commit(6);
    let delivery = gate.start();
    assert!(delivery.wait_until(|status| status.delivered == 6).await);
    tokio::time::sleep(Duration::from_secs(600)).await;
    let status = delivery.status();
    assert_eq!((status.depth, status.failures, status.connections), (10, 0, 1));
    // Ten at first, then rounds of at most four, the most of them 15 to 30 s apart.
    assert!((20..=10 + 4 * 46).contains(&status.refused), "{status:?}");
    gate.commit(1);
    assert!(delivery.wait_until(|status| status.delivered == 7).await);

    *gate.broker.0.forbidden.lock().unwrap() = None;
    assert!(tokio::time::timeout(Duration::from_secs(95), delivery.drained()).await.expect("soon"));
    assert_eq!(delivery.status().connections, 1);
}

#[tokio::test(start_paused = true)]
async fn refused_events_are_tried_again_on_the_next_connection() {
    let gate = Gate::new(acting(&[Act::Refuse, Act::Refuse]));
    gate.commit(2);
    let delivery = gate.start();
    assert!(delivery.wait_until(|status| status.refused == 2).await);
    gate.broker.0.cut.notify_one();
    assert!(delivery.drained().await);
    assert_eq!(gate.received(), [1, 2, 1, 2]);
    assert_eq!(delivery.status().connections, 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_committed_before_a_stop_is_delivered_before_the_farewell() {
    let gate = Gate::new(Script::default());
    let delivery = gate.start();
    assert!(delivery.wait_until(|status| status.connected).await);
    gate.commit(50);
    gate.stop.request();
    delivery.ended().await.expect("it does not panic");
    assert_eq!((gate.outbox.queue(Destination::Broker).depth(), gate.received().len()), (0, 50));
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_the_task_is_told_and_ends_no_wait_with_success() {
    let gate = Gate::new(acting(&[Act::Panic]));
    let delivery = gate.start();
    gate.commit(1);
    delivery.failed().await;
    assert!(!delivery.drained().await);
    assert_eq!(delivery.ended().await, Err(DeliveryFailed));
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_no_failure() {
    let gate = Gate::new(Script::default());
    let delivery = gate.start();
    gate.stop.request();
    assert!(tokio::time::timeout(Duration::from_secs(60), delivery.failed()).await.is_err());
    delivery.ended().await.expect("it does not panic");
}

#[tokio::test(start_paused = true)]
async fn what_waited_long_in_this_run_is_marked_historical_whatever_the_wall_clock_says() {
    let gate = Gate::new(Script::default());
    gate.commit(1);
    tokio::time::advance(Duration::from_secs(11)).await;
    let past = gate.clock.now().wall - Duration::from_secs(3600);
    gate.outbox.commit(&event(2), past).expect("there is space");
    assert!(gate.start().drained().await);
    assert_eq!(gate.marks(), [true, false]);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_left_is_historical_even_when_the_clock_was_set_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.db");
    let future = Clock::start().now().wall + Duration::from_secs(3600);
    open(&path).commit(&event(1), future).expect("there is space");
    let gate = Gate { outbox: open(&path), ..Gate::new(Script::default()) };
    gate.commit(1);
    assert!(gate.start().drained().await);
    assert_eq!(gate.marks(), [true, false]);
}

fn is_historical(event: &StoredEvent) -> bool {
    let event: super::super::PlateEvent = serde_json::from_str(&event.json).expect("an event");
    event.historical
}

#[tokio::test(start_paused = true)]
async fn a_stop_takes_along_the_acknowledgements_that_come_with_the_farewell() {
    let gate = Gate::new(acting(&[Act::StaySilent; 2]));
    gate.commit(2);
    let delivery = gate.start();
    assert!(delivery.wait_until(|status| status.connected).await);
    while gate.received().len() < 2 {
        tokio::task::yield_now().await;
    }
    gate.stop.request();
    delivery.ended().await.expect("it does not panic");
    assert_eq!(gate.outbox.queue(Destination::Broker).depth(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_not_held_up_by_a_broker_that_hangs() {
    let gate = Gate::new(Script { hangs_at_farewell: true, ..acting(&[Act::StaySilent]) });
    gate.commit(1);
    let delivery = gate.start();
    assert!(delivery.wait_until(|status| status.connected).await);
    let asked = Instant::now();
    gate.stop.request();
    delivery.ended().await.expect("it does not panic");
    assert!(asked.elapsed() <= Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(gate.outbox.queue(Destination::Broker).depth(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_what_will_not_be_delivered() {
    let gate = Gate::new(Script { hangs_at_farewell: true, ..acting(&[Act::StaySilent]) });
    gate.commit(1);
    let delivery = gate.start();
    gate.stop.request();
    assert!(!delivery.drained().await);
    delivery.ended().await.expect("it does not panic");
}

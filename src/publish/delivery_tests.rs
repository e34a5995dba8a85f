use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, oneshot};

use super::super::test_passages::event;
use super::super::{Acknowledgement, MqttError};
use super::*;

/// What the scripted broker does with one event.
#[derive(Debug, Clone, Copy)]
enum Act {
    Acknowledge,
    StaySilent,
    Refuse,
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
    hangs_at_farewell: bool,
    cut: Notify,
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
        let act = self.0.acts.lock().unwrap().pop_front().unwrap_or(Act::Acknowledge);
        Ok(match act {
            Act::Acknowledge => Box::pin(async { Ok(()) }),
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
        let outbox = Outbox::open(&folder.path().join("outbox.db")).expect("a new outbox");
        let broker = Scripted(Arc::new(script));
        Self { broker, outbox, clock: Clock::start(), stop: Stop::default(), _folder: folder }
    }

    fn commit(&self, count: u64) {
        for track in 1..=count {
            self.outbox.commit(event(track), self.clock.now().wall).expect("there is space");
        }
    }

    fn start(&self) -> Delivery {
        let settings = DeliverySettings { window: 4, ..DeliverySettings::default() };
        Delivery::start(self.broker.clone(), self.outbox.clone(), settings, self.clock, self.stop.clone())
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
    delivery.ended().await;
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
    assert_eq!((delivery.status().delivered, delivery.status().failures), (3, 2));
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
async fn what_waited_long_is_marked_historical() {
    let gate = Gate::new(Script::default());
    let now = gate.clock.now().wall;
    gate.outbox.commit(event(1), now - Duration::from_secs(11)).expect("there is space");
    gate.outbox.commit(event(2), now).expect("there is space");
    assert!(gate.start().drained().await);
    let marks: Vec<bool> = gate.broker.0.received.lock().unwrap().iter().map(is_historical).collect();
    assert_eq!(marks, [true, false]);
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
    delivery.ended().await;
    assert_eq!(gate.outbox.depth(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_not_held_up_by_a_broker_that_hangs() {
    let gate = Gate::new(Script { hangs_at_farewell: true, ..acting(&[Act::StaySilent]) });
    gate.commit(1);
    let delivery = gate.start();
    assert!(delivery.wait_until(|status| status.connected).await);
    let asked = Instant::now();
    gate.stop.request();
    delivery.ended().await;
    assert!(asked.elapsed() <= Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(gate.outbox.depth(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_the_wait_for_what_will_not_be_delivered() {
    let gate = Gate::new(Script { hangs_at_farewell: true, ..acting(&[Act::StaySilent]) });
    gate.commit(1);
    let delivery = gate.start();
    gate.stop.request();
    assert!(!delivery.drained().await);
    delivery.ended().await;
}

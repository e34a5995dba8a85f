//! What fails when: four hands that work at once, each with a deck of faults of its own that the seed has shuffled, dealt
//! again when it is empty. Not here: how things fail, which is `brokers`, `network`, `disk` and `gate`.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use gatelpr::stop::Stop;

use crate::brokers::Broker;
use crate::disk::Disk;
use crate::gate::Gate;
use crate::network::{Cut, Network, Weather};

/// Everything that may fail.
pub(crate) struct Scene {
    pub(crate) broker: Broker,
    pub(crate) network: Network,
    pub(crate) gate: Gate,
    pub(crate) disk: Disk,
}

/// What may happen to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BrokerFault {
    /// Its time stops for less than a second.
    Stumbles,
    /// Its time stops for so long that the gate gives it up.
    Freezes,
    /// It is stopped in order and started again.
    Restarts,
    /// It is killed and started again.
    Dies,
}

#[derive(Debug, Clone, Copy)]
enum NetworkFault {
    Turns(Weather),
    Cuts(Cut),
}

const NETWORK: [NetworkFault; 9] = [
    NetworkFault::Turns(Weather::Refuses),
    NetworkFault::Turns(Weather::Delays(120)),
    NetworkFault::Turns(Weather::Throttles(1200)),
    NetworkFault::Turns(Weather::Stalls),
    NetworkFault::Turns(Weather::Swallows),
    NetworkFault::Turns(Weather::SwallowsAnswers),
    NetworkFault::Cuts(Cut::Resets),
    NetworkFault::Cuts(Cut::ClosesTowardsGate),
    NetworkFault::Cuts(Cut::ClosesTowardsBroker),
];

/// How often what happened, by name.
pub(crate) type Tally = BTreeMap<String, usize>;

/// Lets things fail until `enough` says so and each deck was dealt once, then sets all right again.
pub(crate) fn rage(
    mut scene: Scene,
    broker_faults: &[BrokerFault],
    seed: u64,
    enough: impl Fn() -> bool,
) -> (Scene, Tally) {
    let stop = Stop::default();
    let hand =
        |number: u64| Hand::new(fastrand::Rng::with_seed(seed.wrapping_mul(31).wrapping_add(number)), stop.clone());
    let (mut network_hand, mut broker_hand, mut gate_hand, mut disk_hand) = (hand(1), hand(2), hand(3), hand(4));
    let dealt = AtomicUsize::new(0);
    let Scene { broker, network, gate, disk } = &mut scene;
    thread::scope(|scope| {
        scope.spawn(|| network_hand.play(&NETWORK, &dealt, |hand, fault| network_fault(hand, network, fault)));
        scope.spawn(|| broker_hand.play(broker_faults, &dealt, |hand, fault| broker_fault(hand, broker, fault)));
        scope.spawn(|| gate_hand.play(&[(); 5], &dealt, |hand, ()| kill_gate(hand, gate)));
        scope.spawn(|| disk_hand.play(&[(); 2], &dealt, |hand, ()| fill_disk(hand, disk)));
        let all_dealt = || dealt.load(Ordering::Relaxed) == 4;
        while !(stop.wait(Duration::from_millis(100)) || enough() && all_dealt()) {}
        stop.request();
    });
    let mut tally = network_hand.tally;
    tally.extend(broker_hand.tally.into_iter().chain(gate_hand.tally).chain(disk_hand.tally));
    (scene, tally)
}

struct Hand {
    random: fastrand::Rng,
    stop: Stop,
    tally: Tally,
}

impl Hand {
    fn new(random: fastrand::Rng, stop: Stop) -> Self {
        Self { random, stop, tally: Tally::new() }
    }

    /// Deals from `deck` until a stop; counts itself in `dealt` when all of it was dealt once.
    fn play<F: Copy>(&mut self, deck: &[F], dealt: &AtomicUsize, mut fault: impl FnMut(&mut Self, F)) {
        // A hand that panics must not leave the others playing.
        let _ends = EndsAll(self.stop.clone());
        let mut rounds = 0;
        loop {
            let mut shuffled = deck.to_vec();
            self.random.shuffle(&mut shuffled);
            for card in shuffled {
                if self.waits(200..1500) {
                    return;
                }
                fault(self, card);
            }
            rounds += 1;
            if rounds == 1 {
                dealt.fetch_add(1, Ordering::Relaxed);
            }
            if deck.is_empty() && self.waits(200..1500) {
                return;
            }
        }
    }

    /// Waits for so many milliseconds; `true` when all is over meanwhile.
    fn waits(&mut self, ms: std::ops::Range<u64>) -> bool {
        self.stop.wait(Duration::from_millis(self.random.u64(ms)))
    }

    fn count(&mut self, what: impl Into<String>) {
        *self.tally.entry(what.into()).or_default() += 1;
    }
}

struct EndsAll(Stop);

impl Drop for EndsAll {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.request();
        }
    }
}

fn network_fault(hand: &mut Hand, network: &Network, fault: NetworkFault) {
    match fault {
        NetworkFault::Turns(weather) => {
            hand.count(format!("network {weather:?}"));
            network.turn(weather);
            let _over = hand.waits(200..2500);
            network.turn(Weather::Fair);
        }
        NetworkFault::Cuts(cut) => {
            hand.count(format!("network {cut:?}"));
            network.cut(cut);
        }
    }
}

fn broker_fault(hand: &mut Hand, broker: &mut Broker, fault: BrokerFault) {
    hand.count(format!("broker {fault:?}"));
    match fault {
        BrokerFault::Stumbles | BrokerFault::Freezes => {
            broker.freeze();
            let _over = hand.waits(if fault == BrokerFault::Freezes { 2000..3500 } else { 100..900 });
            broker.thaw();
        }
        BrokerFault::Restarts | BrokerFault::Dies => {
            if fault == BrokerFault::Dies {
                broker.kill()
            } else {
                broker.stop()
            }
            let _over = hand.waits(0..1000);
            broker.restart();
        }
    }
}

fn kill_gate(hand: &mut Hand, gate: &mut Gate) {
    // It may have ended by itself, because its disk was full when it started.
    gate.watch();
    hand.count("gate Dies");
    gate.kill();
    let _over = hand.waits(0..700);
    gate.restart();
}

fn fill_disk(hand: &mut Hand, disk: &Disk) {
    if disk.is_small() {
        hand.count("disk Fills");
        disk.fill();
        let _over = hand.waits(500..2000);
        disk.free();
    }
}

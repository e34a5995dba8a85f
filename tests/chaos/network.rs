//! A network between gate and broker that the test makes bad: a TCP proxy that refuses, delays, throttles, stalls, resets,
//! half-closes, and swallows. It never leaves a hole in a stream that goes on, because TCP does not either: a connection
//! that lost a byte never passes another one. Not here: which of this is done when.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::pause_ms;
use crate::witness::{Wire, Witness};

/// What the network does to everything that comes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weather {
    /// It works.
    Fair,
    /// New connections are closed at once, and those that are there too.
    Refuses,
    /// Each piece is late by so many milliseconds.
    Delays(u64),
    /// So many bytes per tenth of a second and direction.
    Throttles(usize),
    /// Nothing passes; what waits passes later.
    Stalls,
    /// Nothing ever passes again on the connections that are there; new ones are taken and stay silent.
    Swallows,
    /// What the gate sends passes; of what the broker answers nothing ever comes, on these connections.
    SwallowsAnswers,
}

/// What happens to the connections that are there, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Reset (RST) in the middle of a piece.
    Resets,
    /// The gate sees the end; what it sends still passes.
    ClosesTowardsGate,
    /// The broker sees the end; what it sends still passes.
    ClosesTowardsBroker,
}

/// A proxy in front of a broker. It lasts as long as the test's process.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    weather: Mutex<Weather>,
    links: Mutex<Vec<Arc<Link>>>,
    witness: Witness,
}

struct Link {
    gate: TcpStream,
    broker: TcpStream,
    resets: AtomicBool,
    silent: AtomicBool,
    answers_lost: AtomicBool,
    wire: Mutex<Wire>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToBroker,
    ToGate,
}

/// How often a waiting thread looks whether something has changed.
const GLANCE: Duration = Duration::from_millis(20);

impl Link {
    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Network {
    pub(crate) fn before(upstream: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let shared = Arc::new(Shared {
            weather: Mutex::new(Weather::Fair),
            links: Mutex::default(),
            witness: Witness::default(),
        });
        let network = Self { port, shared };
        let own = network.clone();
        thread::spawn(move || {
            for gate in listener.incoming().flatten() {
                own.take(gate, upstream);
            }
        });
        network
    }

    /// What was seen to pass.
    pub(crate) fn witness(&self) -> &Witness {
        &self.shared.witness
    }

    pub(crate) fn turn(&self, weather: Weather) {
        *self.shared.weather.lock().unwrap_or_else(PoisonError::into_inner) = weather;
        if weather == Weather::Refuses {
            self.cut(Cut::Resets);
        }
    }

    pub(crate) fn cut(&self, cut: Cut) {
        for link in self.links().iter() {
            // Whoever has gone already needs no cutting.
            drop(match cut {
                Cut::Resets => {
                    for socket in [&link.gate, &link.broker] {
                        drop(SockRef::from(socket).set_linger(Some(Duration::ZERO)));
                    }
                    link.resets.store(true, Ordering::Relaxed);
                    Ok(())
                }
                Cut::ClosesTowardsGate => link.gate.shutdown(Shutdown::Write),
                Cut::ClosesTowardsBroker => link.broker.shutdown(Shutdown::Write),
            });
        }
    }

    fn take(&self, gate: TcpStream, upstream: u16) {
        if self.weather() == Weather::Refuses {
            return;
        }
        let Ok(broker) = TcpStream::connect((Ipv4Addr::LOCALHOST, upstream)) else { return };
        for socket in [&gate, &broker] {
            socket.set_read_timeout(Some(GLANCE)).expect("a timeout above zero");
            socket.set_nodelay(true).expect("an open socket");
        }
        let flag = || AtomicBool::new(false);
        let link = Arc::new(Link {
            gate,
            broker,
            resets: flag(),
            silent: flag(),
            answers_lost: flag(),
            wire: Mutex::default(),
        });
        self.links().push(link.clone());
        for direction in [Direction::ToBroker, Direction::ToGate] {
            let (network, link) = (self.clone(), link.clone());
            thread::spawn(move || network.pass(link, direction));
        }
    }

    /// Passes on what comes in one direction. The sockets are closed, or reset, when both directions are done.
    fn pass(&self, link: Arc<Link>, direction: Direction) {
        let (mut from, mut to) = match direction {
            Direction::ToBroker => (&link.gate, &link.broker),
            Direction::ToGate => (&link.broker, &link.gate),
        };
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let most = if let Weather::Throttles(bytes) = self.weather() { bytes } else { buffer.len() };
            let read = from.read(&mut buffer[..most]);
            let piece = match read {
                Ok(0) => break,
                Ok(length) => &buffer[..length],
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => &[],
                Err(_) => break,
            };
            if direction == Direction::ToGate {
                self.shared.witness.sees_answer(&mut link.wire(), piece);
            }
            if link.resets.load(Ordering::Relaxed) {
                drop(to.write_all(&piece[..piece.len() / 2]));
                break;
            }
            self.weather_on(&link);
            let lost = link.silent.load(Ordering::Relaxed)
                || direction == Direction::ToGate && link.answers_lost.load(Ordering::Relaxed);
            if piece.is_empty() || lost {
                continue;
            }
            if direction == Direction::ToBroker {
                // Before it is passed on: the answer may come at once.
                self.shared.witness.sees_sent(&mut link.wire(), piece);
            }
            if to.write_all(piece).is_err() {
                break;
            }
        }
        if link.resets.load(Ordering::Relaxed) {
            // Only the last owner's drop closes the sockets, and with that resets them.
            self.links().retain(|other| !Arc::ptr_eq(other, &link));
            return;
        }
        // Either end may be gone already.
        drop(to.shutdown(Shutdown::Write));
        self.links().retain(|other| !Arc::ptr_eq(other, &link) || Arc::strong_count(other) > 2);
    }

    /// Lets the weather work on a link: holds it up, or spoils it for good.
    fn weather_on(&self, link: &Link) {
        match self.weather() {
            Weather::Fair | Weather::Refuses => {}
            Weather::Delays(ms) => pause_ms(ms),
            Weather::Throttles(_) => pause_ms(100),
            Weather::Stalls => {
                while self.weather() == Weather::Stalls && !link.resets.load(Ordering::Relaxed) {
                    pause_ms(20);
                }
            }
            Weather::Swallows => link.silent.store(true, Ordering::Relaxed),
            Weather::SwallowsAnswers => link.answers_lost.store(true, Ordering::Relaxed),
        }
    }

    fn weather(&self) -> Weather {
        *self.shared.weather.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn links(&self) -> MutexGuard<'_, Vec<Arc<Link>>> {
        self.shared.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

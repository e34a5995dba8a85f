//! A door before a broker: shut, it lets nobody in and ends what was open; or it lets in only who speaks MQTT 3.1.1.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// How an old broker turns MQTT 5 away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// With a CONNACK of MQTT 5: unsupported protocol version.
    InVersion5,
    /// With a CONNACK of MQTT 3.1.1: unacceptable protocol version.
    InVersion311,
    /// By closing the connection.
    Closing,
}

/// A forwarding port before a broker.
pub(crate) struct Door {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    open: bool,
    refusal: Option<Refusal>,
    inside: Vec<TcpStream>,
}

impl Door {
    /// An open door to the broker on `broker_port`.
    pub(crate) fn open_to(broker_port: u16) -> Self {
        Self::start(broker_port, None)
    }

    /// A door that turns away who speaks MQTT 5.
    pub(crate) fn for_version_311_only(broker_port: u16, refusal: Refusal) -> Self {
        Self::start(broker_port, Some(refusal))
    }

    fn start(broker_port: u16, refusal: Option<Refusal>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let state = Arc::new(Mutex::new(State { open: true, refusal, inside: Vec::new() }));
        let door = Self { port, state: Arc::clone(&state) };
        thread::spawn(move || {
            for visitor in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&state);
                // A connection that fails is one that has ended, which is no business of the door.
                thread::spawn(move || drop(let_in(visitor, broker_port, &state)));
            }
        });
        door
    }

    /// Ends every connection, and every new one at once, until it is opened.
    pub(crate) fn shut(&self) {
        let mut state = self.state.lock().expect("nobody panics holding it");
        state.open = false;
        for stream in state.inside.drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    /// Lets everybody in again.
    pub(crate) fn open(&self) {
        self.state.lock().expect("nobody panics holding it").open = true;
    }
}

fn let_in(mut visitor: TcpStream, broker_port: u16, state: &Mutex<State>) -> io::Result<()> {
    let mut greeting = [0; 1024];
    let length = visitor.read(&mut greeting)?;
    let refusal = {
        let state = state.lock().expect("nobody panics holding it");
        if !state.open {
            return Ok(());
        }
        state.refusal
    };
    if let (Some(refusal), Some(5)) = (refusal, protocol_level(&greeting[..length])) {
        return match refusal {
            Refusal::InVersion5 => visitor.write_all(&[0x20, 3, 0, 0x84, 0]),
            Refusal::InVersion311 => visitor.write_all(&[0x20, 2, 0, 1]),
            Refusal::Closing => Ok(()),
        };
    }
    let mut broker = TcpStream::connect((Ipv4Addr::LOCALHOST, broker_port))?;
    broker.write_all(&greeting[..length])?;
    state.lock().expect("nobody panics holding it").inside.extend([visitor.try_clone()?, broker.try_clone()?]);
    let (mut from_broker, mut to_visitor) = (broker.try_clone()?, visitor.try_clone()?);
    thread::spawn(move || {
        drop(io::copy(&mut from_broker, &mut to_visitor));
        drop(to_visitor.shutdown(Shutdown::Both));
    });
    drop(io::copy(&mut visitor, &mut broker));
    broker.shutdown(Shutdown::Both)
}

/// The protocol level of a CONNECT packet: after the fixed header (a type and up to four bytes of length) and "MQTT".
fn protocol_level(connect: &[u8]) -> Option<u8> {
    let name = connect.windows(4).position(|window| window == b"MQTT")?;
    connect.get(name + 4).copied()
}

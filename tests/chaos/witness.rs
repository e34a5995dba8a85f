//! What the broker acknowledged, read off the wire between gate and broker: what it acknowledged and did not deliver is its
//! loss, and everything else that is missing is the gate's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The numbers that were acknowledged on any connection.
#[derive(Debug, Default)]
pub(crate) struct Witness(Mutex<Testimony>);

#[derive(Debug, Default)]
struct Testimony {
    acknowledged: BTreeSet<u64>,
    to_nobody: BTreeSet<u64>,
}

/// One connection: what came so far of a packet in each direction, and which event each packet number under way is.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    to_broker: Vec<u8>,
    to_gate: Vec<u8>,
    under_way: BTreeMap<[u8; 2], u64>,
}

const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
/// "No matching subscribers": MQTT 5 brokers acknowledge so what they gave to nobody.
const NOBODY: u8 = 0x10;

impl Witness {
    /// Numbers that the broker acknowledged.
    pub(crate) fn acknowledged(&self) -> BTreeSet<u64> {
        self.testimony().acknowledged.clone()
    }

    /// Those of them that it said it gave to nobody.
    pub(crate) fn to_nobody(&self) -> BTreeSet<u64> {
        self.testimony().to_nobody.clone()
    }

    /// Sees bytes that were passed on to the broker.
    pub(crate) fn sees_sent(&self, wire: &mut Wire, bytes: &[u8]) {
        wire.to_broker.extend_from_slice(bytes);
        while let Some(packet) = take_packet(&mut wire.to_broker) {
            if packet.kind >> 4 == PUBLISH {
                wire.under_way.extend(event_of(&packet));
            }
        }
    }

    /// Sees bytes that came from the broker, whether they are passed on or not.
    pub(crate) fn sees_answer(&self, wire: &mut Wire, bytes: &[u8]) {
        wire.to_gate.extend_from_slice(bytes);
        while let Some(packet) = take_packet(&mut wire.to_gate) {
            let (PUBACK, Some(number)) = (packet.kind >> 4, packet.body.first_chunk::<2>()) else { continue };
            let Some(seq) = wire.under_way.remove(number) else { continue };
            let mut testimony = self.testimony();
            match packet.body.get(2) {
                None | Some(0) => drop(testimony.acknowledged.insert(seq)),
                Some(&NOBODY) => {
                    testimony.acknowledged.insert(seq);
                    testimony.to_nobody.insert(seq);
                }
                Some(_) => {}
            }
        }
    }

    fn testimony(&self) -> MutexGuard<'_, Testimony> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Packet {
    kind: u8,
    body: Vec<u8>,
}

/// Takes the first packet from the front, once all of it is there.
fn take_packet(bytes: &mut Vec<u8>) -> Option<Packet> {
    let kind = *bytes.first()?;
    let (mut length, mut at) = (0, 1);
    loop {
        let byte = usize::from(*bytes.get(at)?);
        length |= (byte & 0x7f) << (7 * (at - 1));
        at += 1;
        if byte & 0x80 == 0 {
            break;
        }
        assert!(at <= 4, "this is no MQTT: {:02x?}", &bytes[..at]);
    }
    let body = bytes.get(at..at + length)?.to_vec();
    bytes.drain(..at + length);
    Some(Packet { kind, body })
}

/// The packet number and the event's number of a PUBLISH with QoS 1; none of what is no event.
fn event_of(packet: &Packet) -> Option<([u8; 2], u64)> {
    let topic = usize::from(u16::from_be_bytes(*packet.body.first_chunk()?));
    let number = *packet.body.get(2 + topic..)?.first_chunk()?;
    let text = String::from_utf8_lossy(&packet.body);
    let digits = text.split_once(r#""seq":"#)?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit())?;
    Some((number, digits[..end].parse().ok()?))
}

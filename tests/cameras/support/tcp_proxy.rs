//! A door before a server that lets only some bytes through.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::thread;

/// What happens to a connection's answers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Passage {
    /// After so many bytes it is closed.
    ClosedAfter(usize),
    /// After so many bytes nothing more comes, and it stays open.
    SilentAfter(usize),
    /// After each of so many packets the camera asks something itself, as some do.
    AsksEvery(usize),
}

/// A door in front of a server on this machine. It lasts as long as the test's process.
pub(crate) struct TcpProxy {
    pub(crate) port: u16,
}

impl TcpProxy {
    /// Opens one before the server on `upstream`. The first connections go as `first` says, the others pass.
    pub(crate) fn before(upstream: u16, first: Vec<Passage>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let mut first = first.into_iter();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let passage = first.next();
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, upstream)) else { continue };
                let ends = (client.try_clone().expect("descriptors"), server.try_clone().expect("descriptors"));
                thread::spawn(move || pass(ends.0, ends.1, None));
                thread::spawn(move || pass(server, client, passage));
            }
        });
        Self { port }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, passage: Option<Passage>) {
    if let Some(Passage::AsksEvery(packets)) = passage {
        return pass_with_questions(from, to, packets);
    }
    let mut left = match passage {
        Some(Passage::ClosedAfter(bytes) | Passage::SilentAfter(bytes)) => bytes,
        Some(Passage::AsksEvery(_)) | None => usize::MAX,
    };
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let passed = length.min(left);
        left -= passed;
        if to.write_all(&buffer[..passed]).is_err() {
            break;
        }
        if left == 0 && matches!(passage, Some(Passage::ClosedAfter(_))) {
            break;
        }
    }
    // Either end may be gone already.
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}

/// Passes whole messages, and between two packets an RTSP request of the camera's own.
fn pass_with_questions(mut from: TcpStream, mut to: TcpStream, every: usize) {
    let (mut waiting, mut buffer, mut packets) = (Vec::new(), [0; 4096], 0_usize);
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        waiting.extend_from_slice(&buffer[..length]);
        while let Some(end) = message_length(&waiting).filter(|end| *end <= waiting.len()) {
            let message: Vec<u8> = waiting.drain(..end).collect();
            packets += usize::from(message[0] == b'$');
            let asks = message[0] == b'$' && packets.is_multiple_of(every);
            let question: &[u8] = if asks { b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n" } else { b"" };
            if to.write_all(&message).and_then(|()| to.write_all(question)).is_err() {
                return;
            }
        }
    }
    drop(to.shutdown(Shutdown::Both));
}

/// Of the message at the beginning: an interleaved packet, or a head with its body.
fn message_length(bytes: &[u8]) -> Option<usize> {
    if bytes.first()? == &b'$' {
        return Some(4 + usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])));
    }
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let body = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok()).unwrap_or(0);
    Some(head + body)
}

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
    let mut left = match passage {
        Some(Passage::ClosedAfter(bytes) | Passage::SilentAfter(bytes)) => bytes,
        None => usize::MAX,
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

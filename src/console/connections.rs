//! Connections of the console: so many at once, so many of one address, and none that takes nothing for long.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tracing::debug;

/// All together: a page keeps up to six open.
const MOST: usize = 64;
/// So that one address cannot keep the others out.
const MOST_OF_AN_ADDRESS: usize = 24;
/// An answer of which nothing is taken for so long is given up.
const WRITE_PATIENCE: Duration = Duration::from_secs(20);
/// A connection on which nothing comes for so long is asked whether its other end is still there.
const SILENCE: Duration = Duration::from_secs(60);

/// Lets connections in. Clones count together.
#[derive(Clone, Default)]
pub(super) struct Entrance(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection that was let in; it makes room when it is dropped.
pub(super) struct Admitted {
    stream: TcpStream,
    entrance: Entrance,
    address: IpAddr,
    /// Runs while nothing is taken of what is to be written.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Entrance {
    fn enter(&self, address: IpAddr) -> bool {
        let mut inside = self.inside();
        let all: usize = inside.values().sum();
        let of_address = inside.get(&address).copied().unwrap_or(0);
        let fits = all < MOST && of_address < MOST_OF_AN_ADDRESS;
        if fits {
            inside.insert(address, of_address + 1);
        }
        fits
    }

    fn leave(&self, address: IpAddr) {
        let mut inside = self.inside();
        match inside.get_mut(&address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(inside.remove(&address)),
        }
    }

    fn inside(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Accept<TcpStream, S> for Entrance {
    type Stream = Admitted;
    type Service = S;
    type Future = Ready<io::Result<(Admitted, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(self.admit(stream).map(|stream| (stream, service)))
    }
}

impl Entrance {
    fn admit(&self, stream: TcpStream) -> io::Result<Admitted> {
        let address = stream.peer_addr()?.ip();
        if !self.enter(address) {
            debug!(%address, "too many connections to the console; one more is closed");
            return Err(io::Error::other("too many connections"));
        }
        let admitted = Admitted { stream, entrance: self.clone(), address, stalled: None };
        let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE / 4);
        SockRef::from(&admitted.stream).set_tcp_keepalive(&keepalive)?;
        admitted.stream.set_nodelay(true)?;
        Ok(admitted)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.entrance.leave(self.address);
    }
}

impl Admitted {
    /// What became of an attempt to write: nothing for too long is an error.
    fn watched<T>(&mut self, tried: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if tried.is_ready() {
            self.stalled = None;
            return tried;
        }
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(WRITE_PATIENCE)));
        stalled.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Admitted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Admitted {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let tried = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(tried, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let tried = Pin::new(&mut self.stream).poll_flush(context);
        self.watched(tried, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_all_have_a_bound() {
        let entrance = Entrance::default();
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let let_in = |last| (0..100).filter(|_| entrance.enter(address(last))).count();
        assert_eq!([let_in(1), let_in(2), let_in(3), let_in(4)], [24, 24, 16, 0]);
        entrance.leave(address(1));
        assert_eq!((let_in(4), entrance.inside().len()), (1, 4));
        (0..24).for_each(|_| entrance.leave(address(2)));
        assert_eq!(entrance.inside().len(), 3);
    }
}

//! Which certificates the other side shows, and when they end: for `gatelpr doctor`. Not part of the daemon.

use std::io;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use super::{TlsSettings, Validity, client_config};

/// When the certificates that `host` shows at `port` begin and end, its own first. It is spoken to as `settings` say, and
/// left as soon as it has shown them. No wait takes longer than `patience`.
///
/// # Errors
/// It cannot be reached, or the two sides do not come together; [`in_words`](super::in_words) says why.
pub fn shown_by(host: &str, port: u16, settings: &TlsSettings, patience: Duration) -> io::Result<Vec<Validity>> {
    let config = client_config(settings).map_err(io::Error::other)?;
    let name = settings.server_name.as_deref().unwrap_or(host).to_owned();
    let name = ServerName::try_from(name).map_err(io::Error::other)?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut stream = connected(host, port, patience)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    let shown = connection.peer_certificates().unwrap_or_default();
    let place = format!("{host}:{port}");
    Ok(shown.iter().filter_map(|certificate| Validity::of(Path::new(&place), certificate)).collect())
}

fn connected(host: &str, port: u16, patience: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => {
                stream.set_read_timeout(Some(patience))?;
                stream.set_write_timeout(Some(patience))?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

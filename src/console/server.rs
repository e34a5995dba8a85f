//! The console's port: listening, TLS, patience with slow senders, and an end within a second.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use tokio::task::JoinHandle;
use tracing::{error, info};

use super::connections::Entrance;
use super::settings::{ConsoleSettings, Unprotected};
use crate::stop::Stop;
use crate::tls::{self, TlsError};

/// How long the head of a request may take to come, also the next one on a connection that is kept.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// How long TLS may take to be agreed on.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(10);
/// How long answers that are under way may take at the end.
const FAREWELL: Duration = Duration::from_secs(1);
/// Heads that are larger are refused: browsers send a tenth of it.
const LARGEST_HEAD: usize = 16 * 1024;

/// Why nobody can be answered.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// Others would get in.
    #[error(transparent)]
    Unprotected(#[from] Unprotected),
    /// The address is taken, or not this computer's.
    #[error(
        "the console cannot listen on {listen}: {error}; choose another address or port with `listen` in [console]"
    )]
    Listen {
        /// Where.
        listen: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// Its certificate or key cannot be used.
    #[error("the console's certificate: {0}")]
    Tls(#[from] TlsError),
    /// The system gives no random numbers, or there is no encoder for pictures.
    #[error("the console cannot start: {0}")]
    Start(String),
}

/// Answers with `app` until `stop`.
pub(super) fn serve(settings: &ConsoleSettings, app: Router, stop: Stop) -> Result<JoinHandle<()>, ConsoleError> {
    let listen = settings.listen;
    let failed = |error| ConsoleError::Listen { listen, error };
    let listener = TcpListener::bind(listen).map_err(failed)?;
    let server = axum_server::from_tcp(listener).map_err(failed)?;
    let (entrance, handle) = (Entrance::default(), Handle::new());
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let serving: Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>> = match &settings.identity {
        None => Box::pin(patient(server.acceptor(entrance), &handle).serve(service)),
        Some(identity) => {
            let config = RustlsConfig::from_config(Arc::new(tls::server_config(identity)?));
            let acceptor = RustlsAcceptor::new(config).handshake_timeout(HANDSHAKE_PATIENCE).acceptor(entrance);
            Box::pin(patient(server.acceptor(acceptor), &handle).serve(service))
        }
    };
    let serving = tokio::spawn(serving);
    let scheme = if settings.identity.is_some() { "https" } else { "http" };
    info!("the console is at {scheme}://{listen}");
    Ok(tokio::spawn(async move {
        stop.wait_async().await;
        handle.graceful_shutdown(Some(FAREWELL));
        match serving.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => error!(%error, "the console answered nobody any more"),
            Err(_) => error!("the task of the console panicked, which is a bug in gatelpr; please report it"),
        }
    }))
}

/// With patience that ends.
fn patient<A>(mut server: Server<SocketAddr, A>, handle: &Handle<SocketAddr>) -> Server<SocketAddr, A> {
    server.http_builder().http1().header_read_timeout(HEAD_PATIENCE).max_buf_size(LARGEST_HEAD);
    server.http1_only().first_request_timeout(HEAD_PATIENCE).handle(handle.clone())
}

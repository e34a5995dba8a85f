//! A TLS door before a broker that speaks plain text: it remembers what its visitors asked for and showed.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::certificates::{Authority, Signed};

/// What one visitor asked for and showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// By SNI.
    pub(crate) server_name: Option<String>,
    /// By ALPN, as agreed.
    pub(crate) protocol: Option<String>,
    pub(crate) certificate: Option<CertificateDer<'static>>,
}

/// The door. It closes when the runtime around it ends.
pub(crate) struct TlsDoor {
    pub(crate) port: u16,
    visitors: Arc<Mutex<Vec<Visitor>>>,
}

impl TlsDoor {
    /// A door to the broker on `broker_port` that shows `own`, wants certificates of `clients`, and speaks `protocols`.
    pub(crate) async fn open_to(broker_port: u16, own: &Signed, clients: &Authority, protocols: &[&str]) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config(own, clients, protocols)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        let visitors = Arc::default();
        let door = Self { port, visitors: Arc::clone(&visitors) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(let_in(acceptor.clone(), stream, broker_port, Arc::clone(&visitors)));
            }
        });
        door
    }

    /// Who has come in so far.
    pub(crate) fn visitors(&self) -> Vec<Visitor> {
        self.visitors.lock().expect("nobody panics holding it").clone()
    }
}

fn config(own: &Signed, clients: &Authority, protocols: &[&str]) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(clients.file()).expect("a CA")).expect("a CA");
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let verifier = verifier.allow_unauthenticated().build().expect("there is a CA");
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let key = PrivateKeyDer::from_pem_file(&own.key).expect("a key");
    let mut config =
        builder.with_client_cert_verifier(verifier).with_single_cert(vec![own.der()], key).expect("its key");
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    config
}

async fn let_in(acceptor: TlsAcceptor, stream: TcpStream, broker_port: u16, visitors: Arc<Mutex<Vec<Visitor>>>) {
    let Ok(mut visitor) = acceptor.accept(stream).await else { return };
    let (_, session) = visitor.get_ref();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let seen = Visitor {
        server_name: session.server_name().map(str::to_owned),
        protocol: session.alpn_protocol().map(text),
        certificate: session.peer_certificates().and_then(|chain| chain.first()).map(|one| one.clone().into_owned()),
    };
    visitors.lock().expect("nobody panics holding it").push(seen);
    let Ok(mut broker) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker_port)).await else { return };
    // A connection that fails is one that has ended, which is no business of the door.
    drop(tokio::io::copy_bidirectional(&mut visitor, &mut broker).await);
}

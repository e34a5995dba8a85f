//! TLS: from the files that the operator names to a client or a server of `rustls`, and what goes wrong with it in the
//! operator's words. The broker's connection, the webhook and the console share it.
//!
//! Not here: when the files are looked at again, and what happens then. The only file that builds clients and servers of
//! `rustls`.

mod error;
mod shown;
mod validity;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, InconsistentKeys, RootCertStore, ServerConfig, SupportedProtocolVersion};

pub use error::{TlsError, in_words};
pub use shown::shown_by;
pub use validity::Validity;

use crate::login;

/// Whom to trust and how to identify oneself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// The CAs that are trusted (PEM, one or several); the system's where there is none.
    pub ca_file: Option<PathBuf>,
    /// This gate's own certificate and key, where the other side asks for them.
    pub identity: Option<Identity>,
    /// The name in the other side's certificate, where it is another than its address.
    pub server_name: Option<String>,
    /// What is asked for by ALPN, the most wanted first; nothing as a rule.
    pub alpn: Vec<String>,
    /// The oldest TLS that is spoken.
    pub min_version: TlsVersion,
}

/// A client certificate. Both files are PEM and may be the same file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The certificate, and after it those of the CAs between it and the root.
    pub certificate_file: PathBuf,
    /// Its private key: PKCS#8, PKCS#1 or SEC1, without a password.
    pub key_file: PathBuf,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsVersion {
    /// 1.2
    #[default]
    V1_2,
    /// 1.3
    V1_3,
}

/// What `rustls` needs to know to make connections as `settings` say; the files are read now.
///
/// # Errors
/// [`TlsError`] names the file and what to do.
pub fn client_config(settings: &TlsSettings) -> Result<ClientConfig, TlsError> {
    TlsFiles::read(settings)?.client_config(settings)
}

/// What `rustls` needs to know to serve HTTP/1.1 as `identity`, to whoever connects; the files are read now.
///
/// # Errors
/// [`TlsError`] names the file and what to do.
pub fn server_config(identity: &Identity) -> Result<ServerConfig, TlsError> {
    let (certificates, key) = (Certificates::read(&identity.certificate_file)?, private_key(&identity.key_file)?);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = versions.expect("ring speaks both versions").with_no_client_auth();
    let config = builder.with_single_cert(certificates.list, key);
    let mut config = config.map_err(|error| not_an_identity(&error, identity))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// A client that trusts nobody, for connections that are not encrypted anyway: looking for the CAs of the system would take
/// longer than most requests.
#[must_use]
pub fn trusting_nobody() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = versions.expect("ring speaks both versions").with_root_certificates(RootCertStore::empty());
    config.with_no_client_auth()
}

/// Whether a certificate can be for `name`: a host name or an IP address.
#[must_use]
pub fn is_server_name(name: &str) -> bool {
    ServerName::try_from(name).is_ok()
}

/// What was in the files that [`TlsSettings`] name. Two of them are equal if the same came out of the files.
#[derive(Debug, PartialEq, Eq)]
pub struct TlsFiles {
    ca: Option<Certificates>,
    identity: Option<(Certificates, PrivateKeyDer<'static>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Certificates {
    file: PathBuf,
    list: Vec<CertificateDer<'static>>,
}

impl TlsFiles {
    /// The files' content, now. Whether it is of use is found out by [`client_config`](Self::client_config).
    ///
    /// # Errors
    /// [`TlsError`] when a file cannot be read, or what it should hold is not in it.
    pub fn read(settings: &TlsSettings) -> Result<Self, TlsError> {
        let identity = |Identity { certificate_file, key_file }: &Identity| {
            Ok::<_, TlsError>((Certificates::read(certificate_file)?, private_key(key_file)?))
        };
        Ok(Self {
            ca: settings.ca_file.as_deref().map(Certificates::read).transpose()?,
            identity: settings.identity.as_ref().map(identity).transpose()?,
        })
    }

    /// A client made of them.
    ///
    /// # Errors
    /// [`TlsError`] when a certificate is none, the key is not its key, or the system has no CAs.
    pub fn client_config(&self, settings: &TlsSettings) -> Result<ClientConfig, TlsError> {
        let versions: &[&SupportedProtocolVersion] = match settings.min_version {
            TlsVersion::V1_2 => &[&rustls::version::TLS13, &rustls::version::TLS12],
            TlsVersion::V1_3 => &[&rustls::version::TLS13],
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
        let builder = builder.expect("ring speaks both versions");
        let builder = builder.with_root_certificates(self.roots()?);
        let mut config = match (&self.identity, &settings.identity) {
            (Some((certificates, key)), Some(files)) => builder
                .with_client_auth_cert(certificates.list.clone(), key.clone_key())
                .map_err(|error| not_an_identity(&error, files))?,
            _ => builder.with_no_client_auth(),
        };
        config.alpn_protocols = settings.alpn.iter().map(|name| name.clone().into_bytes()).collect();
        Ok(config)
    }

    /// When the certificates of these files begin and end: of the gate's own the first to end, of the CAs the last, since
    /// a file may hold the CA of yesterday beside that of tomorrow. What cannot be read is left out.
    #[must_use]
    pub fn validities(&self) -> Vec<Validity> {
        let of = |certificates: &Certificates| -> Vec<Validity> {
            certificates.list.iter().filter_map(|der| Validity::of(&certificates.file, der)).collect()
        };
        let own = self.identity.iter().filter_map(|(chain, _)| of(chain).into_iter().min_by_key(|one| one.ends));
        let ca = self.ca.iter().filter_map(|list| of(list).into_iter().max_by_key(|one| one.ends));
        own.chain(ca).collect()
    }

    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        match &self.ca {
            Some(Certificates { file, list }) => {
                for certificate in list {
                    roots
                        .add(certificate.clone())
                        .map_err(|error| TlsError::NotACertificate { file: file.clone(), why: error.to_string() })?;
                }
            }
            None => {
                let system = rustls_native_certs::load_native_certs();
                roots.add_parsable_certificates(system.certs);
                if roots.is_empty() {
                    let why = system.errors.first().map_or("none was found".to_owned(), ToString::to_string);
                    return Err(TlsError::NoSystemRoots { why });
                }
            }
        }
        Ok(roots)
    }
}

impl Certificates {
    fn read(file: &Path) -> Result<Self, TlsError> {
        let bytes = bytes_of(file)?;
        let list = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>();
        let list = list.map_err(|error| not_pem(&error, file))?;
        if list.is_empty() {
            return Err(TlsError::NoCertificate { file: file.to_owned() });
        }
        Ok(Self { file: file.to_owned(), list })
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let bytes = bytes_of(file)?;
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    match PrivateKeyDer::from_pem_slice(&bytes) {
        Ok(key) => Ok(key),
        Err(PemError::NoItemsFound) if has(b"BEGIN ENCRYPTED PRIVATE KEY") => {
            Err(TlsError::EncryptedKey { file: file.to_owned() })
        }
        Err(PemError::NoItemsFound) => Err(TlsError::NoKey { file: file.to_owned() }),
        Err(error) => Err(not_pem(&error, file)),
    }
}

fn bytes_of(file: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(file).map_err(|error| TlsError::Unreadable { file: file.to_owned(), why: login::in_words(&error) })
}

fn not_pem(error: &PemError, file: &Path) -> TlsError {
    TlsError::NotPem { file: file.to_owned(), why: error.to_string() }
}

fn not_an_identity(error: &rustls::Error, files: &Identity) -> TlsError {
    let Identity { certificate_file, key_file } = files.clone();
    match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::KeyMismatch { certificate_file, key_file }
        }
        rustls::Error::InvalidCertificate(_) => {
            TlsError::NotACertificate { file: certificate_file, why: error.to_string() }
        }
        _ => TlsError::UnusableKey { file: key_file, why: error.to_string() },
    }
}

#[cfg(test)]
mod tests;

//! What can be wrong with the files, and why two sides do not come together, in the operator's words.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription as Alert, CertificateError as Certificate, Error, PeerIncompatible};

/// What is wrong with a file for TLS. Every text names the file and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The file cannot be read.
    #[error("cannot read {}: {why}; check the path, and that the service may read it", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file looks like PEM and is damaged.
    #[error("{} is damaged: {why}; put a whole PEM file in its place", file.display())]
    NotPem {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no certificate in the file.
    #[error(
        "there is no certificate in {}; it must be in PEM form (-----BEGIN CERTIFICATE-----), into which \
         `openssl x509 -inform der` turns others", file.display()
    )]
    NoCertificate {
        /// The file.
        file: PathBuf,
    },
    /// What is in the file is no certificate that can be used.
    #[error("a certificate in {} cannot be used: {why}; put another one in its place", file.display())]
    NotACertificate {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no private key in the file.
    #[error(
        "there is no private key in {}; it must be in PEM form (-----BEGIN PRIVATE KEY-----), into which \
         `openssl pkey -inform der` turns others", file.display()
    )]
    NoKey {
        /// The file.
        file: PathBuf,
    },
    /// The key is locked with a password.
    #[error(
        "the private key in {} is locked with a password, which nobody could give at night; take it off with \
         `openssl pkey` and let only the service read the file", file.display()
    )]
    EncryptedKey {
        /// The file.
        file: PathBuf,
    },
    /// The key is of a kind that cannot be used.
    #[error("the private key in {} cannot be used: {why}; use RSA of 2048 bits or more, ECDSA or Ed25519", file.display())]
    UnusableKey {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The key belongs to another certificate.
    #[error(
        "the private key in {} does not belong to the first certificate in {}; put the two together that were made \
         together", key_file.display(), certificate_file.display()
    )]
    KeyMismatch {
        /// The certificate's file.
        certificate_file: PathBuf,
        /// The key's file.
        key_file: PathBuf,
    },
    /// The system trusts nobody.
    #[error("this system has no CA certificates ({why}); install the package ca-certificates, or name a `ca_file`")]
    NoSystemRoots {
        /// What the system said.
        why: String,
    },
}

impl TlsError {
    /// The file that is wrong; none when it is the system's.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Unreadable { file, .. }
            | Self::NotPem { file, .. }
            | Self::NoCertificate { file }
            | Self::NotACertificate { file, .. }
            | Self::NoKey { file }
            | Self::EncryptedKey { file }
            | Self::UnusableKey { file, .. }
            | Self::KeyMismatch { key_file: file, .. } => Some(file),
            Self::NoSystemRoots { .. } => None,
        }
    }
}

/// Why no connection came about, and what to do, if TLS is the reason: the error of `rustls` is looked for behind `error`.
#[must_use]
pub fn in_words(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(tls) = error.downcast_ref::<Error>() {
            return Some(words_of(tls));
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn words_of(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(why) => of_its_certificate(why),
        Error::AlertReceived(alert) => of_its_refusal(*alert),
        Error::NoApplicationProtocol => "it speaks none of the protocols in `alpn`".to_owned(),
        Error::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig) => no_version(),
        Error::PeerIncompatible(_) => {
            format!(
                "it has no version of TLS and no cipher in common with this gate ({error}); it must speak TLS 1.2 or later"
            )
        }
        Error::InvalidMessage(_) => {
            "it does not answer in TLS; check that this is its port for TLS (8883 as a rule)".to_owned()
        }
        other => other.to_string(),
    }
}

fn of_its_certificate(why: &Certificate) -> String {
    match why {
        Certificate::UnknownIssuer => "its certificate is of a CA that this gate does not trust; name that CA's \
                                       certificate in `ca_file`"
            .to_owned(),
        Certificate::ExpiredContext { not_after, .. } => {
            format!(
                "its certificate has ended at {}; it needs a new one, unless this computer's clock is wrong",
                time(*not_after)
            )
        }
        Certificate::NotValidYetContext { not_before, .. } => {
            format!("its certificate begins at {} only; set this computer's clock", time(*not_before))
        }
        Certificate::NotValidForNameContext { expected, presented } => format!(
            "its certificate is for {} and not for {}; correct its address, or name one of them in `server_name`",
            names(presented),
            name(expected)
        ),
        Certificate::BadSignature => "its certificate was not signed by the CA of that name in `ca_file`; that CA was \
                                      renewed, or somebody is between"
            .to_owned(),
        Certificate::Other(why) if why.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is a CA's own; it needs one that is signed by the CA".to_owned()
        }
        other => format!("its certificate is refused: {}", Error::InvalidCertificate(other.clone())),
    }
}

fn of_its_refusal(alert: Alert) -> String {
    match alert {
        Alert::CertificateRequired | Alert::NoCertificate => wants_a_certificate().to_owned(),
        // With TLS 1.2 there is no alert of its own for that.
        Alert::HandshakeFailure => {
            format!(
                "it refuses the handshake: either {}, or it has no cipher in common with this gate",
                wants_a_certificate()
            )
        }
        Alert::ProtocolVersion => no_version(),
        Alert::UnknownCA => "it does not trust the CA of this gate's certificate (`certificate_file`)".to_owned(),
        Alert::CertificateExpired => "it says that this gate's certificate (`certificate_file`) has ended".to_owned(),
        Alert::CertificateRevoked => "this gate's certificate (`certificate_file`) was revoked".to_owned(),
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::AccessDenied
        | Alert::DecryptError => format!("it refuses this gate's certificate (`certificate_file`): {alert:?}"),
        Alert::NoApplicationProtocol => "it speaks none of the protocols in `alpn`".to_owned(),
        Alert::UnrecognisedName => "it knows no server of this name; correct its address or `server_name`".to_owned(),
        other => format!("it refuses the handshake: {other:?}"),
    }
}

fn wants_a_certificate() -> &'static str {
    "it wants a certificate of this gate: set `certificate_file` and `key_file`"
}

fn no_version() -> String {
    "it speaks no version of TLS that `min_version` allows".to_owned()
}

fn names(presented: &[String]) -> String {
    if presented.is_empty() {
        return "no name at all".to_owned();
    }
    // `DnsName("gate.example")` and `IpAddress(127.0.0.1)`, as the library writes them.
    let plain = |name: &String| name.split(['(', ')']).nth(1).unwrap_or(name).trim_matches('"').to_owned();
    presented.iter().take(4).map(plain).collect::<Vec<_>>().join(", ")
}

fn name(expected: &ServerName<'_>) -> String {
    expected.to_str().into_owned()
}

fn time(at: UnixTime) -> String {
    i64::try_from(at.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or("an unknown time".to_owned(), |at| at.to_string())
}

//! From when to when a certificate is valid, told by `rustls` itself: it is asked to verify the certificate at the ends of
//! time, and its refusals say what was missed. So no second reader of certificates is needed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

/// A certificate that has less than this left is about to end, or less than [`SHARE_LEFT`] of its life if that is shorter:
/// certificates that live for a day are renewed every day.
const USUALLY_LEFT: SignedDuration = SignedDuration::from_hours(14 * 24);
/// See [`USUALLY_LEFT`]. Renewal begins with a third of the life left, as a rule.
const SHARE_LEFT: i32 = 5;

/// The time in which a certificate is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    /// The file it came from.
    pub file: PathBuf,
    /// Its first second.
    pub begins: Timestamp,
    /// Its last second.
    pub ends: Timestamp,
}

impl Validity {
    pub(super) fn of(file: &Path, certificate: &CertificateDer<'_>) -> Option<Self> {
        let begins = match refusal(certificate, Duration::ZERO) {
            Some(CertificateError::NotValidYetContext { not_before, .. }) => timestamp(not_before),
            // Valid since 1970 or longer.
            _ => Timestamp::UNIX_EPOCH,
        };
        // As late as `rustls` can be asked; the last second that a certificate can name is in the year 9999.
        match refusal(certificate, Duration::from_secs(u64::MAX)) {
            Some(CertificateError::ExpiredContext { not_after, .. }) => {
                Some(Self { file: file.to_owned(), begins, ends: timestamp(not_after) })
            }
            _ => None,
        }
    }

    /// Whether it needs somebody at `now`: it has ended, or is about to.
    #[must_use]
    pub fn ends_soon(&self, now: Timestamp) -> bool {
        let share = self.ends.duration_since(self.begins) / SHARE_LEFT;
        self.ends.duration_since(now) < share.min(USUALLY_LEFT)
    }

    /// Whether it is over at `now`.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.ends < now
    }

    /// What the operator is told of it.
    #[must_use]
    pub fn described(&self, now: Timestamp) -> String {
        let (file, ends) = (self.file.display(), self.ends);
        if self.has_ended(now) {
            format!("the certificate in {file} has ended at {ends}; put a new one in its place")
        } else {
            format!("the certificate in {file} ends at {ends}; put a new one in its place before that")
        }
    }
}

/// Why the certificate is refused at that time. Its time is looked at before anything else.
fn refusal(certificate: &CertificateDer<'_>, since_epoch: Duration) -> Option<CertificateError> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    let (nobody, at) = (RootCertStore::empty(), UnixTime::since_unix_epoch(since_epoch));
    let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms.all;
    match verify_server_cert_signed_by_trust_anchor(&parsed, &nobody, &[], at, algorithms) {
        Err(Error::InvalidCertificate(why)) => Some(why),
        _ => None,
    }
}

fn timestamp(at: UnixTime) -> Timestamp {
    let seconds = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX)
}

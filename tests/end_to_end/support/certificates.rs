//! Certificates made for one test: a CA, and what it signs. Not here: who shows them to whom.

use std::path::{Path, PathBuf};

use gatelpr::tls::{Identity, TlsSettings};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// A CA whose certificate and whose signed certificates lie in one folder.
pub(crate) struct Authority {
    name: &'static str,
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM files.
pub(crate) struct Signed {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    /// One that keeps its files in `folder`, under names that begin with `name`.
    pub(crate) fn new(folder: &Path, name: &'static str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("a CA");
        std::fs::write(folder.join(format!("{name}-ca.pem")), issuer.pem()).expect("the folder is writable");
        Self { name, folder: folder.to_owned(), issuer }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(format!("{}-ca.pem", self.name))
    }

    /// A certificate for `subject` (a host name or an address) in files of the name `file`.
    pub(crate) fn sign(&self, file: &str, subject: &str) -> Signed {
        self.sign_until(file, subject, 4000)
    }

    /// One that ends at the beginning of that year.
    pub(crate) fn sign_until(&self, file: &str, subject: &str, year: i32) -> Signed {
        self.sign_until_day(file, subject, (year, 1, 1))
    }

    /// One that ends in so many days.
    pub(crate) fn sign_for_days(&self, file: &str, subject: &str, days: i64) -> Signed {
        let end = gatelpr::clock::wall_time() + jiff::SignedDuration::from_hours(days * 24);
        let end = end.to_zoned_datetime(jiff::tz::TimeZone::UTC);
        let part = |number: i8| u8::try_from(number).expect("a month or a day");
        self.sign_until_day(file, subject, (end.year().into(), part(end.month()), part(end.day())))
    }

    fn sign_until_day(&self, file: &str, subject: &str, (year, month, day): (i32, u8, u8)) -> Signed {
        let mut params = CertificateParams::new(vec![subject.to_owned()]).expect("a name or an address");
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, month, day));
        params.distinguished_name.push(rcgen::DnType::CommonName, subject);
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let path = |end: &str| self.folder.join(format!("{}-{file}.{end}", self.name));
        let signed = Signed { certificate: path("pem"), key: path("key") };
        std::fs::write(&signed.certificate, certificate.pem()).expect("the folder is writable");
        std::fs::write(&signed.key, key.serialize_pem()).expect("the folder is writable");
        signed
    }

    /// What a gate is told that trusts this CA.
    pub(crate) fn trusted(&self) -> TlsSettings {
        TlsSettings { ca_file: Some(self.file()), ..TlsSettings::default() }
    }
}

impl Signed {
    pub(crate) fn identity(&self) -> Identity {
        Identity { certificate_file: self.certificate.clone(), key_file: self.key.clone() }
    }

    pub(crate) fn der(&self) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(&self.certificate).expect("a certificate")
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

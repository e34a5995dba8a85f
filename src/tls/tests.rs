use std::io;

use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair};
use rustls::{AlertDescription, CertificateError, Error};

use super::*;

/// A certificate and its key in a folder, as PEM.
struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = Self { folder: tempfile::tempdir().expect("a folder") };
        for name in ["gate", "other"] {
            let key = KeyPair::generate().expect("a key");
            let mut params = CertificateParams::new(vec!["gate".to_owned()]).expect("a name");
            (params.not_before, params.not_after) =
                (rcgen::date_time_ymd(2026, 1, 1), rcgen::date_time_ymd(2027, 1, 1));
            let certificate = params.self_signed(&key).expect("a certificate");
            folder.write(&format!("{name}.pem"), certificate.pem().as_bytes());
            folder.write(&format!("{name}.key"), key.serialize_pem().as_bytes());
            folder.write(&format!("{name}.der"), certificate.der());
        }
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("the file can be written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn settings(&self, ca: &str, certificate: &str, key: &str) -> TlsSettings {
        let identity = Identity { certificate_file: self.path(certificate), key_file: self.path(key) };
        TlsSettings { ca_file: Some(self.path(ca)), identity: Some(identity), ..TlsSettings::default() }
    }

    /// What is said about these files.
    #[track_caller]
    fn check(&self, ca: &str, certificate: &str, key: &str, expect: &str) {
        let error = client_config(&self.settings(ca, certificate, key)).expect_err("it is refused");
        let text = error.to_string();
        let file = error.file().expect("it is about a file").display().to_string();
        assert!(text.contains(expect) && text.contains(&file), "{text}");
    }
}

#[test]
fn files_that_belong_together_make_a_client() {
    let folder = Folder::new();
    let mut settings = folder.settings("other.pem", "gate.pem", "gate.key");
    settings.alpn = vec!["mqtt".to_owned()];
    let config = client_config(&settings).expect("they belong together");
    assert!(config.client_auth_cert_resolver.has_certs());
    assert_eq!(config.alpn_protocols, [b"mqtt".to_vec()]);
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_name() {
    let folder = Folder::new();
    folder.write("empty.pem", b"");
    folder.write("cut.pem", b"-----BEGIN CERTIFICATE-----\nMIIB\n");
    folder.write("junk.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    folder.write("locked.key", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");
    folder.write("junk.key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    folder.check("nowhere.pem", "gate.pem", "gate.key", "this does not exist");
    folder.check("empty.pem", "gate.pem", "gate.key", "there is no certificate");
    folder.check("gate.der", "gate.pem", "gate.key", "openssl x509 -inform der");
    folder.check("cut.pem", "gate.pem", "gate.key", "is damaged");
    folder.check("junk.pem", "gate.pem", "gate.key", "cannot be used");
    folder.check("other.pem", "gate.key", "gate.key", "there is no certificate");
    folder.check("other.pem", "gate.pem", "gate.pem", "there is no private key");
    folder.check("other.pem", "gate.pem", "locked.key", "locked with a password");
    folder.check("other.pem", "gate.pem", "junk.key", "cannot be used");
    folder.check("other.pem", "gate.pem", "other.key", "does not belong to the first certificate");
}

#[test]
fn only_a_change_of_the_content_counts() {
    let folder = Folder::new();
    let settings = folder.settings("other.pem", "gate.pem", "gate.key");
    let read = || TlsFiles::read(&settings).expect("they can be read");
    let before = read();
    folder.write("gate.pem", &fs::read(folder.path("gate.pem")).expect("it is there"));
    assert_eq!(read(), before);
    folder.write("gate.pem", &fs::read(folder.path("other.pem")).expect("it is there"));
    assert_ne!(read(), before);
}

#[test]
fn a_certificate_needs_somebody_before_it_ends() {
    let folder = Folder::new();
    let files = TlsFiles::read(&folder.settings("other.pem", "gate.pem", "gate.key")).expect("they can be read");
    let validities = files.validities();
    let ends: Timestamp = "2027-01-01T00:00:00Z".parse().expect("a time");
    let begins: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
    assert_eq!(validities[0], Validity { file: folder.path("gate.pem"), begins, ends });
    assert_eq!(validities[1].file, folder.path("other.pem"));
    let before = |hours| ends - SignedDuration::from_hours(hours);
    assert!(!validities[0].ends_soon(before(15 * 24)) && validities[0].ends_soon(before(13 * 24)));
    assert!(!validities[0].has_ended(before(1)) && validities[0].has_ended(before(-1)));
    let of_a_day = Validity { begins: before(24), ..validities[0].clone() };
    assert!(!of_a_day.ends_soon(before(5)) && of_a_day.ends_soon(before(4)), "a short life is not always about to end");
}

#[test]
fn the_reason_is_found_behind_other_errors() {
    let tls = Error::InvalidCertificate(CertificateError::UnknownIssuer);
    let outer = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, tls));
    assert!(in_words(&outer).expect("it is found").contains("`ca_file`"));
    assert_eq!(in_words(&io::Error::other("the cable is cut")), None);
    let alert = Error::AlertReceived(AlertDescription::CertificateRequired);
    assert!(in_words(&alert).expect("it is found").contains("`certificate_file`"));
}

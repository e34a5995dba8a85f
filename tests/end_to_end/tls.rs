//! Encrypted connections to real brokers: who is trusted, who is refused and in which words, and certificates that change
//! while events are under way.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::GATELPR;
use crate::broker::{Gate, check_complete, has, settings, status};
use crate::support::certificates::{Authority, Signed};
use crate::support::tls_door::TlsDoor;
use crate::support::{IndependentSubscriber, Mosquitto, PATIENCE, a_moment, free_port};
use gatelpr::alarm::{AlarmKind, Alarms};
use gatelpr::clock::Clock;
use gatelpr::publish::{MqttPublisher, MqttSettings, Protocol};
use gatelpr::tls::{TlsSettings, TlsVersion};

const PROTOCOLS: [Protocol; 2] = [Protocol::V5, Protocol::V311];

/// A mosquitto with one port in plain text, for the subscriber, and one with TLS.
pub(crate) struct TlsBroker {
    broker: Mosquitto,
    pub(crate) tls_port: u16,
}

impl TlsBroker {
    pub(crate) fn start(own: &Signed, lines: &str) -> Self {
        Self::up_to("TLSv1.3", own, lines)
    }

    /// One that speaks no newer TLS.
    fn up_to(newest: &str, own: &Signed, lines: &str) -> Self {
        let openssl =
            format!("openssl_conf = d\n[d]\nssl_conf = s\n[s]\nsystem_default = t\n[t]\nMaxProtocol = {newest}\n");
        let tls_port = free_port();
        let (certificate, key) = (own.certificate.display(), own.key.display());
        let lines = format!(
            "allow_anonymous true\npersistence false\nmax_inflight_messages 0\nlistener {tls_port} 127.0.0.1\n\
             certfile {certificate}\nkeyfile {key}\n{lines}"
        );
        let broker = Mosquitto::with_openssl(&lines, &openssl);
        while TcpStream::connect(("127.0.0.1", tls_port)).is_err() {
            a_moment();
        }
        Self { broker, tls_port }
    }
}

fn with_tls(port: u16, protocol: Protocol, tls: TlsSettings) -> MqttSettings {
    MqttSettings { protocol, tls: Some(tls), ..settings(port) }
}

/// Delivers two events, which arrive.
async fn check_delivers(broker: &TlsBroker, tls: &TlsSettings) {
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().expect("a folder");
        let mut subscriber = IndependentSubscriber::start(broker.broker.port);
        let gate = Gate::start(&folder.path().join("outbox.db"), with_tls(broker.tls_port, protocol, tls.clone()));
        gate.commit(2);
        gate.drained().await;
        check_complete(&subscriber.wait_for("/passage", has(2)), 2);
        assert_eq!(gate.delivery.status().failures, 0, "{:?}", gate.delivery.status());
        gate.end().await;
    }
}

/// Delivers nothing, keeps the event, and says why.
async fn check_refuses(port: u16, tls: Option<&TlsSettings>, told: &[&str]) {
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().expect("a folder");
        let gate = Gate::start(
            &folder.path().join("outbox.db"),
            MqttSettings { protocol, tls: tls.cloned(), ..settings(port) },
        );
        gate.commit(1);
        gate.failures(1).await;
        let error = gate.delivery.status().last_error.expect("it is told");
        assert!(told.iter().any(|told| error.contains(told)), "{protocol:?}: {error}");
        assert_eq!(gate.delivery.status().depth, 1);
        gate.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_over_tls_1_2_and_1_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::new(folder.path(), "site");
    let own = ca.sign("broker", "127.0.0.1");
    let (only_1_3, newest) = ("tls_version tlsv1.3\n", TlsSettings { min_version: TlsVersion::V1_3, ..ca.trusted() });
    check_delivers(&TlsBroker::up_to("TLSv1.2", &own, ""), &ca.trusted()).await;
    check_delivers(&TlsBroker::start(&own, only_1_3), &ca.trusted()).await;
    check_delivers(&TlsBroker::start(&own, only_1_3), &newest).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_of_another_ca_is_not_trusted_and_of_several_cas_each_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ca, other) = (Authority::new(folder.path(), "site"), Authority::new(folder.path(), "other"));
    let broker = TlsBroker::start(&ca.sign("broker", "127.0.0.1"), "");
    check_refuses(broker.tls_port, Some(&other.trusted()), &["a CA that this gate does not trust", "`ca_file`"]).await;
    check_refuses(broker.tls_port, Some(&TlsSettings::default()), &["a CA that this gate does not trust"]).await;
    let both = [&other, &ca].map(|ca| std::fs::read_to_string(ca.file()).expect("it is there")).concat();
    let file = folder.path().join("both.pem");
    std::fs::write(&file, both).expect("the folder is writable");
    check_delivers(&broker, &TlsSettings { ca_file: Some(file), ..TlsSettings::default() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_of_another_name_is_trusted_only_if_that_name_is_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::new(folder.path(), "site");
    let broker = TlsBroker::start(&ca.sign("broker", "broker.example.vn"), "");
    let told = "its certificate is for broker.example.vn and not for 127.0.0.1";
    check_refuses(broker.tls_port, Some(&ca.trusted()), &[told]).await;
    let named = TlsSettings { server_name: Some("broker.example.vn".to_owned()), ..ca.trusted() };
    check_delivers(&broker, &named).await;
    let wrong = TlsSettings { server_name: Some("other.example.vn".to_owned()), ..ca.trusted() };
    check_refuses(broker.tls_port, Some(&wrong), &["and not for other.example.vn"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_whose_certificate_has_ended_is_refused_with_the_date() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::new(folder.path(), "site");
    let broker = TlsBroker::start(&ca.sign_until("broker", "127.0.0.1", 2021), "");
    check_refuses(broker.tls_port, Some(&ca.trusted()), &["its certificate has ended at 2021-01-01T00:00:00Z"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_wants_a_certificate_lets_only_those_of_its_ca_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ca, other) = (Authority::new(folder.path(), "site"), Authority::new(folder.path(), "other"));
    let own = ca.sign("broker", "127.0.0.1");
    for version in ["TLSv1.2", "TLSv1.3"] {
        let lines = format!("cafile {}\nrequire_certificate true\n", ca.file().display());
        let broker = TlsBroker::up_to(version, &own, &lines);
        let with = |signed: Signed| TlsSettings { identity: Some(signed.identity()), ..ca.trusted() };
        check_refuses(broker.tls_port, Some(&ca.trusted()), &["`certificate_file`"]).await;
        check_refuses(broker.tls_port, Some(&with(other.sign("gate", "gate"))), &["`certificate_file`"]).await;
        check_delivers(&broker, &with(ca.sign("gate", "gate"))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_too_old_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::new(folder.path(), "site");
    let broker = TlsBroker::up_to("TLSv1.2", &ca.sign("broker", "127.0.0.1"), "");
    let newest = TlsSettings { min_version: TlsVersion::V1_3, ..ca.trusted() };
    check_refuses(broker.tls_port, Some(&newest), &["no version of TLS that `min_version` allows"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_text_and_tls_at_the_wrong_ports_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::new(folder.path(), "site");
    let broker = TlsBroker::start(&ca.sign("broker", "127.0.0.1"), "");
    check_refuses(broker.broker.port, Some(&ca.trusted()), &["port that is not for TLS", "its port for TLS"]).await;
    check_refuses(broker.tls_port, None, &["[mqtt.tls]"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_name_and_the_protocol_are_asked_for_in_the_handshake() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::new(folder.path(), "site");
    let broker = Mosquitto::start();
    let door = TlsDoor::open_to(broker.port, &ca.sign("broker", "broker.example.vn"), &ca, &["mqtt"]).await;
    let named = TlsSettings { server_name: Some("broker.example.vn".to_owned()), ..ca.trusted() };
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().expect("a folder");
        let asked = TlsSettings { alpn: vec!["x".to_owned(), "mqtt".to_owned()], ..named.clone() };
        let gate = Gate::start(&folder.path().join("outbox.db"), with_tls(door.port, protocol, asked));
        gate.commit(1);
        gate.drained().await;
        gate.end().await;
    }
    for visitor in door.visitors() {
        assert_eq!(visitor.server_name.as_deref(), Some("broker.example.vn"));
        assert_eq!(visitor.protocol.as_deref(), Some("mqtt"));
    }
    assert_eq!(door.visitors().len(), 2);
    let strange = TlsSettings { alpn: vec!["http/1.1".to_owned()], ..named };
    check_refuses(door.port, Some(&strange), &["none of the protocols in `alpn`"]).await;
}

/// Copies a certificate and its key to where the gate reads them, the certificate first.
fn install(signed: &Signed, folder: &Path) {
    std::fs::copy(&signed.certificate, folder.join("gate.pem")).expect("the folder is writable");
    std::fs::copy(&signed.key, folder.join("gate.key")).expect("the folder is writable");
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, waiting).await.is_ok(), "never: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_changes_while_events_are_under_way_costs_none() {
    for protocol in PROTOCOLS {
        let folder = tempfile::tempdir().expect("a folder");
        let ca = Authority::new(folder.path(), "site");
        let broker = Mosquitto::start();
        let door = TlsDoor::open_to(broker.port, &ca.sign("broker", "127.0.0.1"), &ca, &[]).await;
        let mut subscriber = IndependentSubscriber::start(broker.port);
        let (first, second) = (ca.sign("first", "gate"), ca.sign("second", "gate"));
        install(&first, folder.path());
        let at = |name: &str| folder.path().join(name);
        let identity = gatelpr::tls::Identity { certificate_file: at("gate.pem"), key_file: at("gate.key") };
        let tls = TlsSettings { identity: Some(identity), ..ca.trusted() };
        let (alarms, clock) = (Alarms::default(), Clock::start());
        let publisher = MqttPublisher::new(with_tls(door.port, protocol, tls), status(clock), alarms.clone())
            .looking_at_certificates_every(Duration::from_millis(20));
        let gate = Gate::start_with(&at("outbox.db"), publisher);
        let raised = || alarms.standing().iter().any(|alarm| alarm.kind == AlarmKind::Certificate);
        gate.commit(100);

        // Half of the change: the key is still that of the certificate before.
        std::fs::copy(&second.certificate, at("gate.pem")).expect("the folder is writable");
        until("an alarm about the half", raised).await;
        let text = alarms.standing()[0].text.clone();
        assert!(text.contains("does not belong to") && text.contains("gate.key"), "{text}");
        gate.commit(100);
        gate.drained().await;
        assert_eq!(gate.delivery.status().connections, 1, "the connection that works is kept");

        gate.commit(100);
        install(&second, folder.path());
        let renewed = || door.visitors().last().is_some_and(|visitor| visitor.certificate == Some(second.der()));
        until("a connection with the new certificate", renewed).await;
        gate.commit(100);
        gate.drained().await;
        check_complete(&subscriber.wait_for("/passage", has(400)), 400);
        until("the alarm is over", || !raised()).await;
        let status = gate.delivery.status();
        assert_eq!((status.connections, status.failures), (2, 1), "{status:?}");
        assert!(status.last_error.is_some_and(|error| error.contains("the certificates have changed")));
        gate.end().await;
        let states = subscriber.wait_for("/status", |payloads| payloads.iter().any(|one| one.contains("stopping")));
        assert!(!states.iter().any(|state| state.contains("offline")), "a renewal is no outage: {states:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_gone_when_the_connection_breaks_do_not_end_delivery() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::new(folder.path(), "site");
    let mut broker = TlsBroker::start(&ca.sign("broker", "127.0.0.1"), "");
    let (alarms, clock) = (Alarms::default(), Clock::start());
    let settings = with_tls(broker.tls_port, Protocol::Auto, ca.trusted());
    let publisher = MqttPublisher::new(settings, status(clock), alarms.clone());
    let gate = Gate::start_with(&folder.path().join("outbox.db"), publisher);
    gate.commit(1);
    gate.drained().await;
    std::fs::remove_file(ca.file()).expect("it is there");
    broker.broker.kill();
    gate.failures(1).await;
    broker.broker.restart();
    gate.commit(1);
    gate.drained().await;
    let text = alarms.standing().first().expect("it is told").text.clone();
    assert!(text.contains("site-ca.pem: this does not exist") && text.contains("are used"), "{text}");
    gate.end().await;
}

#[test]
fn watch_listens_over_tls_and_check_tries_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (ca, other) = (Authority::new(folder.path(), "site"), Authority::new(folder.path(), "other"));
    let broker = TlsBroker::start(&ca.sign("broker", "127.0.0.1"), "");
    let port = broker.tls_port.to_string();
    let watched = Command::new(GATELPR)
        .args(["watch", "--port", &port, "--tls-ca"])
        .arg(other.file())
        .output()
        .expect("the binary starts");
    let said = String::from_utf8_lossy(&watched.stderr).into_owned();
    assert!(!watched.status.success() && said.contains("a CA that this gate does not trust"), "{said}");

    let config = folder.path().join("gatelpr.toml");
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "[site]\nname = \"test\"\ngate = \"g1\"\n[mqtt]\nhost = \"localhost\"\nport = {port}\n[mqtt.tls]\n\
         ca_file = \"site-ca.pem\"\nserver_name = \"127.0.0.1\"\n[inference]\nmodels = \"{root}/models\"\n\
         [[camera]]\nname = \"c\"\nsource.folder.path = \".\"\n[[lane]]\nname = \"l\"\ncamera = \"c\"\n"
    );
    std::fs::write(&config, text).expect("the folder is writable");
    let checked = Command::new(GATELPR).args(["check", "--probe"]).arg(&config).output().expect("the binary starts");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(said.contains("broker    works: ") && said.contains("tls       works: "), "{said}");

    let mut watcher = Command::new(GATELPR)
        .args(["watch", "--json", "--topic", "test/#", "--config"])
        .arg(&config)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(watcher.stdout.take().expect("it is piped")));
    let plain = broker.broker.port.to_string();
    let told = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &plain, "-r", "-t", "test/hello", "-m", "{\"hello\":1}"])
        .status()
        .expect("mosquitto_pub is installed");
    assert!(told.success());
    assert_eq!(lines.next().expect("a line").expect("text"), "{\"hello\":1}");
    drop(watcher.kill());
    drop(watcher.wait());
}

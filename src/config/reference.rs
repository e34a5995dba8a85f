//! Holds `config/gatelpr.toml` to what the code does: it parses, its commented defaults are the defaults, and it names
//! every key.

use std::fs;
use std::path::Path;

use super::{Config, keys};
use crate::evidence::settings::EvidenceReceiver;
use crate::login::PasswordPlace;
use crate::proof::DeviceKey;
use crate::publish::topics::TopicRoot;
use crate::publish::{DeliverySettings, MqttSettings};

const REFERENCE: &str = include_str!("../../config/gatelpr.toml");
/// Fit for a webhook's secret and for a key of hashes.
const SECRET: &str = "whsec_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";
const PASSWORD_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY";
const MINIMAL: &str = include_str!("../../config/minimal.toml");

/// Files of which only matters that they are there.
const FILES: [&str; 8] = [
    "clip.mp4",
    "mqtt-password",
    "camera-password",
    "http-token",
    "device-key",
    "evidence-token",
    "platform-ca.pem",
    "usr/lib/gatelpr/libonnxruntime.so",
];

/// The config in `text`, in a folder that has every file the reference names; without the hash of its bytes.
fn parsed(text: &str) -> Config {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let at = |path: &str| folder.path().join(path);
    for path in ["uploads", "pictures", "usr/share/gatelpr/models", "usr/lib/gatelpr"] {
        fs::create_dir_all(at(path)).expect("the folder can be made");
    }
    for path in FILES {
        fs::write(at(path), "not empty").expect("the file can be written");
    }
    fs::write(at("platform.pem"), DeviceKey::from_seed(&[7; 32]).public().to_pem()).expect("the file can be written");
    for path in ["webhook-secret", "analytics-key", "webhook-ca.pem"] {
        fs::write(at(path), SECRET).expect("the file can be written");
    }
    let key = rcgen::KeyPair::generate().expect("a key can be made");
    let certificate = rcgen::CertificateParams::new(vec!["gate".to_owned()]).expect("a name").self_signed(&key);
    let certificate = certificate.expect("a certificate can be made").pem();
    let (certificate, key) = (certificate.as_str(), key.serialize_pem());
    for path in ["broker-ca.pem", "gate.pem", "console.pem"] {
        fs::write(at(path), certificate).expect("the file can be written");
    }
    for path in ["gate-key.pem", "console-key.pem"] {
        fs::write(at(path), &key).expect("the file can be written");
    }
    fs::write(at("console-password"), PASSWORD_HASH).expect("the file can be written");
    // What lies in the system is looked for in the folder, and a variable is taken that every process has.
    let text = text
        .replace("\"/usr/", "\"usr/")
        .replace("\"/run/credentials/gatelpr.service/", "\"")
        .replace("\"GATELPR_MQTT_PASSWORD\"", "\"PATH\"")
        .replace("\"GATELPR_HTTP_TOKEN\"", "\"PATH\"")
        .replace("\"GATELPR_CAMERA_PASSWORD\"", "\"PATH\"");
    let mut config =
        Config::parse(&text, "gatelpr.toml", folder.path()).unwrap_or_else(|problems| panic!("{problems}"));
    let relative = |path: &Path| path.strip_prefix(folder.path()).unwrap_or(path).to_owned();
    for camera in &mut config.cameras {
        use crate::camera::SourceSettings::{Folder, Video, WatchedFolder};
        if let Video { path, .. } | Folder { path, .. } | WatchedFolder { path, .. } = &mut camera.source {
            *path = relative(path);
        }
    }
    if let Some(webhook) = &mut config.webhook {
        webhook.ca_file = webhook.ca_file.as_deref().map(relative);
        webhook.secret = PasswordPlace::Variable(String::new());
    }
    if let Some(analytics) = &mut config.mirrors.analytics {
        analytics.key = PasswordPlace::Variable(String::new());
    }
    if let Some(EvidenceReceiver::Http(http)) =
        config.evidence.as_mut().and_then(|evidence| Some(&mut evidence.delivery.as_mut()?.receiver))
    {
        (http.token, http.ca_file) = (None, None);
    }
    config.sha256 = String::new();
    config
}

/// `text` with every table's header after `mark` uncommented, and every line `{mark} key = value` that `wanted` wants by its key.
fn uncommented(text: &str, mark: &str, wanted: impl Fn(&str) -> bool) -> String {
    let uncomment = |line: &str| match line.strip_prefix(mark).and_then(|rest| rest.strip_prefix(' ')) {
        Some(rest) if key_of(rest).is_some_and(&wanted) || rest.starts_with('[') => rest.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(|line| uncomment(line) + "\n").collect()
}

fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" = ")?;
    key.chars().all(|c| c.is_ascii_lowercase() || c == '_').then_some(key)
}

#[test]
fn the_reference_as_it_is_and_with_its_commented_defaults_is_the_same_config() {
    let all = uncommented(REFERENCE, "#", |_| true);
    assert!(all.contains("\nkeep_alive_s = 20\n"), "defaults are uncommented");
    assert_eq!(parsed(REFERENCE), parsed(&all));
}

#[test]
fn the_examples_of_the_reference_parse_with_either_place_of_a_password() {
    for (other, token) in [("password_file", "token_file"), ("password_env", "token_env")] {
        // A USB camera is known by its name or by its path; secrets that are required have their place already.
        // What systemd hands over, nobody hands to a test.
        let secrets = ["secret_env", "secret_credential", "key_env", "key_credential", "password_credential"];
        let hashes = ["password_hash_env", "password_hash_credential"];
        let left_out = [["path", other, token].as_slice(), &secrets, &hashes].concat();
        let config = parsed(&uncommented(REFERENCE, "##", |key| !left_out.contains(&key)));
        assert!(config.site.location.is_some());
        assert_eq!(config.inbound.trusted_keys.len(), 1);
        assert!(config.evidence.is_some_and(|evidence| evidence.delivery.is_some()));
        assert!(config.mqtt.login.as_ref().is_some_and(|login| login.has_password()));
        let broker = config.mqtt.settings_without_login();
        assert_eq!(broker.port, MqttSettings::TLS_PORT);
        let tls = broker.tls.as_ref().expect("there is a table for it");
        assert!(tls.ca_file.is_some() && tls.identity.is_some() && tls.server_name.is_some() && tls.alpn.len() == 1);
        assert!(config.console.is_some_and(|console| console.password_hash.is_some() && console.identity.is_some()));
        assert!(config.inference.runtime.is_some() && config.inference.models.is_some());
        assert!(config.cameras.iter().any(|camera| camera.view.perspective.is_some()));
    }
}

#[test]
fn every_key_is_in_the_reference_with_the_example_that_messages_give() {
    let lines: Vec<&str> = REFERENCE.lines().map(|line| line.trim_start_matches('#').trim_start()).collect();
    // These have no header line: two are written within a line, and a source is one of its kinds.
    let without = [keys::LOCATION.header, keys::LENS.header, keys::SOURCE.header];
    for shape in keys::ROOT.all().into_iter().skip(1).filter(|shape| !without.contains(&shape.header)) {
        assert!(lines.contains(&shape.header), "{} is in the reference", shape.header);
        for keys::Key { name, example, .. } in shape.keys.iter().filter(|key| !key.example.is_empty()) {
            let line = format!("{name} = {example}");
            assert!(lines.contains(&line.as_str()), "{line} of {} is in the reference", shape.header);
        }
    }
}

#[test]
fn the_reference_has_no_line_that_looks_like_a_key_and_is_none() {
    for line in REFERENCE.lines().filter_map(|line| key_of(line.trim_start_matches('#').trim_start())) {
        assert!(line == "key" || !keys::tables_with(line).is_empty(), "{line} is a key");
    }
}

#[test]
fn the_minimal_config_parses_and_leaves_the_rest_to_the_defaults() {
    let config = parsed(MINIMAL);
    assert_eq!(config.lanes[0].rules, crate::lane::LaneRules::default());
    assert_eq!(config.inference, super::InferenceConfig::default());
    assert_eq!(config.outbox, super::OutboxConfig::default());
    assert_eq!((&config.webhook, &config.mirrors), (&None, &super::MirrorsConfig::default()));
    assert_eq!(config.evidence, None);
    let broker = config.mqtt.settings().expect("no password is read");
    let root = TopicRoot::expand(TopicRoot::DEFAULT_TEMPLATE, &config.site.name, &config.site.gate);
    let usual = MqttSettings::new("127.0.0.1", 1883, root.expect("names make a root"));
    assert_eq!(broker, MqttSettings { client_id: "gatelpr-huu-nghi-g1".to_owned(), ..usual });
    assert_eq!(config.mqtt.delivery().ack_timeout, DeliverySettings::default().ack_timeout);
    assert!(config.camera(&config.lanes[0].camera).is_some());
}

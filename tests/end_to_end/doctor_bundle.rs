//! The support bundle: what is planted in config, logs, lists and outbox is in none of its files.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use flate2::read::GzDecoder;
use gatelpr::proof::DeviceKey;
use gatelpr::publish::{Destination, Outbox, OutboxSettings, PlateEvent};

use crate::GATELPR;
use crate::broker::EVENT;
use crate::daemon::config;
use crate::support::free_port;

const BROKER_PASSWORD: &str = "sesam-oeffne-dich";
const CAMERA_PASSWORD: &str = "tlJw5";
const WEBHOOK_SECRET: &str = "whsec_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";
/// What the journal says: with everything in it that must not get out.
const LOG: &str = "2026-11-24T12:00:00+0700 gatelpr[1]: passage lane=in-2 plate=\"12C12345\" seq=7
2026-11-24T12:00:01+0700 gatelpr[1]: passage of QZ 80 W by hand, and of 51F-678.90, 51F 67890 and 桂F·12345
2026-11-24T12:00:02+0700 gatelpr[1]: camera lost: rtsp://admin:tlJw5@10.0.0.7:554/user=admin_password=tlJw5.sdp no frame for 5.0 s
2026-11-24T12:00:03+0700 gatelpr[1]: webhook refused: https://hooks.example/T00/Bsecretpath?sig=abc401
2026-11-24T12:00:04+0700 gatelpr[1]: login sesam-oeffne-dich refused, token=zzz-token-zzz
2026-11-24T12:00:05+0700 kernel: eth0 02:42:ac:11:00:9f link down, fe80::42:acff:fe11:9f
";

/// Everything of the patient that must not be in the bundle, as text.
const PLANTED: [&str; 19] = [
    BROKER_PASSWORD,
    CAMERA_PASSWORD,
    "q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k",
    "12C12345",
    "12C-123.45",
    "51F-678.90",
    "51F67890",
    "51F 67890",
    "桂F",
    "29A77777",
    "QZ 80 W",
    "QZ80W",
    "Bsecretpath",
    "abc401",
    "zzz-token-zzz",
    "02:42:ac:11:00:9f",
    "acff:fe11:9f",
    "old-geheim",
    "PRIVATE KEY",
];

/// A gate with secrets and plates everywhere, whose journal says [`LOG`].
fn planted(folder: &Path) {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).expect("there is space");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    };
    let tables = "[webhook]\nurl = \"https://hooks.example/T00/Bsecretpath?sig=abc401\"\nsecret_file = \"webhook-secret\"\ntimeout_s = 1\n\
                  [[list]]\nname = \"wanted\"\nkind = \"watch\"\nfile = \"wanted.csv\"\n\
                  [[camera]]\nname = \"front\" # old-geheim\nstall_timeout_s = 1\n\
                  [camera.source.rtsp]\nurl = \"rtsp://127.0.0.1:9/ch1\"\nusername = \"admin\"\npassword_file = \"camera-password\"\n\
                  [[lane]]\nname = \"in-2\"\ncamera = \"front\"\n";
    write("broker-password", BROKER_PASSWORD);
    write("camera-password", &format!("{CAMERA_PASSWORD}\n"));
    write("webhook-secret", WEBHOOK_SECRET);
    write("wanted.csv", "text,note\nQZ 80 W,stolen\n29A-777.77,\n");
    let path = config(folder, free_port(), tables);
    let text = fs::read_to_string(&path).expect("it is there");
    let login = "username = \"gate\"\npassword_file = \"broker-password\"\n[outbox]";
    fs::write(&path, text.replace("[outbox]", login)).expect("there is space");
    let bin = folder.join("bin");
    fs::create_dir(&bin).expect("there is space");
    fs::write(bin.join("journalctl"), format!("#!/bin/sh\ncat <<'END'\n{LOG}END\n")).expect("there is space");
    fs::set_permissions(bin.join("journalctl"), fs::Permissions::from_mode(0o755)).expect("it is ours");
    waiting_and_archived(&folder.join("outbox"));
}

/// Two events with plates: one delivered and archived, one that waits.
fn waiting_and_archived(folder: &Path) {
    fs::create_dir(folder).expect("there is space");
    let key = DeviceKey::open_or_create(&folder.join("device-key.pem")).expect("there is space");
    let outbox = Outbox::open(&folder.join("outbox.sqlite"), OutboxSettings::new(key, folder)).expect("a new outbox");
    let event: PlateEvent = serde_json::from_str(EVENT).expect("the fixture is an event");
    let now = "2026-11-24T12:00:00Z".parse().expect("a time");
    outbox.commit(&event, now).expect("there is space");
    outbox.queue(Destination::Broker).settle(&[1], now).expect("it can be settled");
    outbox.commit(&event, now).expect("there is space");
}

fn pack(folder: &Path, file: &Path) -> Output {
    let path = format!("{}:{}", folder.join("bin").display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(GATELPR);
    command.env("PATH", path).args(["doctor", "--config"]).arg(folder.join("gatelpr.toml"));
    command.arg("--bundle").arg(file).output().expect("the binary starts")
}

/// The files of a bundle, by name.
fn unpacked(bundle: &Path) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(GzDecoder::new(fs::File::open(bundle).expect("it was written")));
    let text = |entry: std::io::Result<tar::Entry<'_, GzDecoder<fs::File>>>| {
        let mut entry = entry.expect("a whole archive");
        let name = entry.path().expect("a path").display().to_string();
        let mut text = String::new();
        entry.read_to_string(&mut text).expect("every file is text");
        (name, text)
    };
    archive.entries().expect("an archive").map(text).collect()
}

#[test]
fn no_file_of_a_bundle_has_a_planted_plate_secret_or_address_and_each_has_what_helps() {
    let folder = tempfile::tempdir().expect("a folder");
    planted(folder.path());
    let bundle = folder.path().join("support.tar.gz");
    let packed = pack(folder.path(), &bundle);
    let said = String::from_utf8_lossy(&packed.stderr);
    assert!(said.contains("looked through: no plates, no pictures") && said.contains("log.txt"), "{said}");
    let mode = fs::metadata(&bundle).expect("it was written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let files = unpacked(&bundle);
    let names: Vec<&str> = files.iter().map(|(name, _)| name.trim_start_matches("gatelpr-support/")).collect();
    let expected = ["README.txt", "doctor.json", "system.json", "log.txt", "config.toml", "models.json", "outbox.json"];
    assert_eq!(names, expected);
    for (name, text) in &files {
        for planted in PLANTED {
            assert!(!text.to_lowercase().contains(&planted.to_lowercase()), "{planted} is in {name}:\n{text}");
        }
    }
    let of = |wanted: &str| &files.iter().find(|(name, _)| name.ends_with(wanted)).expect("it is there").1;
    assert!(of("log.txt").contains("rtsp://10.0.0.7:554/...") && of("log.txt").contains("no frame for 5.0 s"));
    assert!(of("log.txt").contains("2026-11-24T12:00:00+0700") && of("log.txt").contains("seq=7"));
    assert!(of("config.toml").contains("name = \"front\"") && of("config.toml").contains("rtsp://127.0.0.1:9/..."));
    assert!(of("outbox.json").contains("\"last_seq\": 2") && of("models.json").contains("found_sha256"));
}

#[test]
fn a_bundle_replaces_no_file_and_is_not_begun_where_it_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    planted(folder.path());
    for file in ["wanted.csv", "no/such/folder.tar.gz"] {
        let refused = pack(folder.path(), &folder.path().join(file));
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot write the bundle") && said.contains("choose another place"), "{said}");
        assert!(refused.stdout.is_empty(), "nothing was looked at");
    }
    assert!(fs::read_to_string(folder.path().join("wanted.csv")).expect("it is there").contains("QZ 80 W"));
}

//! The daemon as a service: what it tells systemd, and its end within the time that systemd gives it.

use std::fs::File;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use gatelpr::clock::Clock;

use crate::daemon::config;
use crate::support::{IndependentSubscriber, Mosquitto, PATIENCE, a_moment};
use crate::{GATELPR, sample_clip};

/// A systemd that listens.
struct Listener {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Listener {
    fn at(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).expect("a socket");
        socket.set_read_timeout(Some(PATIENCE)).expect("it can wait");
        Self { socket, heard: Vec::new() }
    }

    /// Listens until a message has a line that begins like this, and gives what was heard before it.
    fn wait_for(&mut self, line: &str) -> Vec<String> {
        let mut buffer = [0; 4096];
        loop {
            let length =
                self.socket.recv(&mut buffer).unwrap_or_else(|error| panic!("{line}: {error}; {:?}", self.heard));
            let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if message.lines().any(|other| other.starts_with(line)) {
                return std::mem::take(&mut self.heard);
            }
            self.heard.push(message);
        }
    }
}

/// The daemon, started as systemd starts it.
struct Service {
    process: Child,
    log: PathBuf,
}

impl Service {
    fn start(config: &Path, socket: &Path, watchdog: Duration) -> Self {
        let mut command = Command::new(GATELPR);
        let log = config.with_extension("log");
        let kept = File::create(&log).expect("the folder is writable");
        command.args(["run", "--config"]).arg(config).env("NOTIFY_SOCKET", socket).stderr(kept);
        command.env("WATCHDOG_USEC", watchdog.as_micros().to_string());
        Self { process: command.spawn().expect("the binary starts"), log }
    }

    /// Asks it to stop and waits as long as systemd does before it kills.
    fn stop(&mut self) {
        let sent = Command::new("kill").arg(self.process.id().to_string()).status().expect("kill is there");
        assert!(sent.success());
        let clock = Clock::start();
        while clock.elapsed() < stop_timeout() {
            if let Some(status) = self.process.try_wait().expect("it can be waited for") {
                assert!(status.success(), "{status}: {}", self.told());
                return;
            }
            a_moment();
        }
        panic!("systemd would have killed it: {}", self.told());
    }

    fn told(&self) -> String {
        std::fs::read_to_string(&self.log).expect("it is text")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// As the unit has it.
fn stop_timeout() -> Duration {
    let unit = include_str!("../../systemd/gatelpr.service");
    let seconds = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).expect("the unit says it");
    Duration::from_secs(seconds.parse().expect("whole seconds"))
}

/// A lane with the sample clip, over and over, at the speed at which it was recorded, and models that keep up with it.
fn lane(folder: &Path) -> String {
    format!(
        "detector = \"gatelpr-detector\"\nrecogniser = \"gatelpr-reader\"\n\
         [[camera]]\nname = \"front\"\n[camera.source.folder]\npath = '{}'\nrepeat = true\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"front\"\nzone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n",
        sample_clip(folder).display()
    )
}

#[test]
fn systemd_is_told_when_it_is_ready_that_it_lives_how_it_fares_and_when_it_stops() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = config(folder.path(), broker.port, &lane(folder.path()));
    let socket = folder.path().join("notify");
    let mut systemd = Listener::at(&socket);
    let mut service = Service::start(&config, &socket, Duration::from_secs(1));
    assert_eq!(systemd.wait_for("READY=1"), Vec::<String>::new(), "nothing is said before it is ready");
    for _ in 0..3 {
        systemd.wait_for("WATCHDOG=1");
    }
    service.stop();
    systemd.wait_for("STOPPING=1");
}

#[test]
fn the_onnx_runtime_reports_nothing_to_its_maker() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clip = sample_clip(folder.path());
    let home = folder.path().join("home");
    std::fs::create_dir(&home).expect("the folder is writable");
    let mut command = Command::new(GATELPR);
    command.arg("replay").arg(clip).env("HOME", &home).env_remove("ORT_DISABLE_TELEMETRY").env_remove("XDG_CACHE_HOME");
    let output = command.output().expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // What it has to report, and the number by which it knows this computer again, it keeps below the home folder.
    assert_eq!(std::fs::read_dir(&home).expect("it is there").count(), 0);
}

#[test]
fn a_stop_while_the_broker_is_away_and_a_vehicle_is_in_view_loses_nothing() {
    let mut broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = config(folder.path(), broker.port, &lane(folder.path()));
    let socket = folder.path().join("notify");
    let mut systemd = Listener::at(&socket);
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let mut service = Service::start(&config, &socket, Duration::from_secs(1));
    // The first vehicle has passed and the clip goes on with the second.
    subscriber.wait_for("lane/lane-1/passage", |payloads| !payloads.is_empty());
    broker.kill();
    systemd.wait_for("STATUS=cameras running: 1 of 1; events waiting for the broker: 1");
    service.stop();

    broker.restart();
    subscriber.wait_until_subscribed();
    let _again = Service::start(&config, &socket, Duration::from_secs(1));
    // What waited, and, of the vehicle in view, what was known when the stop came: numbers without a gap.
    let payloads = subscriber.wait_for("lane/lane-1/passage", |payloads| payloads.len() >= 4);
    let seq = |payload: &String| serde_json::from_str::<serde_json::Value>(payload).expect("JSON")["seq"].as_u64();
    let mut seqs: Vec<_> = payloads.iter().map(|payload| seq(payload).expect("a number")).collect();
    seqs.sort_unstable();
    seqs.dedup();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
}

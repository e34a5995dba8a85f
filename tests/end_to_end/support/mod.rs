//! A real mosquitto on a port of its own, that tests may stop, freeze, kill and start again; an independent subscriber
//! (`mosquitto_sub`); and a door before a broker that can be shut, or lets MQTT 3.1.1 in only.

pub(crate) mod certificates;
mod contract;
pub(crate) mod door;
pub(crate) mod tls_door;

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use gatelpr::clock::Clock;

/// The longest any wait in a test takes before the test fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// Lets others work before something is looked at again.
pub(crate) fn a_moment() {
    thread::park_timeout(Duration::from_millis(10));
}

/// Lasts for [`PATIENCE`] from its beginning.
#[derive(Clone, Copy)]
struct Patience(Clock);

impl Patience {
    fn begin() -> Self {
        Self(Clock::start())
    }

    fn lasts(self) -> bool {
        self.0.elapsed() < PATIENCE
    }
}

/// The name of the config of a broker's OpenSSL.
const OPENSSL: &str = "openssl.cnf";

/// A mosquitto in a folder of its own, ended when dropped.
pub(crate) struct Mosquitto {
    pub(crate) port: u16,
    config: PathBuf,
    process: Option<Child>,
    _folder: tempfile::TempDir,
}

impl Mosquitto {
    /// One that keeps nothing over a restart, lets everybody in, and passes on at once what it takes: without a limit on
    /// messages under way it holds nothing back that would die with it after it was acknowledged.
    pub(crate) fn start() -> Self {
        Self::with_config("allow_anonymous true\npersistence false\nmax_inflight_messages 0\n")
    }

    /// One with these lines in its config.
    pub(crate) fn with_config(lines: &str) -> Self {
        Self::with_openssl(lines, "")
    }

    /// One with these lines in its config and in that of its OpenSSL.
    pub(crate) fn with_openssl(lines: &str, openssl: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let config = folder.path().join("mosquitto.conf");
        std::fs::write(&config, format!("listener {port} 127.0.0.1\nuser root\n{lines}"))
            .expect("the config can be written");
        std::fs::write(folder.path().join(OPENSSL), openssl).expect("the config can be written");
        let mut broker = Self { port, config, process: None, _folder: folder };
        broker.restart();
        broker
    }

    /// Starts it again after it was stopped or killed, on the same port, and waits until it accepts connections.
    pub(crate) fn restart(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let patience = Patience::begin();
        loop {
            let mut process = self.spawn();
            if accepts(self.port, &mut process, patience) {
                self.process = Some(process);
                return;
            }
            assert!(patience.lasts(), "mosquitto does not start on port {}", self.port);
        }
    }

    fn spawn(&self) -> Child {
        let mut command = Command::new(mosquitto_path());
        command.env("OPENSSL_CONF", self.config.with_file_name(OPENSSL));
        command.arg("-c").arg(&self.config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("mosquitto is installed (Debian package mosquitto)")
    }

    /// Ends it in order, like a restart for maintenance.
    pub(crate) fn stop(&mut self) {
        self.signal("-TERM");
        self.reap();
    }

    /// Ends it at once, like a power cut.
    pub(crate) fn kill(&mut self) {
        self.signal("-KILL");
        self.reap();
    }

    /// Stops its time: connections stay open and nothing is answered.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("it runs");
        let sent = Command::new("kill").arg(name).arg(process.id().to_string()).status().expect("kill is there");
        assert!(sent.success(), "no signal {name} to mosquitto");
    }

    fn reap(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.wait().expect("a child can be waited for");
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// Debian puts it where only root's path leads.
fn mosquitto_path() -> &'static str {
    if Path::new("/usr/sbin/mosquitto").exists() { "/usr/sbin/mosquitto" } else { "mosquitto" }
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

/// Waits until the process accepts connections; `false` if it ended instead (its port was taken meanwhile).
fn accepts(port: u16, process: &mut Child, patience: Patience) -> bool {
    loop {
        if process.try_wait().expect("a child can be asked").is_some() {
            return false;
        }
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        assert!(patience.lasts(), "mosquitto does not accept connections on port {port}");
        a_moment();
    }
}

/// `mosquitto_sub` in a process of its own, subscribed to everything: what any other program on the site would see.
pub(crate) struct IndependentSubscriber {
    port: u16,
    process: Child,
    lines: Receiver<String>,
    seen: Vec<(String, String)>,
}

impl IndependentSubscriber {
    /// Subscribes at the broker on `port`, and waits until it is subscribed. It connects again by itself.
    pub(crate) fn start(port: u16) -> Self {
        let mut process = Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "#", "-q", "1", "-F", "%t %p"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto_sub is installed (Debian package mosquitto-clients)");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, lines) = channel();
        // Pictures are no text and have line ends of their own; a test that looks for them finds their topic.
        let lines_of = |output: BufReader<_>| output.split(b'\n').map_while(Result::ok);
        let text = |line: Vec<u8>| String::from_utf8_lossy(&line).into_owned();
        thread::spawn(move || lines_of(output).try_for_each(|line| sender.send(text(line))));
        let mut subscriber = Self { port, process, lines, seen: Vec::new() };
        subscriber.wait_until_subscribed();
        subscriber
    }

    /// Waits until what is published now is seen: after a restart of the broker it must subscribe again first.
    pub(crate) fn wait_until_subscribed(&mut self) {
        let probe = format!("{:016x}", fastrand::u64(..));
        let patience = Patience::begin();
        while !self.payloads("probe").contains(&probe) {
            assert!(patience.lasts(), "mosquitto_sub does not subscribe");
            let port = self.port.to_string();
            let arguments = ["-h", "127.0.0.1", "-p", &port, "-t", "test/probe", "-m", &probe];
            drop(Command::new("mosquitto_pub").args(arguments).stderr(Stdio::null()).status());
            self.read(Duration::from_millis(100));
        }
    }

    /// The payloads seen so far on topics that end in `suffix`.
    pub(crate) fn payloads(&self, suffix: &str) -> Vec<String> {
        let on_topic = self.seen.iter().filter(|(topic, _)| topic.ends_with(suffix));
        on_topic.map(|(_, payload)| payload.clone()).collect()
    }

    /// Everything that was seen, as text.
    pub(crate) fn everything(&self) -> String {
        self.seen.iter().map(|(topic, payload)| format!("{topic} {payload}\n")).collect()
    }

    /// The payloads on topics that end in `suffix`, as soon as they are `enough`.
    pub(crate) fn wait_for(&mut self, suffix: &str, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        let patience = Patience::begin();
        loop {
            let payloads = self.payloads(suffix);
            if enough(&payloads) {
                return payloads;
            }
            assert!(patience.lasts(), "after {PATIENCE:?} only this arrived: {payloads:#?}");
            self.read(Duration::from_millis(100));
        }
    }

    /// Takes for so long what arrives.
    pub(crate) fn listen(&mut self, time: Duration) {
        let clock = Clock::start();
        while let Some(rest) = time.checked_sub(clock.elapsed()) {
            self.read(rest);
        }
    }

    fn read(&mut self, patience: Duration) {
        match self.lines.recv_timeout(patience) {
            Ok(line) => {
                let Some((topic, payload)) = line.split_once(' ') else { return };
                contract::check(topic, payload);
                self.seen.push((topic.to_owned(), payload.to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("mosquitto_sub has ended"),
        }
    }
}

impl Drop for IndependentSubscriber {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

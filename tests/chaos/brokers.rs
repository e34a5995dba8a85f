//! Real brokers in folders of their own, that the test freezes, kills, stops and starts again. None runs as a service, and
//! none listens on anything but the loopback address. Not here: what is done to them when.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::{Patience, pause_ms, signal};

/// Which program, and what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Mosquitto that forgets everything when it ends.
    MosquittoInMemory,
    /// Mosquitto that writes what it holds to a file after every change and when it ends.
    MosquittoOnDisk,
    /// RabbitMQ with its MQTT plugin. It speaks 3.1.1 only, and keeps messages on disk before it acknowledges them.
    RabbitMq,
    /// NATS with JetStream and MQTT. It speaks 3.1.1 only.
    Nats,
}

/// A broker on a port of its own, ended when dropped.
pub(crate) struct Broker {
    pub(crate) port: u16,
    kind: Kind,
    folder: tempfile::TempDir,
    process: Option<Child>,
    /// RabbitMQ's register of names, so that it does not start one that outlives it.
    register: Option<(u16, Child)>,
}

/// How long each of them may take to start on a busy machine.
const START: Patience = Patience::seconds(300);

impl Broker {
    pub(crate) fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        write_config(kind, folder.path(), port);
        let register = (kind == Kind::RabbitMq).then(start_register);
        let mut broker = Self { port, kind, folder, process: None, register };
        broker.restart();
        broker
    }

    /// Starts it again on the same port, with the files that it left, and waits until it accepts connections.
    pub(crate) fn restart(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let patience = START.begin();
        loop {
            self.process = Some(self.spawn());
            while self.is_running() {
                if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                    return;
                }
                patience.check(&format!("{:?} does not accept connections: {}", self.kind, self.log()));
                pause_ms(20);
            }
            // A port that it needs was taken meanwhile.
            patience.check(&format!("{:?} does not start: {}", self.kind, self.log()));
        }
    }

    fn is_running(&mut self) -> bool {
        let process = self.process.as_mut().expect("it was started");
        process.try_wait().expect("a child can be asked").is_none()
    }

    /// Ends it in order, like a restart for maintenance.
    pub(crate) fn stop(&mut self) {
        self.end("-TERM");
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        self.end("-KILL");
    }

    /// Stops its time: connections stay open and nothing is answered.
    pub(crate) fn freeze(&self) {
        signal(self.process.as_ref().expect("it runs"), "-STOP");
    }

    pub(crate) fn thaw(&self) {
        signal(self.process.as_ref().expect("it runs"), "-CONT");
    }

    fn end(&mut self, name: &str) {
        let mut process = self.process.take().expect("it runs");
        signal(&process, name);
        process.wait().expect("a child can be waited for");
    }

    fn spawn(&self) -> Child {
        let folder = self.folder.path();
        let mut command = match self.kind {
            Kind::MosquittoInMemory | Kind::MosquittoOnDisk => program("/usr/sbin/mosquitto"),
            Kind::Nats => program("/usr/sbin/nats-server"),
            Kind::RabbitMq => rabbitmq(folder, self.register.as_ref().map_or(0, |(port, _)| *port)),
        };
        if self.kind != Kind::RabbitMq {
            command.arg("-c").arg(folder.join("config"));
        }
        let log = fs::File::create(folder.join("log")).expect("there is space");
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("descriptors")).stderr(log);
        command.spawn().unwrap_or_else(|error| panic!("{:?} cannot be started ({error}); run make setup", self.kind))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let register = self.register.take().map(|(_, child)| child);
        for mut child in self.process.take().into_iter().chain(register) {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Debian puts servers where only root's path leads.
fn program(path: &str) -> Command {
    let name = Path::new(path).file_name().expect("it has a name");
    if Path::new(path).exists() { Command::new(path) } else { Command::new(name) }
}

/// What a platform must set so that a broker keeps what it acknowledged: mosquitto holds 1,000 messages for a subscriber
/// that is away and drops the rest, unless it is told otherwise.
fn write_config(kind: Kind, folder: &Path, port: u16) {
    let place = folder.display();
    let text = match kind {
        Kind::MosquittoInMemory | Kind::MosquittoOnDisk => {
            let mut text = format!(
                "listener {port} 127.0.0.1\nuser root\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
            );
            if kind == Kind::MosquittoOnDisk {
                text += "persistence true\nautosave_on_changes true\nautosave_interval 1\n";
                text += &format!("persistence_location {place}/\n");
            }
            text
        }
        Kind::RabbitMq => {
            fs::write(folder.join("enabled_plugins"), "[rabbitmq_mqtt].\n").expect("there is space");
            format!(
                "listeners.tcp = none\nmqtt.listeners.tcp.1 = 127.0.0.1:{port}\nmqtt.allow_anonymous = true\n\
                 mqtt.default_user = guest\nmqtt.default_pass = guest\nlog.file.level = warning\n\
                 disk_free_limit.absolute = 50MB\n"
            )
        }
        Kind::Nats => format!(
            "listen: \"127.0.0.1:{}\"\nserver_name: chaos\njetstream {{ store_dir: \"{place}/store\" }}\n\
             mqtt {{\n  listen: \"127.0.0.1:{port}\"\n  ack_wait: \"2s\"\n  max_ack_pending: 1000\n}}\n",
            free_port()
        ),
    };
    fs::write(folder.join("config"), &text).expect("there is space");
    fs::write(folder.join("rabbitmq.conf"), text).expect("there is space");
}

/// RabbitMQ with everything that it would share with another one on this machine in `folder`.
fn rabbitmq(folder: &Path, register: u16) -> Command {
    let home = folder.join("home");
    fs::create_dir_all(&home).expect("there is space");
    let mut command = Command::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    command
        // Where it leaves its dumps.
        .current_dir(folder)
        .env("HOME", &home)
        .env("RABBITMQ_NODENAME", format!("chaos{register}@localhost"))
        .env("RABBITMQ_MNESIA_BASE", folder.join("mnesia"))
        .env("RABBITMQ_LOG_BASE", folder.join("logs"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("enabled_plugins"))
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
        .env("RABBITMQ_CONF_ENV_FILE", "/dev/null")
        .env("RABBITMQ_DIST_PORT", free_port().to_string())
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
        .env("ERL_EPMD_PORT", register.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        // Then no shell stands between us and the broker, which would get our signals.
        .env("RUNNING_UNDER_SYSTEMD", "1");
    command
}

fn start_register() -> (u16, Child) {
    let port = free_port();
    let mut command = Command::new("epmd");
    command.args(["-port", &port.to_string(), "-address", "127.0.0.1"]).stdin(Stdio::null());
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    (port, child.expect("epmd comes with rabbitmq-server; run make setup"))
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

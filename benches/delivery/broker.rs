//! A mosquitto for the measurement: in memory, with no limit on what is under way, and nobody subscribed.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::pause;

pub(crate) struct Mosquitto {
    pub(crate) port: u16,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Mosquitto {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).expect("a port").port();
        let config = folder.path().join("mosquitto.conf");
        let lines =
            format!("listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_inflight_messages 0\n");
        std::fs::write(&config, lines).expect("there is space");
        // Debian puts it where only root's path leads.
        let debian = "/usr/sbin/mosquitto";
        let mut command = Command::new(if Path::new(debian).exists() { debian } else { "mosquitto" });
        command.arg("-c").arg(&config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().expect("mosquitto is installed; run make setup");
        let broker = Self { port, process, _folder: folder };
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            pause(Duration::from_millis(20));
        }
        broker
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

//! A real RTSP server in a process of its own (`rtsp_server.py`), that tests may kill, freeze, thaw and start again.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// An RTSP server on a port of its own, ended when dropped.
pub(crate) struct RtspServer {
    pub(crate) port: u16,
    streams: Vec<String>,
    environment: Vec<(&'static str, String)>,
    process: Option<Child>,
}

impl RtspServer {
    /// One with these streams, each `NAME=SOURCE`; see the head of `rtsp_server.py`.
    pub(crate) fn start(streams: &[&str]) -> Self {
        Self::with(streams, &[])
    }

    /// One with these variables in its environment too.
    pub(crate) fn with(streams: &[&str], environment: &[(&'static str, &str)]) -> Self {
        let mut server = Self {
            port: free_port(),
            streams: streams.iter().map(|&stream| stream.to_owned()).collect(),
            environment: environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            process: None,
        };
        server.restart();
        server
    }

    /// The address of one of its streams.
    pub(crate) fn url(&self, name: &str) -> String {
        format!("rtsp://127.0.0.1:{}/{name}", self.port)
    }

    /// Starts it again after it was killed, on the same port, and waits until it listens.
    pub(crate) fn restart(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cameras/rtsp_server.py");
        let mut process = Command::new("/usr/bin/python3")
            .arg(script)
            .arg(self.port.to_string())
            .args(&self.streams)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Python is installed");
        let mut said = String::new();
        let output = process.stdout.as_mut().expect("it is piped");
        BufReader::new(output).read_line(&mut said).expect("it can be read");
        assert_eq!(said.trim(), "ready", "the RTSP server does not start; scripts/setup.sh --for-tests installs it");
        self.process = Some(process);
    }

    /// Ends it at once, like a power cut. Its connections are closed.
    pub(crate) fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("it can be killed");
        process.wait().expect("a child can be waited for");
    }

    /// Stops its time: connections stay open and nothing comes.
    pub(crate) fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Lets its time go on.
    pub(crate) fn thaw(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, name: &str) {
        let process = self.process.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").arg(name).arg(process).status().expect("kill is there");
        assert!(sent.success(), "no signal {name} to the RTSP server");
    }
}

impl Drop for RtspServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            drop(process.wait());
        }
    }
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("it has an address").port()
}

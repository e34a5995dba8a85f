//! The gate seen from the test: a process that is started, killed at any moment, and started again. Not here: what it does,
//! which is `generator`.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use gatelpr::proof::DeviceKey;
use gatelpr::publish::Protocol;

use crate::generator;
use crate::{Patience, pause_ms};

/// What the gate must be told, through the environment of its process.
#[derive(Debug, Clone)]
pub(crate) struct Orders {
    /// Where the ledger and the test's signs are; never full.
    pub(crate) folder: PathBuf,
    /// Where outbox, archive and key are; may be full.
    pub(crate) disk: PathBuf,
    /// The broker's port, as the gate sees it.
    pub(crate) port: u16,
    pub(crate) protocol: Protocol,
    pub(crate) seed: u64,
}

/// The gate's process, ended when dropped.
pub(crate) struct Gate {
    orders: Orders,
    process: Option<Child>,
    starts: u64,
    /// How often it ended by itself because it could not use its disk.
    pub(crate) gave_up: usize,
}

/// The sign that the gate shall commit one more event, and then deliver what it has.
pub(crate) const ENOUGH: &str = "enough";
/// The sign that everything is delivered; it holds the last number.
pub(crate) const DRAINED: &str = "drained";
/// The sign that the gate shall stop in order.
pub(crate) const STOP: &str = "stop";
/// The gate's secret key, on its disk.
pub(crate) const KEY: &str = "device-key.pem";
/// What was committed: number, event id, a line each.
pub(crate) const LEDGER: &str = "ledger";

impl Gate {
    pub(crate) fn start(orders: Orders) -> Self {
        let mut gate = Self { orders, process: None, starts: 0, gave_up: 0 };
        gate.restart();
        gate
    }

    pub(crate) fn restart(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let log = File::options().append(true).create(true).open(self.log_path()).expect("there is space");
        let mut command = Command::new(env::current_exe().expect("this program has a file"));
        command
            .args([generator::THIS_TEST, "--exact", "--nocapture"])
            .envs(generator::environment(&self.orders, self.starts))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("descriptors"))
            .stderr(log);
        self.process = Some(command.spawn().expect("this program starts"));
        self.starts += 1;
    }

    /// Ends it at once, wherever it is.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            drop(process.kill());
            process.wait().expect("a child can be waited for");
        }
    }

    /// Starts it again if it has ended by itself, as a service manager does.
    pub(crate) fn watch(&mut self) {
        let Some(process) = &mut self.process else { return };
        let Some(ended) = process.try_wait().expect("a child can be asked") else { return };
        self.process = None;
        let told = self.log().lines().any(|line| line.contains(generator::UNUSABLE));
        assert!(ended.code() == Some(1) && told, "the gate ended with {ended}:\n{}", self.log());
        self.gave_up += 1;
        pause_ms(200);
        self.restart();
    }

    /// Has it deliver everything; the last number.
    pub(crate) fn drain(&mut self, patience: Patience) -> u64 {
        fs::write(self.sign(ENOUGH), "").expect("there is space");
        let patience = patience.begin();
        loop {
            self.watch();
            if let Ok(Ok(last)) = fs::read_to_string(self.sign(DRAINED)).map(|text| text.trim().parse()) {
                return last;
            }
            patience.check(&format!("the gate does not deliver the rest:\n{}", self.log()));
            pause_ms(50);
        }
    }

    /// The key that its events are signed with, as receivers have it.
    pub(crate) fn public_key(&self) -> String {
        DeviceKey::open(&self.orders.disk.join(KEY)).expect("the gate made it").public().to_pem()
    }

    /// Has it stop in order, and waits for that.
    pub(crate) fn stop(mut self) {
        fs::write(self.sign(STOP), "").expect("there is space");
        let mut process = self.process.take().expect("it runs");
        let patience = Patience::seconds(20).begin();
        loop {
            if let Some(ended) = process.try_wait().expect("a child can be asked") {
                assert!(ended.success(), "the gate ended with {ended}:\n{}", self.log());
                return;
            }
            patience.check("the gate does not stop");
            pause_ms(20);
        }
    }

    fn sign(&self, name: &str) -> PathBuf {
        self.orders.folder.join(name)
    }

    fn log_path(&self) -> PathBuf {
        self.orders.folder.join("gate.log")
    }

    /// The end of what it said.
    pub(crate) fn log(&self) -> String {
        let said = fs::read_to_string(self.log_path()).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the gate has committed, as it told after each commit: number and event id. A gate that is killed between the two
/// has committed one event more than it told.
pub(crate) fn ledger(folder: &Path) -> BTreeMap<u64, String> {
    let told = fs::read_to_string(folder.join(LEDGER)).unwrap_or_default();
    let mut entries = BTreeMap::new();
    // A line without its end was being written when the gate was killed.
    for line in told.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
        let (seq, event_id) = line.trim().split_once(' ').expect("number and id");
        let before = entries.insert(seq.parse().expect("a number"), event_id.to_owned());
        assert_eq!(before, None, "number {seq} was given twice");
    }
    entries
}

/// The highest number that the gate told, without reading everything.
pub(crate) fn told(folder: &Path) -> u64 {
    let told = fs::read_to_string(folder.join(LEDGER)).unwrap_or_default();
    let whole = told.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().next_back().and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or(0)
}

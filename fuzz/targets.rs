//! What is done with fuzzed bytes, a function per target. None of them may panic, hang or take much memory.
//!
//! Shared by the fuzz targets (`fuzz_targets/`) and `tests/fuzz.rs`, which runs them over the seeds and over damaged seeds
//! in every `cargo test`.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use gatelpr::clock::Clock;
use gatelpr::clock_sync::ClockSync;
use gatelpr::config::Config;
use gatelpr::newest_frames::NewestFrames;
use gatelpr::plate::{CameraName, LaneName, SiteName};
use gatelpr::proof::{ChainCheck, DeviceKey, TrustedKey};
use gatelpr::publish::PlateEvent;
use gatelpr::publish::command::Command;
use gatelpr::publish::inbound::{
    CommandDesk, DeclaredMessage, DeclaredStore, DeskSettings, Gatekeeper, LaneCameras, NumberBook, Receipt,
};
use gatelpr::publish::outbox::{Destination, Outbox, OutboxSettings};
use gatelpr::publish::recent_events::RecentEvents;
use gatelpr::publish::topics::TopicRoot;
use jiff::Timestamp;

/// The key that the seeds are signed with.
pub(crate) fn key() -> DeviceKey {
    DeviceKey::from_seed(&[3; 32])
}

/// An event to commit.
pub(crate) fn event() -> PlateEvent {
    serde_json::from_str(include_str!("../tests/fixtures/passage.json")).expect("the fixture is an event")
}

fn gatekeeper(trusted: &[DeviceKey]) -> Gatekeeper {
    let name = |name| SiteName::try_from(name).expect("a name");
    Gatekeeper::new(name("huu-nghi"), name("g1"), trusted.iter().map(DeviceKey::public).collect())
}

/// A command comes in, signed and unsigned, and is obeyed.
pub(crate) fn command(bytes: &[u8]) {
    static DESK: OnceLock<(tempfile::TempDir, CommandDesk)> = OnceLock::new();
    if let Ok(admitted) = gatekeeper(&[key()]).read_signed::<Command>(bytes) {
        assert!(admitted.signer.is_some(), "it was signed");
    }
    if let Ok(admitted) = gatekeeper(&[]).read_signed::<Command>(bytes) {
        let (_folder, desk) = DESK.get_or_init(desk);
        if let Err(refusal) = desk.obey(&admitted.message) {
            assert!(!refusal.text.is_empty(), "a refusal says why");
        }
    }
}

fn desk() -> (tempfile::TempDir, CommandDesk) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Clock::start();
    let lane = LaneName::try_from("in-2").expect("a name");
    let (triggers, inbox) = gatelpr::triggers::desk([(lane.clone(), Duration::from_secs(5))], clock);
    // Nobody takes the triggers, so the later ones are refused.
    std::mem::forget(inbox);
    let name = |name| SiteName::try_from(name).expect("a name");
    let outbox = Outbox::open(&folder.path().join("outbox.sqlite"), OutboxSettings::new(key(), folder.path()));
    let lanes = LaneCameras::default();
    lanes.set([(lane, CameraName::try_from("in-2-front").expect("a name"))]);
    let settings = DeskSettings {
        triggers,
        outbox: outbox.expect("a new outbox"),
        recent: RecentEvents::default(),
        frames: NewestFrames::default(),
        blurs: false,
        clock_sync: ClockSync::default(),
        lanes,
        root: TopicRoot::expand("r", &name("huu-nghi"), &name("g1")).expect("a root"),
        reload: None,
        clock,
    };
    let mut event = event();
    settings.recent.settle(&mut event, Timestamp::UNIX_EPOCH);
    settings.outbox.commit(&event, Timestamp::UNIX_EPOCH).expect("there is space");
    (folder, CommandDesk::new(settings))
}

/// Declared lists and changes come in, one a line; what was taken is there after a restart.
pub(crate) fn declared(bytes: &[u8]) {
    drop(gatekeeper(&[key()]).read_signed::<DeclaredMessage>(bytes));
    let keeper = gatekeeper(&[]);
    let admitted = bytes.split(|byte| *byte == b'\n').take(8).filter_map(|line| keeper.read_signed(line).ok());
    let messages: Vec<DeclaredMessage> = admitted.map(|admitted| admitted.message).collect();
    // Most inputs are no list; those that are cost the disk some milliseconds.
    if messages.iter().all(|message| message.change().is_err()) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let mut book = NumberBook::open(folder.path());
    let mut store = DeclaredStore::open(folder.path(), Timestamp::UNIX_EPOCH);
    for message in messages {
        let before = store.view().newest().list();
        match store.take(message, &mut book, Timestamp::UNIX_EPOCH) {
            Ok(list) => assert!(before.is_none_or(|before| before.version < list.version), "versions rise"),
            Err(refusal) => assert!(!refusal.text.is_empty() && store.view().newest().list() == before),
        }
    }
    let list = store.view().newest().list();
    let kept = DeclaredStore::open(folder.path(), Timestamp::UNIX_EPOCH).view().newest().list();
    assert_eq!(list, kept, "what was taken is kept");
}

/// The files of declared lists and numbers are read at a start.
pub(crate) fn kept_list(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("declared-list.jsonl"), bytes).expect("there is space");
    let list = DeclaredStore::open(folder.path(), Timestamp::UNIX_EPOCH).view().newest().list();
    let again = DeclaredStore::open(folder.path(), Timestamp::UNIX_EPOCH).view().newest().list();
    assert_eq!(list, again, "what is sound stays");
    fs::write(folder.path().join("inbound-numbers.json"), bytes).expect("there is space");
    let mut book = NumberBook::open(folder.path());
    if book.usable().is_ok() {
        let before = book.declared();
        book.raise_declared(before.saturating_add(1)).expect("there is space");
    }
}

/// A receipt comes in.
pub(crate) fn receipt(bytes: &[u8]) {
    if let Ok(receipt) = gatekeeper(&[]).read_unsigned::<Receipt>(bytes) {
        for range in receipt.checked_ranges().into_iter().flatten() {
            assert!(1 <= range.from_seq && range.from_seq <= range.to_seq);
        }
    }
}

/// A file lies where the outbox's database should be. It is used, saved from, or refused, and never the end of the program;
/// where there is an outbox afterwards, it works.
pub(crate) fn outbox(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outbox.sqlite");
    fs::write(&path, bytes).expect("there is space");
    let Ok(outbox) = Outbox::open(&path, OutboxSettings::new(key(), folder.path())) else { return };
    let queue = outbox.queue(Destination::Broker);
    if let Ok(waiting) = queue.after(0, 100) {
        waiting.into_iter().for_each(|event| drop(queue.as_sent(event)));
    }
    drop(outbox.receipts());
    if let Ok(stored) = outbox.commit(&event(), Timestamp::UNIX_EPOCH) {
        drop(outbox.restore(1, stored.seq, Timestamp::UNIX_EPOCH));
        drop(queue.settle(&[stored.seq], Timestamp::UNIX_EPOCH));
    }
}

/// Events are given to `gatelpr verify`, one a line.
pub(crate) fn events(bytes: &[u8]) {
    let mut check = ChainCheck::new(vec![TrustedKey { key: key().public(), before_seq: None }]);
    for (line, place) in bytes.split(|byte| *byte == b'\n').zip(1..) {
        if let Some(fault) = check.take(place, line) {
            assert!(!fault.to_string().is_empty(), "a fault is told");
        }
    }
    let verdict = check.verdict();
    assert!(!verdict.is_strictly_right() || verdict.is_right(), "what is strictly right is right");
}

/// A config file is read.
pub(crate) fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(problems) = Config::parse(text, "gatelpr.toml", Path::new("/nowhere")) {
        assert!(!problems.problems().is_empty() && !problems.to_string().is_empty(), "what is wrong is said");
    }
}

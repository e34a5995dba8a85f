//! What commands lead to.

use std::path::Path;
use std::time::Duration;

use image::RgbImage;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::oneshot::error::TryRecvError;

use super::*;
use crate::frame::Frame;
use crate::plate::SiteName;
use crate::proof::DeviceKey;
use crate::publish::PlateEvent;
use crate::publish::inbound::ReloadRefused;
use crate::publish::outbox::{Destination, OutboxSettings};
use crate::publish::test_passages;
use crate::triggers::{TriggerInbox, desk};

/// A desk in a folder, with the inbox of its triggers.
pub(in crate::publish) struct Office {
    pub(in crate::publish) settings: DeskSettings,
    pub(in crate::publish) inbox: TriggerInbox,
    pub(in crate::publish) folder: TempDir,
}

impl Office {
    pub(in crate::publish) fn open() -> Self {
        let (folder, clock) = (tempfile::tempdir().expect("a folder"), Clock::start());
        let lane = LaneName::try_from("in-2").expect("a name");
        let (triggers, inbox) = desk([(lane.clone(), Duration::from_secs(5))], clock);
        let name = |name| SiteName::try_from(name).expect("a name");
        let root = TopicRoot::expand("r", &name("huu-nghi"), &name("g1")).expect("a root");
        let outbox = OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder.path());
        let lanes = LaneCameras::default();
        lanes.set([(lane, CameraName::try_from("in-2-front").expect("a name"))]);
        let settings = DeskSettings {
            triggers,
            outbox: Outbox::open(&folder.path().join("outbox.sqlite"), outbox).expect("a new outbox"),
            recent: RecentEvents::default(),
            frames: NewestFrames::default(),
            blurs: false,
            clock_sync: ClockSync::default(),
            lanes,
            root,
            reload: None,
            clock,
        };
        Self { settings, inbox, folder }
    }

    pub(in crate::publish) fn desk(&self) -> CommandDesk {
        CommandDesk::new(self.settings.clone())
    }

    pub(in crate::publish) fn commit(&self, track: u64) -> PlateEvent {
        let mut event = test_passages::event(track);
        self.settings.recent.settle(&mut event, jiff::Timestamp::UNIX_EPOCH);
        let stored = self.settings.outbox.commit(&event, jiff::Timestamp::UNIX_EPOCH).expect("there is space");
        PlateEvent { seq: stored.seq, ..event }
    }

    fn obey(&self, command: &Value) -> Result<Done, String> {
        let command = serde_json::from_value(command.clone()).expect("it is a command");
        self.desk().obey(&command).map_err(|refusal| refusal.text)
    }

    fn refused(&self, command: &Value) -> String {
        self.obey(command).expect_err("it is refused")
    }
}

#[test]
fn a_trigger_is_passed_on_and_its_name_is_replied() {
    let mut office = Office::open();
    let command = json!({ "command": "trigger", "lane": "in-2", "id": "loop-7", "seconds": 3 });
    let reply = office.obey(&command).expect("it is taken").reply;
    assert_eq!((reply.ok, reply.trigger_id.as_deref(), reply.answered_within_s), (true, Some("loop-7"), Some(3.0)));
    assert_eq!(office.inbox.take().map(|trigger| trigger.id.to_string()).collect::<Vec<_>>(), ["loop-7"]);
    assert_eq!(office.refused(&json!({ "command": "trigger" })), "a trigger needs a `lane`");
    assert!(office.refused(&json!({ "command": "trigger", "lane": "in-9" })).contains("the lanes are in-2"));
    assert_eq!(office.inbox.take().count(), 0);
}

#[test]
fn a_resend_says_how_many_come_and_nonsense_is_refused() {
    let office = Office::open();
    (0..5).for_each(|track| drop(office.commit(track)));
    let queue = office.settings.outbox.queue(Destination::Broker);
    let resend = |from: u64, to: u64| json!({ "command": "resend", "from_seq": from, "to_seq": to });
    let reply = office.obey(&resend(1, 5)).expect("it is taken").reply;
    assert_eq!((reply.coming, reply.missing), (Some(5), Some(0)), "they wait anyway");
    queue.settle(&[1, 2, 3, 4, 5], jiff::Timestamp::UNIX_EPOCH).expect("they were delivered");
    assert_eq!(queue.depth(), 0);
    let reply = office.obey(&resend(2, 4)).expect("it is taken").reply;
    assert_eq!((reply.coming, reply.missing), (Some(3), Some(0)), "they come from the archive");
    assert_eq!(queue.depth(), 3);
    for (from, to) in [(0, 3), (4, 3), (6, 6), (1, 6), (1, u64::MAX)] {
        office.refused(&resend(from, to));
    }
    assert!(office.refused(&json!({ "command": "resend", "from_seq": 1 })).contains("`to_seq`"));
    assert_eq!(queue.depth(), 3);
}

#[test]
fn a_correction_is_the_next_event_of_the_gate() {
    let office = Office::open();
    let event = office.commit(1);
    let correct = |text: &str| json!({ "command": "correct", "event_id": event.event_id, "text": text });
    let reply = office.obey(&correct("12C-123.46")).expect("it is taken").reply;
    assert_eq!((reply.seq, reply.revision), (Some(event.seq + 1), Some(2)));
    assert!(office.refused(&correct("nothing")).contains("no format of a plate"));
    let unknown = json!({ "command": "correct", "event_id": uuid::Uuid::nil(), "text": "12C12346" });
    assert!(office.refused(&unknown).contains("is not among the last"));
    assert!(office.refused(&json!({ "command": "correct", "text": "12C12346" })).contains("`event_id`"));
    assert_eq!(office.settings.outbox.last_seq().expect("it tells"), event.seq + 1);
}

#[test]
fn a_snapshot_goes_before_its_reply_which_says_where() {
    let office = Office::open();
    let ask = |key: &str, name: &str| json!({ "command": "snapshot", key: name });
    assert!(office.refused(&ask("lane", "in-2")).contains("has given no picture yet"));
    office.settings.frames.put(&Frame {
        camera: CameraName::try_from("in-2-front").expect("a name"),
        captured_at: office.settings.clock.now(),
        image: Arc::new(RgbImage::new(64, 48)),
    });
    for command in [ask("lane", "in-2"), ask("camera", "in-2-front")] {
        let done = office.obey(&command).expect("there is a picture");
        let (told, sent) = (done.reply.snapshot.expect("it says where"), done.first.expect("it is sent"));
        assert_eq!((told.topic.as_str(), told.size_px), ("r/snapshot/in-2-front", [64, 48]));
        assert_eq!((&sent.topic, sent.payload.len() as u64, sent.retained), (&told.topic, told.bytes, false));
        assert!(sent.payload.starts_with(&[0xff, 0xd8]), "it is a JPEG");
    }
    assert!(office.refused(&ask("lane", "in-9")).contains("the lanes are in-2"));
    assert!(office.refused(&ask("camera", "in-9")).contains("the cameras are in-2-front"));
    assert!(office.refused(&json!({ "command": "snapshot" })).contains("one of the two"));
}

#[test]
fn a_gate_that_blurs_its_pictures_sends_none_whole() {
    let mut office = Office::open();
    office.settings.blurs = true;
    assert!(office.refused(&json!({ "command": "snapshot", "lane": "in-2" })).contains("blurs its pictures"));
}

#[test]
fn a_reload_replies_what_is_wrong_or_what_begins_anew_once_the_reply_is_away() {
    #[derive(Debug, Default)]
    struct Answers(Mutex<Vec<Result<Reloading, ReloadRefused>>>);
    impl Reload for Answers {
        fn reload(&self) -> Result<Reloading, ReloadRefused> {
            self.0.lock().expect("nobody panics holding it").pop().expect("there is another answer")
        }

        fn file(&self) -> &Path {
            "gatelpr.toml".as_ref()
        }
    }
    let mut office = Office::open();
    let reload = json!({ "command": "reload" });
    assert!(office.refused(&reload).contains("no config file"));
    let (told, mut go) = tokio::sync::oneshot::channel();
    let problems = ReloadRefused::Problems("error: `port` is missing".into());
    let answers = vec![Ok(Reloading::soon(vec!["broker".into()], told)), Err(problems)];
    office.settings.reload = Some(Arc::new(Answers(Mutex::new(answers))));
    assert_eq!(office.refused(&reload), "nothing was changed:\nerror: `port` is missing");
    let done = office.obey(&reload).expect("it is right");
    assert_eq!((done.reply.ok, &done.reply.changed), (true, &Some(vec!["broker".to_owned()])));
    assert_eq!(go.try_recv(), Err(TryRecvError::Empty));
    drop(done);
    assert_eq!(go.try_recv(), Err(TryRecvError::Closed));
}

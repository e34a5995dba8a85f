//! What is delivered, in which order, and what happens to what is not; time is paused.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::evidence::status::EvidenceStatus;
use crate::evidence::test_pictures::{name, picture};

type Answer = Box<dyn FnMut(u128) -> Result<(), SendError> + Send>;

/// A receiver that answers as it is told and remembers what it took.
struct Scripted {
    answer: Answer,
    tried: Arc<Mutex<Vec<u128>>>,
}

impl PictureSender for Scripted {
    async fn send(&mut self, name: &PictureName, jpeg: Vec<u8>) -> Result<(), SendError> {
        let number = name.event_id.as_u128();
        assert_eq!(jpeg, picture(number).jpeg);
        self.tried.lock().expect("no test panics here").push(number);
        (self.answer)(number)
    }
}

struct Scene {
    folder: tempfile::TempDir,
    waiting: Waiting,
    status: EvidenceStatus,
    events: Arc<AtomicU64>,
    tried: Arc<Mutex<Vec<u128>>>,
    stop: Stop,
}

impl Scene {
    fn new(pictures: std::ops::RangeInclusive<u128>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let status = EvidenceStatus::default();
        let waiting = Waiting::new(folder.path().join("waiting"), Some(100), status.clone());
        waiting.open().expect("it can be opened");
        let scene =
            Self { folder, waiting, status, events: Arc::default(), tried: Arc::default(), stop: Stop::default() };
        pictures.for_each(|number| scene.add(number, &picture(number).jpeg));
        scene
    }

    fn add(&self, number: u128, bytes: &[u8]) {
        let file = self.folder.path().join(name(number).to_string());
        std::fs::write(&file, bytes).expect("it can be written");
        self.waiting.add(name(number), &file).expect("it can be linked");
    }

    fn start(&self, answer: impl FnMut(u128) -> Result<(), SendError> + Send + 'static) {
        let sender = Scripted { answer: Box::new(answer), tried: Arc::clone(&self.tried) };
        let events = Arc::clone(&self.events);
        let events: EventsWaiting = Box::new(move || events.load(Ordering::Relaxed));
        drop(EvidenceCourier::start(sender, self.waiting.clone(), events, self.stop.clone()));
    }

    fn tried(&self) -> Vec<u128> {
        self.tried.lock().expect("no test panics here").clone()
    }

    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        for _ in 0..100_000 {
            if holds(self) {
                return;
            }
            // Time is paused: it goes on when every task waits.
            sleep(Duration::from_millis(20)).await;
        }
        panic!("it never holds: {:?}, tried {:?}", self.status.report(), self.tried());
    }
}

#[tokio::test(start_paused = true)]
async fn pictures_go_one_after_the_other_oldest_first() {
    let scene = Scene::new(1..=3);
    scene.start(|_| Ok(()));
    scene.until(|scene| scene.waiting.count() == 0).await;
    scene.add(4, &picture(4).jpeg);
    scene.until(|scene| scene.waiting.count() == 0).await;
    assert_eq!(scene.tried(), [1, 2, 3, 4]);
    assert_eq!((scene.status.report().delivered, scene.status.report().undelivered), (4, 0));
    assert_eq!(std::fs::read_dir(scene.folder.path().join("waiting")).expect("it is there").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn no_picture_goes_while_events_get_through() {
    let scene = Scene::new(1..=2);
    scene.events.store(500, Ordering::Relaxed);
    scene.start(|_| Ok(()));
    for _ in 0..10 {
        sleep(Duration::from_secs(20)).await;
        assert_eq!(scene.tried(), [0_u128; 0]);
        scene.events.fetch_sub(50, Ordering::Relaxed);
    }
    scene.until(|scene| scene.waiting.count() == 0).await;
}

#[tokio::test(start_paused = true)]
async fn events_that_the_broker_refuses_do_not_hold_pictures_up_for_ever() {
    let scene = Scene::new(1..=2);
    scene.events.store(3, Ordering::Relaxed);
    scene.start(|_| Ok(()));
    sleep(Duration::from_secs(25)).await;
    assert_eq!(scene.tried(), [0_u128; 0]);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(scene.tried(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_get_through_stays_and_does_not_hold_up_the_others() {
    let scene = Scene::new(1..=3);
    let mut failures = 3;
    scene.start(move |number| {
        if number == 1 && failures > 0 {
            failures -= 1;
            return Err(SendError::Trouble("the connection was lost".to_owned()));
        }
        Ok(())
    });
    scene.until(|scene| scene.waiting.count() == 0).await;
    assert_eq!(scene.tried(), [1, 2, 3, 1, 1, 1]);
    assert_eq!((scene.status.report().delivered, scene.status.report().undelivered), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_away_is_asked_less_and_less_often() {
    let scene = Scene::new(1..=1);
    scene.start(|_| Err(SendError::Trouble("it cannot be reached".to_owned())));
    sleep(Duration::from_secs(3600)).await;
    let tries = scene.tried().len();
    assert!((12..40).contains(&tries), "{tries} tries in an hour");
    assert_eq!(scene.waiting.count(), 1);
    scene.stop.request();
}

#[tokio::test(start_paused = true)]
async fn what_the_receiver_refuses_is_given_up_and_counted() {
    let scene = Scene::new(1..=2);
    scene.start(|number| if number == 1 { Err(SendError::Refused("413".to_owned())) } else { Ok(()) });
    scene.until(|scene| scene.waiting.count() == 0).await;
    assert_eq!((scene.tried(), scene.status.report().undelivered), (vec![1, 2], 1));
}

#[tokio::test(start_paused = true)]
async fn damaged_and_missing_files_are_given_up_and_never_sent() {
    let scene = Scene::new(2..=3);
    scene.add(1, &[0xff, 0xd8, 0, 0]);
    std::fs::remove_file(scene.folder.path().join("waiting").join(name(2).to_string())).expect("it is there");
    scene.start(|_| Ok(()));
    scene.until(|scene| scene.waiting.count() == 0).await;
    assert_eq!((scene.tried(), scene.status.report().undelivered), (vec![3], 2));
}

//! Folders of pictures, and folders into which pictures are uploaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gatelpr::backoff::Backoff;
use gatelpr::camera::{
    AfterReading, Capture, CaptureThread, FrameSource, Mailboxes, Repeat, SourceError, SourceSettings, Taken, open,
};
use gatelpr::stop::Stop;
use image::{Rgb, RgbImage};
use tempfile::TempDir;

use super::{LONG, error_of, folder, opened, opening, rest};

fn picture(path: &Path, red: u8, (width, height): (u32, u32)) {
    RgbImage::from_pixel(width, height, Rgb([red, 0, 0])).save(path).unwrap();
}

#[test]
fn pictures_of_a_folder_come_in_name_order_at_the_frame_rate() {
    let dir = TempDir::new().unwrap();
    for (name, red, size) in [("10.png", 10, (8, 8)), ("9.bmp", 9, (16, 8)), ("notes.txt.png", 200, (4, 4))] {
        picture(&dir.path().join(name), red, size);
    }
    fs::write(dir.path().join("readme.txt"), "not a picture").unwrap();
    fs::write(dir.path().join("11.jpg"), "broken").unwrap();
    let mut source = opened(&folder(dir.path(), Repeat::Once));
    let frames = rest(source.as_mut());
    let seen: Vec<_> = frames
        .iter()
        .map(|frame| (frame.image.get_pixel(0, 0)[0], frame.image.dimensions(), frame.captured_at.elapsed.as_millis()))
        .collect();
    assert_eq!(seen, [(9, (16, 8), 0), (10, (8, 8), 250), (200, (4, 4), 750)], "the broken one leaves its place empty");
    assert_eq!(source.tally().damaged, 1);
    assert!(source.next_frame(LONG).unwrap().is_none(), "ended stays ended");
    assert_eq!(frames[1].captured_at.wall.to_string(), "1970-01-01T00:00:00.25Z");
}

#[test]
fn a_repeated_folder_goes_on_in_time() {
    let dir = TempDir::new().unwrap();
    (1..=2).for_each(|n| picture(&dir.path().join(format!("{n}.png")), n, (4, 4)));
    let mut source = opened(&folder(dir.path(), Repeat::Forever));
    let frames: Vec<_> = (0..5).map(|_| source.next_frame(LONG).unwrap().unwrap()).collect();
    let seen: Vec<_> = frames.iter().map(|f| (f.image.get_pixel(0, 0)[0], f.captured_at.elapsed.as_millis())).collect();
    assert_eq!(seen, [(1, 0), (2, 250), (1, 500), (2, 750), (1, 1000)]);
}

#[test]
fn a_folder_that_shows_nothing_says_why() {
    let dir = TempDir::new().unwrap();
    let empty = error_of(&folder(dir.path(), Repeat::Once));
    fs::write(dir.path().join("a.jpg"), "broken").unwrap();
    let broken = error_of(&folder(dir.path(), Repeat::Forever));
    let file = error_of(&folder(&dir.path().join("a.jpg"), Repeat::Once));
    let missing = error_of(&folder(Path::new("no/such/folder"), Repeat::Once));
    let shown = [empty, broken, file, missing].join("\n").replace(&dir.path().display().to_string(), "DIR");
    insta::assert_snapshot!(shown);
}

struct Watched {
    dir: TempDir,
    source: Box<dyn FrameSource>,
}

impl Watched {
    fn open(after_reading: AfterReading, before: impl FnOnce(&Path)) -> Self {
        let dir = TempDir::new().unwrap();
        before(dir.path());
        let source = opened(&SourceSettings::WatchedFolder { path: dir.path().to_owned(), after_reading });
        Self { dir, source }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The red of the next picture.
    fn next(&mut self) -> u8 {
        self.source.next_frame(LONG).unwrap().unwrap().image.get_pixel(0, 0)[0]
    }

    fn is_silent(&mut self) -> bool {
        matches!(self.source.next_frame(Duration::from_millis(20)), Err(SourceError::Silent { .. }))
    }
}

#[test]
fn pictures_are_read_as_they_arrive_and_those_that_were_there_are_not() {
    let mut watched = Watched::open(AfterReading::Keep, |dir| picture(&dir.join("old.png"), 1, (4, 4)));
    assert!(watched.is_silent());
    picture(&watched.path("a.png"), 2, (4, 4));
    assert_eq!(watched.next(), 2);
    let part = watched.path("b.part");
    fs::copy(watched.path("a.png"), &part).unwrap();
    assert!(watched.is_silent(), "not under this name");
    fs::rename(&part, watched.path("b.png")).unwrap();
    assert_eq!(watched.next(), 2);
    assert!(watched.is_silent(), "each is read once");
    assert!(watched.path("a.png").exists(), "and kept");
}

#[test]
fn an_upload_that_breaks_off_is_read_once_it_is_complete() {
    let mut watched = Watched::open(AfterReading::Keep, |_| {});
    picture(&watched.path("whole.bmp"), 7, (64, 64));
    assert_eq!(watched.next(), 7);
    let bytes = fs::read(watched.path("whole.bmp")).unwrap();
    fs::write(watched.path("upload.bmp"), &bytes[..bytes.len() / 2]).unwrap();
    assert!(watched.is_silent(), "half a picture is not read");
    fs::write(watched.path("upload.bmp"), &bytes).unwrap();
    assert_eq!(watched.next(), 7);
}

#[test]
fn subfolders_that_are_made_later_are_read_too() {
    let mut watched = Watched::open(AfterReading::Keep, |_| {});
    let day = watched.path("2026-11-24/07");
    fs::create_dir_all(&day).unwrap();
    picture(&day.join("a.png"), 5, (4, 4));
    assert_eq!(watched.next(), 5);
}

#[test]
fn a_spool_is_emptied_oldest_first_and_a_picture_is_deleted_when_the_next_is_asked_for() {
    let mut watched = Watched::open(AfterReading::Delete, |dir| {
        for (name, red, age) in [("new.png", 2, 10), ("old.png", 1, 70)] {
            picture(&dir.join(name), red, (4, 4));
            let file = fs::File::options().write(true).open(dir.join(name)).unwrap();
            let modified = file.metadata().unwrap().modified().unwrap() - Duration::from_secs(age);
            file.set_modified(modified).unwrap();
        }
    });
    let first = watched.source.next_frame(LONG).unwrap().unwrap();
    assert_eq!(first.image.get_pixel(0, 0)[0], 1);
    assert!(watched.path("old.png").exists(), "it may not have been analysed yet");
    let second = watched.source.next_frame(LONG).unwrap().unwrap();
    assert!(!watched.path("old.png").exists());
    let apart = first.captured_at.until(second.captured_at).as_secs_f64();
    assert!((apart - 60.0).abs() < 1.0, "as far apart as they were taken: {apart}");
    assert!(watched.is_silent());
    assert!(fs::read_dir(watched.dir.path()).unwrap().next().is_none());
}

#[test]
fn a_watched_folder_that_is_gone_is_an_error() {
    let mut watched = Watched::open(AfterReading::Keep, |_| {});
    fs::remove_dir(watched.dir.path()).unwrap();
    loop {
        match watched.source.next_frame(LONG) {
            Err(SourceError::Silent { .. }) => {}
            Err(error) => break assert!(error.to_string().contains("camera gate: cannot read"), "{error}"),
            Ok(frame) => panic!("{frame:?}"),
        }
    }
}

/// A spool of three pictures, red 1 to 3, that is being captured and emptied.
struct Spool {
    dir: TempDir,
    mailboxes: Mailboxes,
    thread: CaptureThread,
    stop: Stop,
}

impl Spool {
    fn start() -> Self {
        let dir = TempDir::new().unwrap();
        (1..=3).for_each(|red| picture(&dir.path().join(format!("{red}.png")), red, (4, 4)));
        let settings =
            SourceSettings::WatchedFolder { path: dir.path().to_owned(), after_reading: AfterReading::Delete };
        let opening = opening();
        let (camera, clock, stop) = (opening.camera.clone(), opening.clock, opening.stop.clone());
        let mailboxes = Mailboxes::new(clock, stop.clone());
        let capture = Capture {
            on_open_error: settings.on_open_error(),
            mailbox: mailboxes.add(&camera, settings.delivery()),
            camera,
            open: Box::new(move || open(&settings, &opening)),
            frame_deadline: LONG,
            backoff: Backoff::new(LONG, LONG),
            refused_login_pause: Duration::ZERO,
            clock,
            stop: stop.clone(),
        };
        Self { dir, mailboxes, thread: capture.spawn().unwrap(), stop }
    }

    /// The red of the next picture; `None` after a stop.
    fn take(&self) -> Option<u8> {
        match self.mailboxes.take(LONG) {
            Taken::Frame(frame) => Some(frame.image.get_pixel(0, 0)[0]),
            Taken::Stopped => None,
            other => panic!("{other:?}"),
        }
    }
}

/// The reds of the pictures that are still there.
fn left(dir: &TempDir) -> Vec<u8> {
    (1..=3).filter(|red| dir.path().join(format!("{red}.png")).exists()).collect()
}

#[test]
fn after_a_stop_every_picture_was_either_taken_or_is_still_there() {
    let spool = Spool::start();
    let mut all = vec![spool.take().unwrap()];
    spool.stop.request();
    all.extend(std::iter::from_fn(|| spool.take()));
    spool.thread.join().unwrap();
    all.extend(left(&spool.dir));
    all.sort_unstable();
    assert_eq!(all, [1, 2, 3]);
}

#[test]
fn a_picture_that_nobody_takes_stays() {
    let Spool { dir, mailboxes, thread, .. } = Spool::start();
    drop(mailboxes);
    thread.join().unwrap();
    assert_eq!(left(&dir), [1, 2, 3]);
}

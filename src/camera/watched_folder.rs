//! A folder into which cameras upload pictures (by FTP, as a rule), as a source.
//!
//! The kernel tells when a file is closed or moved here (inotify); a scan every few seconds finds what it does not tell
//! of: files on network mounts, and files that were quicker than the watch on their new subfolder. A frame's wall time
//! is the file's modification time, which is when its upload ended: it stays right for pictures that waited on disk.
//! Its elapsed time grows with that, so that a backlog read at once does not look like one vehicle.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use image::RgbImage;
use jiff::Timestamp;
use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tracing::{info, warn};

use super::arrivals::{Arrivals, GIVE_UP_AFTER, Seen, Stamp};
use super::damage::Damage;
use super::error::{FileFault, SourceError};
use super::picture::{self, has_picture_name};
use super::pool::PicturePool;
use super::settings::AfterReading;
use super::stream::Tally;
use super::{FrameSource, Opening, SourceKind};
use crate::clock::Clock;
use crate::frame::{Frame, Moment};
use crate::plate::CameraName;
use crate::stop::Stop;

/// Between scans, at least; a scan also never takes more than a twentieth of the time.
const SCAN_EVERY: Duration = Duration::from_secs(5);
const SCAN_SHARE: u32 = 20;
/// Closed files that the kernel told of and that were not looked at yet; what is beyond is found by a scan.
const MAX_HINTS: usize = 4_096;
/// Subfolders below subfolders; cameras make one per day and hour.
const MAX_DEPTH: usize = 16;
/// How often a stop is looked for.
const STOP_CHECK: Duration = Duration::from_millis(100);

/// An opened folder.
pub(super) struct WatchedFolderSource {
    camera: CameraName,
    path: PathBuf,
    after_reading: AfterReading,
    hints: Hints,
    arrivals: Arrivals,
    next_scan: Duration,
    /// The picture that was handed out last, to be deleted once the next one is asked for.
    handed_out: Option<(PathBuf, Stamp)>,
    cannot_delete: bool,
    last: Option<Moment>,
    damage: Damage,
    pool: PicturePool,
    clock: Clock,
    stop: Stop,
}

/// What the kernel tells.
struct Hints {
    closed: Receiver<PathBuf>,
    missed: Arc<AtomicBool>,
    /// Tells as long as it lives; absent where the kernel cannot watch, and only scans find files.
    _watcher: Option<RecommendedWatcher>,
    /// Keeps the channel open without a watcher.
    _sender: SyncSender<PathBuf>,
}

impl WatchedFolderSource {
    pub(super) fn open(path: &Path, after_reading: AfterReading, opening: &Opening) -> Result<Self, SourceError> {
        let unreadable = |error| SourceError::unreadable(&opening.camera, path, error);
        if !fs::metadata(path).map_err(unreadable)?.is_dir() {
            return Err(SourceError::file(&opening.camera, path, FileFault::NotAFolder));
        }
        let hints = Hints::watch(path);
        let mut arrivals = Arrivals::default();
        if after_reading == AfterReading::Keep {
            arrivals = Arrivals::that_stay();
            let mut there = 0_u64;
            scan(path, &mut |path, stamp| {
                there += 1;
                arrivals.was_there_before(path, stamp);
            })
            .map_err(unreadable)?;
            info!(pictures = there, "pictures that are in the folder already count as read");
        }
        Ok(Self {
            camera: opening.camera.clone(),
            path: path.to_owned(),
            after_reading,
            hints,
            arrivals,
            next_scan: Duration::ZERO,
            handed_out: None,
            cannot_delete: false,
            last: None,
            damage: Damage::default(),
            pool: PicturePool::default(),
            clock: opening.clock,
            stop: opening.stop.clone(),
        })
    }

    /// Looks at what the kernel told of and, when it is time, at the whole folder.
    fn look(&mut self) -> Result<(), SourceError> {
        let now = self.clock.elapsed();
        while let Ok(path) = self.hints.closed.try_recv() {
            self.closed(&path, now);
        }
        let missed = self.hints.missed.swap(false, Ordering::Relaxed);
        if missed || now >= self.next_scan || self.arrivals.needs_scan() {
            self.arrivals.scan_begins();
            scan(&self.path, &mut |path, stamp| self.arrivals.seen(path, stamp, Seen::Lying, now))
                .map_err(|error| SourceError::unreadable(&self.camera, &self.path, error))?;
            let after = self.clock.elapsed();
            self.next_scan = after + SCAN_EVERY.max((after.saturating_sub(now)) * SCAN_SHARE);
        }
        Ok(())
    }

    fn closed(&mut self, path: &Path, now: Duration) {
        if let Some(stamp) = has_picture_name(path).then(|| stamp_of(path)).flatten() {
            self.arrivals.seen(path, stamp, Seen::Closed, now);
        }
    }

    /// The oldest complete picture. Files that turn out to be incomplete stay waiting; files that stayed so are given up.
    fn read_next(&mut self) -> Option<Frame> {
        while let Some((path, stamp)) = self.arrivals.next_complete(self.clock.elapsed()) {
            match picture::read(&path, &self.pool) {
                Ok(image) => {
                    self.damage.good();
                    self.arrivals.read(path.clone());
                    self.handed_out = Some((path, stamp));
                    return Some(self.frame(image, stamp));
                }
                Err(FileFault::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
                    self.arrivals.gone(&path)
                }
                Err(fault) => self.arrivals.broken(&path, fault.to_string()),
            }
        }
        while let Some((path, fault)) = self.arrivals.give_up(self.clock.elapsed()) {
            let waited = GIVE_UP_AFTER.as_secs();
            self.damage
                .skipped(&format_args!("{} {fault}; given up after {waited} s without a change", path.display()));
        }
        None
    }

    fn frame(&mut self, image: RgbImage, stamp: Stamp) -> Frame {
        let now = self.clock.now().wall;
        // A camera's or server's clock may be ahead of ours; nothing was taken after now.
        let wall = Timestamp::from_nanosecond(stamp.modified).map_or(now, |modified| modified.min(now));
        let elapsed = self.last.map_or(Duration::ZERO, |last| {
            let since = Duration::try_from(wall.duration_since(last.wall)).unwrap_or_default();
            last.elapsed.saturating_add(since)
        });
        let captured_at = Moment { wall, elapsed };
        self.last = Some(captured_at);
        Frame { camera: self.camera.clone(), captured_at, image: self.pool.share(image) }
    }

    /// Deletes the picture that was handed out last: whoever asks for the next one has taken it. A picture that was not
    /// taken stays when this source is dropped, and is read again after the next start.
    fn delete_handed_out(&mut self) {
        let Some((path, stamp)) = self.handed_out.take() else { return };
        // Written again meanwhile: that is another picture, and it is read next.
        if self.after_reading == AfterReading::Keep || stamp_of(&path) != Some(stamp) {
            return;
        }
        match fs::remove_file(&path) {
            Ok(()) => {
                self.arrivals.gone(&path);
                self.cannot_delete = false;
            }
            Err(error) if !self.cannot_delete => {
                self.cannot_delete = true;
                let path = path.display();
                warn!(%path, %error, "cannot delete a picture that was read; let the daemon's user write to its folder");
            }
            Err(_) => {}
        }
    }
}

impl FrameSource for WatchedFolderSource {
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError> {
        let until = self.clock.elapsed().saturating_add(deadline);
        // Also after a stop: what was taken is recognised before the end, and would be told twice if it stayed.
        self.delete_handed_out();
        if self.stop.requested() {
            return Ok(None);
        }
        loop {
            self.look()?;
            if let Some(frame) = self.read_next() {
                return Ok(Some(frame));
            }
            if self.stop.requested() {
                return Ok(None);
            }
            let now = self.clock.elapsed();
            if now >= until {
                return Err(SourceError::Silent { camera: self.camera.clone(), waited: deadline });
            }
            let due = self.arrivals.next_due().unwrap_or(until).min(self.next_scan).min(until);
            // The sender lives as long as the source, so what ends the wait is a path or the time.
            if let Ok(path) = self.hints.closed.recv_timeout(due.saturating_sub(now).min(STOP_CHECK)) {
                self.closed(&path, self.clock.elapsed());
            }
        }
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Irregular
    }

    fn tally(&self) -> Tally {
        Tally { damaged: self.damage.total(), ..Tally::default() }
    }
}

impl Hints {
    fn watch(path: &Path) -> Self {
        let (sender, closed) = sync_channel(MAX_HINTS);
        let missed = Arc::new(AtomicBool::new(false));
        let watcher = notify::recommended_watcher({
            let (sender, missed) = (sender.clone(), Arc::clone(&missed));
            move |event| tell(event, &sender, &missed)
        });
        let watching = watcher.and_then(|mut watcher| {
            watcher.watch(path, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        if let Err(error) = &watching {
            warn!(%error, "cannot watch the folder, so it is only scanned every {} s; raise fs.inotify.max_user_watches", SCAN_EVERY.as_secs());
        }
        Self { closed, missed, _watcher: watching.ok(), _sender: sender }
    }
}

/// On the watcher's thread: passes on what was closed or moved here, and notes when a scan is needed.
fn tell(event: notify::Result<Event>, closed: &SyncSender<PathBuf>, missed: &AtomicBool) {
    let Ok(event) = event else {
        missed.store(true, Ordering::Relaxed);
        return;
    };
    let path = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => event.paths.first(),
        EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => event.paths.last(),
        EventKind::Create(CreateKind::Folder) => {
            // Files may have been put into it before it was watched.
            missed.store(true, Ordering::Relaxed);
            None
        }
        _ => None,
    };
    if event.need_rescan() || path.is_some_and(|path| closed.try_send(path.clone()).is_err()) {
        missed.store(true, Ordering::Relaxed);
    }
}

/// Reports every picture in the folder and below. Links to folders are not followed, and hidden folders are left out.
fn scan(root: &Path, found: &mut dyn FnMut(&Path, Stamp)) -> io::Result<()> {
    let mut folders = vec![(root.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(error),
            // It was removed meanwhile, or is not ours to read.
            Err(_) => continue,
        };
        for entry in entries.flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                    if depth < MAX_DEPTH && !hidden {
                        folders.push((path, depth + 1));
                    }
                }
                Ok(_) if has_picture_name(&path) => {
                    if let Some(stamp) = stamp_of(&path) {
                        found(&path, stamp);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn stamp_of(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    let nanos = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
    Some(Stamp {
        modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
        changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
        length: metadata.len(),
    })
}

//! What is still to be delivered: a folder with a hard link per picture, so that a restart forgets nothing and no picture is
//! stored twice. Bounded: beyond that the oldest is given up and counted.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use tokio::sync::Notify;
use tracing::warn;

use super::EvidenceError;
use super::picture_name::PictureName;
use super::status::EvidenceStatus;

/// The pictures that wait, shared by clones: the keeper adds, the courier delivers.
#[derive(Debug, Clone)]
pub struct Waiting(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    /// `None`: nothing is delivered, and nothing new waits.
    most: Option<usize>,
    names: Mutex<BTreeSet<PictureName>>,
    arrived: Notify,
    status: EvidenceStatus,
}

impl Waiting {
    /// Nothing yet: the folder is read by [`open`](Self::open). At most `most` pictures wait; none if nothing is delivered.
    #[must_use]
    pub fn new(folder: PathBuf, most: Option<usize>, status: EvidenceStatus) -> Self {
        Self(Arc::new(Shared { folder, most, names: Mutex::default(), arrived: Notify::new(), status }))
    }

    /// Reads what an earlier run left. What is not ours is left alone.
    ///
    /// # Errors
    /// [`EvidenceError`] when the folder cannot be made or read.
    pub fn open(&self) -> Result<(), EvidenceError> {
        let folder = &self.0.folder;
        if self.0.most.is_some() {
            fs::create_dir_all(folder).map_err(EvidenceError::at("make the folder", folder))?;
        }
        let entries: Vec<fs::DirEntry> = match fs::read_dir(folder).and_then(Iterator::collect) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            entries => entries.map_err(EvidenceError::at("read the folder", folder))?,
        };
        let is_file = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
        let names = entries.iter().filter(|entry| is_file(entry));
        let names = names.filter_map(|entry| PictureName::parse(entry.file_name().to_str()?));
        self.names().extend(names);
        self.keep_to_the_bound();
        self.0.arrived.notify_one();
        Ok(())
    }

    /// Whether anything is delivered at all.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.most.is_some()
    }

    /// How many pictures wait.
    #[must_use]
    pub fn count(&self) -> usize {
        self.names().len()
    }

    /// The picture in `file` is to be delivered too, if anything is.
    ///
    /// # Errors
    /// [`EvidenceError`] when it cannot be linked; it is then not delivered.
    pub fn add(&self, name: PictureName, file: &Path) -> Result<(), EvidenceError> {
        if !self.is_on() {
            return Ok(());
        }
        let link = self.path(&name);
        // Also the folder: somebody may have taken it away.
        match fs::create_dir_all(&self.0.folder).and_then(|()| fs::hard_link(file, &link)) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                self.0.status.count(|report| report.undelivered += 1);
                return Err(EvidenceError::at("make the link", &link)(error));
            }
            _ => {}
        }
        self.names().insert(name);
        self.keep_to_the_bound();
        self.0.arrived.notify_one();
        Ok(())
    }

    /// These pictures were deleted: what is not delivered by now is not delivered any more. The link would keep the disk's
    /// space.
    pub fn deleted(&self, names: &[PictureName]) {
        for name in names {
            if self.names().contains(name) {
                self.give_up(name);
            }
        }
    }

    /// The next picture in order after `last`, from the first again behind the last.
    pub(super) fn next_after(&self, last: Option<PictureName>) -> Option<PictureName> {
        let names = self.names();
        let behind = last.and_then(|last| names.range((Bound::Excluded(last), Bound::Unbounded)).next());
        behind.or_else(|| names.first()).copied()
    }

    /// The bytes of a picture that waits.
    pub(super) fn read(&self, name: &PictureName) -> io::Result<Vec<u8>> {
        fs::read(self.path(name))
    }

    /// The receiver has it.
    pub(super) fn delivered(&self, name: &PictureName) {
        if self.remove(name) {
            self.0.status.count(|report| report.delivered += 1);
        }
    }

    /// It is not delivered any more.
    pub(super) fn give_up(&self, name: &PictureName) {
        if self.remove(name) {
            self.0.status.count(|report| report.undelivered += 1);
        }
    }

    /// Completes when pictures have come since it completed last.
    pub(super) async fn arrived(&self) {
        self.0.arrived.notified().await;
    }

    /// `false` if it did not wait any more.
    fn remove(&self, name: &PictureName) -> bool {
        let link = self.path(name);
        if let Err(error) = fs::remove_file(&link)
            && error.kind() != io::ErrorKind::NotFound
        {
            // It will be delivered again after the next start, which receivers must expect anyway.
            warn!(path = %link.display(), %error, "cannot delete the link of a picture that waits no more");
        }
        let waited = self.names().remove(name);
        self.tell_count();
        waited
    }

    fn keep_to_the_bound(&self) {
        let most = self.0.most.unwrap_or(usize::MAX);
        loop {
            let oldest = {
                let names = self.names();
                if names.len() > most { names.first().copied() } else { None }
            };
            match oldest {
                Some(oldest) => self.give_up(&oldest),
                None => break self.tell_count(),
            }
        }
    }

    fn tell_count(&self) {
        let count = self.count() as u64;
        self.0.status.count(|report| report.waiting = count);
    }

    fn path(&self, name: &PictureName) -> PathBuf {
        self.0.folder.join(name.to_string())
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<PictureName>> {
        self.0.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::test_pictures::{name, picture};

    fn waiting(folder: &Path, most: usize) -> (Waiting, EvidenceStatus) {
        let status = EvidenceStatus::default();
        let waiting = Waiting::new(folder.join("waiting"), Some(most), status.clone());
        waiting.open().expect("it can be opened");
        (waiting, status)
    }

    fn add(waiting: &Waiting, folder: &Path, number: u128) {
        let file = folder.join(name(number).to_string());
        fs::write(&file, picture(number).jpeg).expect("it can be written");
        waiting.add(name(number), &file).expect("it can be linked");
    }

    #[test]
    fn what_waits_outlasts_a_restart_and_the_deleting_of_its_day_is_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let (before, _) = waiting(folder.path(), 10);
        (1..=3).for_each(|number| add(&before, folder.path(), number));
        before.delivered(&name(1));
        let (after, status) = waiting(folder.path(), 10);
        assert_eq!(status.report().waiting, 2);
        assert_eq!(after.next_after(None), Some(name(2)));
        assert_eq!(after.next_after(Some(name(2))), Some(name(3)));
        assert_eq!(after.next_after(Some(name(3))), Some(name(2)), "from the first again");
        after.deleted(&[name(1), name(2)]);
        assert_eq!((after.count(), status.report().undelivered), (1, 1));
        assert!(!folder.path().join("waiting").join(name(2).to_string()).exists());
    }

    #[test]
    fn beyond_the_bound_the_oldest_is_given_up_and_counted() {
        let folder = tempfile::tempdir().expect("a folder");
        let (waiting, status) = waiting(folder.path(), 2);
        (1..=5).for_each(|number| add(&waiting, folder.path(), number));
        assert_eq!((status.report().waiting, status.report().undelivered), (2, 3));
        assert_eq!(waiting.next_after(None), Some(name(4)));
    }

    #[test]
    fn where_nothing_is_delivered_nothing_waits_and_foreign_files_are_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let off = Waiting::new(folder.path().join("waiting"), None, EvidenceStatus::default());
        off.open().expect("there need not be a folder");
        off.add(name(1), Path::new("/nowhere")).expect("nothing is done");
        let (on, _) = waiting(folder.path(), 1);
        let foreign = folder.path().join("waiting/notes.txt");
        fs::write(&foreign, "mine").expect("it can be written");
        on.open().expect("it can be read");
        assert_eq!((off.count(), on.count(), foreign.exists()), (0, 0, true));
    }
}

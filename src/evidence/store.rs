//! The folder of pictures, `YYYY-MM-DD/{name}.jpg`. Its files are all the state there is: what is known here was read from it
//! when it was opened.
//!
//! A file is there whole or not at all: it is written under another name, synced, and renamed. What is not ours (another
//! name, a link, a folder) is counted and left alone. Not here: when what is deleted.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use tracing::warn;

use super::encoder::EncodedPicture;
use super::picture_name::{PictureClass, PictureName};
use super::settings::Keeping;
use super::{EvidenceError, WAITING_FOLDER};

/// Pictures in one folder, oldest first.
#[derive(Debug)]
pub struct PictureStore {
    folder: PathBuf,
    /// With what each takes of the disk.
    pictures: BTreeMap<StoredPicture, u64>,
    bytes: u64,
    foreign: u64,
}

/// A picture in the store. Its order is that in which pictures are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredPicture {
    /// The day on which it was kept (UTC).
    pub day: Date,
    /// Its name.
    pub name: PictureName,
}

/// What was deleted.
#[derive(Debug, Default)]
pub struct Pruned {
    /// The pictures.
    pub names: Vec<PictureName>,
    /// What they took.
    pub bytes: u64,
}

/// What a file is called until it is whole.
const PART: &str = ".part";
/// Files take whole blocks; the usual size.
const BLOCK: u64 = 4096;
/// A clock that shows an earlier day was never set: what was kept then has no age. It is still the first to go for want of
/// room.
const CLOCK_WAS_SET: Date = jiff::civil::date(2024, 1, 1);

impl PictureStore {
    /// The store in `folder`, which is made if it does not exist. What a power cut left half written is deleted.
    ///
    /// # Errors
    /// [`EvidenceError`] when the folder cannot be made or read.
    pub fn open(folder: &Path) -> Result<Self, EvidenceError> {
        fs::create_dir_all(folder).map_err(EvidenceError::at("make the folder", folder))?;
        let mut store = Self { folder: folder.to_owned(), pictures: BTreeMap::new(), bytes: 0, foreign: 0 };
        for entry in entries(folder)? {
            match (day(&entry), entry.file_type()) {
                (Some(day), Ok(kind)) if kind.is_dir() => store.open_day(day)?,
                _ if entry.file_name() == WAITING_FOLDER => {}
                _ => store.note_foreign(&entry),
            }
        }
        Ok(store)
    }

    fn open_day(&mut self, day: Date) -> Result<(), EvidenceError> {
        let folder = self.day_folder(day);
        for entry in entries(&folder)? {
            let file_name = entry.file_name();
            let text = file_name.to_str().unwrap_or_default();
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file);
            match (PictureName::parse(text), metadata) {
                (Some(name), Some(metadata)) => self.insert(StoredPicture { day, name }, metadata.len()),
                (None, Some(_)) if text.strip_suffix(PART).is_some_and(|name| PictureName::parse(name).is_some()) => {
                    fs::remove_file(entry.path())
                        .map_err(EvidenceError::at("delete what was half written,", &entry.path()))?;
                }
                _ => self.note_foreign(&entry),
            }
        }
        // Of a day whose pictures are all gone.
        drop(fs::remove_dir(&folder));
        Ok(())
    }

    fn note_foreign(&mut self, entry: &fs::DirEntry) {
        if self.foreign == 0 {
            warn!(path = %entry.path().display(), "this is no evidence picture; it is left alone, and so are others like it");
        }
        self.foreign += 1;
    }

    /// How many pictures there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.pictures.len() as u64
    }

    /// What they take of the disk, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many files that are not ours were there when the folder was opened.
    #[must_use]
    pub fn foreign(&self) -> u64 {
        self.foreign
    }

    /// Where the folder is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file of `picture` is.
    #[must_use]
    pub fn path(&self, picture: &StoredPicture) -> PathBuf {
        self.day_folder(picture.day).join(picture.name.to_string())
    }

    /// Writes `picture` on `day`: whole, or not at all.
    ///
    /// # Errors
    /// [`EvidenceError`] when it is not there.
    pub fn add(&mut self, day: Date, picture: &EncodedPicture) -> Result<StoredPicture, EvidenceError> {
        let stored = StoredPicture { day, name: picture.name };
        let (folder, path) = (self.day_folder(day), self.path(&stored));
        // Also the folder of all: somebody may have taken it away.
        fs::create_dir_all(&folder).map_err(EvidenceError::at("make the folder", &folder))?;
        let part = folder.join(format!("{}{PART}", picture.name));
        let written = write_synced(&part, &picture.jpeg).and_then(|()| fs::rename(&part, &path));
        if let Err(error) = written {
            drop(fs::remove_file(&part));
            return Err(EvidenceError::at("write", &path)(error));
        }
        self.insert(stored, picture.jpeg.len() as u64);
        Ok(stored)
    }

    /// Deletes what is older than it may be, as seen on `today`.
    ///
    /// # Errors
    /// [`EvidenceError`] when a file cannot be deleted.
    pub fn prune_old(&mut self, keeping: &Keeping, today: Date) -> Result<Pruned, EvidenceError> {
        let oldest_day = |days: u32| today.saturating_sub(jiff::Span::new().days(i64::from(days)));
        let (read, unread) = (oldest_day(keeping.keep_days_read), oldest_day(keeping.keep_days_unread));
        let is_old = |picture: &&StoredPicture| {
            let oldest = match picture.name.class {
                PictureClass::Read => read,
                PictureClass::Unread => unread,
            };
            (CLOCK_WAS_SET..oldest).contains(&picture.day)
        };
        let in_question = self.pictures.keys().take_while(|picture| picture.day < read.max(unread));
        let old: Vec<StoredPicture> = in_question.filter(is_old).copied().collect();
        self.prune(old)
    }

    /// Deletes the oldest until all together take at most `quota` bytes.
    ///
    /// # Errors
    /// [`EvidenceError`] when a file cannot be deleted.
    pub fn prune_to(&mut self, quota: u64) -> Result<Pruned, EvidenceError> {
        self.prune_oldest(self.bytes.saturating_sub(quota))
    }

    /// Deletes the oldest that take at least `bytes` together, or all.
    ///
    /// # Errors
    /// [`EvidenceError`] when a file cannot be deleted.
    pub fn prune_oldest(&mut self, bytes: u64) -> Result<Pruned, EvidenceError> {
        let mut sum = 0;
        let oldest = self.pictures.iter().take_while(|(_, size)| {
            let still_short = sum < bytes;
            sum += **size;
            still_short
        });
        let oldest: Vec<StoredPicture> = oldest.map(|(picture, _)| *picture).collect();
        self.prune(oldest)
    }

    fn prune(&mut self, pictures: Vec<StoredPicture>) -> Result<Pruned, EvidenceError> {
        let mut pruned = Pruned::default();
        for picture in pictures {
            let path = self.path(&picture);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(EvidenceError::at("delete", &path)(error));
                }
                _ => {}
            }
            let size = self.pictures.remove(&picture).unwrap_or(0);
            self.bytes = self.bytes.saturating_sub(size);
            pruned.bytes += size;
            pruned.names.push(picture.name);
            if self.pictures.keys().next().is_none_or(|next| next.day != picture.day) {
                // Fails where something is left in it, which is then not ours.
                drop(fs::remove_dir(self.day_folder(picture.day)));
            }
        }
        Ok(pruned)
    }

    fn insert(&mut self, picture: StoredPicture, length: u64) {
        let size = size_on_disk(length);
        let replaced = self.pictures.insert(picture, size).unwrap_or(0);
        self.bytes = (self.bytes + size).saturating_sub(replaced);
    }

    fn day_folder(&self, day: Date) -> PathBuf {
        self.folder.join(day.to_string())
    }
}

/// What a file of this length takes of the disk.
pub(super) fn size_on_disk(length: u64) -> u64 {
    length.div_ceil(BLOCK) * BLOCK
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    // Or the name could be on the disk after a power cut, and the bytes not.
    file.sync_data()
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>, EvidenceError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect);
    entries.map_err(EvidenceError::at("read the folder", folder))
}

/// The day that a folder is named for, if it is named as this program names folders.
fn day(entry: &fs::DirEntry) -> Option<Date> {
    let name = entry.file_name();
    let text = name.to_str()?;
    let day = text.parse::<Date>().ok()?;
    (day.to_string() == text).then_some(day)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;

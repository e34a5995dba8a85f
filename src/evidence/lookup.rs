//! Finds the kept picture of an event. Every part of a path is made here, from an id, a number and a kind: what somebody wrote
//! never becomes a path.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::picture_name::{PictureClass, PictureKind, PictureName};

/// Revisions that are looked for. Amendments seldom have pictures of their own.
const MOST_REVISIONS: u32 = 16;
/// A vehicle may stand in view for days; its pictures are kept on the day on which it is told of.
const DAYS: i64 = 7;
/// A larger file is no picture of this program.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The folder of kept pictures, for whoever reads them.
#[derive(Debug, Clone)]
pub struct KeptPictures {
    folder: PathBuf,
}

impl KeptPictures {
    /// The pictures in `folder`.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The picture of this event and kind, the last revision's; the one with this SHA-256 if it is given. `None` where it
    /// is not kept, any more or at all.
    ///
    /// # Errors
    /// What the system says when it is there and cannot be read.
    pub fn find(&self, event_id: Uuid, kind: PictureKind, sha256: Option<[u8; 32]>) -> io::Result<Option<Vec<u8>>> {
        for revision in (1..=MOST_REVISIONS).rev() {
            for class in [PictureClass::Read, PictureClass::Unread] {
                let name = PictureName { event_id, revision, kind, class };
                for day in days_of(event_id) {
                    let Some(jpeg) = read(&self.folder.join(day.to_string()).join(name.to_string()))? else { continue };
                    if sha256.is_none_or(|wanted| *Sha256::digest(&jpeg) == wanted) {
                        return Ok(Some(jpeg));
                    }
                }
            }
        }
        Ok(None)
    }
}

/// The days on which pictures of an event may have been kept: its id begins with the time when its vehicle was first seen.
fn days_of(event_id: Uuid) -> impl Iterator<Item = Date> {
    let first_seen = event_id.get_timestamp().map_or((0, 0), |time| time.to_unix());
    let first_seen = i64::try_from(first_seen.0).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let day = first_seen.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned_datetime(TimeZone::UTC).date();
    (0..=DAYS).map(move |days| day.saturating_add(days.days()))
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() <= LARGEST => fs::read(path).map(Some),
        Ok(_) => Ok(None),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_found_by_its_event_kind_and_hash_and_a_link_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let event_id = uuid::Builder::from_unix_timestamp_millis(1_764_000_000_000, &[7; 10]).into_uuid();
        let first_day = days_of(event_id).next().expect("it has a time");
        assert_eq!(first_day.to_string(), "2025-11-24");
        let keep = |days: i64, name: &str, bytes: &[u8]| {
            let day = folder.path().join(first_day.saturating_add(days.days()).to_string());
            fs::create_dir_all(&day).expect("it can be made");
            fs::write(day.join(name), bytes).expect("there is space");
        };
        keep(0, &format!("{event_id}-r1-plate-unread.jpg"), b"first");
        keep(1, &format!("{event_id}-r3-plate.jpg"), b"third");
        let pictures = KeptPictures::of(folder.path());
        let find = |kind, sha256| pictures.find(event_id, kind, sha256).expect("it can be read");
        assert_eq!(find(PictureKind::Plate, None).as_deref(), Some(b"third".as_slice()));
        let first = Some(Sha256::digest(b"first").into());
        assert_eq!(find(PictureKind::Plate, first).as_deref(), Some(b"first".as_slice()));
        assert_eq!(find(PictureKind::Plate, Some([0; 32])), None);
        assert_eq!(find(PictureKind::Scene, None), None);
        let link = folder.path().join(first_day.to_string()).join(format!("{event_id}-r1-scene.jpg"));
        std::os::unix::fs::symlink("/etc/hostname", link).expect("a link");
        assert_eq!(find(PictureKind::Scene, None), None);
    }
}

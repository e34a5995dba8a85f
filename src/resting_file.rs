//! A file that somebody else writes, read whenever it has changed and rests.
//!
//! It is looked at every second or so. The kernel's own notices (inotify) are not enough: they do not come from network
//! mounts, and such files are put there by other machines. What has changed is read once it was the same at two looks, so
//! that no half-written line becomes another plate. Not here: what a file says.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::login::in_words;

/// A file that changes at so many looks in a row is not the one that was read any more.
pub const MOST_CHANGES: u32 = 10;

/// A file and what is known of it.
#[derive(Debug)]
pub struct RestingFile {
    path: PathBuf,
    limit: Limit,
    /// As it was when it was last read; `None` before, and after it could not be read.
    read: Option<Stamp>,
    /// As it was at the last look.
    seen: Option<Stamp>,
    changes: u32,
}

/// How large a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// In bytes.
    pub bytes: u64,
    /// What to do about a larger one, as a sentence's end.
    pub remedy: &'static str,
}

/// What a look at a file finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// What was read last, or something that is still being written.
    NothingNew,
    /// It is new, or has changed and rests.
    Read(Content),
    /// Why it cannot be read, in words; found at every look until it can.
    Unreadable(String),
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// When it was written.
    pub written: Timestamp,
}

/// Which content of a file this is, without reading it: device, inode, size, time of change.
type Stamp = (u64, u64, u64, i64, i64);

impl RestingFile {
    /// A file that is read if it is not larger; what is there already at the first look.
    #[must_use]
    pub fn new(path: &Path, limit: Limit) -> Self {
        Self { path: path.to_owned(), limit, read: None, seen: stamp(path).ok(), changes: 0 }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in the file, once each time that it has changed and rests.
    pub fn look(&mut self) -> Look {
        let stamp = match stamp(&self.path) {
            Ok(stamp) => stamp,
            Err(error) => return self.is_unreadable(&error),
        };
        if self.read == Some(stamp) {
            return Look::NothingNew;
        }
        if self.seen.replace(stamp) != Some(stamp) {
            self.changes += 1;
            return if self.changes < MOST_CHANGES {
                Look::NothingNew
            } else {
                self.is_unreadable(&io::Error::other("it changes all the time"))
            };
        }
        self.changes = 0;
        match content(&self.path, stamp, self.limit) {
            Ok(content) => {
                self.read = Some(stamp);
                Look::Read(content)
            }
            Err(error) => self.is_unreadable(&error),
        }
    }

    fn is_unreadable(&mut self, error: &io::Error) -> Look {
        (self.read, self.changes) = (None, 0);
        Look::Unreadable(in_words(error))
    }
}

/// What a file says at this moment.
///
/// # Errors
/// When it cannot be read, is larger than the limit, or changes meanwhile.
pub fn read_now(path: &Path, limit: Limit) -> io::Result<Content> {
    content(path, stamp(path)?, limit)
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("this is no file"));
    }
    Ok((metadata.dev(), metadata.ino(), metadata.size(), metadata.ctime(), metadata.ctime_nsec()))
}

fn content(path: &Path, expected: Stamp, limit: Limit) -> io::Result<Content> {
    let written = fs::metadata(path)?.modified()?;
    let mut bytes = Vec::new();
    File::open(path)?.take(limit.bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit.bytes {
        return Err(io::Error::other(format!("it has more than {} MiB: {}", limit.bytes >> 20, limit.remedy)));
    }
    if stamp(path)? != expected {
        return Err(io::Error::other("it changed while it was read"));
    }
    Ok(Content { bytes, written: Timestamp::try_from(written).map_err(io::Error::other)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { bytes: 1 << 20, remedy: "leave something out" };

    struct Bench {
        folder: tempfile::TempDir,
        file: RestingFile,
    }

    impl Bench {
        fn with(text: Option<&str>) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("list");
            if let Some(text) = text {
                fs::write(&path, text).expect("it can be written");
            }
            Self { file: RestingFile::new(&path, LIMIT), folder }
        }

        /// A new file in its place, so that the stamp is another one whatever the clock's grain.
        fn write(&self, text: &str) {
            let (new, file) = (self.folder.path().join("new"), self.folder.path().join("list"));
            fs::write(&new, text).and_then(|()| fs::rename(new, file)).expect("it can be written");
        }

        /// The text that is found, or why there is none; nothing, if nothing is new.
        fn look(&mut self) -> Option<Result<String, String>> {
            match self.file.look() {
                Look::NothingNew => None,
                Look::Read(content) => Some(Ok(String::from_utf8(content.bytes).expect("it is text"))),
                Look::Unreadable(why) => Some(Err(why)),
            }
        }
    }

    #[test]
    fn a_file_is_read_at_the_first_look_and_again_once_it_has_changed_and_rests() {
        let mut bench = Bench::with(Some("one"));
        assert_eq!(bench.look(), Some(Ok("one".to_owned())));
        assert_eq!(bench.look(), None);
        bench.write("half");
        assert_eq!(bench.look(), None, "it may still be written");
        bench.write("the other");
        assert_eq!(bench.look(), None);
        assert_eq!(bench.look(), Some(Ok("the other".to_owned())));
        assert_eq!(bench.look(), None);
    }

    #[test]
    fn what_cannot_be_read_is_told_at_every_look_and_read_when_it_can() {
        let mut bench = Bench::with(None);
        for _ in 0..2 {
            assert!(bench.look().is_some_and(|read| read.is_err()), "it is not there");
        }
        bench.write(&"x".repeat(1 + (1 << 20)));
        assert_eq!(bench.look(), None);
        let error = bench.look().and_then(Result::err).expect("it is too large");
        assert!(error.contains("more than 1 MiB: leave something out"), "{error}");
        bench.write("right");
        assert_eq!((bench.look(), bench.look()), (None, Some(Ok("right".to_owned()))));
    }

    #[test]
    fn a_file_that_changes_all_the_time_is_not_the_one_that_was_read() {
        let mut bench = Bench::with(Some("one"));
        bench.look();
        for number in 1..MOST_CHANGES {
            bench.write(&number.to_string());
            assert_eq!(bench.look(), None);
        }
        bench.write("and again");
        assert!(bench.look().is_some_and(|read| read.is_err()));
    }
}

//! A declared list that somebody puts into a file: noticed when it is new, read when it is complete.
//!
//! It is looked at every few seconds and not watched by the kernel: that also works on network mounts and for a file that is
//! replaced by another, and a list is no matter of seconds. Not here: what the file says.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A file and what is known of it.
#[derive(Debug)]
pub(super) struct ListFile {
    path: PathBuf,
    largest: usize,
    /// As it was when it was last read.
    read: Option<Stamp>,
    /// As it was at the last look: a file that still changes is still being written.
    last: Option<Stamp>,
}

/// What changes when a file is written or replaced; nothing where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    Missing,
    There { inode: u64, bytes: u64, modified: (i64, i64) },
}

impl ListFile {
    /// A file that is read if it has at most so many bytes.
    pub(super) fn new(path: &Path, largest: usize) -> Self {
        Self { path: path.to_owned(), largest, read: None, last: None }
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is in the file, once each time that it has changed and rests, and at the first look.
    ///
    /// # Errors
    /// Why it cannot be read, in words, also once.
    pub(super) fn look(&mut self) -> Option<Result<Vec<u8>, String>> {
        let stamp = match fs::metadata(&self.path) {
            Ok(found) => {
                Stamp::There { inode: found.ino(), bytes: found.len(), modified: (found.mtime(), found.mtime_nsec()) }
            }
            Err(_) => Stamp::Missing,
        };
        let rests = self.last.replace(stamp).is_none_or(|last| last == stamp);
        if !rests || self.read == Some(stamp) {
            return None;
        }
        self.read = Some(stamp);
        Some(self.content().map_err(|error| error.to_string()))
    }

    fn content(&self) -> io::Result<Vec<u8>> {
        let (file, largest) = (File::open(&self.path)?, self.largest as u64);
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("this is no file"));
        }
        let mut bytes = Vec::new();
        file.take(largest + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > largest {
            return Err(io::Error::other(format!("it has more than {largest} bytes; raise `declared_max_mib`")));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(file: &mut ListFile) -> Option<Result<String, String>> {
        file.look().map(|read| read.map(|bytes| String::from_utf8(bytes).expect("it is text")))
    }

    #[test]
    fn a_file_is_read_at_first_and_again_when_it_has_changed_and_rests() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.json");
        fs::write(&path, "one").expect("it can be written");
        let mut file = ListFile::new(&path, 10);
        assert_eq!(look(&mut file), Some(Ok("one".to_owned())));
        assert_eq!(look(&mut file), None);
        fs::write(&path, "half").expect("it can be written");
        assert_eq!(look(&mut file), None, "it may still be written");
        fs::write(&path, "the other").expect("it can be written");
        assert_eq!(look(&mut file), None);
        assert_eq!(look(&mut file), Some(Ok("the other".to_owned())));
        assert_eq!(look(&mut file), None);
    }

    #[test]
    fn what_cannot_be_read_is_told_once_and_read_when_it_can() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.json");
        let mut file = ListFile::new(&path, 10);
        assert!(look(&mut file).is_some_and(|read| read.is_err()), "it is not there");
        assert_eq!(look(&mut file), None);
        fs::write(&path, "01234567890").expect("it can be written");
        assert_eq!(look(&mut file), None);
        let error = look(&mut file).and_then(Result::err).expect("it is too large");
        assert!(error.contains("more than 10 bytes"), "{error}");
        fs::write(&path, "right").expect("it can be written");
        assert_eq!((look(&mut file), look(&mut file)), (None, Some(Ok("right".to_owned()))));
    }
}

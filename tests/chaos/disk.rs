//! A small disk for the gate, that the test fills and frees. Not here: when.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that the gate keeps its files in.
pub(crate) struct Disk {
    folder: tempfile::TempDir,
    mounted: bool,
}

impl Disk {
    /// A disk in memory of so many MiB; where the system allows no mounting, a plain folder that is never full.
    pub(crate) fn small(mib: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let size = format!("size={mib}m,mode=700");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        let mounted = mount.is_ok_and(|done| done.status.success());
        Self { folder, mounted }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether it can be filled.
    pub(crate) fn is_small(&self) -> bool {
        self.mounted
    }

    /// Takes all the space that is left.
    pub(crate) fn fill(&self) {
        assert!(self.mounted, "it has no end");
        let mut filler = File::create(self.filler()).expect("a file needs no space of its own");
        for size in [65_536, 4096, 1] {
            let block = vec![0; size];
            while filler.write_all(&block).is_ok() {}
        }
    }

    pub(crate) fn free(&self) {
        if self.filler().exists() {
            fs::remove_file(self.filler()).expect("it was made here");
        }
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted {
            // Lazily, because a gate that was just killed may still hold it for a moment.
            drop(Command::new("umount").arg("-l").arg(self.folder.path()).status());
        }
    }
}

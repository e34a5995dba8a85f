//! Files into a `.tar.gz`.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use tar::{Builder, Header};

use super::Packed;

/// The folder that it unpacks into.
const FOLDER: &str = "gatelpr-support";

/// Writes a new file, whole or not at all.
pub(super) fn write(files: &[Packed], path: &Path, now: Timestamp) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let written = pack(files, file, now);
    if written.is_err() {
        // It is ours: it was not there before.
        drop(fs::remove_file(path));
    }
    written
}

fn pack(files: &[Packed], file: File, now: Timestamp) -> io::Result<()> {
    let mut archive = Builder::new(GzEncoder::new(file, Compression::default()));
    for packed in files {
        let mut header = Header::new_gnu();
        header.set_size(packed.text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(now.as_second()).unwrap_or(0));
        archive.append_data(&mut header, format!("{FOLDER}/{}", packed.name), packed.text.as_bytes())?;
    }
    let mut file = archive.into_inner()?.finish()?;
    file.flush()?;
    file.sync_all()
}

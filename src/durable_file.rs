//! Small files that survive a power cut: whole or as they were before. Not here: what is in them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes the file at `path` by way of another beside it; when this returns, it is on the disk. Who may read and write it stays
/// as it is.
///
/// # Errors
/// What the system says; the file is then as it was before.
pub fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    if let Ok(before) = fs::metadata(path) {
        file.get_ref().set_permissions(before.permissions())?;
    }
    write(&mut file)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_folder_of(path)
}

/// Makes the names in the folder of `path` durable.
///
/// # Errors
/// What the system says.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_stays_as_private_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("gatelpr.toml");
        let mode = || fs::metadata(&path).expect("it is there").permissions().mode() & 0o777;
        replace(&path, |file| file.write_all(b"one")).expect("there is space");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("it is ours");
        replace(&path, |file| file.write_all(b"two")).expect("there is space");
        assert_eq!((fs::read(&path).expect("it is there"), mode()), (b"two".to_vec(), 0o640));
        let failed = replace(&path, |_| Err(io::Error::other("no")));
        assert!(failed.is_err() && fs::read(&path).expect("it is there") == b"two");
    }
}

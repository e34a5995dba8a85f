//! What the computer tells of itself: memory, disk, temperature. The only file that asks the system.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sysinfo::{Components, Disks, Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// The computer, asked now and then.
#[derive(Debug)]
pub struct Machine {
    system: System,
    disks: Disks,
    components: Components,
    /// Where events wait.
    folder: PathBuf,
}

/// What it tells; what it does not is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MachineReport {
    /// Memory that this program holds, in bytes.
    pub rss_bytes: Option<u64>,
    /// Free and whole space of the disk that events wait on, in bytes.
    pub disk_bytes: Option<(u64, u64)>,
    /// The hottest sensor, in degrees Celsius.
    pub temperature_c: Option<f32>,
}

/// Processor time that this program has used, of all its threads; absent where the system does not tell.
#[must_use]
pub fn own_cpu_time() -> Option<Duration> {
    let (own, mut system) = (Pid::from_u32(std::process::id()), System::new());
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, ProcessRefreshKind::nothing().with_cpu());
    system.process(own).map(|process| Duration::from_millis(process.accumulated_cpu_time()))
}

impl Machine {
    /// The computer, of whose disks the one with `folder` counts.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        // A disk is known by where it is mounted, not by a link to it.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        Self { system: System::new(), disks: Disks::new(), components: Components::new(), folder }
    }

    /// What it tells now.
    pub fn report(&mut self) -> MachineReport {
        MachineReport { rss_bytes: self.rss(), disk_bytes: self.disk(), temperature_c: self.temperature() }
    }

    fn rss(&mut self) -> Option<u64> {
        let own = Pid::from_u32(std::process::id());
        let what = ProcessRefreshKind::nothing().with_memory();
        self.system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), true, what);
        self.system.process(own).map(sysinfo::Process::memory)
    }

    fn disk(&mut self) -> Option<(u64, u64)> {
        self.disks.refresh(true);
        let holding = self.disks.iter().filter(|disk| self.folder.starts_with(disk.mount_point()));
        let disk = holding.max_by_key(|disk| disk.mount_point().components().count())?;
        Some((disk.available_space(), disk.total_space()))
    }

    fn temperature(&mut self) -> Option<f32> {
        self.components.refresh(true);
        let sensors = self.components.iter().filter_map(sysinfo::Component::temperature);
        sensors.filter(|degrees| degrees.is_finite()).max_by(f32::total_cmp)
    }
}

/// How many bytes this program may still write to the disk of `folder`.
///
/// # Errors
/// What the system says, such as that there is no such folder.
pub fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_and_disk_are_told() {
        let report = Machine::new(Path::new(".")).report();
        assert!(report.rss_bytes.is_some_and(|bytes| bytes > 1_000_000), "{report:?}");
        assert!(report.disk_bytes.is_some_and(|(free, all)| free <= all && all > 0), "{report:?}");
    }

    #[test]
    fn free_space_is_told_of_every_folder_that_is_there() {
        assert!(free_bytes(Path::new(".")).is_ok_and(|bytes| bytes > 0));
        assert_eq!(free_bytes(Path::new("/nowhere")).map_err(|error| error.kind()), Err(io::ErrorKind::NotFound));
    }
}

//! Who may use USB cameras and input lines: the kernel lets only certain groups.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::daemon::Presence;
use super::finding::Opinion;
use super::patient::Patient;
use crate::camera::{SourceSettings, UsbIdentity};
use crate::config::Config;

/// A device and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Device {
    path: PathBuf,
    owner: u32,
    group: u32,
    mode: u32,
}

/// A process and who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct User {
    whose: &'static str,
    is_daemon: bool,
    id: u32,
    groups: BTreeSet<u32>,
}

pub(super) fn look(patient: &Patient, config: &Config) -> Vec<Opinion> {
    let wanted = wanted(config);
    if wanted.is_empty() {
        return Vec::new();
    }
    let devices: Vec<Device> = wanted.iter().filter_map(|path| device(path)).collect();
    let status = match patient.daemon().presence {
        Presence::Runs(process) => ("the daemon", format!("/proc/{process}/status")),
        Presence::Absent | Presence::Unknown => ("this user", "/proc/self/status".to_owned()),
    };
    let user = fs::read_to_string(&status.1).ok().and_then(|text| user(status.0, &text));
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    match user {
        Some(user) => judge(&devices, &user, &groups),
        None => vec![Opinion::unknown(
            "it cannot be seen who may use the cameras",
            "ask again as root: sudo gatelpr doctor",
        )],
    }
}

/// The devices that the config needs. Which node a camera has that is known by its name is not asked of it: it may be in
/// use.
fn wanted(config: &Config) -> BTreeSet<PathBuf> {
    let mut paths = BTreeSet::new();
    for camera in &config.cameras {
        match &camera.source {
            SourceSettings::Usb(usb) => match &usb.identity {
                UsbIdentity::Path(path) => paths.extend(fs::canonicalize(path)),
                UsbIdentity::Name { .. } => paths.extend(video_nodes()),
            },
            _ => continue,
        }
    }
    paths.extend(config.lanes.iter().filter_map(|lane| Some(lane.gpio.as_ref()?.address.chip.clone())));
    paths.extend(config.lists.iter().filter_map(|list| Some(list.pulse.as_ref()?.address.chip.clone())));
    paths
}

fn video_nodes() -> Vec<PathBuf> {
    let entries = fs::read_dir("/dev").into_iter().flatten().flatten();
    let is_video = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("video"));
    entries.map(|entry| entry.path()).filter(is_video).collect()
}

/// None where there is no such device; its camera's finding says so.
fn device(path: &Path) -> Option<Device> {
    let found = fs::metadata(path).ok()?;
    let mode = found.permissions().mode();
    Some(Device { path: path.to_owned(), owner: found.uid(), group: found.gid(), mode })
}

/// As `/proc/PID/status` says it: `Uid:` real, effective, ...; `Gid:` likewise; `Groups:` all others.
fn user(whose: &'static str, status: &str) -> Option<User> {
    let line = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
    let numbers = |text: &str| text.split_whitespace().filter_map(|word| word.parse().ok()).collect::<Vec<u32>>();
    let effective = |key| line(key).and_then(|text| numbers(text).get(1).copied());
    let groups = numbers(line("Groups:").unwrap_or_default()).into_iter().chain(effective("Gid:")).collect();
    Some(User { whose, is_daemon: whose == "the daemon", id: effective("Uid:")?, groups })
}

fn judge(devices: &[Device], user: &User, groups: &str) -> Vec<Opinion> {
    if user.id == 0 && !user.is_daemon {
        let what = "root may use every camera and line; whether the service may shows when it runs";
        return vec![Opinion::unknown(what, "start the daemon and ask again")];
    }
    let refused = devices.iter().filter(|device| !may_use(user, device));
    let mut opinions: Vec<Opinion> = refused.map(|device| refusal(device, user, groups)).collect();
    if opinions.is_empty() && !devices.is_empty() {
        let names: Vec<String> = devices.iter().map(|device| device.path.display().to_string()).collect();
        opinions.push(Opinion::good(format!("{} may use {}", user.whose, names.join(", "))));
    }
    opinions
}

fn may_use(user: &User, device: &Device) -> bool {
    const USE: u32 = 0o6;
    let allowed = |shift: u32| device.mode >> shift & USE == USE;
    match (user.id, device.owner) {
        (0, _) => true,
        (user, owner) if user == owner => allowed(6),
        _ if user.groups.contains(&device.group) => allowed(3),
        _ => allowed(0),
    }
}

fn refusal(device: &Device, user: &User, groups: &str) -> Opinion {
    let number = device.group.to_string();
    let mut lines = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let group = lines.find_map(|parts| (parts.get(2) == Some(&number.as_str())).then(|| parts[0].to_owned()));
    let group = group.unwrap_or(number);
    let what = format!("{} may not use {}, which belongs to the group {group}", user.whose, device.path.display());
    let remedy = if user.is_daemon {
        format!("run `systemctl edit gatelpr`, add SupplementaryGroups={group} below [Service], and restart it")
    } else {
        format!("ask as root, or add this user to the group: usermod -aG {group} USER")
    };
    Opinion::bad(what, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    const GROUPS: &str = "root:x:0:\nvideo:x:44:\n";

    fn camera() -> Device {
        Device { path: "/dev/video0".into(), owner: 0, group: 44, mode: 0o20_660 }
    }

    #[track_caller]
    fn check(whose: &'static str, status: &str, verdict: Verdict, what: &str) {
        let user = user(whose, status).expect("it is one");
        let opinions = judge(&[camera()], &user, GROUPS);
        assert!(opinions[0].verdict == verdict && opinions[0].what.contains(what), "{opinions:?}");
    }

    #[test]
    fn who_may_use_a_camera_follows_from_groups() {
        let member = "Name:\tgatelpr\nUid:\t900\t900\t900\t900\nGid:\t900\t900\t900\t900\nGroups:\t44 900\n";
        let stranger = "Name:\tgatelpr\nUid:\t900\t900\t900\t900\nGid:\t900\t900\t900\t900\nGroups:\t\n";
        let root = "Name:\tgatelpr\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n";
        check("the daemon", member, Verdict::Good, "may use /dev/video0");
        check("the daemon", stranger, Verdict::Bad, "belongs to the group video");
        check("this user", root, Verdict::Unknown, "shows when it runs");
        check("the daemon", root, Verdict::Good, "may use");
    }
}

//! Processes of this machine: signals, children, and what this one holds.

use std::fs;
use std::process::Command;

/// Sends a signal, such as `-STOP`.
pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").arg(name).arg(process.to_string()).status().expect("kill is there");
    assert!(sent.success(), "no signal {name} to process {process}");
}

/// The children of this process that run, and have this word on their command line. Zombies have no command line.
pub(crate) fn children_with(word: &str) -> Vec<u32> {
    let own = std::process::id().to_string();
    let is_child = |process: &u32| {
        let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
        let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        behind_name.split_whitespace().nth(1) == Some(own.as_str())
    };
    let has_word = |process: &u32| {
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|argument| argument == word.as_bytes())
    };
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let processes = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    processes.filter(is_child).filter(has_word).collect()
}

/// What a process holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holdings {
    /// Open files, sockets and pipes.
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    /// Children that have ended and were not waited for.
    pub(crate) zombies: usize,
    /// Memory in use, in KiB.
    pub(crate) memory_kib: usize,
}

impl Holdings {
    /// Of this process, now.
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").expect("Linux");
        let figure = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("Linux says it");
            line.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number")
        };
        Self {
            descriptors: fs::read_dir("/proc/self/fd").expect("Linux").count(),
            threads: figure("Threads:"),
            zombies: zombies(),
            memory_kib: figure("VmRSS:"),
        }
    }
}

fn zombies() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<String> =
        children.flat_map(|ids| ids.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let state = |id: &String| fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    children.iter().filter(|id| state(id).contains("State:\tZ")).count()
}

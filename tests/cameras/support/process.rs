//! Processes of this machine: signals and children.

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

/// Children of this process that have ended and were not waited for.
pub(crate) fn zombies() -> usize {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<String> =
        children.flat_map(|ids| ids.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let state = |id: &String| fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    children.iter().filter(|id| state(id).contains("State:\tZ")).count()
}

//! Whether the ports that the file names are free. Asked by `gatelpr check` only: while the daemon runs, and when it reads its
//! config again, the ports are its own.

use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use super::problem::Problem;
use super::table::Table;
use crate::login::in_words;

/// The name that the system has for this program.
const OWN_NAME: &str = "gatelpr";

/// Notes why `listen` of `table` could not be listened on now, unless a running gatelpr does so already.
pub(super) fn note_unless_free(table: &Table<'_>, listen: SocketAddr) {
    if !table.looks_at_ports() {
        return;
    }
    let Err(error) = TcpListener::bind(listen) else { return };
    let (port, address) = (listen.port(), listen.ip());
    let place = table.find("listen").map_or(table.place(), toml::Spanned::span);
    let problem = Problem::at(place, format!("cannot listen on {listen}"));
    table.note(match error.kind() {
        ErrorKind::AddrInUse => match holder(listen, Path::new("/proc")) {
            Holder::Ourselves => return,
            Holder::Known(name) => problem
                .label(format!("the program {name} has this port"))
                .help(format!("choose another port, or stop {name}")),
            Holder::Unknown => problem.label("another program has this port").help(format!(
                "choose another port; `ss -ltnp 'sport = :{port}'` run as root shows which program it is"
            )),
        },
        ErrorKind::AddrNotAvailable => problem
            .label(format!("this computer has no address {address}"))
            .help("`ip address` shows those it has; 0.0.0.0 stands for all of them"),
        ErrorKind::PermissionDenied => {
            problem.label("ports below 1024 are for the system").help("choose one from 1024 to 65535")
        }
        _ => problem.label(in_words(&error)).help("choose another address or port"),
    });
}

/// Who has a port.
#[derive(Debug, PartialEq, Eq)]
enum Holder {
    /// A gatelpr that runs.
    Ourselves,
    /// A program of this name.
    Known(String),
    /// Somebody whose files we may not look at.
    Unknown,
}

/// Who listens where `listen` would. Others' open files are for root to see; then the socket's user and the names of that
/// user's programs, which everybody may see, say whether it is a gatelpr.
fn holder(listen: SocketAddr, proc: &Path) -> Holder {
    let tables = ["net/tcp", "net/tcp6"].map(|table| fs::read_to_string(proc.join(table)).unwrap_or_default());
    let sockets: Vec<Socket> = tables.iter().flat_map(|table| table.lines()).filter_map(Socket::listening).collect();
    let sockets: Vec<Socket> = sockets.into_iter().filter(|socket| socket.port == listen.port()).collect();
    let (own, mut of_that_user) = (std::process::id().to_string(), false);
    for process in fs::read_dir(proc).into_iter().flatten().flatten() {
        let Ok(name) = fs::read_to_string(process.path().join("comm")) else { continue };
        let name = name.trim();
        if sockets.iter().any(|socket| has_open(&process.path(), socket.inode)) {
            return if name == OWN_NAME { Holder::Ourselves } else { Holder::Known(name.to_owned()) };
        }
        // This very process may be one that checks.
        if process.file_name().to_str() == Some(own.as_str()) {
            continue;
        }
        let user = user_of(&process.path());
        of_that_user |= name == OWN_NAME && sockets.iter().any(|socket| user == Some(socket.user));
    }
    if of_that_user { Holder::Ourselves } else { Holder::Unknown }
}

/// A socket that listens, as the system's tables have it.
#[derive(Debug, PartialEq, Eq)]
struct Socket {
    port: u16,
    user: u32,
    inode: u64,
}

impl Socket {
    /// `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …`, see proc(5).
    fn listening(line: &str) -> Option<Self> {
        const LISTENS: &str = "0A";
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (_, port) = fields.get(1)?.rsplit_once(':')?;
        let listens = *fields.get(3)? == LISTENS;
        listens.then_some(())?;
        Some(Self {
            port: u16::from_str_radix(port, 16).ok()?,
            user: fields.get(7)?.parse().ok()?,
            inode: fields.get(9)?.parse().ok()?,
        })
    }
}

fn has_open(process: &Path, inode: u64) -> bool {
    let socket = format!("socket:[{inode}]");
    let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|target| target == Path::new(&socket))
}

fn user_of(process: &Path) -> Option<u32> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    // Real, effective, saved, of the file system: a socket has the effective one.
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket on port 8088 (1F98) of user 991, and processes of their name, user and whether they can be seen to have it.
    #[track_caller]
    fn check(processes: &[(&str, u32, bool)], expect: &Holder) {
        let proc = tempfile::tempdir().expect("a folder");
        let line =
            "   0: 0100007F:1F98 00000000:0000 0A 00000000:00000000 00:00000000 00000000   991        0 4711 1 0 100\n";
        fs::create_dir(proc.path().join("net")).expect("a folder");
        fs::write(proc.path().join("net/tcp"), format!("  sl  local_address ...\n{line}")).expect("a file");
        for (number, (name, user, seen)) in processes.iter().enumerate() {
            let process = proc.path().join((number + 100).to_string());
            fs::create_dir_all(process.join("fd")).expect("a folder");
            fs::write(process.join("comm"), format!("{name}\n")).expect("a file");
            fs::write(process.join("status"), format!("Name:\t{name}\nUid:\t0\t{user}\t0\t0\n")).expect("a file");
            if *seen {
                std::os::unix::fs::symlink("socket:[4711]", process.join("fd/7")).expect("a link");
            }
        }
        let listen = "127.0.0.1:8088".parse().expect("an address");
        assert_eq!(holder(listen, proc.path()), *expect, "{processes:?}");
    }

    #[test]
    fn who_has_a_port_is_told_by_its_files_and_else_by_its_user() {
        let nginx = || Holder::Known("nginx".to_owned());
        check(&[("nginx", 33, true), ("gatelpr", 991, false)], &nginx());
        check(&[("gatelpr", 991, true)], &Holder::Ourselves);
        check(&[("sh", 0, false), ("gatelpr", 991, false)], &Holder::Ourselves);
        check(&[("gatelpr", 992, false)], &Holder::Unknown);
        check(&[], &Holder::Unknown);
    }
}

//! The daemon as a program: how soon it is ready, what memory it holds, how soon it ends.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use gatelpr::clock::Clock;

use crate::cpu;
use crate::pictures::Pictures;
use crate::readers::Readers;

/// How long it works before its memory is read.
const WORKS_FOR: Duration = Duration::from_secs(20);
/// Nobody waits longer for a sign of it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A table with a line for each choice of models. No broker listens: events wait, and nobody has to be started for it.
pub(crate) fn table(pictures: &Pictures) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let shown = folder.path().join("pictures");
    std::fs::create_dir(&shown).expect("it can be made");
    for (number, picture) in pictures.busy.iter().enumerate() {
        picture.save(shown.join(format!("{number:04}.jpg"))).expect("there is space");
    }
    let mut table = format!(
        "\n{:<32}{:>14}{:>14}{:>14}{:>12}\n",
        "the daemon, ten pictures a second", "ready after s", "peak RSS MB", "stopped in s", "CPU %"
    );
    for readers in Readers::ALL {
        let [ready, peak_mb, stopped, cpu] = watched(&shown, readers);
        table += &format!("{:<32}{ready:>14.2}{peak_mb:>14.0}{stopped:>14.2}{cpu:>12.0}\n", readers.name());
    }
    table
}

fn watched(pictures: &Path, readers: Readers) -> [f64; 4] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = folder.path().join("gatelpr.toml");
    let text = format!(
        "[site]\nname = \"bench\"\ngate = \"g1\"\n[mqtt]\nhost = \"127.0.0.1\"\nport = 1\n[outbox]\ndirectory = '{}'\n\
         [inference]\nmodels = '{}/models'\nthreads = 1\n{}[[camera]]\nname = \"gate\"\n[camera.source.folder]\npath = '{}'\n\
         frames_per_second = 10\nrepeat = true\n[[lane]]\nname = \"in-1\"\ncamera = \"gate\"\n",
        folder.path().join("outbox").display(),
        env!("CARGO_MANIFEST_DIR"),
        readers.in_config(),
        pictures.display(),
    );
    std::fs::write(&config, text).expect("it can be written");
    let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("it can wait");
    let clock = Clock::start();
    let mut daemon = started(&config, &folder.path().join("notify"));
    wait_for(&socket, "READY=1");
    let ready = clock.elapsed();
    let _nobody_stops_it = gatelpr::stop::Stop::default().wait(WORKS_FOR);
    let (peak, used) = (peak_rss_mb(daemon.id()), cpu::of(daemon.id()));
    let asked = clock.elapsed();
    let sent = Command::new("kill").arg(daemon.id().to_string()).status().expect("kill is there");
    assert!(sent.success());
    let ended = daemon.wait().expect("it can be waited for");
    assert!(ended.success(), "{ended}");
    let stopped = clock.elapsed().saturating_sub(asked);
    let cpu = 100.0 * used.div_duration_f64(asked);
    [ready.as_secs_f64(), peak, stopped.as_secs_f64(), cpu]
}

fn started(config: &Path, socket: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatelpr"));
    command.args(["run", "--config"]).arg(config).env("NOTIFY_SOCKET", socket);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
}

fn wait_for(socket: &UnixDatagram, line: &str) {
    let mut buffer = [0; 4096];
    loop {
        let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("the daemon does not say {line}: {error}"));
        if String::from_utf8_lossy(&buffer[..length]).lines().any(|other| other == line) {
            return;
        }
    }
}

/// The most that the process ever had in memory, as the kernel counts it.
fn peak_rss_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel's form");
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
    kilobytes / 1e3
}

//! What the outbox costs: events through the gate's delivery to a real mosquitto on loopback, beside a bare client that
//! sends the same payloads through the same window from memory, and would lose them when the power fails.
//!
//! Prints one table. `BACKLOG=` is how many events wait when the broker comes back (100,000), `RATE=` how many a second
//! the steady part commits (100). Not here: faults, which is `tests/chaos`.

mod bare;
mod broker;
mod gate;

use std::io::Write as _;
use std::time::Duration;

use gatelpr::stop::Stop;

use broker::Mosquitto;

/// Under way at once, for both: the gate's default.
pub(crate) const WINDOW: usize = 32;

/// The two take turns, so that whatever else runs on the machine slows both alike.
const TURNS: u64 = 5;

/// How long each turn of the steady part takes, in seconds.
const STEADY_S: u64 = 2;

/// Events of each turn of the part that goes as fast as it can.
const FAST: u64 = 2000;

/// What one of the two does.
#[derive(Default)]
struct Figures {
    /// From the beginning of each event's commit (or of its handing over, without an outbox) to its PUBACK, steady rate.
    steady: Vec<Duration>,
    /// Events committed and acknowledged as fast as possible.
    fast: Duration,
    /// From the first connection to the last PUBACK of the backlog.
    drain: Duration,
}

fn main() {
    let number = |name: &str, usual: u64| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")),
        Err(_) => usual,
    };
    let (backlog, rate) = (number("BACKLOG", 100_000), number("RATE", 100));
    let broker = Mosquitto::start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime");
    let gate = gate::Measured::begin(&runtime, broker.port);
    let payload = gate.payload();
    let client = runtime.block_on(bare::Client::connect(broker.port));
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    for _ in 0..TURNS {
        ours.steady.extend(gate.steady(rate, rate * STEADY_S));
        theirs.steady.extend(runtime.block_on(client.steady(&payload, rate, rate * STEADY_S)));
        ours.fast += gate.fast(FAST);
        theirs.fast += runtime.block_on(client.all(&payload, FAST));
    }
    ours.drain = gate::drain(&runtime, broker.port, backlog);
    theirs.drain = runtime.block_on(client.all(&payload, backlog));
    print(&ours, &theirs, payload.len(), backlog, rate);
}

fn print(ours: &Figures, theirs: &Figures, bytes: usize, backlog: u64, rate: u64) {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let mut out = format!(
        "delivery: mosquitto on loopback, MQTT 5, QoS 1, {WINDOW} under way, events of {bytes} bytes, profile {profile}\n\n\
         {:<48}{:>12}{:>12}{:>8}\n",
        "", "gatelpr", "bare client", "ratio"
    );
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let mut row = |what: String, ours: f64, theirs: f64, digits: usize| {
        out += &format!("{what:<48}{ours:>12.digits$}{theirs:>12.digits$}{:>8.2}\n", ours / theirs);
    };
    for (name, share) in [("p50", 50), ("p99", 99)] {
        let what = format!("{rate} events/s: commit to PUBACK, {name}, ms");
        row(what, ms(percentile(&ours.steady, share)), ms(percentile(&theirs.steady, share)), 2);
    }
    let per_second = |events: u64, took: Duration| events as f64 / took.as_secs_f64();
    row(
        "as fast as it can, events/s".into(),
        per_second(TURNS * FAST, ours.fast),
        per_second(TURNS * FAST, theirs.fast),
        0,
    );
    row(
        format!("backlog of {backlog}, events/s"),
        per_second(backlog, ours.drain),
        per_second(backlog, theirs.drain),
        0,
    );
    row(format!("backlog of {backlog}, s"), ours.drain.as_secs_f64(), theirs.drain.as_secs_f64(), 1);
    std::io::stdout().write_all(out.as_bytes()).expect("somebody reads the figures");
}

/// The time that so many of a hundred were no longer than.
fn percentile(times: &[Duration], share: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted[(sorted.len() * share).div_ceil(100).saturating_sub(1)]
}

/// Waits on this thread.
pub(crate) fn pause(pause: Duration) {
    let _never_stopped = Stop::default().wait(pause);
}

//! `gatelpr verify`: whether events are complete, unaltered and in order, from files or as they arrive at a broker.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::UsageError;
use super::broker::BrokerArgs;
use super::config_file::DEFAULT_PATH;
use crate::config::Config;
use crate::proof::chain::{Fault, Remarks};
use crate::proof::{ChainCheck, Keyring, PublicKey, TrustedKey, Verdict};
use crate::publish::subscriber::Subscriber;

/// Check that events are complete, unaltered and in order
///
/// Reads files of events, one JSON text per line, such as `gatelpr watch --json` or the gate's archive hold, or listens to a
/// broker. Exit code 0: every number from the first event to the last is there, signed by the gate and linked to the one
/// before it. Exit code 1: something is missing or altered, and the first such event is named. Repeats and a wrong order
/// are told; with --strict they are faults too.
#[derive(Debug, Clone, clap::Args)]
pub struct VerifyArgs {
    /// Files of events; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "from_broker", conflicts_with = "from_broker")]
    pub files: Vec<PathBuf>,
    /// Check events as they arrive at a broker, until Ctrl-C
    #[arg(long)]
    pub from_broker: bool,
    /// Stop listening after so many seconds
    #[arg(long, value_name = "SECONDS", requires = "from_broker")]
    pub seconds: Option<u64>,
    #[command(flatten)]
    #[allow(missing_docs, reason = "a comment would replace the text of --help")]
    pub broker: BrokerArgs,
    /// The gate's public key in PEM form, from `gatelpr key show`; may be given several times
    #[arg(long, value_name = "PEM")]
    pub key: Vec<PathBuf>,
    /// The gate's keys, from `gatelpr key show --keyring`, of which the first is trusted
    #[arg(long, value_name = "JSON")]
    pub keyring: Option<PathBuf>,
    /// Trust the keys of the gate with this config, on the gate itself, and listen to its broker unless another one is named
    /// [default: /etc/gatelpr/gatelpr.toml]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["key", "keyring"])]
    pub config: Option<PathBuf>,
    /// The number that the first event must have
    #[arg(long, value_name = "SEQ")]
    pub from_seq: Option<u64>,
    /// The number that the last event must have
    #[arg(long, value_name = "SEQ")]
    pub to_seq: Option<u64>,
    /// Repeated events and a wrong order are faults too
    #[arg(long)]
    pub strict: bool,
}

/// Runs `gatelpr verify`.
///
/// # Errors
/// Keys or files that cannot be read, a broker that refuses, or a closed output.
pub fn run(args: &VerifyArgs, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let mut check = ChainCheck::new(trusted_keys(args)?);
    if args.from_broker {
        listen(args, &mut check, out)?;
    } else {
        for path in &args.files {
            read(path, &mut check)?;
        }
    }
    let verdict = check.verdict();
    let ends = wrong_ends(args, &verdict);
    print(&verdict, &ends, out)?;
    let right = if args.strict { verdict.is_strictly_right() } else { verdict.is_right() };
    let anything = verdict.events > 0;
    if !anything {
        writeln!(out, "there are no events to check")?;
    }
    Ok(if right && ends.is_empty() && anything { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn trusted_keys(args: &VerifyArgs) -> anyhow::Result<Vec<TrustedKey>> {
    let mut trusted = Vec::new();
    for path in &args.key {
        let key = PublicKey::from_pem(&text(path)?).with_context(|| path.display().to_string())?;
        trusted.push(TrustedKey { key, before_seq: None });
    }
    if let Some(path) = &args.keyring {
        let ring = Keyring::read(&text(path)?).and_then(|ring| ring.trusted());
        trusted.extend(ring.with_context(|| path.display().to_string())?);
    }
    if args.key.is_empty() && args.keyring.is_none() {
        let path = args.config.as_deref().unwrap_or(Path::new(DEFAULT_PATH));
        if args.config.is_none() && !path.exists() {
            let problem = "which key must the events be signed with? Name it by --key or --keyring, or the gate's config by --config";
            return Err(UsageError(problem.to_owned()).into());
        }
        let keys = Config::load(path)?.outbox.keys();
        trusted.extend(keys.keyring()?.keys().map(|key| TrustedKey { key, before_seq: None }));
        ensure!(!trusted.is_empty(), "this gate has no keys yet: the first start of the daemon makes them");
    }
    Ok(trusted)
}

fn text(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The longest line that is read; an event has some 2 KB.
const LONGEST_LINE: u64 = 1024 * 1024;

fn read(path: &Path, check: &mut ChainCheck) -> anyhow::Result<()> {
    let failed = || format!("cannot read {}", path.display());
    let lines: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(path).with_context(failed)?))
    };
    let (mut lines, mut line, mut place) = (lines, Vec::new(), 0);
    loop {
        line.clear();
        if io::Read::take(&mut lines, LONGEST_LINE).read_until(b'\n', &mut line).with_context(failed)? == 0 {
            return Ok(());
        }
        place += 1;
        let event = line.trim_ascii();
        if !event.is_empty() {
            check.take(place, event);
        }
    }
}

fn listen(args: &VerifyArgs, check: &mut ChainCheck, out: &mut dyn Write) -> anyhow::Result<()> {
    let settings = args.broker.settings(args.config.as_deref())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut subscriber = Subscriber::connect(&settings, &args.broker.topic).await?;
        let ends = async {
            match args.seconds {
                Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(ends);
        let mut place = 0;
        loop {
            let message = tokio::select! {
                () = &mut ends => return Ok(()),
                interrupted = tokio::signal::ctrl_c() => return Ok(interrupted?),
                message = subscriber.next() => message?,
            };
            if message.topic.ends_with("/passage") {
                place += 1;
                if let Some(fault) = check.take(place, &message.payload) {
                    writeln!(out, "{fault}")?;
                }
            }
        }
    })
}

/// Where the events do not begin or end as the caller says they must.
fn wrong_ends(args: &VerifyArgs, verdict: &Verdict) -> Vec<String> {
    let mut wrong = Vec::new();
    for (gate, (first, last)) in &verdict.gates {
        if let Some(from) = args.from_seq.filter(|from| from < first) {
            wrong.push(Fault::Missing { gate: gate.clone(), from_seq: from, to_seq: first - 1 }.to_string());
        }
        if let Some(to) = args.to_seq.filter(|to| to > last) {
            wrong.push(Fault::Missing { gate: gate.clone(), from_seq: last + 1, to_seq: to }.to_string());
        }
    }
    wrong
}

/// How many faults are named; the rest is counted.
const NAMED: usize = 20;

fn print(verdict: &Verdict, ends: &[String], out: &mut dyn Write) -> io::Result<()> {
    let faults: Vec<String> = verdict.faults.iter().map(ToString::to_string).chain(ends.iter().cloned()).collect();
    for fault in faults.iter().take(NAMED) {
        writeln!(out, "{fault}")?;
    }
    if faults.len() > NAMED {
        writeln!(out, "and {} faults more", faults.len() - NAMED)?;
    }
    for (gate, (first, last)) in &verdict.gates {
        writeln!(out, "{gate}: events {first} to {last}")?;
    }
    let Remarks { repeated, first_repeated, out_of_order, first_out_of_order } = &verdict.remarks;
    let first = |first: &Option<(u64, u64)>| {
        first.map(|(place, seq)| format!(", first event {seq} in line {place}")).unwrap_or_default()
    };
    writeln!(out, "{} events looked at", verdict.events)?;
    writeln!(out, "repeated: {repeated}{}", first(first_repeated))?;
    writeln!(out, "out of order: {out_of_order}{}", first(first_out_of_order))?;
    let summary = if faults.is_empty() { "complete and unaltered" } else { "NOT complete and unaltered" };
    writeln!(out, "{summary}")
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;

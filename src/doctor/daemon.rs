//! The running daemon: is there one, and what does it say of itself? Found by its lock on the outbox, asked over `[http]`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::duration::in_words;
use super::finding::Opinion;
use super::patient::Patient;
use super::waiting;
use crate::config::{Config, HttpConfig};
use crate::http_client;
use crate::login::{PasswordPlace, Secret};
use crate::publish::health::GateHealth;
use crate::publish::outbox;

/// It answers in milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);
/// A report is some kilobytes.
const LARGEST_REPORT: usize = 4 << 20;

/// What is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DaemonFacts {
    pub(super) presence: Presence,
    /// The newest health report.
    pub(super) health: Option<Box<GateHealth>>,
    /// Why there is none.
    silence: Silence,
}

/// Whether it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Presence {
    /// It does, as this process.
    Runs(u32),
    /// None does.
    Absent,
    /// That cannot be told.
    Unknown,
}

/// Why there is no health report.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Silence {
    /// Nothing listens: the config has no `[http]`.
    NoPort,
    /// It has just been started.
    Starting,
    /// In words.
    Fault(String),
}

impl DaemonFacts {
    /// Before the first look.
    pub(super) const NOTHING: Self = Self { presence: Presence::Unknown, health: None, silence: Silence::NoPort };

    /// Whether cameras and models must be left to it.
    pub(super) fn may_run(&self) -> bool {
        self.presence != Presence::Absent || self.health.is_some()
    }
}

pub(super) fn look(patient: &Patient, config: &Config) -> Vec<Opinion> {
    let facts = gather(config);
    let opinion = judge(&facts);
    patient.note_daemon(facts);
    vec![opinion]
}

fn gather(config: &Config) -> DaemonFacts {
    let presence = match outbox::holder(&config.outbox.database()) {
        Ok(Some(process)) => Presence::Runs(process),
        Ok(None) => Presence::Absent,
        Err(_) => Presence::Unknown,
    };
    let asked = config.http.as_ref().map(|http| waiting::on(ask(http)));
    let (health, silence) = match asked {
        None => (None, Silence::NoPort),
        Some(Some(Ok(health))) => (Some(Box::new(health)), Silence::NoPort),
        Some(Some(Err(silence))) => (None, silence),
        Some(None) => (None, Silence::Fault("the system gives no means to ask".to_owned())),
    };
    DaemonFacts { presence, health, silence }
}

async fn ask(http: &HttpConfig) -> Result<GateHealth, Silence> {
    let fault = |why: String| Silence::Fault(why);
    let token = http.token.as_ref().map(PasswordPlace::read).transpose();
    let token = token.map_err(|why| fault(format!("its token cannot be read: {why}")))?;
    let client = http_client::plain().timeout(PATIENCE).build();
    let client = client.map_err(|error| fault(http_client::innermost(&error)))?;
    let request = client.get(format!("http://{}/health", reachable(http.listen)));
    let request = token.iter().map(Secret::expose).fold(request, reqwest::RequestBuilder::bearer_auth);
    let mut answer = request.send().await.map_err(|error| fault(http_client::innermost(&error)))?;
    match answer.status().as_u16() {
        200 => {}
        503 => return Err(Silence::Starting),
        status => return Err(fault(format!("it answers with status {status}"))),
    }
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| fault(http_client::innermost(&error)))? {
        body.extend_from_slice(&piece);
        if body.len() > LARGEST_REPORT {
            return Err(fault("its answer is too long for a health report".to_owned()));
        }
    }
    serde_json::from_slice(&body).map_err(|error| fault(format!("its answer is no health report: {error}")))
}

/// Where a port that listens on every address is reached from here.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn judge(facts: &DaemonFacts) -> Opinion {
    let process = match facts.presence {
        Presence::Runs(process) => format!(" (process {process})"),
        Presence::Absent | Presence::Unknown => String::new(),
    };
    if let Some(health) = &facts.health {
        let uptime = in_words(Duration::try_from_secs_f64(health.uptime_s).unwrap_or_default());
        let ms = health.recognition.inference_ms_p50;
        let looks = ms.map_or(String::new(), |ms| format!("; each look at a picture takes {ms:.0} ms"));
        return Opinion::good(format!("the daemon runs{process} since {uptime}{looks}"));
    }
    match (&facts.presence, &facts.silence) {
        (Presence::Runs(_), Silence::NoPort) => Opinion::note(
            format!("the daemon runs{process}, and the config has no [http] over which it could be asked how it fares"),
            "add [http] with listen = \"127.0.0.1:8088\" to the config",
        ),
        (Presence::Runs(_), Silence::Starting) => {
            Opinion::note(format!("the daemon{process} is starting"), "ask again in a minute")
        }
        (Presence::Runs(_), Silence::Fault(why)) => Opinion::bad(
            format!("the daemon runs{process} and does not answer over [http]: {why}"),
            "look what it says: journalctl -u gatelpr -n 50; if it hangs: systemctl restart gatelpr",
        ),
        (Presence::Absent, _) => Opinion::note(
            "no daemon runs with this config",
            "start it: systemctl start gatelpr; if it ends again, it says why: journalctl -u gatelpr -n 50",
        ),
        (Presence::Unknown, _) => Opinion::unknown(
            "this user may not see whether a daemon runs, so cameras and models are left to it",
            "ask again as root: sudo gatelpr doctor",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[track_caller]
    fn check(presence: Presence, silence: Silence, verdict: Verdict, what: &str) {
        let opinion = judge(&DaemonFacts { presence, health: None, silence });
        assert!(opinion.verdict == verdict && opinion.what.contains(what), "{opinion:?}");
    }

    #[test]
    fn a_daemon_that_runs_hangs_or_is_not_there_is_told_apart() {
        check(Presence::Runs(7), Silence::NoPort, Verdict::Note, "runs (process 7)");
        check(Presence::Runs(7), Silence::Starting, Verdict::Note, "is starting");
        check(Presence::Runs(7), Silence::Fault("timed out".into()), Verdict::Bad, "does not answer");
        check(Presence::Absent, Silence::Fault("refused".into()), Verdict::Note, "no daemon runs");
        check(Presence::Unknown, Silence::NoPort, Verdict::Unknown, "may not see");
    }

    #[test]
    fn a_port_on_every_address_is_asked_on_this_computer() {
        let reached = |listen: &str| reachable(listen.parse().expect("an address")).to_string();
        assert_eq!(reached("0.0.0.0:8088"), "127.0.0.1:8088");
        assert_eq!(reached("[::]:8088"), "[::1]:8088");
        assert_eq!(reached("192.168.1.4:8088"), "192.168.1.4:8088");
    }
}

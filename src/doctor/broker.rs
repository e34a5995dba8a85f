//! The broker: is it reached, does it take the login, does it let us publish, how fast is it; and what the gate said of itself
//! last, with the alarms that stand. Spoken to under a client name of its own, so that the daemon stays connected.

use std::time::Duration;

use super::duration::in_words;
use super::finding::Opinion;
use super::patient::Patient;
use super::waiting;
use crate::config::Config;
use crate::publish::reach::{Trial, try_out};
use crate::publish::status::{GateState, GateStatus};
use crate::publish::{MqttError, WebhookPublisher, WebhookSettings};

/// Over such a way a window of events is still delivered as fast as a gate makes them, but answers to commands are slow.
const SLOW: Duration = Duration::from_secs(1);

pub(super) fn look(patient: &Patient, config: &Config) -> Vec<Opinion> {
    let settings = match config.mqtt.settings() {
        Ok(settings) => settings,
        Err(error) => return vec![Opinion::of_error(&error.to_string(), "put the password where the config says")],
    };
    let login = if settings.credentials.is_some() { "with the login" } else { "without a login" };
    match waiting::on(try_out(&settings, patient.clock)) {
        Some(Ok(trial)) => judge(&trial, login),
        Some(Err(error)) => vec![Opinion::of_error(&error.to_string(), "check that the broker runs")],
        None => vec![Opinion::unknown("the system gives no means to connect", "end other programs, and ask again")],
    }
}

fn judge(trial: &Trial, login: &str) -> Vec<Opinion> {
    let what = format!("the broker lets us in {login}, within {}", in_words(trial.connected_in));
    let round_trip = match (trial.round_trip, &trial.refused) {
        (Some(time), _) if time >= SLOW => Opinion::note(
            format!("{what}; a message takes {} there and back, which is long", in_words(time)),
            "look at the way to the broker: a link by satellite is so, a network on this site is not",
        ),
        (Some(time), _) => Opinion::good(format!("{what}; a message takes {} there and back", in_words(time))),
        (None, Some(refused)) => refusal(&what, refused),
        (None, None) => Opinion::note(
            format!("{what}; a message to the topic doctor below the root did not come back"),
            "look whether the broker's access rules let this user publish and listen below the root",
        ),
    };
    std::iter::once(round_trip).chain(trial.status.iter().flat_map(alarms)).collect()
}

/// Rules may allow just what a gate needs, so this is no proof that events are refused.
fn refusal(what: &str, refused: &MqttError) -> Opinion {
    Opinion::note(
        format!("{what}; but: {refused}"),
        "let this user publish and listen below the root of the topics; if `delivered` in the health report rises, events are allowed",
    )
}

/// The alarms that stand, of a gate that is at work.
fn alarms(status: &GateStatus) -> Vec<Opinion> {
    if status.state != GateState::Online {
        return Vec::new();
    }
    let alarm = |text: &String| Opinion::of_error(text, "see the alarm's kind in docs/operations.md");
    status.alarms.iter().map(|standing| alarm(&standing.text).about(format!("alarm {}", standing.kind))).collect()
}

/// The webhook.
pub(super) fn look_at_webhook(patient: &Patient, settings: &WebhookSettings) -> Vec<Opinion> {
    let publisher = WebhookPublisher::new(settings.clone(), patient.clock);
    let begun = patient.clock.elapsed();
    let reached = waiting::on(async { publisher.reach().await });
    let took = patient.clock.elapsed().saturating_sub(begun);
    vec![match reached {
        Some(Ok(())) => Opinion::good(format!(
            "the webhook answers within {}; whether it takes events shows with the first one",
            in_words(took)
        )),
        Some(Err(error)) => Opinion::of_error(&error.to_string(), "check that the platform is up, and the address"),
        None => Opinion::unknown("the system gives no means to connect", "end other programs, and ask again"),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    fn trial(round_trip: Option<Duration>, refused: Option<MqttError>) -> Trial {
        Trial { connected_in: Duration::from_millis(12), round_trip, refused, status: None }
    }

    #[track_caller]
    fn check(trial: &Trial, verdict: Verdict, what: &str) {
        let opinions = judge(trial, "with the login");
        assert!(opinions[0].verdict == verdict && opinions[0].what.contains(what), "{opinions:?}");
    }

    #[test]
    fn how_far_a_message_comes_is_told() {
        check(
            &trial(Some(Duration::from_millis(3)), None),
            Verdict::Good,
            "with the login, within 12 ms; a message takes 3 ms",
        );
        check(&trial(Some(Duration::from_secs(2)), None), Verdict::Note, "takes 2.0 s there and back, which is long");
        check(&trial(None, None), Verdict::Note, "did not come back");
        let refused = MqttError::Rejected { broker: "b:1".into(), what: "a/doctor".into(), reason: "no".into() };
        check(&trial(None, Some(refused)), Verdict::Note, "refuses a/doctor");
    }

    #[test]
    fn alarms_of_a_gate_that_is_at_work_are_findings() {
        let json = serde_json::json!({
            "state": "online", "boot_id": "00000000-0000-0000-0000-000000000000", "version": "0.1.0",
            "started_at": "2026-11-24T12:00:00.000Z", "config_sha256": "", "models": [], "lanes": [],
            "alarms": [{"kind": "disk_full", "since": "2026-11-24T12:00:00.000Z", "text": "space runs short; make room"}],
        });
        let mut status: GateStatus = serde_json::from_value(json).expect("a status");
        assert_eq!(alarms(&status), [Opinion::bad("alarm disk_full: space runs short", "make room")]);
        status.state = GateState::Offline;
        assert_eq!(alarms(&status), []);
    }
}

//! The whole daemon with every destination that the config can name.

use crate::broker::check_schema;
use crate::daemon::{Daemon, config};
use crate::sample_clip;
use crate::support::{IndependentSubscriber, Mosquitto, free_port};
use crate::webhook_server::Server;
use serde_json::Value;

const SECRET: &str = "whsec_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";

fn tables(clip: &std::path::Path, webhook_port: u16) -> String {
    format!(
        "[webhook]\nurl = \"http://127.0.0.1:{webhook_port}/events\"\nsecret_file = \"secret\"\n\
         [mirrors.onvif_events]\n[mirrors.home_assistant]\n[mirrors.analytics]\nkey_file = \"secret\"\n\
         [[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\npacing = \"fast\"\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nzone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n",
        clip.display()
    )
}

fn plates(payloads: &[String]) -> Vec<String> {
    let plate = |payload: &String| {
        let event: Value = serde_json::from_str(payload).expect("an event");
        event["plate"]["text"].as_str().unwrap_or("unread").to_owned()
    };
    payloads.iter().map(plate).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_reaches_the_broker_the_webhook_and_every_mirror_and_the_run_ends_by_itself() {
    let broker = Mosquitto::start();
    let server = Server::start(&[]).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("secret"), SECRET).expect("there is space");
    let clip = sample_clip(folder.path());
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let file = config(folder.path(), broker.port, &tables(&clip, server.port()));
    tokio::task::spawn_blocking(move || Daemon::start(&file).wait_for_success()).await.expect("it runs");
    let expect = ["12C12345", "14A67892", "桂F12345"];
    let all = |payloads: &[String]| payloads.len() >= expect.len();
    let passages = subscriber.wait_for("gatelpr/v1/test/g1/lane/lane-1/passage", all);
    assert_eq!(plates(&passages), expect);
    let posted: Vec<String> = server.received().into_iter().map(|request| request.body).collect();
    assert_eq!(posted, passages, "the webhook gets the same bytes");
    let analytics = subscriber.wait_for("gatelpr-analytics/v1/test/g1/lane/lane-1/passage", all);
    analytics.iter().for_each(|payload| check_schema(payload, "docs/schemas/analytics.schema.json"));
    subscriber.wait_for("onvif-ej/RuleEngine/Recognition/LicensePlate/&c/lane-1", all);
    subscriber.wait_for("home_assistant/lane/lane-1/vehicle", all);
}

#[test]
fn a_run_ends_when_the_broker_has_everything_although_the_webhook_is_away_and_health_tells_what_it_is_owed() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("secret"), SECRET).expect("there is space");
    let clip = sample_clip(folder.path());
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let file = config(folder.path(), broker.port, &tables(&clip, free_port()));
    let mut daemon = Daemon::start(&file);
    assert!(daemon.wait_for_log("events wait in the outbox for the next start"), "{}", daemon.log);
    daemon.wait_for_success();
    let health = subscriber.wait_for("/health", |payloads| !payloads.is_empty());
    health.iter().for_each(|payload| check_schema(payload, "docs/schemas/health.schema.json"));
    let health: Value = serde_json::from_str(&health[0]).expect("health is JSON");
    let names: Vec<_> = health["destinations"].as_array().expect("a list").iter().map(|d| d["name"].clone()).collect();
    assert_eq!(names, ["webhook", "mirrors"]);
}

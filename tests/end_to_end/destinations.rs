//! The whole daemon with every destination that the config can name.

use std::path::{Path, PathBuf};

use crate::broker::check_schema;
use crate::daemon::{Daemon, config};
use crate::sample_clip;
use crate::support::{IndependentSubscriber, Mosquitto, free_port};
use crate::webhook_server::Server;
use serde_json::Value;

const SECRET: &str = "whsec_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";

fn tables(pictures: &Path, webhook_port: u16) -> String {
    format!(
        "[webhook]\nurl = \"http://127.0.0.1:{webhook_port}/events\"\nsecret_file = \"secret\"\n\
         [mirrors.onvif_events]\n[mirrors.home_assistant]\n[mirrors.analytics]\nkey_file = \"secret\"\n\
         [[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\npacing = \"fast\"\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nzone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n",
        pictures.display()
    )
}

/// A folder with the clip's first picture alone, in which no vehicle is.
fn first_picture(clip: &Path, folder: &Path) -> PathBuf {
    let pictures = std::fs::read_dir(clip).expect("the clip is a folder").flatten().map(|entry| entry.path());
    let first = pictures.min().expect("there are pictures");
    let alone = folder.join("first");
    std::fs::create_dir(&alone).expect("there is space");
    std::fs::copy(&first, alone.join(first.file_name().expect("a name"))).expect("there is space");
    alone
}

fn events(payloads: &[String]) -> Vec<Value> {
    payloads.iter().map(|payload| serde_json::from_str(payload).expect("a payload is JSON")).collect()
}

fn without_lateness(mut event: Value) -> Value {
    let fields = event.as_object_mut().expect("an object");
    // A late event is marked and signed again; everything else stays.
    for delivered_differently in ["historical", "signature"] {
        fields.remove(delivered_differently);
    }
    event
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_with_the_broker_and_the_next_one_sends_what_the_webhook_is_owed() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("secret"), SECRET).expect("there is space");
    let clip = sample_clip(folder.path());
    let webhook_port = free_port();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let mut daemon = Daemon::start(&config(folder.path(), broker.port, &tables(&clip, webhook_port)));
    assert!(daemon.wait_for_log("events wait in the outbox for the next start"), "{}", daemon.log);
    daemon.wait_for_success();

    let all = |payloads: &[String]| payloads.len() >= 3;
    let passages = events(&subscriber.wait_for("gatelpr/v1/test/g1/lane/lane-1/passage", all));
    let plates: Vec<_> = passages.iter().map(|event| event["plate"]["text"].clone()).collect();
    assert_eq!(plates, ["12C12345", "14A67892", "桂F12345"]);
    let analytics = subscriber.wait_for("gatelpr-analytics/v1/test/g1/lane/lane-1/passage", all);
    analytics.iter().for_each(|payload| check_schema(payload, "docs/schemas/analytics.schema.json"));
    subscriber.wait_for("onvif-ej/RuleEngine/Recognition/LicensePlate/&c/lane-1", all);
    subscriber.wait_for("home_assistant/lane/lane-1/vehicle", all);
    let health = subscriber.wait_for("/health", |payloads| !payloads.is_empty());
    health.iter().for_each(|payload| check_schema(payload, "docs/schemas/health.schema.json"));
    let destinations = events(&health)[0]["destinations"].as_array().expect("a list").clone();
    let names: Vec<_> = destinations.iter().map(|destination| destination["name"].clone()).collect();
    assert_eq!(names, ["webhook", "mirrors"]);

    let server = Server::start_on(webhook_port, &[]).await;
    let pictures = first_picture(&clip, folder.path());
    Daemon::start(&config(folder.path(), broker.port, &tables(&pictures, webhook_port))).wait_for_success();
    let posted: Vec<String> = server.received().into_iter().map(|request| request.body).collect();
    let posted: Vec<Value> = events(&posted).into_iter().map(without_lateness).collect();
    assert_eq!(posted, passages.into_iter().map(without_lateness).collect::<Vec<_>>());
}

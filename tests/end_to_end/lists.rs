//! Vehicles on the operator's lists: in their events, as messages of their own, and at a webhook.

use serde_json::Value;

use crate::broker::check_schema;
use crate::daemon::{Daemon, config};
use crate::sample_clip;
use crate::support::{IndependentSubscriber, Mosquitto};
use crate::webhook_server::Server;

const SECRET: &str = "whsec_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";

fn json(payloads: &[String]) -> Vec<Value> {
    payloads.iter().map(|payload| serde_json::from_str(payload).expect("a payload is JSON")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vehicle_on_a_list_is_told_once_to_the_broker_and_the_webhook_and_its_event_says_so() {
    let (broker, webhook) = (Mosquitto::start(), Server::start(&[]).await);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clip = sample_clip(folder.path());
    for (name, text) in [
        ("wanted.csv", "text,note\n12C-123.45,stolen\n12C12346\n???\n"),
        ("staff.csv", "桂F·12345\n"),
        ("webhook-secret", SECRET),
    ] {
        std::fs::write(folder.path().join(name), text).expect("the folder is writable");
    }
    let tables = format!(
        "[[list]]\nname = \"wanted\"\nkind = \"watch\"\nfile = \"wanted.csv\"\npublish = true\n\
         [list.webhook]\nurl = \"{url}\"\nsecret_file = \"webhook-secret\"\n\
         [[list]]\nname = \"staff\"\nkind = \"allow\"\nfile = \"staff.csv\"\n\
         [[list]]\nname = \"guests\"\nkind = \"allow\"\nfile = \"missing.csv\"\n\
         [[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{clip}'\npacing = \"fast\"\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nprovisional = true\n\
         zone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n",
        url = webhook.url("/lists/wanted"),
        clip = clip.display()
    );
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let mut daemon = Daemon::start(&config(folder.path(), broker.port, &tables));
    assert!(daemon.wait_for_log("list cannot be read and is empty"), "{}", daemon.log);
    daemon.wait_for_success();
    let is_last = |event: &Value| event["plate"]["text"] == "桂F12345" && event["status"] == "final";
    let events = subscriber.wait_for("lane/lane-1/passage", |payloads| json(payloads).iter().any(is_last));
    events.iter().for_each(|event| check_schema(event, "docs/schemas/passage.schema.json"));
    let lists = |text: &str| {
        let events = json(&events);
        let event = events.iter().find(|event| event["plate"]["text"] == text && event["status"] == "final");
        event.unwrap_or_else(|| panic!("{text} has passed"))["lists"].clone()
    };
    assert_eq!(lists("12C12345"), serde_json::json!([{ "list": "wanted", "kind": "watch", "note": "stolen" }]));
    assert_eq!(lists("14A67892"), Value::Null);
    assert_eq!(lists("桂F12345"), serde_json::json!([{ "list": "staff", "kind": "allow", "note": null }]));

    let hits = subscriber.payloads("lane/lane-1/list_hit");
    assert_eq!(hits.len(), 1, "one for all revisions, and none for a list that does not publish: {hits:?}");
    check_schema(&hits[0], "docs/schemas/list_hit.schema.json");
    assert!(hits[0].contains(r#""key":"VN-12C12345""#) && hits[0].contains("stolen"), "{}", hits[0]);
    let received = webhook.received();
    assert_eq!(received.iter().map(|request| request.body.as_str()).collect::<Vec<_>>(), [hits[0].as_str()]);
    let id = received[0].headers["webhook-id"].to_str().expect("a header is text");
    assert!(id.ends_with("-wanted") && received[0].headers.contains_key("webhook-signature"), "{id}");
    let status = subscriber.payloads("/status").join("\n");
    assert!(
        status.contains("plate_list") && status.contains("guests"),
        "the list that is missing is an alarm: {status}"
    );
}

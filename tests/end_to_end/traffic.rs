//! The traffic in a lane, as a subscriber sees it. Every payload is held to the contract as it arrives.

use serde_json::Value;

use crate::daemon::{Daemon, config};
use crate::sample_clip;
use crate::support::{IndependentSubscriber, Mosquitto};

#[test]
fn the_traffic_of_a_lane_is_there_for_whoever_comes_later() {
    let broker = Mosquitto::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let clip = sample_clip(folder.path());
    let tables = format!(
        "[[camera]]\nname = \"c\"\n[camera.source.folder]\npath = '{}'\nrepeat = true\n\
         [[lane]]\nname = \"lane-1\"\ncamera = \"c\"\nzone = [[0.15, 0.4], [0.75, 0.4], [0.75, 1.0], [0.15, 1.0]]\n\
         location = {{ lat = 21.98, lon = 106.70 }}\n\
         [[lane]]\nname = \"lane-2\"\ncamera = \"c\"\nzone = [[0.8, 0.4], [1.0, 0.4], [1.0, 1.0]]\ntraffic = false\n",
        clip.display()
    );
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let mut daemon = Daemon::start(&config(folder.path(), broker.port, &tables));
    let sees = |payloads: &[String]| payloads.iter().any(|json| !json.contains("\"blind\""));
    subscriber.wait_for("lane/lane-1/traffic", sees);
    daemon.stop();
    let mut late = IndependentSubscriber::start(broker.port);
    let kept = late.wait_for("lane/lane-1/traffic", |payloads| !payloads.is_empty());
    let report: Value = serde_json::from_str(&kept[0]).expect("a payload is JSON");
    assert_eq!((report["lane"].as_str(), report["location"]["lon"].as_f64()), (Some("lane-1"), Some(106.70)));
    assert!(report["quality"] == "blind" || report["vehicles_in_view"].is_u64(), "{report}");
    assert!(!late.everything().contains("lane/lane-2/traffic"), "that lane does not want it");
}

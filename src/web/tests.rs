use std::time::Duration;

use super::*;
use crate::alarm::Alarms;
use crate::clock::Clock;
use crate::plate::LaneName;
use crate::publish::DeliveryStatus;
use crate::publish::event::Location;
use crate::publish::health::GateHealth;
use crate::publish::traffic::{TrafficReport, TrafficSender, way};
use crate::publish::utc_time::UtcTime;
use crate::traffic::{LaneTraffic, Quality};
use crate::triggers::{TriggerInbox, desk};

type Reports = tokio::sync::watch::Sender<Option<Arc<str>>>;

struct Running {
    address: SocketAddr,
    inbox: TriggerInbox,
    traffic: TrafficSender,
    reports: Reports,
    stop: Stop,
}

/// Monitoring of a gate that is connected, and where its reports are put.
pub(crate) fn monitoring() -> (Monitoring, Reports, TrafficSender) {
    let (reports, health) = crate::health::reports();
    let (sender, traffic) = way();
    let broker = Arc::new(|| DeliveryStatus { connected: true, ..DeliveryStatus::default() });
    let monitoring = Monitoring { health, traffic, alarms: Alarms::default(), broker, clock: Clock::start() };
    (monitoring, reports, sender)
}

/// The report of a gate with one camera, which is in order.
pub(crate) fn health() -> GateHealth {
    let text = include_str!("../../tests/fixtures/health.json");
    serde_json::from_str(text).expect("it is a health report")
}

async fn running(token: Option<&str>) -> Running {
    let lanes = [(LaneName::try_from("in-2").expect("a name"), Duration::from_secs(5))];
    let (triggers, inbox) = desk(lanes, Clock::start());
    let (monitoring, reports, traffic) = monitoring();
    let stop = Stop::default();
    let web = Web { triggers, monitoring, token: token.map(|token| Secret::new(token.to_owned())) };
    // A port that is free now; a test that lost it to another would fail loudly.
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = probe.local_addr().expect("it has an address");
    drop(probe);
    web.start(address, stop.clone()).await.expect("it starts");
    Running { address, inbox, traffic, reports, stop }
}

async fn answer(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a text"))
}

fn client() -> reqwest::Client {
    crate::http_client::plain().build().expect("a client")
}

#[tokio::test]
async fn a_trigger_is_taken_or_refused_with_the_reason() {
    let mut running = running(None).await;
    let post = |path: &str| answer(client().post(format!("http://{}/lanes/{path}", running.address)));
    let (status, text) = post("in-2/trigger?seconds=3&id=loop-7").await;
    assert_eq!((status, text.as_str()), (202, r#"{"trigger_id":"loop-7","lane":"in-2","answered_within_s":3.0}"#));
    assert_eq!(running.inbox.take().map(|trigger| trigger.id.to_string()).collect::<Vec<_>>(), ["loop-7"]);
    let (status, text) = post("in-9/trigger").await;
    assert!(status == 404 && text.contains("the lanes are in-2"), "{status} {text}");
    assert_eq!(post("in-2/trigger?seconds=0").await.0, 400);
    assert_eq!(post("in-2/trigger?secnds=3").await.0, 400);
    assert_eq!(running.inbox.take().count(), 0);
    running.stop.request();
}

#[tokio::test]
async fn the_newest_report_is_there_once_there_is_one() {
    let running = running(None).await;
    let get = || answer(client().get(format!("http://{}/health", running.address)));
    assert_eq!(get().await.0, 503);
    running.reports.send_replace(Some("{\"schema\":1}".into()));
    assert_eq!(get().await, (200, "{\"schema\":1}".to_owned()));
    running.stop.request();
}

#[tokio::test]
async fn the_traffic_is_a_map_with_a_feature_for_each_lane() {
    let running = running(None).await;
    let get = || client().get(format!("http://{}/traffic.geojson", running.address)).send();
    let map = || async {
        serde_json::from_slice::<serde_json::Value>(&get().await?.bytes().await?).map_err(anyhow::Error::from)
    };
    let empty = serde_json::json!({ "type": "FeatureCollection", "features": [] });
    assert_eq!(map().await.expect("it is JSON"), empty);
    for (lane, location) in [("in-2", Some(Location { lat: 21.98, lon: 106.70 })), ("in-1", None)] {
        let blind = LaneTraffic { quality: Quality::Blind, counts: None };
        let at = UtcTime::new(jiff::Timestamp::UNIX_EPOCH);
        running.traffic.tell(TrafficReport::of(lane.to_owned(), location, at, &blind));
    }
    let map = map().await.expect("it is JSON");
    assert_eq!(map["features"][0]["geometry"], serde_json::Value::Null);
    let second = &map["features"][1];
    assert_eq!(second["geometry"], serde_json::json!({ "type": "Point", "coordinates": [106.70, 21.98] }));
    assert_eq!((&second["id"], &second["properties"]["quality"]), (&"in-2".into(), &"blind".into()));
    let kind = get().await.expect("an answer").headers()["content-type"].clone();
    assert_eq!(kind, "application/geo+json");
    running.stop.request();
}

#[tokio::test]
async fn without_the_token_nothing_is_answered() {
    let mut running = running(Some("geheim")).await;
    let url = format!("http://{}/lanes/in-2/trigger", running.address);
    for wrong in [None, Some("Bearer"), Some("Bearer geheim2"), Some("Basic geheim")] {
        let request = client().post(&url);
        let request = wrong.into_iter().fold(request, |request, value| request.header("Authorization", value));
        assert_eq!(answer(request).await.0, 401, "{wrong:?}");
    }
    assert_eq!(running.inbox.take().count(), 0);
    assert_eq!(answer(client().post(&url).header("Authorization", "Bearer geheim")).await.0, 202);
    running.stop.request();
}

#[tokio::test]
async fn monitoring_is_answered_behind_the_token_like_everything_else() {
    let running = running(Some("geheim")).await;
    let get = |path: &str, token: &str| {
        let request = client().get(format!("http://{}{path}", running.address));
        answer(request.header("Authorization", format!("Bearer {token}")))
    };
    assert_eq!(get("/metrics", "wrong").await.0, 401);
    assert_eq!(get("/healthz", "geheim").await, (200, "ok\n".to_owned()));
    let (status, why) = get("/readyz", "geheim").await;
    assert!(status == 503 && why.contains("starting"), "{status} {why}");
    running.reports.send_replace(Some(serde_json::to_string(&health()).expect("JSON").into()));
    assert_eq!(get("/readyz", "geheim").await, (200, "ready\n".to_owned()));
    let (status, figures) = get("/metrics", "geheim").await;
    assert!(status == 200 && figures.contains("gatelpr_camera_frames_total{camera=\"in-2-front\"}"), "{figures}");
    running.stop.request();
}

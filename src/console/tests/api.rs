//! What the pages ask of a gate at work.

use super::*;
use crate::geometry::{Point, Quad};
use crate::live_view::Scene;
use crate::passage::TrackId;
use crate::plate::Confidence;
use crate::tracking::{ReadSoFar, SeenTrack};

fn scene() -> Scene {
    let at = Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_secs(1) };
    let corners = Quad([(320.0, 180.0), (384.0, 180.0), (384.0, 204.0), (320.0, 204.0)].map(|(x, y)| Point::new(x, y)));
    let read = ReadSoFar {
        text: "12C12345".into(),
        display: "12C-123.45".into(),
        confidence: Confidence::clamped(0.9),
        per_character: vec![Confidence::clamped(0.9); 8],
        settled: true,
    };
    let track = SeenTrack { id: TrackId(7), corners, last_seen: at, reads: 3, read: Some(read) };
    let unread = SeenTrack { id: TrackId(8), read: None, ..track.clone() };
    Scene { at, size: (640, 360), tracks: vec![track, unread] }
}

#[tokio::test]
async fn a_lane_is_shown_with_its_zone_its_tracks_and_what_was_read() {
    let site = Site::open().await;
    let (_, before) = site.get("/api/lanes/in-2/live").await;
    assert_eq!((&before["at"], &before["picture"], &before["traffic"]), (&Value::Null, &Value::Null, &Value::Null));
    site.put_frame();
    site.parts.live.put(&lane(), scene());
    let (status, live) = site.get("/api/lanes/in-2/live").await;
    assert_eq!((status, &live["at"]), (200, &"1970-01-01T00:00:00.000Z".into()));
    assert_eq!((&live["picture"]["width"], &live["picture"]["height"]), (&640.into(), &360.into()));
    assert_eq!(live["zone"], serde_json::json!([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]));
    let [track, unread] = [&live["tracks"][0], &live["tracks"][1]];
    assert_eq!(track["corners"][2], serde_json::json!([0.6, 0.5667]));
    assert_eq!((&track["id"], &track["display"], &track["settled"]), (&7.into(), &"12C-123.45".into(), &true.into()));
    assert_eq!((&track["reads"], &track["height_px"], &track["confidence"]), (&3.into(), &24.0.into(), &0.9.into()));
    assert_eq!((&unread["text"], &unread["per_character"]), (&Value::Null, &serde_json::json!([])));
    refused(&site.get("/api/lanes/in-9/live").await, 404, "the lanes are in-2");
}

#[tokio::test]
async fn a_camera_shows_its_newest_picture_once_it_has_one() {
    let site = Site::open().await;
    refused(&site.get("/api/cameras/in-2-front/picture.jpg").await, 503, "no picture yet");
    refused(&site.get("/api/cameras/in-9/picture.jpg").await, 404, "in-9");
    site.put_frame();
    let request = site.client.get(site.url("/api/cameras/in-2-front/picture.jpg?width=320"));
    let answer = request.send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"image/jpeg".parse().expect("a kind"))
    );
    let picture = image::load_from_memory(&answer.bytes().await.expect("bytes")).expect("a picture");
    assert_eq!((picture.width(), picture.height()), (320, 180));
    refused(&site.get("/api/cameras/in-2-front/picture.jpg?width=wide").await, 400, "no number");
    refused(&site.get("/api/cameras/in-2-front/picture.jpg?size=1").await, 400, "unknown field");
}

#[tokio::test]
async fn the_set_up_is_judged_by_the_newest_picture_and_the_last_plates() {
    let site = Site::open().await;
    site.put_frame();
    site.parts.live.put(&lane(), scene());
    let (status, setup) = site.get("/api/lanes/in-2/setup").await;
    let checks = setup["checks"].as_array().expect("a list");
    let names: Vec<_> = checks.iter().map(|check| check["check"].as_str().expect("a name")).collect();
    assert_eq!(
        (status, names),
        (200, vec!["plate_height", "sharpness", "brightness", "contrast", "angle", "frame_rate", "view"])
    );
    assert_eq!((&checks[0]["value"], &checks[0]["verdict"]), (&24.0.into(), &"good".into()));
    assert_eq!((&checks[2]["value"], &checks[2]["verdict"]), (&90.0.into(), &"good".into()));
    assert_eq!((&checks[3]["verdict"], &checks[3]["advice"]), (&"bad".into(), &"low_contrast".into()));
    assert_eq!((&checks[6]["value"], &checks[6]["verdict"]), (&Value::Null, &"unknown".into()));
}

#[tokio::test]
async fn health_is_the_report_with_alarms_and_what_keeps_the_gate_from_its_work() {
    let site = Site::open().await;
    let kind = crate::alarm::AlarmKind::DiskFull;
    site.parts.monitoring.alarms.raise(kind, "the disk is full", Timestamp::UNIX_EPOCH);
    let (status, health) = site.get("/api/health").await;
    assert_eq!((status, &health["ready"], &health["alarms"][0]["kind"]), (200, &false.into(), &"disk_full".into()));
    assert!(health["why_not"][0].as_str().is_some_and(|why| why.contains("starting")), "{health}");
    let (status, why) = site.get("/readyz").await;
    assert!(status == 503 && why.as_str().is_some_and(|why| why.contains("starting")), "{why}");
    let (status, metrics) = site.get("/metrics").await;
    assert!(status == 200 && metrics.as_str().is_some_and(|text| text.contains("gatelpr_ready 0")), "{metrics}");
}

#[tokio::test]
async fn a_zone_is_checked_and_told_as_lines_to_paste() {
    let site = Site::open().await;
    let (status, zone) = site.post("/api/lanes/in-2/zone", r#"{"points":[[0.12345,0],[1,0],[1,1]]}"#).await;
    let lines = "# in the [[lane]] with name = \"in-2\"\nzone = [[0.1235, 0.0], [1.0, 0.0], [1.0, 1.0]]\n";
    assert_eq!((status, &zone["toml"]), (200, &lines.into()));
    for (points, why) in [
        ("[[0,0],[1,1]]", "no area"),
        ("[[0,0],[2,0],[1,1]]", "outside the picture"),
        ("[[0,0],[1,1],[1,0],[0,1]]", "crosses"),
    ] {
        refused(&site.post("/api/lanes/in-2/zone", &format!("{{\"points\":{points}}}")).await, 422, why);
    }
    for body in ["", "[]", "{\"points\":[[0]]}", "{\"points\":[],\"more\":1}", "{\"points\":[[null,1]]}"] {
        refused(&site.post("/api/lanes/in-2/zone", body).await, 400, "JSON");
    }
}

async fn save(site: &Site) -> (u16, Value) {
    let csrf = site.csrf().await;
    let request = site.change(reqwest::Method::PUT, "/api/lanes/in-2/zone", &csrf);
    answer(request.body(r#"{"points":[[0,0],[1,0],[1,1]]}"#)).await
}

#[tokio::test]
async fn a_zone_is_saved_into_the_file_where_that_is_allowed_and_the_file_read_again() {
    let site = Site::open().await;
    refused(&save(&site).await, 403, "may_save");
    let site = Site::with(Wanted { may_save: true, ..Wanted::default() }).await;
    let before = std::fs::read_to_string(&site.asked.file).expect("it is there");
    assert_eq!(save(&site).await.0, 200);
    let after = std::fs::read_to_string(&site.asked.file).expect("it is there");
    assert_eq!(after, format!("{before}zone = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]\n"));
    assert_eq!(*site.asked.times.lock().expect("nobody panics"), 1);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_with_the_zone_stays_as_it_is() {
    let site = Site::with(Wanted { may_save: true, ..Wanted::default() }).await;
    let file = |text: &str| std::fs::write(&site.asked.file, text).expect("there is space");
    let right = std::fs::read_to_string(&site.asked.file).expect("it is there");
    file(&right.replace("in-2\" #", "in-3\" #"));
    refused(&save(&site).await, 409, "no lane has the name");
    file(&right.replace("host", "hots"));
    refused(&save(&site).await, 409, "hots");
    file(&right);
    *site.asked.problem.lock().expect("nobody panics") = Some("the camera is gone".into());
    refused(&save(&site).await, 503, "the camera is gone");
    assert_eq!(std::fs::read_to_string(&site.asked.file).expect("it is there"), right);
    std::fs::remove_file(&site.asked.file).expect("it is there");
    refused(&save(&site).await, 503, "gatelpr.toml");
}

#[tokio::test]
async fn the_pages_are_served_and_known_ones_are_not_sent_again() {
    let site = Site::open().await;
    let answer = site.client.get(site.url("/")).send().await.expect("an answer");
    let (kind, tag) = (answer.headers()["content-type"].clone(), answer.headers()["etag"].clone());
    assert_eq!(kind, "text/html; charset=utf-8");
    assert!(answer.text().await.expect("a text").contains("/assets/app.js"));
    let again = site.client.get(site.url("/")).header("If-None-Match", tag).send().await.expect("an answer");
    assert_eq!((again.status().as_u16(), again.bytes().await.expect("none").len()), (304, 0));
    let script = site.client.get(site.url("/assets/app.js")).send().await.expect("an answer");
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    refused(&site.get("/assets/none.js").await, 404, "no such file");
    refused(&site.get("/api/none").await, 404, "nothing at this address");
    let csrf = site.csrf().await;
    refused(&super::answer(site.change(reqwest::Method::DELETE, "/api/health", &csrf)).await, 405, "other methods");
}

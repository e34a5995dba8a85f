//! What passed: listed, looked for, taken along, corrected.

use super::*;
use crate::publish::outbox::Destination;
use sha2::{Digest as _, Sha256};

fn plates(passages: &Value) -> Vec<(u64, String)> {
    let list = passages.as_array().expect("a list");
    let plate = |event: &Value| {
        let text = event["plate"]["text"].as_str().unwrap_or("unread");
        (event["seq"].as_u64().expect("a number"), text.to_owned())
    };
    list.iter().map(plate).collect()
}

#[tokio::test]
async fn the_last_passages_are_listed_page_by_page_with_their_last_revision() {
    let site = Site::open().await;
    let first = site.commit(1);
    (2..=4).for_each(|track| drop(site.commit(track)));
    site.parts.corrections.outbox.queue(Destination::Broker).settle(&[1, 2], Timestamp::UNIX_EPOCH).expect("settled");
    let (status, corrected) =
        site.post(&format!("/api/passages/{}/correction", first.event_id), r#"{"text":"12C-123.46"}"#).await;
    assert_eq!((status, &corrected["status"], &corrected["revision"]), (200, &"amended".into(), &2.into()));
    assert_eq!(
        (&corrected["plate"]["text"], &corrected["corrected"]["read"]),
        (&"12C12346".into(), &"12C12345".into())
    );
    let (status, page) = site.get("/api/passages?limit=2").await;
    assert_eq!((status, plates(&page["passages"])), (200, vec![(5, "12C12346".into()), (4, "12C12345".into())]));
    let next = page["next_before_seq"].as_u64().expect("there is more");
    let (_, page) = site.get(&format!("/api/passages?limit=2&before_seq={next}")).await;
    assert_eq!((plates(&page["passages"]).len(), &page["next_before_seq"]), (2, &Value::Null));
    assert_eq!(site.get("/api/passages?lane=out-1").await.1["passages"], serde_json::json!([]));
    let (_, event) = site.get(&format!("/api/passages/{}", first.event_id)).await;
    assert_eq!(plates(&event["revisions"]), [(1, "12C12345".into()), (5, "12C12346".into())]);
    for (query, why) in [
        ("limit=0", "1 to 500"),
        ("limit=501", "1 to 500"),
        ("limit=x", "no number"),
        ("limit=1&limit=2", "twice"),
        ("lmit=1", "unknown field"),
    ] {
        refused(&site.get(&format!("/api/passages?{query}")).await, 400, why);
    }
}

#[tokio::test]
async fn a_correction_that_cannot_be_right_is_refused_and_changes_nothing() {
    let site = Site::open().await;
    let event = site.commit(1);
    let correct = |id: String, body: &'static str| {
        let site = &site;
        async move { site.post(&format!("/api/passages/{id}/correction"), body).await }
    };
    let id = event.event_id.to_string();
    refused(&correct(id.clone(), r#"{"text":"ABC"}"#).await, 422, "no format of a plate");
    refused(&correct(id.clone(), r#"{"text":7}"#).await, 400, "JSON");
    refused(
        &correct("00000000-0000-0000-0000-000000000007".into(), r#"{"text":"12C12346"}"#).await,
        404,
        "not among the last",
    );
    refused(&correct("7".into(), r#"{"text":"12C12346"}"#).await, 404, "no event_id");
    assert_eq!(plates(&site.get("/api/passages").await.1["passages"]), [(1, "12C12345".into())]);
}

#[tokio::test]
async fn the_archive_is_searched_by_what_fits() {
    let site = Site::open().await;
    (1..=3).for_each(|track| drop(site.commit(track)));
    let found = |query: &'static str| {
        let site = &site;
        async move { site.get(&format!("/api/archive?{query}")).await }
    };
    let (status, page) = found("plate=2c1*5&lane=in-2&status=final&limit=2&from=&declared=").await;
    assert_eq!((status, plates(&page["passages"]).len(), &page["next"]), (200, 2, &"2".into()));
    let (_, page) = found("plate=2c1*5&limit=2&after=2").await;
    assert_eq!((plates(&page["passages"]).len(), &page["next"]), (1, &Value::Null));
    assert_eq!(plates(&found("from=2026-11-25T00:00:00Z").await.1["passages"]), []);
    assert_eq!(plates(&found("to=2026-11-25T07:00:00%2B07:00").await.1["passages"]).len(), 3);
    for (query, why) in [
        ("from=yesterday", "`from`"),
        ("status=done", "`status`"),
        ("declared=x", "`declared`"),
        ("plate=*", "a plate to look for"),
    ] {
        refused(&found(query).await, 400, why);
    }
}

#[tokio::test]
async fn what_fits_is_taken_along_whole_as_a_table_or_as_events() {
    let site = Site::open().await;
    (1..=1200).for_each(|track| drop(site.commit(track)));
    let text = |path: &'static str| {
        let request = site.client.get(site.url(path));
        async move {
            let answer = request.send().await.expect("an answer");
            let name = answer.headers()["content-disposition"].to_str().expect("a text").to_owned();
            (name, answer.text().await.expect("all of it"))
        }
    };
    let (name, lines) = text("/api/archive/export.jsonl").await;
    assert_eq!((name.as_str(), lines.lines().count()), ("attachment; filename=\"passages.jsonl\"", 1200));
    let event: PlateEvent = serde_json::from_str(lines.lines().next().expect("a line")).expect("an event");
    assert!(event.seq == 1200 && event.signature.starts_with("ed25519:"), "as it was signed");
    let (name, table) = text("/api/archive/export.csv?plate=12C").await;
    assert_eq!((name.as_str(), table.lines().count()), ("attachment; filename=\"passages.csv\"", 1201));
    refused(&site.get("/api/archive/export.csv?limit=5").await, 400, "`limit`");
}

#[tokio::test]
async fn pictures_are_found_by_their_event_and_hash() {
    let site = Site::open().await;
    let mut event = test_passages::event(1);
    let jpeg = b"a picture";
    event.evidence = vec![crate::publish::event::EvidencePicture {
        kind: crate::publish::event::EvidenceKind::Plate,
        sha256: format!("{:x}", Sha256::digest(jpeg)),
        bytes: jpeg.len() as u64,
        uri: "x".into(),
        corners: None,
    }];
    site.parts.corrections.outbox.commit(&event, Timestamp::UNIX_EPOCH).expect("there is space");
    let (_, page) = site.get("/api/passages").await;
    let pictures = &page["passages"][0]["pictures"];
    assert_eq!(pictures["scene"], Value::Null);
    let address = pictures["plate"].as_str().expect("an address");
    refused(&site.get(address).await, 404, "no such picture");
    let folder = site.folder.path().join("evidence/2026-11-24");
    std::fs::create_dir_all(&folder).expect("there is space");
    std::fs::write(folder.join(format!("{}-r1-plate.jpg", event.event_id)), jpeg).expect("there is space");
    let answer = site.client.get(site.url(address)).send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"image/jpeg".parse().expect("a kind"))
    );
    assert_eq!(answer.bytes().await.expect("bytes").as_ref(), jpeg);
    std::fs::write(folder.join(format!("{}-r1-plate.jpg", event.event_id)), "another").expect("there is space");
    refused(&site.get(address).await, 404, "no such picture");
    refused(&site.get(&format!("/api/passages/{}/both.jpg", event.event_id)).await, 404, "two pictures");
}

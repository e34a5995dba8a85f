use std::time::Duration;

use super::*;
use crate::clock::Clock;
use crate::plate::LaneName;
use crate::triggers::{TriggerInbox, desk};

struct Running {
    address: SocketAddr,
    inbox: TriggerInbox,
    reports: tokio::sync::watch::Sender<Option<Arc<str>>>,
    stop: Stop,
}

async fn running(token: Option<&str>) -> Running {
    let lanes = [(LaneName::try_from("in-2").expect("a name"), Duration::from_secs(5))];
    let (triggers, inbox) = desk(lanes, Clock::start());
    let (reports, health) = crate::health::reports();
    let stop = Stop::default();
    let web = Web { triggers, health, token: token.map(|token| Secret::new(token.to_owned())) };
    // A port that is free now; a test that lost it to another would fail loudly.
    let probe = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = probe.local_addr().expect("it has an address");
    drop(probe);
    web.start(address, stop.clone()).await.expect("it starts");
    Running { address, inbox, reports, stop }
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

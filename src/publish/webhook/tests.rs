//! Against a real HTTP server that fails as it is told.

mod server;
mod trust;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use self::server::{Act, Server};
use super::*;

/// A secret, and where it lies.
const SECRET: &str = "whsec_q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k=";

fn event(seq: u64) -> StoredEvent {
    let json =
        format!(r#"{{"event_id":"01a20b8b-e490-7575-be40-bc1897f55485","revision":2,"seq":{seq},"plate":"桂F12345"}}"#);
    StoredEvent { seq, topic: "lane/in-2/passage".into(), json, committed_at: Timestamp::UNIX_EPOCH }
}

struct Sender {
    publisher: WebhookPublisher,
    _folder: tempfile::TempDir,
}

impl Sender {
    fn to(url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let secret = folder.path().join("webhook-secret");
        std::fs::write(&secret, SECRET).expect("there is space");
        let settings = WebhookSettings {
            url: Url::parse(url).expect("an address"),
            secret: PasswordPlace::File(secret),
            ca_file: None,
            timeout: Duration::from_secs(2),
        };
        Self { publisher: WebhookPublisher::new(settings, Clock::start()), _folder: folder }
    }

    /// Connects and sends one event.
    async fn send(&mut self, event: &StoredEvent) -> Result<(), PublishError> {
        self.publisher.connect().await?;
        self.publisher.publish(event)?.await
    }
}

#[tokio::test]
async fn a_request_has_the_events_exact_json_and_the_published_headers() {
    let server = Server::start(&[]).await;
    let mut sender = Sender::to(&server.url("/gates/g1?token=abc"));
    let event = event(7);
    sender.send(&event).await.expect("it is taken");
    let [request] = &server.received()[..] else { panic!("one request") };
    assert_eq!((request.path.as_str(), request.body.as_str()), ("/gates/g1?token=abc", event.json.as_str()));
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("webhook-id"), "01a20b8b-e490-7575-be40-bc1897f55485-2");
    assert!(header("user-agent").starts_with("gatelpr/"));
    let timestamp = header("webhook-timestamp").parse::<i64>().expect("whole seconds");
    assert!((Clock::start().now().wall.as_second() - timestamp).abs() <= 5);
    // As a receiver does it, from what it has received.
    let secrets = WebhookSecrets::parse(SECRET).expect("a secret");
    assert_eq!(header("webhook-signature"), secrets.signature(header("webhook-id"), timestamp, &request.body));
}

#[tokio::test]
async fn a_list_hit_has_a_name_of_its_own_and_one_that_is_refused_holds_up_no_other() {
    let server = Server::start(&[Act::Answer(410)]).await;
    let stop = crate::stop::Stop::default();
    let Sender { publisher, _folder } = Sender::to(&server.url("/lists/staff"));
    let notices = notices::start(publisher, stop.clone());
    let hit = |seq: u64| StoredEvent { json: event(seq).json.replace('{', r#"{"list":"staff","#), ..event(seq) };
    assert!(notices.tell(hit(1)) && notices.tell(hit(2)));
    while server.received().len() < 2 {
        tokio::task::yield_now().await;
    }
    let received = server.received();
    let bodies: Vec<&str> = received.iter().map(|request| request.body.as_str()).collect();
    assert_eq!(bodies, [hit(1).json, hit(2).json]);
    assert_eq!(received[1].headers["webhook-id"], "01a20b8b-e490-7575-be40-bc1897f55485-2-staff");
    stop.request();
}

#[tokio::test]
async fn every_success_is_an_acknowledgement_and_every_other_answer_is_what_it_says() {
    let check = async |status: u16, expect: &str| {
        let server = Server::start(&[Act::Answer(status)]).await;
        let told = match Sender::to(&server.url("/")).send(&event(1)).await {
            Ok(()) => "taken",
            Err(error) if error.is_refusal() => "refused",
            Err(PublishError::Webhook(WebhookError::Unwell { .. })) => "later",
            Err(PublishError::Webhook(WebhookError::Redirects { .. })) => "redirects",
            Err(error) => panic!("{status}: {error}"),
        };
        assert_eq!(told, expect, "{status}");
    };
    for taken in [200, 201, 202, 204] {
        check(taken, "taken").await;
    }
    for refused in [400, 401, 403, 404, 410, 413, 422] {
        check(refused, "refused").await;
    }
    for later in [408, 425, 429, 500, 502, 503, 504] {
        check(later, "later").await;
    }
    for redirects in [301, 302, 307, 308] {
        check(redirects, "redirects").await;
    }
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let elsewhere = Server::start(&[]).await;
    let server = Server::start(&[Act::Redirect(elsewhere.url("/"))]).await;
    let error = Sender::to(&server.url("/")).send(&event(1)).await.expect_err("it is no success");
    assert!(error.to_string().contains("put that address into `url`"), "{error}");
    assert_eq!(elsewhere.received().len(), 0);
}

#[tokio::test]
async fn a_webhook_that_hangs_or_breaks_off_is_told_apart() {
    let error = async |act| {
        let server = Server::start(&[act]).await;
        Sender::to(&server.url("/")).send(&event(1)).await.expect_err("it is no success").to_string()
    };
    let hangs = error(Act::Hang).await;
    assert!(hangs.contains("did not answer within 2s"), "{hangs}");
    let resets = error(Act::Reset).await;
    assert!(resets.contains("gave no answer"), "{resets}");
}

#[tokio::test]
async fn a_webhook_that_is_not_there_is_told_before_an_event_is_sent_and_its_query_is_not_shown() {
    let server = Server::start(&[]).await;
    let url = server.url("/gates?token=hunter2");
    server.stop().await;
    let mut sender = Sender::to(&url);
    let error = sender.publisher.connect().await.expect_err("nobody is there").to_string();
    assert!(error.contains("cannot be reached") && error.contains("refused") && error.contains("/gates"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    assert!(sender.publisher.publish(&event(1)).is_err());
}

#[tokio::test]
async fn a_secret_that_is_gone_or_unfit_is_told_and_a_new_one_counts_at_the_next_connection() {
    let server = Server::start(&[]).await;
    let mut sender = Sender::to(&server.url("/"));
    let PasswordPlace::File(path) = sender.publisher.settings.secret.clone() else { panic!("a file") };
    std::fs::write(&path, "hunter2!").expect("there is space");
    let error = sender.publisher.connect().await.expect_err("it is no secret").to_string();
    assert!(error.contains("it is no base64") && !error.contains("hunter2"), "{error}");
    std::fs::write(&path, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD").expect("there is space");
    sender.send(&event(1)).await.expect("it is taken");
    let signature = server.received()[0].headers["webhook-signature"].clone();
    sender.send(&event(1)).await.expect("it is taken");
    std::fs::write(&path, SECRET).expect("there is space");
    sender.send(&event(1)).await.expect("it is taken");
    assert_ne!(server.received()[2].headers["webhook-signature"], signature);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_asks_for_a_rest_gets_it_within_reason() {
    let rested = async |asked: &str, seconds: std::ops::RangeInclusive<u64>| {
        let mut sender = Sender::to("http://127.0.0.1:9/");
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(asked).expect("a header"));
        let now: Timestamp = "2026-11-27T09:00:00Z".parse().expect("a time");
        let request = Request {
            endpoint: sender.publisher.endpoint().expect("an endpoint"),
            settings: sender.publisher.settings.clone(),
            id: "1".into(),
            body: String::new(),
            clock: Clock::start(),
            rest: Arc::clone(&sender.publisher.rest),
        };
        request.judge(StatusCode::SERVICE_UNAVAILABLE, asked_rest(&headers, now)).expect_err("it cannot now");
        let asked_at = Instant::now();
        drop(sender.publisher.connect().await);
        let rested = asked_at.elapsed().as_secs();
        assert!(seconds.contains(&rested), "{asked}: {rested} s");
    };
    rested("7", 7..=9).await;
    rested("Fri, 27 Nov 2026 09:00:30 GMT", 30..=32).await;
    rested("Fri, 27 Nov 2026 08:00:00 GMT", 0..=2).await;
    rested("86400", 600..=602).await;
    rested("soon", 0..=2).await;
}

#[test]
fn an_event_of_another_version_has_a_name_too() {
    let strange = StoredEvent { json: "{}".into(), ..event(9) };
    assert_eq!(id_of(&strange), "seq-9");
}

//! Who is let in, and who is not.

use reqwest::Method;

use super::*;

/// Everything that tells or changes something of the gate.
const BEHIND_THE_PASSWORD: [(&str, &str); 17] = [
    ("GET", "/api/lanes/in-2/live"),
    ("GET", "/api/lanes/in-2/setup"),
    ("POST", "/api/lanes/in-2/zone"),
    ("PUT", "/api/lanes/in-2/zone"),
    ("GET", "/api/cameras/in-2-front/picture.jpg"),
    ("GET", "/api/passages"),
    ("GET", "/api/passages/00000000-0000-0000-0000-000000000000"),
    ("GET", "/api/passages/00000000-0000-0000-0000-000000000000/plate.jpg"),
    ("POST", "/api/passages/00000000-0000-0000-0000-000000000000/correction"),
    ("GET", "/api/archive"),
    ("GET", "/api/archive/export.csv"),
    ("GET", "/api/archive/export.jsonl"),
    ("GET", "/api/health"),
    ("GET", "/metrics"),
    ("GET", "/readyz"),
    ("GET", "/api/anything"),
    ("DELETE", "/api/passages"),
];

fn protected() -> Wanted {
    Wanted { password: Some(PASSWORD), ..Wanted::default() }
}

async fn sign_in(site: &Site, password: &str) -> reqwest::Response {
    let body = serde_json::json!({ "password": password }).to_string();
    let csrf = site.csrf().await;
    site.change(Method::POST, "/api/session", &csrf).body(body).send().await.expect("an answer")
}

fn cookie_in(answer: &reqwest::Response) -> String {
    let cookie = answer.headers()["set-cookie"].to_str().expect("a text");
    cookie.split(';').next().expect("a pair").to_owned()
}

#[tokio::test]
async fn without_the_password_nothing_of_the_gate_is_told_or_changed() {
    let site = Site::with(protected()).await;
    let csrf = site.csrf().await;
    for (method, path) in BEHIND_THE_PASSWORD {
        let method = method.parse().expect("a method");
        for cookie in ["", "gatelpr_session=", "gatelpr_session=0000000000000000000000000000000000000000000"] {
            let request = site.change(Method::clone(&method), path, &csrf).header("Cookie", cookie);
            let (status, body) = answer(request).await;
            assert_eq!((status, body["error"].as_str()), (401, Some("sign in first")), "{method} {path} {cookie}");
        }
    }
    let (status, session) = site.get("/api/session").await;
    let names: Vec<&str> = session.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!((status, names), (200, vec!["csrf", "language", "needs_password", "signed_in"]));
    assert_eq!(site.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn whoever_knows_the_password_is_let_in_until_signing_out() {
    let site = Site::with(protected()).await;
    let signed_in = sign_in(&site, PASSWORD).await;
    assert_eq!(signed_in.status().as_u16(), 204);
    let set = signed_in.headers()["set-cookie"].to_str().expect("a text").to_owned();
    assert!(set.contains("; HttpOnly; SameSite=Strict; Path=/") && !set.contains("Secure"), "{set}");
    let cookie = cookie_in(&signed_in);
    let get = |path: &str| answer(site.client.get(site.url(path)).header("Cookie", &cookie));
    let (status, session) = get("/api/session").await;
    assert_eq!((status, &session["signed_in"], &session["site"]), (200, &true.into(), &"huu-nghi".into()));
    assert_eq!(get("/api/passages").await.0, 200);
    // The token of a session is its own.
    let csrf = session["csrf"].as_str().expect("a token");
    let zone = "{\"points\":[[0,0],[1,0],[1,1]]}";
    let change = |csrf: &str| {
        let request = site.change(Method::POST, "/api/lanes/in-2/zone", csrf).header("Cookie", &cookie);
        answer(request.body(zone))
    };
    assert_eq!(change(csrf).await.0, 200);
    refused(&change(&site.csrf().await).await, 403, "X-CSRF-Token");
    let out = site.change(Method::DELETE, "/api/session", csrf).header("Cookie", &cookie).send().await;
    assert_eq!(out.expect("an answer").status().as_u16(), 204);
    refused(&get("/api/passages").await, 401, "sign in first");
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_few_are_tried() {
    let site = Site::with(protected()).await;
    for _ in 0..5 {
        assert_eq!(sign_in(&site, "a wrong long password").await.status().as_u16(), 401);
    }
    let too_many = sign_in(&site, PASSWORD).await;
    assert_eq!(
        (too_many.status().as_u16(), &too_many.headers()["retry-after"]),
        (429, &"10".parse().expect("a value"))
    );
    assert!(!too_many.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn monitoring_gives_the_password_with_its_request_and_nothing_else_is_answered_so() {
    let site = Site::with(protected()).await;
    let get = |path: &str, password: &str| answer(site.client.get(site.url(path)).basic_auth("x", Some(password)));
    assert_eq!(get("/metrics", PASSWORD).await.0, 200);
    assert_eq!(get("/readyz", PASSWORD).await.0, 503);
    refused(&get("/api/passages", PASSWORD).await, 401, "sign in first");
    refused(&get("/metrics", "wrong").await, 401, "wrong");
}

#[tokio::test]
async fn changes_come_from_pages_of_this_console_alone() {
    let site = Site::open().await;
    let csrf = site.csrf().await;
    let own = site.origin();
    let send = |origin: Option<&str>, token: Option<&str>| {
        let mut request = site.client.post(site.url("/api/lanes/in-2/zone")).body("{\"points\":[[0,0],[1,0],[1,1]]}");
        for (name, value) in [("Origin", origin), ("X-CSRF-Token", token)] {
            request = value.into_iter().fold(request, |request, value| request.header(name, value));
        }
        answer(request)
    };
    assert_eq!(send(Some(&own), Some(&csrf)).await.0, 200);
    let port = site.address.port();
    let others = [
        format!("https://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        format!("{own}0"),
        format!("{own}.evil.example"),
    ];
    for origin in others.iter().map(String::as_str).chain(["http://evil.example", "null", "file://"]) {
        refused(&send(Some(origin), Some(&csrf)).await, 403, "Origin");
    }
    refused(&send(None, Some(&csrf)).await, 403, "Origin");
    for token in [None, Some(""), Some("x"), Some(&csrf[1..])] {
        refused(&send(Some(&own), token).await, 403, "X-CSRF-Token");
    }
}

#[tokio::test]
async fn without_a_password_only_names_of_this_computer_are_answered() {
    let site = Site::open().await;
    let port = site.address.port();
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")] {
        let request = site.client.get(site.url("/api/health")).header("Host", &host);
        assert_eq!(answer(request).await.0, 200, "{host}");
    }
    for host in ["evil.example", "gate.local:8090", "10.0.0.1", "127.0.0.1.evil.example"] {
        let request = site.client.get(site.url("/")).header("Host", host);
        refused(&answer(request).await, 403, "answers only as localhost");
    }
}

#[tokio::test]
async fn the_page_of_another_site_gets_nothing_by_embedding() {
    let site = Site::open().await;
    let from =
        |path: &str, site_kind: &str| answer(site.client.get(site.url(path)).header("Sec-Fetch-Site", site_kind));
    refused(&from("/api/cameras/in-2-front/picture.jpg", "cross-site").await, 403, "another site");
    assert_eq!(from("/", "cross-site").await.0, 200, "a link to the console may be followed");
    assert_eq!(from("/api/health", "same-origin").await.0, 200);
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_guess_frame_and_keep_nothing() {
    let site = Site::open().await;
    for path in ["/", "/assets/app.js", "/api/health", "/nowhere"] {
        let answer = site.client.get(site.url(path)).send().await.expect("an answer");
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let policy = header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self';") && policy.contains("frame-ancestors 'none'"),
            "{path} {policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        let others = ["x-content-type-options", "x-frame-options", "referrer-policy"].map(header);
        assert_eq!(others, ["nosniff", "DENY", "no-referrer"], "{path}");
        let cached = if path.len() > 1 && !path.starts_with("/assets") { "no-store" } else { "no-cache" };
        assert_eq!(header("cache-control"), cached, "{path}");
    }
}

#[tokio::test]
async fn over_tls_the_cookie_is_for_tls_alone_and_plain_http_is_not_answered() {
    let site = Site::with(Wanted { tls: true, ..protected() }).await;
    let set = sign_in(&site, PASSWORD).await.headers()["set-cookie"].to_str().expect("a text").to_owned();
    assert!(set.contains("; Secure"), "{set}");
    let plain = crate::http_client::plain().build().expect("a client");
    assert!(plain.get(format!("http://{}/healthz", site.address)).send().await.is_err());
}

#[test]
fn off_this_computer_a_password_and_a_certificate_are_needed() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let _inside = runtime.enter();
    let folder = tempfile::tempdir().expect("a folder");
    let (identity, _) = identity(folder.path());
    let asked = Asked { file: folder.path().join("x"), times: Mutex::default(), problem: Mutex::default() };
    let parts = parts(folder.path(), false, Arc::new(asked));
    let listen = SocketAddr::from(([0, 0, 0, 0], free_address().port()));
    let language = Language::English;
    let open = ConsoleSettings { listen, password: None, identity, may_save: false, language };
    let password = Some(PasswordCheck::hash(PASSWORD).expect("a password"));
    let readable = ConsoleSettings { password, identity: None, ..open.clone() };
    let why =
        |settings: ConsoleSettings| start(settings, parts.clone(), Stop::default()).expect_err("refused").to_string();
    assert!(why(open).contains("gatelpr console password"));
    assert!(why(readable).contains("needs a certificate"));
}

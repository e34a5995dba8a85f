//! `gatelpr check --probe`: a whole config tried out, with a real broker.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::GATELPR;
use crate::support::{IndependentSubscriber, Mosquitto, free_port};

const PASSWORDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/mosquitto_passwords");

/// A config whose camera is at `camera` and whose broker is at `broker`; `login` adds lines to `[mqtt]`.
fn config(folder: &Path, broker: u16, camera: u16, login: &str) -> PathBuf {
    let root = env!("CARGO_MANIFEST_DIR");
    let text = format!(
        "[site]\nname = \"test\"\ngate = \"g1\"\n[mqtt]\nhost = \"127.0.0.1\"\nport = {broker}\n{login}\n\
         [outbox]\ndirectory = \"{outbox}\"\n[inference]\nmodels = \"{root}/models\"\n\
         [[camera]]\nname = \"front\"\nstall_timeout_s = 2\nsource.snapshot.url = \"http://127.0.0.1:{camera}/snap.jpg\"\n\
         [[lane]]\nname = \"in-1\"\ncamera = \"front\"\n",
        outbox = folder.join("outbox").display(),
    );
    let path = folder.join("gatelpr.toml");
    std::fs::write(&path, text).expect("the folder is writable");
    path
}

/// A camera that answers every request with one picture.
pub(crate) fn camera() -> u16 {
    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(64, 48).write_to(&mut picture, image::ImageFormat::Jpeg).expect("an encoder");
    let picture = picture.into_inner();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let head =
                format!("HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n", picture.len());
            // Whoever asks is answered; a client that has gone is none of its business.
            drop(stream.read(&mut [0; 1024]).and_then(|_| stream.write_all(&[head.as_bytes(), &picture].concat())));
        }
    });
    port
}

/// What it said, and its exit code.
fn check(config: &Path, more: &[&str]) -> (String, Option<i32>) {
    let checked = Command::new(GATELPR).arg("check").arg(config).args(more).output().expect("the binary starts");
    (String::from_utf8_lossy(&checked.stdout).into_owned(), checked.status.code())
}

#[test]
fn a_config_that_works_is_told_so_and_nothing_is_published() {
    let broker = Mosquitto::start();
    let mut subscriber = IndependentSubscriber::start(broker.port);
    let folder = tempfile::tempdir().expect("a folder");
    let (said, code) = check(&config(folder.path(), broker.port, camera(), ""), &["--probe"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("models    works: ") && said.contains("broker    works: "), "{said}");
    let line = said.lines().find(|line| line.starts_with("front")).expect("a line for the camera");
    assert!(line.contains("works  JPEG         64x48"), "{said}");
    // What was published before this would have come before it.
    subscriber.wait_until_subscribed();
    assert_eq!(subscriber.payloads("status"), Vec::<String>::new());
    assert!(!folder.path().join("outbox").exists(), "it leaves nothing behind");
}

#[test]
fn everything_that_does_not_work_is_told_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(folder.path(), free_port(), free_port(), "");
    let (said, code) = check(&config, &["--probe"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("broker    fails: "), "{said}");
    assert!(said.contains("/snap.jpg cannot be reached: connection refused"), "{said}");
    let (said, code) = check(&config, &[]);
    assert_eq!(code, Some(0), "without --probe nothing is opened: {said}");
}

#[test]
fn a_login_that_the_broker_refuses_is_told_without_the_password() {
    let broker = Mosquitto::with_config(&format!("allow_anonymous false\npassword_file {PASSWORDS}\n"));
    let folder = tempfile::tempdir().expect("a folder");
    let password = folder.path().join("password");
    std::fs::write(&password, "not-this-one\n").expect("the folder is writable");
    let login = format!("username = \"gate\"\npassword_file = \"{}\"", password.display());
    let (said, code) = check(&config(folder.path(), broker.port, camera(), &login), &["--probe"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("broker    fails: ") && !said.contains("not-this-one"), "{said}");
}

//! `gatelpr cameras probe` and `grab` as an operator runs them, with cameras that work and cameras that do not.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::camera_server::{Camera, STREAM, Then, part, picture, send, status, whole};

/// A config with these cameras, each with a lane.
fn config(folder: &Path, cameras: &[(&str, String)]) -> PathBuf {
    let outbox = folder.join("outbox");
    let mut text = format!(
        "[site]\nname = \"test\"\ngate = \"g1\"\n[mqtt]\nhost = \"127.0.0.1\"\n[outbox]\ndirectory = \"{}\"\n",
        outbox.display()
    );
    for (name, source) in cameras {
        text += &format!(
            "[[camera]]\nname = \"{name}\"\nstall_timeout_s = 2\n{source}\n\
             [[lane]]\nname = \"{name}\"\ncamera = \"{name}\"\n"
        );
    }
    let path = folder.join("gatelpr.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn gatelpr(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatelpr")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn working_stream() -> Camera {
    Camera::start(|_, stream| {
        send(stream, STREAM);
        for number in 0..200 {
            send(stream, &part(&picture(number % 30)));
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
        Then::Close
    })
}

fn source(kind: &str, port: u16) -> String {
    format!("source.{kind}.url = \"http://127.0.0.1:{port}/picture\"")
}

#[test]
fn probe_says_what_each_camera_delivers_or_what_is_wrong() {
    let (works, missing) = (working_stream(), Camera::that_says(status("404 Not Found", "")));
    let folder = tempfile::tempdir().unwrap();
    let uploads = folder.path().join("uploads");
    std::fs::create_dir(&uploads).unwrap();
    std::fs::write(uploads.join("a.jpg"), picture(1)).unwrap();
    let upload = format!("source.watched_folder = {{ path = '{}', after_reading = \"delete\" }}", uploads.display());
    let cameras = [("front", source("mjpeg", works.port)), ("rear", source("snapshot", missing.port)), ("ftp", upload)];
    let config = config(folder.path(), &cameras);
    let config = config.to_str().unwrap();

    let probed = gatelpr(&["cameras", "probe", config, "--seconds", "1"]);
    let table = text(&probed.stdout);
    assert_eq!(probed.status.code(), Some(1), "{table}{}", text(&probed.stderr));
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("front").contains("works  MJPEG        64x48"), "{table}");
    assert!(line("rear").contains("fails"), "{table}");
    assert!(line("ftp").contains("opened; not read, so that no upload is deleted"), "{table}");
    assert!(table.contains("is not there (404); check the path in the camera's manual"), "{table}");
    assert!(uploads.join("a.jpg").exists());

    let probed = gatelpr(&["cameras", "probe", config, "--seconds", "1", "--camera", "front", "--json"]);
    assert_eq!(probed.status.code(), Some(0), "{}", text(&probed.stderr));
    let cameras: Value = serde_json::from_slice(&probed.stdout).unwrap();
    let rate = cameras[0]["measured_frames_per_second"].as_f64().unwrap();
    assert!((2.0..25.0).contains(&rate), "{cameras}");
    assert_eq!(cameras[0]["size_px"], serde_json::json!([64, 48]));
}

#[test]
fn probe_refuses_a_camera_that_is_not_in_the_config() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[("front", source("mjpeg", 1))]);
    let probed = gatelpr(&["cameras", "probe", config.to_str().unwrap(), "--camera", "fornt"]);
    assert_eq!(probed.status.code(), Some(2));
    assert!(text(&probed.stderr).contains("there is no camera fornt in the config, only front"));
}

#[test]
fn grab_saves_a_picture_and_replaces_none_unasked() {
    let camera = Camera::that_says(whole("image/jpeg", &picture(9)));
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[("front", source("snapshot", camera.port))]);
    let config = config.to_str().unwrap();
    for name in ["view.jpg", "view.png"] {
        let picture = folder.path().join(name);
        let grab = ["cameras", "grab", config, "front", picture.to_str().unwrap()];
        let grabbed = gatelpr(&grab);
        assert!(grabbed.status.success(), "{}", text(&grabbed.stderr));
        assert!(text(&grabbed.stdout).contains(&format!("{name}: 64x48, ")), "{}", text(&grabbed.stdout));
        let middle = image::open(&picture).unwrap().into_rgb8().get_pixel(32, 24)[0];
        assert!(middle.abs_diff(72) <= 2, "{middle}");
        let again = gatelpr(&grab);
        assert_eq!(again.status.code(), Some(2));
        assert!(text(&again.stderr).contains("is there already; --force replaces it"), "{}", text(&again.stderr));
        assert!(gatelpr(&[&grab[..], &["--force"]].concat()).status.success());
    }
    let gif = gatelpr(&["cameras", "grab", config, "front", "view.gif"]);
    assert_eq!(gif.status.code(), Some(2));
}

#[test]
fn grab_says_what_is_wrong_with_the_camera_and_writes_nothing() {
    let camera = Camera::that_says(whole("text/html", b"<html>"));
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path(), &[("front", source("snapshot", camera.port))]);
    let picture = folder.path().join("view.jpg");
    let grabbed = gatelpr(&["cameras", "grab", config.to_str().unwrap(), "front", picture.to_str().unwrap()]);
    assert_eq!(grabbed.status.code(), Some(1));
    assert!(text(&grabbed.stderr).contains("sends text/html and no picture"), "{}", text(&grabbed.stderr));
    assert!(!picture.exists());
}

//! Cameras that ask for a login.

use std::fs;
use std::path::Path;

use gatelpr::camera::{CaptureState, open};
use gatelpr::login::{Login, PasswordPlace};
use gatelpr::stop::Stop;
use tempfile::TempDir;

use super::{tcp, with_login};
use crate::support::gate::{Gate, opening};
use crate::support::rtsp_server::RtspServer;

const PASSWORD: &str = "hunter2-geheim";

fn server(method: &'static str) -> RtspServer {
    let login = format!("gate:{PASSWORD}");
    RtspServer::with(&["a=h264"], &[("RTSP_AUTH", &login), ("RTSP_AUTH_METHOD", method)])
}

fn login(file: &Path) -> Login {
    Login { user: "gate".to_owned(), password: Some(PasswordPlace::File(file.to_owned())) }
}

#[test]
fn digest_and_basic_logins_are_accepted() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    for method in ["digest", "basic"] {
        let server = server(method);
        let mut gate = Gate::watch(with_login(&server.url("a"), login(&file)));
        gate.frame();
        assert_eq!(gate.report().last_error, None, "{method}");
    }
}

#[test]
fn a_wrong_password_is_told_apart_from_none_and_never_shown() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, "wrong-geheim").unwrap();
    for method in ["digest", "basic"] {
        let server = server(method);
        let fails = |settings| {
            let error = open(&settings, &opening(&Stop::default())).err().unwrap();
            let said = format!("{error} {error:?} {settings:?}");
            assert!(!said.contains("geheim"), "{said}");
            error.to_string()
        };
        let url = server.url("a");
        let refused = format!("camera gate: {url} refuses the login; check `username` and the password");
        assert!(fails(with_login(&url, login(&file))).starts_with(&refused), "{method}");
        let needed = format!("camera gate: {url} asks for a login; set `username`");
        assert!(fails(tcp(&url)).starts_with(&needed), "{method}");
        let unreadable = fails(with_login(&url, login(&folder.path().join("gone"))));
        assert!(unreadable.starts_with("camera gate: cannot read the password of user gate from"), "{unreadable}");
    }
}

#[test]
fn a_password_that_is_corrected_counts_at_the_next_attempt() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, "wrong-geheim").unwrap();
    let server = server("digest");
    let mut gate = Gate::watch(with_login(&server.url("a"), login(&file)));
    assert!(gate.until_lost().contains("refuses the login"));
    fs::write(&file, PASSWORD).unwrap();
    let report = gate.until_back(5);
    assert_eq!(report.state, CaptureState::Running);
    assert!(report.reopened > 0);
}

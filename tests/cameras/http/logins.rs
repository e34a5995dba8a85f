//! Logins: digest and basic, nonces that are used again and grow old, passwords that change.

use std::fs;
use std::path::PathBuf;

use gatelpr::camera::{SourceError, SourceSettings};
use http_auth::{DigestClient, PasswordClient, PasswordParams};

use super::camera_server::{Camera, Request, Then, picture, send, status, whole};
use super::{error_of, next, opened, snapshots, with_password};

/// A password in a file.
fn password(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, text).unwrap();
    (folder, file)
}

/// A camera that shows its picture to whom `right` lets in, and else answers 401 with this challenge.
fn camera(challenge: fn(&Request) -> String, right: fn(&Request) -> bool) -> Camera {
    Camera::start(move |request, stream| {
        let answer = if right(request) {
            whole("image/jpeg", &picture(9))
        } else {
            status("401 Unauthorized", &format!("WWW-Authenticate: {}\r\n", challenge(request)))
        };
        send(stream, &answer);
        Then::Keep
    })
}

const DIGEST: &str = "Digest realm=\"cam\", qop=\"auth\", nonce=\"n1\", algorithm=MD5";

/// A field of a digest.
fn field<'a>(authorization: &'a str, key: &str) -> Option<&'a str> {
    let mut fields = authorization.strip_prefix("Digest ")?.split(',').filter_map(|field| field.trim().split_once('='));
    fields.find(|(name, _)| *name == key).map(|(_, value)| value.trim_matches('"'))
}

/// Whether a digest is right for `challenge`: calculated again from what it says.
fn is_right(request: &Request, challenge: &str, password: &str) -> bool {
    let Some(authorization) = &request.authorization else { return false };
    let Ok(PasswordClient::Digest(mut expected)) = PasswordClient::try_from(challenge) else { return false };
    if field(authorization, "nonce") != Some(expected.nonce()) || field(authorization, "uri") != Some(&request.path) {
        return false;
    }
    let count = field(authorization, "nc").map_or(1, |count| u32::from_str_radix(count, 16).unwrap());
    let cnonce = field(authorization, "cnonce").unwrap_or_default();
    let params = PasswordParams { username: "admin", password, uri: &request.path, method: "GET", body: None };
    let answer = |expected: &mut DigestClient| expected.respond_with_testing_cnonce(&params, cnonce).unwrap();
    let last = (0..count).map(|_| answer(&mut expected)).last().unwrap();
    field(&last, "response") == field(authorization, "response")
}

fn at_speed(camera: &Camera, file: &std::path::Path) -> SourceSettings {
    snapshots(with_password(camera.port, file), 100.0)
}

#[test]
fn a_nonce_is_used_again_for_the_next_pictures() {
    let (_folder, file) = password("hunter2\n");
    let camera = camera(|_| DIGEST.to_owned(), |request| is_right(request, DIGEST, "hunter2"));
    let mut source = opened(&at_speed(&camera, &file));
    (0..4).for_each(|_| drop(next(source.as_mut())));
    let counts = camera
        .requests()
        .into_iter()
        .map(|request| request.authorization.map(|authorization| field(&authorization, "nc").unwrap().to_owned()));
    let counts: Vec<Option<String>> = counts.collect();
    let expect = [None, Some("00000001"), Some("00000002"), Some("00000003"), Some("00000004")];
    assert_eq!(counts, expect.map(|count| count.map(str::to_owned)));
    assert!(camera.requests().iter().all(|request| request.connection == 0), "the 401 does not cost a connection");
}

#[test]
fn a_nonce_that_has_grown_old_is_replaced_without_losing_a_picture() {
    fn challenge(request: &Request) -> String {
        // A new nonce every third request, announced as the norm has it.
        let stale = if request.number > 0 { ", stale=true" } else { "" };
        format!("Digest realm=\"cam\", qop=\"auth\", nonce=\"n{}\"{stale}", (request.number + 1) / 3)
    }
    fn right(request: &Request) -> bool {
        let current = format!("Digest realm=\"cam\", qop=\"auth\", nonce=\"n{}\"", request.number / 3);
        is_right(request, &current, "hunter2")
    }
    let (_folder, file) = password("hunter2\n");
    let camera = camera(challenge, right);
    let mut source = opened(&at_speed(&camera, &file));
    (0..10).for_each(|_| drop(next(source.as_mut())));
    assert_eq!(source.tally().damaged, 0);
}

#[test]
fn old_cameras_and_basic_logins_are_served_and_digest_is_preferred() {
    const OLD: &str = "Digest realm=\"cam\", nonce=\"n1\"";
    let (_folder, file) = password("hunter2\n");
    let old = camera(|_| OLD.to_owned(), |request| is_right(request, OLD, "hunter2"));
    next(opened(&at_speed(&old, &file)).as_mut());

    // "admin:hunter2"
    let right = |request: &Request| request.authorization.as_deref() == Some("Basic YWRtaW46aHVudGVyMg==");
    let basic = camera(|_| "Basic realm=\"cam\"".to_owned(), right);
    next(opened(&at_speed(&basic, &file)).as_mut());

    let both = camera(|_| format!("Basic realm=\"cam\", {DIGEST}"), |request| is_right(request, DIGEST, "hunter2"));
    next(opened(&at_speed(&both, &file)).as_mut());
}

#[test]
fn a_wrong_password_is_tried_once_and_a_changed_one_counts_at_the_next_attempt() {
    let (_folder, file) = password("wrong-one\n");
    let camera = camera(|_| DIGEST.to_owned(), |request| is_right(request, DIGEST, "hunter2"));
    let error = error_of(&at_speed(&camera, &file));
    assert!(error.to_string().contains("refuses the login of user admin; check the user and the password"), "{error}");
    assert!(!format!("{error} {error:?}").contains("wrong-one"), "{error:?}");
    assert_eq!(camera.requests().len(), 2, "cameras lock users out");
    fs::write(&file, "hunter2\n").unwrap();
    next(opened(&at_speed(&camera, &file)).as_mut());
}

#[test]
fn a_password_that_is_gone_and_a_login_that_is_not_supported_are_told() {
    let (_folder, file) = password("hunter2\n");
    let camera = camera(|_| "Negotiate".to_owned(), |_| false);
    let error = error_of(&at_speed(&camera, &file)).to_string();
    assert!(error.contains("asks for a login in a way that is not supported"), "{error}");
    fs::remove_file(&file).unwrap();
    let error = error_of(&at_speed(&camera, &file));
    assert!(matches!(error, SourceError::Password { .. }), "{error}");
}

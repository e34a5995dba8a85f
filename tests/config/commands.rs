//! `gatelpr config`, as it is run.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use gatelpr::config::Config;

use super::{GOOD, folder, snapshot};

/// `gatelpr config ARGUMENTS` in `folder`, told `answers`.
fn config(folder: &Path, arguments: &[&str], answers: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_gatelpr"))
        .arg("config")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program is there");
    let mut stdin = child.stdin.take().expect("it is piped");
    // It may have ended without listening.
    drop(stdin.write_all(answers.as_bytes()));
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_few_answers_make_a_config_that_checks_with_passwords_in_files_of_their_own() {
    let folder = folder();
    // Wrong answers are asked again; an empty line takes what is usual.
    let answers = "Hữu Nghị\nhuu-nghi\n\nbroker.example\nmaybe\nno\n70000\n\ngate-1\ngeheim\n\
                   rtsp://gate:geheim@192.0.2.10/s\nrtsp://192.0.2.10/s\nadmin\ngeheim2\nin-1\nout\n";
    let output = config(folder.path(), &["init", "gate.toml", "--gate", "g2"], answers);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(said.contains("`name` in [site] must be") && said.contains("answer yes or no"), "{said}");
    assert!(
        said.contains("a whole number from 1 to 65535") && said.contains("there is a login in this address"),
        "{said}"
    );
    assert!(said.contains("gatelpr check --probe gate.toml") && !said.contains("geheim"), "{said}");
    let file = folder.path().join("gate.toml");
    let written = fs::read_to_string(&file).expect("it is written");
    assert!(!written.contains("geheim"), "{written}");
    let config = Config::load(&file).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((config.site.name.as_str(), config.site.gate.as_str()), ("huu-nghi", "g2"));
    for (name, password) in [("mqtt-password", "geheim\n"), ("camera-password", "geheim2\n")] {
        let path = folder.path().join(name);
        assert_eq!(fs::read_to_string(&path).expect("it is written"), password);
        assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    }
    snapshot("init", &written);
}

#[test]
fn a_config_that_is_there_stays_unless_it_is_said_otherwise() {
    let folder = folder();
    let arguments = ["init", "gate.toml", "--quiet", "--camera", "clip.mp4"];
    fs::write(folder.path().join("gate.toml"), "mine").expect("a file");
    let output = config(folder.path(), &arguments, "");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is there already: --force replaces it"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(folder.path().join("gate.toml")).expect("a file"), "mine");
    let output = config(folder.path(), &[&arguments[..], &["--force"]].concat(), "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(Config::load(&folder.path().join("gate.toml")).is_ok());
}

#[test]
fn nothing_is_written_when_nobody_answers_or_an_argument_is_wrong() {
    let folder = folder();
    let output = config(folder.path(), &["init", "gate.toml"], "my-site\ng1\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nobody answers: Broker"), "{}", text(&output.stderr));
    let output = config(folder.path(), &["init", "gate.toml", "--quiet", "--camera", "away.mp4"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--camera away.mp4: `path` in [camera.source.video] must be"));
    let output = config(folder.path(), &["init", "away/gate.toml", "--quiet"], "");
    assert!(text(&output.stderr).contains("there is no folder"), "{}", text(&output.stderr));
    assert!(!folder.path().join("gate.toml").exists() && !folder.path().join("mqtt-password").exists());
}

#[test]
fn the_config_in_effect_is_shown_and_is_the_same_config() {
    let folder = folder();
    let (file, shown) = (folder.path().join("gate.toml"), folder.path().join("uploads/shown.toml"));
    fs::write(&file, GOOD).expect("a file");
    let output = config(folder.path(), &["show", "--config", "gate.toml"], "");
    assert!(output.status.success(), "{}", text(&output.stderr));
    fs::write(&shown, &output.stdout).expect("a file");
    let config = |path: &Path| Config::load(path).unwrap_or_else(|problems| panic!("{problems}"));
    let (one, other) = (config(&file), config(&shown));
    assert_eq!((one.site, one.mqtt, one.outbox), (other.site, other.mqtt, other.outbox));
    assert_eq!((one.inference, one.cameras, one.lanes), (other.inference, other.cameras, other.lanes));
    snapshot("shown", &text(&output.stdout).replace(&format!("{}/", folder.path().display()), "/here/"));
}

#[test]
fn a_config_with_problems_is_not_shown_but_its_problems_are() {
    let folder = folder();
    fs::write(folder.path().join("gate.toml"), "").expect("a file");
    let output = config(folder.path(), &["show", "gate.toml"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty() && text(&output.stderr).contains("the file has no [site]"));
}

#[test]
fn the_reference_is_printed_as_it_is() {
    let output = config(Path::new("/"), &["reference"], "");
    assert_eq!(text(&output.stdout), super::REFERENCE);
}

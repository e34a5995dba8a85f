//! Who may read secrets, and who may change the config.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::finding::Opinion;
use super::patient::Patient;
use super::secrets::{self, Secret};
use crate::config::Config;
use crate::login::PasswordPlace;

/// Everybody on this computer may read.
const ALL_READ: u32 = 0o004;
/// The group, or everybody, may write.
const OTHERS_WRITE: u32 = 0o022;

/// A file and who may do what with it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    what: String,
    path: PathBuf,
    mode: u32,
    is_secret: bool,
}

pub(super) fn look(patient: &Patient, config: &Config) -> Vec<Opinion> {
    let of_secret = |secret: &Secret| match &secret.place {
        PasswordPlace::File(path) => facts(&secret.what, path, true),
        // systemd and the environment show them to the service alone.
        PasswordPlace::Variable(_) | PasswordPlace::Credential(_) => None,
    };
    let secrets = secrets::all(config);
    let files: Vec<Facts> =
        secrets.iter().filter_map(of_secret).chain(facts("the config", &patient.path, false)).collect();
    judge(&files)
}

/// None where the file cannot be seen; whoever needs it says so.
fn facts(what: &str, path: &Path, is_secret: bool) -> Option<Facts> {
    let mode = fs::metadata(path).ok()?.permissions().mode();
    Some(Facts { what: what.to_owned(), path: path.to_owned(), mode, is_secret })
}

fn judge(files: &[Facts]) -> Vec<Opinion> {
    let mut opinions: Vec<Opinion> = files.iter().filter_map(judge_file).collect();
    if opinions.is_empty() {
        let secrets = files.iter().filter(|file| file.is_secret).count();
        opinions.push(Opinion::good(format!(
            "nobody else may read the files with secrets ({secrets}) or change the config"
        )));
    }
    opinions
}

fn judge_file(file: &Facts) -> Option<Opinion> {
    let (what, path) = (&file.what, file.path.display());
    if file.is_secret && file.mode & ALL_READ != 0 {
        let remedy = format!("chmod 600 {path}, see that the service may still read it, and change the secret");
        return Some(Opinion::bad(format!("everybody on this computer may read {what}, in {path}"), remedy));
    }
    if file.mode & OTHERS_WRITE != 0 {
        let remedy = format!("chmod go-w {path}");
        return Some(Opinion::bad(format!("others than its owner may change {what}, in {path}"), remedy));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mode: u32, is_secret: bool, expect: Option<&str>) {
        let what = if is_secret { "the password of the broker" } else { "the config" };
        let file = Facts { what: what.into(), path: "/etc/gatelpr/x".into(), mode, is_secret };
        let found = judge_file(&file);
        match (expect, &found) {
            (None, None) => {}
            (Some(expect), Some(opinion)) if opinion.what.contains(expect) => {}
            _ => panic!("{found:?}"),
        }
    }

    #[test]
    fn secrets_that_others_read_and_files_that_others_change_are_told() {
        check(0o100_600, true, None);
        check(0o100_640, true, None);
        check(0o100_644, true, Some("everybody on this computer may read the password of the broker"));
        check(0o100_660, true, Some("others than its owner may change"));
        check(0o100_644, false, None);
        check(0o100_666, false, Some("others than its owner may change the config"));
        assert!(judge(&[])[0].what.contains("nobody else"));
    }
}

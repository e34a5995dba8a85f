//! The login at the broker: the user in the file, the password elsewhere.
//!
//! Not here: a password that is kept. It is read when delivery starts, and once before, to see that it can be.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::PathBuf;

use super::files;
use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value, text};
use crate::publish::{Credentials, Secret};

/// Who logs in, and where the password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    password: Option<PasswordPlace>,
}

/// Where the password is kept: never in the config file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum PasswordPlace {
    /// In a file, which holds nothing else.
    File(PathBuf),
    /// In an environment variable.
    Variable(String),
}

/// Why a password that could be read when the config was checked cannot be read any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the password from {place} (`{key}` in [mqtt]): {why}")]
pub struct PasswordError {
    /// The key of the config that says where it is.
    pub key: &'static str,
    /// The file or the variable.
    pub place: String,
    /// The reason, for the operator.
    pub why: String,
}

impl Login {
    /// Whether there is a password at all.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// User and password, read now. A user without a password has an empty one: brokers that know a gate by its user
    /// name alone do not look at it.
    ///
    /// # Errors
    /// [`PasswordError`] when the file cannot be read, the variable is not set, or either is empty or not UTF-8.
    pub fn credentials(&self) -> Result<Credentials, PasswordError> {
        let password = match &self.password {
            Some(place) => place.read().map_err(|why| place.error(why))?,
            None => Secret::new(String::new()),
        };
        Ok(Credentials { user: self.user.clone(), password })
    }

    pub(super) fn read(table: &Table<'_>) -> Option<Self> {
        let not_empty = |text: &str| (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned());
        let user = table.optional("username", text("the user's name, not empty", not_empty));
        let file = table.optional("password_file", |value| password_file(table, value));
        let variable = table.optional("password_env", password_variable);
        note_unless_one_password_of_a_user(table);
        Some(Self { user: user?, password: file.or(variable) })
    }
}

impl PasswordPlace {
    /// The file's text without the line feed at its end, or the variable's value; or why there is none.
    fn read(&self) -> Result<Secret, String> {
        let password = match self {
            Self::File(path) => {
                let text = fs::read_to_string(path).map_err(|error| files::in_words(&error))?;
                text.trim_end_matches(['\n', '\r']).to_owned()
            }
            Self::Variable(name) => value_of(env::var_os(name))?,
        };
        if password.is_empty() { Err("it is empty".to_owned()) } else { Ok(Secret::new(password)) }
    }

    fn error(&self, why: String) -> PasswordError {
        let key = match self {
            Self::File(_) => "password_file",
            Self::Variable(_) => "password_env",
        };
        PasswordError { key, place: self.to_string(), why }
    }
}

impl fmt::Display for PasswordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
        }
    }
}

/// Not [`env::var`]: its error shows the value.
fn value_of(variable: Option<OsString>) -> Result<String, String> {
    let value = variable.ok_or("this variable is not set")?;
    value.into_string().map_err(|_secret| "its value is not UTF-8".to_owned())
}

fn note_unless_one_password_of_a_user(table: &Table<'_>) {
    let (in_file, in_variable) = (table.find("password_file"), table.find("password_env"));
    if let (Some(one), Some(other)) = (in_file, in_variable) {
        let problem = Problem::at(other.span(), "the password is given twice").label("remove one of the two");
        table.note(problem.related(one.span(), "it is in this file too"));
    }
    if let (Some(password), None) = (in_file.or(in_variable), table.find("username")) {
        let problem = Problem::at(password.span(), "a password needs a `username`").label("whose password is this?");
        table.note(problem.help("for example: username = \"gate-g1\""));
    }
}

/// A file from which the password can be read now.
fn password_file(table: &Table<'_>, value: &Value<'_>) -> Result<PasswordPlace, Mismatch> {
    const EXPECTED: &str = "a file that holds the password and nothing else";
    let written = value.get_ref().as_str().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let path = table.resolve(written);
    let help = format!("looked for {}", path.display());
    readable(PasswordPlace::File(path), value, EXPECTED).map_err(|mismatch| mismatch.help(help))
}

/// A variable from which the password can be read now.
fn password_variable(value: &Value<'_>) -> Result<PasswordPlace, Mismatch> {
    const EXPECTED: &str = "the name of an environment variable that holds the password";
    // What the system's functions refuse to look up.
    let possible = |name: &&str| !name.is_empty() && !name.contains(['=', '\0']);
    let written = value.get_ref().as_str().filter(possible).ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let help = "the service gets it from its unit: systemctl edit gatelpr";
    let place = PasswordPlace::Variable(written.to_owned());
    readable(place, value, EXPECTED).map_err(|mismatch| mismatch.help(help))
}

fn readable(place: PasswordPlace, value: &Value<'_>, expected: &str) -> Result<PasswordPlace, Mismatch> {
    match place.read() {
        Ok(_) => Ok(place),
        Err(why) => Err(Mismatch::finding(value, expected, why)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn with_file(path: PathBuf) -> Login {
        Login { user: "gate-g1".into(), password: Some(PasswordPlace::File(path)) }
    }

    #[test]
    fn the_password_is_the_files_text_at_the_time_without_its_last_line_feed() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("mqtt-password");
        for (text, password) in [("old\n", "old"), (" new pass \r\n", " new pass ")] {
            fs::write(&path, text).expect("the file can be written");
            let credentials = with_file(path.clone()).credentials().expect("the password can be read");
            assert_eq!((credentials.user.as_str(), credentials.password.expose()), ("gate-g1", password));
        }
    }

    #[test]
    fn a_password_that_is_gone_is_told_with_its_key_and_place() {
        let error = with_file("/nowhere/mqtt-password".into()).credentials().expect_err("there is no such file");
        let told =
            "cannot read the password from /nowhere/mqtt-password (`password_file` in [mqtt]): this does not exist";
        assert_eq!(error.to_string(), told);
        let variable = Some(PasswordPlace::Variable("GATELPR_NOT_SET".into()));
        let error = Login { user: "g".into(), password: variable }.credentials().expect_err("it is not set");
        assert_eq!((error.key, error.why.as_str()), ("password_env", "this variable is not set"));
    }

    #[test]
    fn a_variable_that_is_no_text_is_refused_without_showing_it() {
        let refused = value_of(Some(OsString::from_vec(b"geheim\xff".to_vec())));
        assert_eq!(refused, Err("its value is not UTF-8".to_owned()));
    }

    #[test]
    fn a_user_without_a_password_has_an_empty_one() {
        let credentials = Login { user: "token".into(), password: None }.credentials().expect("nothing is read");
        assert_eq!(credentials.password.expose(), "");
    }
}

//! Logins at cameras and brokers: who logs in, and where the password is kept. It is never kept here: it is read when it
//! is needed, so that a new one counts at the next connection, and a text that is a password is never printed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fmt, fs, io};

/// Who logs in, and where the password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// Where the password is, if there is one.
    pub password: Option<PasswordPlace>,
}

/// Where a password is kept: never in the config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordPlace {
    /// In a file, which holds nothing else.
    File(PathBuf),
    /// In an environment variable.
    Variable(String),
    /// In a credential of this name that systemd hands to the service (`LoadCredential=`).
    Credential(String),
}

/// User and password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a password that could be read when the config was checked cannot be read any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the password of user {user} from {place}: {why}; `{key}` in the config says where it is")]
pub struct PasswordError {
    /// Whose password.
    pub user: String,
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

    /// User and password, read now. A user without a password has an empty one: some brokers and cameras know a user by
    /// the name alone.
    ///
    /// # Errors
    /// [`PasswordError`] when the file cannot be read, the variable is not set, or either is empty or not UTF-8.
    pub fn credentials(&self) -> Result<Credentials, PasswordError> {
        let password = match &self.password {
            Some(place) => place.read().map_err(|why| self.error(place, why))?,
            None => Secret::new(String::new()),
        };
        Ok(Credentials { user: self.user.clone(), password })
    }

    fn error(&self, place: &PasswordPlace, why: String) -> PasswordError {
        let key = match place {
            PasswordPlace::File(_) => "password_file",
            PasswordPlace::Variable(_) => "password_env",
            PasswordPlace::Credential(_) => "password_credential",
        };
        PasswordError { user: self.user.clone(), key, place: place.to_string(), why }
    }
}

impl PasswordPlace {
    /// The file's text without the line feed at its end, or the variable's value.
    ///
    /// # Errors
    /// Why there is none, in words for the operator.
    pub fn read(&self) -> Result<Secret, String> {
        let password = match self {
            Self::File(path) => text_of(path)?,
            Self::Variable(name) => value_of(env::var_os(name))?,
            Self::Credential(name) => text_of(&credential_in(env::var_os(CREDENTIALS), name)?)?,
        };
        if password.is_empty() { Err("it is empty".to_owned()) } else { Ok(Secret::new(password)) }
    }
}

impl fmt::Display for PasswordPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Variable(name) => write!(f, "the environment variable {name}"),
            Self::Credential(name) => write!(f, "the systemd credential {name}"),
        }
    }
}

impl Secret {
    /// Keeps `text` from being printed.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where systemd tells a service in which folder its credentials are.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

fn credential_in(folder: Option<OsString>, name: &str) -> Result<PathBuf, String> {
    let folder = folder.filter(|folder| !folder.is_empty()).ok_or("no credentials were handed to this process")?;
    Ok(Path::new(&folder).join(name))
}

/// Without the line feed at its end.
fn text_of(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| in_words(&error))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Not [`env::var`]: its error shows the value.
fn value_of(variable: Option<OsString>) -> Result<String, String> {
    let value = variable.ok_or("this variable is not set")?;
    value.into_string().map_err(|_secret| "its value is not UTF-8".to_owned())
}

/// Why a path could not be used, in the words of an operator.
#[must_use]
pub fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "this does not exist".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        io::ErrorKind::NotADirectory => "a part of this path is no folder".to_owned(),
        _ => error.to_string(),
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
    fn a_password_is_never_printed() {
        let credentials = Credentials { user: "gate".into(), password: Secret::new("hunter2".into()) };
        let printed = format!("{credentials:?}");
        assert!(!printed.contains("hunter2") && printed.contains("***"), "{printed}");
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
        let told = "cannot read the password of user gate-g1 from /nowhere/mqtt-password: this does not exist; \
                    `password_file` in the config says where it is";
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
    fn a_credential_is_a_file_in_the_folder_that_systemd_names() {
        assert_eq!(credential_in(Some("/run/c".into()), "mqtt"), Ok(PathBuf::from("/run/c/mqtt")));
        for none in [None, Some(OsString::new())] {
            assert_eq!(credential_in(none, "mqtt"), Err("no credentials were handed to this process".to_owned()));
        }
    }

    #[test]
    fn a_user_without_a_password_has_an_empty_one() {
        let credentials = Login { user: "token".into(), password: None }.credentials().expect("nothing is read");
        assert_eq!(credentials.password.expose(), "");
    }
}

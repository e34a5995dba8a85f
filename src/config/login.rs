//! A login in the file: the user here, the password elsewhere. It is read once, to see that it can be.

use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value, text};
use crate::login::{Login, PasswordPlace};

/// The keys that say where a password is, of which there may be one.
const PLACES: [&str; 3] = ["password_file", "password_env", "password_credential"];

/// The keys `username` and one of [`PLACES`] in `table`.
pub(super) fn login(table: &Table<'_>) -> Option<Login> {
    let not_empty = |text: &str| (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned());
    let user = table.optional("username", text("the user's name, not empty", not_empty));
    let file = table.optional("password_file", |value| password_file(table, value));
    let variable = table.optional("password_env", password_variable);
    let credential = table.optional("password_credential", password_credential);
    note_unless_one_password_of_a_user(table);
    Some(Login { user: user?, password: file.or(variable).or(credential) })
}

fn note_unless_one_password_of_a_user(table: &Table<'_>) {
    let given: Vec<&Value<'_>> = PLACES.iter().filter_map(|key| table.find(key)).collect();
    if let [one, .., other] = given.as_slice() {
        let times = if given.len() == 2 { "twice" } else { "three times" };
        let problem = Problem::at(other.span(), format!("the password is given {times}")).label("keep one of them");
        table.note(problem.related(one.span(), "it is in this place too"));
    }
    if let (Some(password), None) = (given.first(), table.find("username")) {
        let problem = Problem::at(password.span(), "a password needs a `username`").label("whose password is this?");
        table.note(problem.help("for example: username = \"gate-g1\""));
    }
}

/// A file from which the password can be read now.
pub(super) fn password_file(table: &Table<'_>, value: &Value<'_>) -> Result<PasswordPlace, Mismatch> {
    const EXPECTED: &str = "a file that holds the password and nothing else";
    let written = value.get_ref().as_str().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let path = table.resolve(written);
    let help = format!("looked for {}", path.display());
    readable(PasswordPlace::File(path), value, EXPECTED).map_err(|mismatch| mismatch.help(help))
}

/// A variable from which the password can be read now.
pub(super) fn password_variable(value: &Value<'_>) -> Result<PasswordPlace, Mismatch> {
    const EXPECTED: &str = "the name of an environment variable that holds the password";
    // What the system's functions refuse to look up.
    let possible = |name: &&str| !name.is_empty() && !name.contains(['=', '\0']);
    let written = value.get_ref().as_str().filter(possible).ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let help = "the service gets it from its unit: systemctl edit gatelpr";
    let place = PasswordPlace::Variable(written.to_owned());
    readable(place, value, EXPECTED).map_err(|mismatch| mismatch.help(help))
}

/// A credential that systemd hands to the service, from which the password can be read now.
fn password_credential(value: &Value<'_>) -> Result<PasswordPlace, Mismatch> {
    const EXPECTED: &str = "the name of a systemd credential that holds the password";
    let possible = |name: &&str| !name.is_empty() && !matches!(*name, "." | "..") && !name.contains(['/', '\0']);
    let written = value.get_ref().as_str().filter(possible).ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let help = format!(
        "the service gets it from its unit: LoadCredential={written}:FILE; to check by hand, set CREDENTIALS_DIRECTORY to \
         the folder of a file of this name"
    );
    readable(PasswordPlace::Credential(written.to_owned()), value, EXPECTED).map_err(|mismatch| mismatch.help(help))
}

fn readable(place: PasswordPlace, value: &Value<'_>, expected: &str) -> Result<PasswordPlace, Mismatch> {
    match place.read() {
        Ok(_) => Ok(place),
        Err(why) => Err(Mismatch::finding(value, expected, why)),
    }
}

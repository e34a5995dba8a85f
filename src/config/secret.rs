//! A secret that is no password of a user: where it is, and whether what is there is fit. It is read once, to see that it can be.

use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value};
use crate::login::PasswordPlace;

/// What is expected of a secret.
pub(super) struct Wanted {
    /// The key that names a file.
    pub(super) file: &'static str,
    /// The key that names an environment variable.
    pub(super) variable: &'static str,
    /// The key that names a systemd credential.
    pub(super) credential: &'static str,
    /// What it is, such as "the webhook's secret".
    pub(super) what: &'static str,
    /// What is wrong with a text that is not fit, in words that do not show it.
    pub(super) fault: fn(&str) -> Option<String>,
    /// How to make one.
    pub(super) help: &'static str,
}

impl Wanted {
    fn keys(&self) -> [&'static str; 3] {
        [self.file, self.variable, self.credential]
    }
}

/// Where the secret is that `table` must name, in one of three ways. `None` once a problem is noted.
pub(super) fn secret(table: &Table<'_>, wanted: &Wanted) -> Option<PasswordPlace> {
    let keys = wanted.keys();
    if keys.iter().all(|key| table.find(key).is_none()) {
        let label = format!("this needs a `{}`, a `{}` or a `{}`", keys[0], keys[1], keys[2]);
        table.note(Problem::at(table.place(), format!("{} is missing", wanted.what)).label(label).help(wanted.help));
    }
    optional_secret(table, wanted)
}

/// Where the secret is that `table` may name, in one of three ways. `None` when it does not, or once a problem is noted.
pub(super) fn optional_secret(table: &Table<'_>, wanted: &Wanted) -> Option<PasswordPlace> {
    let file = table.optional(wanted.file, |value| {
        let place = |text: &str| PasswordPlace::File(table.resolve(text));
        fit(value, wanted, &format!("a file that holds {} and nothing else", wanted.what), place)
    });
    let variable = table.optional(wanted.variable, |value| {
        let expected = format!("the name of an environment variable that holds {}", wanted.what);
        fit(value, wanted, &expected, |text| PasswordPlace::Variable(text.to_owned()))
    });
    let credential = table.optional(wanted.credential, |value| {
        let expected = format!("the name of a systemd credential that holds {}", wanted.what);
        fit(value, wanted, &expected, |text| PasswordPlace::Credential(text.to_owned()))
    });
    let given: Vec<&Value<'_>> = wanted.keys().iter().filter_map(|key| table.find(key)).collect();
    if let [one, .., other] = given.as_slice() {
        let problem = Problem::at(other.span(), format!("{} is given more than once", wanted.what));
        table.note(problem.label("keep one of them").related(one.span(), "it is in this place too"));
    }
    file.or(variable).or(credential)
}

fn fit(
    value: &Value<'_>,
    wanted: &Wanted,
    expected: &str,
    place: impl Fn(&str) -> PasswordPlace,
) -> Result<PasswordPlace, Mismatch> {
    // What the system's functions refuse to look up.
    let possible = |text: &&str| !text.is_empty() && !text.contains('\0') && !text.contains('=');
    let written = value.get_ref().as_str().filter(possible).ok_or_else(|| Mismatch::new(value, expected))?;
    let place = place(written);
    let looked_for = format!("looked for {place}");
    let finding = |why: String, help: &str| Mismatch::finding(value, expected, why).help(help);
    match place.read() {
        Err(why) => Err(finding(why, &looked_for)),
        Ok(text) => match (wanted.fault)(text.expose()) {
            Some(why) => Err(finding(why, wanted.help)),
            None => Ok(place),
        },
    }
}

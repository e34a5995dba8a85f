//! A problem as text: title, place, the line with a caret below it, help. Passwords never reach the text.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::problem::Problem;

/// More problems than this in one file are counted, not shown: nobody reads them, and the first explain the rest.
pub(super) const MOST_SHOWN: usize = 50;

/// `problem` as plain text, without a line feed at the end.
pub(super) fn plain(problem: &Problem, file: &str, source: &str) -> String {
    let title = Level::ERROR.primary_title(problem.title.as_str());
    let helps = problem.help.iter().map(|help| Level::HELP.message(help.as_str()));
    let group = match &problem.place {
        Some((place, label)) => {
            let mark = AnnotationKind::Primary.span(within(source, place)).label(label.as_str());
            let related = problem
                .related
                .iter()
                .map(|(place, label)| AnnotationKind::Context.span(within(source, place)).label(label.as_str()));
            title.element(Snippet::source(source).path(file).annotation(mark).annotations(related))
        }
        None => title.element(annotate_snippets::Origin::path(file)),
    };
    Renderer::plain().render(&[group.elements(helps)])
}

/// `place` cut down to `source` and to whole characters; the renderer insists on both.
fn within(source: &str, place: &Range<usize>) -> Range<usize> {
    let start = up_to(source, place.start).len();
    start..up_to(source, place.end).len().max(start)
}

/// The beginning of `source` up to the byte `end`, or a little before it where `end` is inside a character.
pub(super) fn up_to(source: &str, end: usize) -> &str {
    &source[..source.floor_char_boundary(end)]
}

/// `source` with every password replaced by asterisks, byte for byte: what stands right of a password's key, to the end
/// of the line or of a text of several lines, and logins in addresses.
pub(super) fn without_secrets(source: &str) -> String {
    let mut open_quotes = None;
    source.split_inclusive('\n').map(|line| masked(line, &mut open_quotes)).collect()
}

/// `open_quotes` are those of a password that began on a line before and goes on.
fn masked(line: &str, open_quotes: &mut Option<&'static str>) -> String {
    if let Some(quotes) = *open_quotes {
        if line.contains(quotes) {
            *open_quotes = None;
        }
        return hidden(line);
    }
    let Some(value) = line.match_indices('=').map(|(at, _)| at).find(|at| names_a_secret(&line[..*at])) else {
        return without_login(line);
    };
    let (shown, secret) = line.split_at(value + 1);
    let unclosed = |quotes: &&str| secret.matches(*quotes).count() % 2 == 1;
    *open_quotes = ["\"\"\"", "'''"].into_iter().find(unclosed);
    shown.to_owned() + &hidden(secret)
}

/// `mqtt://user:password@host` without user and password.
fn without_login(line: &str) -> String {
    let Some((before, after)) = line.split_once("://") else { return line.to_owned() };
    let address = after.split(['"', '\'']).next().unwrap_or_default();
    let Some(at) = address.rfind('@') else { return line.to_owned() };
    let (login, rest) = after.split_at(at);
    format!("{before}://{}{rest}", hidden(login))
}

/// Asterisks of the same length in bytes; white space stays, and with it the lines.
fn hidden(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { c.to_string() } else { "*".repeat(c.len_utf8()) }).collect()
}

/// Whether `text`, which stands before an equals sign, ends in a key that holds a secret, perhaps misspelt.
fn names_a_secret(text: &str) -> bool {
    let is_key_character = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    let start = text.char_indices().rev().take_while(|(_, c)| is_key_character(*c)).last();
    let key = start.map_or("", |(at, _)| &text[at..]).to_lowercase();
    is_password_key(&key)
}

/// Whether `key` is a password's, perhaps misspelt; `password_file` and `password_env` are not.
pub(super) fn is_password_key(key: &str) -> bool {
    let known = ["pass", "passwd", "pwd", "passphrase", "passcode", "secret", "token"];
    let alike = strsim::normalized_damerau_levenshtein(key, "password") >= 0.7;
    alike || known.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_masked_however_its_key_is_written_and_nothing_else_is() {
        let check = |line: &str, expect: &str| {
            assert_eq!(without_secrets(line), expect);
            assert_eq!(expect.len(), line.len(), "places in the file stay valid");
        };
        check("password = \"geheim\"\n", "password = ********\n");
        check("  \"pasword\"='tối mật'", "  \"pasword\"=****** ******");
        check("mqtt = { host = \"a\", password = \"b\" }", "mqtt = { host = \"a\", password = *** *");
        check("mqtt.passwd = 1", "mqtt.passwd = *");
        check("password_file = \"secret\"", "password_file = \"secret\"");
        check("password_env = \"NAME\"", "password_env = \"NAME\"");
        check("password = \"\"\"\na=1\nb\"\"\"\nport = 1", "password = ***\n***\n****\nport = 1");
        check("host = \"mqtt://a:b@c\"", "host = \"mqtt://***@c\"");
        check("host = \"password\"", "host = \"password\"");
    }

    #[test]
    fn a_place_inside_a_character_or_behind_the_end_is_moved_to_one_that_exists() {
        assert_eq!(within("đ", &(1..9)), 0..2);
        assert_eq!(within("", &(5..7)), 0..0);
    }
}

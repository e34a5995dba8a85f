//! Texts cut into words, and what is known of a word by its form: addresses, named secrets, network addresses of devices.

use std::collections::HashSet;

/// Letters and digits, perhaps with a sign between them as plates have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    /// In bytes.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Names behind which a secret stands.
const SECRET_NAMES: [&str; 8] = ["password", "passwd", "pass", "pwd", "secret", "token", "bearer", "basic"];

/// The words of a text, in order.
pub(super) fn of(text: &str) -> Vec<Word<'_>> {
    let is_joint = |c: char| matches!(c, '-' | '.' | '·' | '•');
    let mut words = Vec::new();
    let mut start = None;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let after = at + c.len_utf8();
        if c.is_alphanumeric() {
            start = start.or(Some(at));
            end = after;
        } else if !(is_joint(c) && end == at && text[after..].starts_with(char::is_alphanumeric))
            && let Some(start) = start.take()
        {
            words.push(Word { text: &text[start..end], start, end });
        } else if is_joint(c) {
            end = after;
        }
    }
    words.extend(start.map(|start| Word { text: &text[start..end], start, end }));
    words
}

/// A date, a time's seconds, or both as far as the first colon: `2026-11-24T12`, `00.123Z`.
pub(super) fn is_time(word: &str) -> bool {
    let form: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let seconds = form
        .strip_suffix('Z')
        .is_some_and(|seconds| seconds.starts_with("00") && !seconds.contains(char::is_alphabetic));
    matches!(form.as_str(), "0000-00-00" | "0000-00-00T00") || seconds
}

/// `rtsp://user:password@host:port/path?query` becomes `rtsp://host:port/...`: a path may hold a secret too.
pub(super) fn without_addresses(text: &str) -> String {
    let mut cleaned = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let end = end_of_address(after);
        let (address, next) = after.split_at(end);
        let address = address.rfind('@').map_or(address, |at| &address[at + 1..]);
        let host = address.find(['/', '?', '#']).map_or(address, |end| &address[..end]);
        cleaned.push_str(before);
        cleaned.push_str("://");
        cleaned.push_str(host);
        if address.len() > host.len() + 1 {
            cleaned.push_str("/...");
        }
        rest = next;
    }
    cleaned.push_str(rest);
    cleaned
}

/// Where the address that `text` begins with ends, in bytes. One of IPv6 has brackets of its own.
fn end_of_address(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')' | ']' | '}' | ',' | ';' | '`');
    let mut in_brackets = false;
    for (at, c) in text.char_indices() {
        match c {
            '[' => in_brackets = true,
            ']' if in_brackets => in_brackets = false,
            c if ends(c) => return at,
            _ => {}
        }
    }
    text.len()
}

/// `password=x`, `"token": "x"`, `Bearer x` without x.
pub(super) fn without_named_secrets(text: &str) -> String {
    let mut cleaned = String::new();
    let mut rest = text;
    while let Some((value, end)) = named_secret(rest) {
        cleaned.push_str(&rest[..value]);
        cleaned.push_str("[secret]");
        rest = &rest[end..];
    }
    cleaned.push_str(rest);
    cleaned
}

/// Where the first secret with a name begins and ends, in bytes.
fn named_secret(text: &str) -> Option<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let behind = |name: &str| lower.match_indices(name).find_map(|(at, _)| value(text, at, name)).into_iter();
    SECRET_NAMES.iter().flat_map(|name| behind(name)).min()
}

/// The value behind a name at `at`.
fn value(text: &str, at: usize, name: &str) -> Option<(usize, usize)> {
    let end = at + name.len();
    let is_word = |c: char| c.is_alphanumeric();
    if text[..at].ends_with(is_word) {
        return None;
    }
    let gap = text[end..].find(|c: char| !matches!(c, '=' | ':' | ' ' | '"' | '\''))?;
    let sign = &text[end..end + gap];
    // `Bearer x` needs no sign between; "a password is missing" is no secret.
    let named =
        sign.contains(['=', ':']) || (matches!(name, "bearer" | "basic") && text[at..].starts_with(char::is_uppercase));
    if gap == 0 || !named || text[end + gap..].starts_with("[secret]") {
        return None;
    }
    let value = &text[end + gap..];
    // What a header says of itself is no secret, and what follows it is one of its own.
    if ["bearer ", "basic "].iter().any(|scheme| value.to_ascii_lowercase().starts_with(scheme)) {
        return None;
    }
    let length =
        value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '&' | ',' | ';')).unwrap_or(value.len());
    Some((end + gap, end + gap + length))
}

/// Without network addresses of devices: those that are known, and everything of their form.
pub(super) fn without_devices(text: &str, known: &HashSet<String>) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '.');
    let mut cleaned = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        if length == 0 {
            let other = rest.find(is_part).unwrap_or(rest.len());
            cleaned.push_str(&rest[..other]);
            rest = &rest[other..];
            continue;
        }
        cleaned.push_str(&without_device(&rest[..length], known));
        rest = &rest[length..];
    }
    cleaned
}

/// The same of one chain of letters, digits, colons, hyphens and points.
fn without_device(chain: &str, known: &HashSet<String>) -> String {
    const HIDDEN: &str = "[device]";
    let lower = chain.to_lowercase();
    let lower = lower.trim_end_matches(['.', ':', '-']);
    let is_hexadecimal = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    let dotted: Vec<&str> = lower.split('.').collect();
    let in_three = dotted.len() == 3 && dotted.iter().all(|part| part.len() == 4 && is_hexadecimal(part));
    let in_ipv6 = lower.contains("ff:fe") && lower.split(':').all(is_hexadecimal);
    if known.iter().any(|device| lower.contains(device)) || has_six_pairs(lower) || in_three || in_ipv6 {
        return HIDDEN.to_owned() + &chain[lower.len()..];
    }
    if is_random_id(lower) {
        return chain.to_owned();
    }
    let part = |part: &str| {
        let bare = part.len() == 12 && is_hexadecimal(part) && part.chars().any(|c| c.is_ascii_digit());
        if bare { HIDDEN.to_owned() } else { part.to_owned() }
    };
    let mut cleaned = String::new();
    for piece in chain.split_inclusive([':', '-', '.']) {
        let end = piece.trim_end_matches([':', '-', '.']);
        cleaned.push_str(&part(end));
        cleaned.push_str(&piece[end.len()..]);
    }
    cleaned
}

/// Whether six pairs of hexadecimal digits stand in a row.
fn has_six_pairs(text: &str) -> bool {
    let mut pairs = 0;
    text.split([':', '-']).any(|part| {
        let is_pair = part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit());
        pairs = if is_pair { pairs + 1 } else { 0 };
        pairs == 6
    })
}

/// A UUID that is made of time and chance, not of a device's address.
pub(super) fn is_random_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && ["4", "7", "8"].iter().any(|version| parts[2].starts_with(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_may_have_single_signs_inside() {
        let words = |text| of(text).into_iter().map(|word| word.text.to_owned()).collect::<Vec<_>>();
        assert_eq!(words("a 12C-123.45, 桂F·1 x--y z."), ["a", "12C-123.45", "桂F·1", "x", "y", "z"]);
        assert_eq!(words(""), Vec::<String>::new());
    }

    #[test]
    fn times_are_no_plates() {
        for time in ["2026-11-24", "2026-11-24T12", "00.123Z", "59Z"] {
            assert!(is_time(time), "{time}");
        }
        assert!(!is_time("12C-123.45") && !is_time("51F1234Z"));
    }

    #[test]
    fn an_address_may_have_brackets() {
        assert_eq!(without_addresses("at http://[::1]:80/a, now"), "at http://[::1]:80/..., now");
        assert_eq!(without_addresses("rtsp://u:[secret]@[fe80::1]:554/ch1"), "rtsp://[fe80::1]:554/...");
    }

    #[test]
    fn only_what_stands_behind_a_name_is_a_secret() {
        let check = |text: &str, expect: &str| assert_eq!(without_named_secrets(text), expect);
        check("the password is missing", "the password is missing");
        check("a basic thing, tokens left: 3", "a basic thing, tokens left: 3");
        check("{\"token\":\"x y\"}", "{\"token\":\"[secret] y\"}");
        check("pwd=1&user=2 Basic dXNlcg==", "pwd=[secret]&user=2 Basic [secret]");
        check("password_file = \"secret-file\"", "password_file = \"secret-file\"");
    }
}

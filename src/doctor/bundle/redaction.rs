//! Takes out of texts what no support bundle may hold: secrets, logins and paths of addresses, network addresses of devices,
//! and plates. What is known to be one goes wherever it stands; besides that everything goes that looks like one.

use std::collections::HashSet;

use super::words::{self, Word};
use crate::plate::PlateText;
use crate::plate_format::{Country, identify};

/// Shorter secrets are taken out where they stand alone: inside of words they would be everywhere.
const LEAST_INSIDE: usize = 6;
/// Fewer characters, or more, are no plate.
const PLATE_LENGTHS: std::ops::RangeInclusive<usize> = 4..=12;

/// What must not be told.
#[derive(Debug, Clone, Default)]
pub(super) struct Redaction {
    /// The longest first: one may stand inside of another.
    secrets: Vec<String>,
    /// In the form of [`compact`].
    plates: HashSet<String>,
    /// Network addresses of this computer, in lower case.
    devices: HashSet<String>,
    /// Whose plates are known by their form.
    countries: Vec<Country>,
}

impl Redaction {
    /// Of plates that have the form of one of these countries, or of any as far as it can be told, and of nothing known yet.
    pub(super) fn new(listed: &[Country]) -> Self {
        let countries = [Country::Vietnam, Country::China].into_iter().chain(listed.iter().copied()).collect();
        Self { countries, ..Self::default() }
    }

    /// Takes this out wherever it stands.
    pub(super) fn add_secret(&mut self, secret: &str) {
        let secret = secret.trim();
        if !secret.is_empty() && !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_owned());
            self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// Takes this plate out, however it is written.
    pub(super) fn add_plate(&mut self, plate: &str) {
        let plate = compact(plate);
        if PLATE_LENGTHS.contains(&plate.chars().count()) && plate.chars().any(|c| c.is_ascii_digit()) {
            self.plates.insert(plate);
        }
    }

    /// Takes this network address of a device out.
    pub(super) fn add_device(&mut self, address: &str) {
        self.devices.insert(address.trim().to_lowercase());
    }

    /// `text` without all that.
    pub(super) fn clean(&self, text: &str) -> String {
        if text.contains("PRIVATE KEY-----") {
            return "[key]".to_owned();
        }
        let text = self.secrets.iter().fold(text.to_owned(), |text, secret| without(&text, secret));
        let text = words::without_named_secrets(&words::without_addresses(&text));
        let text = words::without_devices(&text, &self.devices);
        self.without_plates(&text)
    }

    /// What of it still stands in `text`, in words that do not show it.
    pub(super) fn found_in(&self, text: &str) -> Option<&'static str> {
        if self.secrets.iter().any(|secret| without(text, secret) != text) {
            return Some("a secret");
        }
        if text.contains("PRIVATE KEY-----") {
            return Some("a key");
        }
        if self.devices.iter().any(|device| text.to_lowercase().contains(device)) {
            return Some("a network address of a device");
        }
        let all = words::of(text);
        let is_known = |first| windows(text, &all, first).any(|window| self.is_known_plate(&compact(window.text)));
        (0..all.len()).any(is_known).then_some("a plate")
    }

    fn without_plates(&self, text: &str) -> String {
        let all = words::of(text);
        let mut cleaned = String::with_capacity(text.len());
        let (mut from, mut index) = (0, 0);
        while index < all.len() {
            let plate = windows(text, &all, index).find(|window| self.is_plate(window));
            if let Some(plate) = plate {
                cleaned.push_str(&text[from..plate.start]);
                cleaned.push_str("[plate]");
                from = plate.end;
            }
            index += plate.map_or(1, |plate| plate.words);
        }
        cleaned.push_str(&text[from..]);
        cleaned
    }

    fn is_known_plate(&self, compact: &str) -> bool {
        let without_country = ["VN", "CN", "XX"].iter().find_map(|country| compact.strip_prefix(country));
        self.plates.contains(compact) || without_country.is_some_and(|rest| self.plates.contains(rest))
    }

    fn is_plate(&self, window: &Window<'_>) -> bool {
        if window.words > 1 {
            let compact = compact(window.text);
            return self.is_known_plate(&compact) || window.words < MOST_WORDS && self.has_a_form(&compact);
        }
        if words::is_time(window.text) || words::is_random_id(window.text) {
            return false;
        }
        // A name may stand before it, as in `lane-12C-123.45`.
        let parts: Vec<&str> = window.text.split(|c: char| !c.is_alphanumeric()).collect();
        let runs = (0..parts.len()).flat_map(|first| (first + 1..=parts.len()).map(move |end| first..end));
        let runs = runs.filter(|run| run.len() <= MOST_PARTS).map(|run| compact(&parts[run].concat()));
        runs.into_iter().any(|run| self.is_known_plate(&run) || self.has_a_form(&run)) || looks_like_one(window.text)
    }

    /// Whether it has the form of a plate of a country whose plates are expected.
    fn has_a_form(&self, compact: &str) -> bool {
        PLATE_LENGTHS.contains(&compact.chars().count())
            && PlateText::normalised(compact)
                .filter(|text| text.as_str() == compact)
                .is_some_and(|text| identify(&text, &self.countries).is_some())
    }
}

/// Some words with a single space between them: plates are written so too.
#[derive(Debug, Clone, Copy)]
struct Window<'t> {
    text: &'t str,
    start: usize,
    end: usize,
    words: usize,
}

/// A plate has three words at most.
const MOST_WORDS: usize = 3;
/// And as many parts, with a country before them.
const MOST_PARTS: usize = 4;

/// Those that begin with the word of this index, the longest first.
fn windows<'t>(text: &'t str, all: &[Word<'t>], first: usize) -> impl Iterator<Item = Window<'t>> {
    let close = |pair: &[Word<'t>]| text[pair[0].end..pair[1].start] == *" ";
    let following = all[first..].windows(2).take(MOST_WORDS - 1).take_while(|pair| close(pair)).count();
    let window = |more: usize| {
        let (start, end) = (all[first].start, all[first + more].end);
        Window { text: &text[start..end], start, end, words: more + 1 }
    };
    let windows: Vec<Window<'t>> = (0..=following).rev().map(window).collect();
    windows.into_iter()
}

/// Characters alone, in upper case.
fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// Capital letters and three digits or more: a plate of any country, and rather too much than too little.
fn looks_like_one(word: &str) -> bool {
    let characters = || word.chars().filter(|c| c.is_alphanumeric());
    let digits = characters().filter(char::is_ascii_digit).count();
    let letters = characters().filter(|c| c.is_alphabetic()).count();
    PLATE_LENGTHS.contains(&(digits + letters))
        && digits >= 3
        && letters >= 1
        && characters().all(|c| !c.is_lowercase())
        && digits + letters >= 5
}

/// `text` without `secret`: anywhere, or as a word alone if it is short.
fn without(text: &str, secret: &str) -> String {
    const HIDDEN: &str = "[secret]";
    if secret.chars().count() >= LEAST_INSIDE {
        return text.replace(secret, HIDDEN);
    }
    let mut cleaned = String::new();
    let mut from = 0;
    for (at, _) in text.match_indices(secret) {
        let end = at + secret.len();
        let stands_alone =
            !text[..at].ends_with(char::is_alphanumeric) && !text[end..].starts_with(char::is_alphanumeric);
        if at >= from && stands_alone {
            cleaned.push_str(&text[from..at]);
            cleaned.push_str(HIDDEN);
            from = end;
        }
    }
    cleaned.push_str(&text[from..]);
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redaction() -> Redaction {
        let mut redaction = Redaction::new(&[]);
        redaction.add_secret("tối-mật-1234\n");
        redaction.add_secret("abc");
        redaction.add_plate("B TL 77 x");
        redaction.add_plate("QZ80W");
        redaction.add_device("02:42:AC:11:00:02\n");
        redaction
    }

    #[track_caller]
    fn check(text: &str, expect: &str) {
        assert_eq!(redaction().clean(text), expect);
        assert_eq!(redaction().found_in(expect), None);
    }

    #[test]
    fn secrets_go_wherever_they_stand_and_short_ones_where_they_stand_alone() {
        check("it is xtối-mật-1234x", "it is x[secret]x");
        check("abcd abc \"abc\" xabc", "abcd [secret] \"[secret]\" xabc");
        check("password=hunter2 user=gate", "password=[secret] user=gate");
        check("Authorization: Bearer eyJhbGciOi.x-y", "Authorization: Bearer [secret]");
        check("-----BEGIN PRIVATE KEY-----\nMC4C\n", "[key]");
    }

    #[test]
    fn of_addresses_host_and_port_are_left() {
        check("rtsp://admin:a@b/c@10.0.0.7:554/ch1?x=1 is away", "rtsp://10.0.0.7:554/... is away");
        check("(https://hooks.example/T00/B00)", "(https://hooks.example/...)");
        check("http://127.0.0.1:8088", "http://127.0.0.1:8088");
        check("rtsp://10.0.0.7:554/user=a_password=b.sdp", "rtsp://10.0.0.7:554/...");
        check("rtsp://admin:abc@10.0.0.7:554/password=x.sdp is away", "rtsp://10.0.0.7:554/... is away");
    }

    #[test]
    fn network_addresses_of_devices_go_in_every_form() {
        check("eth0 02:42:ac:11:00:02 up", "eth0 [device] up");
        check("00-11-22-33-44-5F, 0011.2233.445f", "[device], [device]");
        check("axis-accc8e012345 fe80::42:acff:fe11:2%eth0", "axis-[device] [device]%eth0");
        check("boot 01936a3e-0000-7000-8000-0242ac110002", "boot 01936a3e-0000-7000-8000-0242ac110002");
        check("at 12:34:56 of 2026-11-24", "at 12:34:56 of 2026-11-24");
    }

    #[test]
    fn plates_go_however_they_are_written() {
        for plate in [
            "12C-123.45",
            "12c12345",
            "VN-12C12345",
            "桂F·12345",
            "桂F12345",
            "51F 123.45",
            "AB123CD",
            "B-TL 77X",
            "qz 80 w",
        ] {
            let cleaned = redaction().clean(&format!("passage of {plate}, in lane in-2"));
            assert_eq!(cleaned, "passage of [plate], in lane in-2", "{plate}");
        }
        check("snapshot of in-2-12C-123.45", "snapshot of [plate]");
    }

    #[test]
    fn what_helps_is_left() {
        let text = "2026-11-24T12:00:00.123Z H.264 1920x1080 in-2-front ppocr-v4-det libonnxruntime.so.1.32.0 \
                    sha256:9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c 2026-11-24T12:00:00+0000";
        check(text, text);
    }

    proptest::proptest! {
        #[test]
        fn whatever_stands_around_it_nothing_is_left(
            before in ".{0,40}", between in "[ ,:=/@\"-]{1,3}", after in ".{0,40}",
        ) {
            for planted in ["tối-mật-1234", "12C-123.45", "桂F12345", "02:42:ac:11:00:02"] {
                let cleaned = redaction().clean(&format!("{before}{between}{planted} {after}"));
                proptest::prop_assert!(!cleaned.contains(planted), "{}", cleaned);
                proptest::prop_assert_eq!(redaction().found_in(&cleaned), None);
            }
        }
    }
}

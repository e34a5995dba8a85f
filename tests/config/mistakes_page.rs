//! `docs/config-mistakes.md`: what operators get wrong, and what they are told, from the same mistakes as the snapshots.

use std::fmt::Write as _;
use std::path::Path;

use super::{GOOD, all_mistakes, refusal};

/// Forty mistakes, each with what went wrong in the operator's words.
const PAGE: [(&str, &str); 40] = [
    ("misspelt_key", "A key is misspelt"),
    ("key_without_its_unit", "A key has another name"),
    ("key_of_another_table", "A key stands in the wrong table"),
    ("misspelt_table", "A table is misspelt"),
    ("missing_key", "A key is missing"),
    ("number_as_text", "A number stands in quotes"),
    ("number_out_of_range", "A number is out of range"),
    ("unknown_word", "A word is none of those that are possible"),
    ("typed_true_with_a_capital", "True is written with a capital"),
    ("typed_decimal_comma", "A decimal comma"),
    ("typed_curly_quotes", "Quotes from a word processor"),
    ("typed_colon", "A colon in the place of ="),
    ("typed_backslashes", "Backslashes in a path"),
    ("text_without_quotes", "A text without quotes"),
    ("key_given_twice", "A key is there twice"),
    ("bad_site_name", "A name with spaces and accents"),
    ("password_in_the_file", "The password is in the file"),
    ("password_file_that_is_missing", "The password's file is not there"),
    ("credential_outside_of_the_service", "A credential that systemd did not hand over"),
    ("host_with_scheme_and_port", "The broker's address with scheme and port"),
    ("broker_elsewhere_in_plain_text", "A broker elsewhere without encryption"),
    ("key_of_another_certificate", "The key belongs to another certificate"),
    ("topic_root_with_wildcard", "A wildcard in the topic root"),
    ("login_in_an_address", "A login in a camera's address"),
    ("usb_camera_by_its_number", "A USB camera by its number"),
    ("unknown_kind_of_source", "A kind of source that does not exist"),
    ("missing_video", "A file that is not there"),
    ("unknown_camera_in_lane", "A lane names a camera that is not in the file"),
    ("unused_camera", "A camera that no lane uses"),
    ("duplicate_lane", "Two lanes with one name"),
    ("two_lanes_of_which_one_takes_the_whole_picture", "Two lanes on one camera, one without a zone"),
    ("zone_of_another_lane", "A zone copied from another lane"),
    ("zone_in_pixels", "A zone in pixels"),
    ("zone_that_crosses_itself", "A zone that crosses itself"),
    ("unknown_country", "A country by its name"),
    ("uploads_of_two_cameras_in_one_folder", "Two cameras upload into one folder"),
    ("evidence_delivered_to_nowhere", "Pictures are delivered to nowhere"),
    ("watch_list_that_opens_a_barrier", "A watch-list that opens a barrier"),
    ("console_open_to_all", "The console open to the network without protection"),
    ("console_on_the_port_of_http", "Two services on one port"),
];

const HEAD: &str = "# What goes wrong in a config

For whoever edits `gatelpr.toml`. `gatelpr check` says this, with file, line, column and a caret, for every mistake at once;
so does the service before it starts. A file with a mistake is never used. This page is made from the program's own messages.

| what went wrong | in the file | what `gatelpr check` says |
|---|---|---|
";

#[test]
fn the_page_of_mistakes_has_the_messages_that_the_program_gives() {
    let page = page();
    let path = Path::new("docs/config-mistakes.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &page).expect("the page can be written");
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(published == page, "{} is out of date: run UPDATE=1 cargo test --test config page", path.display());
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (name, words) in PAGE {
        let (_, right, wrong) =
            all_mistakes().find(|(one, ..)| *one == name).unwrap_or_else(|| panic!("{name} is known"));
        let refusal = refusal(GOOD.replacen(right, wrong, 1).as_bytes());
        let message = Message::first_of(&refusal).unwrap_or_else(|| panic!("{name} has a message:\n{refusal}"));
        let said: Vec<String> = message.said.iter().map(|line| in_a_cell(line)).collect();
        writeln!(page, "| {words} | `{}` | {} |", in_a_cell(&message.line), said.join("<br>")).expect("a text");
    }
    page
}

/// A message without its drawing.
struct Message {
    /// The line that is wrong.
    line: String,
    /// Title, what stands at the caret, and what to do.
    said: Vec<String>,
}

impl Message {
    fn first_of(refusal: &str) -> Option<Self> {
        let message: Vec<&str> = refusal.lines().take_while(|line| !line.is_empty()).collect();
        let title = message.first()?.strip_prefix("error: ")?;
        let caret = message.iter().position(|line| line.contains('^') && line.trim_start().starts_with('|'))?;
        let line = message[..caret].iter().rev().find(|line| line.starts_with(|c: char| c.is_ascii_digit())).or_else(
            || message[..caret].iter().rev().find(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit())),
        )?;
        let (_, line) = line.split_once('|')?;
        let (_, label) = message[caret].rsplit_once('^')?;
        let helps = message.iter().filter_map(|line| line.trim_start().strip_prefix("= help: "));
        let said = [title, label.trim()].into_iter().chain(helps).filter(|text| !text.is_empty());
        Some(Self { line: line.trim().to_owned(), said: said.map(str::to_owned).collect() })
    }
}

fn in_a_cell(text: &str) -> String {
    text.replace('|', "\\|")
}

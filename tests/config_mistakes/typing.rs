//! Mistakes of whoever types: name, what is replaced, and by what.

pub(crate) const MISTAKES: &[(&str, &str, &str)] = &[
    ("typed_true_with_a_capital", "port = 1883", "allow_plain_text = True"),
    ("typed_yes", "port = 1883", "allow_plain_text = yes"),
    ("typed_decimal_comma", "countries =", "track_gap_s = 1,5\ncountries ="),
    ("typed_curly_quotes", "\"huu-nghi\"", "\u{201c}huu-nghi\u{201d}"),
    ("typed_colon", "port = 1883", "port: 1883"),
    ("typed_backslashes", "clip.mp4", "clips\\clip.mp4"),
    ("typed_bracket_left_out", "[mqtt]", "[mqtt"),
    ("typed_list_without_its_end", "\"VN\", \"CN\"]", "\"VN\", \"CN\""),
    ("typed_space_that_is_none", "port = 1883", "port\u{a0}= 1883"),
    ("typed_text_in_the_place_of_truth", "port = 1883", "allow_plain_text = \"true\""),
];

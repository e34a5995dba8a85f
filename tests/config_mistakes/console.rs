//! Mistakes in `[console]` and `[http]`: name, what is replaced, and by what.

pub(crate) const MISTAKES: &[(&str, &str, &str)] = &[
    ("console_open_to_all", "[mqtt]", "[console]\nlisten = \"0.0.0.0:8090\"\n[mqtt]"),
    (
        "console_open_to_all_in_plain_text",
        "[mqtt]",
        "[console]\nlisten = \"0.0.0.0:8090\"\npassword_hash_file = \"console-password\"\n[mqtt]",
    ),
    ("console_with_the_password_itself", "[mqtt]", "[console]\npassword_hash_file = \"clip.mp4\"\n[mqtt]"),
    ("console_with_a_password_in_the_file", "[mqtt]", "[console]\npassword = \"geheim\"\n[mqtt]"),
    ("console_with_a_certificate_alone", "[mqtt]", "[console]\ncertificate_file = \"gate.pem\"\n[mqtt]"),
    (
        "console_with_the_key_of_another_certificate",
        "[mqtt]",
        "[console]\ncertificate_file = \"gate.pem\"\nkey_file = \"other.key\"\n[mqtt]",
    ),
    ("console_in_an_unknown_language", "[mqtt]", "[console]\nlanguage = \"vn\"\nmay_save = \"true\"\n[mqtt]"),
    ("console_without_a_port", "[mqtt]", "[console]\nlisten = \"127.0.0.1\"\n[mqtt]"),
    (
        "console_on_the_port_of_http",
        "[mqtt]",
        "[http]\nlisten = \"127.0.0.1:8088\"\n[console]\nlisten = \"127.0.0.1:8088\"\n[mqtt]",
    ),
];

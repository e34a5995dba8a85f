//! Mistakes in `[evidence]`: name, what is replaced, and by what.

pub(crate) const MISTAKES: &[(&str, &str, &str)] = &[
    ("evidence_quota_as_text", "[mqtt]", "[evidence]\nquota_mb = \"10 GB\"\nkeep_days_read = 0\n[mqtt]"),
    ("evidence_delivered_to_nowhere", "[mqtt]", "[evidence]\ndeliver = \"http\"\n[mqtt]"),
    ("evidence_with_a_needless_address", "[mqtt]", "[evidence]\nhttp_url = \"https://a/b\"\n[mqtt]"),
    (
        "evidence_in_plain_text",
        "[mqtt]",
        "[evidence]\ndeliver = \"http\"\nhttp_url = \"http://platform.example/evidence\"\n[mqtt]",
    ),
    (
        "evidence_address_with_a_login",
        "[mqtt]",
        "[evidence]\ndeliver = \"http\"\nhttp_url = \"https://gate:geheim@a/b\"\nuri_base = \"here\"\n[mqtt]",
    ),
];

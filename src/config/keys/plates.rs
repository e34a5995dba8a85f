//! Keys of what is known of plates: other countries, lists.

use super::destinations::{ADDRESS, SECRET_PLACES};
use super::{Choice, Kind, NAME, PLAIN, Shape, depending, optional, required, table, usual, usual_but};

pub(in crate::config) const COUNTRY: Shape = Shape {
    header: "[[country]]",
    needs: "`code`, `name` and `patterns`",
    keys: &[
        required("code", Kind::Fitting("^[A-Z]{2}$"), r#""LA""#),
        required("name", Kind::Text, r#""Laos""#),
        required("patterns", Kind::Texts(1, 16), r#"["LL DDDD", "LL|DDDD"]"#),
        optional("regions", Kind::TextsByName, r#"{ AB = "Vientiane" }"#),
    ],
    ..PLAIN
};

pub(in crate::config) const LIST: Shape = Shape {
    header: "[[list]]",
    needs: "`name`, `kind` and `file`",
    keys: &[
        required("name", NAME, r#""staff""#),
        required("kind", Kind::Word(&["watch", "allow"]), r#""allow""#),
        required("file", Kind::Path, r#""staff.csv""#),
        depending("max_age_h", Kind::Whole(1, 8784), "24"),
        usual_but("publish", Kind::Truth, "false", "true"),
        table("webhook", &LIST_WEBHOOK),
        table("pulse", &LIST_PULSE),
    ],
    ..PLAIN
};

pub(in crate::config) const LIST_WEBHOOK: Shape = Shape {
    header: "[list.webhook]",
    needs: "`url` and a secret",
    keys: &[
        required("url", ADDRESS, r#""https://platform.example/lists/staff""#),
        optional("secret_file", Kind::Path, r#""webhook-secret""#),
        optional("secret_env", Kind::Text, r#""GATELPR_WEBHOOK_SECRET""#),
        optional("secret_credential", Kind::Text, r#""webhook-secret""#),
        optional("ca_file", Kind::Path, r#""webhook-ca.pem""#),
        usual("timeout_s", Kind::Whole(1, 60), "15"),
        usual("allow_plain_text", Kind::Truth, "false"),
    ],
    choice: Choice::One(SECRET_PLACES),
    ..PLAIN
};

pub(in crate::config) const LIST_PULSE: Shape = Shape {
    header: "[list.pulse]",
    needs: "`lane`, `chip` and `line`",
    keys: &[
        required("lane", NAME, r#""in-2""#),
        required("chip", Kind::Fitting("^/"), r#""/dev/gpiochip0""#),
        required("line", Kind::Whole(0, 1023), "27"),
        usual("ms", Kind::Whole(50, 5000), "500"),
        usual("active", Kind::Word(&["high", "low"]), r#""high""#),
        usual("pause_s", Kind::Number(1.0, 600.0), "5"),
        usual("min_confidence", Kind::Number(0.5, 1.0), "0.9"),
    ],
    ..PLAIN
};

//! Keys of what is known of plates: other countries, lists.

use super::Shape;

pub(in crate::config) const COUNTRY: Shape = Shape {
    header: "[[country]]",
    needs: "`code`, `name` and `patterns`",
    keys: &[
        ("code", r#""LA""#),
        ("name", r#""Laos""#),
        ("patterns", r#"["LL DDDD", "LL|DDDD"]"#),
        ("regions", r#"{ AB = "Vientiane" }"#),
    ],
};

pub(in crate::config) const LIST: Shape = Shape {
    header: "[[list]]",
    needs: "`name`, `kind` and `file`",
    keys: &[
        ("name", r#""staff""#),
        ("kind", r#""allow""#),
        ("file", r#""staff.csv""#),
        ("max_age_h", "24"),
        ("publish", "true"),
        ("webhook", ""),
        ("pulse", ""),
    ],
};

pub(in crate::config) const LIST_WEBHOOK: Shape = Shape {
    header: "[list.webhook]",
    needs: "`url` and a secret",
    keys: &[
        ("url", r#""https://platform.example/lists/staff""#),
        ("secret_file", r#""webhook-secret""#),
        ("secret_env", r#""GATELPR_WEBHOOK_SECRET""#),
        ("secret_credential", r#""webhook-secret""#),
        ("ca_file", r#""webhook-ca.pem""#),
        ("timeout_s", "15"),
        ("allow_plain_text", "false"),
    ],
};

pub(in crate::config) const LIST_PULSE: Shape = Shape {
    header: "[list.pulse]",
    needs: "`lane`, `chip` and `line`",
    keys: &[
        ("lane", r#""in-2""#),
        ("chip", r#""/dev/gpiochip0""#),
        ("line", "27"),
        ("ms", "500"),
        ("active", r#""high""#),
        ("pause_s", "5"),
        ("min_confidence", "0.9"),
    ],
};

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

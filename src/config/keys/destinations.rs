//! Keys of where events and pictures go besides the broker.

use super::gate::TOPIC;
use super::{Choice, Kind, PLAIN, Shape, optional, required, table, usual};

pub(in crate::config) const WEBHOOK: Shape = Shape {
    header: "[webhook]",
    needs: "`url` and a secret",
    keys: &[
        required("url", ADDRESS, r#""https://platform.example/gates/g1""#),
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

/// Where the secret of a webhook can be.
pub(super) const SECRET_PLACES: &[&str] = &["secret_file", "secret_env", "secret_credential"];
/// An address on the web.
pub(super) const ADDRESS: Kind = Kind::Fitting("^\\s*[Hh][Tt][Tt][Pp][Ss]?:");

pub(in crate::config) const MIRRORS: Shape = Shape {
    header: "[mirrors]",
    needs: "`onvif_events`, `home_assistant` or `analytics`",
    keys: &[table("onvif_events", &ONVIF), table("home_assistant", &HOME_ASSISTANT), table("analytics", &ANALYTICS)],
    ..PLAIN
};

pub(in crate::config) const ONVIF: Shape = Shape {
    header: "[mirrors.onvif_events]",
    needs: "nothing or a `topic_prefix`",
    keys: &[optional("topic_prefix", Kind::Fitting(TOPIC), r#""{site}-{gate}""#)],
    ..PLAIN
};

pub(in crate::config) const HOME_ASSISTANT: Shape = Shape {
    header: "[mirrors.home_assistant]",
    needs: "nothing or a `discovery_prefix`",
    keys: &[usual("discovery_prefix", Kind::Fitting(TOPIC), r#""homeassistant""#)],
    ..PLAIN
};

pub(in crate::config) const ANALYTICS: Shape = Shape {
    header: "[mirrors.analytics]",
    needs: "a key",
    keys: &[
        usual("topic_root", Kind::Fitting(TOPIC), r#""gatelpr-analytics/v1/{site}/{gate}""#),
        optional("key_file", Kind::Path, r#""analytics-key""#),
        optional("key_env", Kind::Text, r#""GATELPR_ANALYTICS_KEY""#),
        optional("key_credential", Kind::Text, r#""analytics-key""#),
    ],
    choice: Choice::One(&["key_file", "key_env", "key_credential"]),
    ..PLAIN
};

pub(in crate::config) const EVIDENCE: Shape = Shape {
    header: "[evidence]",
    needs: "`directory`, or nothing at all",
    keys: &[
        usual("directory", Kind::Path, r#""/var/lib/gatelpr/evidence""#),
        usual("quota_mb", Kind::Whole(10, 100_000_000), "10000"),
        usual("keep_days_read", Kind::Whole(1, 36_500), "30"),
        usual("keep_days_unread", Kind::Whole(1, 36_500), "30"),
        usual("min_free_mb", Kind::Whole(50, 100_000_000), "1000"),
        usual("jpeg_quality", Kind::Whole(10, 100), "85"),
        usual("scene_max_width_px", Kind::Whole(320, 16_384), "1920"),
        usual("blur", Kind::Truth, "false"),
        optional("uri_base", Kind::Text, r#""https://platform.example/evidence""#),
        optional("deliver", Kind::Word(&["mqtt", "http"]), r#""http""#),
        usual("most_waiting", Kind::Whole(1, 1_000_000), "10000"),
        optional("http_url", ADDRESS, r#""https://platform.example/evidence""#),
        optional("http_token_file", Kind::Path, r#""evidence-token""#),
        optional("http_ca_file", Kind::Path, r#""platform-ca.pem""#),
        optional("http_allow_plain_text", Kind::Truth, "false"),
    ],
    ..PLAIN
};

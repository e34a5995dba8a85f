//! Every key of the file, table by table, each with an example. What is not listed here is unknown to the reader.

mod cameras;
mod plates;

pub(super) use cameras::{CAMERA, FOLDER, LENS, MJPEG, RTSP, SNAPSHOT, SOURCE, USB, VIDEO, VIEW, WATCHED_FOLDER};
pub(super) use plates::{COUNTRY, LIST, LIST_PULSE, LIST_WEBHOOK};

/// A table of the file.
#[derive(Debug)]
pub(super) struct Shape {
    /// As it is written above its keys: `[mqtt]`.
    pub(super) header: &'static str,
    /// What it cannot do without, in words, for the message when the whole table is missing.
    pub(super) needs: &'static str,
    /// Its keys, each with an example value in TOML. Keys that hold a table have an empty example.
    pub(super) keys: &'static [(&'static str, &'static str)],
}

impl Shape {
    pub(super) fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|(known, _)| *known == key)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|(name, _)| *name)
    }

    /// `for example: port = 1883`.
    pub(super) fn example(&self, key: &str) -> Option<String> {
        let (name, example) = self.keys.iter().find(|(name, example)| *name == key && !example.is_empty())?;
        Some(format!("for example: {name} = {example}"))
    }
}

pub(super) const ROOT: Shape = Shape {
    header: "the file",
    needs: "",
    keys: &[
        ("site", ""),
        ("mqtt", ""),
        ("outbox", ""),
        ("inbound", ""),
        ("declared", ""),
        ("webhook", ""),
        ("mirrors", ""),
        ("evidence", ""),
        ("inference", ""),
        ("http", ""),
        ("country", ""),
        ("list", ""),
        ("camera", ""),
        ("lane", ""),
    ],
};

pub(super) const SITE: Shape = Shape {
    header: "[site]",
    needs: "`name` and `gate`",
    keys: &[("name", r#""huu-nghi""#), ("gate", r#""g1""#), ("location", "{ lat = 21.98, lon = 106.70 }")],
};

pub(super) const LOCATION: Shape =
    Shape { header: "`location`", needs: "`lat` and `lon`", keys: &[("lat", "21.98"), ("lon", "106.70")] };

pub(super) const MQTT: Shape = Shape {
    header: "[mqtt]",
    needs: "`host`",
    keys: &[
        ("host", r#""127.0.0.1""#),
        ("port", "1883"),
        ("topic_root", r#""gatelpr/v1/{site}/{gate}""#),
        ("client_id", r#""gatelpr-huu-nghi-g1""#),
        ("username", r#""gate-g1""#),
        ("password_file", r#""mqtt-password""#),
        ("password_env", r#""GATELPR_MQTT_PASSWORD""#),
        ("password_credential", r#""mqtt-password""#),
        ("protocol", r#""auto""#),
        ("keep_alive_s", "20"),
        ("ack_timeout_s", "15"),
        ("allow_plain_text", "false"),
        ("tls", ""),
    ],
};

pub(super) const MQTT_TLS: Shape = Shape {
    header: "[mqtt.tls]",
    needs: "`ca_file`, or nothing where the system knows the broker's CA",
    keys: &[
        ("ca_file", r#""broker-ca.pem""#),
        ("certificate_file", r#""gate.pem""#),
        ("key_file", r#""gate-key.pem""#),
        ("server_name", r#""broker.example.vn""#),
        ("alpn", r#"["mqtt"]"#),
        ("min_version", r#""1.2""#),
    ],
};

pub(super) const OUTBOX: Shape = Shape {
    header: "[outbox]",
    needs: "`directory`",
    keys: &[
        ("directory", r#""/var/lib/gatelpr""#),
        ("archive_days", "30"),
        ("device_key_file", r#""/run/credentials/gatelpr.service/device-key""#),
    ],
};

pub(super) const INBOUND: Shape = Shape {
    header: "[inbound]",
    needs: "`trusted_keys`, `declared_max_mib` or `receipts_overdue_s`",
    keys: &[("trusted_keys", r#"["platform.pem"]"#), ("declared_max_mib", "32"), ("receipts_overdue_s", "3600")],
};

pub(super) const DECLARED: Shape = Shape {
    header: "[declared]",
    needs: "`file` or `max_age_h`",
    keys: &[("file", r#""declared.json""#), ("max_age_h", "24")],
};

pub(super) const WEBHOOK: Shape = Shape {
    header: "[webhook]",
    needs: "`url` and a secret",
    keys: &[
        ("url", r#""https://platform.example/gates/g1""#),
        ("secret_file", r#""webhook-secret""#),
        ("secret_env", r#""GATELPR_WEBHOOK_SECRET""#),
        ("secret_credential", r#""webhook-secret""#),
        ("ca_file", r#""webhook-ca.pem""#),
        ("timeout_s", "15"),
        ("allow_plain_text", "false"),
    ],
};

pub(super) const MIRRORS: Shape = Shape {
    header: "[mirrors]",
    needs: "`onvif_events`, `home_assistant` or `analytics`",
    keys: &[("onvif_events", ""), ("home_assistant", ""), ("analytics", "")],
};

pub(super) const ONVIF: Shape = Shape {
    header: "[mirrors.onvif_events]",
    needs: "nothing or a `topic_prefix`",
    keys: &[("topic_prefix", r#""{site}-{gate}""#)],
};

pub(super) const HOME_ASSISTANT: Shape = Shape {
    header: "[mirrors.home_assistant]",
    needs: "nothing or a `discovery_prefix`",
    keys: &[("discovery_prefix", r#""homeassistant""#)],
};

pub(super) const ANALYTICS: Shape = Shape {
    header: "[mirrors.analytics]",
    needs: "a key",
    keys: &[
        ("topic_root", r#""gatelpr-analytics/v1/{site}/{gate}""#),
        ("key_file", r#""analytics-key""#),
        ("key_env", r#""GATELPR_ANALYTICS_KEY""#),
        ("key_credential", r#""analytics-key""#),
    ],
};

pub(super) const EVIDENCE: Shape = Shape {
    header: "[evidence]",
    needs: "`directory`, or nothing at all",
    keys: &[
        ("directory", r#""/var/lib/gatelpr/evidence""#),
        ("quota_mb", "10000"),
        ("keep_days_read", "30"),
        ("keep_days_unread", "30"),
        ("min_free_mb", "1000"),
        ("jpeg_quality", "85"),
        ("scene_max_width_px", "1920"),
        ("blur", "false"),
        ("uri_base", r#""https://platform.example/evidence""#),
        ("deliver", r#""http""#),
        ("most_waiting", "10000"),
        ("http_url", r#""https://platform.example/evidence""#),
        ("http_token_file", r#""evidence-token""#),
        ("http_ca_file", r#""platform-ca.pem""#),
        ("http_allow_plain_text", "false"),
    ],
};

pub(super) const INFERENCE: Shape = Shape {
    header: "[inference]",
    needs: "`detector`, `recogniser` or `threads`",
    keys: &[
        ("runtime", r#""/usr/lib/gatelpr/libonnxruntime.so""#),
        ("models", r#""/usr/share/gatelpr/models""#),
        ("detector", r#""ppocr-v4-det""#),
        ("recogniser", r#""ppocr-v4-rec""#),
        ("second_opinion", r#""gatelpr-reader""#),
        ("second_opinion_below", "0.8"),
        ("threads", r#""auto""#),
    ],
};

pub(super) const LANE: Shape = Shape {
    header: "[[lane]]",
    needs: "`name` and `camera`",
    keys: &[
        ("name", r#""in-2""#),
        ("camera", r#""in-2-front""#),
        ("zone", "[[0.35, 0.40], [0.95, 0.40], [0.95, 0.95], [0.35, 0.95]]"),
        ("countries", r#"["VN", "CN"]"#),
        ("min_agreeing_reads", "2"),
        ("track_gap_s", "0.9"),
        ("approaching", r#""in""#),
        ("direction_line", "[[0.5, 1.0], [0.5, 0.0]]"),
        ("min_plate_height_px", "10"),
        ("provisional", "false"),
        ("analyse", r#""always""#),
        ("trigger_window_s", "5"),
        ("side_numbers", "false"),
        ("sightings", "false"),
        ("traffic", "true"),
        ("length_m", "25.0"),
        ("location", "{ lat = 21.9801, lon = 106.7002 }"),
        ("rear_of", r#""in-3""#),
        ("gpio", ""),
    ],
};

pub(super) const LANE_GPIO: Shape = Shape {
    header: "[lane.gpio]",
    needs: "`chip` and `line`",
    keys: &[("chip", r#""/dev/gpiochip0""#), ("line", "17"), ("active", r#""high""#), ("debounce_ms", "50")],
};

pub(super) const HTTP: Shape = Shape {
    header: "[http]",
    needs: "`listen`",
    keys: &[
        ("listen", r#""127.0.0.1:8088""#),
        ("token_file", r#""http-token""#),
        ("token_env", r#""GATELPR_HTTP_TOKEN""#),
    ],
};

/// Every table, to find out where a misplaced key belongs.
pub(super) const ALL: &[&Shape] = &[
    &SITE,
    &LOCATION,
    &MQTT,
    &MQTT_TLS,
    &OUTBOX,
    &INBOUND,
    &DECLARED,
    &WEBHOOK,
    &MIRRORS,
    &ONVIF,
    &HOME_ASSISTANT,
    &ANALYTICS,
    &EVIDENCE,
    &INFERENCE,
    &COUNTRY,
    &LIST,
    &LIST_WEBHOOK,
    &LIST_PULSE,
    &CAMERA,
    &VIEW,
    &LENS,
    &SOURCE,
    &USB,
    &RTSP,
    &MJPEG,
    &SNAPSHOT,
    &WATCHED_FOLDER,
    &VIDEO,
    &FOLDER,
    &LANE,
    &LANE_GPIO,
    &HTTP,
];

/// The one of `candidates` that a misspelt `word` most likely means; `None` when nothing is near.
pub(super) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let edits = strsim::normalized_damerau_levenshtein(&lower, &candidate);
        // A beginning that agrees (`user` for `username`) counts for more than the edits say.
        let prefix = strsim::jaro_winkler(&lower, &candidate);
        if edits >= 0.6 || prefix >= 0.88 { edits + prefix } else { 0.0 }
    };
    let scored = candidates.into_iter().map(|candidate| (likeness(candidate), candidate));
    let best = scored.filter(|(score, _)| *score > 0.0).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_the_key_it_means_and_a_strange_one_finds_none() {
        let near = |word: &str| nearest(word, MQTT.names());
        assert_eq!(near("hots"), Some("host"));
        assert_eq!(near("keepalive"), Some("keep_alive_s"));
        assert_eq!(near("user"), Some("username"));
        assert_eq!(near("Port"), Some("port"));
        assert_eq!(near("colour"), None);
    }
}

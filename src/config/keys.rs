//! Every key of the file, table by table, each with an example. What is not listed here is unknown to the reader.

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
        ("webhook", ""),
        ("mirrors", ""),
        ("evidence", ""),
        ("inference", ""),
        ("http", ""),
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

pub(super) const CAMERA: Shape = Shape {
    header: "[[camera]]",
    needs: "`name` and a `source`",
    keys: &[("name", r#""in-2-front""#), ("source", ""), ("stall_timeout_s", "5"), ("view", "")],
};

pub(super) const VIEW: Shape = Shape {
    header: "[camera.view]",
    needs: "`rotate_deg`, `mirror`, `crop`, `lens` or `perspective`",
    keys: &[
        ("rotate_deg", "180"),
        ("mirror", r#""none""#),
        ("crop", "[0.0, 0.25, 1.0, 1.0]"),
        ("lens", "{ k1 = -0.25, k2 = 0.05 }"),
        ("perspective", "[[0.15, 0.10], [0.95, 0.05], [1.0, 0.95], [0.05, 1.0]]"),
    ],
};

pub(super) const LENS: Shape =
    Shape { header: "`lens`", needs: "`k1` or `k2`", keys: &[("k1", "-0.25"), ("k2", "0.05")] };

pub(super) const SOURCE: Shape = Shape {
    header: "[camera.source]",
    needs: "one table that says which camera it is, such as [camera.source.rtsp] or [camera.source.usb]",
    keys: &[
        ("usb", ""),
        ("rtsp", ""),
        ("mjpeg", ""),
        ("snapshot", ""),
        ("watched_folder", ""),
        ("video", ""),
        ("folder", ""),
    ],
};

pub(super) const USB: Shape = Shape {
    header: "[camera.source.usb]",
    needs: "`path` or `device_name`",
    keys: &[
        ("path", r#""/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0""#),
        ("device_name", r#""HD Pro Webcam C920""#),
        ("serial", r#""8F3B21AF""#),
        ("size_px", "[1920, 1080]"),
        ("frames_per_second", "15"),
        ("pixel_format", r#""mjpeg""#),
    ],
};

pub(super) const RTSP: Shape = Shape {
    header: "[camera.source.rtsp]",
    needs: "`url`",
    keys: &[
        ("url", r#""rtsp://192.0.2.10/stream1""#),
        ("username", r#""gate""#),
        ("password_file", r#""camera-password""#),
        ("password_env", r#""GATELPR_CAMERA_PASSWORD""#),
        ("password_credential", r#""camera-password""#),
        ("transport", r#""tcp""#),
        ("decoder", r#""auto""#),
        ("ffmpeg_options", r#"["-hwaccel", "vaapi"]"#),
    ],
};

pub(super) const MJPEG: Shape = Shape {
    header: "[camera.source.mjpeg]",
    needs: "`url`",
    keys: &[
        ("url", r#""http://192.0.2.11/video.mjpg""#),
        ("username", r#""gate""#),
        ("password_file", r#""camera-password""#),
        ("password_env", r#""GATELPR_CAMERA_PASSWORD""#),
        ("password_credential", r#""camera-password""#),
    ],
};

pub(super) const SNAPSHOT: Shape = Shape {
    header: "[camera.source.snapshot]",
    needs: "`url`",
    keys: &[
        ("url", r#""http://192.0.2.12/picture.jpg""#),
        ("username", r#""gate""#),
        ("password_file", r#""camera-password""#),
        ("password_env", r#""GATELPR_CAMERA_PASSWORD""#),
        ("password_credential", r#""camera-password""#),
        ("frames_per_second", "5"),
    ],
};

pub(super) const VIDEO: Shape = Shape {
    header: "[camera.source.video]",
    needs: "`path`",
    keys: &[("path", r#""clip.mp4""#), ("repeat", "false"), ("pacing", r#""real_time""#)],
};

pub(super) const FOLDER: Shape = Shape {
    header: "[camera.source.folder]",
    needs: "`path`",
    keys: &[("path", r#""pictures""#), ("frames_per_second", "10"), ("repeat", "false"), ("pacing", r#""real_time""#)],
};

pub(super) const WATCHED_FOLDER: Shape = Shape {
    header: "[camera.source.watched_folder]",
    needs: "`path`",
    keys: &[("path", r#""uploads""#), ("after_reading", r#""keep""#)],
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
        ("track_gap_s", "1.5"),
        ("approaching", r#""in""#),
        ("direction_line", "[[0.5, 1.0], [0.5, 0.0]]"),
        ("min_plate_height_px", "10"),
        ("provisional", "false"),
        ("analyse", r#""always""#),
        ("trigger_window_s", "5"),
        ("side_numbers", "false"),
        ("sightings", "false"),
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
    &WEBHOOK,
    &MIRRORS,
    &ONVIF,
    &HOME_ASSISTANT,
    &ANALYTICS,
    &EVIDENCE,
    &INFERENCE,
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

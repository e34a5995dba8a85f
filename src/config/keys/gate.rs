//! The keys of the gate as a whole: where it is, its broker, its outbox, what it listens to, its models.

use super::{
    CAMERA, CONSOLE, COUNTRY, Choice, EVIDENCE, HTTP, Kind, LANE, LIST, MIRRORS, NAME, PLAIN, Shape, WEBHOOK,
    depending, optional, required, required_table, required_tables, table, tables, usual, usual_table,
};

pub(in crate::config) const ROOT: Shape = Shape {
    header: "the file",
    needs: "",
    keys: &[
        required_table("site", &SITE),
        required_table("mqtt", &MQTT),
        usual_table("outbox", &OUTBOX),
        usual_table("inbound", &INBOUND),
        table("declared", &DECLARED),
        table("webhook", &WEBHOOK),
        table("mirrors", &MIRRORS),
        table("evidence", &EVIDENCE),
        usual_table("inference", &INFERENCE),
        table("http", &HTTP),
        table("console", &CONSOLE),
        tables("country", &COUNTRY),
        tables("list", &LIST),
        required_tables("camera", &CAMERA),
        required_tables("lane", &LANE),
    ],
    ..PLAIN
};

pub(in crate::config) const SITE: Shape = Shape {
    header: "[site]",
    needs: "`name` and `gate`",
    keys: &[
        required("name", NAME, r#""huu-nghi""#),
        required("gate", NAME, r#""g1""#),
        optional("location", Kind::Table(&LOCATION), "{ lat = 21.98, lon = 106.70 }"),
    ],
    ..PLAIN
};

pub(in crate::config) const LOCATION: Shape = Shape {
    header: "`location`",
    needs: "`lat` and `lon`",
    keys: &[
        required("lat", Kind::Number(-90.0, 90.0), "21.98"),
        required("lon", Kind::Number(-180.0, 180.0), "106.70"),
    ],
    ..PLAIN
};

pub(in crate::config) const MQTT: Shape = Shape {
    header: "[mqtt]",
    needs: "`host`",
    keys: &[
        required("host", Kind::Fitting("^[A-Za-z0-9._:-]{1,253}$"), r#""127.0.0.1""#),
        depending("port", Kind::Whole(1, 65_535), "1883"),
        usual("topic_root", Kind::Fitting(TOPIC), r#""gatelpr/v1/{site}/{gate}""#),
        depending("client_id", Kind::Fitting("^[A-Za-z0-9_.:-]{1,160}$"), r#""gatelpr-huu-nghi-g1""#),
        optional("username", Kind::Text, r#""gate-g1""#),
        optional("password_file", Kind::Path, r#""mqtt-password""#),
        optional("password_env", Kind::Text, r#""GATELPR_MQTT_PASSWORD""#),
        optional("password_credential", Kind::Text, r#""mqtt-password""#),
        usual("protocol", Kind::Word(&["auto", "5", "3.1.1"]), r#""auto""#),
        usual("keep_alive_s", Kind::Whole(5, 3600), "20"),
        usual("ack_timeout_s", Kind::Whole(1, 600), "15"),
        usual("allow_plain_text", Kind::Truth, "false"),
        table("tls", &MQTT_TLS),
    ],
    choice: Choice::AtMostOne(PASSWORD_PLACES),
    together: PASSWORD_OF_A_USER,
};

/// The beginning of a topic: levels without wildcards, `{site}` and `{gate}` the only placeholders.
pub(super) const TOPIC: &str = "^(?!\\$)([^+#{}\\s/]|\\{site\\}|\\{gate\\})+(/([^+#{}\\s/]|\\{site\\}|\\{gate\\})+)*$";
/// Where the password of a login can be.
pub(super) const PASSWORD_PLACES: &[&str] = &["password_file", "password_env", "password_credential"];
/// A password is somebody's.
pub(super) const PASSWORD_OF_A_USER: &[(&str, &str)] =
    &[("password_file", "username"), ("password_env", "username"), ("password_credential", "username")];
/// A certificate and its key.
pub(super) const IDENTITY: &[(&str, &str)] = &[("certificate_file", "key_file"), ("key_file", "certificate_file")];

pub(in crate::config) const MQTT_TLS: Shape = Shape {
    header: "[mqtt.tls]",
    needs: "`ca_file`, or nothing where the system knows the broker's CA",
    keys: &[
        optional("ca_file", Kind::Path, r#""broker-ca.pem""#),
        optional("certificate_file", Kind::Path, r#""gate.pem""#),
        optional("key_file", Kind::Path, r#""gate-key.pem""#),
        optional("server_name", Kind::Text, r#""broker.example.vn""#),
        optional("alpn", Kind::Texts(0, usize::MAX), r#"["mqtt"]"#),
        usual("min_version", Kind::Word(&["1.2", "1.3"]), r#""1.2""#),
    ],
    together: IDENTITY,
    ..PLAIN
};

pub(in crate::config) const OUTBOX: Shape = Shape {
    header: "[outbox]",
    needs: "`directory`",
    keys: &[
        usual("directory", Kind::Path, r#""/var/lib/gatelpr""#),
        usual("archive_days", Kind::Whole(1, 3650), "30"),
        optional("device_key_file", Kind::Path, r#""/run/credentials/gatelpr.service/device-key""#),
    ],
    ..PLAIN
};

pub(in crate::config) const INBOUND: Shape = Shape {
    header: "[inbound]",
    needs: "`trusted_keys`, `declared_max_mib` or `receipts_overdue_s`",
    keys: &[
        optional("trusted_keys", Kind::Paths, r#"["platform.pem"]"#),
        usual("declared_max_mib", Kind::Whole(1, 200), "32"),
        usual("receipts_overdue_s", Kind::Whole(10, 604_800), "3600"),
    ],
    ..PLAIN
};

pub(in crate::config) const DECLARED: Shape = Shape {
    header: "[declared]",
    needs: "`file` or `max_age_h`",
    keys: &[optional("file", Kind::Path, r#""declared.json""#), optional("max_age_h", Kind::Whole(1, 8760), "24")],
    ..PLAIN
};

pub(in crate::config) const INFERENCE: Shape = Shape {
    header: "[inference]",
    needs: "`detector`, `recogniser` or `threads`",
    keys: &[
        optional("runtime", Kind::Path, r#""/usr/lib/gatelpr/libonnxruntime.so""#),
        optional("models", Kind::Path, r#""/usr/share/gatelpr/models""#),
        usual("detector", Kind::Fitting(MODEL), r#""gatelpr-detector""#),
        usual("recogniser", Kind::Fitting(MODEL), r#""gatelpr-reader""#),
        usual("second_opinion", Kind::Fitting(MODEL), r#""ppocr-v4-rec""#),
        usual("second_opinion_below", Kind::Number(0.0, 1.0), "0.95"),
        usual("threads", Kind::AutoOrWhole(1, 256), r#""auto""#),
        usual("execution", Kind::Word(&["cpu", "openvino", "cuda", "tensorrt"]), r#""cpu""#),
    ],
    ..PLAIN
};

/// A manifest's name.
const MODEL: &str = "^[A-Za-z0-9][A-Za-z0-9_.-]*$";

//! The keys of cameras: what is in `[[camera]]` and its sources.

use super::gate::{PASSWORD_OF_A_USER, PASSWORD_PLACES};
use super::{Choice, Kind, NAME, PLAIN, Shape, optional, required, required_table, table, usual, usual_but};

pub(in crate::config) const CAMERA: Shape = Shape {
    header: "[[camera]]",
    needs: "`name` and a `source`",
    keys: &[
        required("name", NAME, r#""in-2-front""#),
        required_table("source", &SOURCE),
        usual("stall_timeout_s", Kind::Number(1.0, 300.0), "5"),
        table("view", &VIEW),
    ],
    ..PLAIN
};

pub(in crate::config) const VIEW: Shape = Shape {
    header: "[camera.view]",
    needs: "`rotate_deg`, `mirror`, `crop`, `lens` or `perspective`",
    keys: &[
        usual_but("rotate_deg", Kind::Degrees(&[0, 90, 180, 270]), "0", "180"),
        usual("mirror", Kind::Word(&["none", "horizontal", "vertical"]), r#""none""#),
        optional("crop", Kind::Numbers(4, 0.0, 1.0), "[0.0, 0.25, 1.0, 1.0]"),
        optional("lens", Kind::Table(&LENS), "{ k1 = -0.25, k2 = 0.05 }"),
        optional("perspective", Kind::Points(4, 4), "[[0.15, 0.10], [0.95, 0.05], [1.0, 0.95], [0.05, 1.0]]"),
    ],
    ..PLAIN
};

pub(in crate::config) const LENS: Shape = Shape {
    header: "`lens`",
    needs: "`k1` or `k2`",
    keys: &[
        usual_but("k1", Kind::Number(-1.0, 1.0), "0.0", "-0.25"),
        usual_but("k2", Kind::Number(-1.0, 1.0), "0.0", "0.05"),
    ],
    ..PLAIN
};

pub(in crate::config) const SOURCE: Shape = Shape {
    header: "[camera.source]",
    needs: "one table that says which camera it is, such as [camera.source.rtsp] or [camera.source.usb]",
    keys: &[
        table("usb", &USB),
        table("rtsp", &RTSP),
        table("mjpeg", &MJPEG),
        table("snapshot", &SNAPSHOT),
        table("watched_folder", &WATCHED_FOLDER),
        table("video", &VIDEO),
        table("folder", &FOLDER),
    ],
    choice: Choice::One(&["usb", "rtsp", "mjpeg", "snapshot", "watched_folder", "video", "folder"]),
    ..PLAIN
};

/// Frames per second.
const RATE: Kind = Kind::Number(0.01, 240.0);
/// How fast recordings are played.
const PACING: Kind = Kind::Word(&["real_time", "fast"]);

pub(in crate::config) const USB: Shape = Shape {
    header: "[camera.source.usb]",
    needs: "`path` or `device_name`",
    keys: &[
        optional("path", Kind::Fitting("^/"), r#""/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1:1.0-video-index0""#),
        optional("device_name", Kind::Text, r#""HD Pro Webcam C920""#),
        optional("serial", Kind::Text, r#""8F3B21AF""#),
        optional("size_px", Kind::Wholes(2, 1, 16_384), "[1920, 1080]"),
        usual("frames_per_second", RATE, "15"),
        optional("pixel_format", Kind::Word(&["mjpeg", "yuyv", "nv12", "grey"]), r#""mjpeg""#),
    ],
    choice: Choice::One(&["path", "device_name"]),
    together: &[("serial", "device_name")],
};

pub(in crate::config) const RTSP: Shape = Shape {
    header: "[camera.source.rtsp]",
    needs: "`url`",
    keys: &[
        required("url", Kind::Fitting("^\\s*[Rr][Tt][Ss][Pp]:"), r#""rtsp://192.0.2.10/stream1""#),
        optional("username", Kind::Text, r#""gate""#),
        optional("password_file", Kind::Path, r#""camera-password""#),
        optional("password_env", Kind::Text, r#""GATELPR_CAMERA_PASSWORD""#),
        optional("password_credential", Kind::Text, r#""camera-password""#),
        usual("transport", Kind::Word(&["tcp", "udp"]), r#""tcp""#),
        usual("decoder", Kind::Word(&["auto", "ffmpeg"]), r#""auto""#),
        optional("ffmpeg_options", Kind::Texts(0, usize::MAX), r#"["-hwaccel", "vaapi"]"#),
    ],
    choice: Choice::AtMostOne(PASSWORD_PLACES),
    together: PASSWORD_OF_A_USER,
};

/// Pictures over HTTP, which is never encrypted here.
const HTTP_ADDRESS: Kind = Kind::Fitting("^\\s*[Hh][Tt][Tt][Pp]:");

pub(in crate::config) const MJPEG: Shape = Shape {
    header: "[camera.source.mjpeg]",
    needs: "`url`",
    keys: &[
        required("url", HTTP_ADDRESS, r#""http://192.0.2.11/video.mjpg""#),
        optional("username", Kind::Text, r#""gate""#),
        optional("password_file", Kind::Path, r#""camera-password""#),
        optional("password_env", Kind::Text, r#""GATELPR_CAMERA_PASSWORD""#),
        optional("password_credential", Kind::Text, r#""camera-password""#),
    ],
    choice: Choice::AtMostOne(PASSWORD_PLACES),
    together: PASSWORD_OF_A_USER,
};

pub(in crate::config) const SNAPSHOT: Shape = Shape {
    header: "[camera.source.snapshot]",
    needs: "`url`",
    keys: &[
        required("url", HTTP_ADDRESS, r#""http://192.0.2.12/picture.jpg""#),
        optional("username", Kind::Text, r#""gate""#),
        optional("password_file", Kind::Path, r#""camera-password""#),
        optional("password_env", Kind::Text, r#""GATELPR_CAMERA_PASSWORD""#),
        optional("password_credential", Kind::Text, r#""camera-password""#),
        usual("frames_per_second", RATE, "5"),
    ],
    choice: Choice::AtMostOne(PASSWORD_PLACES),
    together: PASSWORD_OF_A_USER,
};

pub(in crate::config) const VIDEO: Shape = Shape {
    header: "[camera.source.video]",
    needs: "`path`",
    keys: &[
        required("path", Kind::Path, r#""clip.mp4""#),
        usual("repeat", Kind::Truth, "false"),
        usual("pacing", PACING, r#""real_time""#),
    ],
    ..PLAIN
};

pub(in crate::config) const FOLDER: Shape = Shape {
    header: "[camera.source.folder]",
    needs: "`path`",
    keys: &[
        required("path", Kind::Path, r#""pictures""#),
        usual("frames_per_second", RATE, "10"),
        usual("repeat", Kind::Truth, "false"),
        usual("pacing", PACING, r#""real_time""#),
    ],
    ..PLAIN
};

pub(in crate::config) const WATCHED_FOLDER: Shape = Shape {
    header: "[camera.source.watched_folder]",
    needs: "`path`",
    keys: &[
        required("path", Kind::Path, r#""uploads""#),
        usual("after_reading", Kind::Word(&["keep", "delete"]), r#""keep""#),
    ],
    ..PLAIN
};

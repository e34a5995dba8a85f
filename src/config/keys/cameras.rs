//! The keys of cameras: what is in `[[camera]]` and its sources.

use super::Shape;

pub(in crate::config) const CAMERA: Shape = Shape {
    header: "[[camera]]",
    needs: "`name` and a `source`",
    keys: &[("name", r#""in-2-front""#), ("source", ""), ("stall_timeout_s", "5"), ("view", "")],
};

pub(in crate::config) const VIEW: Shape = Shape {
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

pub(in crate::config) const LENS: Shape =
    Shape { header: "`lens`", needs: "`k1` or `k2`", keys: &[("k1", "-0.25"), ("k2", "0.05")] };

pub(in crate::config) const SOURCE: Shape = Shape {
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

pub(in crate::config) const USB: Shape = Shape {
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

pub(in crate::config) const RTSP: Shape = Shape {
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

pub(in crate::config) const MJPEG: Shape = Shape {
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

pub(in crate::config) const SNAPSHOT: Shape = Shape {
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

pub(in crate::config) const VIDEO: Shape = Shape {
    header: "[camera.source.video]",
    needs: "`path`",
    keys: &[("path", r#""clip.mp4""#), ("repeat", "false"), ("pacing", r#""real_time""#)],
};

pub(in crate::config) const FOLDER: Shape = Shape {
    header: "[camera.source.folder]",
    needs: "`path`",
    keys: &[("path", r#""pictures""#), ("frames_per_second", "10"), ("repeat", "false"), ("pacing", r#""real_time""#)],
};

pub(in crate::config) const WATCHED_FOLDER: Shape = Shape {
    header: "[camera.source.watched_folder]",
    needs: "`path`",
    keys: &[("path", r#""uploads""#), ("after_reading", r#""keep""#)],
};

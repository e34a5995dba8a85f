//! Why an RTSP camera gives no frames, and what to do. The sentence's subject is its URL.

use std::time::Duration;

use super::settings::Transport;
use crate::camera::h264::Unsupported;

/// The longest text that is taken over from a camera or from `ffmpeg`, in characters.
const LONGEST_QUOTE: usize = 200;

/// What is wrong with an RTSP stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RtspFault {
    /// No connection.
    #[error("cannot be reached ({0}); check address and port, and that the camera is powered and connected")]
    Unreachable(String),
    /// 401, and there is no login in the config.
    #[error("asks for a login; set `username` and `password_file` or `password_env`")]
    LoginNeeded,
    /// 401 or 403 in spite of a login.
    #[error("refuses the login; check `username` and the password, and that this user may watch the stream")]
    LoginRefused,
    /// 404.
    #[error("is not known to the camera (404); check the path in `url`")]
    NotFound,
    /// 461.
    #[error("is not sent over {0}; choose another `transport`")]
    TransportRefused(Transport),
    /// Any other answer than success.
    #[error("is refused by the camera ({0}); too many viewers at a time is a common reason")]
    Refused(String),
    /// Only sound or data.
    #[error("has no video; check the path in `url`")]
    NoVideo,
    /// Video that is not read.
    #[error("sends {0} video; choose H.264, H.265 or MJPEG in the camera's settings")]
    Codec(String),
    /// H.264 that the decoder does not know.
    #[error("sends H.264 video with {0}; choose profile Main in the camera's settings, or `decoder = \"ffmpeg\"`")]
    Profile(String),
    /// Packets come, but none to begin with.
    #[error(
        "sends video but no key frame for {:.1} s; set the camera's key frame interval (GOP) to 2 s or less",
        .0.as_secs_f64()
    )]
    NoKeyFrame(Duration),
    /// Packets come, and no picture comes out.
    #[error(
        "sends video of which nothing can be decoded for {:.1} s; restart the camera, or try another `decoder`",
        .0.as_secs_f64()
    )]
    NothingDecoded(Duration),
    /// The connection ended.
    #[error("has closed the connection ({0}); check that the camera is powered and did not restart")]
    Closed(String),
    /// The camera does not keep to the protocol.
    #[error(
        "does not speak RTSP as expected ({0}); check that `url` is the camera's RTSP port, and restart the camera"
    )]
    Protocol(String),
    /// There is no `ffmpeg`.
    #[error("needs ffmpeg for this video, and there is none; install ffmpeg (Debian package ffmpeg), 5.1 or later")]
    NoFfmpeg,
    /// `ffmpeg` ended.
    #[error("cannot be decoded because ffmpeg ended ({0}); check `ffmpeg_options`")]
    Ffmpeg(String),
}

impl From<Unsupported> for RtspFault {
    fn from(unsupported: Unsupported) -> Self {
        Self::Profile(unsupported.0)
    }
}

impl RtspFault {
    /// What `retina` complains of. Its errors are texts: a paragraph that says what, and others with ports, times and bytes.
    pub(super) fn of(error: &retina::Error, has_login: bool, transport: Transport) -> Self {
        let text = error.to_string();
        let what = without_addresses(&quote(text.split("\n\n").next().unwrap_or_default()));
        match error.status_code() {
            Some(401) if !has_login => return Self::LoginNeeded,
            Some(401 | 403) => return Self::LoginRefused,
            Some(404) => return Self::NotFound,
            Some(461) => return Self::TransportRefused(transport),
            Some(status) if !(200..300).contains(&status) => return Self::Refused(what),
            _ => {}
        }
        let behind = |start: &str| what.strip_prefix(start).map(str::to_owned);
        let reading =
            ["Error reading from RTSP peer: ", "Error writing to RTSP peer: ", "Error receiving UDP packet: "];
        let closed = || reading.iter().find_map(|start| behind(start));
        if let Some(why) = behind("Unable to connect to RTSP server: ") {
            Self::Unreachable(why)
        } else if let Some(why) = closed() {
            Self::Closed(why)
        } else {
            Self::Protocol(what)
        }
    }
}

/// `text` without the addresses in it: some cameras take a password there.
fn without_addresses(text: &str) -> String {
    let is_address = |word: &&str| word.contains("rtsp://") || word.contains('=');
    text.split(' ').map(|word| if is_address(&word) { "(address)" } else { word }).collect::<Vec<_>>().join(" ")
}

/// One short line of somebody else's text.
pub(super) fn quote(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let printable = words.join(" ").replace(char::is_control, "");
    printable.chars().take(LONGEST_QUOTE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_quoted() {
        let text =
            "DESCRIBE response at rtsp://192.0.2.7/user=a_password=hunter2 has unexpected content type text/html";
        assert_eq!(without_addresses(text), "DESCRIBE response at (address) has unexpected content type text/html");
    }

    #[test]
    fn what_others_say_becomes_one_short_line() {
        assert_eq!(quote("  [hevc @ 0x55]\n no\u{7} frame \r\n"), "[hevc @ 0x55] no frame");
        assert_eq!(quote(&"a".repeat(1000)).len(), LONGEST_QUOTE);
    }
}

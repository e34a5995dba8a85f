//! Where a camera is in the network, in a form that may be shown.

use std::fmt;
use std::str::FromStr;

use url::{Position, Url};

/// The URL of a camera, without a login before its host. Shown without its query, and without what follows `pass…=` in
/// its path: some cameras take a login there (`?usr=…&pwd=…`, `/user=…_password=…_channel=1`).
#[derive(Clone, PartialEq, Eq)]
pub struct CameraUrl(Url);

impl CameraUrl {
    /// The URL itself, for the client that asks the camera.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }
}

impl From<Url> for CameraUrl {
    fn from(url: Url) -> Self {
        Self(url)
    }
}

impl FromStr for CameraUrl {
    type Err = url::ParseError;
    fn from_str(text: &str) -> Result<Self, url::ParseError> {
        text.parse().map(Self)
    }
}

impl fmt::Display for CameraUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0[..Position::BeforePath])?;
        f.write_str(&without_password(self.0.path()))?;
        f.write_str(if self.0.query().is_some() { "?…" } else { "" })
    }
}

impl fmt::Debug for CameraUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A path in which the values of keys that hold a password are left out.
fn without_password(path: &str) -> String {
    let is_end = |c: char| matches!(c, '&' | ';' | '/' | '_' | ',');
    let (mut shown, mut hiding) = (String::new(), false);
    for part in path.split_inclusive(is_end) {
        let Some((key, _)) = part.split_once('=') else {
            // A password may hold what elsewhere ends it.
            shown.push_str(if hiding { "" } else { part });
            continue;
        };
        let lower = key.to_ascii_lowercase();
        let secret = ["pass", "pwd", "psw"].iter().any(|start| lower.starts_with(start));
        if std::mem::replace(&mut hiding, secret) {
            shown.push('_');
        }
        if secret {
            shown.push_str(key);
            shown.push_str("=…");
        } else {
            shown.push_str(part);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expect: &str) {
        let url: CameraUrl = url.parse().expect("a url");
        assert_eq!(url.to_string(), expect);
        assert_eq!(format!("{url:?}"), expect);
    }

    #[test]
    fn a_login_in_the_address_is_not_shown() {
        check("http://192.0.2.7:81/video.cgi?usr=admin&pwd=hunter2", "http://192.0.2.7:81/video.cgi?…");
        let in_path = "rtsp://192.0.2.7/user=admin_password=hunter2_channel=1_stream=0.sdp";
        check(in_path, "rtsp://192.0.2.7/user=admin_password=…_channel=1_stream=0.sdp");
        check("rtsp://192.0.2.7/user=admin&password=hunter2", "rtsp://192.0.2.7/user=admin&password=…");
        check("rtsp://192.0.2.7/user=a_password=my_se/cret_channel=1", "rtsp://192.0.2.7/user=a_password=…_channel=1");
    }

    #[test]
    fn what_is_no_login_is_shown() {
        check("rtsp://192.0.2.7:554/Streaming/Channels/101", "rtsp://192.0.2.7:554/Streaming/Channels/101");
    }
}

//! Where a camera's pictures are, and who asks for them.

use std::fmt;

use url::Url;

use crate::login::Login;

/// A picture or a stream of pictures.
#[derive(Clone, PartialEq)]
pub struct HttpSettings {
    /// `http://host:port/path`, without a login.
    pub url: Url,
    /// The login, if the camera asks for one: digest where it offers that, else basic.
    pub login: Option<Login>,
}

impl HttpSettings {
    /// The URL for people and logs. Some cameras take a login in the query (`?usr=…&pwd=…`), so that is left out.
    #[must_use]
    pub fn shown_url(&self) -> String {
        let query = if self.url.query().is_some() { "?…" } else { "" };
        format!("{}{query}", &self.url[..url::Position::AfterPath])
    }
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings").field("url", &self.shown_url()).field("login", &self.login).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_in_the_query_is_not_shown() {
        let url = "http://192.0.2.7:81/video.cgi?usr=admin&pwd=hunter2".parse().expect("a url");
        let settings = HttpSettings { url, login: None };
        assert_eq!(settings.shown_url(), "http://192.0.2.7:81/video.cgi?…");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}

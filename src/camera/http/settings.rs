//! Where a camera's pictures are, and who asks for them.

use crate::camera::CameraUrl;
use crate::login::Login;

/// A picture or a stream of pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpSettings {
    /// `http://host:port/path`, without a login.
    pub url: CameraUrl,
    /// The login, if the camera asks for one: digest where it offers that, else basic.
    pub login: Option<Login>,
}

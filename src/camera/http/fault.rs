//! Why a camera gives no pictures over HTTP, and what to do. The sentence's subject is its URL.

use std::time::Duration;

/// What is wrong with a picture or stream.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    /// No connection.
    #[error("cannot be reached: {0}; check the address, and that the camera is powered and connected")]
    Unreachable(String),
    /// A connection, or not even that, and no answer.
    #[error(
        "does not answer within {:.1} s; check the address, and that the camera is powered and connected",
        .0.as_secs_f64()
    )]
    NoAnswer(Duration),
    /// Something else listens there.
    #[error("does not answer in HTTP: {0}; check the port")]
    NotHttp(String),
    /// 401, and nobody to log in as.
    #[error("asks for a login, and the config has none; set `username` and `password_file` or `password_env`")]
    NoLogin,
    /// 401 to a login that was right in form.
    #[error(
        "refuses the login of user {0}; check the user and the password (some cameras lock a user out for minutes after several wrong ones)"
    )]
    WrongLogin(String),
    /// 401 in a way that is not supported.
    #[error("asks for a login in a way that is not supported: {0}; choose digest or basic in the camera's settings")]
    UnknownLogin(String),
    /// 403.
    #[error("is not allowed (403); give the user the right to see pictures in the camera's settings")]
    Forbidden,
    /// 404.
    #[error("is not there (404); check the path in the camera's manual")]
    NotFound,
    /// 503, which cameras answer when all their streams are taken.
    #[error("has no connection left (503); close other viewers, or raise their number in the camera's settings")]
    Busy,
    /// Another answer than a picture.
    #[error("answers {0}; check the path in the camera's manual")]
    Status(u16),
    /// A redirection to HTTPS.
    #[error("wants an encrypted connection, which is not supported for cameras; allow HTTP in the camera's settings")]
    Encrypted,
    /// A redirection away from the camera, or in circles.
    #[error("leads to {0}, which is not followed; if that is the camera, give its own address")]
    LeadsAway(String),
    /// A picture where a stream is configured.
    #[error("sends one picture and no stream; configure it as `source.snapshot`")]
    OnePicture,
    /// A stream where a picture is configured.
    #[error("sends a stream and no single picture; configure it as `source.mjpeg`")]
    Stream,
    /// A web page, most of the time.
    #[error("sends {0} and no picture; check the path in the camera's manual")]
    NoPicture(String),
    /// The stream has ended, or the connection broke.
    #[error("{0}; if this repeats, see whether too many others watch this camera, and check the network")]
    Closed(String),
}

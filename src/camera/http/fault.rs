//! Why a camera gives no pictures over HTTP, and what to do. The sentence's subject is its URL.

/// What is wrong with a picture or stream.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    /// Another answer than a picture.
    #[error("answers {0}; check the path in the camera's manual")]
    Status(u16),
}

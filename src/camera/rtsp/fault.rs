//! Why an RTSP camera gives no frames, and what to do. The sentence's subject is its URL.

/// What is wrong with an RTSP stream.
#[derive(Debug, thiserror::Error)]
pub enum RtspFault {
    /// The connection ended.
    #[error("has closed the connection ({0}); check that the camera is powered and did not restart")]
    Closed(String),
}

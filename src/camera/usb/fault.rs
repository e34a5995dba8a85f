//! Why a USB camera gives no frames, and what to do. The sentence's subject is the camera's identity.

/// What is wrong with a USB camera.
#[derive(Debug, thiserror::Error)]
pub enum UsbFault {
    /// Nothing has that identity at the moment.
    #[error("is not there; check its cable, and `gatelpr cameras list` for what is")]
    Absent,
}

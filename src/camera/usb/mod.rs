//! USB cameras and everything else that Video4Linux (V4L2) shows.
//!
//! * [`UsbSettings`]: which camera, by an identity that survives a reboot, and what it is asked for
//! * [`UsbFault`]: why it gives no frames
//! * [`UsbSource`]: the camera as a source; [`usb_devices`]: what is plugged in
//! * `identity`: which node the camera has now; `offer`, `negotiation`: what it can, and what it is set to
//! * `driver`: the only file that speaks to the cameras; `pixels`, `huffman`: what they write, as pictures
//!
//! Not here: opening again. A source that fails is dropped, and the capture thread makes a new one.

mod devices;
mod driver;
mod fault;
mod huffman;
mod identity;
mod negotiation;
mod offer;
mod pixels;
mod settings;
mod source;

pub use devices::{UsbDevice, usb_devices};
pub use fault::UsbFault;
pub use offer::{FormatOffer, Rate, Rates, SizeOffer, Sizes};
pub use settings::{PixelFormat, UsbIdentity, UsbSettings};
pub(super) use source::UsbSource;

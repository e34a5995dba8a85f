//! Why a USB camera gives no frames, and what to do. The sentence's subject is the camera's identity.

use std::io;

/// Linux's number for a device that is no longer there (`ENODEV`); the standard library has no name for it.
const NO_DEVICE: i32 = 19;
/// A node without a driver behind it (`ENXIO`), as it is for a moment while a camera is unplugged.
const NO_ADDRESS: i32 = 6;

/// What is wrong with a USB camera.
#[derive(Debug, thiserror::Error)]
pub enum UsbFault {
    /// Nothing has that identity at the moment.
    #[error("is not there; check its cable, and `gatelpr cameras list` for what is")]
    Absent,
    /// Cameras of that name are there, and none has the serial number.
    #[error("is not there: those of that name have {serials}; check its cable, or correct `serial`")]
    OtherSerials {
        /// The serial numbers that are there.
        serials: String,
    },
    /// Several have that name.
    #[error(
        "is {count} cameras ({serials}); add the `serial` of one, or where serial numbers are missing or alike, use its `path` below /dev/v4l/by-path"
    )]
    Ambiguous {
        /// How many.
        count: usize,
        /// Their serial numbers.
        serials: String,
    },
    /// A node that carries no pictures: many cameras have a second one for metadata.
    #[error(
        "gives no pictures: it is another node of a camera, or no camera; take a path that `gatelpr cameras list` shows"
    )]
    NoVideo,
    /// `EACCES`.
    #[error(
        "may not be opened by the daemon's user; add `SupplementaryGroups=video` to its service, or its user to the group video, and restart it"
    )]
    Forbidden,
    /// `EBUSY`.
    #[error("is in use by another program; end that program (`fuser -v /dev/video*` names it)")]
    Busy,
    /// `ENODEV`: it was there when it was opened.
    #[error("is gone; check its cable and its power supply")]
    Gone,
    /// `ENOSPC` from the USB host controller.
    #[error(
        "finds no room on its USB bus; set `pixel_format` to \"mjpeg\", a smaller `size_px` or a lower rate, or plug it into a socket of another bus"
    )]
    NoBandwidth,
    /// The camera has no such mode.
    #[error(
        "gives no {wish}; it gives {offers}; change `size_px`, `frames_per_second` or `pixel_format` to one of these"
    )]
    NotOffered {
        /// What is wanted.
        wish: String,
        /// What it can.
        offers: String,
    },
    /// The driver lists a mode and then sets another.
    #[error("was asked for {asked} and gives {given}, though it lists what was asked for; ask for what it gives")]
    Refused {
        /// What was chosen out of its list.
        asked: String,
        /// What it said after that.
        given: String,
    },
    /// Pictures come, and none can be used.
    #[error(
        "gave {count} pictures in {seconds:.1} s and none was whole (the last: {last}); check its cable, and try another socket or format"
    )]
    OnlyDamaged {
        /// How many came.
        count: u64,
        /// How long was waited.
        seconds: f64,
        /// What was wrong with the last one.
        last: String,
    },
    /// Anything else that the driver says.
    #[error("fails: {0}; unplug it and plug it in again")]
    Driver(io::Error),
}

impl UsbFault {
    /// What the driver means by this error.
    pub(super) fn of(error: io::Error) -> Self {
        match (error.kind(), error.raw_os_error()) {
            (io::ErrorKind::NotFound, _) => Self::Absent,
            (io::ErrorKind::PermissionDenied, _) => Self::Forbidden,
            (io::ErrorKind::ResourceBusy, _) => Self::Busy,
            (io::ErrorKind::StorageFull, _) => Self::NoBandwidth,
            (_, Some(NO_DEVICE | NO_ADDRESS)) => Self::Gone,
            _ => Self::Driver(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_says_becomes_what_to_do() {
        let check = |number, expect: &str| {
            let fault = UsbFault::of(io::Error::from_raw_os_error(number)).to_string();
            assert!(fault.contains(expect), "{number}: {fault}");
        };
        check(2, "is not there; check its cable");
        check(13, "to the group video");
        check(1, "to the group video");
        check(16, "in use by another program");
        check(NO_DEVICE, "is gone");
        check(NO_ADDRESS, "is gone");
        check(28, "no room on its USB bus");
        check(5, "plug it in again");
    }
}

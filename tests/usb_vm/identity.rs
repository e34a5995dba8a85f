//! Which camera it is, and which there are.

use std::path::Path;

use gatelpr::camera::{UsbIdentity, UsbSettings, usb_devices};

use crate::gate::{error_of, frame_of, open, settings};
use crate::vivid;

pub(crate) fn list() -> String {
    let devices = usb_devices();
    let [device] = devices.as_slice() else { panic!("{devices:?}") };
    assert_eq!((device.name.as_str(), device.driver.as_str()), (vivid::NAME, "vivid"));
    assert_eq!(device.stable_paths, [Path::new(vivid::PATH)]);
    let formats = device.formats.as_ref().unwrap();
    let yuyv = formats.iter().find(|offer| offer.code == "YUYV").unwrap().to_string();
    format!("{:?} on {}, {} formats, {yuyv}", device.name, device.bus, formats.len())
}

pub(crate) fn path_and_name() -> String {
    let by_path = settings(Some((640, 360)), None);
    let by_name = named(vivid::NAME, None);
    for wanted in [&by_path, &by_name] {
        let mut source = open(wanted).unwrap_or_else(|error| panic!("{error}"));
        frame_of(source.as_mut());
    }
    format!("{}; {}", by_path.identity, by_name.identity)
}

pub(crate) fn absent_and_busy() -> String {
    let absent = error_of(&named("another", None));
    assert!(absent.contains("is not there; check its cable"), "{absent}");
    let other = error_of(&named(vivid::NAME, Some("77")));
    assert!(other.contains("those of that name have no serial number"), "{other}");
    let mut first = open(&settings(Some((640, 360)), None)).unwrap_or_else(|error| panic!("{error}"));
    frame_of(first.as_mut());
    let busy = error_of(&settings(Some((640, 360)), None));
    assert!(busy.contains("is in use by another program"), "{busy}");
    frame_of(first.as_mut());
    busy
}

fn named(name: &str, serial: Option<&str>) -> UsbSettings {
    let identity = UsbIdentity::Name { name: name.to_owned(), serial: serial.map(str::to_owned) };
    UsbSettings { identity, ..settings(Some((640, 360)), None) }
}

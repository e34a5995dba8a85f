//! From a camera's lasting identity to the node that it has at the moment. Asks sysfs, not the cameras.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{UsbFault, UsbIdentity};

/// Where the system shows its cameras; another place in tests.
#[derive(Debug)]
pub(super) struct DeviceTree {
    /// `/sys/class/video4linux`: a link per node.
    pub(super) class: PathBuf,
    /// `/dev`.
    pub(super) dev: PathBuf,
}

/// A video node. A camera may have several: pictures, metadata, a depth image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VideoNode {
    /// Its place among the nodes of its camera.
    pub(super) index: u32,
    /// As the driver gives it.
    pub(super) name: String,
    /// The device in sysfs that the node belongs to: the camera.
    pub(super) device: PathBuf,
    /// Of the USB device.
    pub(super) serial: Option<String>,
    /// `/dev/video0`.
    pub(super) path: PathBuf,
}

impl DeviceTree {
    /// This machine's.
    pub(super) fn of_system() -> Self {
        Self { class: PathBuf::from("/sys/class/video4linux"), dev: PathBuf::from("/dev") }
    }

    /// The numbers of all video nodes, ascending.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let entries = fs::read_dir(&self.class).into_iter().flatten().flatten();
        let number = |name: &str| name.strip_prefix("video")?.parse().ok();
        let mut numbers: Vec<u32> = entries.filter_map(|entry| number(entry.file_name().to_str()?)).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The node of that number, if it is still there.
    pub(super) fn node(&self, number: u32) -> Option<VideoNode> {
        let folder = self.class.join(format!("video{number}"));
        let device = fs::canonicalize(folder.join("device")).ok()?;
        Some(VideoNode {
            index: line(&folder.join("index")).and_then(|index| index.parse().ok()).unwrap_or(0),
            name: line(&folder.join("name"))?,
            serial: usb_device(&device).and_then(|usb| line(&usb.join("serial"))).filter(|serial| !serial.is_empty()),
            device,
            path: self.dev.join(format!("video{number}")),
        })
    }

    /// The node of the camera with this identity. `gives_video` says whether a node carries pictures.
    ///
    /// # Errors
    /// [`UsbFault`] when there is none or more than one.
    pub(super) fn resolve(
        &self,
        identity: &UsbIdentity,
        gives_video: impl Fn(&Path) -> io::Result<bool>,
    ) -> Result<PathBuf, UsbFault> {
        let (name, serial) = match identity {
            UsbIdentity::Path(path) => {
                return with_pictures(fs::canonicalize(path).map_err(UsbFault::of)?, gives_video);
            }
            UsbIdentity::Name { name, serial } => (name, serial),
        };
        let nodes = self.numbers().into_iter().filter_map(|number| self.node(number));
        let named: Vec<VideoNode> = nodes.filter(|node| node.name == *name).collect();
        let wanted = |node: &&VideoNode| serial.is_none() || node.serial == *serial;
        let mut nodes: Vec<&VideoNode> = named.iter().filter(wanted).collect();
        nodes.sort_by(|a, b| (&a.device, a.index).cmp(&(&b.device, b.index)));
        let mut cameras = nodes.clone();
        cameras.dedup_by(|a, b| a.device == b.device);
        match cameras.as_slice() {
            [] if named.is_empty() => Err(UsbFault::Absent),
            [] => Err(UsbFault::OtherSerials { serials: serials(&named) }),
            [_] => first_with_pictures(&nodes, gives_video),
            several => Err(UsbFault::Ambiguous { count: several.len(), serials: serials(several.iter().copied()) }),
        }
    }
}

fn with_pictures(path: PathBuf, gives_video: impl Fn(&Path) -> io::Result<bool>) -> Result<PathBuf, UsbFault> {
    if gives_video(&path).map_err(UsbFault::of)? { Ok(path) } else { Err(UsbFault::NoVideo) }
}

/// Of the nodes of one camera the first that carries pictures.
fn first_with_pictures(
    nodes: &[&VideoNode],
    gives_video: impl Fn(&Path) -> io::Result<bool>,
) -> Result<PathBuf, UsbFault> {
    let mut fault = UsbFault::NoVideo;
    for node in nodes {
        match with_pictures(node.path.clone(), &gives_video) {
            Ok(path) => return Ok(path),
            Err(UsbFault::NoVideo) => {}
            Err(other) => fault = other,
        }
    }
    Err(fault)
}

fn serials<'n>(nodes: impl IntoIterator<Item = &'n VideoNode>) -> String {
    let serial = |node: &VideoNode| match &node.serial {
        Some(serial) => format!("serial {serial}"),
        None => "no serial number".to_owned(),
    };
    let mut serials: Vec<String> = nodes.into_iter().map(serial).collect();
    serials.sort();
    serials.dedup();
    serials.join(", ")
}

/// The USB device that an interface belongs to: the first above it that has a vendor.
pub(super) fn usb_device(device: &Path) -> Option<&Path> {
    device.ancestors().find(|folder| folder.join("idVendor").exists())
}

/// A file of one line. A camera's name may be cut inside a character.
fn line(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

#[cfg(test)]
#[path = "identity_tests.rs"]
mod tests;

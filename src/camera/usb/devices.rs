//! The cameras that are plugged in, for `gatelpr cameras list`. Asks each what it can; changes none.

use std::fs;
use std::path::{Path, PathBuf};

use tracing::debug;

use super::UsbFault;
use super::driver::{self, Node};
use super::identity::{DeviceTree, VideoNode, usb_device};
use super::offer::FormatOffer;

/// A camera that is plugged in.
#[derive(Debug)]
pub struct UsbDevice {
    /// What `device_name` is set to.
    pub name: String,
    /// The kernel's driver: `uvcvideo` for almost every USB camera.
    pub driver: String,
    /// Where it is plugged in: `usb 1-1.2`, as `lsusb -t` counts.
    pub bus: String,
    /// What `serial` is set to, if it has one.
    pub serial: Option<String>,
    /// What `path` is set to, one or the other: links that lead to it after every restart.
    pub stable_paths: Vec<PathBuf>,
    /// Its node at the moment, another one after the next restart.
    pub node: PathBuf,
    /// What it can, or why it cannot be asked.
    pub formats: Result<Vec<FormatOffer>, UsbFault>,
}

/// The cameras that are plugged in. Nodes that carry no pictures are left out.
#[must_use]
pub fn usb_devices() -> Vec<UsbDevice> {
    let tree = DeviceTree::of_system();
    let numbers = driver::listed().unwrap_or_else(|error| {
        // A link like `/dev/video-gate` is enough for that.
        debug!(%error, "nokhwa cannot list the cameras; sysfs does");
        tree.numbers()
    });
    let nodes = numbers.into_iter().filter_map(|number| tree.node(number));
    nodes.filter_map(|node| device(node, &tree.dev)).collect()
}

/// A node as a camera, if it carries pictures.
fn device(node: VideoNode, dev: &Path) -> Option<UsbDevice> {
    let formats = match Node::open(&node.path).and_then(|open| Ok((open.gives_video()?, open))) {
        Ok((false, _)) => return None,
        Ok((true, open)) => open.offers(None).map_err(UsbFault::of),
        Err(error) => Err(UsbFault::of(error)),
    };
    Some(UsbDevice {
        driver: name_of_link(&node.device.join("driver")).unwrap_or_else(|| "unknown".to_owned()),
        bus: bus(&node.device),
        stable_paths: stable_paths(dev, &node.path),
        name: node.name,
        serial: node.serial,
        node: node.path,
        formats,
    })
}

/// `usb 1-1.2`, `platform vivid.0`.
fn bus(device: &Path) -> String {
    let place = usb_device(device).unwrap_or(device);
    let kind = name_of_link(&place.join("subsystem")).unwrap_or_default();
    let socket = place.file_name().unwrap_or_default().to_string_lossy();
    format!("{kind} {socket}").trim().to_owned()
}

fn name_of_link(link: &Path) -> Option<String> {
    Some(fs::read_link(link).ok()?.file_name()?.to_string_lossy().into_owned())
}

/// The links of udev that lead to a node: the socket's first, then the camera's own.
fn stable_paths(dev: &Path, node: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in ["v4l/by-path", "v4l/by-id"] {
        let links = fs::read_dir(dev.join(folder)).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut links: Vec<PathBuf> =
            links.filter(|link| fs::canonicalize(link).is_ok_and(|target| target == node)).collect();
        links.sort();
        paths.append(&mut links);
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn the_paths_that_stay_are_those_that_lead_to_the_node() {
        let folder = tempfile::tempdir().expect("a folder");
        let dev = fs::canonicalize(folder.path()).expect("a path");
        for (path, target) in [("v4l/by-id/b", "video0"), ("v4l/by-path/a", "video0"), ("v4l/by-path/c", "video1")] {
            let path = dev.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(dev.join(target), []).expect("a file");
            symlink(format!("../../{target}"), path).expect("a link");
        }
        let found = stable_paths(&dev, &dev.join("video0"));
        assert_eq!(found, [dev.join("v4l/by-path/a"), dev.join("v4l/by-id/b")]);
        assert_eq!(stable_paths(&dev.join("none"), &dev.join("video0")), Vec::<PathBuf>::new());
    }
}

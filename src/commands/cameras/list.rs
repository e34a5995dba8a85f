//! `gatelpr cameras list`: the USB cameras that are plugged in, and what to write into the config for each.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::camera::{self, UsbDevice};

/// List the USB cameras that are plugged in, with what the config needs to know of each
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ListArgs {}

/// A camera, in words.
#[derive(Debug)]
struct Listed {
    name: String,
    driver: String,
    bus: String,
    serial: Option<String>,
    node: PathBuf,
    stable_paths: Vec<PathBuf>,
    /// A line per format, or why there are none.
    formats: Result<Vec<String>, String>,
}

/// Runs `gatelpr cameras list`.
pub(super) fn run(_args: &ListArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    Ok(write_list(&plugged_in(), out)?)
}

fn plugged_in() -> Vec<Listed> {
    let in_words = |device: UsbDevice| Listed {
        name: device.name,
        driver: device.driver,
        bus: device.bus,
        serial: device.serial,
        node: device.node,
        stable_paths: device.stable_paths,
        formats: match device.formats {
            Ok(formats) => Ok(formats.iter().map(ToString::to_string).collect()),
            Err(fault) => Err(fault.to_string()),
        },
    };
    camera::usb_devices().into_iter().map(in_words).collect()
}

fn write_list(cameras: &[Listed], out: &mut dyn Write) -> io::Result<()> {
    if cameras.is_empty() {
        return writeln!(
            out,
            "no USB camera is plugged in, or this user may not open it (the group `video` may); \
             cameras in the network are not listed"
        );
    }
    for (number, camera) in cameras.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        write_camera(camera, out)?;
    }
    Ok(())
}

fn write_camera(camera: &Listed, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{} ({}, {})", camera.name, camera.bus, camera.driver)?;
    writeln!(out, "  device_name  {:?}", camera.name)?;
    if let Some(serial) = &camera.serial {
        writeln!(out, "  serial       {serial:?}")?;
    }
    for path in &camera.stable_paths {
        writeln!(out, "  path         {:?}", path.display().to_string())?;
    }
    writeln!(out, "  now          {}, another one after the next restart", camera.node.display())?;
    match &camera.formats {
        Ok(formats) => formats.iter().try_for_each(|format| writeln!(out, "  gives        {format}")),
        Err(fault) => writeln!(out, "  gives        nothing: {fault}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(cameras: &[Listed]) -> String {
        let mut out = Vec::new();
        write_list(cameras, &mut out).expect("a vector takes it");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_camera_is_listed_with_what_the_config_needs() {
        let camera = |serial: Option<&str>, formats| Listed {
            name: "HD USB Camera".to_owned(),
            driver: "uvcvideo".to_owned(),
            bus: "usb 1-1.2".to_owned(),
            serial: serial.map(str::to_owned),
            node: "/dev/video0".into(),
            stable_paths: vec!["/dev/v4l/by-path/pci-0000:00:14.0-usb-0:1.2:1.0-video-index0".into()],
            formats,
        };
        let formats = ["mjpeg 1920x1080 30, 15", "yuyv 640x480 30"].map(str::to_owned).to_vec();
        let cameras = [camera(Some("SN0001"), Ok(formats)), camera(None, Err("is busy".to_owned()))];
        insta::assert_snapshot!(printed(&cameras));
    }

    #[test]
    fn without_a_camera_it_says_where_it_looked() {
        assert!(printed(&[]).starts_with("no USB camera is plugged in"));
    }
}

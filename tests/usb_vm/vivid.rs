//! The virtual camera: plugged in, unplugged, made to stall.

use std::fs;
use std::process::Command;

/// As the driver names it.
pub(crate) const NAME: &str = "vivid-000-vid-cap";
/// The link that udev would make; the machine's `init` makes it.
pub(crate) const PATH: &str = "/dev/v4l/by-path/platform-vivid.0-video-index0";

/// What kind of camera is plugged in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Sizes with rates, as USB cameras have them.
    Webcam,
    /// A grabber of an HDMI signal: one size, no rates.
    Grabber,
}

/// Sets one of the driver's controls.
pub(crate) fn control(setting: &str) {
    run("v4l2-ctl", &["-d", "/dev/video0", "-c", setting]);
}

/// So many percent of the pictures never come.
pub(crate) fn drop_pictures(percent: u32) {
    control(&format!("percentage_of_dropped_buffers={percent}"));
}

/// As when the cable is pulled, also under whoever has it open.
pub(crate) fn unplug() {
    fs::write("/sys/bus/platform/drivers/vivid/unbind", "vivid.0").unwrap();
}

/// Another camera in the same socket. The old one must be closed by then.
pub(crate) fn plug(kind: Kind) {
    let input = match kind {
        Kind::Webcam => "input_types=0",
        Kind::Grabber => "input_types=3",
    };
    run("rmmod", &["vivid"]);
    // Without the scaler, which no camera has.
    run("insmod", &["/modules/vivid.ko", "n_devs=1", "node_types=1", "num_inputs=1", "ccs_cap_mode=0", input]);
}

fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
}

//! A USB camera as a source: opened by its identity, set to the wanted mode, read on the capture thread.

use std::time::Duration;

use tracing::{info, warn};

use super::driver::{Buffers, Node, Setting};
use super::identity::DeviceTree;
use super::negotiation::{Choice, choose, fast_enough};
use super::offer::{Rate, Sizes};
use super::pixels::{Layout, PictureFault};
use super::{UsbFault, UsbSettings};
use crate::camera::damage::Damage;
use crate::camera::pool::PicturePool;
use crate::camera::{FrameSource, Opening, SourceError, SourceKind, StreamInfo, Tally, Timeline};
use crate::clock::Clock;
use crate::frame::Frame;
use crate::plate::CameraName;
use crate::stop::Stop;

/// A wait looks for a stop this often.
const SLICE: Duration = Duration::from_millis(50);

/// An opened camera. It holds one file descriptor and its buffers, and gives both back when it is dropped; whatever
/// goes wrong, it is dropped and opened again.
pub(in crate::camera) struct UsbSource {
    camera: CameraName,
    /// Its identity, for errors.
    device: String,
    buffers: Buffers,
    layout: Layout,
    stream: StreamInfo,
    timeline: Timeline,
    clock: Clock,
    stop: Stop,
    damage: Damage,
    /// Pictures that were older than the newest when it was read.
    behind: u64,
    pool: PicturePool,
}

impl UsbSource {
    pub(in crate::camera) fn open(settings: &UsbSettings, opening: &Opening) -> Result<Self, SourceError> {
        let device = settings.identity.to_string();
        let opened = start(settings).map_err(|fault| fault_of(&opening.camera, &device, fault));
        let (buffers, setting) = opened?;
        let stream = StreamInfo {
            codec: Some(setting.layout.format.to_string()),
            size: Some(setting.layout.size),
            frames_per_second: setting.rate.map(Rate::per_second),
        };
        info!(%device, %stream, "USB camera set");
        Ok(Self {
            camera: opening.camera.clone(),
            device,
            buffers,
            layout: setting.layout,
            stream,
            timeline: opening.timeline,
            clock: opening.clock,
            stop: opening.stop.clone(),
            damage: Damage::default(),
            behind: 0,
            pool: PicturePool::default(),
        })
    }

    fn fault(&self, fault: UsbFault) -> SourceError {
        fault_of(&self.camera, &self.device, fault)
    }

    /// The newest picture, once there is one; what is damaged is counted.
    fn read(&mut self) -> Result<Result<Frame, PictureFault>, UsbFault> {
        let captured_at = self.timeline.moment(None, self.clock.elapsed());
        let (layout, pool) = (self.layout, &self.pool);
        let read = self.buffers.newest(|bytes| bytes.and_then(|bytes| layout.to_rgb(bytes, pool)));
        let (picture, behind) = read.map_err(UsbFault::of)?;
        self.behind += behind;
        match &picture {
            Ok(_) => self.damage.good(),
            Err(fault) => self.damage.skipped(&format_args!("a damaged picture of {}: {fault}", self.device)),
        }
        Ok(picture.map(|image| Frame { camera: self.camera.clone(), captured_at, image: self.pool.share(image) }))
    }
}

impl FrameSource for UsbSource {
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError> {
        let began = self.clock.elapsed();
        let mut damaged: Option<(u64, PictureFault)> = None;
        while !self.stop.requested() {
            let waited = self.clock.elapsed().saturating_sub(began);
            let left = deadline.saturating_sub(waited);
            if left.is_zero() {
                return Err(match damaged {
                    None => SourceError::Silent { camera: self.camera.clone(), waited },
                    Some((count, last)) => {
                        let (seconds, last) = (waited.as_secs_f64(), last.to_string());
                        self.fault(UsbFault::OnlyDamaged { count, seconds, last })
                    }
                });
            }
            // At least a millisecond: a wait of none would turn without a pause at the deadline.
            let slice = left.min(SLICE).max(Duration::from_millis(1));
            if !self.buffers.wait(slice).map_err(|error| self.fault(UsbFault::of(error)))? {
                continue;
            }
            match self.read().map_err(|fault| self.fault(fault))? {
                Ok(frame) => return Ok(Some(frame)),
                Err(fault) => damaged = Some((damaged.map_or(1, |(count, _)| count + 1), fault)),
            }
        }
        Ok(None)
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Camera
    }

    fn tally(&self) -> Tally {
        Tally { damaged: self.damage.total(), lost_packets: 0, behind: self.behind }
    }

    fn stream(&self) -> StreamInfo {
        self.stream.clone()
    }
}

fn fault_of(camera: &CameraName, device: &str, fault: UsbFault) -> SourceError {
    SourceError::Usb { camera: camera.clone(), device: device.to_owned(), fault }
}

/// Finds the camera, sets it and makes it send.
fn start(settings: &UsbSettings) -> Result<(Buffers, Setting), UsbFault> {
    let gives_video = |path: &std::path::Path| Node::open(path)?.gives_video();
    let path = DeviceTree::of_system().resolve(&settings.identity, gives_video)?;
    let node = Node::open(&path).map_err(UsbFault::of)?;
    let choice = choose(&node.offers(settings.size).map_err(UsbFault::of)?, settings)?;
    let setting = node.set(&choice).map_err(UsbFault::of)?;
    check(&setting, &choice, settings)?;
    Ok((node.start().map_err(UsbFault::of)?, setting))
}

/// Compares what the driver was set to with what was chosen out of its own list.
fn check(setting: &Setting, choice: &Choice, wanted: &UsbSettings) -> Result<(), UsbFault> {
    let given_rate = setting.rate.map_or(String::new(), |rate| format!(" at {rate} fps"));
    let given = format!("{} {}{given_rate}", setting.code, Sizes::One(setting.layout.size));
    let wanted_rate = wanted.frames_per_second.per_second();
    let too_slow = setting.rate.is_some_and(|rate| !fast_enough(rate.per_second(), wanted_rate));
    let other = !setting.is_in(choice.format) || setting.layout.size != choice.size;
    if other || too_slow && wanted_rate > UsbSettings::ENOUGH_RATE {
        let rate = choice.rate.map_or(String::new(), |rate| format!(" at {rate} fps"));
        let asked = format!("{} {}{rate}", choice.format, Sizes::One(choice.size));
        return Err(UsbFault::Refused { asked, given });
    }
    if too_slow {
        warn!(%given, wanted = wanted_rate, "the camera is slower than wanted");
    }
    if setting.interlaced {
        warn!(%given, "the camera gives interlaced pictures: plates that move are combed and hardly readable");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{FrameRate, PixelFormat};
    use yuv::{YuvRange, YuvStandardMatrix};

    fn setting(code: &str, size: (u32, u32), frames: u32) -> Setting {
        let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt601);
        let layout = Layout { format: PixelFormat::Yuyv, size, stride: 0, range, matrix };
        Setting { code: code.to_owned(), layout, rate: Some(Rate { frames, seconds: 1 }), interlaced: false }
    }

    fn verdict(given: &Setting, wanted_rate: f64) -> String {
        let wanted = UsbSettings {
            identity: crate::camera::UsbIdentity::Path("/dev/v4l/by-path/gate".into()),
            size: None,
            frames_per_second: FrameRate::try_from(wanted_rate).expect("a rate"),
            pixel_format: None,
        };
        let rate = Some(Rate { frames: 30, seconds: 1 });
        let choice = Choice { format: PixelFormat::Yuyv, size: (640, 480), rate };
        check(given, &choice, &wanted).map_or_else(|fault| fault.to_string(), |()| "taken".to_owned())
    }

    #[test]
    fn a_driver_that_sets_something_else_than_it_lists_is_a_fault() {
        assert_eq!(verdict(&setting("YUYV", (640, 480), 30), 30.0), "taken");
        assert_eq!(
            verdict(&setting("YUYV", (320, 240), 30), 30.0),
            "was asked for YUYV 640x480 at 30 fps and gives YUYV 320x240 at 30 fps, though it lists what was asked for; \
             ask for what it gives"
        );
        assert!(verdict(&setting("MJPG", (640, 480), 30), 30.0).contains("gives MJPG 640x480"));
    }

    #[test]
    fn a_slow_driver_is_a_fault_only_for_who_asked_for_speed() {
        assert!(verdict(&setting("YUYV", (640, 480), 10), 30.0).contains("gives YUYV 640x480 at 10 fps"));
        assert_eq!(verdict(&setting("YUYV", (640, 480), 10), 15.0), "taken");
    }
}

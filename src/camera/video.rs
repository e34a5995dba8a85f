//! A recording as a source: H.264 in MP4, frames in the order they are shown.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::damage::Damage;
use super::error::{FileFault, SourceError};
use super::h264::{H264Decoder, Picture};
use super::mp4::Mp4File;
use super::pool::PicturePool;
use super::settings::Repeat;
use super::stream::Tally;
use super::timeline::{Due, Pacer, Pacing, Timeline};
use super::{FrameSource, Opening, SourceKind};
use crate::frame::Frame;
use crate::plate::CameraName;

/// An opened recording. The first frame that is shown is at elapsed time zero.
pub(super) struct VideoSource {
    camera: CameraName,
    path: PathBuf,
    file: Mp4File,
    decoder: H264Decoder,
    /// Decoded and not yet released; at most 17 pictures, and seldom more than 1.
    ready: VecDeque<Picture>,
    at_end: bool,
    timeline: Timeline,
    pacer: Pacer,
    repeat: Repeat,
    passes: Passes,
    damage: Damage,
    pool: PicturePool,
}

/// Joins repetitions into one rising time.
#[derive(Debug, Default)]
struct Passes {
    /// When this pass began.
    began: Duration,
    /// The last frame and its distance from the one before it.
    last: Option<Duration>,
    interval: Duration,
    frames: u64,
}

impl VideoSource {
    pub(super) fn open(path: &Path, repeat: Repeat, pacing: Pacing, opening: &Opening) -> Result<Self, SourceError> {
        let fault = |fault| SourceError::file(&opening.camera, path, fault);
        let file = Mp4File::open(path).map_err(fault)?;
        let parameter_sets = file.descriptions.iter().flat_map(|config| &config.parameter_sets);
        let pool = PicturePool::default();
        let decoder =
            H264Decoder::new(parameter_sets.map(Vec::as_slice), pool.clone()).map_err(|why| fault(why.into()))?;
        Ok(Self {
            camera: opening.camera.clone(),
            path: path.to_owned(),
            file,
            decoder,
            ready: VecDeque::new(),
            at_end: false,
            timeline: opening.timeline,
            pacer: Pacer::new(pacing, opening.clock, opening.stop.clone()),
            repeat,
            passes: Passes::default(),
            damage: Damage::default(),
            pool,
        })
    }

    /// Decodes until a picture is ready; `false` at the end of the recording.
    fn fill(&mut self) -> Result<bool, FileFault> {
        loop {
            // What lies before the edit list's start is not shown.
            while self.ready.front().is_some_and(|picture| picture.at < self.file.start) {
                self.ready.pop_front();
            }
            if !self.ready.is_empty() {
                return Ok(true);
            }
            if self.at_end && !self.begin_again()? {
                return Ok(false);
            }
            self.decode_packet()?;
        }
    }

    fn decode_packet(&mut self) -> Result<(), FileFault> {
        let descriptions = std::mem::take(&mut self.file.descriptions);
        let outcome = match self.file.next_packet() {
            Ok(Some(packet)) => match descriptions.get(packet.description) {
                Some(config) => {
                    match self.decoder.decode(&packet, config, &mut self.ready) {
                        Ok(()) => self.damage.good(),
                        Err(error) => {
                            self.damage.skipped(&format_args!("a damaged packet of {}: {error}", self.path.display()))
                        }
                    }
                    Ok(())
                }
                None => Ok(()),
            },
            Ok(None) => {
                self.at_end = true;
                self.decoder.finish(&mut self.ready);
                Ok(())
            }
            Err(fault) => Err(fault),
        };
        self.file.descriptions = descriptions;
        outcome
    }

    fn begin_again(&mut self) -> Result<bool, FileFault> {
        if self.passes.frames == 0 {
            return Err(FileFault::NothingDecoded(self.damage.total()));
        }
        if self.repeat == Repeat::Once {
            return Ok(false);
        }
        self.passes.begin();
        self.file.rewind();
        self.decoder.restart()?;
        self.at_end = false;
        Ok(true)
    }

    fn time_of(&self, picture: &Picture) -> Duration {
        let ticks = u128::try_from(picture.at.saturating_sub(self.file.start)).unwrap_or(0);
        let nanos = ticks * 1_000_000_000 / u128::from(self.file.timescale);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

impl FrameSource for VideoSource {
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError> {
        if !self.fill().map_err(|fault| SourceError::file(&self.camera, &self.path, fault))? {
            return Ok(None);
        }
        let Some(picture) = self.ready.pop_front() else { return Ok(None) };
        let elapsed = self.passes.began.saturating_add(self.time_of(&picture));
        match self.pacer.wait(elapsed, deadline) {
            Due::Stopped => Ok(None),
            Due::NotYet => {
                self.ready.push_front(picture);
                Err(SourceError::Silent { camera: self.camera.clone(), waited: deadline })
            }
            Due::Now => {
                self.passes.released(elapsed);
                let captured_at = self.timeline.moment(self.file.created, elapsed);
                Ok(Some(Frame { camera: self.camera.clone(), captured_at, image: self.pool.share(picture.image) }))
            }
        }
    }

    fn kind(&self) -> SourceKind {
        self.repeat.kind()
    }

    fn tally(&self) -> Tally {
        Tally { damaged: self.damage.total(), ..Tally::default() }
    }
}

impl Passes {
    fn released(&mut self, elapsed: Duration) {
        if let Some(last) = self.last {
            self.interval = elapsed.saturating_sub(last);
        }
        self.last = Some(elapsed);
        self.frames += 1;
    }

    /// The next pass begins one frame after the last one ended.
    fn begin(&mut self) {
        let interval = self.interval.max(Duration::from_millis(1));
        self.began = self.last.unwrap_or(self.began).saturating_add(interval);
        self.frames = 0;
    }
}

//! A folder of pictures as a recording: natural name order, a frame rate, sizes may differ.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::RgbImage;

use super::damage::Damage;
use super::error::{FileFault, SourceError};
use super::name_order::natural;
use super::picture::{self, has_picture_name};
use super::pool::PicturePool;
use super::settings::{FrameRate, Repeat};
use super::stream::Tally;
use super::timeline::{Due, Pacer, Pacing, Timeline};
use super::{FrameSource, Opening, SourceKind};
use crate::frame::Frame;
use crate::plate::CameraName;

/// The pictures that a folder held when it was opened. A broken one is logged, counted and skipped, and its place in
/// time stays empty: the others keep their times.
#[derive(Debug)]
pub(super) struct FolderSource {
    camera: CameraName,
    path: PathBuf,
    pictures: Vec<PathBuf>,
    /// Which picture is next, and where it stands in time.
    next: usize,
    number: u64,
    /// Read and not yet due.
    waiting: Option<RgbImage>,
    /// What was wrong with the first broken picture of this pass, while none was good.
    first_fault: Option<String>,
    good: bool,
    rate: FrameRate,
    repeat: Repeat,
    timeline: Timeline,
    pacer: Pacer,
    damage: Damage,
    pool: PicturePool,
}

impl FolderSource {
    pub(super) fn open(
        path: &Path,
        rate: FrameRate,
        (repeat, pacing): (Repeat, Pacing),
        opening: &Opening,
    ) -> Result<Self, SourceError> {
        let fault = |fault| SourceError::file(&opening.camera, path, fault);
        let pictures = list_pictures(path).map_err(fault)?;
        if pictures.is_empty() {
            return Err(fault(FileFault::NoPictures));
        }
        Ok(Self {
            camera: opening.camera.clone(),
            path: path.to_owned(),
            pictures,
            next: 0,
            number: 0,
            waiting: None,
            first_fault: None,
            good: false,
            rate,
            repeat,
            timeline: opening.timeline,
            pacer: Pacer::new(pacing, opening.clock, opening.stop.clone()),
            damage: Damage::default(),
            pool: PicturePool::default(),
        })
    }

    /// The picture that is next in time; `None` behind the last.
    fn read_next(&mut self) -> Result<Option<RgbImage>, FileFault> {
        loop {
            let Some(path) = self.pictures.get(self.next) else {
                if !self.begin_again()? {
                    return Ok(None);
                }
                continue;
            };
            match picture::read(path, &self.pool) {
                Ok(image) => {
                    self.good = true;
                    self.damage.good();
                    return Ok(Some(image));
                }
                Err(fault) => {
                    let message = format!("{} {fault}", path.display());
                    self.damage.skipped(&message);
                    self.first_fault.get_or_insert(message);
                    self.advance();
                }
            }
        }
    }

    fn advance(&mut self) {
        self.next += 1;
        self.number += 1;
    }

    fn begin_again(&mut self) -> Result<bool, FileFault> {
        if !self.good {
            let first = self.first_fault.take().unwrap_or_default();
            return Err(FileFault::OnlyBrokenPictures { count: self.pictures.len(), first });
        }
        if self.repeat == Repeat::Once {
            return Ok(false);
        }
        (self.next, self.good) = (0, false);
        Ok(true)
    }
}

fn list_pictures(path: &Path) -> Result<Vec<PathBuf>, FileFault> {
    if !fs::metadata(path)?.is_dir() {
        return Err(FileFault::NotAFolder);
    }
    let mut pictures = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        if has_picture_name(&path) && path.is_file() {
            pictures.push(path);
        }
    }
    pictures.sort_by(|a, b| natural(a, b));
    Ok(pictures)
}

impl FrameSource for FolderSource {
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError> {
        let image = match self.waiting.take() {
            Some(image) => image,
            None => match self.read_next().map_err(|fault| SourceError::file(&self.camera, &self.path, fault))? {
                Some(image) => image,
                None => return Ok(None),
            },
        };
        let elapsed = self.rate.time_of(self.number);
        match self.pacer.wait(elapsed, deadline) {
            Due::Stopped => Ok(None),
            Due::NotYet => {
                self.waiting = Some(image);
                Err(SourceError::Silent { camera: self.camera.clone(), waited: deadline })
            }
            Due::Now => {
                self.advance();
                let captured_at = self.timeline.moment(None, elapsed);
                Ok(Some(Frame { camera: self.camera.clone(), captured_at, image: self.pool.share(image) }))
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

//! A camera that speaks RTSP, as a source.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use retina::client::SessionGroup;

use super::fault::RtspFault;
use super::playing::Playing;
use super::settings::RtspSettings;
use crate::camera::error::SourceError;
use crate::camera::patience::{Patience, Waited};
use crate::camera::pool::PicturePool;
use crate::camera::stream::{StreamInfo, Tally};
use crate::camera::{FrameSource, Opening, SourceKind};
use crate::frame::Frame;
use crate::login::Login;

/// How long a camera may take to hear goodbye: one that did not hear goes on sending over UDP for a minute, and some
/// serve only a few viewers at a time.
pub(super) const GOODBYE: Duration = Duration::from_secs(1);

/// An opened camera.
pub(in crate::camera) struct RtspSource {
    opening: Opening,
    /// Where it is, without a login.
    url: String,
    patience: Patience,
    /// Sessions that still have to be said goodbye to.
    group: Arc<SessionGroup>,
    /// Absent when a stop came while it was opened.
    playing: Option<Playing>,
    /// The picture that opening it waited for.
    first: Option<RgbImage>,
    pool: PicturePool,
}

impl RtspSource {
    /// Opens it and waits for its first picture, all within the opening's patience. The password is read now: one that
    /// was changed counts.
    pub(in crate::camera) fn open(settings: &RtspSettings, opening: &Opening) -> Result<Self, SourceError> {
        let camera = &opening.camera;
        let credentials = settings.login.as_ref().map(Login::credentials).transpose();
        let credentials = credentials.map_err(|error| SourceError::Password { camera: camera.clone(), error })?;
        let patience = Patience::new(opening.stop.clone());
        let patience = patience.map_err(|error| SourceError::System { camera: camera.clone(), error })?;
        let mut source = Self {
            opening: opening.clone(),
            url: settings.url.to_string(),
            patience,
            group: Arc::default(),
            playing: None,
            first: None,
            pool: PicturePool::default(),
        };
        // What fails must still say goodbye.
        let deadline = opening.patience.saturating_sub(GOODBYE.min(opening.patience / 4));
        let began = opening.clock.elapsed();
        let (group, pool) = (source.group.clone(), source.pool.clone());
        let begin = Playing::begin(settings, credentials, group, opening.clock, pool);
        match source.patience.wait(deadline, begin) {
            Waited::Done(playing) => source.playing = Some(playing.map_err(|fault| source.fault(fault))?),
            Waited::TimedOut => return Err(source.silent(deadline)),
            Waited::Stopped => return Ok(source),
        }
        let left = deadline.saturating_sub(opening.clock.elapsed().saturating_sub(began));
        source.first = source.next_picture(left)?;
        Ok(source)
    }

    /// `None` after a stop.
    fn next_picture(&mut self, deadline: Duration) -> Result<Option<RgbImage>, SourceError> {
        let Some(playing) = &mut self.playing else { return Ok(None) };
        match self.patience.wait(deadline, playing.next_picture()) {
            Waited::Done(Ok(image)) => Ok(Some(image)),
            Waited::Done(Err(fault)) => Err(self.fault(fault)),
            Waited::Stopped => Ok(None),
            Waited::TimedOut => Err(match playing.silence(deadline) {
                Some(fault) => self.fault(fault),
                None => self.silent(deadline),
            }),
        }
    }

    fn fault(&self, fault: RtspFault) -> SourceError {
        SourceError::Rtsp { camera: self.opening.camera.clone(), url: self.url.clone(), fault }
    }

    fn silent(&self, waited: Duration) -> SourceError {
        SourceError::Silent { camera: self.opening.camera.clone(), waited }
    }
}

impl FrameSource for RtspSource {
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError> {
        let image = match self.first.take() {
            Some(image) => Some(image),
            None => self.next_picture(deadline)?,
        };
        Ok(image.map(|image| {
            let captured_at = self.opening.timeline.moment(None, self.opening.clock.elapsed());
            Frame { camera: self.opening.camera.clone(), captured_at, image: self.pool.share(image) }
        }))
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Camera
    }

    fn tally(&self) -> Tally {
        self.playing.as_ref().map(Playing::tally).unwrap_or_default()
    }

    fn stream(&self) -> StreamInfo {
        self.playing.as_ref().map(Playing::stream).unwrap_or_default()
    }
}

impl Drop for RtspSource {
    /// Says goodbye, also after an error and a stop.
    fn drop(&mut self) {
        let (playing, group) = (self.playing.take(), self.group.clone());
        let goodbye = async {
            if let Some(playing) = playing {
                playing.end().await;
            }
            // A camera that does not answer has heard nothing, and nobody is left to tell.
            group.await_teardown().await.is_ok()
        };
        if self.patience.wait_also_when_stopped(GOODBYE, goodbye) != Some(true) {
            tracing::debug!(camera = %self.opening.camera, "the camera did not answer when told goodbye");
        }
    }
}

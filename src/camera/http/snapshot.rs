//! One JPEG picture over HTTP, asked for again and again.
//!
//! One connection for as long as the camera keeps it, and one nonce for as long as the camera takes it. The pace is kept
//! against the clock, and a camera that answers more slowly is asked again as soon as it has answered: delay never
//! builds up. An answer that is the same as the last is a frame too: the camera works.

use std::time::Duration;

use image::RgbImage;
use reqwest::Response;

use super::client::{CameraClient, broken, content_type};
use super::damaged;
use super::fault::HttpFault;
use super::parts::MAX_PART;
use super::settings::HttpSettings;
use crate::camera::damage::Damage;
use crate::camera::patience::{Patience, Waited};
use crate::camera::picture;
use crate::camera::pool::PicturePool;
use crate::camera::{FrameRate, FrameSource, Opening, SourceError, SourceKind, StreamInfo, Tally};
use crate::frame::Frame;

/// A camera that has answered once.
pub(crate) struct SnapshotSource {
    opening: Opening,
    url: String,
    client: CameraClient,
    patience: Patience,
    /// Between two requests.
    period: Duration,
    /// When it is asked next.
    due: Duration,
    /// The answer that opening waited for.
    first: Option<Frame>,
    damage: Damage,
    size: Option<(u32, u32)>,
    pool: PicturePool,
}

/// What an answer carried.
enum Carried {
    Picture(RgbImage),
    /// A picture that is damaged or too large, in words.
    Damaged(String),
}

impl SnapshotSource {
    /// Asks for the first picture and waits for it.
    pub(crate) fn open(
        settings: &HttpSettings,
        frames_per_second: FrameRate,
        opening: &Opening,
    ) -> Result<Self, SourceError> {
        let refused = |error| SourceError::System { camera: opening.camera.clone(), error };
        let mut source = Self {
            url: settings.url.to_string(),
            client: CameraClient::new(settings, opening)?,
            patience: Patience::new(opening.stop.clone()).map_err(refused)?,
            // A period longer than the patience would make silence of every pause.
            period: frames_per_second.time_of(1).min(opening.patience / 2),
            due: opening.clock.elapsed(),
            first: None,
            damage: Damage::default(),
            pool: PicturePool::default(),
            size: None,
            opening: opening.clone(),
        };
        match source.ask(opening.patience) {
            Waited::Done(Ok(first)) => source.first = first,
            Waited::Done(Err(fault)) => return Err(source.failed(fault)),
            Waited::TimedOut => return Err(source.failed(HttpFault::NoAnswer(opening.patience))),
            Waited::Stopped => {}
        }
        Ok(source)
    }

    /// Asks once and waits at most `deadline` for the answer; none is a damaged picture.
    fn ask(&mut self, deadline: Duration) -> Waited<Result<Option<Frame>, HttpFault>> {
        let (client, pool) = (&mut self.client, &self.pool);
        let asked = async { picture_of(client.get().await?, pool).await };
        match self.patience.wait(deadline, asked) {
            Waited::Done(Ok(Carried::Picture(image))) => {
                self.damage.good();
                self.size = Some(image.dimensions());
                let captured_at = self.opening.timeline.moment(None, self.opening.clock.elapsed());
                let camera = self.opening.camera.clone();
                Waited::Done(Ok(Some(Frame { camera, captured_at, image: self.pool.share(image) })))
            }
            Waited::Done(Ok(Carried::Damaged(how))) => {
                self.damage.skipped(&how);
                Waited::Done(Ok(None))
            }
            Waited::Done(Err(fault)) => Waited::Done(Err(fault)),
            Waited::TimedOut => Waited::TimedOut,
            Waited::Stopped => Waited::Stopped,
        }
    }

    /// Waits until it is time to ask, at most `left`; the next time is a period later, or now if that is past.
    fn wait_until_due(&mut self, left: Duration) -> Waited<()> {
        let early = self.due.saturating_sub(self.opening.clock.elapsed());
        if self.opening.stop.wait(early.min(left)) {
            return Waited::Stopped;
        }
        if early > left {
            return Waited::TimedOut;
        }
        self.due = (self.due + self.period).max(self.opening.clock.elapsed());
        Waited::Done(())
    }

    fn silent(&self, waited: Duration) -> SourceError {
        SourceError::Silent { camera: self.opening.camera.clone(), waited }
    }

    fn failed(&self, fault: HttpFault) -> SourceError {
        SourceError::Http { camera: self.opening.camera.clone(), url: self.url.clone(), fault }
    }
}

impl FrameSource for SnapshotSource {
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError> {
        let clock = self.opening.clock;
        let until = clock.elapsed().saturating_add(deadline);
        if let Some(first) = self.first.take() {
            self.due += self.period;
            return Ok(Some(first));
        }
        loop {
            match self.wait_until_due(until.saturating_sub(clock.elapsed())) {
                Waited::Done(()) => {}
                Waited::TimedOut => return Err(self.silent(deadline)),
                Waited::Stopped => return Ok(None),
            }
            let left = until.saturating_sub(clock.elapsed());
            if left.is_zero() {
                return Err(self.silent(deadline));
            }
            match self.ask(left) {
                Waited::Done(Ok(Some(frame))) => return Ok(Some(frame)),
                Waited::Done(Ok(None)) => {}
                Waited::Done(Err(fault)) => return Err(self.failed(fault)),
                Waited::TimedOut => return Err(self.silent(deadline)),
                Waited::Stopped => return Ok(None),
            }
        }
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Camera
    }

    fn tally(&self) -> Tally {
        Tally { damaged: self.damage.total(), ..Tally::default() }
    }

    fn stream(&self) -> StreamInfo {
        StreamInfo { codec: Some("JPEG".to_owned()), size: self.size, frames_per_second: None }
    }
}

/// Reads an answer to its end.
async fn picture_of(answer: Response, pool: &PicturePool) -> Result<Carried, HttpFault> {
    let content_type = content_type(&answer).to_owned();
    if content_type.starts_with("multipart/") {
        return Err(HttpFault::Stream);
    }
    let bytes = match body(answer).await {
        Ok(bytes) => bytes,
        Err(how) => return Ok(Carried::Damaged(how)),
    };
    // Cameras call their pictures by many types, so the bytes decide.
    if !bytes.is_empty() && image::guess_format(&bytes).is_err() {
        let what = if content_type.is_empty() { "something without a content type".to_owned() } else { content_type };
        return Err(HttpFault::NoPicture(what));
    }
    Ok(match picture::decode(&bytes, pool) {
        Ok(image) => Carried::Picture(image),
        Err(fault) => Carried::Damaged(damaged(&bytes, &fault)),
    })
}

/// The bytes, or why they are not a whole picture.
async fn body(mut answer: Response) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > MAX_PART => {
                return Err(format!("a picture of more than {} MiB", MAX_PART >> 20));
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(format!("a picture that {}", broken(&error))),
        }
    }
}

//! A stream of JPEG pictures over HTTP.
//!
//! Only the newest picture that has come is decoded: a computer that decodes more slowly than the camera sends loses
//! frames, and never falls behind. In memory: one part that is coming in and one that is whole, 16 MiB each at most.

use std::time::Duration;

use reqwest::Response;

use super::client::{CameraClient, broken, content_type};
use super::damaged;
use super::fault::HttpFault;
use super::parts::{MAX_PART, Part, Parts};
use super::settings::HttpSettings;
use crate::camera::damage::Damage;
use crate::camera::patience::{Patience, Waited};
use crate::camera::picture;
use crate::camera::pool::PicturePool;
use crate::camera::{FrameSource, Opening, SourceError, SourceKind, StreamInfo, Tally};
use crate::frame::Frame;

/// What has come is read until nothing more comes for this long. A picture is late by it.
const LULL: Duration = Duration::from_millis(2);
/// Or until reading has taken this long: a camera whose pictures fill the network has no lulls. Reading a full socket
/// buffer of 6 MB takes a fifth of it.
const LONGEST_READING: Duration = Duration::from_millis(20);

/// A stream that is open.
pub(crate) struct MjpegSource {
    opening: Opening,
    url: String,
    /// None: a stop came before it did.
    incoming: Option<Incoming>,
    patience: Patience,
    damage: Damage,
    behind: u64,
    size: Option<(u32, u32)>,
    pool: PicturePool,
}

/// The stream's bytes.
struct Incoming {
    answer: Response,
    parts: Parts,
    /// Why no more will come; told once everything that came was taken.
    ended: Option<HttpFault>,
}

/// What came at once.
#[derive(Default)]
struct Came {
    newest: Option<Vec<u8>>,
    /// Older ones than the newest.
    older: u64,
    too_large: u64,
}

impl MjpegSource {
    /// Asks for the stream and waits for the head of the answer.
    pub(crate) fn open(settings: &HttpSettings, opening: &Opening) -> Result<Self, SourceError> {
        let url = settings.url.to_string();
        let failed = |fault| SourceError::Http { camera: opening.camera.clone(), url: url.clone(), fault };
        let refused = |error| SourceError::System { camera: opening.camera.clone(), error };
        let patience = Patience::new(opening.stop.clone()).map_err(refused)?;
        let mut client = CameraClient::new(settings, opening)?;
        let incoming = match patience.wait(opening.patience, client.get()) {
            Waited::Done(answer) => Some(answer.and_then(Incoming::begin).map_err(failed)?),
            Waited::TimedOut => return Err(failed(HttpFault::NoAnswer(opening.patience))),
            Waited::Stopped => None,
        };
        let opening = opening.clone();
        Ok(Self {
            opening,
            url,
            patience,
            incoming,
            damage: Damage::default(),
            behind: 0,
            size: None,
            pool: PicturePool::default(),
        })
    }

    fn count(&mut self, came: &Came) {
        self.behind += came.older;
        for _ in 0..came.too_large {
            self.damage.skipped(&format_args!("a picture of more than {} MiB", MAX_PART >> 20));
        }
    }

    /// The picture as a frame, unless it is damaged.
    fn frame(&mut self, bytes: &[u8]) -> Option<Frame> {
        match picture::decode(bytes, &self.pool) {
            Ok(image) => {
                self.damage.good();
                self.size = Some(image.dimensions());
                let captured_at = self.opening.timeline.moment(None, self.opening.clock.elapsed());
                Some(Frame { camera: self.opening.camera.clone(), captured_at, image: self.pool.share(image) })
            }
            Err(fault) => {
                self.damage.skipped(&damaged(bytes, &fault));
                None
            }
        }
    }
}

impl FrameSource for MjpegSource {
    fn next_frame(&mut self, deadline: Duration) -> Result<Option<Frame>, SourceError> {
        let clock = self.opening.clock;
        let until = clock.elapsed().saturating_add(deadline);
        loop {
            let Some(incoming) = &mut self.incoming else { return Ok(None) };
            let left = until.saturating_sub(clock.elapsed());
            let waited = match self.patience.wait(left, incoming.newest()) {
                // Damaged pictures without end are as good as none.
                Waited::Done(_) | Waited::TimedOut if left.is_zero() => Waited::TimedOut,
                waited => waited,
            };
            let came = match waited {
                Waited::Stopped => return Ok(None),
                Waited::TimedOut => {
                    return Err(SourceError::Silent { camera: self.opening.camera.clone(), waited: deadline });
                }
                Waited::Done(Err(fault)) => {
                    let camera = self.opening.camera.clone();
                    return Err(SourceError::Http { camera, url: self.url.clone(), fault });
                }
                Waited::Done(Ok(came)) => came,
            };
            self.count(&came);
            if let Some(frame) = came.newest.and_then(|newest| self.frame(&newest)) {
                return Ok(Some(frame));
            }
        }
    }

    fn kind(&self) -> SourceKind {
        SourceKind::Camera
    }

    fn tally(&self) -> Tally {
        Tally { damaged: self.damage.total(), behind: self.behind, ..Tally::default() }
    }

    fn stream(&self) -> StreamInfo {
        StreamInfo { codec: Some("MJPEG".to_owned()), size: self.size, frames_per_second: None }
    }
}

impl Incoming {
    fn begin(answer: Response) -> Result<Self, HttpFault> {
        let content_type = content_type(&answer);
        match Parts::of_content_type(content_type) {
            Some(parts) => Ok(Self { answer, parts, ended: None }),
            None if content_type.starts_with("image/") => Err(HttpFault::OnePicture),
            None if content_type.is_empty() => Err(HttpFault::NoPicture("something without a content type".to_owned())),
            None => Err(HttpFault::NoPicture(content_type.to_owned())),
        }
    }

    /// Waits until something whole has come, and takes what has come with it. Dropping the wait loses at most what came
    /// in it, and that only at a deadline or a stop.
    async fn newest(&mut self) -> Result<Came, HttpFault> {
        let mut came = Came::default();
        while came.is_nothing() {
            self.read(&mut came).await?;
        }
        let reading = async {
            while self.ended.is_none()
                && let Ok(Ok(())) = tokio::time::timeout(LULL, self.read(&mut came)).await
            {}
        };
        // What has come is good whatever comes next; why nothing more does is told the next time.
        drop(tokio::time::timeout(LONGEST_READING, reading).await);
        Ok(came)
    }

    /// Reads once.
    async fn read(&mut self, came: &mut Came) -> Result<(), HttpFault> {
        if let Some(ended) = self.ended.take() {
            return Err(ended);
        }
        match self.answer.chunk().await {
            Ok(Some(bytes)) => came.add(self.parts.push(&bytes)),
            Ok(None) => self.end(HttpFault::Closed("has ended the stream".to_owned()), came),
            Err(error) => self.end(HttpFault::Closed(broken(&error)), came),
        }
        Ok(())
    }

    /// The end of a stream may complete its last picture.
    fn end(&mut self, why: HttpFault, came: &mut Came) {
        came.add(self.parts.rest());
        self.ended = Some(why);
    }
}

impl Came {
    fn add(&mut self, parts: impl IntoIterator<Item = Part>) {
        for part in parts {
            match part {
                Part::Whole(bytes) => self.older += u64::from(self.newest.replace(bytes).is_some()),
                Part::TooLarge => self.too_large += 1,
            }
        }
    }

    fn is_nothing(&self) -> bool {
        self.newest.is_none() && self.too_large == 0
    }
}

//! A stream that plays: its packets decoded to pictures, and what was lost and left out counted.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;
use retina::client::SessionGroup;
use tokio::task::coop::consume_budget;

use super::decoding::{AccessUnit, Damaged, Decoding};
use super::fault::RtspFault;
use super::key_frames::{Admission, KeyFrames, Sliced, is_whole_key_frame};
use super::lag::{Arrival, Lag};
use super::session::{Codec, Coded, Received, Session};
use super::settings::RtspSettings;
use crate::camera::damage::Damage;
use crate::camera::pool::PicturePool;
use crate::camera::stream::{StreamInfo, Tally};
use crate::clock::Clock;
use crate::login::Credentials;

/// A session with its decoder.
pub(super) struct Playing {
    session: Session,
    decoding: Decoding,
    key_frames: KeyFrames,
    lag: Lag,
    /// Its size or colours have changed; a decoder for them begins with the next key frame.
    changed: bool,
    clock: Clock,
    damage: Damage,
    behind: u64,
    /// Since the last picture.
    since: Since,
    size: Option<(u32, u32)>,
    pool: PicturePool,
}

/// How far what came since the last picture got.
#[derive(Debug, Clone, Copy, Default)]
struct Since {
    received: u64,
    /// Of these, what was whole.
    whole: u64,
    decoded: u64,
}

impl Playing {
    pub(super) async fn begin(
        settings: &RtspSettings,
        credentials: Option<Credentials>,
        group: Arc<SessionGroup>,
        clock: Clock,
        pool: PicturePool,
    ) -> Result<Self, RtspFault> {
        let session = Session::play(settings, credentials, group).await?;
        Ok(Self {
            decoding: Decoding::new(session.codec(), settings),
            session,
            key_frames: KeyFrames::default(),
            lag: Lag::default(),
            changed: true,
            clock,
            damage: Damage::default(),
            behind: 0,
            since: Since::default(),
            size: None,
            pool,
        })
    }

    /// The next picture. A caller that gives up waiting loses nothing.
    pub(super) async fn next_picture(&mut self) -> Result<RgbImage, RtspFault> {
        loop {
            consume_budget().await;
            if let Some(image) = self.decoding.take() {
                self.since = Since::default();
                self.size = Some(image.dimensions());
                return Ok(image);
            }
            let has_room = self.decoding.has_room();
            tokio::select! {
                worked = self.decoding.work() => worked?,
                received = self.session.next(), if has_room => match received? {
                    Received::Picture { coded, dry } => self.receive(&coded, dry)?,
                    Received::Damaged(what) => {
                        self.since.received += 1;
                        self.damaged(&what);
                    }
                },
            }
        }
    }

    fn receive(&mut self, coded: &Coded, dry: bool) -> Result<(), RtspFault> {
        self.since.received += 1;
        self.changed |= coded.new_parameters;
        if coded.after_loss {
            self.key_frames.broken();
        } else {
            self.since.whole += 1;
        }
        let key = self.is_key(coded);
        let at = coded.timestamp;
        let stream = i128::from(at.elapsed()) * 1_000_000 / i128::from(at.clock_rate().get());
        let stream = i64::try_from(stream).unwrap_or(i64::MAX);
        if self.lag.skips(Arrival { stream, now: self.clock.elapsed(), dry, key }) {
            self.behind += 1;
            self.key_frames.broken();
            return Ok(());
        }
        let after_gap = match self.key_frames.admit(key) {
            Admission::NotYet => return Ok(()),
            Admission::Broken => {
                self.damage.skipped(&"a frame that refers to a lost one; the next key frame is waited for");
                return Ok(());
            }
            Admission::Whole => false,
            Admission::AfterGap => true,
        };
        if key && std::mem::take(&mut self.changed) {
            self.decoding.begin(self.session.parameters(), &self.pool)?;
        }
        let unit = AccessUnit { bytes: &coded.bytes, key, after_gap, at: at.timestamp() };
        match self.decoding.feed(&unit, &self.pool) {
            Ok(()) => {
                self.since.decoded += 1;
                self.damage.good();
            }
            Err(Damaged(what)) => self.damaged(&what),
        }
        Ok(())
    }

    fn damaged(&mut self, what: &str) {
        self.damage.skipped(&what);
        self.key_frames.broken();
    }

    /// Whether decoding can begin with it. Not as `retina` says it, which knows one kind of H.265's key frames only.
    fn is_key(&self, coded: &Coded) -> bool {
        match self.session.codec() {
            Codec::H264 => is_whole_key_frame(&coded.bytes, Sliced::H264),
            Codec::H265 => is_whole_key_frame(&coded.bytes, Sliced::H265),
            Codec::Jpeg => true,
        }
    }

    /// Why no picture came for `waited`; absent where nothing came at all.
    pub(super) fn silence(&self, waited: Duration) -> Option<RtspFault> {
        match self.since {
            Since { received: 0, .. } => None,
            Since { decoded: 0, whole: 1.., .. } if self.session.codec() != Codec::Jpeg => {
                Some(RtspFault::NoKeyFrame(waited))
            }
            _ => Some(RtspFault::NothingDecoded(waited)),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        Tally { damaged: self.damage.total(), lost_packets: self.session.lost_packets(), behind: self.behind }
    }

    pub(super) fn stream(&self) -> StreamInfo {
        StreamInfo {
            codec: Some(self.session.codec().name().to_owned()),
            size: self.size,
            frames_per_second: self.session.frames_per_second(),
        }
    }

    /// Has the goodbye said in a task of its own, and ends the decoder.
    pub(super) async fn end(self) {
        drop(self.session);
        self.decoding.end().await;
    }
}

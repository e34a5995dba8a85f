//! The conversation with a camera: what it offers, the choice of its video, and its packets put together to pictures.
//!
//! `retina` speaks RTSP: it is what a video recorder has used with many cameras for years, and it knows their mistakes.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt};
use retina::client::{
    Demuxed, PlayOptions, Session as RetinaSession, SessionGroup, SessionOptions, SetupOptions, Stream,
    TcpTransportOptions, Transport as RetinaTransport, UdpTransportOptions,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoFrame, VideoParameters};
use tokio::task::{unconstrained, yield_now};

use super::fault::{RtspFault, quote};
use super::settings::{RtspSettings, Transport};
use crate::login::Credentials;

/// The video that is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    H264,
    H265,
    Jpeg,
}

/// A stream that plays.
pub(super) struct Session {
    frames: Demuxed,
    stream: usize,
    codec: Codec,
    has_login: bool,
    transport: Transport,
    /// Nothing waited to be read when the next item was asked for.
    dry: bool,
}

/// What comes out of a session.
pub(super) enum Received {
    /// One picture's packets.
    Picture {
        frame: VideoFrame,
        /// It was waited for: nothing else waits to be read.
        dry: bool,
    },
    /// A packet that makes no sense; the stream goes on.
    Damaged(String),
}

impl Codec {
    fn of(stream: &Stream) -> Option<Self> {
        match (stream.media(), stream.encoding_name()) {
            ("video", "h264") => Some(Self::H264),
            ("video", "h265") => Some(Self::H265),
            ("video" | "image", "jpeg") => Some(Self::Jpeg),
            _ => None,
        }
    }

    /// As operators know it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::H264 => "H.264",
            Self::H265 => "H.265",
            Self::Jpeg => "MJPEG",
        }
    }
}

impl Session {
    /// Asks what there is, takes its first video, and has it sent. Dropped halfway or later, it says goodbye to the camera
    /// through `group`, in a task of its own.
    pub(super) async fn play(
        settings: &RtspSettings,
        credentials: Option<Credentials>,
        group: Arc<SessionGroup>,
    ) -> Result<Self, RtspFault> {
        let (has_login, transport) = (credentials.is_some(), settings.transport);
        let fault = |error: retina::Error| RtspFault::of(&error, has_login, transport);
        let login = credentials.map(|login| retina::client::Credentials {
            username: login.user,
            password: login.password.expose().to_owned(),
        });
        let options = SessionOptions::default()
            .creds(login)
            .user_agent(concat!("gatelpr ", env!("CARGO_PKG_VERSION")).to_owned())
            .session_group(group);
        let mut session = RetinaSession::describe(settings.url.clone(), options).await.map_err(fault)?;
        let (stream, codec) = choose(session.streams())?;
        let transport_options = match transport {
            Transport::Tcp => RetinaTransport::Tcp(TcpTransportOptions::default()),
            Transport::Udp => RetinaTransport::Udp(UdpTransportOptions::default()),
        };
        let setup = SetupOptions::default().transport(transport_options).frame_format(FrameFormat::SIMPLE);
        session.setup(stream, setup).await.map_err(fault)?;
        let playing = session.play(PlayOptions::default()).await.map_err(fault)?;
        let frames = playing.demuxed().map_err(fault)?;
        Ok(Self { frames, stream, codec, has_login, transport, dry: false })
    }

    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    /// What is known of the video: after its first picture, everything.
    pub(super) fn parameters(&self) -> Option<&VideoParameters> {
        match self.stream_described()?.parameters()? {
            ParametersRef::Video(parameters) => Some(parameters),
            _ => None,
        }
    }

    /// Frames per second, as the camera declares them.
    pub(super) fn frames_per_second(&self) -> Option<f64> {
        let described = self.stream_described().and_then(Stream::framerate).map(f64::from);
        let coded = || match self.parameters()?.frame_rate()? {
            (seconds, frames) if seconds > 0 => Some(f64::from(frames) / f64::from(seconds)),
            _ => None,
        };
        described.filter(|rate| *rate > 0.0).or_else(coded)
    }

    fn stream_described(&self) -> Option<&Stream> {
        self.frames.streams().get(self.stream)
    }

    /// What comes next. A caller that gives up waiting loses nothing.
    pub(super) async fn next(&mut self) -> Result<Received, RtspFault> {
        loop {
            match self.item().await {
                Some(Ok(CodecItem::VideoFrame(frame))) => {
                    return Ok(Received::Picture { frame, dry: std::mem::take(&mut self.dry) });
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return self.packet_fault(&error),
                None => return Err(RtspFault::Closed("end of stream".to_owned())),
            }
        }
    }

    /// Finds out on the way whether anything waited to be read. The runtime looks at sockets only between polls, so
    /// "nothing there" is believed the second time.
    async fn item(&mut self) -> Option<Result<CodecItem, retina::Error>> {
        if !self.dry {
            if let Some(item) = unconstrained(self.frames.next()).now_or_never() {
                return item;
            }
            yield_now().await;
            if let Some(item) = unconstrained(self.frames.next()).now_or_never() {
                return item;
            }
            self.dry = true;
        }
        self.frames.next().await
    }

    /// Some cameras send a packet now and then that makes no sense. After it the stream goes on, or has ended, which
    /// shows next.
    fn packet_fault(&self, error: &retina::Error) -> Result<Received, RtspFault> {
        let text = error.to_string();
        if text.contains("\nssrc: ") {
            Ok(Received::Damaged(quote(text.split("\n\n").next().unwrap_or_default())))
        } else {
            Err(RtspFault::of(error, self.has_login, self.transport))
        }
    }
}

/// The first video that can be read.
fn choose(streams: &[Stream]) -> Result<(usize, Codec), RtspFault> {
    let readable = streams.iter().enumerate().find_map(|(at, stream)| Some((at, Codec::of(stream)?)));
    readable.ok_or_else(|| match streams.iter().find(|stream| stream.media() == "video") {
        Some(other) => RtspFault::Codec(quote(&other.encoding_name().to_uppercase())),
        None => RtspFault::NoVideo,
    })
}

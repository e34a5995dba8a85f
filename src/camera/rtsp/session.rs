//! The conversation with a camera: what it offers, the choice of its video, and its packets put together to pictures.
//!
//! `retina` speaks RTSP: it is what a video recorder has used with many cameras for years, and it knows their mistakes.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use retina::Timestamp;
use retina::client::{
    Demuxed, PacketItem, PlayOptions, Playing, Session as RetinaSession, SessionGroup, SessionOptions, SetupOptions,
    Stream, TcpTransportOptions, Transport as RetinaTransport, UdpTransportOptions,
};
use retina::codec::{CodecItem, FrameFormat, ParametersRef, VideoParameters};
use retina::rtp::ReceivedPacket;
use tokio::task::coop::{consume_budget, unconstrained};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::fault::{RtspFault, quote};
use super::jpeg::{JpegAssembler, Piece};
use super::settings::{RtspSettings, Transport};
use crate::login::Credentials;

/// A connection on which nothing seems to come is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The video that is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    H264,
    H265,
    Jpeg,
}

/// A stream that plays.
pub(super) struct Session {
    packets: Packets,
    stream: usize,
    codec: Codec,
    lost_packets: u64,
    has_login: bool,
    transport: Transport,
    /// Nothing waited to be read when the next item was asked for.
    dry: bool,
}

/// Who puts packets together.
enum Packets {
    ByRetina(Box<Demuxed>),
    Jpeg(Box<RetinaSession<Playing>>, JpegAssembler),
}

/// One item of a session.
enum Item {
    Picture(Coded),
    Packet(ReceivedPacket),
    /// What is not video.
    Other,
}

/// One picture as it was sent.
pub(super) struct Coded {
    /// With start codes, and before a key frame parameter sets; or a JPEG picture.
    pub(super) bytes: Vec<u8>,
    pub(super) timestamp: Timestamp,
    /// Packets before it are missing, or its own first ones.
    pub(super) after_loss: bool,
    /// It begins with another size or other colours than the one before.
    pub(super) new_parameters: bool,
}

/// What comes out of a session.
pub(super) enum Received {
    /// One picture's packets.
    Picture {
        coded: Coded,
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
        let mut session = RetinaSession::describe(settings.url.url().clone(), options).await.map_err(fault)?;
        let (stream, codec) = choose(session.streams())?;
        let transport_options = match transport {
            Transport::Tcp => RetinaTransport::Tcp(TcpTransportOptions::default()),
            Transport::Udp => RetinaTransport::Udp(UdpTransportOptions::default()),
        };
        let setup = SetupOptions::default().transport(transport_options).frame_format(FrameFormat::SIMPLE);
        session.setup(stream, setup).await.map_err(fault)?;
        let playing = session.play(PlayOptions::default()).await.map_err(fault)?;
        let packets = match codec {
            Codec::Jpeg => Packets::Jpeg(Box::new(playing), JpegAssembler::default()),
            Codec::H264 | Codec::H265 => Packets::ByRetina(Box::new(playing.demuxed().map_err(fault)?)),
        };
        Ok(Self { packets, stream, codec, lost_packets: 0, has_login, transport, dry: false })
    }

    pub(super) fn codec(&self) -> Codec {
        self.codec
    }

    /// So far.
    pub(super) fn lost_packets(&self) -> u64 {
        self.lost_packets
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
        let streams = match &self.packets {
            Packets::ByRetina(frames) => frames.streams(),
            Packets::Jpeg(session, _) => session.streams(),
        };
        streams.get(self.stream)
    }

    /// What comes next. A caller that gives up waiting loses nothing.
    pub(super) async fn next(&mut self) -> Result<Received, RtspFault> {
        loop {
            // A camera that sends nothing but rubbish at full speed must not hold up the deadline or a stop.
            consume_budget().await;
            let coded = match self.item().await {
                Some(Ok(Item::Picture(coded))) => coded,
                Some(Ok(Item::Packet(packet))) => match self.assemble(&packet) {
                    Ok(Some(coded)) => coded,
                    Ok(None) => continue,
                    Err(damaged) => return Ok(damaged),
                },
                Some(Ok(Item::Other)) => continue,
                Some(Err(error)) => return self.packet_fault(&error),
                None => return Err(RtspFault::Closed("end of stream".to_owned())),
            };
            return Ok(Received::Picture { coded, dry: std::mem::take(&mut self.dry) });
        }
    }

    /// Finds out on the way whether anything waited to be read. The runtime looks at sockets only between polls, so
    /// "nothing there" is believed the second time.
    async fn item(&mut self) -> Option<Result<Item, retina::Error>> {
        if !self.dry {
            if let Some(item) = unconstrained(self.pull()).now_or_never() {
                return item;
            }
            yield_now().await;
            if let Some(item) = unconstrained(self.pull()).now_or_never() {
                return item;
            }
            self.dry = true;
        }
        loop {
            // `retina` forgets to be woken after a request that the camera sends to us.
            if let Ok(item) = timeout(LOOK_AGAIN, self.pull()).await {
                return item;
            }
        }
    }

    async fn pull(&mut self) -> Option<Result<Item, retina::Error>> {
        match &mut self.packets {
            Packets::ByRetina(frames) => Some(frames.next().await?.map(|item| match item {
                CodecItem::VideoFrame(frame) => {
                    self.lost_packets += u64::from(frame.loss());
                    Item::Picture(Coded {
                        timestamp: frame.timestamp(),
                        after_loss: frame.loss() > 0,
                        new_parameters: frame.has_new_parameters(),
                        bytes: frame.into_data(),
                    })
                }
                _ => Item::Other,
            })),
            Packets::Jpeg(session, _) => Some(session.next().await?.map(|item| match item {
                PacketItem::Rtp(packet) => {
                    self.lost_packets += u64::from(packet.loss());
                    Item::Packet(packet)
                }
                _ => Item::Other,
            })),
        }
    }

    /// A JPEG picture that is complete with this packet.
    fn assemble(&mut self, packet: &ReceivedPacket) -> Result<Option<Coded>, Received> {
        let Packets::Jpeg(_, assembler) = &mut self.packets else { return Ok(None) };
        let timestamp = packet.timestamp();
        let piece = Piece { payload: packet.payload(), timestamp: timestamp.timestamp(), last: packet.mark() };
        match assembler.push(piece) {
            Ok(picture) => {
                Ok(picture.map(|bytes| Coded { bytes, timestamp, after_loss: false, new_parameters: false }))
            }
            Err(broken) => Err(Received::Damaged(broken.to_string())),
        }
    }

    /// Some cameras send a packet now and then that makes no sense. After it the stream goes on, or has ended, which
    /// shows next.
    fn packet_fault(&self, error: &retina::Error) -> Result<Received, RtspFault> {
        let text = error.to_string();
        // Both kinds of packet errors name their packet; errors of the connection have none.
        if text.contains("\npkt: ") || text.contains("\nssrc: ") {
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

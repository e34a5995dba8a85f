//! Cameras that speak RTSP, played by a GStreamer server on loopback.

mod cycles;
mod failures;
mod logins;
mod streams;

use gatelpr::camera::{RtspSettings, SourceSettings, Transport, VideoDecoder};
use gatelpr::login::Login;

/// A stream without a login, over TCP.
fn settings(url: &str) -> RtspSettings {
    RtspSettings {
        url: url.parse().unwrap(),
        login: None,
        transport: Transport::Tcp,
        decoder: VideoDecoder::Auto,
        ffmpeg_options: Vec::new(),
    }
}

fn over(transport: Transport, url: &str) -> SourceSettings {
    SourceSettings::Rtsp(RtspSettings { transport, ..settings(url) })
}

fn tcp(url: &str) -> SourceSettings {
    over(Transport::Tcp, url)
}

fn with_ffmpeg(url: &str, options: &[&str]) -> SourceSettings {
    let ffmpeg_options = options.iter().map(|&option| option.to_owned()).collect();
    SourceSettings::Rtsp(RtspSettings { decoder: VideoDecoder::Ffmpeg, ffmpeg_options, ..settings(url) })
}

fn with_login(url: &str, login: Login) -> SourceSettings {
    SourceSettings::Rtsp(RtspSettings { login: Some(login), ..settings(url) })
}

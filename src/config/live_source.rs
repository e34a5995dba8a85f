//! `[camera.source.usb]`, `.rtsp`, `.mjpeg` and `.snapshot`: cameras that are asked for pictures.

use std::path::PathBuf;

use url::Url;

use super::keys::{MJPEG, RTSP, SNAPSHOT, USB};
use super::login::login;
use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value, number, one_of, text};
use crate::camera::{
    CameraUrl, FrameRate, HttpSettings, PixelFormat, RtspSettings, SourceSettings, Transport, UsbIdentity, UsbSettings,
    VideoDecoder,
};

/// As often as most cameras answer.
const USUAL_SNAPSHOT_RATE: f64 = 5.0;
/// Larger pictures are a mistake in the file.
const LARGEST_SIDE: u32 = 16_384;

/// The table of each kind of live source, if it is there.
pub(super) fn tables<'d>(table: &Table<'d>) -> [Option<Table<'d>>; 4] {
    let open = |key, shape| table.optional_table(key, shape);
    [open("usb", &USB), open("rtsp", &RTSP), open("mjpeg", &MJPEG), open("snapshot", &SNAPSHOT)]
}

/// What [`tables`] say; every table is read.
pub(super) fn settings([usb, rtsp, mjpeg, snapshot]: &[Option<Table<'_>>; 4]) -> Option<SourceSettings> {
    let usb = usb.as_ref().and_then(usb_settings);
    let rtsp = rtsp.as_ref().and_then(rtsp_settings);
    let mjpeg = mjpeg.as_ref().and_then(|table| http_settings(table).map(SourceSettings::Mjpeg));
    let snapshot = snapshot.as_ref().and_then(snapshot_settings);
    usb.or(rtsp).or(mjpeg).or(snapshot)
}

fn usb_settings(table: &Table<'_>) -> Option<SourceSettings> {
    let identity = usb_identity(table);
    let formats = [
        ("mjpeg", PixelFormat::Mjpeg),
        ("yuyv", PixelFormat::Yuyv),
        ("nv12", PixelFormat::Nv12),
        ("grey", PixelFormat::Grey),
    ];
    let size = table.optional("size_px", size);
    let frames_per_second = table.or("frames_per_second", usual(UsbSettings::ENOUGH_RATE), frame_rate);
    let pixel_format = table.optional("pixel_format", one_of(&formats));
    Some(SourceSettings::Usb(UsbSettings { identity: identity?, size, frames_per_second, pixel_format }))
}

fn usb_identity(table: &Table<'_>) -> Option<UsbIdentity> {
    let not_empty = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let path = table.optional("path", device_path);
    let name = table.optional("device_name", text("the name that `gatelpr cameras list` shows", not_empty));
    let serial = table.optional("serial", text("the serial number that `gatelpr cameras list` shows", not_empty));
    match (table.find("path"), table.find("device_name"), table.find("serial")) {
        (Some(one), Some(other), _) => {
            let problem = Problem::at(other.span(), "a USB camera is known by its path or by its name, not by both");
            table.note(problem.label("remove one of the two").related(one.span(), "the path"));
        }
        (None, None, _) => {
            let problem = Problem::at(table.place(), "which USB camera?").label(format!("this needs {}", USB.needs));
            table.note(problem.help("`gatelpr cameras list` shows both for each camera that is plugged in"));
        }
        (Some(_), None, Some(serial)) => {
            let problem = Problem::at(serial.span(), "a serial number goes with a `device_name`");
            table.note(problem.label("a path says already which camera it is"));
        }
        _ => {}
    }
    path.map(UsbIdentity::Path).or(name.map(|name| UsbIdentity::Name { name, serial }))
}

/// It is not looked whether it is there: cameras come and go.
fn device_path(value: &Value<'_>) -> Result<PathBuf, Mismatch> {
    const EXPECTED: &str = "a path below /dev/v4l/by-path or /dev/v4l/by-id";
    let written = value.get_ref().as_str().filter(|path| path.starts_with('/'));
    let written = written.ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let number = written.strip_prefix("/dev/video").is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit()));
    if number {
        let mismatch = Mismatch::finding(value, EXPECTED, "this number is another camera after the next restart");
        return Err(mismatch.help("`gatelpr cameras list` shows the paths that stay"));
    }
    Ok(PathBuf::from(written))
}

fn rtsp_settings(table: &Table<'_>) -> Option<SourceSettings> {
    let url = table.required("url", |value| url(value, "rtsp"));
    let login = login(table);
    let transports = [("tcp", Transport::Tcp), ("udp", Transport::Udp)];
    let transport = table.or("transport", Transport::Tcp, one_of(&transports));
    let decoders = [("auto", VideoDecoder::Auto), ("ffmpeg", VideoDecoder::Ffmpeg)];
    let decoder = table.or("decoder", VideoDecoder::Auto, one_of(&decoders));
    let ffmpeg_options = table.or("ffmpeg_options", Vec::new(), options);
    Some(SourceSettings::Rtsp(RtspSettings { url: url?, login, transport, decoder, ffmpeg_options }))
}

fn http_settings(table: &Table<'_>) -> Option<HttpSettings> {
    let url = table.required("url", |value| url(value, "http"));
    let login = login(table);
    Some(HttpSettings { url: url?, login })
}

fn snapshot_settings(table: &Table<'_>) -> Option<SourceSettings> {
    let picture = http_settings(table);
    let frames_per_second = table.or("frames_per_second", usual(USUAL_SNAPSHOT_RATE), frame_rate);
    Some(SourceSettings::Snapshot { picture: picture?, frames_per_second })
}

fn usual(rate: f64) -> FrameRate {
    FrameRate::try_from(rate).expect("the usual rate is a frame rate")
}

/// Pictures per second.
pub(super) fn frame_rate(value: &Value<'_>) -> Result<FrameRate, Mismatch> {
    let rate = number(FrameRate::RANGE)(value)?;
    Ok(FrameRate::try_from(rate).expect("the number is in the range of frame rates"))
}

/// An address without a login: passwords do not belong in the file.
fn url(value: &Value<'_>, scheme: &str) -> Result<CameraUrl, Mismatch> {
    let expected = format!("an address like {scheme}://192.0.2.10/path");
    let written = value.get_ref().as_str().ok_or_else(|| Mismatch::new(value, &expected))?;
    let url = Url::parse(written).map_err(|error| Mismatch::finding(value, &expected, error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        let mismatch = Mismatch::finding(value, &expected, "there is a login in this address");
        return Err(mismatch.help("give it with `username` and `password_file` or `password_env`, and remove it here"));
    }
    if url.scheme() != scheme || !url.has_host() {
        let found = match url.scheme() {
            "https" | "rtsps" => "encrypted connections to cameras are not supported".to_owned(),
            same if same == scheme => "there is no host in it".to_owned(),
            other => format!("this begins with {other}:"),
        };
        return Err(Mismatch::finding(value, &expected, found));
    }
    Ok(url.into())
}

/// Width and height in pixels.
fn size(value: &Value<'_>) -> Result<(u32, u32), Mismatch> {
    const EXPECTED: &str = "a width and a height in pixels";
    let list = value.get_ref().as_array().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let side = |element: &Value<'_>| super::value::whole(1..=LARGEST_SIDE)(element);
    let sides = list.iter().map(side).collect::<Result<Vec<_>, _>>()?;
    match sides.as_slice() {
        [width, height] => Ok((*width, *height)),
        _ => Err(Mismatch::new(value, EXPECTED)),
    }
}

/// Words for a command line, one text each.
fn options(value: &Value<'_>) -> Result<Vec<String>, Mismatch> {
    const EXPECTED: &str = "a list of texts, one for each word of the command line";
    let list = value.get_ref().as_array().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    list.iter()
        .map(text(EXPECTED, |word| (!word.is_empty() && !word.contains('\0')).then(|| word.to_owned())))
        .collect()
}

//! The only file that speaks to Video4Linux: `v4l` sets cameras and captures, `nokhwa` lists them.
//!
//! Both panic on what they do not expect: a camera's name cut inside a character, a colour space newer than they are, a
//! link `/dev/video-gate`. Every call goes through [`guarded`], so that this is an error of one camera.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nokhwa::utils::ApiBackend;
use tracing::warn;
use v4l::buffer::{Flags, Type};
use v4l::capability::Flags as Capability;
use v4l::device::Handle;
use v4l::format::{Colorspace, FieldOrder, Quantization};
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::io::mmap::Stream;
use v4l::io::traits::{CaptureStream, Stream as _};
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, FourCC, Fraction};
use yuv::{YuvRange, YuvStandardMatrix};

use super::PixelFormat;
use super::negotiation::Choice;
use super::offer::{FormatOffer, Rate, Rates, SizeOffer, Sizes};
use super::pixels::{Layout, PictureFault};

/// One is being read, one is complete, one is being filled, and one to spare. Only the newest is ever decoded, so more
/// would cost memory and win nothing.
pub(super) const BUFFERS: usize = 4;

/// `poll`'s word for: there is something to read.
const READABLE: i16 = 1;

/// A video node that is open.
pub(super) struct Node(Device);

/// What a driver says that it was set to.
#[derive(Debug)]
pub(super) struct Setting {
    /// The format's four letters, as the driver writes them.
    pub(super) code: String,
    pub(super) layout: Layout,
    /// Absent where the driver does not say.
    pub(super) rate: Option<Rate>,
    pub(super) interlaced: bool,
}

/// A camera that is sending. Dropping it stops it and frees its buffers.
pub(super) struct Buffers {
    handle: Arc<Handle>,
    /// Absent only while it is dropped.
    stream: Option<Stream<'static>>,
}

/// The numbers of the video nodes that there are, ascending.
pub(super) fn listed() -> io::Result<Vec<u32>> {
    let cameras = guarded(|| nokhwa::query(ApiBackend::Video4Linux).map_err(io::Error::other))?;
    let mut numbers: Vec<u32> = cameras.iter().filter_map(|camera| camera.index().as_index().ok()).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// Turns a panic of a library into an error.
fn guarded<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_panic| {
        Err(io::Error::other("a library does not understand what the camera or its driver says"))
    })
}

impl Node {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        guarded(|| Device::with_path(path)).map(Self)
    }

    /// Whether it carries pictures, and not a camera's metadata or a picture's way out.
    pub(super) fn gives_video(&self) -> io::Result<bool> {
        // The capabilities come with names, and some names make `v4l` panic; then having formats has to be enough.
        let capabilities = guarded(|| self.0.query_caps()).map(|all| all.capabilities);
        let needed = Capability::VIDEO_CAPTURE | Capability::STREAMING;
        Ok(capabilities.map_or(true, |all| all.contains(needed)) && !guarded(|| self.0.enum_formats())?.is_empty())
    }

    /// What the camera can. A range of sizes has the rates of its largest; `size`, if it is in the range, or else the
    /// size that the camera has at present, is named beside it with its own.
    pub(super) fn offers(&self, size: Option<(u32, u32)>) -> io::Result<Vec<FormatOffer>> {
        guarded(|| {
            let formats = self.0.enum_formats()?;
            Ok(formats.into_iter().map(|format| self.offer(format.fourcc, size)).collect())
        })
    }

    fn offer(&self, code: FourCC, wanted: Option<(u32, u32)>) -> FormatOffer {
        let Some(format) = format_of(code) else {
            return FormatOffer { code: letters(code), format: None, sizes: Vec::new() };
        };
        // Frame grabbers list none: their signal has the size that it has.
        let listed = self.0.enum_framesizes(code).unwrap_or_default();
        let mut offered: Vec<Sizes> = listed.into_iter().map(|size| sizes_of(&size.size)).collect();
        let single = offered.iter().any(|sizes| matches!(sizes, Sizes::One(_)));
        let present = || self.0.format().ok().map(|now| (now.width, now.height)).filter(|_| !single);
        let in_range = wanted.filter(|wanted| offered.iter().any(|sizes| sizes.contain(*wanted)));
        offered.extend(in_range.or_else(present).map(Sizes::One).filter(|one| !offered.contains(one)));
        let sizes = offered.into_iter().map(|size| SizeOffer { size, rates: self.rates(code, size.largest()) });
        FormatOffer { code: letters(code), format: Some(format), sizes: sizes.collect() }
    }

    fn rates(&self, code: FourCC, (width, height): (u32, u32)) -> Rates {
        let Ok(intervals) = self.0.enum_frameintervals(code, width, height) else { return Rates::Unknown };
        let mut listed = Vec::new();
        for interval in intervals {
            match interval.interval {
                FrameIntervalEnum::Discrete(interval) => listed.push(rate_of(interval)),
                FrameIntervalEnum::Stepwise(range) => {
                    return Rates::Range { slowest: rate_of(range.max), fastest: rate_of(range.min) };
                }
            }
        }
        if listed.is_empty() { Rates::Unknown } else { Rates::Listed(listed) }
    }

    /// Sets format, size and rate, and says what the driver made of it.
    pub(super) fn set(&self, choice: &Choice) -> io::Result<Setting> {
        let mut format = Format::new(choice.size.0, choice.size.1, FourCC::new(code_of(choice.format)));
        format.field_order = FieldOrder::Progressive;
        let given = guarded(|| self.0.set_format(&format))?;
        let wanted = choice.rate.map(|rate| Parameters::new(Fraction::new(rate.seconds, rate.frames)));
        let set = wanted.and_then(|wanted| guarded(|| self.0.set_params(&wanted)).ok());
        // Some cameras have one rate and refuse to be told it.
        let parameters = set.or_else(|| guarded(|| self.0.params()).ok());
        let rate = parameters.map(|parameters| rate_of(parameters.interval)).filter(|rate| rate.per_second() > 0.0);
        let (range, matrix) = colours(&given, choice.format);
        let layout =
            Layout { format: choice.format, size: (given.width, given.height), stride: given.stride, range, matrix };
        let interlaced = !matches!(given.field_order, FieldOrder::Any | FieldOrder::Progressive);
        Ok(Setting { code: letters(given.fourcc), layout, rate, interlaced })
    }

    /// Makes the camera send.
    pub(super) fn start(self) -> io::Result<Buffers> {
        guarded(|| {
            let mut stream = Stream::with_buffers(&self.0, Type::VideoCapture, BUFFERS as u32)?;
            // `next` would do all this, and then wait where no stop is seen. It begins by giving back the buffer that
            // was read last, which at first is number 0; so that one stays here. A driver may have fewer than asked for.
            for number in 1..BUFFERS {
                match CaptureStream::queue(&mut stream, number) {
                    Err(error) if number == 1 => return Err(error),
                    Err(_) => break,
                    Ok(()) => {}
                }
            }
            stream.set_timeout(Duration::ZERO);
            stream.start()?;
            Ok(Buffers { handle: self.0.handle(), stream: Some(stream) })
        })
    }
}

impl Setting {
    /// Whether the driver took this format.
    pub(super) fn is_in(&self, format: PixelFormat) -> bool {
        self.code.as_bytes() == code_of(format)
    }
}

impl Buffers {
    /// Waits at most this long until there is a picture to read, or an error.
    pub(super) fn wait(&self, longest: Duration) -> io::Result<bool> {
        let milliseconds = i32::try_from(longest.as_millis()).unwrap_or(i32::MAX);
        match self.handle.poll(READABLE, milliseconds) {
            Ok(ready) => Ok(ready > 0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads the newest picture, once [`wait`](Self::wait) says that there is one, and says how many older ones were
    /// left out. After an error it has to be opened again.
    pub(super) fn newest<T>(&mut self, read: impl FnOnce(Result<&[u8], PictureFault>) -> T) -> io::Result<(T, u64)> {
        let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let handle = &self.handle;
        guarded(|| {
            let mut older = 0;
            loop {
                let (bytes, about) = CaptureStream::next(stream)?;
                if older < BUFFERS as u64 && handle.poll(READABLE, 0).is_ok_and(|ready| ready > 0) {
                    older += 1;
                    continue;
                }
                let written = bytes.get(..about.bytesused as usize).unwrap_or(bytes);
                let picture = if about.flags.contains(Flags::ERROR) { Err(PictureFault::Flagged) } else { Ok(written) };
                return Ok((read(picture), older));
            }
        })
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        // `v4l` panics when a camera does not stop as it should; there is nothing left to do about it then.
        let stream = self.stream.take();
        let stopped = guarded(|| {
            drop(stream);
            Ok(())
        });
        if let Err(error) = stopped {
            warn!(%error, "the camera did not stop as it should");
        }
    }
}

fn sizes_of(size: &FrameSizeEnum) -> Sizes {
    match size {
        FrameSizeEnum::Discrete(one) => Sizes::One((one.width, one.height)),
        FrameSizeEnum::Stepwise(range) => Sizes::Range {
            smallest: (range.min_width, range.min_height),
            largest: (range.max_width, range.max_height),
            step: (range.step_width, range.step_height),
        },
    }
}

/// Drivers give the time from frame to frame.
fn rate_of(interval: Fraction) -> Rate {
    Rate { frames: interval.denominator, seconds: interval.numerator }
}

fn letters(code: FourCC) -> String {
    String::from_utf8_lossy(&code.repr).trim_end().to_owned()
}

fn code_of(format: PixelFormat) -> &'static [u8; 4] {
    match format {
        PixelFormat::Mjpeg => b"MJPG",
        PixelFormat::Yuyv => b"YUYV",
        PixelFormat::Nv12 => b"NV12",
        PixelFormat::Grey => b"GREY",
    }
}

fn format_of(code: FourCC) -> Option<PixelFormat> {
    let formats = [PixelFormat::Mjpeg, PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Grey];
    formats.into_iter().find(|format| *code_of(*format) == code.repr)
}

/// What colours mean where the driver leaves it to the defaults (videodev2.h, `V4L2_MAP_QUANTIZATION_DEFAULT` and
/// `V4L2_MAP_YCBCR_ENC_DEFAULT`). `v4l` does not say which matrix the driver names, only which colour space.
fn colours(given: &Format, format: PixelFormat) -> (YuvRange, YuvStandardMatrix) {
    let range = match given.quantization {
        Quantization::FullRange => YuvRange::Full,
        Quantization::LimitedRange => YuvRange::Limited,
        // Infrared cameras write their sensor's 0 to 255 and say nothing.
        Quantization::Default if format == PixelFormat::Grey => YuvRange::Full,
        Quantization::Default if matches!(given.colorspace, Colorspace::JPEG) => YuvRange::Full,
        Quantization::Default => YuvRange::Limited,
    };
    let matrix = match given.colorspace {
        Colorspace::Rec709 | Colorspace::DCIP3 => YuvStandardMatrix::Bt709,
        Colorspace::Rec2020 => YuvStandardMatrix::Bt2020,
        Colorspace::SMPTE240M => YuvStandardMatrix::Smpte240,
        _ => YuvStandardMatrix::Bt601,
    };
    (range, matrix)
}

//! A decoder that is a child process: `ffmpeg`, for H.265 and for graphics processors. Access units go in through one
//! pipe, pictures come out of another.
//!
//! At most one access unit, 4 KiB of others and one picture wait here, so a slow `ffmpeg` shows as a connection that is read late, and
//! frames are left out there. A child that dies is a fault, and one that hangs gives no pictures; both ends with the
//! source being opened again, and so with a new child.

use std::io;
use std::process::Stdio;

use image::RgbImage;
use rustix::pipe::fcntl_setpipe_size;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tracing::debug;

use super::fault::{RtspFault, quote};
use super::key_frames::Sliced;
use super::ppm::PpmReader;
use crate::camera::pool::PicturePool;

/// What a pipe holds on Linux.
const PIPE_BYTES: usize = 64 << 10;
/// The least that one can hold: at night 64 KiB are seconds of H.265.
const INPUT_BYTES: usize = 4 << 10;
/// Of what `ffmpeg` says, the end is kept.
const COMPLAINT_BYTES: usize = 1 << 10;
/// An access unit delimiter after each access unit tells `ffmpeg` that it is complete, which saves it waiting for the next.
const DELIMITER_H264: [u8; 6] = [0, 0, 0, 1, 0x09, 0xF0];
const DELIMITER_H265: [u8; 7] = [0, 0, 0, 1, 0x46, 0x01, 0x50];
/// An end of sequence: what follows begins afresh, and H.265's pictures that refer behind a key frame are not shown.
const END_H264: [u8; 5] = [0, 0, 0, 1, 0x0A];
const END_H265: [u8; 6] = [0, 0, 0, 1, 0x48, 0x01];

/// A running `ffmpeg`. Dropped, it is killed; [`end`](Self::end) also waits for it.
pub(super) struct Ffmpeg {
    codec: Sliced,
    /// The parameter sets that go in first: not every kind of key frame comes with its own.
    head: Vec<u8>,
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    errors: ChildStderr,
    /// What goes in, and how much of it did.
    pending: Vec<u8>,
    written: usize,
    chunk: Vec<u8>,
    pictures: PpmReader,
    complaint: Vec<u8>,
}

/// What moved in one step.
enum Moved {
    In(io::Result<usize>),
    Out(io::Result<usize>),
    Complained(io::Result<usize>),
}

impl Ffmpeg {
    /// Starts it for a stream with these parameter sets. Must be called within a runtime.
    pub(super) fn start(
        codec: Sliced,
        options: &[String],
        parameter_sets: &[&[u8]],
        pool: PicturePool,
    ) -> Result<Self, RtspFault> {
        let mut child = command(codec, options).spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => RtspFault::NoFfmpeg,
            _ => RtspFault::Ffmpeg(format!("it does not start: {error}")),
        })?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(RtspFault::Ffmpeg("it has no pipes".to_owned()));
        };
        // What waits in the pipe is delay that nobody sees. A pipe that stays large only costs that.
        if let Err(error) = fcntl_setpipe_size(&input, INPUT_BYTES) {
            debug!(%error, "the pipe to ffmpeg stays large");
        }
        Ok(Self {
            codec,
            head: parameter_sets.iter().flat_map(|set| [&[0, 0, 0, 1], *set].concat()).collect(),
            child,
            input,
            output,
            errors,
            pending: Vec::new(),
            written: 0,
            chunk: vec![0; PIPE_BYTES],
            pictures: PpmReader::new(pool),
            complaint: Vec::new(),
        })
    }

    /// Whether it takes another access unit.
    pub(super) fn has_room(&self) -> bool {
        self.written == self.pending.len()
    }

    /// Gives it an access unit with start codes; `after_gap`: something before it is missing.
    pub(super) fn feed(&mut self, access_unit: &[u8], after_gap: bool) {
        let (delimiter, end): (&[u8], &[u8]) = match self.codec {
            Sliced::H264 => (&DELIMITER_H264, &END_H264),
            Sliced::H265 => (&DELIMITER_H265, &END_H265),
        };
        self.pending.clear();
        self.written = 0;
        self.pending.append(&mut self.head);
        if after_gap {
            self.pending.extend_from_slice(end);
        }
        self.pending.extend_from_slice(access_unit);
        self.pending.extend_from_slice(delimiter);
    }

    /// The next picture that came out.
    pub(super) fn take(&mut self) -> Option<RgbImage> {
        self.pictures.take()
    }

    /// Moves some bytes in or out. A caller that gives up waiting loses nothing.
    pub(super) async fn work(&mut self) -> Result<(), RtspFault> {
        let rest = self.pending.get(self.written..).unwrap_or_default();
        let mut complaint = [0; 256];
        let moved = tokio::select! {
            read = self.output.read(&mut self.chunk) => Moved::Out(read),
            written = self.input.write(rest), if !rest.is_empty() => Moved::In(written),
            read = self.errors.read(&mut complaint), if self.complaint.len() < COMPLAINT_BYTES * 2 =>
                Moved::Complained(read),
        };
        match moved {
            Moved::Out(Ok(0) | Err(_)) | Moved::In(Ok(0) | Err(_)) => return Err(self.ended().await),
            Moved::Out(Ok(length)) => {
                let bytes = self.chunk.get(..length).unwrap_or_default();
                self.pictures.push(bytes).map_err(|no_ppm| RtspFault::Ffmpeg(no_ppm.to_string()))?;
            }
            Moved::In(Ok(length)) => self.written += length,
            Moved::Complained(Ok(0) | Err(_)) => return Err(self.ended().await),
            Moved::Complained(Ok(length)) => self.note(complaint.get(..length).unwrap_or_default()),
        }
        Ok(())
    }

    fn note(&mut self, complaint: &[u8]) {
        self.complaint.extend_from_slice(complaint);
        let surplus = self.complaint.len().saturating_sub(COMPLAINT_BYTES);
        self.complaint.drain(..surplus);
    }

    /// Why it ended: its exit status, and the last it said. Its pipes are closed, so the rest of it takes no time.
    async fn ended(&mut self) -> RtspFault {
        let mut rest = Vec::new();
        let last_words = async {
            let _read = self.errors.read_to_end(&mut rest).await;
            self.child.wait().await
        };
        let status = tokio::time::timeout(super::source::GOODBYE, last_words).await;
        self.note(&rest);
        let status = match status {
            Ok(Ok(status)) => status.to_string(),
            _ => "its pipes are closed".to_owned(),
        };
        let said = String::from_utf8_lossy(&self.complaint);
        let mut lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
        // The last line often only says that there is an error.
        let last = lines.split_off(lines.len().saturating_sub(2));
        let words: Vec<&str> = std::iter::once(status.as_str()).chain(last).collect();
        RtspFault::Ffmpeg(quote(&words.join("; ")))
    }

    /// Kills it and waits until it is gone, so that no zombie stays.
    pub(super) async fn end(mut self) {
        // It fails for one that is gone already.
        let _gone = self.child.kill().await;
    }
}

fn command(codec: Sliced, options: &[String]) -> Command {
    let format = match codec {
        Sliced::H264 => "h264",
        Sliced::H265 => "hevc",
    };
    let mut command = Command::new("ffmpeg");
    command
        .args(["-hide_banner", "-nostdin", "-loglevel", "error"])
        // A picture comes out as soon as it went in: no frame threads, and no looking ahead for what the stream may be.
        .args(["-flags", "low_delay", "-probesize", "32", "-analyzeduration", "0"])
        .args(options)
        .args(["-f", format, "-i", "pipe:0", "-an", "-fps_mode", "passthrough"])
        .args(["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-flush_packets", "1", "pipe:1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // An interrupt at the terminal is the daemon's, which ends it in order.
        .process_group(0)
        .kill_on_drop(true);
    command
}

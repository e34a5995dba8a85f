//! The samples of an MP4 file's H.264 track, in decoding order, read one by one: an hours-long recording costs its
//! index in memory (8 to 16 bytes a frame), never its pictures.
//!
//! Boxes are parsed by `mp4parse`, Firefox's demuxer, which is fuzzed and returns an error on any bytes. (`re_mp4`
//! indexes its tables unchecked: a damaged file makes it panic or loop.) Only the `moov` box is given to it.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use jiff::Timestamp;
use mp4parse::{CodecType, MediaContext, SampleEntry, Track, TrackType, VideoCodecSpecific};

use super::error::FileFault;
use super::mp4_index::{Position, SampleIndex};

/// The largest index that is read: several days of video. It bounds what a damaged header can make us allocate.
const MAX_INDEX_BYTES: u64 = 256 << 20;
/// The largest packet that is read; a 4K key frame is about 2 MiB.
const MAX_PACKET_BYTES: u32 = 32 << 20;
/// Seconds from 1904-01-01, where MP4 counts from, to 1970-01-01.
const MP4_EPOCH: i64 = 2_082_844_800;

/// An opened file.
#[derive(Debug)]
pub(super) struct Mp4File {
    reader: BufReader<File>,
    index: SampleIndex,
    position: Position,
    packet: Vec<u8>,
    /// Per sample description: the decoder's parameter sets.
    pub(super) descriptions: Vec<AvcConfig>,
    /// When the file says it was made; absent where it says nothing or nothing plausible.
    pub(super) created: Option<Timestamp>,
    /// Presentation times count from here, in the index's ticks: the first frame that is shown.
    pub(super) start: i64,
    /// Ticks per second.
    pub(super) timescale: u64,
}

/// A packet of one frame: NAL units, each behind its length.
#[derive(Debug)]
pub(super) struct Packet<'a> {
    pub(super) bytes: &'a [u8],
    /// When it is shown, in ticks.
    pub(super) at: i64,
    /// Which of the file's [`AvcConfig`]s it needs.
    pub(super) description: usize,
}

/// What an `avcC` box says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AvcConfig {
    /// Bytes of the length before each NAL unit, 1 to 4.
    pub(super) length_size: usize,
    /// Sequence and picture parameter sets, without start codes.
    pub(super) parameter_sets: Vec<Vec<u8>>,
}

impl Mp4File {
    pub(super) fn open(path: &Path) -> Result<Self, FileFault> {
        let mut file = File::open(path)?;
        let length = file.metadata()?.len();
        let moov = find_moov(&mut file, length)?;
        let media = mp4parse::read_mp4(&mut Cursor::new(&moov)).map_err(|error| bad_index(&error))?;
        let track = video_track(&media)?;
        let descriptions = descriptions(track, &moov)?;
        let index = SampleIndex::new(track, descriptions.len())?;
        let timescale = track.timescale.map_or(0, |scale| scale.0);
        if timescale == 0 {
            return Err(FileFault::BadIndex("its video has no time scale".to_owned()));
        }
        // What lies before the edit list's start is decoded, because later frames need it, and not shown.
        let edit = track.media_time.and_then(|time| i64::try_from(time.0).ok()).unwrap_or(i64::MIN);
        let start = index.check(length, edit)?;
        let created = creation_time(&moov);
        let (reader, position) = (BufReader::with_capacity(256 << 10, file), Position::default());
        Ok(Self { reader, index, position, packet: Vec::new(), descriptions, created, start, timescale })
    }

    /// The next packet in decoding order, or `None` at the end.
    pub(super) fn next_packet(&mut self) -> Result<Option<Packet<'_>>, FileFault> {
        let Some(sample) = self.index.next(&mut self.position)? else { return Ok(None) };
        // What is too large to be a frame is passed on empty, and counted as damaged by the decoder.
        let size = if sample.size > MAX_PACKET_BYTES { 0 } else { sample.size as usize };
        // Relative, so that packets that follow each other are read without a system call each.
        let here = self.reader.stream_position()?;
        self.reader.seek_relative(sample.offset.cast_signed().wrapping_sub(here.cast_signed()))?;
        self.packet.resize(size, 0);
        self.reader.read_exact(&mut self.packet)?;
        Ok(Some(Packet { bytes: &self.packet, at: sample.at, description: sample.description }))
    }

    /// From the first packet again.
    pub(super) fn rewind(&mut self) {
        self.position = Position::default();
    }
}

fn bad_index(error: &mp4parse::Error) -> FileFault {
    FileFault::BadIndex(format!("{error:?}").to_lowercase())
}

/// Walks the top-level boxes to `moov` and reads it whole, header included.
fn find_moov(file: &mut File, length: u64) -> Result<Vec<u8>, FileFault> {
    let mut head = [0; 16];
    let got = read_up_to(file, &mut head)?;
    recognise(&head[..got])?;
    let (mut at, mut moov, mut fragments) = (0, None, false);
    while at + 8 <= length {
        file.seek(SeekFrom::Start(at))?;
        let got = read_up_to(file, &mut head)?;
        let Some((name, size)) = box_header(&head[..got], length - at) else { break };
        match &name {
            b"moov" => moov = Some((at, size)),
            b"moof" => fragments = true,
            _ => {}
        }
        at = at.saturating_add(size);
    }
    if fragments {
        return Err(FileFault::Fragmented);
    }
    let (at, size) = moov.ok_or(FileFault::NoIndex)?;
    if at.saturating_add(size) > length {
        return Err(FileFault::CutShort { needed: at.saturating_add(size), present: length });
    }
    if size > MAX_INDEX_BYTES {
        return Err(FileFault::BadIndex(format!("it claims {size} bytes")));
    }
    file.seek(SeekFrom::Start(at))?;
    let mut moov = Vec::new();
    file.take(size).read_to_end(&mut moov)?;
    Ok(moov)
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> Result<usize, FileFault> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read(&mut buffer[got..])? {
            0 => break,
            more => got += more,
        }
    }
    Ok(got)
}

/// Name and size of the box that starts here; `rest` is what is left of the file or of the box around it.
fn box_header(bytes: &[u8], rest: u64) -> Option<([u8; 4], u64)> {
    let size = u32::from_be_bytes(*bytes.first_chunk()?);
    let name = *bytes.get(4..)?.first_chunk()?;
    match size {
        0 => Some((name, rest)),
        1 => Some(u64::from_be_bytes(*bytes.get(8..)?.first_chunk()?)).filter(|size| *size >= 16).map(|s| (name, s)),
        size => Some(u64::from(size)).filter(|size| *size >= 8).map(|size| (name, size)),
    }
}

/// Says what a file is that is no MP4.
fn recognise(head: &[u8]) -> Result<(), FileFault> {
    const BOXES: [&[u8]; 8] = [b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"moof"];
    if head.is_empty() {
        return Err(FileFault::Empty);
    }
    if head.get(4..8).is_some_and(|name| BOXES.contains(&name)) {
        return Ok(());
    }
    Err(match head {
        [0x1A, 0x45, 0xDF, 0xA3, ..] => FileFault::Container("a Matroska or WebM file"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', ..] => FileFault::Container("an AVI file"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', ..]
        | [0xFF, 0xD8, 0xFF, ..]
        | [0x89, b'P', b'N', b'G', ..] => FileFault::IsPicture,
        [0x47, ..] => FileFault::Container("an MPEG transport stream"),
        [0, 0, 1, 0xBA, ..] => FileFault::Container("an MPEG program stream"),
        [b'F', b'L', b'V', ..] => FileFault::Container("a Flash video file"),
        [0x30, 0x26, 0xB2, 0x75, ..] => FileFault::Container("a Windows Media file"),
        [0, 0, 0, 1, ..] | [0, 0, 1, ..] => FileFault::Container("a bare video stream without times"),
        _ => FileFault::NotMp4,
    })
}

fn video_track(media: &MediaContext) -> Result<&Track, FileFault> {
    let videos = media.tracks.iter().filter(|track| track.track_type == TrackType::Video);
    // Cameras may add a track of stills or a second stream; the first video with H.264 counts.
    let best = videos.min_by_key(|track| !is_h264(track));
    match best {
        Some(track) if media.mvex.is_some() && !has_samples(track) => Err(FileFault::Fragmented),
        Some(track) => Ok(track),
        None => Err(FileFault::NoVideo),
    }
}

fn has_samples(track: &Track) -> bool {
    track.stco.as_ref().is_some_and(|chunks| !chunks.offsets.is_empty())
}

fn is_h264(track: &Track) -> bool {
    let entries = track.stsd.as_ref().map(|stsd| &stsd.descriptions);
    entries.is_some_and(|entries| {
        entries.iter().any(|entry| matches!(entry, SampleEntry::Video(v) if v.codec_type == CodecType::H264))
    })
}

fn descriptions(track: &Track, moov: &[u8]) -> Result<Vec<AvcConfig>, FileFault> {
    let none = || FileFault::BadIndex("its video is not described".to_owned());
    let entries = &track.stsd.as_ref().ok_or_else(none)?.descriptions;
    if entries.is_empty() {
        return Err(none());
    }
    entries.iter().map(|entry| avc_config(entry, moov)).collect()
}

fn avc_config(entry: &SampleEntry, moov: &[u8]) -> Result<AvcConfig, FileFault> {
    let SampleEntry::Video(video) = entry else { return Err(FileFault::Codec(codec_name(moov))) };
    match (video.codec_type, &video.codec_specific) {
        (CodecType::H264, VideoCodecSpecific::AVCConfig(bytes)) => {
            AvcConfig::parse(bytes).ok_or_else(|| FileFault::BadIndex("its avcC box is cut short".to_owned()))
        }
        (CodecType::EncryptedVideo, _) => Err(FileFault::Encrypted),
        (CodecType::Unknown, _) => Err(FileFault::Codec(codec_name(moov))),
        (other, _) => Err(FileFault::Codec(format!("{other:?}"))),
    }
}

/// Names a codec that `mp4parse` does not know, by the name of its sample entry.
fn codec_name(moov: &[u8]) -> String {
    const KNOWN: [(&[u8; 4], &str); 9] = [
        (b"hvc1", "H.265"),
        (b"hev1", "H.265"),
        (b"dvh1", "Dolby Vision H.265"),
        (b"vvc1", "H.266"),
        (b"mjpa", "Motion JPEG"),
        (b"jpeg", "Motion JPEG"),
        (b"apcn", "ProRes"),
        (b"mp4v", "MPEG-4 part 2"),
        (b"encv", "encrypted"),
    ];
    let found = KNOWN.iter().find(|(name, _)| find_box(moov, name).is_some());
    found.map_or("an unknown kind of", |(_, codec)| codec).to_owned()
}

/// The content behind a box name, anywhere in the index.
fn find_box<'a>(moov: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let at = moov.windows(4).position(|window| window == name)?;
    moov.get(at + 4..)
}

/// The movie's creation time; recorders without a clock leave it at 0, which is 1904.
fn creation_time(moov: &[u8]) -> Option<Timestamp> {
    let mvhd = find_box(moov, b"mvhd")?;
    let seconds = match mvhd.first()? {
        0 => u64::from(u32::from_be_bytes(*mvhd.get(4..)?.first_chunk()?)),
        _ => u64::from_be_bytes(*mvhd.get(4..)?.first_chunk()?),
    };
    let since_1970 = i64::try_from(seconds).ok()?.checked_sub(MP4_EPOCH).filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(since_1970).ok()
}

impl AvcConfig {
    /// ISO/IEC 14496-15, 5.3.3.1.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let length_size = usize::from(bytes.get(4)? & 3) + 1;
        let mut parameter_sets = Vec::new();
        let mut rest = bytes.get(5..)?;
        for mask in [0x1F, 0xFF] {
            let (count, mut behind) = rest.split_first()?;
            for _ in 0..(count & mask) {
                let (length, sets) = behind.split_first_chunk()?;
                let (set, next) = sets.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                parameter_sets.push(set.to_vec());
                behind = next;
            }
            rest = behind;
        }
        Some(Self { length_size, parameter_sets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameter_sets_of_an_avcc_box_are_found() {
        let bytes = [1, 77, 0, 41, 0xFF, 0xE1, 0, 2, 0x67, 9, 1, 0, 1, 0x68];
        let expect = AvcConfig { length_size: 4, parameter_sets: vec![vec![0x67, 9], vec![0x68]] };
        assert_eq!(AvcConfig::parse(&bytes), Some(expect));
        assert!((0..bytes.len()).all(|end| AvcConfig::parse(&bytes[..end]).is_none()), "cut short");
    }

    #[test]
    fn a_creation_time_of_zero_is_none() {
        let mvhd = |seconds: u32| [b"mvhd\0\0\0\0".as_slice(), &seconds.to_be_bytes()].concat();
        assert_eq!(creation_time(&mvhd(0)), None);
        let made = creation_time(&mvhd(3_855_445_567)).expect("a time");
        assert_eq!(made.to_string(), "2026-03-04T05:06:07Z");
    }
}

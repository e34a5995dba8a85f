//! An MP4 track's sample tables, walked sample by sample. Every access is checked: tables come from outside.

use mp4parse::{TimeOffsetVersion, Track};

use super::error::FileFault;

/// The tables of one track, as stored: run lengths where the file has run lengths.
#[derive(Debug)]
pub(super) struct SampleIndex {
    /// First chunk (from 0), samples in each, description (from 0).
    chunk_runs: Vec<ChunkRun>,
    chunk_offsets: Vec<u64>,
    sizes: Sizes,
    /// How many samples, and the ticks that each lasts.
    durations: Vec<(u32, u32)>,
    /// How many samples, and the ticks between decoding and showing each.
    offsets: Vec<(u32, i32)>,
}

#[derive(Debug)]
struct ChunkRun {
    first: usize,
    samples: u32,
    description: usize,
}

#[derive(Debug)]
enum Sizes {
    All(u32),
    Each(Vec<u32>),
}

/// Where in the tables the next sample is.
#[derive(Debug, Clone, Default)]
pub(super) struct Position {
    sample: usize,
    /// Chunks begun.
    chunks: usize,
    chunk_run: usize,
    left_in_chunk: u32,
    offset: u64,
    decoded_at: i64,
    duration: (usize, u32),
    time_offset: (usize, u32),
}

/// Where one sample is, and when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) offset: u64,
    pub(super) size: u32,
    /// In ticks of the track.
    pub(super) at: i64,
    pub(super) description: usize,
}

impl SampleIndex {
    /// The tables of a track whose description box holds this many entries.
    pub(super) fn new(track: &Track, descriptions: usize) -> Result<Self, FileFault> {
        let (Some(stsc), Some(stco), Some(stsz), Some(stts)) = (&track.stsc, &track.stco, &track.stsz, &track.stts)
        else {
            return Err(bad("a sample table is missing"));
        };
        let mut chunk_runs = Vec::with_capacity(stsc.samples.len());
        for run in &stsc.samples {
            let (Some(first), Some(description)) =
                (run.first_chunk.checked_sub(1), run.sample_description_index.checked_sub(1))
            else {
                return Err(bad("chunks are counted from 1"));
            };
            if description as usize >= descriptions {
                return Err(bad("a chunk refers to a description that is not there"));
            }
            let (first, description) = (first as usize, description as usize);
            chunk_runs.push(ChunkRun { first, samples: run.samples_per_chunk, description });
        }
        if chunk_runs.first().is_some_and(|run| run.first != 0) || !chunk_runs.is_sorted_by(|a, b| a.first < b.first) {
            return Err(bad("its chunks are out of order"));
        }
        let sizes = match stsz.sample_size {
            0 => Sizes::Each(stsz.sample_sizes.iter().copied().collect()),
            size => Sizes::All(size),
        };
        let ctts = track.ctts.as_ref().map(|table| table.samples.as_slice()).unwrap_or_default();
        Ok(Self {
            chunk_runs,
            chunk_offsets: stco.offsets.iter().copied().collect(),
            sizes,
            durations: stts.samples.iter().map(|run| (run.sample_count, run.sample_delta)).collect(),
            offsets: ctts.iter().map(|run| (run.sample_count, signed(run.time_offset))).collect(),
        })
    }

    /// The sample at `position`, which moves on; `None` behind the last.
    pub(super) fn next(&self, position: &mut Position) -> Result<Option<Sample>, FileFault> {
        while position.left_in_chunk == 0 {
            let Some(offset) = self.chunk_offsets.get(position.chunks) else { return Ok(None) };
            while self.chunk_runs.get(position.chunk_run + 1).is_some_and(|next| next.first <= position.chunks) {
                position.chunk_run += 1;
            }
            let Some(run) = self.chunk_runs.get(position.chunk_run) else { return Ok(None) };
            position.left_in_chunk = run.samples;
            position.offset = *offset;
            position.chunks += 1;
        }
        let size = match &self.sizes {
            Sizes::All(size) => *size,
            Sizes::Each(sizes) => match sizes.get(position.sample) {
                Some(size) => *size,
                None => return Ok(None),
            },
        };
        let shown_after = advance(&self.offsets, &mut position.time_offset).unwrap_or(0);
        let at =
            position.decoded_at.checked_add(i64::from(shown_after)).ok_or_else(|| bad("a time is out of range"))?;
        let description = self.chunk_runs.get(position.chunk_run).map_or(0, |run| run.description);
        let sample = Sample { offset: position.offset, size, at, description };
        let lasts = advance(&self.durations, &mut position.duration).unwrap_or(0);
        position.decoded_at =
            position.decoded_at.checked_add(i64::from(lasts)).ok_or_else(|| bad("a time is out of range"))?;
        position.offset =
            position.offset.checked_add(u64::from(size)).ok_or_else(|| bad("an offset is out of range"))?;
        position.left_in_chunk -= 1;
        position.sample += 1;
        Ok(Some(sample))
    }

    /// Walks all samples once: are they all inside a file of this length, and when is the first one shown that is not
    /// before `edit`, where the edit list begins?
    pub(super) fn check(&self, length: u64, edit: i64) -> Result<i64, FileFault> {
        let (mut position, mut first) = (Position::default(), None);
        while let Some(sample) = self.next(&mut position)? {
            if position.offset > length {
                return Err(FileFault::CutShort { needed: self.needed(position.offset), present: length });
            }
            if sample.at >= edit {
                first = Some(first.map_or(sample.at, |first: i64| first.min(sample.at)));
            }
        }
        first.ok_or_else(|| bad("it lists no frames"))
    }

    /// How long the file must have been, for people; `at_least` is known to be missing.
    fn needed(&self, at_least: u64) -> u64 {
        self.chunk_offsets.iter().copied().max().map_or(at_least, |last| last.max(at_least))
    }
}

/// The value of the run that this sample is in; `at` is the run and how many of its samples are behind us.
fn advance<T: Copy>(runs: &[(u32, T)], at: &mut (usize, u32)) -> Option<T> {
    loop {
        let (count, value) = *runs.get(at.0)?;
        if at.1 < count {
            at.1 += 1;
            return Some(value);
        }
        *at = (at.0 + 1, 0);
    }
}

/// Version 0 offsets are unsigned by the standard, and signed in files of real recorders.
fn signed(offset: TimeOffsetVersion) -> i32 {
    match offset {
        TimeOffsetVersion::Version0(offset) => offset.cast_signed(),
        TimeOffsetVersion::Version1(offset) => offset,
    }
}

fn bad(what: &str) -> FileFault {
    FileFault::BadIndex(what.to_owned())
}

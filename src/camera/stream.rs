//! What a source delivers, and what it had to leave out.

use std::fmt;

/// What a source delivers, as far as is known: a live camera says so once it is open.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StreamInfo {
    /// `H.264`, `MJPEG`, `YUYV`, …
    pub codec: Option<String>,
    /// Width and height in pixels, as the camera sends them.
    pub size: Option<(u32, u32)>,
    /// Frames per second, as the camera declares them.
    pub frames_per_second: Option<f64>,
}

/// What a source skipped and lost since it was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pictures or packets that were skipped because they were damaged. Each run of them is logged once.
    pub damaged: u64,
    /// Packets that the network lost.
    pub lost_packets: u64,
    /// Pictures that were not decoded because decoding had fallen behind.
    pub behind: u64,
}

impl std::ops::Add for Tally {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            damaged: self.damaged + other.damaged,
            lost_packets: self.lost_packets + other.lost_packets,
            behind: self.behind + other.behind,
        }
    }
}

impl fmt::Display for StreamInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.codec.as_deref().unwrap_or("unknown codec"))?;
        if let Some((width, height)) = self.size {
            write!(f, " {width}x{height}")?;
        }
        if let Some(rate) = self.frames_per_second {
            write!(f, " at {rate:.3} fps")?;
        }
        Ok(())
    }
}

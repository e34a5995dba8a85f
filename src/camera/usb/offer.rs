//! What a camera can: its formats, their sizes, and how fast each comes. Plain values; the driver fills them in.

use std::fmt;

use super::PixelFormat;

/// One format that a camera has.
#[derive(Debug, Clone, PartialEq)]
pub struct FormatOffer {
    /// The four letters of the driver, `MJPG` or `YUYV`.
    pub code: String,
    /// The format, if it is one that is read here.
    pub format: Option<PixelFormat>,
    /// In which sizes it comes; of a format that is not read, none is named.
    pub sizes: Vec<SizeOffer>,
}

/// The pictures of one format and size, or of a range of sizes.
#[derive(Debug, Clone, PartialEq)]
pub struct SizeOffer {
    /// Width and height in pixels.
    pub size: Sizes,
    /// How fast they come; of a range, the largest.
    pub rates: Rates,
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// This one.
    One((u32, u32)),
    /// Every size of a grid.
    Range {
        /// The smallest.
        smallest: (u32, u32),
        /// The largest.
        largest: (u32, u32),
        /// The distance from each width and height to the next; at least 1.
        step: (u32, u32),
    },
}

/// Frames per second.
#[derive(Debug, Clone, PartialEq)]
pub enum Rates {
    /// These, in no order.
    Listed(Vec<Rate>),
    /// Every rate between two.
    Range {
        /// Seldom below 1.
        slowest: Rate,
        /// At full speed.
        fastest: Rate,
    },
    /// The driver does not say: the camera goes at its own pace.
    Unknown,
}

/// Frames per second as a fraction, as drivers count: 30000/1001 and not 29.97.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// So many frames …
    pub frames: u32,
    /// … in so many seconds.
    pub seconds: u32,
}

impl Rate {
    /// Frames per second; zero where the driver says nonsense.
    #[must_use]
    pub fn per_second(self) -> f64 {
        if self.seconds == 0 { 0.0 } else { f64::from(self.frames) / f64::from(self.seconds) }
    }
}

impl Sizes {
    /// The largest of them. Drivers name a largest that is not on their own grid.
    #[must_use]
    pub fn largest(self) -> (u32, u32) {
        match self {
            Self::One(size) => size,
            Self::Range { smallest, largest, step } => {
                let on_grid = |smallest: u32, largest: u32, step: u32| {
                    largest - largest.checked_sub(smallest).map_or(0, |range| range % step.max(1))
                };
                (on_grid(smallest.0, largest.0, step.0), on_grid(smallest.1, largest.1, step.1))
            }
        }
    }

    /// Whether a size is one of them.
    #[must_use]
    pub fn contain(self, (width, height): (u32, u32)) -> bool {
        match self {
            Self::One(size) => size == (width, height),
            Self::Range { smallest, largest, step } => {
                let fits = |side: u32, smallest: u32, largest: u32, step: u32| {
                    (smallest..=largest).contains(&side) && (side - smallest).is_multiple_of(step.max(1))
                };
                fits(width, smallest.0, largest.0, step.0) && fits(height, smallest.1, largest.1, step.1)
            }
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // 30, 7.5, 29.97
        let hundredths = (self.per_second() * 100.0).round() / 100.0;
        write!(f, "{hundredths}")
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed(rates) => {
                let mut rates = rates.clone();
                rates.sort_by(|a, b| a.per_second().total_cmp(&b.per_second()));
                let rates: Vec<String> = rates.iter().map(Rate::to_string).collect();
                write!(f, "at {} fps", rates.join("/"))
            }
            Self::Range { slowest, fastest } => write!(f, "at {slowest} to {fastest} fps"),
            Self::Unknown => f.write_str("at its own rate"),
        }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One((width, height)) => write!(f, "{width}x{height}"),
            Self::Range { smallest, largest, step } => {
                write!(f, "{}x{} to {}x{}", smallest.0, smallest.1, largest.0, largest.1)?;
                if *step == (1, 1) { Ok(()) } else { write!(f, " in steps of {}x{}", step.0, step.1) }
            }
        }
    }
}

impl fmt::Display for SizeOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.size, self.rates)
    }
}

impl fmt::Display for FormatOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.format {
            Some(format) => format.fmt(f)?,
            None => write!(f, "{} (not read)", self.code)?,
        }
        for (number, size) in self.sizes.iter().enumerate() {
            write!(f, "{}{size}", if number == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: Sizes = Sizes::Range { smallest: (16, 16), largest: (640, 480), step: (16, 8) };

    #[test]
    fn a_range_of_sizes_has_its_grid_and_nothing_else() {
        assert!(RANGE.contain((32, 24)) && RANGE.contain((640, 480)) && RANGE.contain((16, 16)));
        assert!(!RANGE.contain((33, 24)) && !RANGE.contain((656, 480)) && !RANGE.contain((0, 0)));
        let stepless = Sizes::Range { smallest: (1, 1), largest: (9, 9), step: (0, 0) };
        assert!(stepless.contain((5, 7)), "a step of zero, which drivers report, divides nothing");
    }

    #[test]
    fn an_offer_reads_like_a_line_of_a_data_sheet() {
        let rate = |frames, seconds| Rate { frames, seconds };
        let sizes = vec![
            SizeOffer {
                size: Sizes::One((1280, 720)),
                rates: Rates::Listed(vec![rate(30_000, 1001), rate(15, 2), rate(5, 1)]),
            },
            SizeOffer { size: RANGE, rates: Rates::Range { slowest: rate(1, 1), fastest: rate(60, 1) } },
        ];
        let offer = FormatOffer { code: "YUYV".to_owned(), format: Some(PixelFormat::Yuyv), sizes };
        assert_eq!(
            offer.to_string(),
            "YUYV 1280x720 at 5/7.5/29.97 fps, 16x16 to 640x480 in steps of 16x8 at 1 to 60 fps"
        );
        let other = FormatOffer { code: "H264".to_owned(), format: None, sizes: Vec::new() };
        assert_eq!(other.to_string(), "H264 (not read)");
    }
}

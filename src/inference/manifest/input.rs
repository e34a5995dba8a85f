//! The tensors: what goes in, in which form, and what comes out.

use serde::Deserialize;

/// The input tensor: `f32`, any batch size, three channels.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Its name in the graph.
    pub name: String,
    /// Order of its dimensions.
    pub layout: TensorLayout,
    /// Order of the colours.
    pub channels: Channels,
    /// Which heights and widths it accepts.
    pub size: InputSize,
}

/// The output tensor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Its name in the graph.
    pub name: String,
}

/// Order of a tensor's dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TensorLayout {
    /// Batch, channel, row, column.
    Nchw,
}

/// Order of the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// Blue first, as OpenCV has it.
    Bgr,
    /// Red first.
    Rgb,
}

/// Which pictures the input accepts, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "UncheckedSize")]
pub enum InputSize {
    /// Both sides free, as multiples.
    Multiples {
        /// Of this many pixels.
        of_px: u32,
        /// Shortest useful long side.
        long_side_min_px: u32,
        /// Longest long side.
        long_side_max_px: u32,
    },
    /// One height, the width free.
    FixedHeight {
        /// The height.
        height_px: u32,
        /// The width is a multiple of this.
        width_multiple_of_px: u32,
        /// Narrowest picture.
        width_min_px: u32,
        /// Widest picture.
        width_max_px: u32,
    },
    /// One size for all.
    Fixed {
        /// The width.
        width_px: u32,
        /// The height.
        height_px: u32,
    },
    /// Both sides free, as multiples, with about the same number of pixels in all: as much work for a tall picture as for
    /// a wide one, and none for padding.
    Area {
        /// Of this many pixels.
        of_px: u32,
        /// Width times height, to the nearest multiples.
        area_px: u32,
        /// A picture is enlarged by at most this factor.
        enlarge_max: f32,
    },
}

/// `(pixel / 255 - mean) / std` per channel, in the input's channel order.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "UncheckedNormalisation")]
pub struct Normalisation {
    /// Subtracted from values of 0 to 1.
    pub mean: [f32; 3],
    /// Divided by; above 0.
    pub std: [f32; 3],
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum UncheckedSize {
    Multiples { of_px: u32, long_side_min_px: u32, long_side_max_px: u32 },
    FixedHeight { height_px: u32, width_multiple_of_px: u32, width_min_px: u32, width_max_px: u32 },
    Fixed { width_px: u32, height_px: u32 },
    Area { of_px: u32, area_px: u32, enlarge_max: f32 },
}

/// Larger pictures than this are a slip of the pen, and would take gigabytes.
const LONGEST_SIDE_PX: u32 = 8192;

impl TryFrom<UncheckedSize> for InputSize {
    type Error = String;
    fn try_from(size: UncheckedSize) -> Result<Self, String> {
        match size {
            UncheckedSize::Multiples { of_px, long_side_min_px, long_side_max_px } => {
                check_range("long_side", of_px, long_side_min_px, long_side_max_px)?;
                Ok(Self::Multiples { of_px, long_side_min_px, long_side_max_px })
            }
            UncheckedSize::FixedHeight { height_px, width_multiple_of_px, width_min_px, width_max_px } => {
                check_range("width", width_multiple_of_px, width_min_px, width_max_px)?;
                check_side("height_px", height_px)?;
                Ok(Self::FixedHeight { height_px, width_multiple_of_px, width_min_px, width_max_px })
            }
            UncheckedSize::Fixed { width_px, height_px } => {
                check_side("width_px", width_px)?;
                check_side("height_px", height_px)?;
                Ok(Self::Fixed { width_px, height_px })
            }
            UncheckedSize::Area { of_px, area_px, enlarge_max } => {
                check_side("of_px", of_px)?;
                check_area(of_px, area_px, enlarge_max)?;
                Ok(Self::Area { of_px, area_px, enlarge_max })
            }
        }
    }
}

fn check_side(name: &str, px: u32) -> Result<(), String> {
    if (1..=LONGEST_SIDE_PX).contains(&px) {
        Ok(())
    } else {
        Err(format!("{name} is 1 to {LONGEST_SIDE_PX}, and {px} is not"))
    }
}

fn check_area(of_px: u32, area_px: u32, enlarge_max: f32) -> Result<(), String> {
    let areas = of_px * of_px..=LONGEST_SIDE_PX * LONGEST_SIDE_PX;
    if !areas.contains(&area_px) {
        return Err(format!("area_px is {} to {}, and {area_px} is not", areas.start(), areas.end()));
    }
    // Enlarging adds no detail; beyond some factor it only costs.
    if (1.0..=8.0).contains(&enlarge_max) {
        Ok(())
    } else {
        Err(format!("enlarge_max is 1 to 8, and {enlarge_max} is not"))
    }
}

fn check_range(side: &str, multiple: u32, min: u32, max: u32) -> Result<(), String> {
    let is_multiple = |px: u32| px.checked_rem(multiple) == Some(0);
    if !is_multiple(min) || !is_multiple(max) {
        return Err(format!(
            "{side}_min_px and {side}_max_px are multiples of {multiple}, and one of {min} and {max} is not"
        ));
    }
    if 0 < min && min <= max && max <= LONGEST_SIDE_PX {
        Ok(())
    } else {
        Err(format!(
            "{side}_min_px is at least 1, {side}_max_px not below it and at most {LONGEST_SIDE_PX}; found {min} and {max}"
        ))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedNormalisation {
    mean: [f32; 3],
    std: [f32; 3],
}

impl TryFrom<UncheckedNormalisation> for Normalisation {
    type Error = String;
    fn try_from(UncheckedNormalisation { mean, std }: UncheckedNormalisation) -> Result<Self, String> {
        if !mean.iter().all(|value| value.is_finite()) {
            return Err(format!("mean is three finite numbers, and {mean:?} is not"));
        }
        if !std.iter().all(|value| value.is_finite() && *value > 0.0) {
            return Err(format!("std is three numbers above 0, and {std:?} is not"));
        }
        Ok(Self { mean, std })
    }
}

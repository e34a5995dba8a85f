//! From what a camera can and what is wanted to one mode, or to a fault that says what it can. Asks no driver.

use super::offer::{FormatOffer, Rate, Rates, SizeOffer, Sizes};
use super::{PixelFormat, UsbFault, UsbSettings};

/// Cameras round: a wish of 30 is met by 29.97.
const ROUNDING: f64 = 0.995;

/// The mode that a camera is set to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    pub(super) format: PixelFormat,
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    /// Absent where the driver lists none.
    pub(super) rate: Option<Rate>,
}

/// Whether a rate is as fast as the wanted one, but for rounding. In frames per second.
pub(super) fn fast_enough(rate: f64, wanted: f64) -> bool {
    rate >= wanted * ROUNDING
}

/// Chooses by the rules in [`UsbSettings`].
pub(super) fn choose(offers: &[FormatOffer], wanted: &UsbSettings) -> Result<Choice, UsbFault> {
    let wanted_rate = wanted.frames_per_second.per_second();
    let choices: Vec<Choice> = offers.iter().flat_map(|offer| fitting(offer, wanted)).collect();
    let (fast, slow): (Vec<Choice>, Vec<Choice>) = choices
        .into_iter()
        .partition(|choice| choice.rate.is_none_or(|rate| fast_enough(rate.per_second(), wanted_rate)));
    let best = fast.into_iter().max_by_key(|choice| (area(choice.size), preference(choice.format)));
    let fastest = || {
        let tolerated = slow.into_iter().filter(|_| wanted_rate <= UsbSettings::ENOUGH_RATE);
        tolerated.max_by(|a, b| {
            let by_rate = per_second(a).total_cmp(&per_second(b));
            by_rate.then_with(|| (area(a.size), preference(a.format)).cmp(&(area(b.size), preference(b.format))))
        })
    };
    best.or_else(fastest).ok_or_else(|| not_offered(offers, wanted))
}

/// The modes of one format that have the wanted format and size, each at the best of its rates.
fn fitting(offer: &FormatOffer, wanted: &UsbSettings) -> Vec<Choice> {
    let format = offer.format.filter(|format| wanted.pixel_format.is_none_or(|wanted| wanted == *format));
    let Some(format) = format else { return Vec::new() };
    let wanted_rate = wanted.frames_per_second.per_second();
    let named = |size| offer.sizes.iter().any(|offer| offer.size == Sizes::One(size));
    let at_size = |offer: &SizeOffer| {
        let size = match (wanted.size, offer.size) {
            // A size that is named beside its range has rates of its own.
            (Some(size), Sizes::Range { .. }) if named(size) => return None,
            (Some(size), _) | (None, Sizes::One(size)) => size,
            // The largest of a range is what a scaler can blow pictures up to; nobody asked for that.
            (None, Sizes::Range { .. }) => return None,
        };
        let rate = best_rate(&offer.rates, wanted_rate);
        offer.size.contain(size).then_some(Choice { format, size, rate })
    };
    offer.sizes.iter().filter_map(at_size).collect()
}

/// The slowest rate that is fast enough, or else the fastest.
fn best_rate(rates: &Rates, wanted: f64) -> Option<Rate> {
    match rates {
        Rates::Listed(rates) => {
            let by_rate = |a: &Rate, b: &Rate| a.per_second().total_cmp(&b.per_second());
            let enough = rates.iter().copied().filter(|rate| fast_enough(rate.per_second(), wanted)).min_by(by_rate);
            enough.or_else(|| rates.iter().copied().max_by(by_rate))
        }
        Rates::Range { slowest, fastest } => {
            if wanted <= slowest.per_second() {
                Some(*slowest)
            } else if wanted >= fastest.per_second() {
                Some(*fastest)
            } else {
                Some(in_thousandths(wanted))
            }
        }
        Rates::Unknown => None,
    }
}

fn in_thousandths(rate: f64) -> Rate {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a frame rate is 0.01 to 240")]
    Rate { frames: (rate * 1000.0).round() as u32, seconds: 1000 }
}

fn per_second(choice: &Choice) -> f64 {
    choice.rate.map_or(f64::INFINITY, Rate::per_second)
}

fn area((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

/// What loses least is preferred; see [`UsbSettings::pixel_format`].
fn preference(format: PixelFormat) -> u8 {
    match format {
        PixelFormat::Grey => 0,
        PixelFormat::Mjpeg => 1,
        PixelFormat::Nv12 => 2,
        PixelFormat::Yuyv => 3,
    }
}

fn not_offered(offers: &[FormatOffer], wanted: &UsbSettings) -> UsbFault {
    let format = wanted.pixel_format.map_or("pictures".to_owned(), |format| format.to_string());
    let size = wanted.size.map_or(String::new(), |size| format!(" {}", Sizes::One(size)));
    let wish = format!("{format}{size} at {} fps", wanted.frames_per_second.per_second());
    let (read, others): (Vec<_>, Vec<_>) = offers.iter().partition(|offer| offer.format.is_some());
    let read: Vec<String> = read.into_iter().map(FormatOffer::to_string).collect();
    let others: Vec<&str> = others.into_iter().map(|offer| offer.code.as_str()).collect();
    let offers = match (read.is_empty(), others.is_empty()) {
        (false, _) => read.join("; "),
        (true, false) => format!("only {}, none of which is read", others.join(", ")),
        (true, true) => "nothing at all".to_owned(),
    };
    UsbFault::NotOffered { wish, offers }
}

#[cfg(test)]
#[path = "negotiation_tests.rs"]
mod tests;

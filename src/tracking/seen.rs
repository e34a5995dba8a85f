//! What somebody who watches sees of a track: where its plate is, and what was read of it so far.

use super::track::Track;
use crate::consensus::Agreement;
use crate::frame::Moment;
use crate::geometry::Quad;
use crate::passage::TrackId;
use crate::plate::Confidence;
use crate::plate_format;

/// A plate that is followed, as it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenTrack {
    /// Its number in the lane.
    pub id: TrackId,
    /// Its plate in the last frame in which it was seen, in that frame's pixels, clockwise from the plate's top left.
    pub corners: Quad,
    /// When that was.
    pub last_seen: Moment,
    /// In how many frames something was read.
    pub reads: u32,
    /// What was read so far; none where nothing was legible yet.
    pub read: Option<ReadSoFar>,
}

/// What was read of a plate so far.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadSoFar {
    /// The characters, without separators.
    pub text: String,
    /// The characters with the separators people write; the same as `text` where it has no format.
    pub display: String,
    /// As sure as the least sure character.
    pub confidence: Confidence,
    /// How sure of each character.
    pub per_character: Vec<Confidence>,
    /// Whether the readings agree: this is what would be told if the vehicle passed now.
    pub settled: bool,
}

impl SeenTrack {
    pub(super) fn of(track: &Track, rule: &Agreement) -> Self {
        Self {
            id: track.id(),
            corners: *track.last_corners(),
            last_seen: track.last_seen(),
            reads: track.ballot().reads(),
            read: ReadSoFar::of(track, rule),
        }
    }
}

impl ReadSoFar {
    fn of(track: &Track, rule: &Agreement) -> Option<Self> {
        if let Some(plate) = track.agreed(rule) {
            return Some(Self {
                text: plate.text.to_string(),
                display: plate.format.display,
                confidence: plate.confidence,
                per_character: plate.per_character,
                settled: true,
            });
        }
        let (text, per_character) = track.ballot().leading_per_character()?;
        let display = plate_format::identify(text, &rule.countries).map(|format| format.display);
        let least = per_character.iter().map(|character| character.value()).fold(1.0, f32::min);
        Some(Self {
            text: text.to_string(),
            display: display.unwrap_or_else(|| text.to_string()),
            confidence: Confidence::clamped(least),
            per_character,
            settled: false,
        })
    }
}

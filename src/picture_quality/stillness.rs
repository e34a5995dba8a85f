//! Whether a camera sends the same picture again and again.

use std::time::Duration;

use image::{Rgb, RgbImage};

/// Compares each picture with the one before it.
///
/// A clock drawn into the picture by the camera goes on when only its sensor hangs; that is not noticed.
#[derive(Debug, Default)]
pub(super) struct Stillness {
    /// The points of the last picture that was another one than that before it.
    points: Vec<Rgb<u8>>,
    /// When that came.
    since: Option<Duration>,
    repeats: u32,
    changes: u32,
    frozen: bool,
}

/// A stream of a scene without noise decodes to identical pictures from one key frame to the next: usually 1 to 4 s, up to
/// some 10 s where a camera saves bandwidth. Then noise is coded anew. Three such key frames without a change are none.
const FROZEN_AFTER: Duration = Duration::from_secs(30);
/// Two uploads of one picture half a minute apart are no frozen camera.
const LEAST_REPEATS: u32 = 5;
/// A camera that moves on for a single picture between long stops is still frozen.
const LEAST_CHANGES: u32 = 5;
/// Points of a picture that are compared: 80 x 45 catch any moving thing of a plate's size.
const COLUMNS: u32 = 80;
const ROWS: u32 = 45;

impl Stillness {
    /// Looks at a picture that came at `elapsed`; whether the camera is frozen.
    pub(super) fn observe(&mut self, image: &RgbImage, elapsed: Duration) -> bool {
        let is_the_last = self.points.iter().copied().eq(points(image));
        match self.since {
            Some(since) if is_the_last && elapsed >= since => {
                self.repeats = self.repeats.saturating_add(1);
                if elapsed - since >= FROZEN_AFTER && self.repeats >= LEAST_REPEATS {
                    self.frozen = true;
                    self.changes = 0;
                }
            }
            _ => {
                self.points.clear();
                self.points.extend(points(image));
                self.since = Some(elapsed);
                self.repeats = 0;
                self.changes = self.changes.saturating_add(1);
                self.frozen &= self.changes < LEAST_CHANGES;
            }
        }
        self.frozen
    }
}

/// The points of a picture that are compared.
fn points(image: &RgbImage) -> impl Iterator<Item = Rgb<u8>> {
    let (columns, rows) = (COLUMNS.min(image.width()), ROWS.min(image.height()));
    let line =
        move |row| (0..columns).map(move |column| (column * image.width() / columns, row * image.height() / rows));
    (0..rows).flat_map(line).map(|(x, y)| *image.get_pixel(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shade(value: u8) -> RgbImage {
        RgbImage::from_pixel(90, 60, Rgb([value; 3]))
    }

    fn frozen_after(stillness: &mut Stillness, seconds: std::ops::Range<u64>, picture: impl Fn(u64) -> u8) -> bool {
        seconds.map(|s| stillness.observe(&shade(picture(s)), Duration::from_secs(s))).last().expect("pictures came")
    }

    #[test]
    fn half_a_minute_of_one_picture_is_frozen_until_pictures_change_again() {
        let mut stillness = Stillness::default();
        assert!(!frozen_after(&mut stillness, 0..30, |_| 7));
        assert!(frozen_after(&mut stillness, 30..31, |_| 7));
        assert!(frozen_after(&mut stillness, 31..35, |s| s as u8), "a few changes are not enough");
        assert!(!frozen_after(&mut stillness, 35..36, |s| s as u8));
    }

    #[test]
    fn a_new_picture_every_ten_seconds_is_not_frozen() {
        assert!(!frozen_after(&mut Stillness::default(), 0..600, |s| (s / 10) as u8));
    }

    #[test]
    fn one_picture_uploaded_twice_is_no_frozen_camera() {
        let mut stillness = Stillness::default();
        assert!(!stillness.observe(&shade(1), Duration::from_secs(0)));
        assert!(!stillness.observe(&shade(1), Duration::from_secs(3600)));
    }
}

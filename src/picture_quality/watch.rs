//! One camera's state, from its frames alone.

use std::time::Duration;

use super::conviction::{Conviction, Evidence};
use super::measures::{PictureQuality, measure};
use super::scene::Scene;
use super::stillness::Stillness;
use crate::frame::Frame;

/// What is the matter with what a camera sees. When several hold, the first of `Dark`, `Blind`, `Frozen`, `Moved` does:
/// a black picture is the same again and again, and nothing can be said of the place of what is not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ViewState {
    /// Nothing.
    #[default]
    Good,
    /// There is no light, or the camera's shutter is closed.
    Dark,
    /// Nothing can be told apart: covered, fogged, out of focus or overexposed.
    Blind,
    /// The same picture comes again and again.
    Frozen,
    /// The scene is not where it was, or is another.
    Moved,
}

/// Watches one camera. Fed every frame, it looks at about one a second.
///
/// Frames tell the time; without frames nothing changes. A picture too small to compare (less than 160 pixels wide, or
/// three times as wide as high) is never found to have moved.
#[derive(Debug)]
pub struct SceneWatch {
    last_look: Option<Duration>,
    quality: Option<PictureQuality>,
    stillness: Stillness,
    frozen: bool,
    dark: Conviction,
    blind: Conviction,
    scene: Scene,
    moved: bool,
}

/// How often a picture is looked at. Nothing that is found here is found sooner than in 20 s.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A cloud, a vehicle that fills the picture, and a camera that changes between day and night take less.
const DARK_AFTER: Duration = Duration::from_secs(30);
/// As for darkness: a lorry's side may fill the picture while it passes.
const BLIND_AFTER: Duration = Duration::from_secs(30);
/// Mean brightness below which it is dark, and over which it is not. Of 133 labelled pictures of which plates are read the
/// darkest, by night, has 22; a covered sensor has 0, or 16 where a camera's limited range was not expanded.
const DARK_BRIGHTNESS: (f32, f32) = (20.0, 28.0);
/// Contrast below which a dim picture is dark. Cameras with an infrared flash show little but plates and lamps, and are not
/// dark; the labelled pictures have 130 and more, also those by night.
const DARK_CONTRAST: (f32, f32) = (50.0, 70.0);
/// Contrast below which there is nothing to see: a sixth of the least that a labelled picture has.
const BLIND_CONTRAST: (f32, f32) = (20.0, 30.0);
/// Sharpness below which there are no edges. The labelled pictures have 0.56 and more, and 0.06 to 0.2 when they are blurred
/// by a 160th of their width (8 of 1280 pixels), which is wider than the strokes of a plate 100 pixels wide.
const BLIND_SHARPNESS: (f32, f32) = (0.10, 0.15);

impl Default for SceneWatch {
    fn default() -> Self {
        Self {
            last_look: None,
            quality: None,
            stillness: Stillness::default(),
            frozen: false,
            dark: Conviction::after(DARK_AFTER),
            blind: Conviction::after(BLIND_AFTER),
            scene: Scene::default(),
            moved: false,
        }
    }
}

impl SceneWatch {
    /// Takes the camera's next frame, as it came from the camera; the state after it.
    pub fn observe(&mut self, frame: &Frame) -> ViewState {
        let elapsed = frame.captured_at.elapsed;
        self.frozen = self.stillness.observe(&frame.image, elapsed);
        let since = self.last_look.and_then(|last| elapsed.checked_sub(last));
        // A clock that begins anew, with a source that was opened again, is looked at and counts for no time.
        if since.is_none_or(|since| since >= LOOK_EVERY) {
            self.last_look = Some(elapsed);
            self.look(frame, since.unwrap_or_default());
        }
        self.state()
    }

    fn look(&mut self, frame: &Frame, since: Duration) {
        let quality = measure(&frame.image);
        self.quality = Some(quality);
        let dark = darkness(quality);
        let blind = if dark == Evidence::For { Evidence::None } else { blindness(quality) };
        self.dark.weigh(dark, since);
        self.blind.weigh(blind, since);
        // A picture without light or outlines says nothing about the place, and a frozen one nothing new.
        if dark != Evidence::For && blind != Evidence::For && !self.frozen {
            self.moved = self.scene.observe(&frame.image, since);
        }
    }

    /// The state after the last frame.
    #[must_use]
    pub fn state(&self) -> ViewState {
        if self.dark.holds() {
            ViewState::Dark
        } else if self.blind.holds() {
            ViewState::Blind
        } else if self.frozen {
            ViewState::Frozen
        } else if self.moved {
            ViewState::Moved
        } else {
            ViewState::Good
        }
    }

    /// How good the picture was that was looked at last, at most a second before the last frame; `None` before the first.
    #[must_use]
    pub fn quality(&self) -> Option<PictureQuality> {
        self.quality
    }
}

fn darkness(quality: PictureQuality) -> Evidence {
    let brightness = below(quality.brightness, DARK_BRIGHTNESS);
    let contrast = below(quality.contrast, DARK_CONTRAST);
    match (brightness, contrast) {
        (Evidence::For, Evidence::For) => Evidence::For,
        (Evidence::Against, _) | (_, Evidence::Against) => Evidence::Against,
        _ => Evidence::None,
    }
}

fn blindness(quality: PictureQuality) -> Evidence {
    let contrast = below(quality.contrast, BLIND_CONTRAST);
    let sharpness = below(quality.sharpness, BLIND_SHARPNESS);
    match (contrast, sharpness) {
        (Evidence::For, _) | (_, Evidence::For) => Evidence::For,
        (Evidence::Against, Evidence::Against) => Evidence::Against,
        _ => Evidence::None,
    }
}

/// Whether a value is below the first limit (for) or over the second (against).
fn below(value: f32, (low, high): (f32, f32)) -> Evidence {
    if value < low {
        Evidence::For
    } else if value > high {
        Evidence::Against
    } else {
        Evidence::None
    }
}

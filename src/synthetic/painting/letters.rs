//! Letters: two small fonts, one Latin and one Chinese, as ink of a wanted size.

use ab_glyph::{Font as _, FontRef, Glyph, GlyphId, PxScale, ScaleFont as _, point};
use image::GrayImage;

const LATIN: &[u8] = include_bytes!("../../../assets/fonts/RobotoCondensed-Bold-subset.ttf");
const CHINESE: &[u8] = include_bytes!("../../../assets/fonts/NotoSansCJKsc-Bold-subset.otf");

/// A Chinese character fills its square; its ink is this much of the square. Latin capitals are sized by their own ink.
const CHINESE_INK: f32 = 0.92;
/// Height of Latin capitals and digits in the font's own unit, from the font.
const CAPITAL_INK: f32 = 0.711;
/// Room above and below the capitals for accents and tails, as a part of their height.
pub const MARGIN: f32 = 0.45;

/// The fonts that come with the program.
#[derive(Debug)]
pub struct Letters {
    latin: FontRef<'static>,
    chinese: FontRef<'static>,
}

impl Default for Letters {
    fn default() -> Self {
        let load = |bytes| FontRef::try_from_slice(bytes).expect("the font is compiled in, and a test loads it");
        Self { latin: load(LATIN), chinese: load(CHINESE) }
    }
}

impl Letters {
    /// The text's ink, 0 to 255: `width` dots from edge to edge, its capitals `height` high, [`MARGIN`] above and below.
    #[must_use]
    pub fn ink(&self, text: &str, width: f32, height: f32) -> GrayImage {
        let glyphs: Vec<(&FontRef<'_>, f32, GlyphId)> = text.chars().map(|c| self.glyph(c, height)).collect();
        let natural: f32 = glyphs.iter().map(|(font, size, id)| font.as_scaled(*size).h_advance(*id)).sum();
        let stretch = width / natural.max(1.0);
        let margin = height * MARGIN;
        let mut ink = GrayImage::new(dots(width), dots(height + 2.0 * margin));
        let mut x = 0.0;
        for (font, size, id) in glyphs {
            let scale = PxScale { x: size * stretch, y: size };
            // A Chinese character hangs a little below the line that capitals stand on.
            let below = if std::ptr::eq(font, &raw const self.chinese) { height * 0.1 } else { 0.0 };
            let position = point(x, margin + height - below);
            x += font.as_scaled(scale).h_advance(id);
            draw_glyph(&mut ink, font, Glyph { id, scale, position });
        }
        ink
    }

    fn glyph(&self, c: char, capital_height: f32) -> (&FontRef<'static>, f32, GlyphId) {
        let (font, ink) = if ('\u{4e00}'..='\u{9fff}').contains(&c) {
            (&self.chinese, CHINESE_INK)
        } else {
            (&self.latin, CAPITAL_INK)
        };
        let per_em = font.height_unscaled() / font.units_per_em().unwrap_or(1000.0);
        (font, capital_height / ink * per_em, font.glyph_id(c))
    }
}

fn dots(length: f32) -> u32 {
    length.ceil().clamp(1.0, 8192.0) as u32
}

fn draw_glyph(ink: &mut GrayImage, font: &FontRef<'_>, glyph: Glyph) {
    let Some(outline) = font.outline_glyph(glyph) else { return };
    let bounds = outline.px_bounds();
    let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
    outline.draw(|x, y, cover| {
        let (x, y) = (left + i64::from(x), top + i64::from(y));
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else { return };
        if let Some(dot) = ink.get_pixel_mut_checked(x, y) {
            dot.0[0] = dot.0[0].max((cover.clamp(0.0, 1.0) * 255.0) as u8);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_have_every_character_of_a_plate() {
        let letters = Letters::default();
        let chinese = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新挂学警港澳领使";
        for c in chinese.chars().chain("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZĐ-.·".chars()) {
            let (_, _, id) = letters.glyph(c, 10.0);
            assert_ne!(id, GlyphId(0), "{c}");
        }
    }
}

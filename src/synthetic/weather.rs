//! What lies between the scene and the picture: rain, sun in the lens, the sensor's noise, shake, and what the camera writes.

use image::RgbImage;

use super::painting::letters::Letters;
use super::scenario::{Conditions, Scenario};

/// A prime near 2^18: noise that repeats neither with rows nor with what JPEG looks at.
const NOISE_LENGTH: usize = 262_139;

/// What is prepared once for a film.
#[derive(Debug)]
pub struct Weather {
    conditions: Conditions,
    seed: u64,
    noise: Vec<i8>,
    /// Light that the sun adds, for every byte of a picture; empty without sun.
    veil: Vec<u8>,
    width: u32,
}

impl Weather {
    /// The weather of a scenario.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        let conditions = scenario.conditions.clone();
        let mut random = fastrand::Rng::with_seed(scenario.seed ^ 0x5eed);
        // The sum of three even distributions is near enough to a normal one; its deviation is that of one of them times 1.73.
        let mut even = || (random.f32() * 2.0 - 1.0) * conditions.noise;
        let noise = (0..NOISE_LENGTH).map(|_| (even() + even() + even()).clamp(-127.0, 127.0) as i8).collect();
        let (width, height) = (scenario.picture.width_px, scenario.picture.height_px);
        let veil = if conditions.glare > 0.0 { veil(conditions.glare, width, height) } else { Vec::new() };
        Self { conditions, seed: scenario.seed, noise, veil, width }
    }

    /// Chance that depends on the picture alone.
    fn random(&self, camera: usize, frame: u32) -> fastrand::Rng {
        let mixed = self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ ((camera as u64) << 40) ^ u64::from(frame);
        fastrand::Rng::with_seed(mixed)
    }

    /// How far a picture is moved by the shaking of its camera, in pixels.
    #[must_use]
    pub fn shake(&self, camera: usize, frame: u32) -> [i32; 2] {
        let most = self.conditions.shake_px;
        if most <= 0.0 {
            return [0, 0];
        }
        let mut random = self.random(camera, frame);
        [0, 1].map(|_| ((random.f32() * 2.0 - 1.0) * most).round() as i32)
    }

    /// How much light the sun adds at a point of the picture, 0 to 255.
    #[must_use]
    pub fn veil_at(&self, x: f32, y: f32) -> f32 {
        let index = (y.max(0.0) as usize * self.width as usize + x.max(0.0) as usize) * 3;
        self.veil.get(index).copied().map_or(0.0, f32::from)
    }

    /// Rain, sun and noise over a picture.
    pub fn fall(&self, image: &mut RgbImage, camera: usize, frame: u32) {
        let mut random = self.random(camera, frame);
        if self.conditions.rain > 0.0 {
            rain(image, self.conditions.rain, &mut random);
        }
        let start = random.usize(0..NOISE_LENGTH);
        // Rain takes contrast away.
        let contrast = 256 - (self.conditions.rain * 40.0) as i32;
        let haze = (self.conditions.rain * 22.0) as i32;
        let bytes: &mut [u8] = image;
        let mut done = 0;
        while done < bytes.len() {
            // One stretch of the noise at a time, so that the loop below is a plain one.
            let from = (start + done) % NOISE_LENGTH;
            let length = (NOISE_LENGTH - from).min(bytes.len() - done);
            let (part, speck) = (&mut bytes[done..done + length], &self.noise[from..from + length]);
            if self.veil.is_empty() {
                for (byte, speck) in part.iter_mut().zip(speck) {
                    *byte = (((i32::from(*byte) * contrast) >> 8) + haze + i32::from(*speck)).clamp(0, 255) as u8;
                }
            } else {
                for ((byte, speck), veil) in part.iter_mut().zip(speck).zip(&self.veil[done..done + length]) {
                    let lit = ((i32::from(*byte) * contrast) >> 8) + haze + i32::from(*veil);
                    *byte = (lit + i32::from(*speck)).clamp(0, 255) as u8;
                }
            }
            done += length;
        }
    }
}

/// The sun a little outside the picture's upper edge.
fn veil(glare: f32, width: u32, height: u32) -> Vec<u8> {
    let (w, h) = (width as f32, height as f32);
    let mut veil = Vec::with_capacity((width * height * 3) as usize);
    for y in 0..height {
        for x in 0..width {
            let away = ((x as f32 / w - 0.7).powi(2) + ((y as f32 / h + 0.1) * h / w).powi(2)).sqrt();
            let light = (glare * (240.0 * (-away * 4.0).exp() + 40.0)).min(255.0) as u8;
            veil.extend([light; 3]);
        }
    }
    veil
}

/// Streaks of drops, some near, most far.
fn rain(image: &mut RgbImage, rain: f32, random: &mut fastrand::Rng) {
    let (width, height) = image.dimensions();
    let drops = (rain * 0.0006 * (width * height) as f32) as u32;
    for _ in 0..drops {
        let (mut x, y) = (random.f32() * width as f32, random.u32(0..height));
        let length = random.u32(height / 60 + 2..height / 14 + 4);
        let (slant, cover) = (0.06 + 0.06 * random.f32(), random.u32(24..90));
        for row in y..(y + length).min(height) {
            let Some(pixel) = image.get_pixel_mut_checked(x as u32, row) else { break };
            for channel in &mut pixel.0 {
                *channel = ((u32::from(*channel) * (256 - cover) + 205 * cover) >> 8) as u8;
            }
            x += slant;
        }
    }
}

/// What cameras write over their pictures: name and time. No plate, though it is text.
pub fn overlay(image: &mut RgbImage, letters: &Letters, [name, time]: [&str; 2]) {
    let (width, height) = image.dimensions();
    let size = height as f32 / 36.0;
    for (text, from_left) in [(name, true), (time, false)] {
        let length = text.chars().count() as f32 * size * 0.62;
        let ink = letters.ink(text, length.max(1.0), size);
        let left = if from_left { width as f32 * 0.02 } else { width as f32 * 0.98 - length };
        let top = height as f32 * 0.02;
        for (x, y, dot) in ink.enumerate_pixels() {
            let Some(pixel) = image.get_pixel_mut_checked(x + left.max(0.0) as u32, y + top as u32) else { continue };
            let cover = u32::from(dot.0[0]);
            for channel in &mut pixel.0 {
                *channel = ((u32::from(*channel) * (255 - cover) + 250 * cover) / 255) as u8;
            }
        }
    }
}

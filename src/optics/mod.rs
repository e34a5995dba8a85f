//! stub
use std::sync::Arc;

use image::RgbImage;
/// stub
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View;
/// stub
#[derive(Debug)]
pub struct Optics;
impl Optics {
    /// stub
    pub fn new(_view: View) -> Self {
        Self
    }
    /// stub
    pub fn correct(&mut self, image: Arc<RgbImage>) -> Arc<RgbImage> {
        image
    }
}

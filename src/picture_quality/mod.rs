//! stub
use crate::frame::Frame;
/// stub
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PictureQuality {
    /// stub
    pub brightness: f32,
    /// stub
    pub contrast: f32,
    /// stub
    pub sharpness: f32,
}
/// stub
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ViewState {
    Good,
    Dark,
    Blind,
    Frozen,
    Moved,
}
/// stub
#[derive(Debug, Default)]
pub struct SceneWatch;
impl SceneWatch {
    /// stub
    pub fn observe(&mut self, _frame: &Frame) {}
    /// stub
    pub fn state(&self) -> ViewState {
        ViewState::Good
    }
    /// stub
    pub fn quality(&self) -> Option<PictureQuality> {
        None
    }
}
/// stub
#[derive(Debug, Default)]
pub struct PlateHeights;
impl PlateHeights {
    /// stub
    pub fn add(&mut self, _height: f32) {}
    /// stub
    pub fn usual(&self) -> Option<f32> {
        None
    }
}

//! stub
use crate::frame::Frame;
use crate::geometry::Polygon;
/// stub
#[derive(Debug, Default)]
pub struct MotionGate;
impl MotionGate {
    /// stub
    pub fn moves(&mut self, _frame: &Frame, _zone: &Polygon) -> bool {
        true
    }
}

//! A gate that does not exist, drawn: vehicles with known plates drive up to a camera. The sample clip of the
//! demonstration, and a recording whose truth is certain.
//!
//! [`view`] projects and paints, [`text`] draws letters, [`plate`] and [`vehicle`] know what things look like, [`scene`]
//! says what happens when, [`truth`] what a benchmark compares with. The same frame number gives the same picture, every time.

pub mod plate;
pub mod scene;
pub mod text;
pub mod truth;
pub mod vehicle;
pub mod view;

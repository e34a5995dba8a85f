//! A gate that does not exist, drawn: vehicles with known plates on roads with known cameras. The sample clip of the
//! demonstration, and recordings whose truth is certain.
//!
//! ```text
//! scenario/ ──▶ drivers ──▶ motion ──▶ stage ──▶ film ──▶ a picture
//! (a file)      (who comes)  (where it goes)│     └─ skins, plates/, background, weather, on a painting/ canvas
//!                                           └──▶ witness ──▶ truth
//! ```
//!
//! [`scenario`] is what somebody wrote; [`drivers`] draws what is left to chance; [`motion`] lets everybody drive; [`stage`] knows
//! what stands where in every picture; [`view`] and [`camera`] how it is seen; [`film`] paints it and [`witness`] tells the truth
//! about it, from the same stage. The same scenario and number give the same picture, every time.

pub mod background;
pub mod camera;
pub mod drivers;
pub mod film;
pub mod gate_config;
pub mod motion;
pub mod painting;
pub mod plates;
pub mod scenario;
pub mod skins;
pub mod stage;
pub mod truth;
pub mod vehicle;
pub mod view;
pub mod weather;
pub mod witness;

//! Whether recognition keeps up with its cameras, and if not, by how much: worked out from what was counted.
//!
//! A gate reads well from some pictures a second on; pictures beyond that may be left out without harm. Frames are shed evenly:
//! each camera in turn has its newest one looked at (`camera::Mailboxes`).

use std::time::Duration;

use crate::plate::CameraName;

/// From so many pictures a second on a gate reads well: a vehicle at 30 km/h is seen on every second or third metre.
pub const READS_WELL_FROM: f64 = 5.0;
/// Over less time nothing is judged: a load of some seconds passes.
pub const JUDGED_OVER: Duration = Duration::from_secs(20);

/// What became of one camera's pictures in some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Pace {
    /// The camera.
    pub camera: CameraName,
    /// Pictures that came.
    pub came: u64,
    /// Of these, those that were left out because recognition or decoding was still at an earlier one.
    pub left_out: u64,
}

/// What to tell, if there is a camera of which too few pictures are looked at, `over` this time.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 pictures")]
pub fn complaint(paces: &[Pace], over: Duration) -> Option<String> {
    let a_second = |count: u64| count as f64 / over.as_secs_f64().max(f64::EPSILON);
    let mut text = String::new();
    for pace in paces {
        let looked_at = a_second(pace.came.saturating_sub(pace.left_out));
        if pace.left_out > 0 && looked_at < READS_WELL_FROM {
            let (camera, came) = (&pace.camera, a_second(pace.came));
            let comma = if text.is_empty() { "" } else { ", " };
            text += &format!("{comma}{looked_at:.1} of {came:.1} pictures a second of {camera}");
        }
    }
    (!text.is_empty()).then(|| {
        format!(
            "this computer does not keep up: it looks at {text}, and a gate reads well from {READS_WELL_FROM} on; \
             `gatelpr capacity` says how many cameras it holds; smaller zones or pictures, `analyse = \"motion\"` and \
             `second_opinion = \"none\"` cost less"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(camera: &str, came: u64, left_out: u64) -> Pace {
        Pace { camera: CameraName::try_from(camera).expect("a name"), came, left_out }
    }

    #[test]
    fn only_a_camera_of_which_too_few_pictures_are_looked_at_is_told() {
        let over = Duration::from_secs(30);
        // All of a slow camera; half of a fast one; enough.
        let fine = [pace("slow", 30, 0), pace("fast", 750, 375), pace("none", 0, 0)];
        assert_eq!(complaint(&fine, over), None);
        let told = complaint(&[pace("a", 750, 660), pace("b", 750, 0), pace("c", 300, 240)], over).expect("two are");
        let expected = "it looks at 3.0 of 25.0 pictures a second of a, 2.0 of 10.0 pictures a second of c, and";
        assert!(told.contains(expected), "{told}");
    }
}

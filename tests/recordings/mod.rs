//! Recordings of real gates that are not in the repository.

use std::path::{Path, PathBuf};

/// The real toll-lane clip, where the labelled pictures are at hand (`../shared/plates`, or the folder that
/// `GATELPR_PLATES` names); says so where they are not.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn toll_clip() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/plates");
    let plates = std::env::var_os("GATELPR_PLATES").map_or(beside, PathBuf::from);
    let clip = plates.join("vn_video/clips/tollbooth_parkpow_cars.mp4");
    if !clip.is_file() {
        println!("skipped, no data");
        return None;
    }
    Some(clip)
}

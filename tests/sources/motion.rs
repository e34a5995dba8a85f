//! The motion gate on the real toll lane: what it lets through, and that no vehicle is among the rest.

use std::path::Path;
use std::time::Duration;

use gatelpr::config::Config;
use gatelpr::motion::MotionGate;

use super::recordings::toll_clip;
use super::{LONG, Repeat, opened, video};

/// When the three vehicles' plates were in view: first_seen to last_seen of the events of the same recording, in ms.
const IN_VIEW: [(u64, u64); 3] = [(0, 2583), (5866, 7300), (16_372, 18_688)];

#[test]
#[expect(clippy::print_stdout, reason = "a figure is worth printing")]
fn every_frame_with_a_readable_plate_is_let_through() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(clip) = toll_clip() else { return };
    let config = Config::load_for_replay(&root.join("tests/replays/toll/gate.toml")).unwrap();
    let mut source = opened(&video(&clip, Repeat::Once));
    let (mut gate, mut all, mut let_through) = (MotionGate::default(), 0, 0);
    while let Some(frame) = source.next_frame(LONG).unwrap() {
        let zone = config.lanes[0].zone.in_pixels(frame.image.width(), frame.image.height());
        let at = frame.captured_at.elapsed;
        let moves = gate.moves(&frame, &zone);
        let seen = |(from, to): &(u64, u64)| (Duration::from_millis(*from)..=Duration::from_millis(*to)).contains(&at);
        assert!(moves || !IN_VIEW.iter().any(seen), "a vehicle is in view at {at:?}");
        (all, let_through) = (all + 1, let_through + u32::from(moves));
    }
    println!("the motion gate lets {let_through} of {all} frames through");
}

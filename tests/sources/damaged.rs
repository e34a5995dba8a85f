//! Any bytes, any cut, any flipped bits: frames or an error, never a panic.

use std::fs;
use std::path::Path;

use gatelpr::camera::{Repeat, open};
use proptest::prelude::*;
use tempfile::TempDir;

use super::{LONG, fixture, opening, video};

/// Frames or an error, never a panic.
fn read_all(path: &Path) -> usize {
    let Ok(mut source) = open(&video(path, Repeat::Once), &opening()) else { return 0 };
    std::iter::from_fn(|| source.next_frame(LONG).ok().flatten()).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn a_video_with_any_damage_gives_frames_or_an_error(hits in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..6), in_header: bool) {
        let mut bytes = fs::read(fixture("b_frames.mp4")).unwrap();
        let moov = bytes.windows(4).position(|w| w == b"moov").unwrap();
        for (at, bits) in hits {
            let at = if in_header { moov + at.index(bytes.len() - moov) } else { at.index(bytes.len()) };
            bytes[at] ^= bits;
        }
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("a.mp4"), bytes).unwrap();
        prop_assert!(read_all(&dir.path().join("a.mp4")) <= 60);
    }

    #[test]
    fn a_video_cut_anywhere_gives_frames_or_an_error(end: prop::sample::Index) {
        let bytes = fs::read(fixture("b_frames.mp4")).unwrap();
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("a.mp4"), &bytes[..end.index(bytes.len())]).unwrap();
        read_all(&dir.path().join("a.mp4"));
    }

    #[test]
    fn any_bytes_give_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400), with_head: bool) {
        let head: &[u8] = if with_head { b"\0\0\0\x10ftypisom\0\0\0\0" } else { b"" };
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("a.mp4"), [head, &bytes].concat()).unwrap();
        prop_assert_eq!(read_all(&dir.path().join("a.mp4")), 0);
    }
}

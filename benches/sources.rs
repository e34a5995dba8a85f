//! What a frame costs before anything looks at it: reading, decoding and converting to RGB.
//!
//! With the plates at hand (`../shared/plates` or `GATELPR_PLATES`) the video is a 1280x720 toll lane; without them it is
//! a small test recording, and the figures are of that size. A `video` iteration is one whole pass over the recording;
//! the throughput is in frames.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatelpr::camera::{FrameSource, Opening, Pacing, Repeat, SourceSettings, Timeline, open, read_picture};
use gatelpr::clock::Clock;
use gatelpr::plate::CameraName;
use gatelpr::stop::Stop;

fn recording() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plates = std::env::var_os("GATELPR_PLATES").map_or_else(|| root.join("../shared/plates"), PathBuf::from);
    let toll = plates.join("vn_video/clips/tollbooth_parkpow_cars.mp4");
    if toll.is_file() { toll } else { root.join("tests/fixtures/b_frames.mp4") }
}

fn opened(path: &Path) -> Box<dyn FrameSource> {
    let opening = Opening {
        camera: CameraName::try_from("bench").expect("a name"),
        timeline: Timeline::Recording { start: None },
        clock: Clock::start(),
        patience: Duration::from_secs(10),
        stop: Stop::default(),
    };
    let settings = SourceSettings::Video { path: path.to_owned(), repeat: Repeat::Once, pacing: Pacing::Fast };
    open(&settings, &opening).expect("a recording that opens")
}

fn frames(source: &mut dyn FrameSource) -> u64 {
    let mut count = 0;
    while let Some(frame) = source.next_frame(Duration::MAX).expect("a frame") {
        black_box(frame);
        count += 1;
    }
    count
}

fn sources(criterion: &mut Criterion) {
    let path = recording();
    let first = opened(&path).next_frame(Duration::MAX).expect("a frame").expect("a first frame").image;
    let size = format!("{}x{}", first.width(), first.height());

    let mut video = criterion.benchmark_group("sources/video");
    video.sample_size(10).throughput(Throughput::Elements(frames(opened(&path).as_mut())));
    video
        .bench_function(format!("{size} H.264 to RGB, whole recording"), |b| b.iter(|| frames(opened(&path).as_mut())));
    video.bench_function(format!("{size} open"), |b| b.iter(|| black_box(opened(&path)).tally()));
    video.finish();

    let folder = tempfile::tempdir().expect("a temporary folder");
    let picture = folder.path().join("a.jpg");
    first.save(&picture).expect("a picture that can be saved");
    criterion.bench_function(&format!("sources/picture/{size} JPEG to RGB"), |b| {
        b.iter(|| read_picture(&picture).expect("a picture"));
    });
}

criterion_group!(benches, sources);
criterion_main!(benches);

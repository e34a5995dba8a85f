//! What it costs to set a picture straight, and to look at how good it is: full HD.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use gatelpr::frame::{Frame, Moment};
use gatelpr::optics::{Lens, Optics, Perspective, Rotation, View};
use gatelpr::picture_quality::{SceneWatch, measure};
use gatelpr::plate::CameraName;
use image::{Rgb, RgbImage};
use jiff::Timestamp;

fn picture() -> RgbImage {
    RgbImage::from_fn(1920, 1080, |x, y| {
        let shade = (x / 40 * 37 + y / 30 * 91) % 200 + (x ^ y) % 8;
        Rgb([u8::try_from(shade).unwrap_or(u8::MAX); 3])
    })
}

fn optics(criterion: &mut Criterion) {
    let image = Arc::new(picture());
    let lens = Lens::new(-0.25, 0.05).expect("a lens");
    let perspective = Perspective::try_from([[0.1, 0.1], [0.9, 0.0], [1.0, 1.0], [0.0, 0.9]]).expect("a perspective");
    let views = [
        ("half a turn", View { rotation: Rotation::Half, ..View::default() }),
        ("quarter turn", View { rotation: Rotation::Quarter, ..View::default() }),
        ("lens", View { lens, ..View::default() }),
        (
            "lens, perspective, quarter turn",
            View { lens, perspective: Some(perspective), rotation: Rotation::Quarter, ..View::default() },
        ),
    ];
    let mut group = criterion.benchmark_group("optics/1920x1080");
    for (name, view) in views {
        let mut optics = Optics::new(view);
        group.bench_function(name, |b| b.iter(|| optics.correct(Arc::clone(&image))));
    }
    group.bench_function("lens, first picture of its size", |b| {
        b.iter(|| Optics::new(View { lens, ..View::default() }).correct(Arc::clone(&image)));
    });
    group.finish();
}

fn quality(criterion: &mut Criterion) {
    let image = picture();
    let mut group = criterion.benchmark_group("picture_quality/1920x1080");
    group.bench_function("measure", |b| b.iter(|| measure(black_box(&image))));
    let shifted = image::imageops::crop_imm(&image, 60, 24, 1800, 1012).to_image();
    let image = image::imageops::crop_imm(&image, 0, 0, 1800, 1012).to_image();
    let frame = |image: &RgbImage, elapsed: Duration| Frame {
        camera: CameraName::try_from("bench").expect("a name"),
        captured_at: Moment { wall: Timestamp::UNIX_EPOCH, elapsed },
        image: Arc::new(image.clone()),
    };
    // A second passes between frames: each is looked at. A shifted scene is searched for its shift, the dearest case.
    let second = Duration::from_secs(1);
    for (name, seen, step) in [
        ("a frame between looks", &image, Duration::ZERO),
        ("a look at a known scene", &image, second),
        ("a look at a shifted scene", &shifted, second),
    ] {
        let mut watch = SceneWatch::default();
        let mut known = frame(&image, Duration::ZERO);
        for n in 0..40 {
            known.captured_at.elapsed = second * n;
            watch.observe(&known);
        }
        let mut seen = frame(seen, second * 40);
        group.bench_function(name, |b| {
            b.iter(|| {
                seen.captured_at.elapsed += step;
                watch.observe(&seen)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, optics, quality);
criterion_main!(benches);

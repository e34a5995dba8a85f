//! A picture of 1920x1080 made as small as the detector takes it: from RGB, as it is done, and from the planes of video, of
//! which only the small ones are made RGB. Beside both, what it costs to make all of a video's picture RGB.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use gatelpr::inference::region::{Target, resize};
use gatelpr::inference::whole;
use image::RgbImage;
use yuv::{YuvPlanarImage, YuvRange, YuvStandardMatrix, yuv420_to_rgb};

const PICTURE: (u32, u32) = (1920, 1080);
const INPUT: (u32, u32) = (672, 378);

fn half((width, height): (u32, u32)) -> (u32, u32) {
    (width / 2, height / 2)
}

fn area((width, height): (u32, u32)) -> usize {
    width as usize * height as usize
}

/// Bytes of a picture without any pattern.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    (0..length).map(|_| random.u8(..)).collect()
}

/// A plane made smaller, as `region::resize` does it with RGB.
fn resize_plane(resizer: &mut Resizer, from: (&[u8], (u32, u32)), to: (&mut [u8], (u32, u32))) {
    let ((source, (width, height)), (target, (to_width, to_height))) = (from, to);
    let source = TypedImageRef::<U8>::from_buffer(width, height, source).expect("its size");
    let mut target = TypedImage::<U8>::from_buffer(to_width, to_height, target).expect("its size");
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    resizer.resize_typed(&source, &mut target, &options).expect("it can be resized");
}

fn to_rgb([y, u, v]: [&[u8]; 3], size: (u32, u32), rgb: &mut [u8]) {
    let (width, height) = size;
    let half_width = half(size).0;
    let planes = YuvPlanarImage {
        y_plane: y,
        y_stride: width,
        u_plane: u,
        u_stride: half_width,
        v_plane: v,
        v_stride: half_width,
        width,
        height,
    };
    let range = (YuvRange::Limited, YuvStandardMatrix::Bt709);
    yuv420_to_rgb(&planes, rgb, 3 * width, range.0, range.1).expect("planes of this size");
}

fn model_input(criterion: &mut Criterion) {
    let mut resizer = Resizer::new();
    let rgb = RgbImage::from_raw(PICTURE.0, PICTURE.1, noise(3 * area(PICTURE))).expect("its size");
    let [y, u, v] = [area(PICTURE), area(half(PICTURE)), area(half(PICTURE))].map(noise);
    let mut small = vec![0; 3 * area(INPUT)];
    let mut planes = [area(INPUT), area(half(INPUT)), area(half(INPUT))].map(|length| vec![0; length]);
    let mut group = criterion.benchmark_group("model_input");
    group.bench_function("RGB made small", |bencher| {
        bencher.iter(|| {
            let target = Target { pixels: black_box(&mut small), size: INPUT, content: INPUT };
            resize(&mut resizer, &rgb, whole(&rgb), target).expect("it can be resized");
        });
    });
    group.bench_function("planes made small, then RGB", |bencher| {
        bencher.iter(|| {
            let [small_y, small_u, small_v] = &mut planes;
            resize_plane(&mut resizer, (&y, PICTURE), (small_y, INPUT));
            resize_plane(&mut resizer, (&u, half(PICTURE)), (small_u, half(INPUT)));
            resize_plane(&mut resizer, (&v, half(PICTURE)), (small_v, half(INPUT)));
            to_rgb([small_y, small_u, small_v], INPUT, black_box(&mut small));
        });
    });
    let mut whole = vec![0; 3 * area(PICTURE)];
    group.bench_function("planes made RGB", |bencher| {
        bencher.iter(|| to_rgb([&y, &u, &v], PICTURE, black_box(&mut whole)));
    });
    group.finish();
}

criterion_group!(benches, model_input);
criterion_main!(benches);

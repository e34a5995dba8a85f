//! Finding plates in one 1280x720 picture, beside the bare model on an input of the same size. The difference is ours:
//! resizing, putting pixels into the model's form, and boxes from its map.

#[expect(dead_code, reason = "each benchmark uses a part of it")]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gatelpr::inference::{RgbView, whole};

fn detector(criterion: &mut Criterion) {
    let (image, _) = support::picture("vn_commercial_long");
    let mut bare = support::Bare::detector();
    let input = bare.region_input(whole(&image));
    let mut models = support::models();

    let ours = support::measure(criterion, "detector/picture", || {
        black_box(models.detector.detect(&RgbView::whole(&image)).expect("the model works"));
    });
    let model = support::measure(criterion, &format!("detector/bare model {}", input.size()), || bare.run(&input));
    support::compare("detector, a picture", ours, model);
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = detector }
criterion_main!(benches);

//! Reading one plate, beside the bare model once per line of it. The difference is ours: straightening the lines,
//! decoding under the plate grammar, and looking again where the first look is not sure.

#[expect(dead_code, reason = "each benchmark uses a part of it")]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gatelpr::inference::{PlateCrop, RgbView};
use gatelpr::plate::WorthAsking;
use gatelpr::plate_format::grammar::Grammar;

fn reader(criterion: &mut Criterion) {
    let mut bare = support::Bare::recogniser();
    let mut models = support::models();
    let grammar = Grammar::of(&support::COUNTRIES);
    for (kind, what) in [("vn_commercial_long", "a plate of one line"), ("vn_private_square", "a plate of two lines")] {
        let (image, plate) = support::picture(kind);
        let found = models.detector.detect(&RgbView::whole(&image)).expect("the model works").plates;
        let detection = found
            .iter()
            .max_by(|a, b| {
                let overlap = |corners: &gatelpr::geometry::Quad| corners.bounds().iou(plate.corners.bounds());
                overlap(&a.corners).total_cmp(&overlap(&b.corners))
            })
            .expect("the plate is found");
        let crops = [PlateCrop { image: &image, detection, grammar: &grammar, worth_asking: WorthAsking::Any }];
        let reading = models.recogniser.read(&crops).expect("the model works").remove(0);
        assert_eq!(reading.expect("it is legible").text.as_str(), plate.text);

        let inputs: Vec<_> = detection.lines.iter().map(|line| bare.line_input(line)).collect();
        let ours = support::measure(criterion, &format!("reader/{what}"), || {
            black_box(models.recogniser.read(&crops).expect("the model works"));
        });
        let sizes: Vec<_> = inputs.iter().map(support::Input::size).collect();
        let model = support::measure(criterion, &format!("reader/bare model {}", sizes.join(" + ")), || {
            inputs.iter().for_each(|input| bare.run(input));
        });
        support::compare(&format!("reader, {what}"), ours, model);
    }
}

criterion_group! { name = benches; config = Criterion::default().sample_size(50); targets = reader }
criterion_main!(benches);

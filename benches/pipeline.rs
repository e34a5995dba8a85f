//! One 1280x720 frame through every stage (detect, read, track, decide), beside the bare models: the detector once, and
//! the reader once per line of text that the lane lets through. The picture has signs, a slogan and the camera's own
//! text besides the plate; looking at those twice to be sure that they are no plates is part of the difference.

#[expect(dead_code, reason = "each benchmark uses a part of it")]
mod support;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use gatelpr::config::LaneConfig;
use gatelpr::frame::{Frame, Moment};
use gatelpr::inference::{RgbView, whole};
use gatelpr::lane::Lane;
use gatelpr::pipeline::Pipeline;
use gatelpr::plate::{CameraName, LaneName};
use image::RgbImage;

const FRAME_INTERVAL: Duration = Duration::from_millis(100);

fn lane_config() -> LaneConfig {
    let name = LaneName::try_from("in-1").expect("a name");
    LaneConfig::whole_picture(name, CameraName::try_from("in-1-front").expect("a name"))
}

/// What the bare reader is given: the lines of what the detector finds and the lane lets through.
fn line_inputs(image: &RgbImage, reader: &support::Bare) -> Vec<support::Input> {
    let config = lane_config();
    let zone = config.zone.in_pixels(image.width(), image.height());
    let lane = Lane::new(config.name, config.camera, config.rules);
    let found = support::models().detector.detect(&RgbView::whole(image)).expect("the model works").plates;
    let mine = found.iter().filter(|detection| lane.may_be_read(&zone, &detection.corners));
    mine.flat_map(|detection| &detection.lines).map(|line| reader.line_input(line)).collect()
}

fn pipeline(criterion: &mut Criterion) {
    let (image, _) = support::picture("vn_commercial_long");
    let (mut detector, mut reader) = (support::Bare::detector(), support::Bare::recogniser());
    let region = detector.region_input(whole(&image));
    let lines = line_inputs(&image, &reader);

    let mut pipeline = Pipeline::new(support::models(), vec![lane_config()]);
    let captured_at = Moment { wall: jiff::Timestamp::UNIX_EPOCH, elapsed: Duration::ZERO };
    let mut frame = Frame { camera: lane_config().camera, captured_at, image: Arc::new(image) };
    let ours = support::measure(criterion, "pipeline/frame", || {
        frame.captured_at.elapsed += FRAME_INTERVAL;
        let mut passed = Vec::new();
        pipeline.frame(&frame, &mut passed).expect("the models work");
        black_box(passed);
    });
    let name = format!("pipeline/bare models, detector {} and {} lines", region.size(), lines.len());
    let bare = support::measure(criterion, &name, || {
        detector.run(&region);
        lines.iter().for_each(|line| reader.run(line));
    });
    support::compare(&format!("pipeline, a frame with {} lines of text", lines.len()), ours, bare);
}

criterion_group! { name = benches; config = Criterion::default().sample_size(20); targets = pipeline }
criterion_main!(benches);

//! What evidence costs the recognition thread for one event: full HD scene and plate, encoded and hashed.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use gatelpr::dossier::Dossier;
use gatelpr::evidence::encoder::PictureEncoder;
use gatelpr::evidence::settings::PictureSettings;
use gatelpr::frame::{Frame, Moment};
use gatelpr::geometry::{BoundingBox, Quad};
use gatelpr::passage::{NoReadReason, Passage, Stage, TrackId};
use gatelpr::plate::{CameraName, LaneName, SiteName};
use gatelpr::publish::event::Models;
use gatelpr::publish::{EventMaker, Origin};
use image::{Rgb, RgbImage};
use jiff::Timestamp;

/// As many details as a street has: its JPEG has some 400 kB.
fn picture() -> RgbImage {
    let mut noise = fastrand::Rng::with_seed(1);
    RgbImage::from_fn(1920, 1080, |x, y| {
        let shade = (x / 40 * 37 + y / 30 * 91) % 200 + noise.u32(0..24);
        Rgb([u8::try_from(shade).unwrap_or(u8::MAX), u8::try_from(shade / 2).unwrap_or(0), 90])
    })
}

fn passage() -> Passage {
    let moment = Moment { wall: Timestamp::UNIX_EPOCH, elapsed: Duration::from_secs(1) };
    let camera = CameraName::try_from("bench").expect("a name");
    let plate = BoundingBox { left: 900.0, top: 700.0, right: 1060.0, bottom: 740.0 };
    Passage {
        lane: LaneName::try_from("bench").expect("a name"),
        camera: camera.clone(),
        track: TrackId(1),
        stage: Stage::Final,
        plate: Err(NoReadReason::NoAgreement),
        side_number: None,
        first_seen: moment,
        best_seen: moment,
        last_seen: moment,
        best_frame: Some(Frame { camera, captured_at: moment, image: Arc::new(picture()) }),
        best_corners: Some(Quad::from_box(plate)),
        triggers: Vec::new(),
        direction: None,
        end: None,
    }
}

fn evidence(criterion: &mut Criterion) {
    let passage = passage();
    let name = SiteName::try_from("bench").expect("a name");
    let models = Models { detector: "a@b".into(), recogniser: "a@b".into(), second_opinion: None };
    let origin = Origin { site: name.clone(), gate: name, boot_id: uuid::Uuid::nil(), location: None, models };
    let event = EventMaker::new(origin).event(&passage, &Dossier::default());
    let mut group = criterion.benchmark_group("evidence/1920x1080");
    for (what, settings) in [
        ("scene and plate", PictureSettings::default()),
        ("scene scaled to 1280, and plate", PictureSettings { scene_max_width_px: 1280, ..PictureSettings::default() }),
        ("blurred scene and plate", PictureSettings { blur: true, ..PictureSettings::default() }),
    ] {
        let mut encoder = PictureEncoder::new(settings).expect("an encoder");
        group.bench_function(what, |b| {
            b.iter(|| encoder.encode(black_box(&passage), &event).expect("it is encoded"));
        });
    }
    group.finish();
}

criterion_group!(benches, evidence);
criterion_main!(benches);

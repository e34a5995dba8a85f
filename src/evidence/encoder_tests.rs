//! What pictures show, and what events say of them.

use super::*;
use crate::evidence::test_pictures::{PLATE, event_of, passage, unread_passage};
use crate::geometry::BoundingBox;
use crate::publish::event::EvidenceKind;

fn encoded(settings: PictureSettings, passage: &Passage) -> (Vec<EncodedPicture>, Vec<EvidencePicture>) {
    let mut encoder = PictureEncoder::new(settings).expect("an encoder");
    let pictures = encoder.encode(passage, &event_of(passage)).expect("it is encoded");
    let told = pictures.iter().map(|picture| encoder.told(picture)).collect();
    (pictures, told)
}

fn decoded(picture: &EncodedPicture) -> RgbImage {
    image::load_from_memory(&picture.jpeg).expect("it is a JPEG").to_rgb8()
}

fn mean_difference(one: &RgbImage, other: &RgbImage) -> f64 {
    assert_eq!(one.dimensions(), other.dimensions());
    let sum: u64 = one.as_raw().iter().zip(other.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.as_raw().len() as f64
}

#[test]
fn the_scene_is_the_frame_that_was_read_and_the_plate_is_cut_out_of_it() {
    let passage = passage(1);
    let (pictures, _) = encoded(PictureSettings::default(), &passage);
    let [plate, scene] = pictures.as_slice() else { panic!("two pictures") };
    let frame = passage.best_frame.as_ref().expect("it has a frame");
    assert!(mean_difference(&decoded(scene), &frame.image) < 8.0);
    let plate = decoded(plate);
    // With its margins, at its own size.
    assert_eq!(plate.dimensions(), (112, 31));
    let centre = plate.get_pixel(56, 15).0;
    assert!(centre[0] > 200 && centre[1] > 180 && centre[2] < 60, "{centre:?} is yellow");
}

#[test]
fn the_event_tells_hash_size_address_and_corners_of_what_is_kept() {
    let passage = passage(1);
    let event_id = event_of(&passage).event_id;
    let (pictures, told) = encoded(PictureSettings::default(), &passage);
    for (picture, told) in pictures.iter().zip(&told) {
        assert_eq!(told.sha256, format!("{:x}", Sha256::digest(&picture.jpeg)));
        assert_eq!(told.bytes, picture.jpeg.len() as u64);
    }
    assert_eq!((told[0].kind, told[1].kind), (EvidenceKind::Plate, EvidenceKind::Scene));
    assert_eq!(told[1].uri, format!("evidence/{event_id}/scene"));
    assert_eq!(told[0].corners, None);
    assert_eq!(told[1].corners, Some([[300.0, 200.0], [400.0, 200.0], [400.0, 225.0], [300.0, 225.0]]));
    let settings =
        PictureSettings { uri_base: Some("https://platform/evidence".to_owned()), ..PictureSettings::default() };
    assert_eq!(encoded(settings, &passage).1[0].uri, format!("https://platform/evidence/{event_id}/plate"));
}

#[test]
fn a_scene_that_is_scaled_down_has_its_corners_scaled_too() {
    let passage = passage(1);
    let settings = PictureSettings { scene_max_width_px: 320, ..PictureSettings::default() };
    let (pictures, told) = encoded(settings, &passage);
    let scene = decoded(&pictures[1]);
    assert_eq!(scene.dimensions(), (320, 180));
    let corners = told[1].corners.expect("a plate was found");
    assert_eq!(corners, [[150.0, 100.0], [200.0, 100.0], [200.0, 112.5], [150.0, 112.5]]);
    let in_the_plate = scene.get_pixel(175, 106).0;
    assert!(in_the_plate[0] > 180 && in_the_plate[2] < 90, "{in_the_plate:?} is yellow");
    assert_eq!(decoded(&pictures[0]).dimensions(), (112, 31), "the plate is not");
}

#[test]
fn blurring_leaves_the_vehicle_and_hides_the_rest() {
    let passage = passage(1);
    let settings = PictureSettings { blur: true, ..PictureSettings::default() };
    let (plain, _) = encoded(PictureSettings::default(), &passage);
    let (blurred, told) = encoded(settings, &passage);
    let (plain, scene) = (decoded(&plain[1]), decoded(&blurred[1]));
    let near = |x: u32, y: u32| plain.get_pixel(x, y).0[0].abs_diff(scene.get_pixel(x, y).0[0]) < 12;
    assert!((320..380).all(|x| near(x, 210)), "the plate is as it was");
    // A plate of 100 pixels: its vehicle begins 400 pixels to its left, which is left of the picture.
    let region = PixelRegion::of_vehicle(&Quad::from_box(PLATE), (640, 360));
    assert_eq!((region.left, region.right), (0, 640));
    assert_eq!(told[1].sha256, format!("{:x}", Sha256::digest(&blurred[1].jpeg)), "the hash is of what is kept");
    let (of_nobody, _) = encoded(PictureSettings { blur: true, ..PictureSettings::default() }, &unread_passage(1));
    let nobody = decoded(&of_nobody[0]);
    assert!(mean_difference(&nobody, &plain) > 3.0, "without a plate nothing is shown");
}

#[test]
fn a_vehicle_without_a_plate_has_a_scene_of_the_class_unread() {
    let (pictures, told) = encoded(PictureSettings::default(), &unread_passage(1));
    assert_eq!(pictures.len(), 1);
    assert_eq!((pictures[0].name.kind, pictures[0].name.class), (PictureKind::Scene, PictureClass::Unread));
    assert_eq!(told[0].corners, None);
}

#[test]
fn corners_without_an_area_cost_the_plate_and_not_the_scene() {
    let nowhere = [f32::NAN, f32::INFINITY, 0.0];
    for at in nowhere {
        let corners = Quad([Point::new(at, at); 4]);
        let passage = Passage { best_corners: Some(corners), ..passage(1) };
        let (pictures, told) = encoded(PictureSettings::default(), &passage);
        assert_eq!((pictures.len(), pictures[0].name.kind), (1, PictureKind::Scene));
        assert!(serde_json::to_string(&told[0]).is_ok_and(|json| !json.contains("NaN")));
    }
    let outside = Quad::from_box(BoundingBox { left: -50.0, top: -20.0, right: 50.0, bottom: 20.0 });
    let passage = Passage { best_corners: Some(outside), ..passage(1) };
    assert_eq!(encoded(PictureSettings::default(), &passage).0.len(), 2);
}

//! Films hold what their truth says.

use super::*;

fn film(text: &str) -> Film {
    Film::of(&Scenario::parse(text).unwrap_or_else(|error| panic!("{error}")))
}

/// A small picture is drawn quickly.
fn one_lane(rest: &str) -> String {
    format!(
        "name = \"test\"\nseed = 3\n[picture]\nwidth_px = 640\nheight_px = 360\n[conditions]\nnoise = 0\noverlay = false\n\
         [[lane]]\nname = \"a\"\n[[camera]]\nname = \"c\"\nlanes = [\"a\"]\nfocal_px = 1000\nalong_m = 6\nacross_m = 1.2\n{rest}"
    )
}

#[test]
fn the_same_picture_is_the_same_every_time_and_another_seed_is_another_film() {
    let text = one_lane("[[traffic]]\nlane = \"a\"\nvehicles = 3");
    let (one, same) = (film(&text), film(&text));
    let frame = one.frames() / 2;
    assert!(one.render(0, frame) == same.render(0, frame));
    assert!(one.render(0, frame) != one.render(0, frame + 1));
    assert_eq!(one.truth(), same.truth());
    let other = Film::of(&Scenario::parse(&text).expect("it was read before").with_seed(4));
    assert_ne!(one.truth().passages, other.truth().passages);
}

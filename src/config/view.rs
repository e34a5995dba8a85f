//! `[camera.view]`: how a camera's pictures are set straight.

use toml::de::DeValue;

use super::keys::{LENS, VIEW};
use super::problem::Problem;
use super::table::Table;
use super::value::{Mismatch, Value, number, one_of, plain_number};
use crate::optics::{Crop, InvalidCrop, InvalidLens, InvalidPerspective, Lens, Mirror, Perspective, Rotation, View};

/// The view of a camera; without the table, or once a problem is noted, the pictures as they are.
pub(super) fn view(camera: &Table<'_>) -> View {
    let Some(table) = camera.optional_table("view", &VIEW) else {
        return View::default();
    };
    let mirrors = [("none", Mirror::None), ("horizontal", Mirror::Horizontal), ("vertical", Mirror::Vertical)];
    View {
        lens: table.optional_table("lens", &LENS).map(|table| lens(&table)).unwrap_or_default(),
        perspective: table.optional("perspective", perspective),
        rotation: table.or("rotate_deg", Rotation::None, rotation),
        mirror: table.or("mirror", Mirror::None, one_of(&mirrors)),
        crop: table.or("crop", Crop::default(), crop),
    }
}

fn rotation(value: &Value<'_>) -> Result<Rotation, Mismatch> {
    const EXPECTED: &str = "0, 90, 180 or 270";
    let turns = [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];
    let degrees = plain_number(value.get_ref());
    let turn = turns.into_iter().zip([0.0, 90.0, 180.0, 270.0]).find(|(_, turned)| degrees == Some(*turned));
    turn.map(|(turn, _)| turn).ok_or_else(|| {
        let mismatch = Mismatch::new(value, EXPECTED);
        let example = "a camera that hangs upside down needs 180; smaller angles are set straight with `perspective`";
        mismatch.help(example)
    })
}

fn lens(table: &Table<'_>) -> Lens {
    let (k1, k2) = (table.or("k1", 0.0, number(Lens::RANGE)), table.or("k2", 0.0, number(Lens::RANGE)));
    Lens::new(k1, k2).unwrap_or_else(|wrong| {
        if wrong == InvalidLens::Folds {
            let problem = Problem::at(table.place(), "no lens is like this").label(wrong.to_string());
            table.note(problem.help("begin with k2 = 0 and a k1 between -0.3 and 0.3, and change them in small steps"));
        }
        Lens::default()
    })
}

fn crop(value: &Value<'_>) -> Result<Crop, Mismatch> {
    const EXPECTED: &str = "[left, top, right, bottom], each from 0 to 1";
    let list = value.get_ref().as_array().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let shares = numbers(value).ok_or_else(|| Mismatch::finding(value, EXPECTED, "these are no four numbers"))?;
    Crop::try_from(shares).map_err(|wrong| match wrong {
        InvalidCrop::Outside(index) => {
            let place = list.get(index).unwrap_or(value);
            Mismatch::finding(place, EXPECTED, wrong.to_string()).help(SHARES)
        }
        InvalidCrop::TooSmall => Mismatch::finding(value, EXPECTED, wrong.to_string())
            .help("right is more than left and bottom more than top, by at least a twentieth of the picture"),
    })
}

/// As for zones: pixels are the usual mistake.
const SHARES: &str = "these are shares of the picture, not pixels: divide x by its width, y by its height";

fn perspective(value: &Value<'_>) -> Result<Perspective, Mismatch> {
    const EXPECTED: &str = "four points [x, y] of the picture, each x and y from 0 to 1";
    let list = value.get_ref().as_array().ok_or_else(|| Mismatch::new(value, EXPECTED))?;
    let mut points = Vec::new();
    for element in list.iter() {
        let point: Option<[f64; 2]> = numbers(element);
        points.push(point.ok_or_else(|| Mismatch::finding(element, EXPECTED, "this is no point [x, y]"))?);
    }
    let count = format!("these are {} points", points.len());
    let points = <[[f64; 2]; 4]>::try_from(points).map_err(|_| Mismatch::finding(value, EXPECTED, count))?;
    Perspective::try_from(points).map_err(|wrong| {
        let place = wrong.point().and_then(|index| list.get(index)).unwrap_or(value);
        Mismatch::finding(place, EXPECTED, wrong.to_string()).help(match wrong {
            InvalidPerspective::Outside(_) => SHARES,
            InvalidPerspective::NoCorner(_) | InvalidPerspective::Order => {
                "list what becomes the corners in this order: top left, top right, bottom right, bottom left"
            }
            InvalidPerspective::TooSmall => "the area between the points is at least a hundredth of the picture",
        })
    })
}

/// A list of exactly `N` numbers.
fn numbers<const N: usize>(value: &Value<'_>) -> Option<[f64; N]> {
    let DeValue::Array(list) = value.get_ref() else {
        return None;
    };
    let numbers: Option<Vec<f64>> = list.iter().map(|number| plain_number(number.get_ref())).collect();
    numbers?.try_into().ok()
}

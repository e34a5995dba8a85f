//! The keys of lanes.

use super::{Kind, LOCATION, NAME, PLAIN, Shape, optional, required, table, usual, usual_but};

pub(in crate::config) const LANE: Shape = Shape {
    header: "[[lane]]",
    needs: "`name` and `camera`",
    keys: &[
        required("name", NAME, r#""in-2""#),
        required("camera", NAME, r#""in-2-front""#),
        usual_but(
            "zone",
            Kind::Points(3, 64),
            WHOLE_PICTURE,
            "[[0.35, 0.40], [0.95, 0.40], [0.95, 0.95], [0.35, 0.95]]",
        ),
        usual("countries", Kind::Texts(1, usize::MAX), r#"["VN", "CN"]"#),
        usual("min_agreeing_reads", Kind::Whole(1, 50), "2"),
        usual("track_gap_s", Kind::Number(0.2, 60.0), "0.9"),
        usual("approaching", Kind::Word(&["in", "out"]), r#""in""#),
        optional("direction_line", Kind::Points(2, 2), "[[0.5, 1.0], [0.5, 0.0]]"),
        usual("min_plate_height_px", Kind::Whole(4, 500), "10"),
        usual("provisional", Kind::Truth, "false"),
        usual("analyse", Kind::Word(&["always", "motion", "trigger"]), r#""motion""#),
        usual("trigger_window_s", Kind::Number(0.5, 120.0), "5"),
        usual("side_numbers", Kind::Truth, "false"),
        usual("sightings", Kind::Truth, "false"),
        usual("traffic", Kind::Truth, "true"),
        optional("length_m", Kind::Number(2.0, 500.0), "25.0"),
        optional("location", Kind::Table(&LOCATION), "{ lat = 21.9801, lon = 106.7002 }"),
        optional("rear_of", NAME, r#""in-3""#),
        table("gpio", &LANE_GPIO),
    ],
    ..PLAIN
};

const WHOLE_PICTURE: &str = "[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]";

pub(in crate::config) const LANE_GPIO: Shape = Shape {
    header: "[lane.gpio]",
    needs: "`chip` and `line`",
    keys: &[
        required("chip", Kind::Fitting("^/"), r#""/dev/gpiochip0""#),
        required("line", Kind::Whole(0, 1023), "17"),
        usual("active", Kind::Word(&["high", "low"]), r#""high""#),
        usual("debounce_ms", Kind::Whole(0, 5000), "50"),
    ],
    ..PLAIN
};

//! Painted lanes: a road in perspective with markings, and vehicles as boxes with outlines.

use std::time::Duration;

use image::{Rgb, RgbImage};
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::frame::Moment;
use crate::geometry::{BoundingBox, Point, Polygon};
use crate::passage::TrackId;
use crate::tracking::TrackView;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;
/// A lane of 3.5 m, seen from 4 m above the road with a focal length of 320 pixels; the horizon is at row 20.
const FOCAL: f32 = 320.0;
const CAMERA_M: f32 = 4.0;
const HORIZON: f32 = 20.0;

/// What is to be painted.
#[derive(Clone)]
struct Scene {
    /// Distance of the near end of each vehicle, and its length and height, in metres.
    vehicles: Vec<(f32, f32, f32)>,
    /// Brightness of the road, 0 to 255.
    light: f32,
    /// How much brighter the left side is than the right one: a cloud's edge, a low sun.
    slope: f32,
    /// The cone of a headlight that comes from beyond the zone.
    lamp: f32,
    noise: f32,
}

impl Scene {
    fn day() -> Self {
        Self { vehicles: vec![], light: 110.0, slope: 0.0, lamp: 0.0, noise: 2.0 }
    }

    fn night() -> Self {
        Self { light: 32.0, noise: 3.0, ..Self::day() }
    }

    fn with(self, vehicles: &[(f32, f32, f32)]) -> Self {
        Self { vehicles: vehicles.to_vec(), ..self }
    }

    fn picture(&self, seed: u64) -> RgbImage {
        let mut random = fastrand::Rng::with_seed(seed);
        RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
            let (x, y) = (x as f32, y as f32);
            let mut value = self.road(x, y);
            for vehicle in self.vehicles.iter().rev() {
                value = self.body(*vehicle, x, y).unwrap_or(value);
            }
            value += (random.f32() - 0.5) * 2.0 * self.noise;
            Rgb([value.clamp(0.0, 255.0) as u8; 3])
        })
    }

    /// Asphalt, lighter where lanes are marked, and lit by the sun and by lamps: light multiplies.
    fn road(&self, x: f32, y: f32) -> f32 {
        let below = y - HORIZON;
        if below <= 2.0 {
            return self.light * 1.3;
        }
        let ahead = FOCAL * CAMERA_M / below;
        let aside = (x - WIDTH as f32 / 2.0) * ahead / FOCAL;
        let marking = (aside.abs() - 1.6).abs() < 0.08 || (aside.abs() < 0.1 && ahead % 6.0 < 2.0);
        let sun = 1.0 + self.slope * (x / WIDTH as f32 - 0.5);
        let lamp = 1.0 + self.lamp * (-(aside / 2.0).powi(2) - ((ahead - 20.0) / 12.0).powi(2)).exp();
        self.light * sun * lamp * if marking { 1.5 } else { 1.0 }
    }

    /// A vehicle's front, and its roof behind it.
    fn body(&self, (front, length, height): (f32, f32, f32), x: f32, y: f32) -> Option<f32> {
        let place = |ahead: f32, up: f32| HORIZON + FOCAL * (CAMERA_M - up) / ahead;
        let aside = |ahead: f32| (x - WIDTH as f32 / 2.0) * ahead / FOCAL;
        let (bottom, edge, top) = (place(front, 0.0), place(front, height), place(front + length, height));
        if y >= edge && y < bottom && aside(front).abs() < 0.95 {
            let up = (bottom - y) / (bottom - edge);
            let lamp = (aside(front).abs() - 0.7).abs() < 0.15 && (up - 0.35).abs() < 0.1;
            let lit = (self.light * 2.2).max(200.0);
            return Some(if lamp { lit } else { self.light * if up < 0.25 { 0.3 } else { 0.6 } });
        }
        let at = (FOCAL * (CAMERA_M - height) / (y - HORIZON)).max(front);
        let share = if (y - top) < 3.0 { 0.4 } else { 0.75 };
        (y >= top && y < edge && aside(at).abs() < 0.95).then_some(self.light * share)
    }
}

/// The zone: the lane from 8 to 40 m ahead.
fn zone() -> Polygon {
    let at = |ahead: f32, side: f32| {
        Point::new(WIDTH as f32 / 2.0 + side * 1.75 * FOCAL / ahead, HORIZON + FOCAL * CAMERA_M / ahead)
    };
    Polygon::new(vec![at(40.0, -1.0), at(40.0, 1.0), at(8.0, 1.0), at(8.0, -1.0)]).expect("it has an area")
}

fn seconds(seconds: f32) -> Duration {
    Duration::from_secs_f32(seconds)
}

/// The plate of a vehicle whose front is so far away, as a track.
fn plate(id: u64, front: f32, first_seen: f32, now: f32) -> TrackView {
    let (y, half) = (HORIZON + FOCAL * (CAMERA_M - 0.6) / front, 0.26 * FOCAL / front);
    let bounds = BoundingBox {
        left: WIDTH as f32 / 2.0 - half,
        right: WIDTH as f32 / 2.0 + half,
        top: y - half * 0.4,
        bottom: y,
    };
    let moment = |at: f32| Moment { wall: Timestamp::UNIX_EPOCH, elapsed: seconds(at) };
    TrackView { id: TrackId(id), bounds, first_seen: moment(first_seen), last_seen: moment(now) }
}

/// A lane being watched, one picture after the other.
struct Watched {
    monitor: TrafficMonitor,
    now: f32,
}

impl Watched {
    fn new() -> Self {
        Self { monitor: TrafficMonitor::new(None), now: 0.0 }
    }

    /// A quarter of a minute of the empty lane.
    fn empty(scene: &Scene) -> Self {
        let mut watched = Self::new();
        watched.watch(15.0, 5.0, |_| (scene.clone(), vec![]));
        watched
    }

    /// So many seconds at so many pictures a second, of what `scene` gives for each second since now.
    fn watch(&mut self, lasts: f32, per_second: f32, scene: impl Fn(f32) -> (Scene, Vec<TrackView>)) -> Counts {
        let start = self.now;
        for step in 1..=(lasts * per_second) as u32 {
            self.now = start + step as f32 / per_second;
            let (scene, tracks) = scene(self.now - start);
            self.show(&scene.picture(u64::from(step)), &tracks);
        }
        self.counts()
    }

    /// So many seconds at one picture a second, in which nothing but the noise changes.
    fn stand(&mut self, seconds: u32, scene: &Scene) -> Counts {
        let pictures: Vec<RgbImage> = (0..7).map(|seed| scene.picture(seed)).collect();
        for picture in pictures.iter().cycle().take(seconds as usize) {
            self.now += 1.0;
            self.show(picture, &[]);
        }
        self.counts()
    }

    fn show(&mut self, image: &RgbImage, tracks: &[TrackView]) {
        self.monitor.observe(Look { image, zone: &zone(), at: seconds(self.now), tracks });
    }

    fn traffic(&self) -> LaneTraffic {
        self.monitor.at(seconds(self.now))
    }

    fn counts(&self) -> Counts {
        self.traffic().counts.expect("it is not blind")
    }
}

#[test]
fn the_empty_lane_stays_empty_by_day_at_night_in_clouds_and_in_headlights() {
    for base in [Scene::day(), Scene::night()] {
        let mut watched = Watched::empty(&base);
        assert_eq!(watched.traffic().quality, Quality::Good, "{:?}", watched.traffic());
        let lights: [fn(&mut Scene, f32); 4] = [
            |scene, at| scene.light *= 1.0 - at / 60.0,
            |scene, at| scene.light *= 0.5 + at / 60.0,
            |scene, at| scene.slope = (at / 3.0).sin() * 0.6,
            |scene, at| scene.lamp = at / 30.0 * 1.5,
        ];
        for (number, light) in lights.into_iter().enumerate() {
            for _ in 0..2 {
                let counts = watched.watch(5.0, 3.0, |at| {
                    let mut scene = base.clone();
                    light(&mut scene, at * 6.0);
                    (scene, vec![])
                });
                assert_eq!((counts.vehicles_in_view, counts.occupancy), (0, Some(0.0)), "light {number}");
            }
        }
    }
}

#[test]
fn night_falls_within_a_second_and_the_lane_is_still_empty() {
    let mut watched = Watched::empty(&Scene::day());
    let counts = watched.watch(30.0, 2.0, |_| (Scene::night(), vec![]));
    assert_eq!(counts.vehicles_in_view, 0);
    let counts = watched.watch(30.0, 2.0, |_| (Scene::day(), vec![]));
    assert_eq!(counts.vehicles_in_view, 0);
}

#[test]
fn rain_is_no_traffic_and_hides_no_vehicle() {
    let rain = Scene { noise: 9.0, ..Scene::day() };
    let mut watched = Watched::empty(&Scene::day());
    assert_eq!(watched.stand(40, &rain).vehicles_in_view, 0);
    let counts = watched.stand(20, &rain.with(&[(12.0, 6.0, 2.5)]));
    assert_eq!((counts.vehicles_in_view, counts.queue_length), (1, 1));
}

#[test]
fn a_vehicle_without_a_legible_plate_that_stands_for_20_minutes_is_a_queue_of_one() {
    for (base, lasts) in [(Scene::day(), 1200), (Scene::night(), 120)] {
        let mut watched = Watched::empty(&base);
        let drive = base.clone();
        let counts = watched.watch(6.0, 5.0, |at| (drive.clone().with(&[(42.0 - at * 5.0, 4.5, 1.5)]), vec![]));
        assert_eq!((counts.vehicles_in_view, counts.queue_length), (1, 0), "it drives up");
        let standing = base.clone().with(&[(12.0, 4.5, 1.5)]);
        let counts = watched.stand(lasts, &standing);
        assert_eq!((counts.vehicles_in_view, counts.queue_length), (1, 1));
        assert!((counts.oldest_wait.as_secs_f32() - lasts as f32).abs() < 6.0, "{:?}", counts.oldest_wait);
        assert!(counts.occupancy.is_some_and(|share| share > 0.1), "{counts:?}");
        let counts = watched.watch(5.0, 2.0, |_| (base.clone(), vec![]));
        assert_eq!((counts.vehicles_in_view, counts.queue_length, counts.occupancy), (0, 0, Some(0.0)));
        assert!(counts.density > Some(Density::Free), "what has just been is not forgotten at once");
    }
}

#[test]
fn a_lane_that_began_with_a_vehicle_in_view_is_empty_once_it_has_left() {
    let mut watched = Watched::new();
    let car = |front: f32| Scene::day().with(&[(front, 4.5, 1.5)]);
    watched.watch(60.0, 2.0, |_| (car(12.0), vec![]));
    watched.watch(2.0, 5.0, |at| (car(12.0 - at * 4.0), vec![]));
    let counts = watched.watch(5.0, 2.0, |_| (Scene::day(), vec![]));
    assert_eq!((counts.vehicles_in_view, counts.occupancy), (0, Some(0.0)));
    watched.stand(30, &Scene::day());
    let counts = watched.stand(30, &Scene::day().with(&[(11.0, 5.0, 1.8)]));
    assert_eq!(counts.vehicles_in_view, 1, "and the next one there is seen");
}

#[test]
fn a_track_and_the_pixels_under_it_are_one_vehicle_and_two_plates_on_one_bumper_too() {
    let mut watched = Watched::empty(&Scene::day());
    let scene = Scene::day().with(&[(12.0, 4.5, 1.5)]);
    let second = |now: f32| {
        let mut other = plate(2, 12.0, 15.0, now);
        other.bounds = other.bounds.shifted(other.bounds.width() * 1.5, 0.0);
        other
    };
    let counts =
        watched.watch(10.0, 2.0, |at| (scene.clone(), vec![plate(1, 12.0, 15.0, 15.0 + at), second(15.0 + at)]));
    assert_eq!((counts.vehicles_in_view, counts.queue_length), (1, 1), "{counts:?}");
}

#[test]
fn a_queue_of_three_is_counted_with_and_without_their_plates() {
    let queue = [(9.0, 4.5, 1.5), (17.0, 4.5, 1.5), (26.0, 4.5, 1.5)];
    for plates in [[true, true, true], [true, false, true], [false, true, true]] {
        let mut watched = Watched::empty(&Scene::day());
        let counts = watched.watch(20.0, 2.0, |at| {
            let seen = queue.iter().zip(plates).enumerate().filter(|(_, (_, legible))| *legible);
            let tracks = seen.map(|(n, ((front, ..), _))| plate(n as u64, *front, 15.0, 15.0 + at)).collect();
            (Scene::day().with(&queue), tracks)
        });
        let (in_view, standing) = (counts.vehicles_in_view, counts.queue_length);
        assert!(in_view.abs_diff(3) <= 1 && standing.abs_diff(3) <= 1, "{plates:?}: {counts:?}");
        assert!(plates != [true; 3] || (in_view, standing) == (3, 3), "{counts:?}");
        assert_eq!(counts.density, Some(Density::Dense));
    }
}

#[test]
fn a_vehicle_that_drives_is_in_view_and_in_no_queue() {
    let mut watched = Watched::empty(&Scene::day());
    let (mut most, mut queue) = (0, 0);
    for step in 0..30 {
        let front = 45.0 - step as f32 * 1.2;
        let tracks = vec![plate(1, front, 15.0, watched.now + 0.2)];
        let counts = watched.watch(0.2, 5.0, |_| (Scene::day().with(&[(front, 4.5, 1.5)]), tracks.clone()));
        (most, queue) = (most.max(counts.vehicles_in_view), queue.max(counts.queue_length));
    }
    assert_eq!((most, queue), (1, 0));
}

#[test]
fn a_dark_frozen_silent_or_moved_camera_is_blind_and_counts_nothing() {
    let blind = LaneTraffic { quality: Quality::Blind, counts: None };
    assert_eq!(TrafficMonitor::new(None).at(seconds(5.0)), blind, "before the first picture");
    let mut watched = Watched::empty(&Scene::day());
    assert_eq!(watched.monitor.at(seconds(watched.now + 11.0)), blind, "no pictures come");
    for _ in 0..12 {
        watched.now += 1.0;
        watched.show(&RgbImage::new(WIDTH, HEIGHT), &[]);
    }
    assert_eq!(watched.traffic(), blind, "it is dark");
    watched.watch(10.0, 2.0, |_| (Scene::day(), vec![]));
    assert_eq!(watched.traffic().quality, Quality::Good);
    assert_eq!(watched.counts().arrivals, None, "nobody knows who came while it was dark");
    for faults in [PictureFaults::Blind, PictureFaults::Moved] {
        watched.monitor.note_faults(faults);
        assert_eq!(watched.traffic(), blind);
    }
    watched.monitor.note_faults(PictureFaults::Poor);
    watched.watch(10.0, 2.0, |_| (Scene::day(), vec![]));
    assert_eq!(watched.traffic().quality, Quality::Degraded);
}

#[test]
fn a_standing_vehicle_survives_a_short_darkness() {
    let mut watched = Watched::empty(&Scene::day());
    let standing = Scene::day().with(&[(12.0, 4.5, 1.5)]);
    watched.watch(20.0, 2.0, |_| (standing.clone(), vec![]));
    watched.now += 4.0;
    watched.show(&RgbImage::new(WIDTH, HEIGHT), &[]);
    let counts = watched.counts();
    assert_eq!((counts.vehicles_in_view, counts.queue_length), (1, 1));
}

#[test]
fn a_text_that_belongs_to_the_empty_lane_is_no_vehicle() {
    let mut watched = Watched::empty(&Scene::day());
    let counts = watched.watch(10.0, 2.0, |at| (Scene::day(), vec![plate(1, 14.0, 1.0, 15.0 + at)]));
    assert_eq!(counts.vehicles_in_view, 0);
}

#[test]
fn after_five_minutes_arrivals_and_departures_are_known() {
    let mut watched = Watched::empty(&Scene::day());
    let counts = watched.stand(280, &Scene::day());
    assert_eq!((counts.arrivals, counts.departures), (None, None));
    for _ in 0..2 {
        watched.watch(8.0, 5.0, |at| (Scene::day().with(&[(45.0 - at * 6.0, 4.5, 1.5)]), vec![]));
        watched.watch(12.0, 1.0, |_| (Scene::day(), vec![]));
    }
    let counts = watched.counts();
    assert_eq!((counts.arrivals, counts.departures), (Some(2), Some(2)), "{counts:?}");
    assert!(counts.headway.is_some_and(|headway| (headway.as_secs_f32() - 20.0).abs() < 1.0), "{counts:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_makes_it_panic_and_no_more_stand_than_are_there(
        pictures in prop::collection::vec((0_u64..4000, 1_u32..90, 1_u32..90, any::<u64>(), 0_usize..4), 1..24),
        corners in prop::collection::vec((-50_f32..150.0, -50_f32..150.0), 3..6),
        length_m in prop::option::of(1.0_f32..200.0),
    ) {
        let Some(zone) = Polygon::new(corners.iter().map(|(x, y)| Point::new(*x, *y)).collect()) else { return Ok(()) };
        let mut monitor = TrafficMonitor::new(length_m);
        let mut now = Duration::ZERO;
        for (ms, width, height, seed, plates) in pictures {
            // The clock goes back now and then.
            now = if ms > 3900 { now / 2 } else { now + Duration::from_millis(ms) };
            let mut random = fastrand::Rng::with_seed(seed);
            let image = RgbImage::from_fn(width, height, |_, _| Rgb([random.u8(..); 3]));
            let track = |id: usize| TrackView {
                bounds: plate(0, 10.0 + id as f32, 0.0, 0.0).bounds.shifted(-300.0 + id as f32 * 9.0, -200.0),
                ..plate(id as u64, 10.0, 0.0, now.as_secs_f32())
            };
            let tracks: Vec<TrackView> = (0..plates).map(track).collect();
            monitor.observe(Look { image: &image, zone: &zone, at: now, tracks: &tracks });
            let traffic = monitor.at(now);
            prop_assert_eq!(traffic.counts.is_none(), traffic.quality == Quality::Blind);
            if let Some(counts) = traffic.counts {
                prop_assert!(counts.queue_length <= counts.vehicles_in_view, "{:?}", counts);
                prop_assert!(counts.queue_length > 0 || counts.oldest_wait == Duration::ZERO);
                prop_assert!(counts.occupancy.is_none_or(|share| (0.0..=1.0).contains(&share)));
                prop_assert_eq!(counts.occupancy.is_some(), counts.density.is_some());
            }
        }
    }
}

//! What a camera is set to, for what it can and what is wanted.

use proptest::prelude::*;

use super::*;
use crate::camera::{FrameRate, UsbIdentity};

fn rate(frames: u32) -> Rate {
    Rate { frames, seconds: 1 }
}

fn size(width: u32, height: u32, rates: &[u32]) -> SizeOffer {
    SizeOffer {
        size: Sizes::One((width, height)),
        rates: Rates::Listed(rates.iter().map(|frames| rate(*frames)).collect()),
    }
}

/// A usual USB 2 camera: large pictures come fast only as JPEG.
fn webcam() -> Vec<FormatOffer> {
    let offer = |code: &str, format, sizes| FormatOffer { code: code.to_owned(), format, sizes };
    vec![
        offer("H264", None, vec![size(3840, 2160, &[30])]),
        offer("MJPG", Some(PixelFormat::Mjpeg), vec![size(640, 480, &[30, 15]), size(1920, 1080, &[30, 25, 20, 15])]),
        offer(
            "YUYV",
            Some(PixelFormat::Yuyv),
            vec![size(640, 480, &[30, 25, 15, 5]), size(1920, 1080, &[5]), size(2592, 1944, &[2])],
        ),
    ]
}

fn wish(size: Option<(u32, u32)>, rate: f64, pixel_format: Option<PixelFormat>) -> UsbSettings {
    let identity = UsbIdentity::Path("/dev/v4l/by-path/gate".into());
    let frames_per_second = FrameRate::try_from(rate).expect("a rate");
    UsbSettings { identity, size, frames_per_second, pixel_format }
}

/// The choice as `FORMAT WIDTHxHEIGHT RATE`, or the fault.
fn check(wanted: &UsbSettings, expect: &str) {
    let got = match choose(&webcam(), wanted) {
        Ok(choice) => {
            let rate = choice.rate.map_or("?".to_owned(), |rate| rate.to_string());
            format!("{} {} {rate}", choice.format, Sizes::One(choice.size))
        }
        Err(fault) => fault.to_string(),
    };
    assert_eq!(got, expect, "{wanted:?}");
}

#[test]
fn without_a_size_it_is_the_largest_at_the_wanted_rate() {
    check(&wish(None, 15.0, None), "MJPEG 1920x1080 15");
    check(&wish(None, 2.0, None), "YUYV 2592x1944 2");
    check(&wish(None, 15.0, Some(PixelFormat::Yuyv)), "YUYV 640x480 15");
}

#[test]
fn the_rate_is_the_slowest_that_is_not_slower() {
    check(&wish(Some((1920, 1080)), 16.0, None), "MJPEG 1920x1080 20");
    check(&wish(Some((1920, 1080)), 1.0, Some(PixelFormat::Mjpeg)), "MJPEG 1920x1080 15");
    check(&wish(Some((1920, 1080)), 30.1, None), "MJPEG 1920x1080 30");
}

#[test]
fn at_the_same_size_and_rate_the_format_that_loses_least_is_taken() {
    check(&wish(Some((640, 480)), 15.0, None), "YUYV 640x480 15");
}

#[test]
fn a_modest_wish_that_no_rate_meets_takes_the_fastest() {
    check(&wish(Some((1920, 1080)), 15.0, Some(PixelFormat::Yuyv)), "YUYV 1920x1080 5");
}

#[test]
fn what_a_camera_cannot_is_a_fault_that_says_what_it_can() {
    const OFFERS: &str = "it gives \
        MJPEG 640x480 at 15/30 fps, 1920x1080 at 15/20/25/30 fps; \
        YUYV 640x480 at 5/15/25/30 fps, 1920x1080 at 5 fps, 2592x1944 at 2 fps; \
        change `size_px`, `frames_per_second` or `pixel_format` to one of these";
    check(&wish(Some((800, 600)), 15.0, None), &format!("gives no pictures 800x600 at 15 fps; {OFFERS}"));
    check(&wish(None, 15.0, Some(PixelFormat::Nv12)), &format!("gives no NV12 at 15 fps; {OFFERS}"));
    check(
        &wish(Some((1920, 1080)), 60.0, Some(PixelFormat::Mjpeg)),
        &format!("gives no MJPEG 1920x1080 at 60 fps; {OFFERS}"),
    );
}

#[test]
fn a_camera_without_a_format_that_is_read_names_what_it_has() {
    let offers = |code: &str| FormatOffer { code: code.to_owned(), format: None, sizes: Vec::new() };
    let text = |offers: &[FormatOffer]| choose(offers, &wish(None, 15.0, None)).expect_err("no format").to_string();
    assert!(text(&[offers("H264"), offers("UYVY")]).contains("it gives only H264, UYVY, none of which is read;"));
    assert!(text(&[]).contains("it gives nothing at all;"));
}

#[test]
fn a_camera_that_lists_no_rates_goes_at_its_own() {
    let sizes = vec![SizeOffer { size: Sizes::One((640, 480)), rates: Rates::Unknown }];
    let offers = [FormatOffer { code: "GREY".to_owned(), format: Some(PixelFormat::Grey), sizes }];
    let choice = choose(&offers, &wish(None, 60.0, None)).expect("a choice");
    assert_eq!(choice, Choice { format: PixelFormat::Grey, size: (640, 480), rate: None });
}

#[test]
fn any_size_of_a_range_and_any_rate_of_one_can_be_had() {
    let range = Sizes::Range { smallest: (16, 16), largest: (1920, 1080), step: (2, 2) };
    let rates = Rates::Range { slowest: rate(1), fastest: rate(60) };
    let sizes = vec![SizeOffer { size: range, rates }];
    let offers = [FormatOffer { code: "YUYV".to_owned(), format: Some(PixelFormat::Yuyv), sizes }];
    let chosen = |wanted: &UsbSettings| choose(&offers, wanted).map(|choice| (choice.size, per_second(&choice)));
    assert_eq!(chosen(&wish(Some((642, 360)), 7.5, None)).ok(), Some(((642, 360), 7.5)));
    assert_eq!(chosen(&wish(Some((1920, 1080)), 0.1, None)).ok(), Some(((1920, 1080), 1.0)));
    assert!(chosen(&wish(Some((641, 360)), 7.5, None)).is_err());
    assert!(chosen(&wish(Some((642, 360)), 61.0, None)).is_err());
    assert!(chosen(&wish(None, 7.5, None)).is_err(), "nobody asked to be blown up to the largest");
}

fn any_offers() -> impl Strategy<Value = Vec<FormatOffer>> {
    let format = prop::sample::select(vec![
        None,
        Some(PixelFormat::Mjpeg),
        Some(PixelFormat::Yuyv),
        Some(PixelFormat::Nv12),
        Some(PixelFormat::Grey),
    ]);
    let rate = (0..100_u32, 0..3_u32).prop_map(|(frames, seconds)| Rate { frames, seconds });
    let rates = prop_oneof![
        prop::collection::vec(rate.clone(), 0..4).prop_map(Rates::Listed),
        (rate.clone(), rate).prop_map(|(slowest, fastest)| Rates::Range { slowest, fastest }),
        Just(Rates::Unknown),
    ];
    let side = 0..50_u32;
    let corner = (side.clone(), side);
    let sizes = prop_oneof![
        corner.clone().prop_map(Sizes::One),
        (corner.clone(), corner, (0..3_u32, 0..3_u32)).prop_map(|(smallest, largest, step)| Sizes::Range {
            smallest,
            largest,
            step
        }),
    ];
    let sizes = prop::collection::vec((sizes, rates).prop_map(|(size, rates)| SizeOffer { size, rates }), 0..4);
    let offer = (format, sizes).prop_map(|(format, sizes)| FormatOffer { code: "ABCD".to_owned(), format, sizes });
    prop::collection::vec(offer, 0..4)
}

proptest! {
    #[test]
    fn a_choice_is_always_offered_and_always_what_was_asked_for(
        offers in any_offers(),
        size in prop::option::of((0..50_u32, 0..50_u32)),
        rate in 0.01..240.0_f64,
        format in prop::sample::select(vec![None, Some(PixelFormat::Yuyv), Some(PixelFormat::Mjpeg)]),
    ) {
        let wanted = wish(size, rate, format);
        if let Ok(choice) = choose(&offers, &wanted) {
            prop_assert!(size.is_none_or(|size| size == choice.size));
            prop_assert!(format.is_none_or(|format| format == choice.format));
            let offered = offers.iter().filter(|offer| offer.format == Some(choice.format));
            prop_assert!(offered.flat_map(|offer| &offer.sizes).any(|offer| offer.size.contain(choice.size)));
            prop_assert!(rate <= UsbSettings::ENOUGH_RATE || fast_enough(per_second(&choice), rate));
        }
    }
}

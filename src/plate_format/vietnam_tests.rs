use super::*;

/// Text, display, kind, province. All of them are valid.
const PLATES: &[(&str, &str, PlateKind, Option<&str>)] = &[
    ("34A36837", "34A-368.37", PlateKind::Car, Some("Hải Dương")),
    ("29B12345", "29B-123.45", PlateKind::Bus, Some("Hà Nội")),
    ("12C12345", "12C-123.45", PlateKind::Truck, Some("Lạng Sơn")),
    ("11D01234", "11D-012.34", PlateKind::Van, Some("Cao Bằng")),
    ("51D12345", "51D-123.45", PlateKind::Car, Some("Thành phố Hồ Chí Minh")),
    ("30H12345", "30H-123.45", PlateKind::Car, Some("Hà Nội")),
    ("80B12345", "80B-123.45", PlateKind::Car, Some("Cục Cảnh sát giao thông")),
    ("30F9999", "30F-9999", PlateKind::Car, Some("Hà Nội")),
    ("12C1234", "12C-1234", PlateKind::Car, Some("Lạng Sơn")),
    ("12R01357", "12R-013.57", PlateKind::Trailer, Some("Lạng Sơn")),
    ("12R0135", "12R-0135", PlateKind::Trailer, Some("Lạng Sơn")),
    ("29RM01234", "29RM-012.34", PlateKind::Trailer, Some("Hà Nội")),
    ("59C165331", "59C1-653.31", PlateKind::Motorbike, Some("Thành phố Hồ Chí Minh")),
    ("12AA12345", "12AA-123.45", PlateKind::Motorbike, Some("Lạng Sơn")),
    ("14AB1234", "14AB-1234", PlateKind::Motorbike, Some("Quảng Ninh")),
    ("29MD12345", "29MD-123.45", PlateKind::Motorbike, Some("Hà Nội")),
    ("29LD01234", "29LD-012.34", PlateKind::Car, Some("Hà Nội")),
    ("29LD0123", "29LD-0123", PlateKind::Car, Some("Hà Nội")),
    ("29DA01234", "29DA-012.34", PlateKind::Car, Some("Hà Nội")),
    ("29KT01234", "29KT-012.34", PlateKind::Car, Some("Hà Nội")),
    ("74LB01234", "74LB-012.34", PlateKind::Car, Some("Quảng Trị")),
    ("38CT01234", "38CT-012.34", PlateKind::Car, Some("Hà Tĩnh")),
    ("12CT01234", "12CT-012.34", PlateKind::Motorbike, Some("Lạng Sơn")),
    ("12MK01234", "12MK-012.34", PlateKind::Special, Some("Lạng Sơn")),
    ("12HC01234", "12HC-012.34", PlateKind::Special, Some("Lạng Sơn")),
    ("12CD01234", "12CD-012.34", PlateKind::Special, Some("Lạng Sơn")),
    ("12TD01234", "12TD-012.34", PlateKind::Special, Some("Lạng Sơn")),
    ("80001NG01", "80-001-NG-01", PlateKind::Diplomatic, Some("Cục Cảnh sát giao thông")),
    ("29011QT05", "29-011-QT-05", PlateKind::Diplomatic, Some("Hà Nội")),
    ("29011CV05", "29-011-CV-05", PlateKind::Diplomatic, Some("Hà Nội")),
    ("12011NN05", "12-011-NN-05", PlateKind::Diplomatic, Some("Lạng Sơn")),
    ("TH1234", "TH-12-34", PlateKind::Military, None),
    ("T1201234", "T12-012.34", PlateKind::Temporary, Some("Lạng Sơn")),
];

#[test]
fn plates_of_every_kind_are_named_written_and_keyed() {
    for (text, display, kind, province) in PLATES {
        let found = identify(text).unwrap_or_else(|| panic!("{text} is a Vietnamese plate"));
        assert_eq!((found.display.as_str(), found.kind, found.province), (*display, *kind, *province), "{text}");
        assert_eq!((found.key, found.doubts), (format!("VN-{text}"), vec![]), "{text}");
        assert!(found.valid, "{text}");
    }
}

fn check_doubts(text: &str, ground: Option<PlateColour>, doubts: &[Doubt]) {
    let found = identify(text).unwrap_or_else(|| panic!("{text} has the form of a plate")).on(ground);
    assert_eq!(found.doubts, doubts, "{text} on {ground:?}");
}

#[test]
fn a_province_or_series_that_was_never_issued_is_reported_not_mended() {
    for code in ["13", "42", "44", "45", "46", "87", "91", "96"] {
        check_doubts(&format!("{code}A12345"), None, &[Doubt::ProvinceNotIssued]);
    }
    check_doubts("T1301234", None, &[Doubt::ProvinceNotIssued]);
    check_doubts("80001NT01", None, &[Doubt::SeriesNotIssued]);
    check_doubts("29RA12345", None, &[Doubt::SeriesNotIssued]);
    check_doubts("13RA12345", None, &[Doubt::ProvinceNotIssued, Doubt::SeriesNotIssued]);
}

#[test]
fn a_ground_that_the_series_never_has_is_a_doubt_and_no_ground_is_none() {
    use PlateColour::Green;
    for ground in [White, Yellow, Blue] {
        check_doubts("12C12345", Some(ground), &[]);
    }
    check_doubts("12C12345", Some(Red), &[Doubt::ColourContradicts]);
    check_doubts("12C12345", Some(Green), &[Doubt::ColourContradicts]);
    check_doubts("59C165331", Some(Yellow), &[Doubt::ColourContradicts]);
    check_doubts("TH1234", Some(Red), &[]);
    check_doubts("TH1234", Some(White), &[Doubt::ColourContradicts]);
    check_doubts("TH1234", None, &[]);
    check_doubts("80001NG01", Some(Blue), &[Doubt::ColourContradicts]);
    check_doubts("74LB01234", Some(White), &[]);
    check_doubts("12CT01234", Some(White), &[]);
    check_doubts("12CT01234", Some(Yellow), &[Doubt::ColourContradicts]);
    check_doubts("13A12345", Some(Red), &[Doubt::ProvinceNotIssued, Doubt::ColourContradicts]);
}

#[test]
fn on_a_blue_ground_the_series_does_not_tell_the_kind() {
    let kind = |ground| identify("12C12345").map(|found| found.on(ground).kind);
    assert_eq!(kind(None), Some(PlateKind::Truck));
    assert_eq!(kind(Some(Yellow)), Some(PlateKind::Truck));
    assert_eq!(kind(Some(Blue)), Some(PlateKind::Car));
}

#[test]
fn the_numbers_of_cars_trucks_and_trailers_are_painted_on_sides_and_no_others() {
    for painted in ["12C12345", "30F9999", "12R01357", "29LD01234", "29RM01234"] {
        assert!(is_side_number(painted), "{painted}");
        assert!(side_number_templates().iter().any(|template| template.matches(painted)), "{painted}");
    }
    for other in ["59C165331", "12AA12345", "80001NG01", "TH1234", "13A12345", "HYUNDAI"] {
        assert!(!is_side_number(other), "{other}");
    }
    for other in ["59C165331", "80001NG01", "TH1234", "T1201234"] {
        assert!(!side_number_templates().iter().any(|template| template.matches(other)), "{other}");
    }
}

#[test]
fn other_texts_are_no_vietnamese_plate() {
    for text in ["14B02819T", "34I12345", "34O12345", "3436837", "34A368", "02A12345", "皖A12345", "HYUNDAI"] {
        assert_eq!(identify(text), None, "{text}");
    }
}

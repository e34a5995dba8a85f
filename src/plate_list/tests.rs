use super::*;
use crate::plate_format::Country;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn settings(name: &str, kind: ListKind) -> ListSettings {
    ListSettings { name: name.into(), kind, file: "list.csv".into(), max_age: Duration::from_secs(3600) }
}

fn entries(csv: &str) -> Entries {
    let rules = csv_file::Rules { countries: vec![Country::Vietnam, Country::China], zone: jiff::tz::TimeZone::UTC };
    csv_file::parse(csv.as_bytes(), &rules).entries
}

#[test]
fn a_plate_is_on_a_list_by_its_exact_key_and_as_long_as_the_list_says() {
    let lists = PlateLists::new(&[settings("staff", ListKind::Allow), settings("wanted", ListKind::Watch)]);
    let now = at("2026-11-27T10:00:00Z");
    assert_eq!(lists.hits("VN-12C12345", now), []);
    lists.replace("staff", Some((now, entries("12C-123.45,the boss\n12C12346,,2026-11-26\n"))));
    lists.replace("wanted", Some((now, entries("12C12345\n"))));
    let hits = lists.hits("VN-12C12345", now);
    assert_eq!(hits.len(), 2);
    assert_eq!((&*hits[0].list, hits[0].kind, hits[0].note.as_deref()), ("staff", ListKind::Allow, Some("the boss")));
    assert_eq!((&*hits[1].list, hits[1].kind, &hits[1].note), ("wanted", ListKind::Watch, &None));
    assert_eq!(lists.hits("VN-12C12344", now), [], "one character is another plate");
    assert_eq!(lists.hits("VN-12C12346", now), [], "its time is over");
    assert_eq!(lists.hits("VN-12C12346", at("2026-11-26T23:59:59Z")).len(), 1);
}

#[test]
fn a_list_that_is_not_read_or_too_old_is_at_fault() {
    let lists = PlateLists::new(&[settings("staff", ListKind::Allow)]);
    let written = at("2026-11-27T10:00:00Z");
    let fault = |lists: &PlateLists, now: &str| lists.fault("staff", at(now));
    assert_eq!(fault(&lists, "2026-11-27T10:00:00Z"), Some(ListFault::Unreadable));
    lists.replace("staff", Some((written, entries("12C12345\n"))));
    assert_eq!(fault(&lists, "2026-11-27T11:00:00Z"), None);
    assert_eq!(fault(&lists, "2026-11-27T11:00:01Z"), Some(ListFault::TooOld));
    assert_eq!(fault(&lists, "2026-11-27T09:50:00Z"), Some(ListFault::TooOld), "nobody knows when it was written");
    lists.replace("staff", None);
    assert_eq!(fault(&lists, "2026-11-27T10:00:00Z"), Some(ListFault::Unreadable));
    assert_eq!(lists.hits("VN-12C12345", written), [], "who was on it before is not any more");
    assert_eq!(lists.fault("nobody's", written), Some(ListFault::Unreadable));
}

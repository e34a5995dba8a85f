use jiff::Timestamp;

use super::filter::PlatePattern;
use super::*;
use crate::proof::DeviceKey;
use crate::publish::event::{PlateEvent, Status};
use crate::publish::outbox::{Destination, OutboxSettings};
use crate::publish::test_passages::event;

/// An outbox and its archive in a folder.
struct Records {
    search: ArchiveSearch,
    _folder: tempfile::TempDir,
}

fn at(day: i8) -> Timestamp {
    format!("2026-11-{day:02}T12:00:00Z").parse().expect("a time")
}

impl Records {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder.path());
        let archive = settings.archive.clone();
        let outbox = Outbox::open(&folder.path().join("outbox.db"), settings).expect("a new outbox");
        Self { search: ArchiveSearch::new(archive, outbox), _folder: folder }
    }

    fn commit(&self, event: &PlateEvent) -> u64 {
        self.search.outbox.commit(event, at(24)).expect("there is space").seq
    }

    fn commit_all(&self, tracks: std::ops::RangeInclusive<u64>) {
        for track in tracks {
            self.commit(&event(track));
        }
    }

    /// Delivers events, on this day.
    fn deliver(&self, seqs: &[u64], day: i8) {
        self.search.outbox.queue(Destination::Broker).settle(seqs, at(day)).expect("they can be settled");
    }

    fn ask(&self, question: &Question) -> (Vec<u64>, Option<u64>) {
        let page = self.search.page(question, &Cancelled(&|| false)).expect("it can be read");
        let seq = |json: &String| row_of(json).expect("an event").seq;
        (page.events.iter().map(seq).collect(), page.next_before_seq)
    }

    fn all(&self, filter: Filter) -> Vec<u64> {
        self.ask(&Question { filter, before_seq: None, limit: 500 }).0
    }

    fn page(&self, before_seq: Option<u64>, limit: usize) -> (Vec<u64>, Option<u64>) {
        self.ask(&Question { filter: Filter::default(), before_seq, limit })
    }
}

fn revised(track: u64, revision: u32) -> PlateEvent {
    PlateEvent { revision, status: Status::Amended, ..event(track) }
}

#[test]
fn pages_go_back_from_the_outbox_over_the_days_of_the_archive() {
    let records = Records::new();
    assert_eq!(records.page(None, 5), (vec![], None));
    records.commit_all(1..=10);
    records.deliver(&[1, 2, 3], 20);
    records.deliver(&[4, 5, 6, 8], 21);
    assert_eq!(records.page(None, 4), (vec![10, 9, 8, 7], Some(7)));
    assert_eq!(records.page(Some(7), 4), (vec![6, 5, 4, 3], Some(3)));
    assert_eq!(records.page(Some(3), 4), (vec![2, 1], None));
    assert_eq!(records.page(Some(3), 2), (vec![2, 1], None));
}

#[test]
fn what_was_delivered_late_is_where_its_number_says() {
    let records = Records::new();
    records.commit_all(1..=9);
    records.deliver(&[4, 5, 6, 7, 8, 9], 20);
    records.deliver(&[1, 2, 3], 25);
    assert_eq!(records.page(None, 2), (vec![9, 8], Some(8)));
    assert_eq!(records.page(Some(5), 3), (vec![4, 3, 2], Some(2)));
}

#[test]
fn of_each_event_only_the_last_revision_is_found_wherever_the_page_begins() {
    let records = Records::new();
    records.commit_all(1..=3);
    records.deliver(&[1, 2, 3], 24);
    assert_eq!(records.commit(&revised(2, 2)), 4);
    assert_eq!(records.page(None, 9).0, [4, 3, 1]);
    assert_eq!(records.page(Some(3), 9).0, [1], "its later revision is on the page before");
    records.deliver(&[4], 25);
    assert_eq!(records.commit(&revised(2, 3)), 5);
    records.commit_all(6..=6);
    assert_eq!(records.page(None, 9).0, [6, 5, 3, 1]);
    let revisions = records.search.revisions(event(2).event_id, &Cancelled(&|| false)).expect("they can be read");
    let seqs: Vec<u64> = revisions.iter().map(|json| row_of(json).expect("an event").seq).collect();
    assert_eq!(seqs, [2, 4, 5]);
    assert!(records.search.revisions(Uuid::from_u128(7), &Cancelled(&|| false)).expect("it can be read").is_empty());
}

#[test]
fn what_is_asked_for_is_found_and_nothing_else() {
    let records = Records::new();
    records.commit_all(1..=2);
    records.commit(&PlateEvent { lane: "out-1".into(), ..event(3) });
    records.commit(&PlateEvent { plate: None, ..event(4) });
    records.commit(&revised(5, 2));
    records.deliver(&[1, 3, 5], 24);
    let plate = |text: &str| Some(PlatePattern::try_from(text).expect("a pattern"));
    assert_eq!(records.all(Filter { plate: plate("2c-12*5"), ..Filter::default() }), [5, 3, 2, 1]);
    assert_eq!(records.all(Filter { plate: plate("VN-12C"), lane: Some("out-1".into()), ..Filter::default() }), [3]);
    assert_eq!(records.all(Filter { plate: plate("99"), ..Filter::default() }), Vec::<u64>::new());
    assert_eq!(records.all(Filter { status: Some(Status::Amended), ..Filter::default() }), [5]);
    let seen: Timestamp = "2026-11-24T03:14:09.5Z".parse().expect("a time");
    assert_eq!(records.all(Filter { from: Some(seen), ..Filter::default() }).len(), 5);
    assert_eq!(records.all(Filter { to: Some(seen), ..Filter::default() }).len(), 0);
    assert_eq!(records.all(Filter { from: Some(at(27)), ..Filter::default() }).len(), 0);
}

#[test]
fn damaged_lines_and_what_grows_meanwhile_spoil_nothing() {
    let records = Records::new();
    records.commit_all(1..=4);
    records.deliver(&[1, 2], 24);
    assert_eq!(records.page(None, 9).0, [4, 3, 2, 1]);
    let file = records.search.archive.files().expect("they can be read").remove(0);
    let append = |bytes: &[u8]| {
        use std::io::Write as _;
        let file = std::fs::OpenOptions::new().append(true).open(&file);
        file.and_then(|mut file| file.write_all(bytes)).expect("there is space");
    };
    append(b"{\"seq\":77}\nno json\n\xff\xfe\n{\"schema\":1,\"seq\":9,\"si");
    assert_eq!(records.page(None, 9).0, [4, 3, 2, 1]);
    records.deliver(&[3], 24);
    assert_eq!(records.page(None, 9).0, [4, 3, 2, 1]);
}

#[test]
fn a_large_day_is_read_in_blocks() {
    let records = Records::new();
    let count = 400;
    records.commit_all(1..=count);
    records.deliver(&(1..=count).collect::<Vec<_>>(), 24);
    let blocks = records.search.blocks.newest_first(&records.search.archive, &Cancelled(&|| false)).expect("readable");
    assert!(blocks.len() > 1, "{blocks:?}");
    let mut before = None;
    let mut found = Vec::new();
    loop {
        let (seqs, next) = records.page(before, 37);
        found.extend(seqs);
        before = next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(found, (1..=count).rev().collect::<Vec<_>>());
}

#[test]
fn nothing_is_read_for_whoever_has_gone() {
    let records = Records::new();
    records.commit_all(1..=1);
    let question = Question { filter: Filter::default(), before_seq: None, limit: 1 };
    assert!(matches!(records.search.page(&question, &Cancelled(&|| true)), Err(SearchError::Cancelled)));
}

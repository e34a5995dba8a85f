use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::barrier::{Level, Output};
use crate::clock::Clock;
use crate::dossier::ListKind;
use crate::gpio::LineFault;
use crate::passage::Stage;
use crate::plate::LaneName;
use crate::plate_format::Country;
use crate::plate_list::pulse_rule::PulseTerms;
use crate::plate_list::{ListSettings, csv_file};
use crate::publish::list_hit::{self, ListHitReceiver};
use crate::publish::test_passages;
use crate::publish::{EventMaker, PlateEvent};
use crate::stop::Stop;

struct FakeOutput(Sender<Level>);

impl Output for FakeOutput {
    fn set(&mut self, level: Level) -> Result<(), LineFault> {
        self.0.send(level).map_err(|error| LineFault(error.to_string()))
    }
}

struct Bench {
    actions: ListActions,
    maker: EventMaker,
    lists: PlateLists,
    hits: ListHitReceiver,
    levels: Receiver<Level>,
    stop: Stop,
    thread: std::thread::JoinHandle<()>,
    next_seq: u64,
}

impl Bench {
    fn new() -> Self {
        let (list, max_age) = (Arc::from("staff"), Duration::from_secs(3600));
        let settings =
            ListSettings { name: Arc::clone(&list), kind: ListKind::Allow, file: "staff.csv".into(), max_age };
        let lists = PlateLists::new(&[settings]);
        let (told, levels) = channel();
        let stop = Stop::default();
        let (barrier, thread) =
            Barrier::start("test", FakeOutput(told), Clock::start(), stop.clone()).expect("a thread");
        let lane = LaneName::try_from("in-2").expect("a name");
        let rule = PulseRule::new(PulseTerms { lane, least_confidence: 0.9, pause: Duration::from_secs(5) });
        let (sender, hits) = list_hit::way();
        let pulse = Some(PulsePlan { rule, barrier, length: Duration::from_millis(1) });
        let plan = ListPlan { list, publish: Some(sender), webhook: None, pulse };
        let actions = ListActions::new(lists.clone(), vec![plan]);
        let maker = EventMaker::new(test_passages::origin());
        Self { actions, maker, lists, hits, levels, stop, thread, next_seq: 1 }
    }

    fn passes(&mut self, passage: &Passage) {
        self.passes_as(passage, |_| {});
    }

    fn passes_as(&mut self, passage: &Passage, change: impl FnOnce(&mut PlateEvent)) {
        let now = passage.last_seen;
        let key = passage.plate.as_ref().map_or("", |plate| &plate.format.key);
        let dossier = Dossier { lists: self.lists.hits(key, now.wall), ..Dossier::default() };
        let mut event = self.maker.event(passage, &dossier);
        change(&mut event);
        let stored =
            StoredEvent { seq: self.next_seq, topic: String::new(), json: String::new(), committed_at: now.wall };
        self.next_seq += 1;
        self.actions.act(&Kept { passage, dossier: &dossier, event: &event, stored: &stored, now });
    }

    /// What was told and done until now.
    fn ended(mut self) -> (Vec<(String, u64)>, usize) {
        // The thread gives what was ordered before it looks for a stop: a pulse that it has begun is heard of here.
        drop(self.actions);
        let pulses = self.levels.iter().filter(|level| *level == Level::Active).count();
        self.stop.request();
        self.thread.join().expect("it ends");
        let told = std::iter::from_fn(|| self.hits.waiting()).map(|hit| (hit.key, hit.seq)).collect();
        (told, pulses)
    }
}

fn list_with(text: &str, written: jiff::Timestamp, lists: &PlateLists) {
    let rules = csv_file::Rules { countries: vec![Country::Vietnam], zone: jiff::tz::TimeZone::UTC };
    lists.replace("staff", Some((written, csv_file::parse(text.as_bytes(), &rules).entries)));
}

fn passage(stage: Stage) -> Passage {
    test_passages::passage(7, stage)
}

#[test]
fn a_vehicle_on_a_list_is_told_and_let_in_once_however_many_revisions_its_event_has() {
    let mut bench = Bench::new();
    list_with("12C12345,the boss", passage(Stage::Final).last_seen.wall, &bench.lists);
    for stage in [Stage::Provisional, Stage::Final, Stage::Amended] {
        bench.passes(&passage(stage));
    }
    assert_eq!(bench.ended(), (vec![("VN-12C12345".to_owned(), 1)], 1));
}

#[test]
fn a_vehicle_on_no_list_is_neither_told_nor_let_in() {
    let mut bench = Bench::new();
    list_with("12C12346", passage(Stage::Final).last_seen.wall, &bench.lists);
    bench.passes(&passage(Stage::Final));
    assert_eq!(bench.ended(), (vec![], 0));
}

#[test]
fn a_list_that_is_too_old_is_told_and_opens_nothing() {
    let mut bench = Bench::new();
    let written = passage(Stage::Final).last_seen.wall - jiff::SignedDuration::from_hours(2);
    list_with("12C12345", written, &bench.lists);
    bench.passes(&passage(Stage::Final));
    assert_eq!(bench.ended(), (vec![("VN-12C12345".to_owned(), 1)], 0));
}

#[test]
fn an_unset_clock_opens_nothing() {
    let mut bench = Bench::new();
    list_with("12C12345", passage(Stage::Final).last_seen.wall, &bench.lists);
    bench.passes_as(&passage(Stage::Final), |event| event.clock_synced = Some(false));
    assert_eq!(bench.ended().1, 0);
}

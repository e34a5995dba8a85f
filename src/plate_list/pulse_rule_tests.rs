use super::*;
use crate::passage::NoReadReason;
use crate::plate::{Confidence, PlateText};
use crate::plate_format::{self, Country, Doubt};
use crate::publish::test_passages;

fn rule() -> PulseRule {
    let lane = LaneName::try_from("in-2").expect("a name");
    PulseRule::new(PulseTerms { lane, least_confidence: 0.9, pause: Duration::from_secs(5) })
}

fn passage(track: u64) -> Passage {
    test_passages::passage(track, Stage::Final)
}

/// A case in which nothing speaks against a pulse.
fn case(passage: &Passage) -> PulseCase<'_> {
    let (kind, now) = (ListKind::Allow, passage.last_seen);
    PulseCase { kind, fault: None, passage, corrected: false, clock_is_off: false, now }
}

fn check(change: impl FnOnce(&mut Passage), refusal: Refusal) {
    let mut passage = passage(7);
    change(&mut passage);
    assert_eq!(rule().decide(&case(&passage)), Err(refusal));
}

fn check_plate(change: impl FnOnce(&mut crate::consensus::AgreedPlate), refusal: Refusal) {
    check(|passage| change(passage.plate.as_mut().expect("it has a plate")), refusal);
}

#[test]
fn a_sure_plate_on_a_fresh_allow_list_in_the_barriers_lane_gets_a_pulse() {
    for stage in [Stage::Provisional, Stage::Final] {
        assert_eq!(rule().decide(&case(&test_passages::passage(7, stage))), Ok(()));
    }
    let unknown_way = Passage { direction: None, ..passage(7) };
    assert_eq!(rule().decide(&case(&unknown_way)), Ok(()), "the lane need not know the way");
}

#[test]
fn whatever_is_wrong_with_the_list_refuses() {
    let passage = passage(7);
    let good = case(&passage);
    let check = |case: PulseCase<'_>, refusal| assert_eq!(rule().decide(&case), Err(refusal));
    check(PulseCase { kind: ListKind::Watch, ..good }, Refusal::NotAllowed);
    check(PulseCase { fault: Some(ListFault::Unreadable), ..good }, Refusal::List(ListFault::Unreadable));
    check(PulseCase { fault: Some(ListFault::TooOld), ..good }, Refusal::List(ListFault::TooOld));
    check(PulseCase { clock_is_off: true, ..good }, Refusal::ClockOff);
}

#[test]
fn whatever_is_wrong_with_the_passage_refuses() {
    check(|passage| passage.lane = LaneName::try_from("in-1").expect("a name"), Refusal::OtherLane);
    check(|passage| passage.stage = Stage::Amended, Refusal::Amended);
    check(|passage| passage.direction = Some(Direction::Out), Refusal::NotIn);
    check(|passage| passage.direction = Some(Direction::TurnedBack), Refusal::NotIn);
    let passage = passage(7);
    let corrected = PulseCase { corrected: true, ..case(&passage) };
    assert_eq!(rule().decide(&corrected), Err(Refusal::Corrected));
}

#[test]
fn an_old_picture_and_one_of_the_future_refuse() {
    let passage = passage(7);
    for seconds in [11, -11, i64::from(u32::MAX)] {
        let wall = passage.last_seen.wall + jiff::SignedDuration::from_secs(seconds);
        let late = PulseCase { now: Moment { wall, ..passage.last_seen }, ..case(&passage) };
        assert_eq!(rule().decide(&late), Err(Refusal::LongAgo), "{seconds} s later");
    }
}

#[test]
fn whatever_is_wrong_with_the_plate_refuses() {
    check(|passage| passage.plate = Err(NoReadReason::NoAgreement), Refusal::NoPlate);
    check_plate(|plate| plate.confidence = Confidence::clamped(0.899), Refusal::NotSure);
    check_plate(|plate| plate.format.doubts = vec![Doubt::ColourContradicts], Refusal::Doubtful);
    let impossible = PlateText::normalised("13A12345").expect("a text");
    let impossible = plate_format::identify(&impossible, &[Country::Vietnam]).expect("it has a plate's form");
    check_plate(|plate| plate.format = impossible, Refusal::FormatInvalid);
}

#[test]
fn a_passage_gets_one_pulse_and_the_next_one_its_own_after_the_pause() {
    let mut rule = rule();
    let (first, second) = (passage(7), passage(8));
    assert_eq!(rule.decide(&case(&first)), Ok(()));
    let later = |seconds| {
        let (wall, elapsed) = (first.last_seen.wall, first.last_seen.elapsed + Duration::from_secs(seconds));
        Moment { wall, elapsed }
    };
    assert_eq!(rule.decide(&PulseCase { now: later(4), ..case(&second) }), Err(Refusal::TooSoon));
    assert_eq!(rule.decide(&PulseCase { now: later(6), ..case(&first) }), Err(Refusal::PulsedAlready));
    assert_eq!(rule.decide(&PulseCase { now: later(6), ..case(&second) }), Ok(()));
}

#[test]
fn a_refusal_uses_nothing_up() {
    let mut rule = rule();
    let passage = passage(7);
    let faulty = PulseCase { fault: Some(ListFault::TooOld), ..case(&passage) };
    assert!(rule.decide(&faulty).is_err());
    assert_eq!(rule.decide(&case(&passage)), Ok(()));
}

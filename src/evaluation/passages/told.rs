//! What a gate told: its events as a receiver has them, all revisions of one together.

use crate::dossier::{Dossier, VisitId};
use crate::frame::Moment;
use crate::passage::{Direction, NoReadReason, Passage, Stage, TrackId};
use crate::plate::{LaneName, PlateText};

/// Everything that was told in one scenario.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// The events, in the order in which they were told.
    pub events: Vec<ToldEvent>,
    /// The single readings that were made, in order: an event is told once some of them agree.
    pub readings: Vec<ToldReading>,
    /// The queues that were told. None at all: nobody measured them.
    pub queues: Vec<ToldQueue>,
}

/// One revision of an event. Times are seconds from the scenario's first picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldEvent {
    /// The lane.
    pub lane: LaneName,
    /// The event's identity.
    pub track: TrackId,
    /// How final it is.
    pub stage: Stage,
    /// The plate, or why there is none.
    pub plate: Result<PlateText, NoReadReason>,
    /// The vehicle's first sighting.
    pub first_seen_s: f64,
    /// Its last one.
    pub last_seen_s: f64,
    /// The time of the picture after which it was told; `None` where only the recording's end brought it.
    pub told_at_s: Option<f64>,
    /// Which way the vehicle went.
    pub direction: Option<Direction>,
    /// Its visit.
    pub visit: Option<VisitId>,
}

/// A plate that was read in one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldReading {
    /// The lane.
    pub lane: LaneName,
    /// When.
    pub at_s: f64,
    /// What it says.
    pub text: PlateText,
}

/// How many vehicles stand in a lane, as the gate sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldQueue {
    /// The lane.
    pub lane: LaneName,
    /// When.
    pub at_s: f64,
    /// Vehicles that stand still.
    pub queue_length: u32,
}

/// One vehicle's event, its last revision counting, as a receiver keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToldPassage {
    /// The lane.
    pub lane: LaneName,
    /// The event's identity.
    pub track: TrackId,
    /// The plate, or why there is none.
    pub plate: Result<PlateText, NoReadReason>,
    /// The vehicle's first sighting.
    pub first_seen_s: f64,
    /// Its last one.
    pub last_seen_s: f64,
    /// Which way the vehicle went.
    pub direction: Option<Direction>,
    /// Its visit.
    pub visit: Option<VisitId>,
    /// When two readings had said what the event told first.
    pub agreed_at_s: Option<f64>,
    /// When it was told provisionally.
    pub provisional_at_s: Option<f64>,
    /// When it was told as final the first time.
    pub final_at_s: Option<f64>,
}

impl ToldEvent {
    /// What is told of a passage, after a picture that was taken at `told_at`.
    #[must_use]
    pub fn of(passage: &Passage, dossier: &Dossier, told_at: Option<Moment>) -> Self {
        Self {
            lane: passage.lane.clone(),
            track: passage.track,
            stage: passage.stage,
            plate: passage.plate.as_ref().map(|plate| plate.text.clone()).map_err(|reason| *reason),
            first_seen_s: seconds(passage.first_seen),
            last_seen_s: seconds(passage.last_seen),
            told_at_s: told_at.map(seconds),
            direction: passage.direction,
            visit: dossier.visit.as_ref().map(|part| part.id.clone()),
        }
    }
}

/// The scenario's time of a moment: its monotonic time, which begins with the recording.
#[must_use]
pub fn seconds(moment: Moment) -> f64 {
    moment.elapsed.as_secs_f64()
}

impl Told {
    /// One passage per event, in the order in which they were told first.
    #[must_use]
    pub fn passages(&self) -> Vec<ToldPassage> {
        let mut passages: Vec<ToldPassage> = Vec::new();
        for event in &self.events {
            match passages.iter_mut().find(|passage| passage.is_of(event)) {
                Some(passage) => passage.revise(event),
                None => passages.push(self.first_revision(event)),
            }
        }
        passages
    }

    fn first_revision(&self, event: &ToldEvent) -> ToldPassage {
        let mut passage = ToldPassage {
            lane: event.lane.clone(),
            track: event.track,
            plate: event.plate.clone(),
            first_seen_s: event.first_seen_s,
            last_seen_s: event.last_seen_s,
            direction: None,
            visit: None,
            agreed_at_s: self.agreed_at_s(event),
            provisional_at_s: None,
            final_at_s: None,
        };
        passage.revise(event);
        passage
    }

    /// The second reading of exactly the event's plate since the vehicle came into view.
    fn agreed_at_s(&self, event: &ToldEvent) -> Option<f64> {
        let plate = event.plate.as_ref().ok()?;
        let of_event = |reading: &&ToldReading| {
            reading.lane == event.lane && reading.text == *plate && reading.at_s >= event.first_seen_s
        };
        self.readings.iter().filter(of_event).nth(1).map(|reading| reading.at_s)
    }
}

impl ToldPassage {
    fn is_of(&self, event: &ToldEvent) -> bool {
        self.track == event.track
    }

    fn revise(&mut self, event: &ToldEvent) {
        self.lane.clone_from(&event.lane);
        self.plate.clone_from(&event.plate);
        self.first_seen_s = self.first_seen_s.min(event.first_seen_s);
        self.last_seen_s = self.last_seen_s.max(event.last_seen_s);
        self.direction = event.direction;
        self.visit.clone_from(&event.visit);
        let first_time = match event.stage {
            Stage::Provisional => &mut self.provisional_at_s,
            // An amendment is a final word too: that of a vehicle whose trigger was answered unread.
            Stage::Final | Stage::Amended => &mut self.final_at_s,
        };
        if first_time.is_none() {
            *first_time = event.told_at_s;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{told_at, told_event};
    use super::*;

    fn reading(at_s: f64, text: &str) -> ToldReading {
        let lane = LaneName::try_from("in-1").unwrap();
        ToldReading { lane, at_s, text: PlateText::normalised(text).unwrap() }
    }

    #[test]
    fn of_all_revisions_the_last_counts_and_the_first_final_word_is_timed() {
        let provisional =
            ToldEvent { stage: Stage::Provisional, ..told_at(told_event(1, "12C12346", [1.0, 2.0]), 2.0) };
        let last = told_at(told_event(1, "12C12345", [1.0, 4.0]), 4.6);
        let amended =
            ToldEvent { stage: Stage::Amended, direction: Some(Direction::Out), ..told_at(last.clone(), 9.0) };
        let told = Told { events: vec![provisional, last, amended], ..Told::default() };
        let passages = told.passages();
        assert_eq!(passages.len(), 1);
        assert_eq!(passages[0].plate, Ok(PlateText::normalised("12C12345").unwrap()));
        assert_eq!((passages[0].provisional_at_s, passages[0].final_at_s), (Some(2.0), Some(4.6)));
        assert_eq!((passages[0].direction, passages[0].last_seen_s), (Some(Direction::Out), 4.0));
    }

    #[test]
    fn readings_agree_with_the_second_of_the_same_plate_since_the_vehicle_came() {
        let readings = vec![
            reading(0.5, "12C12345"),
            reading(1.0, "12C12345"),
            reading(1.1, "12C12346"),
            reading(1.2, "12C12345"),
        ];
        let told = Told { events: vec![told_event(1, "12C12345", [1.0, 2.0])], readings, queues: Vec::new() };
        assert_eq!(told.passages()[0].agreed_at_s, Some(1.2));
    }

    #[test]
    fn a_vehicle_that_changes_lanes_keeps_its_event_and_passes_in_the_last() {
        let there = ToldEvent { lane: LaneName::try_from("in-2").unwrap(), ..told_event(1, "12C12345", [1.0, 3.0]) };
        let passages =
            Told { events: vec![told_event(1, "12C12345", [1.0, 2.0]), there], ..Told::default() }.passages();
        assert_eq!(passages.len(), 1);
        assert_eq!(passages[0].lane.as_str(), "in-2");
    }
}

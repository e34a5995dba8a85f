//! The last events, so that an operator can correct one: its next revision is made here, and later ones keep what he said.
//!
//! A passage may be amended after it was corrected (the same vehicle gives a trigger). Recognition does not know of the
//! correction, so everything passes through here before it is committed. Not here: events of earlier runs.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

use super::dossier_wire::{Declared, ListHit};
use super::event::{Alternative, Correction, Layout, Plate, PlateEvent, Status};
use super::utc_time::UtcTime;
use crate::declared::{Asked, NewestDeclared, ReadPlate};
use crate::plate::PlateText;
use crate::plate_format::{self, Country, FormatMatch};
use crate::plate_list::PlateLists;

/// An event has 1 to 3 KB; a busy gate has some thousand a day.
const MOST: usize = 2048;

/// The last events of this run. Clones share them.
#[derive(Debug, Clone)]
pub struct RecentEvents {
    events: Arc<Mutex<VecDeque<PlateEvent>>>,
    countries: Arc<[Country]>,
    declared: NewestDeclared,
    lists: PlateLists,
}

impl Default for RecentEvents {
    /// With the plates of the built-in countries.
    fn default() -> Self {
        Self::knowing(&[], PlateLists::default())
    }
}

/// Why an event is not corrected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectionRefused {
    /// Nobody remembers it.
    #[error("event {0} is not among the last {MOST} of this run of the gate; correct it in the records")]
    Unknown(Uuid),
    /// What the plate is said to say is no plate.
    #[error("{0:?} has no format of a plate that this gate knows")]
    NoPlate(String),
    /// It could not be kept.
    #[error("{0}")]
    NotKept(String),
}

impl RecentEvents {
    /// None yet. A correction may have a plate of any built-in country, and of these, and is looked up in these lists.
    #[must_use]
    pub fn knowing(listed: &[Country], lists: PlateLists) -> Self {
        let countries = Country::all_with(listed).collect();
        Self { events: Arc::default(), countries, declared: NewestDeclared::default(), lists }
    }

    /// The declared list that corrected plates are looked up in: the gate's own, once it is there.
    #[must_use]
    pub fn declared(&self) -> &NewestDeclared {
        &self.declared
    }

    /// Prepares `event` for its commit, before its pictures are named after it: if it was corrected, or has a revision that this one does not know of, it follows
    /// that one. It is remembered from now on.
    pub fn settle(&self, event: &mut PlateEvent, now: Timestamp) {
        let mut recent = self.lock();
        if let Some(index) = position(&recent, event.event_id)
            && let Some(last) = recent.remove(index)
        {
            if event.revision <= last.revision {
                event.revision = last.revision.saturating_add(1);
            }
            if last.corrected.is_some() {
                (event.plate, event.corrected, event.no_read_reason) = (last.plate, last.corrected, None);
                event.lists = last.lists;
                event.declared = self.matched(event, now);
            }
        }
        remember(&mut recent, event.clone());
    }

    /// Remembers the pictures of an event that was settled before they were made.
    pub fn pictured(&self, event: &PlateEvent) {
        let mut recent = self.lock();
        let settled = recent.iter_mut().rev().find(|it| it.event_id == event.event_id && it.revision == event.revision);
        if let Some(settled) = settled {
            settled.evidence.clone_from(&event.evidence);
        }
    }

    /// Makes the next revision of an event, whose plate says `text`, and gives it to `commit`.
    ///
    /// # Errors
    /// [`CorrectionRefused`] when there is nothing to correct, it cannot be right, or `commit` fails; nothing is changed then.
    pub fn correct<T, E: ToString>(
        &self,
        event_id: Uuid,
        text: &str,
        now: Timestamp,
        commit: impl FnOnce(&PlateEvent) -> Result<T, E>,
    ) -> Result<(T, u32), CorrectionRefused> {
        let (text, format) = plate_of(text, &self.countries)?;
        let (before, corrected) = {
            let mut recent = self.lock();
            let index = position(&recent, event_id).ok_or(CorrectionRefused::Unknown(event_id))?;
            let before = recent[index].clone();
            let lists = self.lists.hits(&format.key, now).iter().map(ListHit::from).collect();
            let mut corrected = PlateEvent { lists, ..corrected(&before, &text, &format, now) };
            corrected.declared = self.matched(&corrected, now);
            recent[index] = corrected.clone();
            (before, corrected)
        };
        // Without the lock: a slow disk must not hold recognition up here as well.
        match commit(&corrected) {
            Ok(committed) => Ok((committed, corrected.revision)),
            Err(error) => {
                self.undo(&corrected, before);
                Err(CorrectionRefused::NotKept(error.to_string()))
            }
        }
    }

    /// What the declared list says of a plate that a person has corrected.
    fn matched(&self, event: &PlateEvent, now: Timestamp) -> Option<Declared> {
        let plate = event.plate.as_ref()?;
        let (text, seen) = (PlateText::normalised(&plate.text)?, event.best_seen.timestamp());
        let found = self.declared.match_of(&ReadPlate::certain(&text, &plate.key), Asked { seen, now });
        Some(Declared::from(&found))
    }

    fn undo(&self, corrected: &PlateEvent, before: PlateEvent) {
        let mut recent = self.lock();
        let unchanged =
            |event: &&mut PlateEvent| event.event_id == corrected.event_id && event.revision == corrected.revision;
        if let Some(event) = recent.iter_mut().find(unchanged) {
            *event = before;
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<PlateEvent>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn position(recent: &VecDeque<PlateEvent>, event_id: Uuid) -> Option<usize> {
    // Those that are asked for are mostly the newest.
    recent.iter().rposition(|event| event.event_id == event_id)
}

fn remember(recent: &mut VecDeque<PlateEvent>, event: PlateEvent) {
    recent.push_back(event);
    if recent.len() > MOST {
        recent.pop_front();
    }
}

fn plate_of(text: &str, countries: &[Country]) -> Result<(PlateText, FormatMatch), CorrectionRefused> {
    let no_plate = || CorrectionRefused::NoPlate(super::inbound::shortened(text));
    let text = PlateText::normalised(text).ok_or_else(no_plate)?;
    let format = plate_format::identify(&text, countries);
    Ok((text, format.ok_or_else(no_plate)?))
}

fn corrected(before: &PlateEvent, text: &PlateText, format: &FormatMatch, now: Timestamp) -> PlateEvent {
    // The gate's own reading stays known, also over several corrections.
    let read = match &before.corrected {
        Some(correction) => correction.read.clone(),
        None => before.plate.as_ref().map(|plate| plate.text.clone()),
    };
    PlateEvent {
        revision: before.revision.saturating_add(1),
        status: Status::Amended,
        historical: false,
        plate: Some(corrected_plate(before.plate.as_ref(), text, format)),
        no_read_reason: None,
        corrected: Some(Correction { at: UtcTime::new(now), read }),
        ..before.clone()
    }
}

/// The plate as a person says it is: certain, with what the pictures showed of it.
fn corrected_plate(before: Option<&Plate>, text: &PlateText, format: &FormatMatch) -> Plate {
    let same = before.is_some_and(|plate| plate.text == text.as_str());
    let read = before.filter(|_| !same);
    let format = format.clone().on(before.and_then(|plate| plate.colour).map(Into::into));
    Plate {
        text: text.to_string(),
        key: format.key,
        display: format.display,
        country: format.country.code().to_owned(),
        province: format.province.map(str::to_owned),
        kind: format.kind.into(),
        colour: before.and_then(|plate| plate.colour),
        layout: before.map_or(Layout::OneLine, |plate| plate.layout),
        confidence: 1.0,
        per_character: vec![1.0; text.len()],
        alternatives: read.map(|plate| Alternative { text: plate.text.clone(), confidence: 0.0 }).into_iter().collect(),
        format_valid: format.valid,
        doubts: format.doubts.into_iter().map(Into::into).collect(),
        reads: before.map_or(0, |plate| plate.reads),
        agreeing: before.filter(|_| same).map_or(0, |plate| plate.agreeing),
        height_px: before.map_or(0.0, |plate| plate.height_px),
        sharpness: before.map_or(0.0, |plate| plate.sharpness),
    }
}

#[cfg(test)]
mod tests {
    use crate::dossier::Dossier;
    use std::convert::Infallible;

    use super::*;
    use crate::declared::{DeclaredList, DeclaredVehicle};
    use crate::passage::NoReadReason;
    use crate::publish::event_maker::EventMaker;
    use crate::publish::test_passages;

    fn correct(recent: &RecentEvents, id: Uuid, text: &str) -> Result<PlateEvent, CorrectionRefused> {
        recent.correct(id, text, Timestamp::UNIX_EPOCH, |event| Ok::<_, Infallible>(event.clone())).map(|done| done.0)
    }

    #[test]
    fn a_corrected_plate_is_the_next_revision_and_later_ones_keep_it() {
        let recent = RecentEvents::default();
        let mut event = test_passages::event(1);
        recent.settle(&mut event, Timestamp::UNIX_EPOCH);
        assert_eq!(event.revision, 1, "what is new stays as it is");
        let corrected = correct(&recent, event.event_id, "12C-123.46").expect("it is a plate");
        let plate = corrected.plate.as_ref().expect("there is one");
        assert_eq!((corrected.revision, corrected.status), (2, Status::Amended));
        assert_eq!((plate.text.as_str(), plate.key.as_str(), plate.agreeing), ("12C12346", "VN-12C12346", 0));
        assert_eq!(plate.alternatives[0].text, "12C12345");
        assert_eq!(corrected.corrected.as_ref().and_then(|c| c.read.clone()).as_deref(), Some("12C12345"));
        let mut amended = PlateEvent { revision: 2, status: Status::Amended, ..test_passages::event(1) };
        recent.settle(&mut amended, Timestamp::UNIX_EPOCH);
        assert_eq!((amended.revision, &amended.plate), (3, &corrected.plate));
        let again = correct(&recent, event.event_id, "桂F12345").expect("it is a plate");
        assert_eq!(again.corrected.and_then(|c| c.read).as_deref(), Some("12C12345"));
        assert_eq!(again.revision, 4);
    }

    #[test]
    fn a_corrected_plate_is_matched_again_and_an_amendment_after_it_keeps_that_match() {
        let recent = RecentEvents::default();
        let vehicle = DeclaredVehicle {
            declaration_id: "D-1".into(),
            text: PlateText::normalised("12C12346"),
            key: None,
            valid_from: None,
            valid_until: None,
        };
        let list = DeclaredList { version: 7, received_at: Timestamp::UNIX_EPOCH, vehicles: vec![Arc::new(vehicle)] };
        recent.declared().replace(Arc::new(list));
        let mut event = test_passages::event(1);
        recent.settle(&mut event, Timestamp::UNIX_EPOCH);
        let matched = |event: &PlateEvent| event.declared.clone().and_then(|declared| declared.declaration_id);
        let corrected = correct(&recent, event.event_id, "12C-123.46").expect("it is a plate");
        assert_eq!(matched(&corrected).as_deref(), Some("D-1"));
        let mut amended = PlateEvent { revision: 2, status: Status::Amended, ..test_passages::event(1) };
        recent.settle(&mut amended, Timestamp::UNIX_EPOCH);
        assert_eq!(matched(&amended).as_deref(), Some("D-1"));
        let other = correct(&recent, event.event_id, "12C-999.99").expect("it is a plate");
        assert_eq!(matched(&other), None);
    }

    #[test]
    fn a_vehicle_that_passed_unread_gets_its_plate() {
        let recent = RecentEvents::default();
        let passage = test_passages::unread_passage(1, NoReadReason::NoAgreement);
        let mut event = EventMaker::new(test_passages::origin()).event(&passage, &Dossier::default());
        recent.settle(&mut event, Timestamp::UNIX_EPOCH);
        let corrected = correct(&recent, event.event_id, "12C12345").expect("it is a plate");
        assert_eq!((corrected.no_read_reason, corrected.corrected.and_then(|c| c.read)), (None, None));
        assert_eq!(corrected.plate.map(|plate| plate.reads), Some(0));
    }

    #[test]
    fn what_is_unknown_no_plate_or_not_kept_changes_nothing() {
        let recent = RecentEvents::default();
        let mut event = test_passages::event(1);
        recent.settle(&mut event, Timestamp::UNIX_EPOCH);
        let unknown = Uuid::from_u128(7);
        assert_eq!(correct(&recent, unknown, "12C12346"), Err(CorrectionRefused::Unknown(unknown)));
        for text in ["", "...", "ABC", "12C1234567890123"] {
            assert!(matches!(correct(&recent, event.event_id, text), Err(CorrectionRefused::NoPlate(_))), "{text}");
        }
        let full = recent.correct(event.event_id, "12C12346", Timestamp::UNIX_EPOCH, |_| Err::<(), _>("full"));
        assert_eq!(full, Err(CorrectionRefused::NotKept("full".into())));
        let mut amended = PlateEvent { revision: 2, ..test_passages::event(1) };
        recent.settle(&mut amended, Timestamp::UNIX_EPOCH);
        assert_eq!((amended.revision, amended.corrected), (2, None));
    }

    #[test]
    fn events_that_are_long_past_are_forgotten() {
        let recent = RecentEvents::default();
        let mut first = test_passages::event(0);
        recent.settle(&mut first, Timestamp::UNIX_EPOCH);
        for track in 1..=MOST as u64 {
            recent.settle(&mut test_passages::event(track), Timestamp::UNIX_EPOCH);
        }
        assert_eq!(correct(&recent, first.event_id, "12C12346"), Err(CorrectionRefused::Unknown(first.event_id)));
    }
}

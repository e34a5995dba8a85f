//! What the recognition thread holds of evidence: it encodes before an event is committed, hands pictures over after that, and
//! waits for nobody.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::encoder::{EncodedPicture, PictureEncoder};
use super::status::EvidenceStatus;
use crate::alarm::{AlarmKind, Alarms};
use crate::clock::Clock;
use crate::passage::Passage;
use crate::publish::PlateEvent;

/// Events whose pictures may wait to be written, at some 400 KB each. A disk that is later than this costs pictures.
const MOST_UNWRITTEN: usize = 32;

/// What the keeper is asked to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Write these.
    Keep(Vec<EncodedPicture>),
    /// See to it that enough of the disk is free.
    MakeRoom,
}

/// Makes and hands over the pictures of events.
#[derive(Debug)]
pub struct EvidenceRecorder {
    encoder: PictureEncoder,
    orders: SyncSender<Order>,
    status: EvidenceStatus,
    alarms: Alarms,
    clock: Clock,
}

impl EvidenceRecorder {
    /// A recorder, and the way on which its orders come.
    pub(super) fn new(
        encoder: PictureEncoder,
        status: EvidenceStatus,
        alarms: Alarms,
        clock: Clock,
    ) -> (Self, Receiver<Order>) {
        let (orders, received) = sync_channel(MOST_UNWRITTEN);
        (Self { encoder, orders, status, alarms, clock }, received)
    }

    /// Encodes the pictures of `passage` and names them in `event`, which is not committed yet. There are none for a passage
    /// that shows nothing new, and while the disk is full: an event promises no picture that is known to be lost.
    pub fn picture(&mut self, passage: &Passage, event: &mut PlateEvent) -> Vec<EncodedPicture> {
        if passage.best_frame.is_some() && self.status.report().disk_full {
            // As many as there would have been.
            self.status.count(|report| report.lost += 1 + u64::from(passage.best_corners.is_some()));
            return Vec::new();
        }
        match self.encoder.encode(passage, event) {
            Ok(pictures) => {
                event.evidence = pictures.iter().map(|picture| self.encoder.told(picture)).collect();
                pictures
            }
            Err(error) => {
                self.lose(2, &format!("evidence pictures cannot be encoded, and events have none: {error}"));
                Vec::new()
            }
        }
    }

    /// Hands over the pictures of an event that is committed.
    pub fn keep(&self, pictures: Vec<EncodedPicture>) {
        let count = pictures.len() as u64;
        if count == 0 {
            return;
        }
        match self.orders.try_send(Order::Keep(pictures)) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.lose(
                    count,
                    "the disk is too slow for the evidence pictures: some are lost, events are not; check the disk",
                );
            }
            Err(TrySendError::Disconnected(_)) => {
                self.lose(
                    count,
                    "evidence pictures are not written any more, which is a bug in gatelpr; restart it and report it",
                );
            }
        }
    }

    /// Asks for room on the disk, because an event found none. Does not wait for it: who asks tries again anyway.
    pub fn make_room(&self) {
        // Where orders wait already, each of them looks for room.
        drop(self.orders.try_send(Order::MakeRoom));
    }

    fn lose(&self, pictures: u64, text: &str) {
        self.status.count(|report| report.lost += pictures);
        self.alarms.raise(AlarmKind::EvidenceFails, text, self.clock.now().wall);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::settings::PictureSettings;
    use crate::evidence::test_pictures::{event_of, passage};

    fn recorder() -> (EvidenceRecorder, Receiver<Order>, Alarms, EvidenceStatus) {
        let encoder = PictureEncoder::new(PictureSettings::default()).expect("an encoder");
        let (status, alarms) = (EvidenceStatus::default(), Alarms::default());
        let (recorder, orders) = EvidenceRecorder::new(encoder, status.clone(), alarms.clone(), Clock::start());
        (recorder, orders, alarms, status)
    }

    #[test]
    fn a_disk_that_is_too_slow_costs_pictures_and_holds_nobody_up() {
        let (mut recorder, orders, alarms, status) = recorder();
        let mut event = event_of(&passage(1));
        let pictures = recorder.picture(&passage(1), &mut event);
        assert_eq!(event.evidence.len(), 2);
        for _ in 0..MOST_UNWRITTEN {
            recorder.keep(pictures.clone());
        }
        assert_eq!(status.report().lost, 0);
        recorder.keep(pictures);
        recorder.make_room();
        assert_eq!(status.report().lost, 2);
        assert_eq!(alarms.standing()[0].kind, AlarmKind::EvidenceFails);
        drop(recorder);
        assert_eq!(orders.iter().count(), MOST_UNWRITTEN);
    }

    #[test]
    fn an_event_promises_no_picture_while_the_disk_is_full() {
        let (mut recorder, _orders, _alarms, status) = recorder();
        status.count(|report| report.disk_full = true);
        let mut event = event_of(&passage(1));
        assert_eq!((recorder.picture(&passage(1), &mut event), event.evidence), (vec![], vec![]));
        assert_eq!(status.report().lost, 2);
    }

    #[test]
    fn an_amendment_without_a_frame_has_no_pictures() {
        let (mut recorder, _orders, _alarms, status) = recorder();
        let amended = Passage { best_frame: None, best_corners: None, ..passage(1) };
        let mut event = event_of(&amended);
        assert_eq!(recorder.picture(&amended, &mut event), []);
        recorder.keep(vec![]);
        assert_eq!((event.evidence.len(), status.report().lost), (0, 0));
    }
}

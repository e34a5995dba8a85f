//! Events sent once more because the platform asked for them.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::atomic::Ordering;

use jiff::Timestamp;

use super::{Destination, Outbox, OutboxError, StoredEvent, database};
use crate::proof::Canonical;
use crate::proof::canonical::SIGNATURE;
use crate::publish::topics;

/// What became of a wish to have events sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restored {
    /// How many were taken from the archive and will be sent.
    pub restored: u64,
    /// How many had not been acknowledged yet and are sent anyway.
    pub waiting: u64,
    /// How many are not in the archive any more.
    pub missing: u64,
}

/// The most events that one wish may name.
pub const MOST_RESTORED: u64 = 100_000;

/// How many archived events are put back in one transaction.
const RESTORED_AT_ONCE: usize = 500;

impl Outbox {
    /// Has events sent to the broker once more, from the archive, marked historical.
    ///
    /// # Errors
    /// [`OutboxError`] when no event can have these numbers, when they are more than [`MOST_RESTORED`], or the disk fails.
    pub fn restore(&self, from_seq: u64, to_seq: u64, now: Timestamp) -> Result<Restored, OutboxError> {
        self.check_given(from_seq, to_seq, MOST_RESTORED)?;
        let asked = to_seq - from_seq + 1;
        let (mut batch, mut result) = (Vec::new(), Restored::default());
        let not_sent_yet = self.owed_numbers(from_seq..=to_seq)?;
        self.0.waiting().asked_again(&(from_seq..=to_seq), &not_sent_yet);
        result.restored += self.owe_again(from_seq..=to_seq)?;
        let mut failure = None;
        self.0.settings.archive.find(from_seq..=to_seq, |seq, json| {
            batch.extend(self.archived_event(seq, json, now));
            if batch.len() >= RESTORED_AT_ONCE && failure.is_none() {
                failure = self.put_back(&std::mem::take(&mut batch)).map(|put| result.restored += put).err();
            }
        })?;
        if let Some(error) = failure {
            return Err(error);
        }
        result.restored += self.put_back(&batch)?;
        let there = self.count_owed(from_seq..=to_seq)?;
        result.waiting = there.saturating_sub(result.restored);
        result.missing = asked.saturating_sub(there);
        self.0.counter(Destination::Broker).restored.notify_one();
        Ok(result)
    }

    /// The event in a line of the archive, unless the line is damaged.
    fn archived_event(&self, seq: u64, json: &str, now: Timestamp) -> Option<StoredEvent> {
        let canonical = Canonical::read(json.as_bytes()).ok()?;
        let signature = canonical.field(SIGNATURE)?.as_str()?;
        let settings = &self.0.settings;
        let mut keys =
            settings.former_keys.iter().copied().chain([settings.key.public(), self.0.inside().key.public()]);
        let signed = canonical.signed_bytes();
        if !keys.any(|key| key.has_signed(&signed, signature)) {
            return None;
        }
        let lane = canonical.field("lane")?.as_str()?;
        Some(StoredEvent { seq, topic: topics::passage(lane), json: json.to_owned(), committed_at: now })
    }

    /// Owes the broker again what is still in the outbox although the broker has had it: events that another destination
    /// waits for, and those that could not be archived.
    fn owe_again(&self, numbers: RangeInclusive<u64>) -> Result<u64, OutboxError> {
        let mut inside = self.0.inside();
        let owed = self.0.used(&mut inside, "putting delivered events back", |inside| {
            database::owe_again(&inside.database, Destination::Broker.bit(), numbers.clone())
        })?;
        self.0.counter(Destination::Broker).depth.fetch_add(owed, Ordering::Relaxed);
        Ok(owed)
    }

    fn put_back(&self, events: &[StoredEvent]) -> Result<u64, OutboxError> {
        let bit = Destination::Broker.bit();
        let mut inside = self.0.inside();
        let put = self.0.used(&mut inside, "putting archived events back", |inside| {
            let transaction = inside.database.transaction()?;
            let mut put = 0;
            for event in events {
                put += u64::from(database::add(&transaction, event, bit, true)?);
            }
            transaction.commit()?;
            Ok(put)
        })?;
        self.0.counter(Destination::Broker).depth.fetch_add(put, Ordering::Relaxed);
        Ok(put)
    }

    fn owed_numbers(&self, numbers: RangeInclusive<u64>) -> Result<BTreeSet<u64>, OutboxError> {
        let mut inside = self.0.inside();
        self.0.used(&mut inside, "reading numbers", |inside| {
            database::owed_numbers(&inside.database, Destination::Broker.bit(), numbers.clone())
        })
    }

    fn count_owed(&self, numbers: RangeInclusive<u64>) -> Result<u64, OutboxError> {
        let mut inside = self.0.inside();
        self.0.used(&mut inside, "counting events", |inside| {
            database::depth_of(&inside.database, Destination::Broker.bit(), numbers.clone())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::OutboxSettings;
    use super::*;
    use crate::proof::DeviceKey;
    use crate::publish::outbox::Destinations;
    use crate::publish::test_passages::event;

    fn noon() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().expect("a valid time")
    }

    fn seqs(outbox: &Outbox, destination: Destination) -> Vec<u64> {
        let waiting = outbox.queue(destination).after(0, 100).expect("it can be read");
        waiting.iter().map(|event| event.seq).collect()
    }

    #[test]
    fn what_could_not_be_archived_waits_for_the_archive_and_can_be_sent_again_meanwhile() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder.path());
        let (path, archive) = (folder.path().join("outbox.db"), folder.path().join("archive"));
        let outbox = Outbox::open(&path, settings.clone()).expect("a new outbox");
        for track in 1..=3 {
            outbox.commit(&event(track), noon()).expect("there is space");
        }
        let queue = outbox.queue(Destination::Broker);
        std::fs::write(&archive, "in the way").expect("there is space");
        queue.settle(&[1, 2], noon()).expect("they can be settled");
        assert_eq!(
            (seqs(&outbox, Destination::Broker), queue.depth()),
            (vec![3], 1),
            "nothing is sent again by itself"
        );
        std::fs::remove_file(&archive).expect("it is there");
        drop((outbox, queue));

        let outbox = Outbox::open(&path, settings.clone()).expect("it was closed");
        let queue = outbox.queue(Destination::Broker);
        let restored = outbox.restore(1, 1, noon()).expect("the numbers are right");
        assert_eq!(restored, Restored { restored: 1, waiting: 0, missing: 0 });
        assert_eq!((seqs(&outbox, Destination::Broker), queue.depth()), (vec![1, 3], 2));
        queue.settle(&[1, 3], noon()).expect("they can be settled");
        let mut archived = Vec::new();
        settings.archive.find(0..=9, |seq, _| archived.push(seq)).expect("it can be read");
        archived.sort_unstable();
        assert_eq!(archived, [1, 2, 3]);
    }

    #[test]
    fn what_only_another_destination_waits_for_is_sent_to_the_broker_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let key = DeviceKey::from_seed(&[1; 32]);
        let destinations = Destinations::broker().and(Destination::Webhook);
        let settings = OutboxSettings { destinations, ..OutboxSettings::new(key, folder.path()) };
        let outbox = Outbox::open(&folder.path().join("outbox.db"), settings).expect("a new outbox");
        outbox.commit(&event(1), noon()).expect("there is space");
        outbox.queue(Destination::Broker).settle(&[1], noon()).expect("it can be settled");
        assert_eq!(outbox.restore(1, 1, noon()).expect("the number is right").restored, 1);
        assert_eq!(seqs(&outbox, Destination::Broker), [1]);
        assert_eq!(seqs(&outbox, Destination::Webhook), [1]);
    }
}

//! What is still in the outbox, for whoever looks back at what passed: the newest first, whether it was delivered or not.

use super::{Outbox, OutboxError, StoredEvent, database};

/// The largest number that the database knows.
const LARGEST: u64 = i64::MAX.unsigned_abs();

impl Outbox {
    /// The events with numbers below `seq` that are still here, the newest first, at most `limit`. It holds up commits for as
    /// long as it reads, so `limit` should be some hundred.
    ///
    /// # Errors
    /// [`OutboxError`] when they cannot be read.
    pub fn newest_below(&self, seq: u64, limit: usize) -> Result<Vec<StoredEvent>, OutboxError> {
        let mut inside = self.0.inside();
        self.0.used(&mut inside, "looking back at events", |inside| {
            database::newest_below(&inside.database, seq.min(LARGEST), limit)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Destination, OutboxSettings};
    use super::*;
    use crate::proof::DeviceKey;
    use crate::publish::test_passages::event;

    #[test]
    fn the_newest_come_first_below_a_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = OutboxSettings::new(DeviceKey::from_seed(&[1; 32]), folder.path());
        let outbox = Outbox::open(&folder.path().join("outbox.db"), settings).expect("a new outbox");
        for track in 1..=4 {
            outbox.commit(&event(track), jiff::Timestamp::UNIX_EPOCH).expect("there is space");
        }
        outbox.queue(Destination::Broker).settle(&[2], jiff::Timestamp::UNIX_EPOCH).expect("it can be settled");
        let seqs = |below, limit| -> Vec<u64> {
            outbox.newest_below(below, limit).expect("they can be read").iter().map(|event| event.seq).collect()
        };
        assert_eq!((seqs(u64::MAX, 9), seqs(4, 1), seqs(1, 9)), (vec![4, 3, 1], vec![3], vec![]));
    }
}

//! Which messages of an event were taken while others were not, so that they are not sent again with these: a display
//! should not act twice because an access list forgets another system's topic.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most events remembered. A topic that is refused for long may leave thousands; what is forgotten is only sent once more.
const MOST: usize = 4096;

/// By event: the topics that were taken. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken(Arc<Mutex<BTreeMap<u64, Vec<String>>>>);

impl Taken {
    pub(super) fn has(&self, seq: u64, topic: &str) -> bool {
        self.events().get(&seq).is_some_and(|topics| topics.iter().any(|taken| taken == topic))
    }

    pub(super) fn note(&self, seq: u64, topic: String) {
        let mut events = self.events();
        events.entry(seq).or_default().push(topic);
        if events.len() > MOST {
            events.pop_first();
        }
    }

    pub(super) fn forget(&self, seq: u64) {
        self.events().remove(&seq);
    }

    fn events(&self) -> MutexGuard<'_, BTreeMap<u64, Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_known_until_all_of_the_event_is() {
        let taken = Taken::default();
        taken.note(7, "a".into());
        assert!(taken.has(7, "a") && !taken.has(7, "b") && !taken.has(8, "a"));
        taken.forget(7);
        assert!(!taken.has(7, "a"));
    }

    #[test]
    fn only_so_many_events_are_remembered() {
        let taken = Taken::default();
        (1..=5000).for_each(|seq| taken.note(seq, "a".into()));
        assert_eq!(taken.events().len(), MOST);
        assert!(taken.has(5000, "a") && !taken.has(1, "a"));
    }
}

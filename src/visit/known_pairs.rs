//! Which trailer each tractor had the last time.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::plate::PlateText;

/// A tractor and its trailer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPair {
    /// The key of the tractor's plate.
    pub tractor: Arc<str>,
    /// The trailer's plate.
    pub trailer: PlateText,
}

/// The last trailers of the tractors that came last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownPairs {
    trailers: BTreeMap<Arc<str>, Known>,
    /// The tractors by the number of their last change.
    order: BTreeMap<u64, Arc<str>>,
    changes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    trailer: PlateText,
    change: u64,
}

impl KnownPairs {
    /// So many tractors are known; of more, those whose trailer has not changed for longest are forgotten. A crossing with
    /// a thousand lorries a day sees fewer different tractors in a month, and these take 4 MB.
    pub const MOST: usize = 20_000;

    /// The last trailer of a tractor.
    #[must_use]
    pub fn trailer_of(&self, tractor: &str) -> Option<&PlateText> {
        self.trailers.get(tractor).map(|known| &known.trailer)
    }

    /// Puts a pair in the place of the tractor's last one.
    pub fn put(&mut self, pair: KnownPair) {
        self.changes = self.changes.saturating_add(1);
        let known = Known { trailer: pair.trailer, change: self.changes };
        self.order.insert(self.changes, pair.tractor.clone());
        if let Some(before) = self.trailers.insert(pair.tractor, known) {
            self.order.remove(&before.change);
        }
        if self.trailers.len() > Self::MOST
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.trailers.remove(&oldest);
        }
    }

    /// Takes back what was put for a tractor: `trailer` was its last one, if it had one.
    pub fn restore(&mut self, tractor: &str, trailer: Option<PlateText>) {
        if let Some(known) = self.trailers.remove(tractor) {
            self.order.remove(&known.change);
        }
        if let Some(trailer) = trailer {
            self.put(KnownPair { tractor: tractor.into(), trailer });
        }
    }

    /// All pairs, those first that changed first.
    pub fn iter(&self) -> impl Iterator<Item = KnownPair> {
        self.order.values().filter_map(|tractor| {
            let trailer = self.trailer_of(tractor)?.clone();
            Some(KnownPair { tractor: tractor.clone(), trailer })
        })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.trailers.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.trailers.is_empty()
    }
}

impl Extend<KnownPair> for KnownPairs {
    fn extend<T: IntoIterator<Item = KnownPair>>(&mut self, pairs: T) {
        pairs.into_iter().for_each(|pair| self.put(pair));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(tractor: &str, trailer: usize) -> KnownPair {
        let trailer = PlateText::normalised(&format!("51R{trailer:05}")).expect("a plate text");
        KnownPair { tractor: tractor.into(), trailer }
    }

    #[test]
    fn a_tractor_has_its_last_trailer() {
        let mut pairs = KnownPairs::default();
        pairs.extend([pair("a", 1), pair("b", 2), pair("a", 3)]);
        assert_eq!(pairs.trailer_of("a"), Some(&pair("a", 3).trailer));
        assert_eq!(pairs.iter().collect::<Vec<_>>(), [pair("b", 2), pair("a", 3)]);
        assert_eq!(pairs.trailer_of("c"), None);
    }

    #[test]
    fn of_too_many_the_one_that_changed_first_is_forgotten() {
        let mut pairs = KnownPairs::default();
        let tractor = |number: usize| pair(&format!("VN-12C{number:05}"), number);
        pairs.extend((0..KnownPairs::MOST).map(tractor));
        pairs.put(pair("VN-12C00000", 7));
        pairs.put(tractor(KnownPairs::MOST));
        assert_eq!((pairs.len(), pairs.order.len()), (KnownPairs::MOST, KnownPairs::MOST));
        assert!(pairs.trailer_of("VN-12C00000").is_some(), "it changed a moment ago");
        assert_eq!(pairs.trailer_of("VN-12C00001"), None);
    }
}

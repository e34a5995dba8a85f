//! What was told of a track: it is told again only if something that matters is different.

use crate::consensus::AgreedPlate;
use crate::passage::{Direction, NoReadReason, Passage};
use crate::plate::LaneName;
use crate::trigger::TriggerId;

/// The content of the last passage that was told of a track whose vehicle had gone.
#[derive(Debug, Clone)]
pub struct Told {
    /// The plate, or why there was none.
    pub plate: Result<AgreedPlate, NoReadReason>,
    /// The lane in which it passed.
    pub lane: LaneName,
    /// The way it went.
    pub direction: Option<Direction>,
    /// The last of the triggers that it answered.
    pub last_trigger: Option<TriggerId>,
}

impl Told {
    /// What `passage` tells.
    #[must_use]
    pub fn of(passage: &Passage) -> Self {
        Self {
            plate: passage.plate.clone(),
            lane: passage.lane.clone(),
            direction: passage.direction,
            last_trigger: last_trigger(passage),
        }
    }

    /// Whether `passage` tells something else: another plate, a reason, a lane, a way, or a trigger more. Seeing the same vehicle for
    /// longer, or surer of its plate, is no news.
    #[must_use]
    pub fn differs_from(&self, passage: &Passage) -> bool {
        let plate = match (&self.plate, &passage.plate) {
            (Ok(told), Ok(now)) => told.text != now.text,
            (Err(told), Err(now)) => told != now,
            _ => true,
        };
        plate
            || self.lane != passage.lane
            || self.direction != passage.direction
            || self.last_trigger != last_trigger(passage)
    }

    /// `passage` without taking back what was told: doubt that comes later makes a plate neither unread nor a way unknown.
    #[must_use]
    pub fn keep(&self, mut passage: Passage) -> Passage {
        if let (Ok(told), Err(_)) = (&self.plate, &passage.plate) {
            passage.plate = Ok(told.clone());
        }
        passage.direction = passage.direction.or(self.direction);
        passage
    }
}

fn last_trigger(passage: &Passage) -> Option<TriggerId> {
    passage.triggers.last().map(|trigger| trigger.id.clone())
}

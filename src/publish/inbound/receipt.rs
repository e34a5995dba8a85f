//! The platform's own receipt of events, for proof from end to end. Not here: what is still unconfirmed (the outbox knows).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::gatekeeper::InboundMessage;
use super::number_book::LARGEST;
use super::refusal::{Reason, Refusal};

/// The platform has these events: one range of numbers (`from_seq` and `to_seq`), or several (`ranges`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The first number of the range.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_seq: Option<u64>,
    /// The last number of the range.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_seq: Option<u64>,
    /// Several ranges.
    #[schemars(length(min = 1, max = 1000))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Vec<SeqRange>>,
}

/// Events with numbers from one to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeqRange {
    /// The first.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub from_seq: u64,
    /// The last.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    pub to_seq: u64,
}

/// Most ranges in one receipt.
const MOST_RANGES: usize = 1000;

impl SeqRange {
    /// A range that is one.
    ///
    /// # Errors
    /// [`Refusal`] when it is empty, begins at 0, or is beyond every number.
    pub fn new(from_seq: u64, to_seq: u64) -> Result<Self, Refusal> {
        if from_seq == 0 || from_seq > to_seq || to_seq > LARGEST {
            let text = format!(
                "{from_seq} to {to_seq} is no range of event numbers: they begin at 1, and the second is not the smaller"
            );
            return Err(Refusal::new(Reason::Malformed, text));
        }
        Ok(Self { from_seq, to_seq })
    }
}

impl Receipt {
    /// Its ranges, each of which is one.
    ///
    /// # Errors
    /// [`Refusal`] when it has none, too many, or one that is none.
    pub fn checked_ranges(&self) -> Result<Vec<SeqRange>, Refusal> {
        let given = match (self.from_seq, self.to_seq, &self.ranges) {
            (Some(from_seq), Some(to_seq), None) => vec![SeqRange { from_seq, to_seq }],
            (None, None, Some(ranges)) if (1..=MOST_RANGES).contains(&ranges.len()) => ranges.clone(),
            _ => {
                let text = "a receipt has `from_seq` and `to_seq`, or `ranges` with 1 to 1000 of such pairs";
                return Err(Refusal::new(Reason::Malformed, text));
            }
        };
        given.iter().map(|range| SeqRange::new(range.from_seq, range.to_seq)).collect()
    }
}

impl InboundMessage for Receipt {
    const WHAT: &'static str = "receipt";

    fn gate(&self) -> Option<&str> {
        None
    }

    fn signature(&self) -> Option<&str> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_a_range_or_a_list_of_ranges_and_nothing_else() {
        let check = |json: &str, expect: Option<&[(u64, u64)]>| {
            let ranges = serde_json::from_str::<Receipt>(json).ok().and_then(|receipt| receipt.checked_ranges().ok());
            let ranges: Option<Vec<_>> =
                ranges.map(|ranges| ranges.iter().map(|range| (range.from_seq, range.to_seq)).collect());
            assert_eq!(ranges.as_deref(), expect, "{json}");
        };
        check(r#"{"from_seq":1,"to_seq":50}"#, Some(&[(1, 50)]));
        check(r#"{"ranges":[{"from_seq":1,"to_seq":1},{"from_seq":3,"to_seq":9}]}"#, Some(&[(1, 1), (3, 9)]));
        for wrong in [
            "{}",
            "[]",
            r#"{"from_seq":1}"#,
            r#"{"from_seq":0,"to_seq":5}"#,
            r#"{"from_seq":6,"to_seq":5}"#,
            r#"{"from_seq":1,"to_seq":9007199254740992}"#,
            r#"{"from_seq":-1,"to_seq":5}"#,
            r#"{"from_seq":1,"from_seq":2,"to_seq":5}"#,
            r#"{"from_seq":1,"to_seq":5,"ranges":[]}"#,
            r#"{"ranges":[]}"#,
            r#"{"from_seq":1,"to_seq":5,"seq":5}"#,
        ] {
            check(wrong, None);
        }
    }
}

//! Which events are asked for.

use std::borrow::Cow;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use uuid::Uuid;

use crate::publish::dossier_wire::MatchKind;
use crate::publish::event::Status;
use crate::publish::utc_time::UtcTime;

/// Which events are asked for: those that fit everything that is given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// What their plate says.
    pub plate: Option<PlatePattern>,
    /// Their lane.
    pub lane: Option<String>,
    /// Their vehicle was seen best at this time or later.
    pub from: Option<Timestamp>,
    /// Their vehicle was seen best before this time.
    pub to: Option<Timestamp>,
    /// What the declared list says of them.
    pub declared: Option<MatchKind>,
    /// Their status.
    pub status: Option<Status>,
}

/// A part of a plate: characters, `?` for any one and `*` for any number of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatePattern(Vec<char>);

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a plate to look for has 1 to {longest} letters and digits, with ? for any one and * for any number of them", longest = PlatePattern::LONGEST)]
pub struct InvalidPattern;

/// What of an event is looked at.
#[derive(Debug, Deserialize)]
pub(super) struct Row<'a> {
    pub(super) event_id: Uuid,
    pub(super) revision: u32,
    pub(super) seq: u64,
    #[serde(borrow)]
    lane: Cow<'a, str>,
    status: Status,
    best_seen: UtcTime,
    #[serde(borrow)]
    plate: Option<RowPlate<'a>>,
    #[serde(default)]
    declared: Option<RowDeclared>,
}

#[derive(Debug, Deserialize)]
struct RowPlate<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
    #[serde(borrow)]
    key: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
struct RowDeclared {
    #[serde(rename = "match")]
    kind: MatchKind,
}

impl Filter {
    /// Whether what fits can be in the archive of this day (UTC). What passed is archived when it is delivered, so later, and a
    /// day more is looked at for clocks that were set back meanwhile.
    pub(super) fn may_be_archived_on(&self, day: Option<Date>) -> bool {
        let first = self.from.map(|from| from.to_zoned_datetime(TimeZone::UTC).date().saturating_sub(1.day()));
        first.zip(day).is_none_or(|(first, day)| day >= first)
    }

    pub(super) fn fits(&self, row: &Row<'_>) -> bool {
        let best_seen = row.best_seen.timestamp();
        let fits_plate = |pattern: &PlatePattern| {
            row.plate.as_ref().is_some_and(|plate| pattern.is_in(&plate.text) || pattern.is_in(&plate.key))
        };
        self.lane.as_ref().is_none_or(|lane| *lane == row.lane)
            && self.status.is_none_or(|status| status == row.status)
            && self.from.is_none_or(|from| best_seen >= from)
            && self.to.is_none_or(|to| best_seen < to)
            && self.declared.is_none_or(|kind| row.declared.as_ref().is_some_and(|declared| declared.kind == kind))
            && self.plate.as_ref().is_none_or(fits_plate)
    }
}

/// When the vehicle of an event was first seen: its id begins with that time.
pub(super) fn first_seen(event_id: Uuid) -> Option<Timestamp> {
    let (seconds, _) = event_id.get_timestamp()?.to_unix();
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

impl PlatePattern {
    /// Longest pattern, in characters: no plate or key has more.
    const LONGEST: usize = 32;

    /// Whether some part of `text` is like this. Separators do not count, in neither.
    fn is_in(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
        (0..=text.len()).any(|start| begins(&text[start..], &self.0))
    }
}

/// Whether `text` begins like `pattern`. Where a `*` leads nowhere, the last one is tried with one character more.
fn begins(text: &[char], pattern: &[char]) -> bool {
    let (mut at, mut of, mut last_star) = (0, 0, None);
    while of < pattern.len() {
        match pattern[of] {
            '*' => {
                last_star = Some((at, of));
                of += 1;
            }
            wanted if at < text.len() && (wanted == '?' || wanted == text[at]) => {
                at += 1;
                of += 1;
            }
            _ => match last_star {
                Some((from, star)) if from < text.len() => {
                    last_star = Some((from + 1, star));
                    (at, of) = (from + 1, star + 1);
                }
                _ => return false,
            },
        }
    }
    true
}

impl TryFrom<&str> for PlatePattern {
    type Error = InvalidPattern;

    fn try_from(text: &str) -> Result<Self, InvalidPattern> {
        let counts = |c: &char| c.is_alphanumeric() || matches!(c, '*' | '?');
        let pattern: Vec<char> = text.chars().flat_map(char::to_uppercase).filter(counts).collect();
        let has_character = pattern.iter().any(|c| *c != '*');
        if has_character && pattern.len() <= Self::LONGEST { Ok(Self(pattern)) } else { Err(InvalidPattern) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_plate_is_found_with_and_without_wildcards() {
        let found = |pattern: &str, text: &str| PlatePattern::try_from(pattern).expect("a pattern").is_in(text);
        for (pattern, text) in [
            ("12c", "12C12345"),
            ("12C-123.45", "12C12345"),
            ("C?2", "12C12345"),
            ("12*45", "12C12345"),
            ("1*5", "12C12345"),
            ("*345", "12C12345"),
            ("1?3", "12C12345"),
            ("桂F", "桂F12345"),
            ("cn-gui", "CN-GUI-F12345"),
            ("1*1*1", "12131"),
        ] {
            assert!(found(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("12D", "12C12345"), ("12*46", "12C12345"), ("5?", "12C12345"), ("123456789?", "12C12345")]
        {
            assert!(!found(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_would_find_everything_or_is_too_long_is_no_pattern() {
        for text in ["", "***", "-.", &"1".repeat(33)] {
            assert_eq!(PlatePattern::try_from(text), Err(InvalidPattern), "{text}");
        }
    }
}

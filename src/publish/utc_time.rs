//! A moment on the wire: RFC 3339, UTC, milliseconds, always the same 24 characters.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment with millisecond precision, written like `2026-11-24T03:14:07.120Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UtcTime(Timestamp);

impl UtcTime {
    /// `at` without what is finer than a millisecond.
    #[must_use]
    pub fn new(at: Timestamp) -> Self {
        Self(Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at))
    }

    /// The moment.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl Serialize for UtcTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", self.0))
    }
}

impl<'de> Deserialize<'de> for UtcTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map(Self::new).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for UtcTime {
    fn schema_name() -> Cow<'static, str> {
        "UtcTime".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_always_has_three_digits_after_the_second() {
        for (given, written) in [
            ("2026-11-24T03:14:07Z", "2026-11-24T03:14:07.000Z"),
            ("2026-11-24T10:14:07.120999+07:00", "2026-11-24T03:14:07.120Z"),
        ] {
            let time = UtcTime::new(given.parse().expect("a valid time"));
            let json = serde_json::to_string(&time).expect("a time can be written");
            assert_eq!(json, format!("{written:?}"));
            assert_eq!(serde_json::from_str::<UtcTime>(&json).expect("what was written can be read"), time);
        }
    }
}

//! Topic names under the configurable root. The names in them are checked already: each is one level without wildcards.

use std::fmt;

use crate::plate::SiteName;

/// What every topic of one gate begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicRoot(String);

impl TopicRoot {
    /// The root unless the operator chose another.
    pub const DEFAULT_TEMPLATE: &'static str = "gatelpr/v1/{site}/{gate}";

    /// `template` with `{site}` and `{gate}` filled in.
    ///
    /// # Errors
    /// [`InvalidTopicRoot`] when the result cannot begin a topic.
    pub fn expand(template: &str, site: &SiteName, gate: &SiteName) -> Result<Self, InvalidTopicRoot> {
        let root = template.replace("{site}", site.as_str()).replace("{gate}", gate.as_str());
        match root_fault(&root) {
            None => Ok(Self(root)),
            Some(fault) => Err(InvalidTopicRoot { root, fault }),
        }
    }

    /// The root as text, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this root is `other`, or a topic below it.
    #[must_use]
    pub fn lies_in(&self, other: &Self) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The whole topic of what stands at `suffix` under the root.
    #[must_use]
    pub fn join(&self, suffix: &str) -> String {
        format!("{}/{suffix}", self.0)
    }
}

impl fmt::Display for TopicRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where the gate's own state stands under the root: `status`, retained.
pub const STATUS: &str = "status";

/// Where commands come in under the root: `command`.
pub const COMMAND: &str = "command";

/// Where the list of declared vehicles comes in under the root: `declared`, retained.
pub const DECLARED: &str = "declared";

/// Where the platform confirms events under the root: `receipt`.
pub const RECEIPT: &str = "receipt";

/// Where the gate tells how it fares, under the root: `health`, not retained.
pub const HEALTH: &str = "health";

/// Where `gatelpr doctor` sends a message to itself, under the root: `doctor`, not retained.
pub const DOCTOR: &str = "doctor";

/// Where the passages of the lane of this name stand under the root: `lane/{lane}/passage`.
#[must_use]
pub fn passage(lane: &str) -> String {
    format!("lane/{lane}/passage")
}

/// Where live readings of the lane of this name stand under the root: `lane/{lane}/sighting`, not retained.
#[must_use]
pub fn sighting(lane: &str) -> String {
    format!("lane/{lane}/sighting")
}

/// Where it is told that a vehicle on a list is in the lane of this name, under the root: `lane/{lane}/list_hit`, not retained.
#[must_use]
pub fn list_hit(lane: &str) -> String {
    format!("lane/{lane}/list_hit")
}

/// Where the traffic in the lane of this name stands under the root: `lane/{lane}/traffic`, retained.
#[must_use]
pub fn traffic(lane: &str) -> String {
    format!("lane/{lane}/traffic")
}

/// Where a picture that was asked for is sent under the root: `snapshot/{camera}`, not retained.
#[must_use]
pub fn snapshot(camera: &str) -> String {
    format!("snapshot/{camera}")
}

/// Where a picture of an event stands under the root: `evidence/{event_id}/{kind}`.
#[must_use]
pub fn evidence(event_id: impl fmt::Display, kind: &str) -> String {
    format!("evidence/{event_id}/{kind}")
}

/// Why a text cannot begin topics.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the topic root {root:?} {fault}; write it like {:?}", TopicRoot::DEFAULT_TEMPLATE)]
pub struct InvalidTopicRoot {
    /// The root with its placeholders filled in.
    pub root: String,
    /// What is wrong with it.
    pub fault: &'static str,
}

/// Longest root accepted, in bytes. Brokers take 65,535 for a whole topic; people read these.
const MAX_ROOT_BYTES: usize = 512;

fn root_fault(root: &str) -> Option<&'static str> {
    if root.is_empty() {
        Some("is empty")
    } else if root.len() > MAX_ROOT_BYTES {
        Some("is longer than 512 bytes")
    } else if root.starts_with('$') {
        Some("starts with '$', which brokers keep for themselves")
    } else if root.contains(['+', '#']) {
        Some("has a wildcard ('+' or '#'), which only subscribers may use")
    } else if root.contains(['{', '}']) {
        Some("has a placeholder other than {site} and {gate}")
    } else if root.chars().any(|c| c.is_control() || c.is_whitespace()) {
        Some("has white space or a control character")
    } else if root.split('/').any(str::is_empty) {
        Some("has an empty level (a slash at an end, or two in a row)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expect: Result<&str, &str>) {
        let (site, gate) = (SiteName::try_from("huu-nghi"), SiteName::try_from("g1"));
        let (site, gate) = (site.expect("a valid name"), gate.expect("a valid name"));
        match (TopicRoot::expand(template, &site, &gate), expect) {
            (Ok(root), Ok(text)) => assert_eq!(root.as_str(), text),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (got, _) => panic!("{template:?} gave {got:?}, not {expect:?}"),
        }
    }

    #[test]
    fn a_root_is_filled_in_or_refused_with_the_reason() {
        check(TopicRoot::DEFAULT_TEMPLATE, Ok("gatelpr/v1/huu-nghi/g1"));
        check("lpr", Ok("lpr"));
        check("", Err("is empty"));
        check("$SYS/{gate}", Err("brokers keep"));
        check("a/#", Err("wildcard"));
        check("a/{lane}", Err("placeholder other"));
        check("a b", Err("white space"));
        check("/a", Err("empty level"));
        check("a//b", Err("empty level"));
        check("a/", Err("empty level"));
    }

    #[test]
    fn a_root_lies_in_itself_and_in_what_stands_before_a_slash() {
        let lies_in = |one: &str, other: &str| TopicRoot(one.into()).lies_in(&TopicRoot(other.into()));
        assert!(lies_in("a/b", "a/b") && lies_in("a/b/c", "a/b"));
        assert!(!lies_in("a/bc", "a/b") && !lies_in("a", "a/b"));
    }

    #[test]
    fn a_passage_stands_under_its_lane() {
        assert_eq!(TopicRoot("r".into()).join(&passage("in-2")), "r/lane/in-2/passage");
    }
}

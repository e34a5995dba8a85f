//! What a gate is told over MQTT, and what it replies, on the wire.
//!
//! A command comes on the topic `command` under the root; its reply goes to the command's response topic (MQTT 5), or to
//! the topic in its `reply_to` (3.1.1), with the command's correlation data. Without either nobody asked for a reply.
//! Not here: what is done about it (`inbound::desk`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::inbound::InboundMessage;
use super::utc_time::UtcTime;

/// A command to the gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// What is to be done.
    pub command: CommandName,
    /// `trigger`: the lane in which a vehicle is. `snapshot`: the lane whose camera's picture is wanted.
    #[serde(default)]
    pub lane: Option<String>,
    /// `snapshot`: the camera whose picture is wanted.
    #[serde(default)]
    pub camera: Option<String>,
    /// `trigger`: a name for it, which its event will carry; the gate gives one if it is absent.
    #[serde(default)]
    pub id: Option<String>,
    /// `trigger`: how long the lane is read, in seconds; as the lane is configured, if absent.
    #[schemars(range(min = 0.5, max = 120))]
    #[serde(default)]
    pub seconds: Option<f64>,
    /// `resend`: the first event that is sent again.
    #[schemars(range(min = 1))]
    #[serde(default)]
    pub from_seq: Option<u64>,
    /// `resend`: the last event that is sent again; at most 100,000 are.
    #[schemars(range(min = 1))]
    #[serde(default)]
    pub to_seq: Option<u64>,
    /// `correct`: the event whose plate was read wrong.
    #[serde(default)]
    pub event_id: Option<Uuid>,
    /// `correct`: what its plate says, with separators or without.
    #[serde(default)]
    pub text: Option<String>,
    /// A signed command: higher than that of every signed command before it. A time in milliseconds will do.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_u64))]
    #[serde(default)]
    pub number: Option<u64>,
    /// `site/gate` or `site`; a signed command must have it.
    #[serde(default)]
    pub gate: Option<String>,
    /// Where the reply goes, for clients of MQTT 3.1.1; those of MQTT 5 set a response topic instead.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Comes back in the reply, for clients of MQTT 3.1.1; those of MQTT 5 set correlation data instead.
    #[serde(default)]
    pub correlation: Option<String>,
    /// `ed25519:…`: signature (base64) of the canonical JSON (RFC 8785) without this field; needed where the gate's config
    /// names trusted keys.
    #[serde(default)]
    pub signature: Option<String>,
}

impl InboundMessage for Command {
    const WHAT: &'static str = "command";

    fn gate(&self) -> Option<&str> {
        self.gate.as_deref()
    }

    fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommandName {
    /// Reply that the gate is there.
    Ping,
    /// A vehicle is in a lane: read it, and answer with an event even if nothing was readable.
    Trigger,
    /// Send events again that were delivered before.
    Resend,
    /// A person has seen what the plate of an event really says: send its next revision.
    Correct,
    /// Send the newest picture of a camera.
    Snapshot,
    /// Read the config file again, and go on with it if it is right: only what it changes begins anew.
    Reload,
}

/// The reply to a command; and to a declared list or a receipt that came with a response topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CommandReply {
    /// Whether it was done, or is under way.
    pub ok: bool,
    /// When.
    pub at: UtcTime,
    /// What was wrong with it; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// `trigger`: its name, which the event carries in `triggers`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger_id: Option<String>,
    /// `trigger`: its event comes within so many seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_within_s: Option<f64>,
    /// `resend`: how many events come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coming: Option<u64>,
    /// `resend`: how many of those asked for are not kept any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<u64>,
    /// `correct`: the number of the corrected event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// `correct`: its revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u32>,
    /// `snapshot`: the picture that comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<SnapshotReply>,
    /// `reload`: what begins anew, such as `camera yard`, `lane in-2`, `models` or `broker`; `everything` where that is the whole run,
    /// and nothing where the file says the same as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Vec<String>>,
    /// A declared list: the version that is in use now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The command's `correlation`, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
}

/// A picture that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotReply {
    /// The whole topic on which it comes, before this reply: a JPEG, not retained.
    pub topic: String,
    /// The camera that took it.
    pub camera: String,
    /// When it was taken.
    pub taken_at: UtcTime,
    /// How long ago that was, in whole milliseconds: long when the camera is lost.
    pub age_ms: u64,
    /// Size of the JPEG.
    pub bytes: u64,
    /// Width and height, in pixels.
    pub size_px: [u32; 2],
}

impl CommandReply {
    /// It was done, or is under way.
    #[must_use]
    pub fn done(at: UtcTime) -> Self {
        Self {
            ok: true,
            at,
            error: None,
            trigger_id: None,
            answered_within_s: None,
            coming: None,
            missing: None,
            seq: None,
            revision: None,
            snapshot: None,
            changed: None,
            version: None,
            correlation: None,
        }
    }

    /// It was not, for this reason.
    #[must_use]
    pub fn refused(at: UtcTime, error: String) -> Self {
        Self { ok: false, error: Some(error), ..Self::done(at) }
    }
}

//! What comes in over MQTT: commands, the list of declared vehicles, the platform's receipts. Hostile until shown otherwise.
//!
//! ```text
//! broker ─▶ Reception: size, rate ─bounded─▶ inbound thread: JSON, schema ▸ signature ▸ gate ▸ age ─▶ desk, declared_store, outbox
//!              ▲                                                                                          │
//!              └────────────────────────────── replies, bounded ◀─────────────────────────────────────────┘
//! ```
//!
//! * [`gatekeeper`]: who is let in; [`refusal`]: why not, and how many
//! * [`number_book`]: the last accepted numbers, so that a replay is told without a clock
//! * [`desk`]: does what commands say; `snapshot`: a picture for whoever asks; [`mod@reload`]: who reads the config again
//! * [`declared_message`], `declared_file`, [`declared_store`]: the declared list on the wire, on disk, in use;
//!   `declared_keeper`: from the broker or from a file, and how old it is
//! * [`receipt`], [`receipt_watch`]: what the platform has confirmed, and how long it takes
//! * [`reception`]: the way from the broker to the thread that does all this, and back
//!
//! Not here: the wire form of commands (`publish::command`), what a trigger does, what a declared vehicle means for a plate.

mod declared_file;
mod declared_keeper;
pub mod declared_message;
pub mod declared_store;
pub mod desk;
pub mod gatekeeper;
pub mod number_book;
pub mod receipt;
pub mod receipt_watch;
pub mod reception;
pub mod refusal;
pub mod reload;
mod snapshot;
#[cfg(test)]
mod test_messages;

pub use declared_keeper::DeclaredSettings;
pub use declared_message::{DeclaredEntry, DeclaredMessage};
pub use declared_store::{DeclaredHealth, DeclaredStore, DeclaredView};
pub use desk::{CommandDesk, DeskSettings, LaneCameras};
pub use gatekeeper::{Door, Gatekeeper, InboundMessage};
pub use number_book::NumberBook;
pub use receipt::{Receipt, SeqRange};
pub use receipt_watch::{ReceiptsHealth, ReceiptsView};
pub use reception::{InboundSettings, InboundView, Reception};
pub use refusal::{InboundCounts, Reason, Refusal, TopicHealth};
pub use reload::{Reload, ReloadRefused, Reloading};

pub(super) use gatekeeper::shortened;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::topics;

/// Where something can come in, under the gate's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InboundTopic {
    /// What the gate is told to do.
    Command,
    /// The list of declared vehicles.
    Declared,
    /// What the platform has of the events.
    Receipt,
}

impl InboundTopic {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Command, Self::Declared, Self::Receipt];

    /// Its name under the root.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Command => topics::COMMAND,
            Self::Declared => topics::DECLARED,
            Self::Receipt => topics::RECEIPT,
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

/// What came in since the start, by topic, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InboundHealth {
    /// Messages on `command`.
    pub command: TopicHealth,
    /// Messages on `declared`.
    pub declared: TopicHealth,
    /// Messages on `receipt`.
    pub receipt: TopicHealth,
    /// Replies that were not sent because too many waited.
    pub replies_dropped: u64,
    /// The declared list in use.
    pub declared_list: DeclaredHealth,
    /// What the platform has confirmed; null before its first receipt.
    pub receipts: Option<ReceiptsHealth>,
}

//! What can go wrong with a broker, in the operator's words.

use std::time::Duration;

use crate::tls::TlsError;

/// Why the broker did not do what was asked. Every text names the broker as `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MqttError {
    /// No connection could be made.
    #[error(
        "the broker {broker} cannot be reached: {reason}; check its address, and that it runs and accepts connections from here"
    )]
    Unreachable {
        /// The broker.
        broker: String,
        /// What the network said.
        reason: String,
    },
    /// The two sides did not agree on TLS.
    #[error("no encrypted connection to the broker {broker}: {reason}")]
    Tls {
        /// The broker.
        broker: String,
        /// What stands between, and what to do.
        reason: String,
    },
    /// A certificate file on this side is of no use.
    #[error(transparent)]
    Certificate(#[from] TlsError),
    /// The connection was ended in good order, because the certificates on this side have changed.
    #[error("the certificates have changed, so the connection to the broker {broker} is made anew")]
    Renewed {
        /// The broker.
        broker: String,
    },
    /// The broker does not speak this version of MQTT, or closed the connection as soon as it was spoken to.
    #[error("the broker {broker} does not speak MQTT {version} ({reason}); choose another protocol")]
    OtherProtocol {
        /// The broker.
        broker: String,
        /// What was spoken.
        version: &'static str,
        /// What the broker answered.
        reason: String,
    },
    /// The broker answered and refused.
    #[error("the broker {broker} refuses the connection: {reason}; check user, password and client id")]
    Refused {
        /// The broker.
        broker: String,
        /// What the broker answered.
        reason: String,
    },
    /// The broker did not answer in time.
    #[error("the broker {broker} did not answer within {patience:?}; check that it runs and is not overloaded")]
    Silent {
        /// The broker.
        broker: String,
        /// How long it was waited for.
        patience: Duration,
    },
    /// The connection was made, and ended.
    #[error("the connection to the broker {broker} was lost: {reason}")]
    Lost {
        /// The broker.
        broker: String,
        /// What the network said.
        reason: String,
    },
    /// The broker sent something larger than this client takes, which ends the connection.
    #[error(
        "the broker {broker} sent a message that is larger than a declared list may be, so the connection is made anew; see \
         `declared_max_mib` in [inbound]"
    )]
    TooLarge {
        /// The broker.
        broker: String,
    },
    /// The broker took a message or subscription and refused it.
    #[error("the broker {broker} refuses {what}: {reason}; check what this user is allowed to do there")]
    Rejected {
        /// The broker.
        broker: String,
        /// The topic or filter.
        what: String,
        /// What the broker answered.
        reason: String,
    },
}

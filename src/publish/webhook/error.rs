//! What can go wrong with a webhook, in the operator's words. Addresses are shown without their query, which may hold a
//! secret.

use std::time::Duration;

/// Why a webhook did not take an event. Every text names its address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The secret cannot be read any more.
    #[error("cannot read the secret of the webhook {url} from {place}: {why}; [webhook] says where it is")]
    Secret {
        /// The webhook.
        url: String,
        /// The file or the variable.
        place: String,
        /// The reason.
        why: String,
    },
    /// The certificates that it is checked with cannot be used.
    #[error("the webhook {url} cannot be checked: {why}")]
    Certificates {
        /// The webhook.
        url: String,
        /// The reason.
        why: String,
    },
    /// No connection could be made, or none that can be trusted.
    #[error("the webhook {url} cannot be reached: {reason}; check its address, its certificate, and that it runs")]
    Unreachable {
        /// The webhook.
        url: String,
        /// What the network or TLS said.
        reason: String,
    },
    /// It took the request and did not answer in time.
    #[error("the webhook {url} did not answer within {patience:?}; it must answer before it works on an event")]
    Silent {
        /// The webhook.
        url: String,
        /// How long it was waited for.
        patience: Duration,
    },
    /// The connection ended without an answer.
    #[error("the webhook {url} gave no answer: {reason}")]
    Broken {
        /// The webhook.
        url: String,
        /// What happened.
        reason: String,
    },
    /// It answered that it cannot now.
    #[error("the webhook {url} answers {status}: it cannot take events now")]
    Unwell {
        /// The webhook.
        url: String,
        /// Its answer.
        status: u16,
    },
    /// It points elsewhere.
    #[error(
        "the webhook {url} answers {status} with another address, which is not followed; put that address into `url` in [webhook]"
    )]
    Redirects {
        /// The webhook.
        url: String,
        /// Its answer.
        status: u16,
    },
    /// It refused this event.
    #[error(
        "the webhook {url} refuses the event {id} with {status}; check the address, the secret, and what the receiver expects"
    )]
    Refused {
        /// The webhook.
        url: String,
        /// The event and its revision.
        id: String,
        /// Its answer.
        status: u16,
    },
}

//! What the client's errors mean: whether the broker refused, does not speak this version, or cannot be reached.

use crate::publish::mqtt_error::MqttError;

pub(super) fn not_accepted_v5(error: mqtt5::ConnectionError, broker: String) -> MqttError {
    use mqtt5::{ConnectReturnCode as Code, ConnectionError as E};
    let closed = super::io_v5(&error).is_some_and(was_closed);
    let reason = super::reason_v5(&error) + if closed { CLOSED } else { "" };
    match error {
        E::ConnectionRefused(Code::RefusedProtocolVersion | Code::UnsupportedProtocolVersion) => {
            MqttError::OtherProtocol { broker, version: "5", reason }
        }
        E::ConnectionRefused(code) => MqttError::Refused { broker, reason: format!("{code:?}") },
        E::Tls(_) => MqttError::Unreachable { broker, reason: format!("{reason}, {NO_TLS_THERE}") },
        E::Io(_) if !closed => MqttError::Unreachable { broker, reason },
        // Some old brokers just close the connection, others answer in a form that MQTT 5 does not have.
        E::Io(_) | E::MqttState(_) | E::NotConnAck(_) => MqttError::OtherProtocol { broker, version: "5", reason },
        _ => MqttError::Unreachable { broker, reason },
    }
}

pub(super) fn not_accepted_v3(error: mqtt3::ConnectionError, broker: String) -> MqttError {
    use mqtt3::{ConnectReturnCode as Code, ConnectionError as E};
    let closed = matches!(error, E::MqttState(mqtt3::StateError::ConnectionAborted))
        || super::io_v3(&error).is_some_and(was_closed);
    let reason = super::reason_v3(&error) + if closed { CLOSED } else { "" };
    match error {
        E::ConnectionRefused(Code::RefusedProtocolVersion) => {
            MqttError::OtherProtocol { broker, version: "3.1.1", reason }
        }
        E::ConnectionRefused(code) => MqttError::Refused { broker, reason: format!("{code:?}") },
        E::Tls(_) => MqttError::Unreachable { broker, reason: format!("{reason}, {NO_TLS_THERE}") },
        _ => MqttError::Unreachable { broker, reason },
    }
}

/// The other side ended the handshake without a word.
const NO_TLS_THERE: &str = "as on a port that is not for TLS (8883 is, as a rule)";
/// The other side took the connection, and closed it as soon as it was spoken to.
const CLOSED: &str = "; it closed the connection at once, as brokers do that want TLS ([mqtt.tls]) or a certificate of this gate \
                      (`certificate_file`)";

pub(super) fn refused_v5(error: &mqtt5::PublishNoticeError, broker: String, what: String) -> MqttError {
    match error {
        mqtt5::PublishNoticeError::V5PubAck(code) => MqttError::Rejected { broker, what, reason: format!("{code:?}") },
        other => MqttError::Lost { broker, reason: other.to_string() },
    }
}

/// Whether the other side took the connection and then closed it.
pub(super) fn was_closed(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(error.kind(), Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe)
}

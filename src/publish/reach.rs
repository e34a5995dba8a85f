//! Whether the broker can be reached and takes the login, for `gatelpr check --probe`; and for `gatelpr doctor`, how fast it is,
//! what it allows, and what the gate said last. Not part of the daemon.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use uuid::Uuid;

use super::encryption::Encryption;
use super::mqtt::{Link, Message};
use super::mqtt_error::MqttError;
use super::settings::MqttSettings;
use super::status::GateStatus;
use super::topics;
use crate::clock::Clock;

/// A broker that does not answer a goodbye is reached all the same.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long a message may take to the broker and back. Links by satellite take one.
const ROUND_TRIP: Duration = Duration::from_secs(5);

/// A message that the doctor sends to itself by way of the broker. Nobody else need listen to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DoctorTrial {
    /// Version of this contract: 1.
    pub schema: u32,
    /// Tells trials apart.
    pub nonce: Uuid,
}

/// What a trial of the broker showed.
#[derive(Debug)]
pub struct Trial {
    /// How long it took to be let in.
    pub connected_in: Duration,
    /// How long a message took to the broker and back; none where it did not come back in time.
    pub round_trip: Option<Duration>,
    /// What the broker refuses this user: publishing below the gate's root, or listening to it.
    pub refused: Option<MqttError>,
    /// What the gate said last of itself, if the broker keeps it.
    pub status: Option<GateStatus>,
}

/// Connects, logs in and says goodbye. Publishes nothing and leaves no will, under a client name of its own, so that a
/// daemon that is connected stays so.
///
/// # Errors
/// [`MqttError`] when the broker cannot be reached or refuses.
pub async fn reach(settings: &MqttSettings) -> Result<(), MqttError> {
    let link = open(settings, "check").await?;
    drop(timeout(GOODBYE, link.close()).await);
    Ok(())
}

/// Connects as [`reach`] does, sends a message to itself on the topic `doctor` below the root, and hears what the gate said
/// last.
///
/// # Errors
/// As [`reach`]. That it forbids something is no error.
pub async fn try_out(settings: &MqttSettings, clock: Clock) -> Result<Trial, MqttError> {
    let begun = clock.elapsed();
    let mut link = open(settings, "doctor").await?;
    let connected_in = clock.elapsed().saturating_sub(begun);
    let mut trial = Trial { connected_in, round_trip: None, refused: None, status: None };
    match timeout(ROUND_TRIP, trial.send_to_itself(&mut link, settings, clock)).await {
        Ok(Err(refused @ MqttError::Rejected { .. })) => trial.refused = Some(refused),
        Ok(Err(error)) => return Err(error),
        Ok(Ok(())) | Err(_) => {}
    }
    drop(timeout(GOODBYE, link.close()).await);
    Ok(trial)
}

impl Trial {
    async fn send_to_itself(
        &mut self,
        link: &mut Link,
        settings: &MqttSettings,
        clock: Clock,
    ) -> Result<(), MqttError> {
        let (status, own) = (settings.topic_root.join(topics::STATUS), settings.topic_root.join(topics::DOCTOR));
        let trial = DoctorTrial { schema: super::event::SCHEMA_VERSION, nonce: Uuid::now_v7() };
        let payload = serde_json::to_vec(&trial).expect("a number and an id have a JSON form");
        link.subscribe(&status)?.await?;
        link.subscribe(&own)?.await?;
        let sent = clock.elapsed();
        link.publish(Message::new(own.clone(), payload.clone()))?.await?;
        loop {
            let message = link.next().await?;
            if message.topic == status {
                self.status = serde_json::from_slice(&message.payload).ok();
            } else if message.topic == own && message.payload == payload {
                self.round_trip = Some(clock.elapsed().saturating_sub(sent));
                return Ok(());
            }
        }
    }
}

/// A connection under a name of its own.
async fn open(settings: &MqttSettings, purpose: &str) -> Result<Link, MqttError> {
    let client_id = format!("{}-{purpose}", settings.client_id);
    let settings = MqttSettings { client_id, ..settings.clone() };
    Link::open(&settings, &Encryption::of(&settings)?, None).await
}

//! Whether the broker can be reached and takes the login, for `gatelpr check --probe`. Not part of the daemon.

use std::time::Duration;

use super::encryption::Encryption;
use super::mqtt::Link;
use super::mqtt_error::MqttError;
use super::settings::MqttSettings;

/// A broker that does not answer a goodbye is reached all the same.
const GOODBYE: Duration = Duration::from_secs(2);

/// Connects, logs in and says goodbye. Publishes nothing and leaves no will, under a client name of its own, so that a
/// daemon that is connected stays so.
///
/// # Errors
/// [`MqttError`] when the broker cannot be reached or refuses.
pub async fn reach(settings: &MqttSettings) -> Result<(), MqttError> {
    let client_id = format!("{}-check", settings.client_id);
    let settings = MqttSettings { client_id, ..settings.clone() };
    let link = Link::open(&settings, &Encryption::of(&settings)?, None).await?;
    drop(tokio::time::timeout(GOODBYE, link.close()).await);
    Ok(())
}

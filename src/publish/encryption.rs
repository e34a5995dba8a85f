//! How the connection to the broker is kept from being read and forged, and the certificates for it: read at every
//! connection, and looked at now and then while it lives, so that new ones count without a restart.
//!
//! Files that cannot be used raise an alarm; a connection that works is kept, and if it breaks, the files' last usable
//! content makes the next one. Not here: what is in the files ([`tls`](crate::tls)).

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::mqtt_error::MqttError;
use super::settings::MqttSettings;
use crate::alarm::{AlarmKind, Alarms};
use crate::clock::Clock;
use crate::tls::{TlsError, TlsFiles, TlsSettings, Validity};

/// How often the files are looked at while a connection lives.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How one connection is kept from being read and forged.
#[derive(Debug, Clone)]
pub(super) enum Encryption {
    /// It is not.
    PlainText,
    /// With TLS.
    Tls(Arc<ClientConfig>),
}

impl Encryption {
    /// As `settings` say; the files are read now.
    pub(super) fn of(settings: &MqttSettings) -> Result<Self, MqttError> {
        match &settings.tls {
            None => Ok(Self::PlainText),
            Some(tls) => Ok(Self::Tls(Usable::look(tls)?.client)),
        }
    }
}

/// The certificates of one daemon's connections.
#[derive(Debug)]
pub(super) struct Certificates {
    /// None where the connection is plain text.
    settings: Option<TlsSettings>,
    alarms: Alarms,
    clock: Clock,
    look_every: Duration,
    in_use: Option<Usable>,
    /// What is wrong with the files as they are now.
    fault: Option<TlsError>,
    next_look: Instant,
    /// A look that was begun. It is kept here, since whoever waits for it may be called away.
    look: Option<JoinHandle<Result<Usable, TlsError>>>,
}

/// What was in the files, and the client that it makes.
#[derive(Debug)]
struct Usable {
    files: TlsFiles,
    client: Arc<ClientConfig>,
}

impl Usable {
    fn look(settings: &TlsSettings) -> Result<Self, TlsError> {
        let files = TlsFiles::read(settings)?;
        let client = Arc::new(files.client_config(settings)?);
        Ok(Self { files, client })
    }
}

impl Certificates {
    pub(super) fn new(settings: &MqttSettings, alarms: Alarms) -> Self {
        Self {
            settings: settings.tls.clone(),
            alarms,
            clock: Clock::start(),
            look_every: LOOK_EVERY,
            in_use: None,
            fault: None,
            next_look: Instant::now(),
            look: None,
        }
    }

    pub(super) fn looking_every(self, look_every: Duration) -> Self {
        Self { look_every, ..self }
    }

    /// How the next connection is made; the files are read now.
    pub(super) async fn for_connection(&mut self) -> Result<Encryption, MqttError> {
        let Some(settings) = &self.settings else { return Ok(Encryption::PlainText) };
        // Whatever a look that is under way finds, this one is newer.
        self.look = None;
        let looked = begin_look(settings);
        match ended(looked.await) {
            Ok(usable) => self.take(usable),
            Err(error) => {
                self.raise(&error.to_string());
                if self.in_use.is_none() {
                    return Err(error.into());
                }
                self.fault = Some(error);
            }
        }
        let usable = self.in_use.as_ref().expect("there is one, or this has ended above");
        Ok(Encryption::Tls(Arc::clone(&usable.client)))
    }

    /// A connection came about with what [`for_connection`](Self::for_connection) gave.
    pub(super) fn accepted(&mut self) {
        self.next_look = Instant::now() + self.look_every;
        self.tell();
    }

    /// A connection did not come about.
    pub(super) fn refused(&self, error: &MqttError) {
        if let MqttError::Tls { .. } = error {
            self.raise(&error.to_string());
        }
    }

    /// Completes when there is something new in the files with which a connection can be made. Never for plain text.
    /// Dropping the wait loses nothing.
    pub(super) async fn changed(&mut self) {
        let Some(settings) = &self.settings else { return std::future::pending().await };
        loop {
            if self.look.is_none() {
                sleep_until(self.next_look).await;
            }
            let look = self.look.get_or_insert_with(|| begin_look(settings));
            let looked = look.await;
            self.look = None;
            self.next_look = Instant::now() + self.look_every;
            match ended(looked) {
                Ok(usable) if self.in_use.as_ref().is_some_and(|in_use| in_use.files == usable.files) => {
                    self.fault = None
                }
                Ok(_) => return,
                Err(error) => self.fault = Some(error),
            }
            self.tell();
        }
    }

    fn take(&mut self, usable: Usable) {
        self.fault = None;
        self.in_use = Some(usable);
    }

    /// Raises the alarm or ends it, by what is known now.
    fn tell(&self) {
        let Some(in_use) = &self.in_use else { return };
        if let Some(fault) = &self.fault {
            return self.raise(&format!("{fault}; until then the certificates that were there before are used"));
        }
        let now = self.clock.now().wall;
        match in_use.files.validities().iter().filter(|one| one.ends_soon(now)).min_by_key(|one| one.ends) {
            Some(first) => self.raise(&Validity::described(first, now)),
            None => self.alarms.clear(AlarmKind::Certificate),
        }
    }

    fn raise(&self, text: &str) {
        self.alarms.raise(AlarmKind::Certificate, text, self.clock.now().wall);
    }
}

/// Files may be on a disk that takes its time.
fn begin_look(settings: &TlsSettings) -> JoinHandle<Result<Usable, TlsError>> {
    let settings = settings.clone();
    tokio::task::spawn_blocking(move || Usable::look(&settings))
}

fn ended(look: Result<Result<Usable, TlsError>, tokio::task::JoinError>) -> Result<Usable, TlsError> {
    look.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

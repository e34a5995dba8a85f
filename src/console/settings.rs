//! What the console must be told; the daemon fills it in from the config.

use std::net::SocketAddr;

use super::password::PasswordCheck;
use crate::tls::Identity;

/// Everything that an operator decides about the console.
#[derive(Debug, Clone, PartialEq)]
pub struct ConsoleSettings {
    /// Address and port.
    pub listen: SocketAddr,
    /// What people must know; nothing where only this computer can ask.
    pub password: Option<PasswordCheck>,
    /// Certificate and key for TLS; plain HTTP where there are none.
    pub identity: Option<Identity>,
    /// Whether zones may be saved into the config file.
    pub may_save: bool,
    /// The language of the pages, until somebody chooses another one.
    pub language: Language,
}

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Vietnamese.
    Vietnamese,
    /// Chinese.
    Chinese,
}

impl Language {
    /// Its code: `en`, `vi` or `zh`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Vietnamese => "vi",
            Self::Chinese => "zh",
        }
    }
}

/// Why the console may not listen as it is told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unprotected {
    /// Others can reach it, and anybody would be let in.
    #[error(
        "the console would let everybody in who reaches {0}: it needs a password (`gatelpr console password FILE` makes its hash); \
         or listen on 127.0.0.1"
    )]
    NoPassword(SocketAddr),
    /// Others can reach it, and could read the password on its way.
    #[error(
        "the console's password could be read on its way to {0}: it needs a certificate and its key; or listen on 127.0.0.1"
    )]
    NoCertificate(SocketAddr),
}

impl ConsoleSettings {
    /// Whether others cannot get in, or at least not without the password and not by listening.
    ///
    /// # Errors
    /// [`Unprotected`] says what is missing.
    pub fn check(&self) -> Result<(), Unprotected> {
        let here_only = self.listen.ip().is_loopback();
        if !here_only && self.password.is_none() {
            return Err(Unprotected::NoPassword(self.listen));
        }
        if !here_only && self.identity.is_none() {
            return Err(Unprotected::NoCertificate(self.listen));
        }
        Ok(())
    }
}

//! Who is signed in. In memory: a restart signs everybody out.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// People at one gate, on several devices each. One more signs out whoever was away for longest.
const MOST: usize = 64;
/// A shift.
const IDLE: Duration = Duration::from_secs(12 * 3600);

/// A secret that cannot be guessed: 256 random bits as text.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(String);

/// The system gives no random numbers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers: {0}")]
pub(super) struct NoRandomness(String);

/// The sessions. What is kept of a token is its hash.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

struct Session {
    csrf: Token,
    last_used: Duration,
}

impl Token {
    pub(super) fn new() -> Result<Self, NoRandomness> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| NoRandomness(error.to_string()))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// Compares without telling by its time how much was right.
    pub(super) fn is(&self, given: &str) -> bool {
        Sha256::digest(&self.0) == Sha256::digest(given)
    }
}

impl Sessions {
    /// Begins a session at `now`; its token is for the browser.
    pub(super) fn begin(&self, now: Duration) -> Result<Token, NoRandomness> {
        let (token, csrf) = (Token::new()?, Token::new()?);
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.is_alive(now));
        if sessions.len() >= MOST {
            let longest_away = sessions.iter().min_by_key(|(_, session)| session.last_used).map(|(key, _)| *key);
            longest_away.and_then(|key| sessions.remove(&key));
        }
        sessions.insert(key(token.text()), Session { csrf, last_used: now });
        Ok(token)
    }

    /// What changes must carry in the session of this token, which goes on; none if there is none.
    pub(super) fn go_on(&self, token: &str, now: Duration) -> Option<Token> {
        let mut sessions = self.lock();
        let session = sessions.get_mut(&key(token)).filter(|session| session.is_alive(now))?;
        session.last_used = now;
        Some(session.csrf.clone())
    }

    /// Ends the session of this token.
    pub(super) fn end(&self, token: &str) {
        self.lock().remove(&key(token));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn is_alive(&self, now: Duration) -> bool {
        now.saturating_sub(self.last_used) < IDLE
    }
}

fn key(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_lasts_while_it_is_used_and_ends_after_twelve_idle_hours() {
        let (sessions, hours) = (Sessions::default(), |hours: u64| Duration::from_secs(hours * 3600));
        let token = sessions.begin(hours(0)).expect("random numbers");
        let csrf = sessions.go_on(token.text(), hours(11)).expect("it goes on");
        assert!(csrf.is(csrf.text()) && !csrf.is(token.text()));
        assert!(sessions.go_on(token.text(), hours(22)).is_some_and(|later| later == csrf));
        assert!(sessions.go_on(token.text(), hours(34)).is_none());
        assert!(sessions.go_on("another", hours(22)).is_none());
    }

    #[test]
    fn sessions_are_bounded_and_end_when_asked() {
        let sessions = Sessions::default();
        let begin = |second| sessions.begin(Duration::from_secs(second)).expect("random numbers");
        let first = begin(0);
        let others: Vec<Token> = (1..=MOST as u64).map(begin).collect();
        let now = Duration::from_secs(100);
        assert!(sessions.go_on(first.text(), now).is_none(), "whoever was away for longest is signed out");
        assert!(others.iter().all(|token| sessions.go_on(token.text(), now).is_some()));
        sessions.end(others[0].text());
        assert!(sessions.go_on(others[0].text(), now).is_none());
    }
}

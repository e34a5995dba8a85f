//! The console's password: kept as an argon2id hash in PHC form, never as it is.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// 64 MiB and three rounds: a fifth of a second on a small computer, and dear for whoever steals the hash.
const MEMORY_KIB: u32 = 64 * 1024;
const ROUNDS: u32 = 3;
/// What a hash made elsewhere may cost, so that a sign-in can never take the memory of recognition.
const MOST_MEMORY_KIB: u32 = 256 * 1024;
const MOST_ROUNDS: u32 = 16;
const MOST_LANES: u32 = 8;
/// Fewer characters can be tried out even at a few a minute.
pub const SHORTEST: usize = 10;
/// More is no password.
pub const LONGEST: usize = 256;

/// A hash that passwords are compared with.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordCheck(Arc<str>);

/// Why a text is no hash to compare with, or a password none to hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    /// It is no PHC string.
    #[error("this is no argon2id hash of a password, which begins with $argon2id$")]
    NoHash,
    /// Another algorithm.
    #[error("this hash was not made with argon2id")]
    NotArgon2id,
    /// It would take too much memory or time to compare with.
    #[error(
        "a sign-in with this hash would cost more than {} MiB of memory or {MOST_ROUNDS} rounds",
        MOST_MEMORY_KIB / 1024
    )]
    TooDear,
    /// Too short.
    #[error("the password needs at least {SHORTEST} characters")]
    TooShort,
    /// Too long.
    #[error("the password has more than {LONGEST} characters")]
    TooLong,
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoRandomness(String),
}

impl PasswordCheck {
    /// The hash in `text`, a PHC string such as `$argon2id$v=19$m=65536,t=3,p=1$…`.
    ///
    /// # Errors
    /// [`PasswordProblem`] when it is none that can be used.
    pub fn parse(text: &str) -> Result<Self, PasswordProblem> {
        let text = text.trim();
        let hash = PasswordHash::new(text).map_err(|_| PasswordProblem::NoHash)?;
        if hash.algorithm != Algorithm::Argon2id.ident() {
            return Err(PasswordProblem::NotArgon2id);
        }
        let params = Params::try_from(&hash).map_err(|_| PasswordProblem::NoHash)?;
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err(PasswordProblem::NoHash);
        }
        if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > MOST_ROUNDS || params.p_cost() > MOST_LANES {
            return Err(PasswordProblem::TooDear);
        }
        Ok(Self(text.into()))
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`PasswordProblem`] when it is too short or too long.
    pub fn hash(password: &str) -> Result<Self, PasswordProblem> {
        let characters = password.chars().count();
        if characters < SHORTEST {
            return Err(PasswordProblem::TooShort);
        }
        if characters > LONGEST {
            return Err(PasswordProblem::TooLong);
        }
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| PasswordProblem::NoRandomness(error.to_string()))?;
        let salt = SaltString::encode_b64(&salt).expect("16 bytes are a salt");
        let params = Params::new(MEMORY_KIB, ROUNDS, 1, None).expect("they are within argon2's bounds");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = argon2.hash_password(password.as_bytes(), &salt).expect("a short text has a hash");
        Ok(Self(hash.to_string().into()))
    }

    /// Whether this is the password. Takes a fraction of a second and much memory.
    #[must_use]
    pub fn is(&self, password: &str) -> bool {
        let hash = PasswordHash::new(&self.0).expect("it was parsed before");
        password.chars().count() <= LONGEST && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
    }

    /// The PHC string, for the file that keeps it.
    #[must_use]
    pub fn phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordCheck(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_fits_its_hash_which_is_never_printed() {
        let check = PasswordCheck::hash("ten or more").expect("it is long enough");
        assert!(check.phc().starts_with("$argon2id$v=19$m=65536,t=3,p=1$"));
        let read = PasswordCheck::parse(&format!("{}\n", check.phc())).expect("it is a hash");
        assert!(read.is("ten or more") && !read.is("ten or mora") && !read.is(""));
        assert_eq!(format!("{read:?}"), "PasswordCheck(***)");
    }

    #[test]
    fn what_is_no_fit_hash_or_password_is_refused_with_the_reason() {
        let salted = "c29tZXNhbHRzYWx0$SPOIMQzdZYGpkPPb7GM15w0FZcM5BbxDvSKJdFhzbTA";
        for (text, problem) in [
            ("hunter2", PasswordProblem::NoHash),
            ("$argon2id$v=19$m=65536,t=3,p=1", PasswordProblem::NoHash),
            (&format!("$argon2i$v=19$m=4096,t=3,p=1${salted}"), PasswordProblem::NotArgon2id),
            (&format!("$argon2id$v=19$m=4194304,t=3,p=1${salted}"), PasswordProblem::TooDear),
            (&format!("$argon2id$v=19$m=4096,t=999,p=1${salted}"), PasswordProblem::TooDear),
        ] {
            assert_eq!(PasswordCheck::parse(text), Err(problem), "{text}");
        }
        assert_eq!(PasswordCheck::hash("123456789"), Err(PasswordProblem::TooShort));
        assert_eq!(PasswordCheck::hash(&"x".repeat(257)), Err(PasswordProblem::TooLong));
    }
}

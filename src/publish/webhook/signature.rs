//! Signatures of webhooks as the Standard Webhooks specification 1.0.0 has them, so that receivers check them with any library
//! of that name. Not here: the gate's signature inside the event.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD as BASE64};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How secrets are marked when they are handed out.
const PREFIX: &str = "whsec_";
/// Length of a secret in bytes, as the specification has it.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// A new secret beside an old one while receivers change over, and some to spare.
const MOST: usize = 4;
/// Secrets are written with and without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The secrets that every request is signed with, each of them, so that a receiver may know the old one or the new one.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecrets(Vec<Vec<u8>>);

impl WebhookSecrets {
    /// The secrets in `text`, separated by white space, each in base64 with or without `whsec_` in front.
    ///
    /// # Errors
    /// What is wrong with them, in words for the operator; never a secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let secrets = text.split_whitespace().map(parse_one).collect::<Result<Vec<_>, _>>()?;
        match secrets.len() {
            0 => Err("it is empty".to_owned()),
            1..=MOST => Ok(Self(secrets)),
            more => Err(format!("it holds {more} secrets, and at most {MOST} are used")),
        }
    }

    /// The header `webhook-signature` of a request.
    pub(super) fn signature(&self, id: &str, timestamp: i64, body: &str) -> String {
        let signed = self.0.iter().map(|secret| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length is a key");
            mac.update(format!("{id}.{timestamp}.").as_bytes());
            mac.update(body.as_bytes());
            format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
        });
        signed.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn parse_one(word: &str) -> Result<Vec<u8>, String> {
    let secret = LENIENT.decode(word.strip_prefix(PREFIX).unwrap_or(word));
    let secret = secret.map_err(|_secret| "it is no base64".to_owned())?;
    if BYTES.contains(&secret.len()) {
        Ok(secret)
    } else {
        Err(format!("the secret has {} bytes, and needs {} to {}", secret.len(), BYTES.start(), BYTES.end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector that the specification's own libraries are tested with
    /// (github.com/standard-webhooks/standard-webhooks, for example `libraries/go/webhook_test.go`).
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn signature(secrets: &str) -> String {
        let secrets = WebhookSecrets::parse(secrets).expect("secrets");
        secrets.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#)
    }

    #[test]
    fn the_signature_is_that_of_the_published_vector() {
        assert_eq!(signature(SECRET), SIGNATURE);
        assert_eq!(signature("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), SIGNATURE, "the mark is no part of the secret");
    }

    #[test]
    fn while_secrets_change_a_request_is_signed_with_both() {
        let new = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let both = signature(&format!("{new}\n{SECRET}\n"));
        assert_eq!(both, format!("{} {SIGNATURE}", signature(new)));
    }

    #[test]
    fn what_is_no_secret_is_refused_without_showing_it() {
        for (text, why) in [
            ("", "it is empty"),
            ("hunter2!", "it is no base64"),
            ("whsec_c2hvcnQ=", "the secret has 5 bytes, and needs 24 to 64"),
        ] {
            assert_eq!(WebhookSecrets::parse(text), Err(why.to_owned()));
        }
        let secrets = WebhookSecrets::parse(SECRET).expect("a secret");
        assert_eq!(format!("{secrets:?}"), "***");
        assert!(WebhookSecrets::parse(&[SECRET; 5].join(" ")).is_err());
    }
}

//! The canonical form of a JSON text (RFC 8785), which two programs write alike, so that it can be hashed and signed.
//!
//! A text with a name twice in one object is refused: programs differ in which of the two they read, so its meaning
//! cannot be signed (RFC 8785 asks for I-JSON, RFC 7493, which bars it too).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};

/// What the first event of a chain has for the hash of the one before it.
pub const GENESIS: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// The field that holds the signature, and is not signed.
pub const SIGNATURE: &str = "signature";

/// The field that may differ between two deliveries of one event.
pub const HISTORICAL: &str = "historical";

/// Largest whole number that every JSON reader keeps exactly.
const LARGEST_WHOLE: u64 = (1 << 53) - 1;

/// Objects and arrays in each other, at most. `serde_json` has a limit of its own, 128.
const DEEPEST: usize = 64;

/// A JSON object that can be hashed and signed.
#[derive(Debug, Clone, PartialEq)]
pub struct Canonical(Map<String, Value>);

/// Why a text has no canonical form.
#[derive(Debug, thiserror::Error)]
#[error("this is no JSON object that can be signed: {0}")]
pub struct NotCanonical(#[from] serde_json::Error);

impl Canonical {
    /// Reads `json`.
    ///
    /// # Errors
    /// [`NotCanonical`] when it is no JSON object, names something twice, or holds a whole number over 2^53.
    pub fn read(json: &[u8]) -> Result<Self, NotCanonical> {
        let mut reader = serde_json::Deserializer::from_slice(json);
        let value = Strict { depth: 0 }.deserialize(&mut reader)?;
        reader.end()?;
        match value {
            Value::Object(object) => Ok(Self(object)),
            _ => Err(NotCanonical(serde_json::Error::custom("it is no object"))),
        }
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// What is signed: everything but the signature.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        self.bytes_without(&[SIGNATURE])
    }

    /// `sha256:…` of what stays the same in every delivery: everything but the signature and `historical`.
    #[must_use]
    pub fn hash(&self) -> String {
        format!("sha256:{:x}", Sha256::digest(self.bytes_without(&[SIGNATURE, HISTORICAL])))
    }

    fn bytes_without(&self, left_out: &[&str]) -> Vec<u8> {
        let kept: Map<String, Value> =
            self.0.iter().filter(|(name, _)| !left_out.contains(&name.as_str())).map(owned).collect();
        serde_json_canonicalizer::to_vec(&kept)
            .expect("texts, finite numbers and small whole ones have a canonical form")
    }
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// Reads a value like `serde_json`, but refuses what has no canonical form.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth < DEEPEST {
            Ok(Self { depth: self.depth + 1 })
        } else {
            Err(E::custom("it is nested too deeply"))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        if value > LARGEST_WHOLE {
            return Err(E::custom(format!("{value} is larger than 2^53 - 1")));
        }
        Ok(value.into())
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > LARGEST_WHOLE {
            return Err(E::custom(format!("{value} is beyond 2^53 - 1")));
        }
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let (inner, mut array) = (self.deeper()?, Vec::new());
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let (inner, mut object) = (self.deeper()?, Map::new());
        while let Some(name) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(inner)?;
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` is there twice")));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(json: &str) -> Canonical {
        Canonical::read(json.as_bytes()).expect("it has a canonical form")
    }

    fn refused(json: &str) -> String {
        Canonical::read(json.as_bytes()).expect_err("it has none").to_string()
    }

    #[test]
    fn the_form_is_that_of_the_standard() {
        // RFC 8785, section 3.2.2 to 3.2.4, with its expected result.
        let json = r#"{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],
            "string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        let expect = r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(String::from_utf8_lossy(&canonical(json).signed_bytes()), expect);
    }

    #[test]
    fn what_two_programs_would_read_differently_is_refused() {
        assert!(refused(r#"{"seq":1,"seq":2}"#).contains("`seq` is there twice"));
        assert!(refused(r#"{"a":{"b":1,"b":1}}"#).contains("`b` is there twice"));
        assert!(refused(r#"{"seq":9007199254740992}"#).contains("2^53"));
        assert!(refused("[1]").contains("no object"));
        assert!(refused("{} {}").contains("trailing"));
        assert!(refused(&format!("{}1{}", r#"{"a":"#.repeat(70), "}".repeat(70))).contains("nested too deeply"));
    }

    #[test]
    fn signature_and_lateness_are_not_hashed_and_only_the_signature_is_not_signed() {
        let (early, late) = (r#"{"historical":false,"seq":1,"signature":"a"}"#, r#"{"seq":1,"historical":true}"#);
        assert_eq!(canonical(early).hash(), canonical(late).hash());
        assert_ne!(canonical(early).signed_bytes(), canonical(late).signed_bytes());
        assert_eq!(canonical(late).signed_bytes(), br#"{"historical":true,"seq":1}"#);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(canonical) = Canonical::read(&bytes) {
                drop(canonical.hash());
            }
        }

        #[test]
        fn the_canonical_form_is_its_own_canonical_form(number in -9e15..9e15, text in ".*") {
            let json = serde_json::json!({ "n": number, "t": text }).to_string();
            let first = canonical(&json).signed_bytes();
            let again = Canonical::read(&first).expect("it is JSON").signed_bytes();
            prop_assert_eq!(first, again);
        }
    }
}

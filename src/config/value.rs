//! From one TOML value to one checked value of ours, or to what was expected instead.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeInteger, DeValue};

use super::keys::nearest;
use super::render::without_secrets;
use crate::plate::InvalidName;

/// A value with its place in the file.
pub(super) type Value<'d> = Spanned<DeValue<'d>>;

/// Why a value is not what its key needs.
#[derive(Debug)]
pub(super) struct Mismatch {
    /// Completes "`key` must be …".
    pub(super) expected: String,
    /// What stands there: completes the line below the caret.
    pub(super) found: String,
    /// Where, when it is a part of the value only.
    pub(super) at: Range<usize>,
    /// What to do, when there is more to say than an example says.
    pub(super) help: Option<String>,
}

impl Mismatch {
    /// `value` is something else than `expected`.
    pub(super) fn new(value: &Value<'_>, expected: impl Into<String>) -> Self {
        Self::finding(value, expected, format!("this is {}", described(value.get_ref())))
    }

    /// Like [`Mismatch::new`], with words of its own on what stands there.
    pub(super) fn finding(value: &Value<'_>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into(), at: value.span(), help: None }
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }
}

fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.is_empty() => "an empty text".to_owned(),
        DeValue::String(text) if text.chars().count() > 40 => "a long text".to_owned(),
        DeValue::String(text) => format!("the text {:?}", without_secrets(text)),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(_) => "a date or time".to_owned(),
        DeValue::Array(list) if list.is_empty() => "an empty list".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// A text that `accept` turns into a `T`; `expected` completes "`key` must be …".
pub(super) fn text<T>(
    expected: &str,
    accept: impl Fn(&str) -> Option<T>,
) -> impl Fn(&Value<'_>) -> Result<T, Mismatch> {
    move |value| value.get_ref().as_str().and_then(&accept).ok_or_else(|| Mismatch::new(value, expected))
}

/// A name: one MQTT topic level, usable in file names.
pub(super) fn name<T>(value: &Value<'_>) -> Result<T, Mismatch>
where
    T: for<'t> TryFrom<&'t str, Error = InvalidName>,
{
    const EXPECTED: &str = "1 to 64 letters (a-z, A-Z), digits, '-', '_' or '.', starting with a letter or digit";
    text(EXPECTED, |text| T::try_from(text).ok())(value)
}

/// `true` or `false`.
pub(super) fn truth(value: &Value<'_>) -> Result<bool, Mismatch> {
    value.get_ref().as_bool().ok_or_else(|| without_quotes(value, "true or false"))
}

/// A whole number in `range`.
pub(super) fn whole<T>(range: RangeInclusive<T>) -> impl Fn(&Value<'_>) -> Result<T, Mismatch>
where
    T: TryFrom<i64> + PartialOrd + Display,
{
    move |value| {
        let number = value.get_ref().as_integer().and_then(integer).and_then(|number| T::try_from(number).ok());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| without_quotes(value, format!("a whole number from {} to {}", range.start(), range.end())))
    }
}

/// A number in `range`, with or without decimals.
pub(super) fn number(range: RangeInclusive<f64>) -> impl Fn(&Value<'_>) -> Result<f64, Mismatch> {
    move |value| {
        plain_number(value.get_ref())
            .filter(|number| range.contains(number))
            .ok_or_else(|| without_quotes(value, format!("a number from {} to {}", range.start(), range.end())))
    }
}

/// A time in seconds in `range`, with or without decimals.
pub(super) fn seconds(range: RangeInclusive<f64>) -> impl Fn(&Value<'_>) -> Result<Duration, Mismatch> {
    let number = number(range);
    move |value| {
        number(value).map(Duration::from_secs_f64).map_err(|mismatch| Mismatch {
            expected: format!("a number of seconds {}", mismatch.expected.trim_start_matches("a number ")),
            ..mismatch
        })
    }
}

/// A time in whole seconds in `range`.
pub(super) fn whole_seconds(range: RangeInclusive<u32>) -> impl Fn(&Value<'_>) -> Result<Duration, Mismatch> {
    let whole = whole(range);
    move |value| {
        whole(value).map(|seconds| Duration::from_secs(seconds.into())).map_err(|mismatch| Mismatch {
            expected: mismatch.expected.replace("number", "number of seconds"),
            ..mismatch
        })
    }
}

/// One of a few words.
pub(super) fn one_of<T: Copy>(words: &[(&str, T)]) -> impl Fn(&Value<'_>) -> Result<T, Mismatch> {
    move |value| {
        let written = value.get_ref().as_str();
        if let Some((_, meaning)) = words.iter().find(|(word, _)| Some(*word) == written) {
            return Ok(*meaning);
        }
        let mismatch = Mismatch::new(value, alternatives(words.iter().map(|(word, _)| *word)));
        Err(match written.and_then(|written| nearest(written, words.iter().map(|(word, _)| *word))) {
            Some(near) => mismatch.help(format!("did you mean {near:?}?")),
            None => mismatch,
        })
    }
}

/// `"a", "b" or "c"`.
pub(super) fn alternatives<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let quoted: Vec<String> = words.map(|word| format!("{word:?}")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The number that stands there, whole or with decimals, whatever its size.
pub(super) fn plain_number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Float(number) => number.as_str().parse().ok(),
        #[expect(clippy::cast_precision_loss, reason = "no range here reaches 2^53")]
        DeValue::Integer(number) => integer(number).map(|number| number as f64),
        _ => None,
    }
}

fn integer(number: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A mismatch that says so when only the quotes are too many.
fn without_quotes(value: &Value<'_>, expected: impl Into<String>) -> Mismatch {
    let mismatch = Mismatch::new(value, expected);
    match value.get_ref().as_str() {
        Some(text) if text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() => {
            mismatch.help(format!("write {text} without quotes"))
        }
        _ => mismatch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check<T>(read: impl Fn(&Value<'_>) -> Result<T, Mismatch>, toml: &str, expect: Result<T, &str>)
    where
        T: PartialEq + std::fmt::Debug,
    {
        let value = DeValue::parse(toml).expect("the test's value is TOML");
        assert_eq!(read(&value).map_err(|mismatch| mismatch.expected), expect.map_err(str::to_owned));
    }

    #[test]
    fn numbers_are_taken_within_their_range_only() {
        let port = "a whole number from 1 to 65535";
        check(whole(1..=65535), "1_883", Ok(1883));
        check(whole(1..=65535), "0xff", Ok(255));
        for wrong in ["0", "65536", "-1", "1883.0", "\"1883\"", "99999999999999999999999"] {
            check(whole(1..=65535), wrong, Err(port));
        }
        for wrong in ["nan", "inf", "-0.1", "1.1", "true"] {
            check(number(0.0..=1.0), wrong, Err("a number from 0 to 1"));
        }
        check(number(0.0..=1.0), "1", Ok(1.0));
    }

    #[test]
    fn times_are_seconds() {
        check(seconds(0.2..=60.0), "1.5", Ok(Duration::from_millis(1500)));
        check(seconds(0.2..=60.0), "61", Err("a number of seconds from 0.2 to 60"));
        check(whole_seconds(5..=3600), "20", Ok(Duration::from_secs(20)));
        check(whole_seconds(5..=3600), "20.5", Err("a whole number of seconds from 5 to 3600"));
    }
}

//! A name that stays under its folder.

use std::fmt;

use serde::Deserialize;

/// The name of a file, possibly in a folder: it cannot point out of the folder it is looked for in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct FileName(String);

impl TryFrom<String> for FileName {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_name = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(allowed);
        if text.len() <= 128 && text.split('/').all(is_name) {
            Ok(Self(text))
        } else {
            Err(format!(
                "a file name is letters, digits, '-', '_' and '.', possibly after folders of such names, and {text:?} is not"
            ))
        }
    }
}

impl FileName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_folder() {
        for bad in ["", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/", "a/.hidden", ".hidden", "a b", "a\\b"] {
            assert!(FileName::try_from(bad.to_owned()).is_err(), "{bad:?}");
        }
        assert!(FileName::try_from("gatelpr/reader.onnx".to_owned()).is_ok());
    }
}

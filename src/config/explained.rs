//! What `config/gatelpr.toml` says about each table and key, for those who meet a key elsewhere: in an editor, or in a config
//! that was just made.

use std::collections::BTreeMap;

use super::keys::ROOT;

/// The reference of every key, as it is in `config/gatelpr.toml`.
pub const REFERENCE: &str = include_str!("../../config/gatelpr.toml");

/// The explanations of the reference.
#[derive(Debug, Default)]
pub(super) struct Explanations {
    /// By the table's header, and the key's name; the table itself has an empty one.
    texts: BTreeMap<(&'static str, &'static str), String>,
}

impl Explanations {
    /// Those of the reference that this program was built with.
    pub(super) fn of_reference() -> Self {
        let shapes = ROOT.all();
        let (mut found, mut paragraph, mut header) = (Self::default(), String::new(), "");
        for line in REFERENCE.lines() {
            let bare = line.trim_start_matches('#').trim();
            if let Some(shape) = shapes.iter().find(|shape| shape.header == bare) {
                header = shape.header;
                found.add((header, ""), &mut paragraph);
            } else if let Some(key) = key_of(bare)
                && let Some(shape) = shapes.iter().find(|shape| shape.header == header)
                && let Some(name) = shape.names().find(|name| *name == key)
            {
                // Keys that stand together share what is said above the first.
                let text = paragraph.clone();
                found.texts.entry((header, name)).or_insert(text);
            } else if bare.is_empty() && !line.starts_with('#') {
                paragraph.clear();
            } else if line.starts_with('#') && !bare.starts_with("---") {
                paragraph.push_str(line.strip_prefix("# ").unwrap_or(bare));
                paragraph.push('\n');
            }
        }
        found.texts.retain(|_, text| !text.is_empty());
        found
    }

    fn add(&mut self, place: (&'static str, &'static str), paragraph: &mut String) {
        self.texts.entry(place).or_insert_with(|| std::mem::take(paragraph));
        paragraph.clear();
    }

    /// What is said about a key of the table with this header; an empty `key` means the table itself.
    pub(super) fn about(&self, header: &'static str, key: &'static str) -> Option<&str> {
        self.texts.get(&(header, key)).map(|text| text.trim_end())
    }
}

fn key_of(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(" = ")?;
    key.chars().all(|c| c.is_ascii_lowercase() || c == '_').then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_and_a_table_are_explained_with_the_words_of_the_reference() {
        let explanations = Explanations::of_reference();
        let about = |header, key| explanations.about(header, key).unwrap_or_default();
        assert!(about("[mqtt]", "host").starts_with("The broker's host name"));
        assert!(about("[inbound]", "").starts_with("What the platform may send to this gate"));
        assert_eq!(about("[site]", "gate"), about("[site]", "name"), "they stand together");
        assert!(about("[[lane]]", "zone").contains("3 to 64 points"));
        assert!(about("[list.pulse]", "ms").contains("50 to 5000 ms"));
    }

    #[test]
    fn every_key_is_explained_or_its_table_is() {
        let explanations = Explanations::of_reference();
        // What is said once for several kinds of cameras, and what is written within a line.
        let elsewhere = ["[camera.source.mjpeg]", "[camera.source.snapshot]", "`lens`", "`location`"];
        for shape in ROOT.all().into_iter().skip(1).filter(|shape| !elsewhere.contains(&shape.header)) {
            let explained = |key: &'static str| explanations.about(shape.header, key).is_some();
            // What they are called and where they lie needs no words.
            let plain = |key: &str| ["name", "path"].contains(&key);
            for key in shape.keys.iter().filter(|key| !key.example.is_empty() && !plain(key.name)) {
                assert!(explained(key.name) || explained(""), "{} in {}", key.name, shape.header);
            }
        }
    }
}

//! No file whatever makes the reader of configs fall over.

use std::fs;
use std::path::Path;

use gatelpr::config::Config;
use proptest::prelude::*;

use super::{GOOD, REFERENCE, folder};

/// What is wrong is said, and what is right is a config: never a panic, never an empty refusal.
fn survives(text: &str) -> Result<(), TestCaseError> {
    if let Err(problems) = Config::parse(text, "gatelpr.toml", Path::new("/nowhere")) {
        prop_assert!(!problems.problems().is_empty());
        prop_assert!(problems.to_string().contains("gatelpr.toml"));
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        survives(&text)?;
    }

    #[test]
    fn no_damage_to_a_real_file_makes_the_reader_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..40, prop::sample::select(PIECES)), 1..6),
    ) {
        let mut text: Vec<char> = GOOD.chars().collect();
        for (place, length, piece) in edits {
            let start = place.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, piece.chars());
        }
        survives(&text.into_iter().collect::<String>())?;
    }

    #[test]
    fn no_bytes_in_the_file_make_loading_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..64), place in any::<prop::sample::Index>(),
    ) {
        let folder = folder();
        let mut all = REFERENCE.as_bytes().to_vec();
        let start = place.index(all.len());
        let end = (start + bytes.len() / 2).min(all.len());
        all.splice(start..end, bytes);
        let file = folder.path().join("gatelpr.toml");
        fs::write(&file, all).expect("the file can be written");
        if let Err(problems) = Config::load(&file) {
            prop_assert!(!problems.problems().is_empty() && problems.to_string().contains("gatelpr.toml"));
        }
    }
}

/// What damaged files are made of.
const PIECES: &[&str] = &[
    "",
    "\n",
    "\t",
    "\r\n",
    "\"",
    "\"\"\"",
    "'",
    "=",
    "[",
    "]",
    "[[",
    "]]",
    "[[lane]]\n",
    "[camera]\n",
    "{",
    "}",
    "#",
    ".",
    ",",
    "-1",
    "nan",
    "1e400",
    "99999999999999999999",
    "1979-05-27",
    "true",
    "Hữu Nghị",
    "桂",
    "\u{0}",
    "\u{feff}",
    "\u{1f69b}",
    "password = \"x\"\n",
    "name = \"a\"\n",
    "source = {}\n",
    "zone = [[0,0],[1,0],[nan,1]]\n",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
];

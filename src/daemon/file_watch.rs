//! When the config file says something else: its content is looked at every second, and counts once it has stayed the same for
//! one look. Editors replace files, and a mounted config may be a link to a link: what counts is what is read in the end.

use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::config::Config;

/// Between two looks.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is in the file: the hash of its bytes, or that it cannot be read.
pub(super) type Content = Option<String>;

/// What is in the file now.
pub(super) fn content(path: &Path) -> Content {
    let small = std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= Config::MAX_BYTES);
    let bytes = if small { std::fs::read(path).ok()? } else { return None };
    Some(format!("{:x}", Sha256::digest(bytes)))
}

/// Looks for something new.
#[derive(Debug, Default)]
pub(super) struct FileWatch {
    /// What the last look saw.
    seen: Option<Content>,
}

impl FileWatch {
    /// Whether `now`, which is in the file, has come to rest and is another than what was `tried` last.
    pub(super) fn has_news(&mut self, now: Content, tried: &Content) -> bool {
        let rests = self.seen.as_ref() == Some(&now);
        let is_other = now != *tried;
        self.seen = Some(now);
        rests && is_other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_once_it_rests_and_a_wrong_file_once() {
        let text = |text: &str| Some(text.to_owned());
        let mut watch = FileWatch::default();
        let mut news = |now: Content, tried: &str| watch.has_news(now, &text(tried));
        assert_eq!([news(text("a"), "a"), news(text("a"), "a")], [false, false]);
        assert_eq!([news(text("b"), "a"), news(text("c"), "a"), news(text("c"), "a")], [false, false, true]);
        assert_eq!([news(text("c"), "a"), news(text("c"), "c")], [true, false], "until it was tried");
        assert_eq!([news(None, "c"), news(text("c"), "c"), news(text("c"), "c")], [false; 3], "an editor replaced it");
        assert_eq!([news(None, "c"), news(None, "c")], [false, true], "it is gone");
    }

    #[test]
    fn a_link_to_a_link_is_what_it_leads_to() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, path(name)).expect("a link can be made");
        for version in ["1", "2"] {
            std::fs::create_dir(path(version)).expect("a folder can be made");
            std::fs::write(path(version).join("gatelpr.toml"), version).expect("there is space");
        }
        link("1", "..data");
        link("..data/gatelpr.toml", "gatelpr.toml");
        let first = content(&path("gatelpr.toml"));
        link("2", "..new");
        std::fs::rename(path("..new"), path("..data")).expect("a link can be renamed");
        assert!(first.is_some() && content(&path("gatelpr.toml")) != first);
        assert_eq!([content(&path("1")), content(&path("none"))], [None, None]);
    }
}

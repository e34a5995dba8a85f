//! The files of the pages, which are part of the program: nothing is read from the disk, so no address can lead there.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use super::error::ApiError;

/// A file of the pages.
struct Page {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    /// Changes with the content.
    tag: String,
}

/// The files in `pages/`, by name.
macro_rules! pages {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("pages/", $name)).as_slice())),*]
    };
}

static PAGES: LazyLock<Vec<Page>> =
    LazyLock::new(|| FILES.iter().map(|(name, bytes)| Page::new(name, bytes)).collect());

const FILES: &[(&str, &[u8])] = &pages![
    "api.js",
    "app.css",
    "app.js",
    "archive.js",
    "elements.js",
    "health.js",
    "icon.svg",
    "index.html",
    "live.js",
    "overlay.js",
    "passage.js",
    "passage_words.js",
    "passages.js",
    "plates.css",
    "plates.js",
    "setup.js",
    "sign_in.js",
    "texts-en.js",
    "texts-vi.js",
    "texts-zh.js",
    "texts.js",
    "times.js",
    "views.css",
    "zone_screen.js",
    "zone_shape.js",
    "zones.js"
];

impl Page {
    fn new(name: &'static str, bytes: &'static [u8]) -> Self {
        let kind = match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        };
        Self { name, kind, bytes, tag: format!("\"{:x}\"", Sha256::digest(bytes)) }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        let cached = [(header::ETAG, self.tag.as_str()), (header::CACHE_CONTROL, "no-cache")];
        if known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.tag)) {
            return (StatusCode::NOT_MODIFIED, cached).into_response();
        }
        (cached, [(header::CONTENT_TYPE, self.kind)], self.bytes).into_response()
    }
}

fn answer(name: &str, headers: &HeaderMap) -> Response {
    match PAGES.iter().find(|page| page.name == name) {
        Some(page) => page.answer(headers),
        None => ApiError::not_found("there is no such file").into_response(),
    }
}

pub(super) async fn index(headers: HeaderMap) -> Response {
    answer("index.html", &headers)
}

pub(super) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    answer(&name, &headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_with_a_kind_that_browsers_take() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/console/pages");
        let mut there: Vec<String> = std::fs::read_dir(folder)
            .expect("it is there")
            .map(|entry| entry.expect("it can be read").file_name().into_string().expect("a name"))
            .collect();
        there.sort();
        let served: Vec<&str> = PAGES.iter().map(|page| page.name).collect();
        assert_eq!(served, there);
        assert!(PAGES.iter().all(|page| page.kind != "application/octet-stream"));
    }
}

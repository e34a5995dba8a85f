//! The design's invariants, held by reading the sources. Each failure names file and line.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are built, fetched or not ours.
const NOT_OURS: &[&str] = &["target", ".git", "weights", ".data", "shared"];

#[test]
fn onnx_is_spoken_in_one_file() {
    only_in("src/inference/session.rs", &["ort::", "extern crate ort"]);
}

#[test]
fn sqlite_is_spoken_in_one_folder() {
    only_in("src/publish/outbox", &["rusqlite"]);
}

#[test]
fn mqtt_is_spoken_in_one_file() {
    // The benchmark's bare client is what delivery is measured beside, so it cannot be delivery's own.
    only_in_files(&["src/publish/mqtt", "benches/delivery/bare.rs"], &["mqtt5::", "mqtt3::", "rumqttc"]);
}

#[test]
fn libjpeg_turbo_is_spoken_in_one_file() {
    only_in("src/jpeg.rs", &["turbojpeg"]);
}

#[test]
fn whom_to_trust_is_decided_in_one_folder() {
    // The tests' door is a server, and decides whom it lets in.
    let homes = ["src/tls", "tests/end_to_end/support/tls_door.rs"];
    only_in_files(&homes, &["RootCertStore", "rustls_native_certs"]);
}

#[test]
fn http_clients_begin_in_one_file() {
    only_in(
        "src/http_client.rs",
        &["reqwest::Client::builder", "reqwest::Client::new", " Client::builder()", "ClientBuilder::new"],
    );
}

#[test]
fn video4linux_is_spoken_in_one_file() {
    only_in("src/camera/usb/driver.rs", &["v4l::", "nokhwa::"]);
}

#[test]
fn gpio_is_spoken_in_one_folder() {
    only_in("src/gpio", &["gpiocdev"]);
}

#[test]
fn cameras_inference_and_publishing_never_know_each_other() {
    let seams = ["camera", "inference", "publish"];
    for own in seams {
        let others = seams.iter().filter(|other| **other != own).map(|other| format!("crate::{other}"));
        let others: Vec<String> = others.collect();
        let found = lines_with(&module(own), &others.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found, NOTHING, "a seam knows the domain, never another seam");
    }
}

#[test]
fn the_domain_does_no_io_reads_no_clock_and_knows_no_wire_format() {
    let modules = [
        "frame",
        "geometry",
        "optics",
        "picture_quality",
        "plate",
        "plate_format",
        "consensus",
        "tracking",
        "traffic",
        "lane",
        "passage",
        "side_number",
        "visit",
        "dossier",
        "registrar",
        "declared",
        "newest_frames",
    ];
    let barred =
        ["std::fs", "std::net", "std::io", "Instant", "SystemTime", "Timestamp::now", "tokio", "serde", "Serialize"];
    for name in modules {
        assert_eq!(lines_with(&module(name), &barred), NOTHING, "the domain is handed what it needs");
    }
}

#[test]
fn no_source_file_is_longer_than_400_lines() {
    let long = sources(&["src", "tests", "benches"]).into_iter().filter_map(|path| {
        let lines = read(&path).lines().count();
        (lines > 400).then(|| format!("{}: {lines} lines", path.display()))
    });
    assert_eq!(long.collect::<Vec<_>>(), NOTHING, "split it by what it is about");
}

#[test]
fn modules_are_named_for_what_they_are() {
    let vague = ["util", "utils", "common", "helper", "helpers", "types", "misc", "manager", "handler"];
    let found = sources(&["src"]).into_iter().filter(|path| {
        path.iter().any(|part| {
            let part = part.to_string_lossy();
            let words = part.trim_end_matches(".rs").split('_');
            words.into_iter().any(|word| vague.contains(&word))
        })
    });
    assert_eq!(found.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn no_file_has_the_address_of_a_package_registry() {
    // In halves, so that this file has none either. Cargo writes Cargo.lock itself.
    let addresses = [
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("//crates", ".io"),
        ("index.crates", ".io"),
        ("static.crates", ".io"),
        ("npmjs", ".org"),
        ("deb.debian", ".org"),
        ("--index", "-url"),
        ("--extra-index", "-url"),
    ];
    let addresses = addresses.map(|(start, end)| format!("{start}{end}"));
    let mut found = Vec::new();
    for path in files(Path::new(".")).into_iter().filter(|path| !path.ends_with("Cargo.lock")) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for (line, number) in text.lines().zip(1..) {
            if addresses.iter().any(|address| line.contains(address)) {
                found.push(format!("{}:{number}: {line}", path.display()));
            }
        }
    }
    assert_eq!(found, NOTHING, "the machine's own set-up says where packages come from");
}

const NOTHING: Vec<String> = Vec::new();

fn only_in(home: &str, words: &[&str]) {
    only_in_files(&[home], words);
}

fn only_in_files(homes: &[&str], words: &[&str]) {
    let elsewhere: Vec<PathBuf> = sources(&["src", "tests", "benches"])
        .into_iter()
        .filter(|path| !homes.iter().any(|home| path.ends_with(home) || path.starts_with(home)) && !is_this_file(path))
        .collect();
    assert_eq!(lines_with(&elsewhere, words), NOTHING, "it belongs in {homes:?} alone");
}

fn is_this_file(path: &Path) -> bool {
    path.ends_with("tests/architecture.rs")
}

/// The files of a module, whether it is a file or a folder.
fn module(name: &str) -> Vec<PathBuf> {
    let file = PathBuf::from(format!("src/{name}.rs"));
    if file.exists() { vec![file] } else { sources(&[&format!("src/{name}")]) }
}

/// Lines of code (not of comments) in which one of the words stands.
fn lines_with(paths: &[PathBuf], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in paths {
        for (line, number) in read(path).lines().zip(1..) {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|word| has_word(code, word)) {
                found.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    found
}

/// Whether `word` stands in `code` and is not the end of a longer name (`abort::` is not `ort::`).
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
}

fn sources(folders: &[&str]) -> Vec<PathBuf> {
    let all = folders.iter().flat_map(|folder| files(Path::new(folder)));
    all.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries.flatten() {
        let path = entry.path();
        let ours = !NOT_OURS.iter().any(|name| entry.file_name().to_str() == Some(name));
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && ours => found.extend(files(&path)),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

//! Fetching pinned files, with a real pip and a wheel made on the spot: no network.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use gatelpr::artifact::fetch::{Fetcher, Wanted, fetch_all};
use gatelpr::artifact::{Artifact, parse};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const CONTENT: &[u8] = b"weights of a model";

/// A folder with a wheel that carries `CONTENT`, and a Python whose pip looks there and nowhere else.
struct Shelf {
    folder: TempDir,
    python: PathBuf,
}

impl Shelf {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let wheel = folder.path().join("box-1.0-py3-none-any.whl");
        let script = "import sys, zipfile\n\
            wheel = zipfile.ZipFile(sys.argv[1], 'w')\n\
            wheel.writestr(zipfile.ZipInfo('box/model.onnx'), sys.argv[2])\n\
            info = 'box-1.0.dist-info/'\n\
            wheel.writestr(zipfile.ZipInfo(info + 'METADATA'), 'Metadata-Version: 2.1\\nName: box\\nVersion: 1.0\\n')\n\
            wheel.writestr(zipfile.ZipInfo(info + 'WHEEL'), 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n\
            wheel.writestr(zipfile.ZipInfo(info + 'RECORD'), '')\n\
            wheel.close()";
        let content = std::str::from_utf8(CONTENT).expect("it is text");
        let made = Command::new("python3").args(["-c", script]).arg(&wheel).arg(content).status();
        assert!(made.expect("python3 is installed").success());
        let python = folder.path().join("python");
        let found = folder.path().display();
        let wrapper = format!("#!/bin/sh\nPIP_NO_INDEX=1 PIP_FIND_LINKS='{found}' exec python3 \"$@\"\n");
        fs::write(&python, wrapper).expect("the folder is writable");
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).expect("it is ours");
        Self { folder, python }
    }

    fn wheel_hash(&self) -> String {
        hash(&fs::read(self.folder.path().join("box-1.0-py3-none-any.whl")).expect("the wheel is there"))
    }

    /// The folder that files are fetched into.
    fn weights(&self) -> PathBuf {
        self.folder.path().join("weights")
    }

    fn fetch(&self, artifact: &Artifact) -> Result<String, String> {
        fetch_with(&self.python, artifact, &self.weights())
    }
}

fn fetch_with(python: &Path, artifact: &Artifact, folder: &Path) -> Result<String, String> {
    let mut said = Vec::new();
    let done = fetch_all(&Fetcher::with_python(python), &[Wanted { artifact, folder }], &mut said);
    done.map(|()| String::from_utf8(said).expect("it is text")).map_err(|error| error.to_string())
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn artifact(wheel_hash: &str, member: &str, content: &[u8]) -> Artifact {
    let (bytes, sha256) = (content.len(), hash(content));
    let text = format!(
        "file = 'model.onnx'\nbytes = {bytes}\nsha256 = '{sha256}'\n[wheel]\npackage = 'box'\nversion = '1.0'\n\
         platform = 'any'\nsha256 = '{wheel_hash}'\nmember = '{member}'\n"
    );
    parse(text.as_bytes(), Path::new("model.toml")).expect("it is right")
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there").flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_missing_file_is_taken_out_of_its_wheel_and_nothing_else_is_left_behind() {
    let shelf = Shelf::new();
    let said = shelf.fetch(&artifact(&shelf.wheel_hash(), "box/model.onnx", CONTENT)).expect("it is fetched");
    assert!(said.starts_with("downloading box 1.0 with pip ...\n"), "{said}");
    assert_eq!(fs::read(shelf.weights().join("model.onnx")).expect("it is there"), CONTENT);
    assert_eq!(files(&shelf.weights()), ["model.onnx"]);
}

#[test]
fn a_file_that_is_right_needs_neither_python_nor_a_network() {
    let shelf = Shelf::new();
    let pinned = artifact(&shelf.wheel_hash(), "box/model.onnx", CONTENT);
    shelf.fetch(&pinned).expect("it is fetched");
    let said = fetch_with(Path::new("/nonexistent/python3"), &pinned, &shelf.weights()).expect("nothing is to be done");
    assert!(said.ends_with("model.onnx is there and right\n"), "{said}");
}

#[test]
fn a_file_of_the_repository_is_never_downloaded_and_keeps_no_other_from_being() {
    let shelf = Shelf::new();
    let pinned = artifact(&shelf.wheel_hash(), "box/model.onnx", CONTENT);
    let ours =
        Artifact { wheel: None, file: "ours/model.onnx".to_owned().try_into().expect("a name"), ..pinned.clone() };
    let folder = &shelf.weights();
    let wanted = [Wanted { artifact: &ours, folder }, Wanted { artifact: &pinned, folder }];
    let fetched = fetch_all(&Fetcher::with_python(&shelf.python), &wanted, &mut Vec::new());
    let error = fetched.expect_err("ours is missing").to_string();
    assert!(error.contains("ours/model.onnx is missing; it is part of the repository"), "{error}");
    assert_eq!(files(folder), ["model.onnx"]);

    fs::create_dir(folder.join("ours")).expect("the folder is writable");
    fs::write(folder.join("ours/model.onnx"), CONTENT).expect("the folder is writable");
    let said = fetch_with(Path::new("/nonexistent/python3"), &ours, folder).expect("nothing is to be done");
    assert!(said.ends_with("ours/model.onnx is there and right\n"), "{said}");
}

#[test]
fn a_damaged_file_is_replaced() {
    let shelf = Shelf::new();
    fs::create_dir(shelf.weights()).expect("the folder is writable");
    fs::write(shelf.weights().join("model.onnx"), b"weights of a m0del").expect("the folder is writable");
    shelf.fetch(&artifact(&shelf.wheel_hash(), "box/model.onnx", CONTENT)).expect("it is fetched");
    assert_eq!(fs::read(shelf.weights().join("model.onnx")).expect("it is there"), CONTENT);
}

#[test]
fn a_wheel_with_another_hash_is_refused() {
    let shelf = Shelf::new();
    let error = shelf.fetch(&artifact(&"0".repeat(64), "box/model.onnx", CONTENT)).unwrap_err();
    assert!(
        error.starts_with("pip could not download box 1.0: ERROR: THESE PACKAGES DO NOT MATCH THE HASHES"),
        "{error}"
    );
    assert_eq!(files(&shelf.weights()), Vec::<String>::new());
}

#[test]
fn a_wheel_without_the_file_is_refused_by_the_files_name() {
    let shelf = Shelf::new();
    let error = shelf.fetch(&artifact(&shelf.wheel_hash(), "box/other.onnx", CONTENT)).unwrap_err();
    assert!(error.starts_with("cannot take box/other.onnx out of box 1.0: "), "{error}");
    assert_eq!(files(&shelf.weights()), Vec::<String>::new());
}

#[test]
fn a_file_that_is_not_as_pinned_is_not_put_in_place() {
    let shelf = Shelf::new();
    let error = shelf.fetch(&artifact(&shelf.wheel_hash(), "box/model.onnx", b"weights of a m0del")).unwrap_err();
    assert!(error.starts_with("what box 1.0 carries is not what the manifest pins: "), "{error}");
    assert_eq!(files(&shelf.weights()), Vec::<String>::new());
}

#[test]
fn without_python_the_error_says_what_to_install() {
    let shelf = Shelf::new();
    let pinned = artifact(&shelf.wheel_hash(), "box/model.onnx", CONTENT);
    let error = fetch_with(Path::new("/nonexistent/python3"), &pinned, &shelf.weights()).unwrap_err();
    assert!(error.contains("apt-get install python3 python3-pip"), "{error}");
}

//! The ONNX Runtime: one shared library per processor, pinned like a model's weights.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Artifact, ManifestError, read};

/// Where its manifest lies under the models folder.
const FILE: &str = "runtime/onnxruntime.toml";

/// Which build of the ONNX Runtime is used on which processor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuntimeManifest {
    /// `onnxruntime`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// SPDX licence.
    pub licence: String,
    /// Whom to name.
    pub attribution: String,
    /// By processor, as Rust names it: `x86_64`, `aarch64`.
    pub builds: BTreeMap<String, Artifact>,
}

impl RuntimeManifest {
    /// Reads `runtime/onnxruntime.toml` in the models folder.
    ///
    /// # Errors
    /// [`ManifestError`] with the place in the file.
    pub fn load(models: &Path) -> Result<Self, ManifestError> {
        read(&models.join(FILE))
    }

    /// The library for the processor this program was built for; `None` if there is no pinned build for it.
    #[must_use]
    pub fn library(&self) -> Option<&Artifact> {
        self.builds.get(std::env::consts::ARCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_is_pinned_for_both_processors_of_edge_computers() {
        let runtime = RuntimeManifest::load(Path::new("models")).expect("the manifest that we ship is right");
        for processor in ["x86_64", "aarch64"] {
            let library = runtime.builds.get(processor).expect("there is a build");
            let wheel = library.wheel.as_ref().expect("it is downloaded");
            assert_eq!(wheel.version, runtime.version);
            assert!(wheel.platform.ends_with(processor));
        }
    }
}

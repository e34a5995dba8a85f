//! The models and the runtime: are their files the pinned ones? Nothing is loaded here.

use super::finding::Opinion;
use crate::artifact::ArtifactError;
use crate::artifact::runtime::RuntimeManifest;
use crate::config::Config;
use crate::inference::InferenceError;
use crate::inference::manifest::Manifest;
use crate::inference::models::{ModelChoice, folder_of};
use crate::inference::session::Runtime;

/// The choice that the daemon would make.
pub(super) fn choice(config: &Config) -> ModelChoice {
    let cores = std::thread::available_parallelism().unwrap_or(std::num::NonZeroUsize::MIN);
    config.inference.model_choice(cores, &config.lanes)
}

pub(super) fn look(config: &Config) -> Vec<Opinion> {
    match manifests(&choice(config)) {
        Ok(manifests) => manifests.iter().map(|manifest| judge(&manifest.model.name, &manifest.verify())).collect(),
        Err(error) => vec![Opinion::of_error(&error.to_string(), "install the package again: it brings the models")],
    }
}

/// The manifests of the models that the config chooses.
pub(super) fn manifests(choice: &ModelChoice) -> Result<Vec<Manifest>, InferenceError> {
    let folder = folder_of(choice)?;
    let second = choice.second_opinion.iter().map(|second| &second.recogniser);
    let names = [&choice.detector, &choice.recogniser].into_iter().chain(second);
    names.map(|name| Ok(Manifest::load(&folder, name)?)).collect()
}

fn judge(name: &str, verified: &Result<(), ArtifactError>) -> Opinion {
    match verified {
        Ok(()) => Opinion::good(format!("{name} is there, and its file is the pinned one")),
        Err(error) => Opinion::of_error(&error.to_string(), "get it again with `gatelpr models fetch`").about(name),
    }
}

pub(super) fn look_at_runtime(config: &Config) -> Vec<Opinion> {
    let library = match Runtime::find(config.inference.runtime.as_deref()) {
        Ok(library) => library,
        Err(error) => return vec![Opinion::of_error(&error.to_string(), "install the package again: it brings it")],
    };
    let shown = library.display();
    let pinned = folder_of(&choice(config)).ok().and_then(|folder| RuntimeManifest::load(&folder).ok());
    let build = pinned.as_ref().and_then(|pinned| Some((&pinned.version, pinned.library()?)));
    vec![match build.map(|(version, build)| (version, build.verify_file(&library))) {
        Some((version, Ok(()))) => Opinion::good(format!("ONNX Runtime {version}, as pinned, is {shown}")),
        Some((version, Err(ArtifactError::Unreadable { cause, .. }))) => Opinion::bad(
            format!("ONNX Runtime {version} cannot be read from {shown}: {cause}"),
            "check its owner and permissions",
        ),
        Some((version, Err(_))) => Opinion::note(
            format!(
                "{shown} is another ONNX Runtime than the pinned {version}; it may work, but is not the tested one"
            ),
            "remove `runtime` from [inference] and the variable ORT_DYLIB_PATH, unless it was chosen on purpose",
        ),
        None => Opinion::unknown(
            format!("{shown} is used, and no build is pinned for this processor to compare it with"),
            "see the finding first_event for whether it works",
        ),
    }]
}

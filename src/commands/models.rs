//! `gatelpr models`: which models there are, whether their files are right, and fetching those that are not there.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use crate::artifact::fetch::{Fetcher, Wanted, fetch_all};
use crate::artifact::runtime::RuntimeManifest;
use crate::artifact::{Artifact, ArtifactError};
use crate::inference::manifest::{Manifest, Task};

/// List, check and fetch the models and the ONNX Runtime that runs them.
#[derive(Debug, Clone, Args)]
pub struct ModelsArgs {
    #[command(subcommand)]
    action: Action,
    /// Folder of the manifests (*.toml); downloaded weights are in its `weights` folder.
    #[arg(long, global = true, value_name = "DIR", default_value = "models")]
    models: PathBuf,
    /// Folder of the ONNX Runtime library.
    #[arg(long, global = true, value_name = "DIR", default_value = "runtime")]
    runtime: PathBuf,
    /// For which processor the ONNX Runtime is, if not for this one: x86_64 or aarch64.
    #[arg(long, global = true, value_name = "NAME", default_value = std::env::consts::ARCH, hide_default_value = true)]
    processor: String,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Action {
    /// Show every model: name, task, size, licence, and whether its file is there and right.
    List,
    /// Hash every file and say what is wrong; fails if anything is.
    Verify,
    /// Get what is missing or damaged with pip, check it, put it in place; does nothing where all is right.
    Fetch,
}

/// Runs `gatelpr models`.
///
/// # Errors
/// A manifest that cannot be read, a file that is not as pinned (`verify`), a download that failed (`fetch`).
pub fn run(args: &ModelsArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let inventory = Inventory::load(args)?;
    match args.action {
        Action::List => list(&inventory, out),
        Action::Verify => verify(&inventory, out),
        Action::Fetch => fetch(&inventory, &Fetcher::default(), out),
    }
}

/// Everything that is pinned: a line of the list each.
struct Inventory(Vec<Item>);

struct Item {
    name: String,
    task: &'static str,
    licence: String,
    artifact: Artifact,
    folder: PathBuf,
}

impl Inventory {
    fn load(args: &ModelsArgs) -> anyhow::Result<Self> {
        let mut items = vec![runtime_item(args)?];
        for name in Manifest::names(&args.models)? {
            items.push(Item::from(Manifest::load(&args.models, &name)?));
        }
        Ok(Self(items))
    }
}

fn runtime_item(args: &ModelsArgs) -> anyhow::Result<Item> {
    let (runtime, processor) = (RuntimeManifest::load(&args.models)?, &args.processor);
    let library = runtime.builds.get(processor).with_context(|| {
        let known = runtime.builds.keys().cloned().collect::<Vec<_>>();
        format!(
            "no build of {} is pinned for the processor {processor}; there is one for {}",
            runtime.name,
            known.join(", ")
        )
    })?;
    Ok(Item {
        name: format!("{} {}", runtime.name, runtime.version),
        task: "runtime",
        licence: runtime.licence.clone(),
        artifact: library.clone(),
        folder: args.runtime.clone(),
    })
}

impl From<Manifest> for Item {
    fn from(manifest: Manifest) -> Self {
        let folder = manifest.weights_folder();
        let task = match manifest.model.family.task() {
            Task::Detector => "detector",
            Task::Recogniser => "recogniser",
        };
        let model = manifest.model;
        Self { name: model.name, task, licence: model.licence, artifact: model.weights, folder }
    }
}

fn list(inventory: &Inventory, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "{:<20} {:<11} {:>8}  {:<12} FILE", "NAME", "TASK", "SIZE", "LICENCE")?;
    for item in &inventory.0 {
        let state = match item.artifact.verify(&item.folder) {
            Ok(()) => "verified",
            Err(ArtifactError::Missing { .. }) => "missing",
            Err(_) => "wrong",
        };
        let size = format!("{:.1} MB", item.artifact.bytes as f64 / 1e6);
        writeln!(out, "{:<20} {:<11} {size:>8}  {:<12} {state}", item.name, item.task, item.licence)?;
    }
    Ok(())
}

fn verify(inventory: &Inventory, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut wrong = 0;
    for item in &inventory.0 {
        match item.artifact.verify(&item.folder) {
            Ok(()) => writeln!(out, "{}: right", item.name)?,
            Err(error) => {
                wrong += 1;
                writeln!(out, "{}: {error}", item.name)?;
            }
        }
    }
    anyhow::ensure!(wrong == 0, "{wrong} of {} files are not as their manifests pin them", inventory.0.len());
    Ok(())
}

fn fetch(inventory: &Inventory, fetcher: &Fetcher, out: &mut dyn Write) -> anyhow::Result<()> {
    let wanted: Vec<_> =
        inventory.0.iter().map(|item| Wanted { artifact: &item.artifact, folder: &item.folder }).collect();
    fetch_all(fetcher, &wanted, out)
}

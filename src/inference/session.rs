//! The ONNX Runtime: found, loaded once, and run. The only file that imports `ort`.

use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ort::environment::Environment;
use ort::ep::{CUDA, ExecutionProvider, ExecutionProviderDispatch, OpenVINO, TensorRT};
use ort::session::Session as OrtSession;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};
use ort::value::{Outlet, TensorElementType, TensorRef, ValueType};

use super::InferenceError;
use super::manifest::Model;
use crate::clock::Clock;

/// File names of the library, the pinned version first.
const LIBRARY_NAMES: [&str; 3] = ["libonnxruntime.so.1.32.0", "libonnxruntime.so.1", "libonnxruntime.so"];
/// The variable that names the library's path, as other programs that load ONNX Runtime use it.
pub const LIBRARY_VARIABLE: &str = "ORT_DYLIB_PATH";
const SYSTEM_FOLDERS: [&str; 5] =
    ["/usr/lib/gatelpr", "/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib"];

/// The runtime that is loaded: ONNX Runtime can be set up once per process, and serves every model from then on.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

/// How long models have run in this process, in nanoseconds.
static RAN_NS: AtomicU64 = AtomicU64::new(0);

/// How long the models of this process have run until now: what no code of ours around them can make shorter.
#[must_use]
pub fn time_in_models() -> Duration {
    Duration::from_nanos(RAN_NS.load(Ordering::Relaxed))
}

/// What models run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Execution {
    /// The processor, as every ONNX Runtime can.
    #[default]
    Cpu,
    /// Intel's processors and graphics, through OpenVINO.
    OpenVino,
    /// A graphics card of NVIDIA.
    Cuda,
    /// The same, with plans that TensorRT makes for it.
    TensorRt,
}

impl Execution {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Cpu, Self::OpenVino, Self::Cuda, Self::TensorRt];

    /// Its name in the config.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::OpenVino => "openvino",
            Self::Cuda => "cuda",
            Self::TensorRt => "tensorrt",
        }
    }

    /// What the runtime has to have for it, and whether it was built with it; nothing for the processor.
    fn provider(self) -> Option<(ExecutionProviderDispatch, bool)> {
        fn asked<P: ExecutionProvider + Into<ExecutionProviderDispatch>>(
            provider: P,
        ) -> (ExecutionProviderDispatch, bool) {
            let is_built_in = P::is_available().unwrap_or(false);
            // Without this a model runs on the processor where it should not, and nobody is told.
            (provider.into().error_on_failure(), is_built_in)
        }
        match self {
            Self::Cpu => None,
            Self::OpenVino => Some(asked(OpenVINO::default())),
            Self::Cuda => Some(asked(CUDA::default())),
            Self::TensorRt => Some(asked(TensorRT::default())),
        }
    }
}

/// What a model runs on, and with how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunsOn {
    /// On what.
    pub execution: Execution,
    /// Threads, on the processor.
    pub threads: NonZeroUsize,
}

/// The loaded ONNX Runtime.
#[derive(Clone)]
pub struct Runtime {
    environment: Environment,
    library: PathBuf,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("library", &self.library).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Loads the library: `configured` if given, else the environment's, else beside the binary, else the system's. What
    /// is loaded already is used again.
    ///
    /// # Errors
    /// [`InferenceError::NoRuntime`] with every place looked at; [`InferenceError::Runtime`] when the library found
    /// cannot be loaded, is too old, or is not the one that this process has loaded before.
    pub fn load(configured: Option<&Path>) -> Result<Self, InferenceError> {
        let library = find_library(configured)?;
        // A panic while loading leaves nothing half done behind: the place is filled last.
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        match &*loaded {
            Some(runtime) if runtime.library == library => Ok(runtime.clone()),
            Some(runtime) => {
                let reason = format!("this process has loaded {} already", runtime.library.display());
                Err(InferenceError::Runtime { library, reason })
            }
            None => Ok(loaded.insert(Self::start(library)?).clone()),
        }
    }

    /// The library that would be loaded, which is not looked into.
    ///
    /// # Errors
    /// [`InferenceError::NoRuntime`] with every place looked at.
    pub fn find(configured: Option<&Path>) -> Result<PathBuf, InferenceError> {
        find_library(configured)
    }

    fn start(library: PathBuf) -> Result<Self, InferenceError> {
        let failed = |reason: String| InferenceError::Runtime { library: library.clone(), reason };
        let builder = ort::init_from(&library).map_err(|error| failed(error.to_string()))?;
        // The library tells its maker of its use otherwise; main.rs keeps it from doing so before it is asked.
        let builder = builder.with_name("gatelpr").with_telemetry(false);
        let environment = builder.build().map_err(|error| failed(error.to_string()))?;
        Ok(Self { environment, library })
    }

    /// The library in use.
    #[must_use]
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// Opens the model in `weights`, as its manifest describes it.
    ///
    /// # Errors
    /// [`InferenceError::Model`] when the bytes are no model that this runtime can run, or the model's input or output is
    /// not the manifest's; [`InferenceError::Execution`] when it cannot run on what it should.
    pub fn open(&self, manifest: &Model, weights: &[u8], runs_on: RunsOn) -> Result<Session, InferenceError> {
        let failed = |reason: String| InferenceError::Model { model: manifest.name.clone(), reason };
        let mut builder = self.builder(runs_on.threads).map_err(|error| failed(in_one_line(&error)))?;
        if let Some((provider, is_built_in)) = runs_on.execution.provider() {
            let refused = |reason: String| InferenceError::Execution {
                execution: runs_on.execution.name(),
                library: self.library.clone(),
                reason,
            };
            if !is_built_in {
                return Err(refused("it was built without it".to_owned()));
            }
            builder =
                builder.with_execution_providers([provider]).map_err(|error| refused(in_one_line(&error.into())))?;
        }
        let session = builder.commit_from_memory(weights).map_err(|error| failed(in_one_line(&error)))?;
        let outputs: Vec<_> = manifest.outputs().into_iter().map(str::to_owned).collect();
        check_input(session.inputs(), &manifest.input.name).map_err(failed)?;
        outputs.iter().try_for_each(|name| check_output(session.outputs(), name)).map_err(failed)?;
        Ok(Session { session, input: manifest.input.name.clone(), outputs, model: manifest.name.clone() })
    }

    fn builder(&self, threads: NonZeroUsize) -> Result<SessionBuilder, ort::Error> {
        Ok(OrtSession::builder(&self.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)?
            .with_intra_threads(threads.get())?
            .with_inter_threads(1)?
            // Idle threads that spin would take the capture threads' time on a small box.
            .with_intra_op_spinning(false)?)
    }
}

/// A model has one input, named as in its manifest, of `f32`: batch, channels, rows, columns.
fn check_input(outlets: &[Outlet], name: &str) -> Result<(), String> {
    match outlets {
        [only] if only.name() == name => check_outlet("input", only, 4..=4),
        others => Err(not_there("input", others, name)),
    }
}

/// A model has the outputs that its manifest names; others are not looked at. A plane of values per picture has four axes, a
/// value per class two.
fn check_output(outlets: &[Outlet], name: &str) -> Result<(), String> {
    let named = outlets.iter().find(|outlet| outlet.name() == name);
    check_outlet("output", named.ok_or_else(|| not_there("output", outlets, name))?, 2..=4)
}

fn check_outlet(what: &str, outlet: &Outlet, axes: RangeInclusive<usize>) -> Result<(), String> {
    match outlet.dtype() {
        ValueType::Tensor { ty: TensorElementType::Float32, shape, .. } if axes.contains(&shape.len()) => Ok(()),
        other => {
            let (name, least, most) = (outlet.name(), axes.start(), axes.end());
            let axes = if least == most { format!("{most}") } else { format!("{least} to {most}") };
            Err(format!("its {what} {name:?} is {other}, not a tensor of f32 with {axes} axes"))
        }
    }
}

fn not_there(what: &str, outlets: &[Outlet], name: &str) -> String {
    let names: Vec<_> = outlets.iter().map(Outlet::name).collect();
    format!("the manifest names the {what} {name:?}, and the model has {names:?}")
}

/// An opened model.
pub struct Session {
    session: OrtSession,
    input: String,
    /// The outputs that are looked at, the main one first.
    outputs: Vec<String>,
    model: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("model", &self.model).finish_non_exhaustive()
    }
}

/// What a model answered: row-major values and their shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Length of each axis, the outermost first.
    pub shape: Vec<usize>,
    /// The values.
    pub values: Vec<f32>,
}

impl Session {
    /// Runs the model on `values`, shaped `shape`, and gives its main output.
    ///
    /// # Errors
    /// [`InferenceError::Model`] when the model fails or answers with something else than numbers.
    pub fn run(&mut self, shape: [usize; 4], values: &[f32]) -> Result<Tensor, InferenceError> {
        let main = self.run_all(shape, values)?.into_iter().next();
        main.ok_or_else(|| self.failure("its manifest names no output".to_owned()))
    }

    /// Runs the model on `values`, shaped `shape`: the outputs that its manifest names, in that order.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_all(&mut self, shape: [usize; 4], values: &[f32]) -> Result<Vec<Tensor>, InferenceError> {
        let Self { session, input, outputs, model } = self;
        let failed = |error: ort::Error| InferenceError::Model { model: model.clone(), reason: in_one_line(&error) };
        let picture = TensorRef::from_array_view((shape, values)).map_err(failed)?;
        let clock = Clock::start();
        let answer = session.run(ort::inputs![input.as_str() => picture]).map_err(failed)?;
        RAN_NS.fetch_add(u64::try_from(clock.elapsed().as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        let tensor = |name: &String| {
            let (shape, values) = answer[name.as_str()].try_extract_tensor::<f32>().map_err(failed)?;
            if values.iter().any(|value| !value.is_finite()) {
                let reason = format!("its output {name:?} holds values that are no numbers");
                return Err(InferenceError::Model { model: model.clone(), reason });
            }
            let shape = shape.iter().map(|length| usize::try_from(*length).unwrap_or(0)).collect();
            Ok(Tensor { shape, values: values.to_vec() })
        };
        outputs.iter().map(tensor).collect()
    }

    /// A text that the model carries under `key`.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<String> {
        self.session.metadata().ok()?.custom(key)
    }

    /// A failure of this model.
    #[must_use]
    pub fn failure(&self, reason: String) -> InferenceError {
        InferenceError::Model { model: self.model.clone(), reason }
    }
}

/// The runtime's messages have several lines; a log has one.
fn in_one_line(error: &ort::Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn find_library(configured: Option<&Path>) -> Result<PathBuf, InferenceError> {
    if let Some(path) = configured {
        return check_library(path, "the config's inference.runtime");
    }
    if let Some(path) = std::env::var_os(LIBRARY_VARIABLE).filter(|path| !path.is_empty()) {
        return check_library(Path::new(&path), &format!("the environment's {LIBRARY_VARIABLE}"));
    }
    let looked_at = candidates();
    looked_at.iter().find(|path| path.is_file()).cloned().ok_or(InferenceError::NoRuntime { looked_at })
}

/// A path that somebody named is used or refused, never replaced by another.
fn check_library(path: &Path, named_by: &str) -> Result<PathBuf, InferenceError> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let reason = format!("no such file, although {named_by} names it");
    Err(InferenceError::Runtime { library: path.to_owned(), reason })
}

fn candidates() -> Vec<PathBuf> {
    let executable = std::env::current_exe().ok();
    let beside = executable.as_deref().and_then(Path::parent);
    // In a checkout the binary is target/<profile>/gatelpr (or target/<profile>/deps/…) and the library in runtime/.
    let checkout = beside.into_iter().flat_map(|folder| folder.ancestors().take(4).map(|above| above.join("runtime")));
    let working = [PathBuf::from("runtime")];
    let folders = beside.map(Path::to_owned).into_iter().chain(checkout).chain(working);
    let folders = folders.chain(SYSTEM_FOLDERS.map(PathBuf::from));
    folders.flat_map(|folder| LIBRARY_NAMES.map(|name| folder.join(name))).collect()
}

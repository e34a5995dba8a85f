//! `gatelpr replay`: the events of a recording, the same bytes every time.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::UsageError;
use crate::camera::{self, FrameRate, FrameSource, Opening, Pacing, Repeat, SourceError, SourceSettings, Timeline};
use crate::clock::Clock;
use crate::config::{Config, InferenceConfig, LaneConfig, rear_lanes};
use crate::daemon::model_ids;
use crate::dossier::Dossier;
use crate::frame::Frame;
use crate::inference::models::{ModelChoice, Models};
use crate::optics::{Optics, View};
use crate::passage::Passage;
use crate::pipeline::Pipeline;
use crate::plate::{CameraName, LaneName, SiteName};
use crate::plate_list::{PlateLists, reader};
use crate::publish::event::Location;
use crate::publish::sealing::ReplayChain;
use crate::publish::{EventMaker, Origin};
use crate::registrar::{Lookup, Registrar};
use crate::stop::Stop;
use crate::visit::{KnownPairs, VisitBook};

/// Print the events of a recording as JSON Lines, the same bytes every time.
///
/// Every frame is analysed. Times and ids derive from the recording: its creation time where it has one, else 1970.
#[derive(Debug, Clone, clap::Args)]
pub struct ReplayArgs {
    /// The recording: a video file (H.264 in MP4), or a folder of pictures taken in the order of their names
    #[arg(value_name = "SOURCE")]
    source: PathBuf,
    /// Use the lanes, zones and models of this config; without it one lane watches the whole picture
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which camera of the config took the recording, where the config has several
    #[arg(long, value_name = "NAME", requires = "config")]
    camera: Option<String>,
    /// Pictures per second of a folder
    #[arg(long, value_name = "N", default_value = "10", value_parser = frame_rate)]
    frames_per_second: FrameRate,
    /// Do not wait for the recording's own time between frames
    #[arg(long)]
    fast: bool,
}

/// How long one wait for a frame's own time takes at most.
const PACING_ROUND: Duration = Duration::from_secs(60);

/// Runs `gatelpr replay`, writing events to `out`.
///
/// # Errors
/// A config with problems, models that cannot be loaded, a recording that cannot be read.
pub fn run(args: &ReplayArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let setup = Setup::new(args)?;
    let models = Models::load(&setup.models)?;
    let mut events = Events {
        // The same recording gives the same events, whichever trailers a gate knows.
        registrar: Registrar::new(VisitBook::new(rear_lanes(&setup.lanes), KnownPairs::default()))
            .with_lists(setup.lists.clone()),
        maker: EventMaker::new(setup.origin(&models, args)?),
        chain: ReplayChain::default(),
    };
    let opening = Opening {
        camera: setup.camera.clone(),
        timeline: Timeline::Recording { start: None },
        clock: Clock::start(),
        patience: Duration::from_secs(10),
        stop: Stop::default(),
    };
    let mut source = camera::open(&source_settings(args), &opening)?;
    let mut pipeline = Pipeline::new(models, setup.lanes);
    let mut optics = Optics::new(setup.view);
    let progress = progress_bar();
    let ended = play(source.as_mut(), &mut optics, &mut pipeline, &mut events, &progress, out);
    progress.finish_and_clear();
    // What was in view passes, also when the recording breaks off.
    events.write(&pipeline.finish(&setup.camera), out)?;
    ended?;
    if source.tally().damaged > 0 {
        tracing::warn!(damaged = source.tally().damaged, "parts of the recording were damaged and skipped");
    }
    Ok(())
}

/// Every frame through the pipeline, to the end of the recording.
fn play(
    source: &mut dyn FrameSource,
    optics: &mut Optics,
    pipeline: &mut Pipeline,
    events: &mut Events,
    progress: &ProgressBar,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    loop {
        let frame = match source.next_frame(PACING_ROUND) {
            Ok(Some(frame)) => Frame { image: optics.correct(frame.image), ..frame },
            Ok(None) => return Ok(()),
            // Nothing is due yet: a gap in the recording, played at its own speed.
            Err(SourceError::Silent { .. }) => continue,
            Err(error) => return Err(error.into()),
        };
        let mut passages = Vec::new();
        let recognised = pipeline.frame(&frame, &mut passages);
        events.write(&passages, out)?;
        recognised?;
        progress.set_message(format!("{:.1} s of the recording", frame.captured_at.elapsed.as_secs_f32()));
        progress.inc(1);
    }
}

/// Looks up what is known of vehicles, numbers and signs their events and writes them, one per line.
struct Events {
    registrar: Registrar,
    maker: EventMaker,
    chain: ReplayChain,
}

impl Events {
    fn write(&mut self, passages: &[Passage], out: &mut dyn Write) -> anyhow::Result<()> {
        for passage in passages {
            let Lookup { dossier, amends } = self.registrar.look_up(passage, passage.last_seen.wall);
            self.write_event(passage, &dossier, out)?;
            for (earlier, dossier) in amends {
                self.write_event(&earlier, &dossier, out)?;
            }
        }
        Ok(())
    }

    fn write_event(&mut self, passage: &Passage, dossier: &Dossier, out: &mut dyn Write) -> anyhow::Result<()> {
        let json = self.chain.seal(self.maker.event(passage, dossier))?;
        writeln!(out, "{json}").context("cannot write the events")?;
        out.flush().context("cannot write the events")
    }
}

/// What the config says, or what holds without one.
struct Setup {
    site: SiteName,
    gate: SiteName,
    location: Option<Location>,
    camera: CameraName,
    view: View,
    lanes: Vec<LaneConfig>,
    models: ModelChoice,
    config_sha256: String,
    lists: PlateLists,
}

impl Setup {
    fn new(args: &ReplayArgs) -> anyhow::Result<Self> {
        match &args.config {
            Some(path) => Self::from_config(path, args.camera.as_deref()),
            None => Ok(Self::without_config()),
        }
    }

    fn from_config(path: &Path, camera: Option<&str>) -> anyhow::Result<Self> {
        let config = Config::load_for_replay(path)?;
        let names: Vec<_> = config.cameras.iter().map(|camera| camera.name.as_str()).collect();
        let usage = |what: &str| UsageError(format!("the cameras of the config are {}: {what}", names.join(", ")));
        let camera = match (camera, config.cameras.as_slice()) {
            (Some(name), cameras) => cameras.iter().find(|camera| camera.name.as_str() == name),
            (None, [only]) => Some(only),
            (None, _) => return Err(usage("it has several; say which took the recording with --camera").into()),
        };
        let camera = camera.ok_or_else(|| usage("it has no such camera"))?;
        let lanes: Vec<_> = config.lanes.iter().filter(|lane| lane.camera == camera.name).cloned().collect();
        Ok(Self {
            site: config.site.name.clone(),
            gate: config.site.gate.clone(),
            location: config.site.location,
            camera: camera.name.clone(),
            view: camera.view,
            models: config.inference.model_choice(available_cores(), &lanes),
            lanes,
            config_sha256: config.config_sha256().to_owned(),
            lists: lists(&config),
        })
    }

    fn without_config() -> Self {
        let camera = CameraName::try_from("camera-1").expect("it is a name");
        let name = LaneName::try_from("lane-1").expect("it is a name");
        let lanes = vec![LaneConfig::whole_picture(name, camera.clone())];
        Self {
            site: SiteName::try_from("replay").expect("it is a name"),
            gate: SiteName::try_from("gate-1").expect("it is a name"),
            location: None,
            camera,
            view: View::default(),
            models: InferenceConfig::default().model_choice(available_cores(), &lanes),
            lanes,
            config_sha256: String::new(),
            lists: PlateLists::default(),
        }
    }

    fn origin(&self, models: &Models, args: &ReplayArgs) -> anyhow::Result<Origin> {
        let mut digest = Sha256::new();
        digest.update(self.config_sha256.as_bytes());
        digest.update(args.frames_per_second.per_second().to_le_bytes());
        digest_recording(&args.source, &mut digest)?;
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.finalize()[..16]);
        Ok(Origin {
            site: self.site.clone(),
            gate: self.gate.clone(),
            boot_id: Uuid::new_v8(bytes),
            location: self.location,
            models: model_ids(models),
        })
    }
}

/// The operator's lists as they are now, where they are on this machine.
fn lists(config: &Config) -> PlateLists {
    let (settings, rules) = (config.list_settings(), config.list_rules());
    let lists = PlateLists::new(&settings);
    reader::read_once(&settings, &lists, &rules);
    lists
}

/// Threads give the same result whatever their number, so a replay takes what there is.
fn available_cores() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn source_settings(args: &ReplayArgs) -> SourceSettings {
    let path = args.source.clone();
    let pacing = if args.fast { Pacing::Fast } else { Pacing::RealTime };
    let repeat = Repeat::Once;
    if path.is_dir() {
        SourceSettings::Folder { path, frames_per_second: args.frames_per_second, repeat, pacing }
    } else {
        SourceSettings::Video { path, repeat, pacing }
    }
}

fn frame_rate(text: &str) -> Result<FrameRate, String> {
    let number: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    FrameRate::try_from(number).map_err(|error| error.to_string())
}

/// The recording's content, wherever it lies: a file's bytes, or a folder's file names and bytes in order.
fn digest_recording(source: &Path, digest: &mut Sha256) -> anyhow::Result<()> {
    let read = |path: &Path, digest: &mut Sha256| -> anyhow::Result<()> {
        let mut file = std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        std::io::copy(&mut file, digest).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(())
    };
    if !source.is_dir() {
        return read(source, digest);
    }
    let entries = std::fs::read_dir(source).with_context(|| format!("cannot list {}", source.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<BTreeSet<_>>>();
    for path in paths.with_context(|| format!("cannot list {}", source.display()))?.iter().filter(|path| path.is_file())
    {
        digest.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        read(path, digest)?;
    }
    Ok(())
}

fn progress_bar() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{spinner} {pos} frames, {msg}, {per_sec}");
    ProgressBar::new_spinner().with_style(style.expect("the template is right"))
}

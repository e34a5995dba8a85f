//! `gatelpr synth`: draws a scenario as folders of pictures, with its truth and a config that reads them.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use crate::synthetic::film::Film;
use crate::synthetic::gate_config::gate_config;
use crate::synthetic::scenario::Scenario;

/// Cameras deliver about this; lower, and the small plates lose their edges.
const JPEG_QUALITY: u8 = 90;
/// The scenario that comes with the program.
const DEMO: &str = "demo";

/// Draw a gate that does not exist: vehicles with known plates before one or several cameras.
///
/// Writes a folder of pictures per camera, truth.json, and gate.toml: a config with these cameras, lanes and zones.
#[derive(Debug, Clone, Args)]
pub struct SynthArgs {
    /// The scenario: a TOML file (docs/scenarios.md), or `demo` for the sample recording
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// Folder for everything; made if it is not there. Files of the same names are replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Use this seed instead of the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Runs `gatelpr synth`.
///
/// # Errors
/// A scenario that cannot be read or makes no sense; a folder or file that cannot be written.
pub fn run(args: &SynthArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let scenario = scenario(args)?;
    let film = Film::of(&scenario);
    let folder = &args.out;
    for (index, camera) in film.cameras().iter().enumerate() {
        let pictures = folder.join(&camera.name);
        fs::create_dir_all(&pictures).with_context(|| format!("cannot make the folder {}", pictures.display()))?;
        for frame in 0..film.frames() {
            let path = pictures.join(format!("{frame:06}.jpg"));
            write_picture(&path, &film.render(index, frame))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        writeln!(out, "{}: {} pictures, {} a second", pictures.display(), film.frames(), film.frames_per_second())?;
    }
    write_text(&folder.join("gate.toml"), &gate_config(&film))?;
    let truth = folder.join("truth.json");
    write_text(&truth, &(serde_json::to_string_pretty(film.truth())? + "\n"))?;
    writeln!(out, "{}: {} passages; the plates, in order:", truth.display(), film.truth().passages.len())?;
    for passage in &film.truth().passages {
        writeln!(out, "  {}", passage.plate.as_deref().unwrap_or("(no plate)"))?;
    }
    Ok(())
}

fn scenario(args: &SynthArgs) -> anyhow::Result<Scenario> {
    let scenario = if args.scenario == Path::new(DEMO) {
        Scenario::demo()
    } else {
        let name = args.scenario.display();
        let text = fs::read_to_string(&args.scenario).with_context(|| format!("cannot read the scenario {name}"))?;
        Scenario::parse(&text).with_context(|| format!("{name}"))?
    };
    Ok(match args.seed {
        Some(seed) => scenario.with_seed(seed),
        None => scenario,
    })
}

fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn write_picture(path: &Path, picture: &RgbImage) -> anyhow::Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY).encode_image(picture)?;
    Ok(file.flush()?)
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    use super::*;

    const SCENARIO: &str = "name = \"short\"\nduration_s = 0.2\n[picture]\nwidth_px = 160\nheight_px = 90\n\
        [[lane]]\nname = \"in-1\"\n[[lane]]\nname = \"out-1\"\nacross_m = -3.5\ndirection = \"out\"\n\
        [[camera]]\nname = \"front\"\nlanes = [\"in-1\", \"out-1\"]\nfocal_px = 100\n\
        [[camera]]\nname = \"rear\"\nlanes = [\"in-1\"]\nsees = \"rears\"\nfocal_px = 100\n";

    #[test]
    fn a_scenario_becomes_pictures_with_their_truth_and_a_config_that_the_gate_takes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let scenario = folder.path().join("short.toml");
        fs::write(&scenario, SCENARIO).expect("it can be written");
        let args = SynthArgs { scenario, out: folder.path().join("film"), seed: Some(5) };
        run(&args, &mut Vec::new()).expect("it is drawn");
        let film = folder.path().join("film");
        for picture in ["front/000000.jpg", "front/000001.jpg", "rear/000001.jpg", "truth.json"] {
            assert!(film.join(picture).exists(), "{picture}");
        }
        let config = Config::load(&film.join("gate.toml")).unwrap_or_else(|problems| panic!("{problems}"));
        let lanes: Vec<(&str, &str)> =
            config.lanes.iter().map(|lane| (lane.name.as_str(), lane.camera.as_str())).collect();
        assert_eq!(lanes, [("in-1", "front"), ("out-1", "front"), ("in-1-rear", "rear")]);
    }

    #[test]
    fn a_scenario_that_is_not_there_is_named() {
        let args = SynthArgs { scenario: "nowhere.toml".into(), out: "unused".into(), seed: None };
        let error = run(&args, &mut Vec::new()).expect_err("it is not there");
        assert_eq!(error.to_string(), "cannot read the scenario nowhere.toml");
    }
}

//! `gatelpr synth`: writes the synthetic gate scene as a folder of pictures.

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use image::RgbImage;
use image::codecs::jpeg::JpegEncoder;

use crate::synthetic::scene::{FRAMES, FRAMES_PER_SECOND, Scene};

/// Cameras deliver about this; lower, and the small plates lose their edges.
const JPEG_QUALITY: u8 = 90;

/// Draw a sample recording: three vehicles with known plates at a gate that does not exist.
#[derive(Debug, Clone, Args)]
pub struct SynthArgs {
    /// Folder for the pictures; made if it is not there. Pictures of the same names are replaced.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Runs `gatelpr synth`.
///
/// # Errors
/// The folder or a picture cannot be written.
pub fn run(args: &SynthArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let folder = &args.folder;
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let scene = Scene::default();
    for frame in 0..FRAMES {
        let path = folder.join(format!("{frame:04}.jpg"));
        write_picture(&path, &scene.render(frame)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    writeln!(out, "{}: {FRAMES} pictures, {FRAMES_PER_SECOND} a second; the plates, in order:", folder.display())?;
    for vehicle in scene.vehicles() {
        writeln!(out, "  {}", vehicle.plate.text)?;
    }
    Ok(())
}

fn write_picture(path: &Path, picture: &RgbImage) -> anyhow::Result<()> {
    let mut file = BufWriter::new(fs::File::create(path)?);
    JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY).encode_image(picture)?;
    Ok(file.flush()?)
}

//! `gatelpr cameras grab`: saves one picture of a camera.

use std::fs::OpenOptions;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, RgbImage};

use super::opening;
use crate::camera::{self, SourceSettings};
use crate::commands::UsageError;
use crate::commands::config_file::ConfigFile;
use crate::frame::Frame;
use crate::optics::Optics;

/// Plates stay as sharp as the camera sent them.
const JPEG_QUALITY: u8 = 95;

/// Save one picture of a camera, set straight as [camera.view] says, to set up its zones by
#[derive(Debug, Clone, clap::Args)]
pub(super) struct GrabArgs {
    /// The config file
    config: PathBuf,
    /// The camera's name in it
    camera: String,
    /// Where the picture goes: a name that ends in .jpg or .png
    #[arg(value_name = "OUT.jpg|png")]
    picture: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

/// Runs `gatelpr cameras grab`.
pub(super) fn run(args: &GrabArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let format = format(&args.picture)?;
    if args.picture.exists() && !args.force {
        return Err(UsageError(format!("{} is there already; --force replaces it", args.picture.display())).into());
    }
    let config = ConfigFile::at(&args.config).load()?;
    let Some(camera) = config.cameras.iter().find(|camera| camera.name.to_string() == args.camera) else {
        let names: Vec<String> = config.cameras.iter().map(|camera| camera.name.to_string()).collect();
        return Err(UsageError(format!("there is no camera {}, only {}", args.camera, names.join(", "))).into());
    };
    if let SourceSettings::WatchedFolder { path, .. } = &camera.source {
        let told = format!("camera {} uploads into {}; its pictures are there", camera.name, path.display());
        return Err(UsageError(told).into());
    }
    let opening = opening(camera);
    let mut source = camera::open(&camera.source, &opening)?;
    let Frame { image, .. } = source.next_frame(opening.patience)?.context("the recording has no picture in it")?;
    let image = Optics::new(camera.view).correct(image);
    let bytes = encode(&image, format)?;
    save(&args.picture, &bytes, args.force).with_context(|| format!("cannot write {}", args.picture.display()))?;
    let (width, height) = image.dimensions();
    writeln!(out, "{}: {width}x{height}, {} kB", args.picture.display(), bytes.len() / 1000)?;
    Ok(())
}

fn format(path: &Path) -> Result<ImageFormat, UsageError> {
    match ImageFormat::from_path(path) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png)) => Ok(format),
        _ => Err(UsageError(format!("{} ends neither in .jpg nor in .png", path.display()))),
    }
}

fn encode(image: &RgbImage, format: ImageFormat) -> image::ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    if format == ImageFormat::Jpeg {
        image.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
    } else {
        image.write_to(&mut Cursor::new(&mut bytes), format)?;
    }
    Ok(bytes)
}

fn save(path: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).truncate(replace);
    let mut file = if replace { options.create(true).open(path)? } else { options.create_new(true).open(path)? };
    file.write_all(bytes)
}

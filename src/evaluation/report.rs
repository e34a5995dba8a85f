//! Every miss and every false read as a web page: a folder with `index.html` and a JPEG per plate beside it. It needs
//! no scripts and nothing from the network, so it can be sent to somebody as it is.

use std::fs;
use std::path::{Path, PathBuf};

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, RgbImage};

use super::diff::{Pair, side_by_side};
use super::run::{PictureResult, SetResult};
use super::table::Table;
use crate::camera::read_picture;
use crate::geometry::BoundingBox;
use crate::plate::PlateReading;

/// The page could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {reason}; --errors names a folder that may be made or written to", path.display())]
pub struct ReportError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub reason: String,
}

impl ReportError {
    fn new(path: &Path, reason: impl ToString) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Around the plate, in its heights: enough to see what it is on.
const MARGIN: f32 = 0.8;
/// Crops are at most this large on either side, in pixels.
const LARGEST_CROP: u32 = 640;
const JPEG_QUALITY: u8 = 88;

const STYLE: &str = "body{font:16px/1.4 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 1em}\
    pre{background:#f4f4f4;padding:1em;overflow-x:auto}\
    table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.5em;text-align:left;vertical-align:top}\
    img{height:110px;max-width:360px;object-fit:contain;background:#eee}\
    .text{font:1.3em ui-monospace,monospace;letter-spacing:.08em;white-space:nowrap}\
    mark{background:#ffd0d0;color:#a00000;padding:0 .1em}small{color:#666}";

/// Writes the page into `folder`, which is made if it is not there. Files of an earlier page are replaced.
///
/// # Errors
/// [`ReportError`] naming the file.
pub fn write(folder: &Path, models: [&str; 2], results: &[SetResult]) -> Result<(), ReportError> {
    fs::create_dir_all(folder).map_err(|error| ReportError::new(folder, error))?;
    let mut page = Page { folder, html: String::new(), crops: 0 };
    page.html += &opening(models, results);
    for result in results {
        page.set(result)?;
    }
    page.html += "</body></html>\n";
    let index = folder.join("index.html");
    fs::write(&index, &page.html).map_err(|error| ReportError::new(&index, error))
}

fn opening([detector, recogniser]: [&str; 2], results: &[SetResult]) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>gatelpr eval: misses</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\n\
         <h1>What was not read right</h1>\n<p>Single pictures, each looked at alone. Detector {}, reader {}.</p>\n\
         <pre>{}</pre>\n",
        escaped(detector),
        escaped(recogniser),
        escaped(&Table(results).to_string()),
    )
}

/// The page so far.
struct Page<'a> {
    folder: &'a Path,
    html: String,
    crops: usize,
}

/// One line of the page.
struct Entry<'a> {
    what: &'static str,
    place: BoundingBox,
    truth: Option<(&'a str, &'a str)>,
    reading: Option<&'a PlateReading>,
}

impl Page<'_> {
    fn set(&mut self, result: &SetResult) -> Result<(), ReportError> {
        let wrong: Vec<_> = result.pictures.iter().map(|p| (p, entries(p))).filter(|(_, e)| !e.is_empty()).collect();
        let count: usize = wrong.iter().map(|(_, entries)| entries.len()).sum();
        self.html += &format!("<h2>{}: {count}</h2>\n", escaped(&result.score.name));
        for unreadable in &result.unreadable {
            self.html += &format!("<p>not looked at: {}</p>\n", escaped(&unreadable.to_string()));
        }
        if count == 0 {
            return Ok(());
        }
        self.html += "<table><tr><th>picture</th><th>truth</th><th>reading</th><th>confidence</th>\
            <th>also possible</th></tr>\n";
        for (result, entries) in wrong {
            // It was read a moment ago; a picture that has gone since then leaves its entries without crops.
            let image = read_picture(&result.picture.path).ok();
            for entry in entries {
                self.entry(&result.picture.path, image.as_ref(), &entry)?;
            }
        }
        self.html += "</table>\n";
        Ok(())
    }

    fn entry(&mut self, path: &Path, image: Option<&RgbImage>, entry: &Entry<'_>) -> Result<(), ReportError> {
        let crop = image.map(|image| self.crop(image, entry.place)).transpose()?;
        let shown = crop.map(|file| format!("<a href=\"{file}\"><img src=\"{file}\" alt=\"\"></a><br>"));
        let name = escaped(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
        let read = entry.reading.map_or("", |reading| reading.text.as_str());
        let (truth, read) = marked(entry.truth.map_or("", |(text, _)| text), read);
        let cells = [
            format!("{}<small>{name}: {}</small>", shown.unwrap_or_default(), entry.what),
            match entry.truth {
                Some((_, region)) => {
                    format!("<span class=\"text\">{truth}</span><br><small>{}</small>", escaped(region))
                }
                None => "no plate here".to_owned(),
            },
            entry.reading.map_or("nothing".to_owned(), |_| format!("<span class=\"text\">{read}</span>")),
            entry.reading.map_or(String::new(), |reading| format!("{:.2}", reading.confidence.value())),
            entry.reading.map_or(String::new(), alternatives),
        ];
        self.html += &format!("<tr><td>{}</td></tr>\n", cells.join("</td><td>"));
        Ok(())
    }

    /// Writes the plate and its surroundings as a file; its name.
    fn crop(&mut self, image: &RgbImage, place: BoundingBox) -> Result<String, ReportError> {
        self.crops += 1;
        let name = format!("{:04}.jpg", self.crops);
        let path = self.folder.join(&name);
        let failed = |reason: String| ReportError::new(&path, reason);
        let mut jpeg = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut jpeg, JPEG_QUALITY);
        cut(image, place).write_with_encoder(encoder).map_err(|error| failed(error.to_string()))?;
        fs::write(&path, jpeg).map_err(|error| failed(error.to_string()))?;
        Ok(name)
    }
}

fn entries(result: &PictureResult) -> Vec<Entry<'_>> {
    let missed = result.outcome.plates.iter().filter(|plate| !plate.exact()).map(|plate| Entry {
        what: if plate.reading.is_some() { "misread" } else { "not read" },
        place: plate.label.at,
        truth: Some((plate.label.text.as_str(), plate.label.region.as_str())),
        reading: plate.reading.as_ref(),
    });
    let invented = result.false_reads().iter().map(|reading| Entry {
        what: "false read",
        place: reading.corners.bounds(),
        truth: None,
        reading: Some(reading),
    });
    missed.chain(invented).collect()
}

fn alternatives(reading: &PlateReading) -> String {
    let shown = reading.alternatives.iter().map(|(text, confidence)| {
        format!("<span class=\"text\">{}</span> {:.2}", escaped(text.as_str()), confidence.value())
    });
    shown.collect::<Vec<_>>().join("<br>")
}

/// Both texts with what differs marked.
fn marked(truth: &str, read: &str) -> (String, String) {
    let pairs = side_by_side(truth, read);
    let side = |of: fn(&Pair) -> Option<char>| -> String {
        let shown = |pair: &Pair| {
            let character = escaped(&of(pair).unwrap_or('·').to_string());
            if pair.0 == pair.1 { character } else { format!("<mark>{character}</mark>") }
        };
        pairs.iter().map(shown).collect()
    };
    (side(|pair| pair.0), side(|pair| pair.1))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels inside of the image")]
fn cut(image: &RgbImage, place: BoundingBox) -> DynamicImage {
    let margin = place.height() * MARGIN;
    let limit = |value: f32, size: u32| (value.max(0.0) as u32).min(size.saturating_sub(1));
    let (left, top) = (limit(place.left - margin, image.width()), limit(place.top - margin, image.height()));
    let (right, bottom) = (limit(place.right + margin, image.width()), limit(place.bottom + margin, image.height()));
    let (width, height) = (right.saturating_sub(left) + 1, bottom.saturating_sub(top) + 1);
    let cut = DynamicImage::from(image::imageops::crop_imm(image, left, top, width, height).to_image());
    if width.max(height) > LARGEST_CROP { cut.resize(LARGEST_CROP, LARGEST_CROP, FilterType::Triangle) } else { cut }
}

/// `text` with what HTML would take for markup replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked_on_both_sides() {
        let (truth, read) = marked("34A36837", "34A3687");
        assert_eq!(truth, "34A368<mark>3</mark>7");
        assert_eq!(read, "34A368<mark>·</mark>7");
    }

    #[test]
    fn names_cannot_become_markup() {
        assert_eq!(escaped("<img src='x' onerror=\"a&b\">"), "&lt;img src=&#39;x&#39; onerror=&quot;a&amp;b&quot;&gt;");
    }

    #[test]
    fn a_place_partly_or_wholly_outside_of_the_picture_is_cut_from_what_is_there() {
        let image = RgbImage::new(50, 40);
        for [left, top, right, bottom] in [[-20.0, -9.0, 10.0, 9.0], [45.0, 35.0, 90.0, 60.0], [80.0, 80.0, 90.0, 90.0]]
        {
            let cut = cut(&image, BoundingBox { left, top, right, bottom });
            assert!(cut.width() >= 1 && cut.width() <= 50 && cut.height() >= 1 && cut.height() <= 40);
        }
    }
}

//! What lies behind the sums, for people: exact reads by what plates have in common, the detector set by set, wrong
//! readings, calibration, confusions.

use std::fmt;

use super::breakdown::{self, Exact};
use super::calibration::{Bin, Calibration};
use super::confusions::{ConfusionKind, Confusions};
use super::detection::{DetectorScore, FOUND_OVERLAP};
use super::labels::PictureKind;
use super::run::{SetResult, pictures_of};
use super::table::{listed, name_width, percent, share};
use super::wrong_reads::{Wrong, WrongReads, published_alone_rule, voting_rule};

/// Shows the details of results, section by section.
#[derive(Debug, Clone, Copy)]
pub struct Details<'a>(pub &'a [SetResult]);

impl fmt::Display for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        breakdown_section(f, self.0)?;
        detector_section(f, self.0)?;
        wrong_reads_section(f, self.0)?;
        calibration_section(f, self.0)?;
        confusions_section(f, self.0)
    }
}

fn breakdown_section(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let [whole, crops] = PictureKind::ALL.map(PictureKind::name);
    writeln!(f, "\n{:<36}  {whole:>18}  {crops:>18}", "exact reads by")?;
    let mut last = None;
    for row in breakdown::rows(results) {
        let aspect = if last == Some(row.aspect) { "" } else { row.aspect.name() };
        last = Some(row.aspect);
        let [whole, crops] = [row.whole, row.crops].map(cell);
        writeln!(f, "  {aspect:<11} {:<22}  {whole:>18}  {crops:>18}", row.class)?;
    }
    writeln!(
        f,
        "  (height: of the label's box; blur: sharpness at 48 px per line of text; angle: the edge that leans most, by the\n   \
         label's corners or the detector's; brightness: mean of the label's box, 0 to 255)"
    )
}

fn cell(Exact { exact, plates }: Exact) -> String {
    if plates == 0 { "-".to_owned() } else { share(exact, plates) }
}

fn detector_section(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let scores: Vec<_> =
        results.iter().map(|result| (&*result.score.name, DetectorScore::of(&result.pictures))).collect();
    let all = DetectorScore::of(pictures_of(results, PictureKind::Whole));
    if all.plates == 0 && all.complete_pictures == 0 {
        return Ok(());
    }
    let width = name_width(results);
    let found = format!("IoU {FOUND_OVERLAP} and more");
    writeln!(
        f,
        "\ndetector\n  {:<width$}  {found:>20}  {:>18}  mean IoU  others per complete picture",
        "set", "IoU 0.1 and more"
    )?;
    let not_empty = scores.into_iter().filter(|(_, score)| score.plates + score.complete_pictures > 0);
    not_empty.chain([("all", all)]).try_for_each(|(name, score)| {
        let extra = score.extra_per_picture().map_or("-".to_owned(), |extra| format!("{extra:.2}"));
        let [found, touched] = [score.found, score.touched].map(|part| share(part, score.plates));
        writeln!(f, "  {name:<width$}  {found:>20}  {touched:>18}  {:>8.2}  {extra:>27}", score.mean_overlap())
    })?;
    if all.text_boxes {
        f.write_str(
            "  (boxes of text: this detector outlines lines of text, which are smaller than the labelled plates, and finds\n   \
             every other writing too)\n",
        )?;
    }
    Ok(())
}

fn wrong_reads_section(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let [whole, crops] = PictureKind::ALL.map(|kind| WrongReads::of(pictures_of(results, kind)));
    f.write_str("\nwrong among the readings that can be judged by a label\n")?;
    let rules = [
        (published_alone_rule(), whole.published_alone, crops.published_alone),
        (voting_rule(), whole.voting, crops.voting),
    ];
    let cell = |Wrong { wrong, readings }: Wrong| if readings == 0 { "-".to_owned() } else { share(wrong, readings) };
    rules.into_iter().try_for_each(|(rule, whole, crops)| {
        writeln!(f, "  {rule}\n    whole pictures {}, crops {}", cell(whole), cell(crops))
    })
}

fn calibration_section(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let plates = Calibration::of_plates(results.iter().flat_map(|result| &result.pictures));
    let characters = Calibration::of_characters(results.iter().flat_map(SetResult::plates));
    f.write_str("\ncalibration: confidence said, and share that was right\n")?;
    for (what, calibration) in [("plates", plates), ("characters", characters)] {
        let Some(error) = calibration.expected_error() else { continue };
        writeln!(f, "  {what}: expected calibration error {error:.4}")?;
        calibration.filled().try_for_each(|(from, to, bin)| bin_line(f, from, to, bin))?;
    }
    Ok(())
}

fn bin_line(f: &mut fmt::Formatter<'_>, from: f64, to: f64, bin: &Bin) -> fmt::Result {
    let right = percent(bin.right, bin.count);
    let said = bin.mean_confidence() * 100.0;
    writeln!(f, "    {from:.2} to {to:.2}  {:>5} times  said {said:>5.1} %  right {right:>5.1} %", bin.count)
}

fn confusions_section(f: &mut fmt::Formatter<'_>, results: &[SetResult]) -> fmt::Result {
    let confusions = Confusions::of(results.iter().flat_map(SetResult::plates));
    f.write_str("\nconfusions, misreads laid beside their labels\n")?;
    let kinds = [
        ("one for another", ConfusionKind::Substituted),
        ("missed", ConfusionKind::Missed),
        ("added", ConfusionKind::Added),
    ];
    for (name, kind) in kinds {
        let counts = confusions.of_kind(kind);
        let shown = if counts.is_empty() { "none".to_owned() } else { listed(&counts) };
        writeln!(f, "  {name}: {shown}")?;
    }
    match confusions.garbled {
        0 => Ok(()),
        garbled => writeln!(f, "  not counted: {garbled} misreads of which more than half is wrong"),
    }
}

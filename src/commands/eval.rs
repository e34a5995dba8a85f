//! `gatelpr eval`: how well, and how fast, are the plates on labelled pictures read?

use std::io::{IsTerminal as _, Write, stderr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context as _;
use indicatif::{ProgressBar, ProgressStyle};

use crate::clock::Clock;
use crate::evaluation::comparison::{Combination, Comparison};
use crate::evaluation::comparison_figures::ComparisonFigures;
use crate::evaluation::comparison_table::ComparisonTable;
use crate::evaluation::details::Details;
use crate::evaluation::figures::Figures;
use crate::evaluation::labels::LabelledSet;
use crate::evaluation::report;
use crate::evaluation::run::{Reader, SetResult, read_set_with_each};
use crate::evaluation::table::Table;
use crate::inference::models::{ModelChoice, Models};
use crate::plate_format::Country;

/// Measure how well and how fast the plates on labelled pictures are read
///
/// Each DIR is a set: pictures, and a `labels.jsonl` with one JSON object per picture:
/// {"image": "a.jpg", "plates": [{"text": "34A36837", "bbox": [left, top, width, height], "region": "VN"}],
/// "complete": true, "crop": false}. `complete` says that every plate in the picture is labelled, so that any other
/// reading is false; `crop`, that the picture is one plate cut out, which goes straight to the reader. A plate may have
/// "lines": 1 or 2, "colour": "yellow" and "corners": [[x, y], …] too; they sort it for --details. Every picture is looked
/// at alone; a gate reads a plate in many frames and reports what they agree on.
///
/// Exit code 1: a picture could not be read from its file (the others were looked at, and the figures are printed), or
/// a set, a model or the runtime is not usable. That other models do worse than the first is no error.
#[derive(Debug, Clone, clap::Args)]
pub struct EvalArgs {
    /// Folders of labelled pictures; what is no folder is skipped with a note, so that `pictures/*` may be given
    #[arg(value_name = "DIR", required = true)]
    pub folders: Vec<PathBuf>,
    /// Print the figures as JSON, details included
    #[arg(long)]
    pub json: bool,
    /// Print also exact reads by region, lines, colour, height, blur, angle and brightness, the detector set by set, wrong
    /// readings, calibration and confusions; with --compare, each plate that one combination reads and another misses
    #[arg(long)]
    pub details: bool,
    /// Read the same pictures with these models too, and say for each region whether they read at least as many plates as
    /// --detector and --recogniser do; may be given several times, or as a list separated by commas
    #[arg(long, value_name = "DETECTOR+RECOGNISER", value_delimiter = ',', value_parser = model_pair)]
    pub compare: Vec<ModelPair>,
    /// Write a web page into this folder that shows each miss and each false read: picture, truth, reading
    #[arg(long, value_name = "DIR", conflicts_with = "compare")]
    pub errors: Option<PathBuf>,
    /// Whose plates to read: VN, CN, XX (any other), separated by commas [default: VN,CN for every set, as at the
    /// border, and XX too for a set with plates of other countries]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = country)]
    pub countries: Vec<Country>,
    /// Threads per model
    #[arg(long, value_name = "COUNT", default_value = "1")]
    pub threads: NonZeroUsize,
    /// Folder of the models' manifests [default: looked for beside the binary and in ./models]
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Manifest of the model that finds plates, without .toml
    #[arg(long, value_name = "NAME", default_value = "ppocr-v4-det")]
    pub detector: String,
    /// Manifest of the model that reads them, without .toml
    #[arg(long, value_name = "NAME", default_value = "ppocr-v4-rec")]
    pub recogniser: String,
    /// The ONNX Runtime library [default: the environment's ORT_DYLIB_PATH, else looked for beside the binary and in
    /// the system]
    #[arg(long, value_name = "FILE")]
    pub runtime: Option<PathBuf>,
}

/// The manifests of a detector and of a recogniser that are used together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPair {
    /// The detector's, without .toml.
    pub detector: String,
    /// The recogniser's, without .toml.
    pub recogniser: String,
}

fn country(code: &str) -> Result<Country, String> {
    Country::from_code(code).ok_or_else(|| "expected VN, CN or XX (any other country)".to_owned())
}

fn model_pair(text: &str) -> Result<ModelPair, String> {
    let pair = text.split_once('+').filter(|(detector, recogniser)| !detector.is_empty() && !recogniser.is_empty());
    let (detector, recogniser) = pair.ok_or("expected two manifests joined by +, like ppocr-v4-det+ppocr-v4-rec")?;
    Ok(ModelPair { detector: detector.to_owned(), recogniser: recogniser.to_owned() })
}

/// Runs `gatelpr eval`.
///
/// # Errors
/// A set, model or runtime that cannot be used; pictures that could not be read, after the figures were printed.
pub fn run(args: &EvalArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let sets = load_sets(args, &mut stderr())?;
    if args.compare.is_empty() { evaluate(args, &sets, out) } else { compare(args, &sets, out) }
}

fn evaluate(args: &EvalArgs, sets: &[LabelledSet], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut models = Models::load(&args.model_choice(&args.first_pair()))?;
    let mut by_models = read_all(args, sets, std::slice::from_mut(&mut models))?;
    let results = by_models.pop().expect("one pair of models gives one list of results");
    if let Some(folder) = &args.errors {
        report::write(folder, [&models.detector_id, &models.recogniser_id], &results)?;
    }
    if args.json {
        serde_json::to_writer(&mut *out, &Figures::of(&results))?;
        writeln!(out)?;
    } else {
        write!(out, "{}", Table(&results))?;
        if args.details {
            write!(out, "{}", Details(&results))?;
        }
    }
    out.flush()?;
    all_readable(&results)
}

fn compare(args: &EvalArgs, sets: &[LabelledSet], out: &mut dyn Write) -> anyhow::Result<()> {
    let pairs: Vec<_> = std::iter::once(args.first_pair()).chain(args.compare.iter().cloned()).collect();
    let models = pairs.iter().map(|pair| Models::load(&args.model_choice(pair)));
    let mut models = models.collect::<Result<Vec<_>, _>>()?;
    let by_models = read_all(args, sets, &mut models)?;
    let combination = |(pair, results): (ModelPair, Vec<SetResult>)| {
        let ModelPair { detector, recogniser } = pair;
        Combination { detector, recogniser, results }
    };
    let mut combinations = pairs.into_iter().zip(by_models).map(combination);
    let first = combinations.next().expect("the first pair is always there");
    let comparison = Comparison::new(first, combinations.collect());
    if args.json {
        serde_json::to_writer(&mut *out, &ComparisonFigures::of(&comparison))?;
        writeln!(out)?;
    } else {
        write!(out, "{}", ComparisonTable { comparison: &comparison, details: args.details })?;
    }
    out.flush()?;
    all_readable(&comparison.first().results)
}

impl EvalArgs {
    fn first_pair(&self) -> ModelPair {
        ModelPair { detector: self.detector.clone(), recogniser: self.recogniser.clone() }
    }

    fn model_choice(&self, pair: &ModelPair) -> ModelChoice {
        ModelChoice {
            runtime: self.runtime.clone(),
            folder: self.models.clone(),
            detector: pair.detector.clone(),
            recogniser: pair.recogniser.clone(),
            threads: self.threads,
            side_numbers: false,
        }
    }

    fn countries(&self, set: &LabelledSet) -> Vec<Country> {
        if self.countries.is_empty() { set.countries() } else { self.countries.clone() }
    }
}

/// Every set, before any is read: a wrong label should not be found after half an hour.
fn load_sets(args: &EvalArgs, notes: &mut dyn Write) -> anyhow::Result<Vec<LabelledSet>> {
    let mut sets = Vec::new();
    for path in &args.folders {
        let is_folder = path.metadata().with_context(|| format!("cannot look at {}", path.display()))?.is_dir();
        if is_folder {
            sets.push(LabelledSet::load(path)?);
        } else {
            writeln!(notes, "skipped: {} is no folder", path.display())?;
        }
    }
    anyhow::ensure!(!sets.is_empty(), "none of the paths is a folder; give folders with pictures and a labels.jsonl");
    Ok(sets)
}

/// For each of `models` a list with one result per set.
fn read_all(args: &EvalArgs, sets: &[LabelledSet], models: &mut [Models]) -> anyhow::Result<Vec<Vec<SetResult>>> {
    let pictures: usize = sets.iter().map(|set| set.pictures.len()).sum();
    let progress = progress_bar(pictures as u64);
    let mut by_models: Vec<_> = models.iter().map(|_| Vec::new()).collect();
    let clock = Clock::start();
    let readers = models.iter_mut().map(|Models { detector, recogniser, .. }| Reader {
        detector: detector.as_mut(),
        recogniser: recogniser.as_mut(),
        clock,
    });
    let mut readers: Vec<_> = readers.collect();
    for set in sets {
        progress.set_message(set.name.clone());
        let results = read_set_with_each(&mut readers, set, &args.countries(set), || progress.inc(1));
        let results = results.with_context(|| format!("while reading the set {}", set.name))?;
        by_models.iter_mut().zip(results).for_each(|(list, result)| list.push(result));
    }
    progress.finish_and_clear();
    Ok(by_models)
}

fn progress_bar(pictures: u64) -> ProgressBar {
    if !stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} pictures, {eta} left  {msg}");
    ProgressBar::new(pictures).with_style(style.expect("the template above is right"))
}

fn all_readable(results: &[SetResult]) -> anyhow::Result<()> {
    let unreadable: Vec<_> = results.iter().flat_map(|result| &result.unreadable).map(ToString::to_string).collect();
    let count = unreadable.len();
    anyhow::ensure!(
        count == 0,
        "{count} pictures could not be read and are in none of the figures:\n{}",
        unreadable.join("\n")
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        eval: EvalArgs,
    }

    fn args(line: &[&str]) -> Result<EvalArgs, String> {
        let parsed = Line::try_parse_from([&["eval"], line].concat());
        parsed.map(|line| line.eval).map_err(|error| error.to_string())
    }

    fn load(paths: &[&std::path::Path]) -> (Result<usize, String>, String) {
        let paths: Vec<_> = paths.iter().map(|path| path.to_str().expect("it is UTF-8")).collect();
        let mut notes = Vec::new();
        let sets = load_sets(&args(&paths).expect("the arguments are right"), &mut notes);
        (
            sets.map(|sets| sets.len()).map_err(|error| format!("{error:#}")),
            String::from_utf8(notes).expect("it is text"),
        )
    }

    #[test]
    fn a_file_among_the_folders_is_skipped_with_a_note() {
        let parent = tempfile::tempdir().expect("a folder");
        let (set, file) = (parent.path().join("set"), parent.path().join("README.md"));
        std::fs::create_dir(&set).expect("it can be made");
        std::fs::write(set.join("labels.jsonl"), "").expect("it can be written");
        std::fs::write(&file, "about the sets").expect("it can be written");
        assert_eq!(load(&[&file, &set]), (Ok(1), format!("skipped: {} is no folder\n", file.display())));
        let (nothing, _) = load(&[&file]);
        assert!(nothing.expect_err("nothing is left").starts_with("none of the paths is a folder"));
    }

    #[test]
    fn a_folder_without_labels_and_a_path_that_is_not_there_are_errors() {
        let parent = tempfile::tempdir().expect("a folder");
        let (error, _) = load(&[parent.path()]);
        assert!(error.expect_err("it has no labels").contains("an evaluation folder has a labels.jsonl"));
        let (error, _) = load(&[&parent.path().join("missing")]);
        assert!(error.expect_err("it is not there").contains("cannot look at"));
    }

    #[test]
    fn pairs_of_models_are_a_list_or_given_one_by_one() {
        let pair = |detector: &str| ModelPair { detector: detector.to_owned(), recogniser: "r".to_owned() };
        let given = args(&["--compare", "a+r,b+r", "set", "--compare", "c+r"]).expect("they are pairs");
        assert_eq!((given.compare, given.folders.len()), (vec![pair("a"), pair("b"), pair("c")], 1));
        for wrong in ["a", "a+", "+r", "a+r,b"] {
            let error = args(&["set", "--compare", wrong]).expect_err("it is no pair");
            assert!(error.contains("expected two manifests joined by +"), "{error}");
        }
        assert!(args(&["set", "--compare", "a+r", "--errors", "page"]).is_err());
    }

    #[test]
    fn countries_are_a_list_of_known_codes() {
        let given = args(&["set", "--countries", "VN,XX"]).expect("they are known").countries;
        assert_eq!(given, [Country::Vietnam, Country::Other]);
        let error = args(&["set", "--countries", "VN,EU"]).expect_err("EU is no code here");
        assert!(error.contains("expected VN, CN or XX"), "{error}");
    }
}

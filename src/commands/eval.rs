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
use crate::evaluation::confusion_table::ConfusionTable;
use crate::evaluation::details::Details;
use crate::evaluation::figures::Figures;
use crate::evaluation::labels::LabelledSet;
use crate::evaluation::report;
use crate::evaluation::run::{Reader, SetResult, read_set_with_each};
use crate::evaluation::table::Table;
use crate::inference::models::{ModelChoice, Models, SecondReader};
use crate::inference::session::{Execution, RunsOn};
use crate::plate::Confidence;
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
    /// --detector and --recogniser do; a third name is that of a second opinion; may be given several times, or as a list
    /// separated by commas
    #[arg(long, value_name = "DETECTOR+RECOGNISER[+SECOND]", value_delimiter = ',', value_parser = model_names)]
    pub compare: Vec<ModelNames>,
    /// Write a web page into this folder that shows each miss and each false read: picture, truth, reading
    #[arg(long, value_name = "DIR", conflicts_with = "compare")]
    pub errors: Option<PathBuf>,
    /// Write which character is taken for which into this file, as in models/confusions.tsv
    #[arg(long, value_name = "FILE", conflicts_with = "compare")]
    pub confusions: Option<PathBuf>,
    /// Whose plates to read: VN, CN, XX (any other), separated by commas [default: VN,CN for every set, as at the
    /// border, and XX too for a set with plates of other countries]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = country)]
    pub countries: Vec<Country>,
    /// Threads per model
    #[arg(long, value_name = "COUNT", default_value = "1")]
    pub threads: NonZeroUsize,
    /// What models run on: cpu, openvino, cuda or tensorrt
    #[arg(long, value_name = "NAME", default_value = "cpu", value_parser = execution)]
    pub execution: Execution,
    /// Folder of the models' manifests [default: looked for beside the binary and in ./models]
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// Manifest of the model that finds plates, without .toml
    #[arg(long, value_name = "NAME", default_value = ModelChoice::USUAL_DETECTOR)]
    pub detector: String,
    /// Manifest of the model that reads them, without .toml
    #[arg(long, value_name = "NAME", default_value = ModelChoice::USUAL_RECOGNISER)]
    pub recogniser: String,
    /// Manifest of another model that is asked where the recogniser is not sure, without .toml, or "none" [default: as
    /// in the config, ppocr-v4-rec behind gatelpr-reader, and none behind others]
    #[arg(long, value_name = "NAME")]
    pub second_opinion: Option<String>,
    /// What a recogniser is less sure of than this is asked again, 0 to 1; for --second-opinion and --compare
    #[arg(long, value_name = "CONFIDENCE", default_value_t = SecondReader::USUALLY_BELOW, value_parser = confidence)]
    pub second_opinion_below: f32,
    /// The ONNX Runtime library [default: the environment's ORT_DYLIB_PATH, else looked for beside the binary and in
    /// the system]
    #[arg(long, value_name = "FILE")]
    pub runtime: Option<PathBuf>,
}

/// The manifests of models that are used together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelNames {
    /// The detector's, without .toml.
    pub detector: String,
    /// The recogniser's, without .toml.
    pub recogniser: String,
    /// The second opinion's, without .toml, if one is asked.
    pub second_opinion: Option<String>,
}

fn country(code: &str) -> Result<Country, String> {
    Country::from_code(code).ok_or_else(|| "expected VN, CN or XX (any other country)".to_owned())
}

fn model_names(text: &str) -> Result<ModelNames, String> {
    let names: Vec<_> = text.split('+').collect();
    let (detector, recogniser, second) = match names.as_slice() {
        _ if names.contains(&"") => None,
        [detector, recogniser] => Some((detector, recogniser, None)),
        [detector, recogniser, second] => Some((detector, recogniser, Some(second))),
        _ => None,
    }
    .ok_or("expected two manifests joined by +, like gatelpr-detector+gatelpr-reader, or three for a second opinion")?;
    Ok(ModelNames {
        detector: (*detector).to_owned(),
        recogniser: (*recogniser).to_owned(),
        second_opinion: second.map(|second| (*second).to_owned()),
    })
}

fn execution(name: &str) -> Result<Execution, String> {
    let found = Execution::ALL.into_iter().find(|execution| execution.name() == name);
    found.ok_or_else(|| "expected cpu, openvino, cuda or tensorrt".to_owned())
}

fn confidence(text: &str) -> Result<f32, String> {
    let number = text.parse().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "expected a number from 0 to 1".to_owned())
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
    let mut models = Models::load(&args.model_choice(&args.first_models()))?;
    let mut by_models = read_all(args, sets, std::slice::from_mut(&mut models))?;
    let results = by_models.pop().expect("one choice of models gives one list of results");
    if let Some(folder) = &args.errors {
        report::write(folder, [&models.detector_id, &models.readers()], &results)?;
    }
    if let Some(path) = &args.confusions {
        let table = ConfusionTable::of(results.iter().flat_map(SetResult::plates));
        let text = format!("# {}\n{table}", models.readers());
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
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
    let choices: Vec<_> = std::iter::once(args.first_models()).chain(args.compare.iter().cloned()).collect();
    let models = choices.iter().map(|names| Models::load(&args.model_choice(names)));
    let mut models = models.collect::<Result<Vec<_>, _>>()?;
    let by_models = read_all(args, sets, &mut models)?;
    let combination = |(names, results): (ModelNames, Vec<SetResult>)| {
        let ModelNames { detector, recogniser, second_opinion } = names;
        Combination { detector, recogniser, second_opinion, results }
    };
    let mut combinations = choices.into_iter().zip(by_models).map(combination);
    let first = combinations.next().expect("the first choice is always there");
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
    fn first_models(&self) -> ModelNames {
        let (detector, recogniser) = (self.detector.clone(), self.recogniser.clone());
        let second_opinion = SecondReader::named(self.second_opinion.as_deref(), &recogniser);
        ModelNames { detector, recogniser, second_opinion }
    }

    fn model_choice(&self, names: &ModelNames) -> ModelChoice {
        let below = Confidence::clamped(self.second_opinion_below);
        let second = names.second_opinion.clone();
        ModelChoice {
            runtime: self.runtime.clone(),
            folder: self.models.clone(),
            detector: names.detector.clone(),
            recogniser: names.recogniser.clone(),
            second_opinion: second.map(|recogniser| SecondReader { recogniser, below }),
            runs_on: RunsOn { execution: self.execution, threads: self.threads },
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
    fn models_to_compare_are_a_list_or_given_one_by_one() {
        let names = |detector: &str, second: Option<&str>| ModelNames {
            detector: detector.to_owned(),
            recogniser: "r".to_owned(),
            second_opinion: second.map(str::to_owned),
        };
        let given = args(&["--compare", "a+r,b+r", "set", "--compare", "c+r+s"]).expect("they are names");
        let expect = vec![names("a", None), names("b", None), names("c", Some("s"))];
        assert_eq!((given.compare, given.folders.len()), (expect, 1));
        for wrong in ["a", "a+", "+r", "a+r,b", "a+r+", "a+r+s+t"] {
            let error = args(&["set", "--compare", wrong]).expect_err("they are not two or three names");
            assert!(error.contains("expected two manifests joined by +"), "{error}");
        }
        assert!(args(&["set", "--compare", "a+r", "--errors", "page"]).is_err());
    }

    #[test]
    fn a_second_opinion_is_asked_by_the_first_models_and_below_what_was_said() {
        let given = args(&["set", "--second-opinion", "s", "--compare", "d+r+t,d+r"]).expect("they are right");
        let asked = |names: &ModelNames| given.model_choice(names).second_opinion.map(|second| second.recogniser);
        assert_eq!(asked(&given.first_models()), Some("s".to_owned()));
        assert_eq!(given.compare.iter().map(asked).collect::<Vec<_>>(), [Some("t".to_owned()), None]);
        let below =
            |line: &[&str]| args(&[&["set", "--second-opinion-below"], line].concat()).map(|a| a.second_opinion_below);
        assert_eq!(below(&["0.5"]), Ok(0.5));
        for wrong in ["1.1", "-0.1", "nan", "half"] {
            let error = below(&[wrong]).expect_err("it is no confidence");
            assert!(
                error.contains("expected a number from 0 to 1") || error.contains("unexpected argument"),
                "{error}"
            );
        }
    }

    #[test]
    fn countries_are_a_list_of_known_codes() {
        let given = args(&["set", "--countries", "VN,XX"]).expect("they are known").countries;
        assert_eq!(given, [Country::Vietnam, Country::Other]);
        let error = args(&["set", "--countries", "VN,EU"]).expect_err("EU is no code here");
        assert!(error.contains("expected VN, CN or XX"), "{error}");
    }
}

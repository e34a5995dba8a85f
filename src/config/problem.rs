//! What is wrong with the file: each problem with its place, what was expected and what to do about it.
//!
//! Not here: how problems are found.

use std::fmt;
use std::ops::Range;

use super::render;

/// One thing that is wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub(super) title: String,
    /// Where, in bytes of the file, and what stands there; none when the whole file is meant.
    pub(super) place: Option<(Range<usize>, String)>,
    /// Another place that belongs to the problem.
    pub(super) related: Option<(Range<usize>, String)>,
    pub(super) help: Vec<String>,
}

impl Problem {
    pub(super) fn of_file(title: impl Into<String>) -> Self {
        Self { title: title.into(), place: None, related: None, help: Vec::new() }
    }

    pub(super) fn at(place: Range<usize>, title: impl Into<String>) -> Self {
        Self { place: Some((place, String::new())), ..Self::of_file(title) }
    }

    pub(super) fn label(mut self, text: impl Into<String>) -> Self {
        if let Some((_, label)) = &mut self.place {
            *label = text.into();
        }
        self
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    pub(super) fn related(mut self, place: Range<usize>, text: impl Into<String>) -> Self {
        self.related = Some((place, text.into()));
        self
    }

    /// What is wrong, in one line without its place.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }
}

/// Everything that is wrong with a config file, in the order of the file. Its text shows each problem with file, line,
/// column and a caret, without colours; passwords in the file are not shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblems {
    file: String,
    /// The file's text, passwords replaced by asterisks of the same length.
    source: String,
    problems: Vec<Problem>,
}

impl ConfigProblems {
    pub(super) fn new(file: &str, source: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.place.as_ref().map(|(place, _)| place.start));
        Self { file: file.to_owned(), source: render::without_secrets(source), problems }
    }

    /// The problems, at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The first problem in one line, without its place, for whoever gave a single answer.
    #[must_use]
    pub fn in_brief(&self) -> String {
        let Some(first) = self.problems.first() else { return String::new() };
        let found = first.place.iter().map(|(_, label)| label.clone()).filter(|label| !label.is_empty());
        [first.title.clone()].into_iter().chain(found).chain(first.help.clone()).collect::<Vec<_>>().join("; ")
    }

    /// Line and column of a problem, both counted from 1, the column in characters; `None` when the whole file is meant.
    #[must_use]
    pub fn line_and_column(&self, problem: &Problem) -> Option<(usize, usize)> {
        let (place, _) = problem.place.as_ref()?;
        let before = render::up_to(&self.source, place.start);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
    }
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in self.problems.iter().take(render::MOST_SHOWN) {
            writeln!(f, "{}\n", render::plain(problem, &self.file, &self.source))?;
        }
        match self.problems.len() {
            1 => write!(f, "1 problem in {}", self.file),
            count if count > render::MOST_SHOWN => {
                write!(f, "{count} problems in {}, the first {} shown", self.file, render::MOST_SHOWN)
            }
            count => write!(f, "{count} problems in {}", self.file),
        }
    }
}

impl std::error::Error for ConfigProblems {}

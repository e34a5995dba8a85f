//! Countries that the operator describes by patterns.
//!
//! A table is made once and lives as long as the process, so that [`Country`] stays a small value that is copied. Equal
//! tables are one: a config that is read again takes no more memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::grammar::{Class, Template};
use super::{Country, FormatMatch, PlateKind};
use crate::plate::PlateText;

const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";
/// As rare as Vietnam's and China's own rare forms: an operator's pattern may be looser than theirs.
const PRIOR: f64 = 0.3;
/// Most patterns of all listed countries together: with the built-in ones they fit into a grammar (128 templates).
pub const MOST_PATTERNS: usize = 64;

/// A country as the operator describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryDefinition {
    /// Its code, in keys and events.
    pub code: CountryCode,
    /// Its name, for people.
    pub name: String,
    /// What its plates look like, at least one.
    pub patterns: Vec<Pattern>,
    /// What a plate begins with, and the region that this names.
    pub regions: BTreeMap<String, String>,
}

/// Two letters that no built-in country has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryCode(String);

/// Why a text is no code of a listed country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a code is two letters A to Z, and neither VN, CN nor XX, which are built in")]
pub struct InvalidCode;

impl TryFrom<&str> for CountryCode {
    type Error = InvalidCode;

    fn try_from(text: &str) -> Result<Self, InvalidCode> {
        let well_formed = text.len() == 2 && text.chars().all(|c| c.is_ascii_uppercase());
        if well_formed && Country::from_code(text).is_none() { Ok(Self(text.to_owned())) } else { Err(InvalidCode) }
    }
}

impl CountryCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a plate looks like: `L` is a letter, `D` a digit, `X` either; digits, and letters in single quotes, stand for
/// themselves; `|` breaks the line; `-`, `.` and a space are only shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Character(Class),
    Separator(char),
    LineBreak,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    /// No place for a character.
    #[error("it is empty")]
    Empty,
    /// A character outside quotes that has no meaning.
    #[error("'{0}' stands for nothing")]
    Unknown(char),
    /// A character in quotes that the reader does not know.
    #[error("'{0}' is on no plate that is read here: only A to Z and 0 to 9 are")]
    Unreadable(char),
    /// A quotation that does not end.
    #[error("a quotation mark is missing")]
    Quote,
    /// Three lines.
    #[error("it breaks the line twice")]
    Lines,
    /// An empty line.
    #[error("nothing stands before or after the line break")]
    EmptyLine,
    /// Too long.
    #[error("a plate has at most {} characters", PlateText::MAX_CHARACTERS)]
    Long,
}

impl TryFrom<&str> for Pattern {
    type Error = InvalidPattern;

    fn try_from(text: &str) -> Result<Self, InvalidPattern> {
        let mut parts = Vec::new();
        let mut quoted = false;
        for character in text.chars() {
            match character {
                '\'' => quoted = !quoted,
                c if quoted && (LETTERS.contains(c) || DIGITS.contains(c)) => parts.push(Part::literal(c)),
                c if quoted => return Err(InvalidPattern::Unreadable(c)),
                c => parts.push(Part::unquoted(c).ok_or(InvalidPattern::Unknown(c))?),
            }
        }
        if quoted {
            return Err(InvalidPattern::Quote);
        }
        Self { parts }.checked()
    }
}

impl Part {
    fn literal(character: char) -> Self {
        Self::Character(Class::of(character.encode_utf8(&mut [0; 4])))
    }

    fn unquoted(character: char) -> Option<Self> {
        Some(match character {
            'L' => Self::Character(Class::of(LETTERS)),
            'D' => Self::Character(Class::of(DIGITS)),
            'X' => Self::Character(Class::of(&format!("{LETTERS}{DIGITS}"))),
            '0'..='9' => Self::literal(character),
            '|' => Self::LineBreak,
            '-' | '.' | ' ' => Self::Separator(character),
            _ => return None,
        })
    }

    fn class(&self) -> Option<Class> {
        match self {
            Self::Character(class) => Some(*class),
            Self::Separator(_) | Self::LineBreak => None,
        }
    }
}

impl Pattern {
    fn checked(self) -> Result<Self, InvalidPattern> {
        let lines: Vec<usize> = self.parts.split(|part| *part == Part::LineBreak).map(characters).collect();
        match (lines.as_slice(), lines.iter().sum::<usize>()) {
            (_, 0) => Err(InvalidPattern::Empty),
            (_, count) if count > PlateText::MAX_CHARACTERS => Err(InvalidPattern::Long),
            ([_, _, _, ..], _) => Err(InvalidPattern::Lines),
            ([0, _] | [_, 0], _) => Err(InvalidPattern::EmptyLine),
            _ => Ok(self),
        }
    }

    fn template(&self, country: Country) -> Template {
        let line_break = self.parts.iter().position(|part| *part == Part::LineBreak);
        Template {
            country,
            classes: self.parts.iter().filter_map(Part::class).collect(),
            upper_line: line_break.map(|at| characters(&self.parts[..at])),
            prior: PRIOR,
        }
    }

    /// `text`, which fits, with the separators; a new line is a space.
    fn display(&self, text: &str) -> String {
        let mut characters = text.chars();
        let shown = |part: &Part| match part {
            Part::Character(_) => characters.next(),
            Part::Separator(separator) => Some(*separator),
            Part::LineBreak => Some(' '),
        };
        self.parts.iter().filter_map(shown).collect()
    }
}

fn characters(parts: &[Part]) -> usize {
    parts.iter().filter(|part| part.class().is_some()).count()
}

/// A listed country with its templates.
pub struct CountryTable {
    definition: CountryDefinition,
    templates: OnceLock<Vec<Template>>,
}

impl fmt::Debug for CountryTable {
    /// The definition: the templates name their country, which is this.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.definition.fmt(f)
    }
}

impl PartialEq for CountryTable {
    fn eq(&self, other: &Self) -> bool {
        self.definition == other.definition
    }
}

impl Eq for CountryTable {}

/// Every table that was ever made.
static TABLES: Mutex<Vec<&'static CountryTable>> = Mutex::new(Vec::new());

impl Country {
    /// The country of `definition`.
    #[must_use]
    pub fn listed(definition: CountryDefinition) -> Self {
        let mut tables = TABLES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tables.iter().find(|table| table.definition == definition) {
            return Self::Listed(known);
        }
        let table: &'static CountryTable = Box::leak(Box::new(CountryTable { definition, templates: OnceLock::new() }));
        tables.push(table);
        Self::Listed(table)
    }
}

impl CountryTable {
    pub(super) fn code(&'static self) -> &'static str {
        self.definition.code.as_str()
    }

    pub(super) fn templates(&'static self) -> &'static [Template] {
        let country = Country::Listed(self);
        self.templates.get_or_init(|| self.definition.patterns.iter().map(|it| it.template(country)).collect())
    }

    pub(super) fn identify(&'static self, text: &str) -> Option<FormatMatch> {
        let mut pairs = self.templates().iter().zip(&self.definition.patterns);
        let (_, pattern) = pairs.find(|(template, _)| template.matches(text))?;
        let code = self.code();
        Some(FormatMatch {
            country: Country::Listed(self),
            province: self.region(text),
            valid: true,
            kind: PlateKind::Unknown,
            display: pattern.display(text),
            key: format!("{code}-{text}"),
            doubts: Vec::new(),
            grounds: &[],
        })
    }

    /// The region of the longest beginning that is listed.
    fn region(&'static self, text: &str) -> Option<&'static str> {
        let begins = self.definition.regions.iter().filter(|(beginning, _)| text.starts_with(beginning.as_str()));
        begins.max_by_key(|(beginning, _)| beginning.len()).map(|(_, name)| name.as_str())
    }
}

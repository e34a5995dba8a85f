//! Reads one table of the file key by key. Every problem is noted and reading goes on, so that the operator sees all of
//! them at once.
//!
//! A misspelt key is a problem, and its value is still read as what it most likely means, to find the problems in it too.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::keys::{self, Shape};
use super::problem::Problem;
use super::render::is_password_key;
use super::value::{Mismatch, Value};

/// More cameras or lanes than this are a mistake, not a gate; and they are compared with each other.
pub(super) const MOST_ENTRIES: usize = 256;

/// What the reading of one file shares.
#[derive(Debug)]
pub(super) struct Context {
    problems: RefCell<Vec<Problem>>,
    base_dir: PathBuf,
    machine: Machine,
}

/// On which machine a config is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Machine {
    /// The gate's own: files and folders must be there.
    Gate,
    /// The same, and the ports must be free too.
    GateBeforeTheStart,
    /// Another, to which a recording was taken: the gate's files and folders are elsewhere.
    Elsewhere,
}

impl Context {
    pub(super) fn new(base_dir: &Path, machine: Machine) -> Self {
        Self { problems: RefCell::default(), base_dir: base_dir.to_owned(), machine }
    }

    pub(super) fn note(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// A table of the file, ready to be read.
#[derive(Debug)]
pub(super) struct Table<'d> {
    shape: &'static Shape,
    entries: &'d DeTable<'d>,
    header: Range<usize>,
    /// Known keys that are absent, with the value of the unknown key that probably means them.
    misspelt: Vec<(&'static str, &'d Value<'d>)>,
    context: &'d Context,
}

impl<'d> Table<'d> {
    /// Whether files and folders are looked at.
    pub(super) fn is_at_the_gate(&self) -> bool {
        self.context.machine != Machine::Elsewhere
    }

    /// Whether ports are looked at.
    pub(super) fn looks_at_ports(&self) -> bool {
        self.context.machine == Machine::GateBeforeTheStart
    }

    /// The whole document.
    pub(super) fn root(document: &'d DeTable<'d>, context: &'d Context) -> Self {
        Self::open(&keys::ROOT, document, 0..0, context)
    }

    fn open(shape: &'static Shape, entries: &'d DeTable<'d>, header: Range<usize>, context: &'d Context) -> Self {
        let mut table = Self { shape, entries, header, misspelt: Vec::new(), context };
        for (key, value) in entries.iter().filter(|(key, _)| !shape.has(key.get_ref())) {
            table.note_unknown(key, value);
        }
        table
    }

    fn note_unknown(&mut self, key: &'d Spanned<DeString<'d>>, value: &'d Value<'d>) {
        let (word, header) = (key.get_ref().as_ref(), self.shape.header);
        if is_password_key(&word.to_lowercase()) {
            return self.context.note(password_in_the_file(key.span()));
        }
        let problem = Problem::at(key.span(), self.title_of_unknown(word, value));
        let elsewhere = keys::tables_with(word);
        let absent = self.shape.names().filter(|name| self.find(name).is_none());
        let near = keys::nearest(word, absent).and_then(|near| self.shape.names().find(|name| *name == near));
        let problem = if !elsewhere.is_empty() {
            problem.label(format!("this key belongs in {}", elsewhere.join(" or ")))
        } else if let Some(near) = near {
            self.misspelt.push((near, value));
            problem.label(format!("did you mean `{near}`?"))
        } else if let Some(present) = keys::nearest(word, self.shape.names()) {
            problem.label(format!("did you mean `{present}`, which is set already?"))
        } else {
            problem.label("no such key")
        };
        let names: Vec<&str> = self.shape.names().collect();
        self.context.note(problem.help(format!("{header} can hold {}", names.join(", "))));
    }

    fn title_of_unknown(&self, word: &str, value: &Value<'_>) -> String {
        match value.get_ref() {
            _ if !self.is_root() => format!("unknown key `{word}` in {}", self.shape.header),
            DeValue::Table(_) | DeValue::Array(_) => format!("unknown table `{word}`"),
            _ => format!("unknown key `{word}` before the first table"),
        }
    }

    fn is_root(&self) -> bool {
        self.header.is_empty()
    }

    /// The value of `key`, unread.
    pub(super) fn find(&self, key: &str) -> Option<&'d Value<'d>> {
        let misspelt = || self.misspelt.iter().find(|(known, _)| *known == key).map(|(_, value)| *value);
        self.entries.get(key).or_else(misspelt)
    }

    /// The text of `key` with its place, if it is a text; notes nothing.
    pub(super) fn peek(&self, key: &str) -> Option<(&'d str, Range<usize>)> {
        let value = self.find(key)?;
        Some((value.get_ref().as_str()?, value.span()))
    }

    /// Whether nothing at all is in it.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The place of the table's header.
    pub(super) fn place(&self) -> Range<usize> {
        self.header.clone()
    }

    /// Notes a problem found by the one who reads.
    pub(super) fn note(&self, problem: Problem) {
        self.context.note(problem);
    }

    /// `path` as seen from the config file's folder.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.context.base_dir.join(path)
    }

    /// The value of a key that must be there. `None` once a problem is noted.
    pub(super) fn required<T>(&self, key: &'static str, read: impl Fn(&Value<'d>) -> Result<T, Mismatch>) -> Option<T> {
        if self.find(key).is_none() {
            self.note_missing(key);
        }
        self.optional(key, read)
    }

    /// The value of a key that may be absent. `None` when it is, or once a problem is noted.
    pub(super) fn optional<T>(&self, key: &'static str, read: impl Fn(&Value<'d>) -> Result<T, Mismatch>) -> Option<T> {
        debug_assert!(self.shape.has(key), "{key} is listed in keys.rs");
        read(self.find(key)?).map_err(|mismatch| self.note_mismatch(key, mismatch)).ok()
    }

    /// The value of a key, or `default` when it is absent or once a problem is noted.
    pub(super) fn or<T>(&self, key: &'static str, default: T, read: impl Fn(&Value<'d>) -> Result<T, Mismatch>) -> T {
        self.optional(key, read).unwrap_or(default)
    }

    /// A table that must be there.
    pub(super) fn table(&self, key: &'static str, shape: &'static Shape) -> Option<Table<'d>> {
        if self.find(key).is_none() {
            self.note_missing_table(key, shape);
        }
        self.optional_table(key, shape)
    }

    /// A table that may be absent.
    pub(super) fn optional_table(&self, key: &'static str, shape: &'static Shape) -> Option<Table<'d>> {
        let value = self.find(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some(Self::open(shape, entries, value.span(), self.context)),
            DeValue::Array(elements) if elements.iter().any(|element| element.get_ref().is_table()) => {
                let problem = Problem::at(value.span(), format!("there is one {} only", shape.header));
                self.note(problem.label(format!("write {} with single brackets, once", shape.header)));
                let first = elements.iter().next()?;
                first.get_ref().as_table().map(|entries| Self::open(shape, entries, first.span(), self.context))
            }
            _ => {
                self.note_mismatch(key, Mismatch::new(value, format!("a table with {}", shape.needs)));
                None
            }
        }
    }

    /// The tables of a list of which there must be at least one and at most [`MOST_ENTRIES`].
    pub(super) fn tables(&self, key: &'static str, shape: &'static Shape) -> Vec<Table<'d>> {
        let Some(value) = self.find(key) else {
            self.note_missing_table(key, shape);
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(elements) if (1..=MOST_ENTRIES).contains(&elements.len()) => {
                elements.iter().filter_map(|element| self.element(element, shape)).collect()
            }
            DeValue::Table(entries) => {
                let problem = Problem::at(value.span(), format!("every {key} is an entry of a list"));
                self.note(problem.label(format!("write {} with two brackets", shape.header)));
                vec![Self::open(shape, entries, value.span(), self.context)]
            }
            _ => {
                self.note_mismatch(
                    key,
                    Mismatch::new(value, format!("a list of 1 to {MOST_ENTRIES} {}", shape.header)),
                );
                Vec::new()
            }
        }
    }

    /// The tables of a list that may be absent.
    pub(super) fn optional_tables(&self, key: &'static str, shape: &'static Shape) -> Vec<Table<'d>> {
        if self.find(key).is_some() { self.tables(key, shape) } else { Vec::new() }
    }

    fn element(&self, element: &'d Value<'d>, shape: &'static Shape) -> Option<Table<'d>> {
        let entries = element.get_ref().as_table();
        if entries.is_none() {
            self.note(Problem::at(element.span(), format!("this is no {}", shape.header)).label("expected a table"));
        }
        entries.map(|entries| Self::open(shape, entries, element.span(), self.context))
    }

    fn note_missing(&self, key: &str) {
        let title = format!("`{key}` is missing in {}", self.shape.header);
        let problem = Problem::at(self.place(), title).label(format!("this needs `{key}`"));
        self.note(self.with_example(problem, key));
    }

    fn note_missing_table(&self, key: &str, shape: &Shape) {
        self.note(if self.is_root() {
            let problem = Problem::of_file(format!("the file has no {}", shape.header));
            problem.help(format!("add {} with {}", shape.header, shape.needs))
        } else {
            let problem = Problem::at(self.place(), format!("`{key}` is missing in {}", self.shape.header));
            problem.label(format!("this needs {}", shape.needs))
        });
    }

    fn note_mismatch(&self, key: &str, mismatch: Mismatch) {
        let place = if self.is_root() { String::new() } else { format!(" in {}", self.shape.header) };
        let title = format!("`{key}`{place} must be {}", mismatch.expected);
        let problem = Problem::at(mismatch.at, title).label(mismatch.found);
        self.note(match mismatch.help {
            Some(help) => problem.help(help),
            None => self.with_example(problem, key),
        });
    }

    fn with_example(&self, problem: Problem, key: &str) -> Problem {
        match self.shape.example(key) {
            Some(example) => problem.help(example),
            None => problem,
        }
    }
}

fn password_in_the_file(place: Range<usize>) -> Problem {
    Problem::at(place, "a password does not belong in this file")
        .label("remove it")
        .help("put it in a file of its own that only the service can read: password_file = \"mqtt-password\"")
        .help("or in an environment variable: password_env = \"GATELPR_MQTT_PASSWORD\"")
}

//! Every key of the file, table by table: what it can be, what counts without it, and an example. What is not listed here is
//! unknown to the reader, and the schema for editors is made of it.
//!
//! Not here: how a value is read. `agreement.rs` holds the two together.

mod cameras;
mod destinations;
mod gate;
mod lanes;
mod plates;
mod ports;

pub(super) use cameras::{CAMERA, FOLDER, LENS, MJPEG, RTSP, SNAPSHOT, SOURCE, USB, VIDEO, VIEW, WATCHED_FOLDER};
pub(super) use destinations::{ANALYTICS, EVIDENCE, HOME_ASSISTANT, MIRRORS, ONVIF, WEBHOOK};
pub(super) use gate::{DECLARED, INBOUND, INFERENCE, LOCATION, MQTT, MQTT_TLS, OUTBOX, ROOT, SITE};
pub(super) use lanes::{LANE, LANE_GPIO};
pub(super) use plates::{COUNTRY, LIST, LIST_PULSE, LIST_WEBHOOK};
pub(super) use ports::{CONSOLE, HTTP};

/// A table of the file.
#[derive(Debug)]
pub(super) struct Shape {
    /// As it is written above its keys: `[mqtt]`.
    pub(super) header: &'static str,
    /// What it cannot do without, in words, for the message when the whole table is missing.
    pub(super) needs: &'static str,
    /// Its keys.
    pub(super) keys: &'static [Key],
    /// Which of its keys exclude each other.
    pub(super) choice: Choice,
    /// Keys that need another one beside them: the first needs the second.
    pub(super) together: &'static [(&'static str, &'static str)],
}

/// A table without keys, for the fields that most tables leave as they are.
const PLAIN: Shape = Shape { header: "", needs: "", keys: &[], choice: Choice::Free, together: &[] };

/// Which keys of a table exclude each other.
#[derive(Debug)]
pub(super) enum Choice {
    /// None.
    Free,
    /// Exactly one of these is there.
    One(&'static [&'static str]),
    /// At most one of these is there.
    AtMostOne(&'static [&'static str]),
}

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) absent: Absent,
    /// A value in TOML. Most keys that hold a table have none.
    pub(super) example: &'static str,
}

/// What counts where a key is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// It must be there.
    Refused,
    /// Nothing: what it is about is off, looked for, or not said.
    Nothing,
    /// This value, in TOML.
    Is(&'static str),
    /// A value that depends on others.
    Depends,
}

/// What a key can be, as far as that can be told without looking at anything else.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A text that is not empty.
    Text,
    /// A text that fits this regular expression.
    Fitting(&'static str),
    /// A file or folder, relative to the config's folder.
    Path,
    /// A list of files.
    Paths,
    /// A whole number in this range.
    Whole(i64, i64),
    /// A number in this range.
    Number(f64, f64),
    /// `true` or `false`.
    Truth,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// One of these numbers.
    Degrees(&'static [i64]),
    /// "auto", or a whole number in this range.
    AutoOrWhole(i64, i64),
    /// So many texts: from, to.
    Texts(usize, usize),
    /// Texts by any name.
    TextsByName,
    /// So many numbers in this range.
    Numbers(usize, f64, f64),
    /// So many whole numbers in this range.
    Wholes(usize, i64, i64),
    /// So many points [x, y] of the picture: from, to.
    Points(usize, usize),
    /// A table.
    Table(&'static Shape),
    /// A list of tables.
    Tables(&'static Shape),
}

/// A name of a site, gate, camera, lane or list.
const NAME: Kind = Kind::Fitting("^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$");

const fn required(name: &'static str, kind: Kind, example: &'static str) -> Key {
    Key { name, kind, absent: Absent::Refused, example }
}

const fn optional(name: &'static str, kind: Kind, example: &'static str) -> Key {
    Key { name, kind, absent: Absent::Nothing, example }
}

/// A key whose usual value is the best example.
const fn usual(name: &'static str, kind: Kind, value: &'static str) -> Key {
    usual_but(name, kind, value, value)
}

/// A key whose usual value is `value`; `example` is another one.
const fn usual_but(name: &'static str, kind: Kind, value: &'static str, example: &'static str) -> Key {
    Key { name, kind, absent: Absent::Is(value), example }
}

/// A key whose usual value depends on others.
const fn depending(name: &'static str, kind: Kind, example: &'static str) -> Key {
    Key { name, kind, absent: Absent::Depends, example }
}

const fn table(name: &'static str, shape: &'static Shape) -> Key {
    optional(name, Kind::Table(shape), "")
}

/// A table that counts, with what is usual in it, also where it is absent.
const fn usual_table(name: &'static str, shape: &'static Shape) -> Key {
    Key { name, kind: Kind::Table(shape), absent: Absent::Is("{}"), example: "" }
}

const fn required_table(name: &'static str, shape: &'static Shape) -> Key {
    required(name, Kind::Table(shape), "")
}

const fn tables(name: &'static str, shape: &'static Shape) -> Key {
    optional(name, Kind::Tables(shape), "")
}

const fn required_tables(name: &'static str, shape: &'static Shape) -> Key {
    required(name, Kind::Tables(shape), "")
}

impl Shape {
    pub(super) fn has(&self, key: &str) -> bool {
        self.names().any(|known| known == key)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().map(|key| key.name)
    }

    /// `for example: port = 1883`.
    pub(super) fn example(&self, key: &str) -> Option<String> {
        let Key { name, example, .. } =
            self.keys.iter().find(|known| known.name == key && !known.example.is_empty())?;
        Some(format!("for example: {name} = {example}"))
    }

    /// This table and all below it, from the top.
    pub(super) fn all(&'static self) -> Vec<&'static Self> {
        let below = self.keys.iter().filter_map(|key| key.kind.shape()).flat_map(Self::all);
        std::iter::once(self).chain(below).collect()
    }
}

impl Kind {
    /// The table that it is, or a list of.
    pub(super) fn shape(self) -> Option<&'static Shape> {
        match self {
            Self::Table(shape) | Self::Tables(shape) => Some(shape),
            _ => None,
        }
    }
}

/// The headers of all tables that know `key`, each once.
pub(super) fn tables_with(key: &str) -> Vec<&'static str> {
    let mut headers = Vec::new();
    for shape in ROOT.all().into_iter().skip(1).filter(|shape| shape.has(key)) {
        if !headers.contains(&shape.header) {
            headers.push(shape.header);
        }
    }
    headers
}

/// The one of `candidates` that a misspelt `word` most likely means; `None` when nothing is near.
pub(super) fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let lower = word.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        let edits = strsim::normalized_damerau_levenshtein(&lower, &candidate);
        // A beginning that agrees (`user` for `username`) counts for more than the edits say.
        let prefix = strsim::jaro_winkler(&lower, &candidate);
        if edits >= 0.6 || prefix >= 0.88 { edits + prefix } else { 0.0 }
    };
    let scored = candidates.into_iter().map(|candidate| (likeness(candidate), candidate));
    let best = scored.filter(|(score, _)| *score > 0.0).max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_the_key_it_means_and_a_strange_one_finds_none() {
        let near = |word: &str| nearest(word, MQTT.names());
        assert_eq!(near("hots"), Some("host"));
        assert_eq!(near("keepalive"), Some("keep_alive_s"));
        assert_eq!(near("user"), Some("username"));
        assert_eq!(near("Port"), Some("port"));
        assert_eq!(near("colour"), None);
    }
}

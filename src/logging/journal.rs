//! Log lines as entries of systemd's journal: the line as people read it, and each of its fields by itself.
//!
//! A line in the journal has everything that it has elsewhere (`passage lane=in-2 plate=12C12345`), so that grep finds it;
//! a field `lane` is `GATELPR_LANE` besides, for `journalctl GATELPR_LANE=in-2`. The form of entries is systemd's, "Native
//! Journal Protocol".

use std::fmt::{Debug, Write as _};
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Where the journal listens.
pub(super) const SOCKET: &str = "/run/systemd/journal/socket";
/// A journal that hangs must not hang the gate: what it does not take in this time is lost, and counted.
const PATIENCE: Duration = Duration::from_millis(100);
/// The longest value that is told, in bytes; the system takes some 200 KB in all.
const LONGEST: usize = 16 * 1024;

/// Sends every line to the journal.
#[derive(Debug)]
pub(super) struct Journal {
    socket: UnixDatagram,
    path: PathBuf,
    lost: AtomicU64,
}

/// The fields of a line or a span, in their order.
#[derive(Debug, Default, Clone)]
struct Fields {
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Journal {
    /// To the journal that listens at `path`.
    ///
    /// # Errors
    /// Nobody listens there.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let journal = Self { socket, path: path.to_owned(), lost: AtomicU64::new(0) };
        // An empty entry is none, and says whether there is somebody who would take one.
        journal.socket.send_to(&[], path)?;
        Ok(journal)
    }

    fn send(&self, entry: &[u8]) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let told = Fields {
                message: format!("log lines were lost: {lost}; the journal did not take them"),
                ..Fields::default()
            };
            if self.socket.send_to(&told.entry(Level::WARN, &[]), &self.path).is_err() {
                self.lost.fetch_add(lost, Ordering::Relaxed);
            }
        }
        if self.socket.send_to(entry, &self.path).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Journal {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.take_over(outer);
            }
        }
        self.send(&fields.entry(*event.metadata().level(), &origin(event.metadata())));
    }
}

/// Where in the program the line comes from.
fn origin(metadata: &Metadata<'_>) -> Vec<(&'static str, String)> {
    let file = metadata.file().map(|file| ("CODE_FILE", file.to_owned()));
    let line = metadata.line().map(|line| ("CODE_LINE", line.to_string()));
    file.into_iter().chain(line).chain([("CODE_MODULE", metadata.target().to_owned())]).collect()
}

impl Fields {
    /// Those of a span around it, as far as the line does not have them itself.
    fn take_over(&mut self, outer: &Self) {
        let new = outer.others.iter().filter(|(name, _)| self.others.iter().all(|(own, _)| own != name));
        let new: Vec<_> = new.cloned().collect();
        self.others.extend(new);
    }

    /// The whole line.
    fn line(&self) -> String {
        let mut line = self.message.clone();
        for (name, value) in &self.others {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(name);
            line.push('=');
            line.push_str(value);
        }
        line
    }

    fn entry(&self, level: Level, origin: &[(&'static str, String)]) -> Vec<u8> {
        let mut entry = Vec::new();
        put(&mut entry, "MESSAGE", &self.line());
        put(&mut entry, "PRIORITY", priority(level));
        put(&mut entry, "SYSLOG_IDENTIFIER", "gatelpr");
        origin.iter().for_each(|(name, value)| put(&mut entry, name, value));
        self.others.iter().for_each(|(name, value)| put(&mut entry, &name_of(name), value));
        entry
    }

    fn put(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            name => self.others.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing into a text fails only where a value's own form does, and then there is none.
        if write!(text, "{value:?}").is_ok() {
            self.put(field, text);
        }
    }
}

/// Priorities as syslog has them: error, warning, informational, debug.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "3",
        Level::WARN => "4",
        Level::INFO => "6",
        Level::DEBUG | Level::TRACE => "7",
    }
}

/// The journal's names are capital letters, digits and underscores.
fn name_of(field: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    "GATELPR_".chars().chain(field.chars().map(plain)).collect()
}

/// One field: its name, the length of its value, the value, which may have any bytes in it.
fn put(entry: &mut Vec<u8>, name: &str, value: &str) {
    let value = value.get(..value.floor_char_boundary(LONGEST)).unwrap_or(value);
    entry.extend_from_slice(name.as_bytes());
    entry.push(b'\n');
    entry.extend_from_slice(&(value.len() as u64).to_le_bytes());
    entry.extend_from_slice(value.as_bytes());
    entry.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tracing::{error, info, info_span, warn};
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// What a journal hears while `work` is done.
    fn heard(work: impl FnOnce()) -> Vec<BTreeMap<String, String>> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("socket");
        let listener = UnixDatagram::bind(&path).expect("a socket");
        let journal = Journal::at(&path).expect("somebody listens");
        tracing::subscriber::with_default(tracing_subscriber::registry().with(journal), work);
        listener.set_nonblocking(true).expect("it can be asked");
        let mut buffer = vec![0; 256 * 1024];
        let entries = std::iter::from_fn(|| listener.recv(&mut buffer).ok().map(|length| parsed(&buffer[..length])));
        entries.filter(|entry| !entry.is_empty()).collect()
    }

    fn parsed(mut entry: &[u8]) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        while let Some(end) = entry.iter().position(|byte| *byte == b'\n') {
            let (name, rest) = entry.split_at(end);
            let (length, rest) = rest[1..].split_at(8);
            let length = u64::from_le_bytes(length.try_into().expect("eight bytes")) as usize;
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("a text");
            fields.insert(text(name), text(&rest[..length]));
            assert_eq!(rest[length], b'\n');
            entry = &rest[length + 1..];
        }
        fields
    }

    #[test]
    fn a_passage_is_a_line_that_grep_finds_and_fields_that_the_journal_finds() {
        let entries = heard(|| info!(lane = %"in-2", plate = "12C12345", seq = 7, "passage"));
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!(entry["MESSAGE"], "passage lane=in-2 plate=12C12345 seq=7");
        assert_eq!([&entry["GATELPR_LANE"], &entry["GATELPR_PLATE"], &entry["GATELPR_SEQ"]], ["in-2", "12C12345", "7"]);
        assert_eq!([&entry["PRIORITY"], &entry["SYSLOG_IDENTIFIER"]], ["6", "gatelpr"]);
        assert!(entry["CODE_FILE"].ends_with("journal.rs"));
    }

    #[test]
    fn a_line_has_the_fields_of_what_it_is_said_in_and_its_own_before_them() {
        let entries = heard(|| {
            let _span = info_span!("capture", camera = "front", error = "none").entered();
            warn!(error = "no frame for 5 s", "camera lost");
        });
        assert_eq!(entries[0]["MESSAGE"], "camera lost error=no frame for 5 s camera=front");
        assert_eq!([&entries[0]["GATELPR_CAMERA"], &entries[0]["PRIORITY"]], ["front", "4"]);
    }

    #[test]
    fn what_a_span_learns_later_counts_from_then_on() {
        let entries = heard(|| {
            let span = info_span!("s", a = 1, b = tracing::field::Empty);
            span.record("b", 2);
            span.in_scope(|| error!("x"));
        });
        assert_eq!(entries[0]["MESSAGE"], "x a=1 b=2");
        assert_eq!(entries[0]["PRIORITY"], "3");
    }

    #[test]
    fn line_breaks_stay_and_what_is_too_long_is_cut_between_characters() {
        let long = "Đ".repeat(LONGEST);
        let entries = heard(|| {
            info!("one\ntwo");
            info!(long, "l");
        });
        assert_eq!(entries[0]["MESSAGE"], "one\ntwo");
        assert_eq!(entries[1]["GATELPR_LONG"].len(), LONGEST);
    }

    #[test]
    fn without_a_journal_there_is_an_error() {
        assert!(Journal::at(Path::new("/nowhere/socket")).is_err());
    }
}

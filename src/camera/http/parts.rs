//! Takes a stream of pictures apart (`multipart/x-mixed-replace`), as cameras send it: by declared length where there is
//! one, else by looking for the boundary. Pure: bytes in, parts out.
//!
//! Cameras bend the format (RFC 2046, section 5.1): boundaries in quotes, declared with the dashes or sent without them,
//! bare line feeds, text before the first part. All of that is read. What goes over the bounds here is skipped, so that
//! a source never holds more than one part.

/// The largest part that is kept, in bytes: several times a picture of 64 megapixels as cameras compress it.
pub(super) const MAX_PART: usize = 16 << 20;
/// The longest line, and the longest head of a part, in bytes. Cameras send about 80.
const MAX_HEAD: usize = 8 << 10;
/// Shorter boundaries count in the middle of a picture only with their dashes: its bytes may look like anything.
const LONG_BOUNDARY: usize = 6;

/// A part, or what became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Its bytes, which should be a picture.
    Whole(Vec<u8>),
    /// It went over a bound and was skipped.
    TooLarge,
}

/// A stream of which a part has come so far.
#[derive(Debug)]
pub(super) struct Parts {
    boundary: Boundary,
    /// What came; up to `start` it is done with.
    held: Vec<u8>,
    start: usize,
    /// Up to here no line's end or boundary was found.
    searched: usize,
    at: At,
}

/// What the next bytes are.
#[derive(Debug, Clone, Copy)]
enum At {
    /// Anything up to a boundary; thrown away.
    Gap,
    /// The head of a part.
    Head { read: usize, length: Option<usize>, picture: bool },
    /// A part that is so long.
    Measured { length: usize, picture: bool },
    /// A part that lasts until the next boundary.
    Unmeasured { picture: bool },
}

const HEAD: At = At::Head { read: 0, length: None, picture: true };

/// The line between parts, without its dashes; empty: the first line that begins with two dashes says what it is.
#[derive(Debug, PartialEq, Eq)]
struct Boundary(Vec<u8>);

/// What a line's beginning is.
#[derive(Debug, PartialEq, Eq)]
enum Looks {
    LikeBoundary,
    LikeNone,
    /// Too short to tell.
    Undecided,
}

impl Parts {
    /// For a stream of this content type; `None` if it is no stream of parts.
    pub(super) fn of_content_type(content_type: &str) -> Option<Self> {
        let mut parameters = content_type.split(';').map(str::trim);
        let kind = parameters.next()?;
        if !kind.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/")) {
            return None;
        }
        let boundary = parameters.find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case("boundary").then(|| Boundary::declared(value))
        });
        let boundary = boundary.unwrap_or(Boundary(Vec::new()));
        Some(Self { boundary, held: Vec::new(), start: 0, searched: 0, at: At::Gap })
    }

    /// Takes the next bytes and gives the parts that they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Part> {
        self.held.extend_from_slice(bytes);
        let mut parts = Vec::new();
        while self.step(&mut parts) {}
        self.held.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        parts
    }

    /// The stream has ended: what came of its last part. Where no length was declared it may well be whole.
    pub(super) fn rest(&mut self) -> Option<Part> {
        let at = std::mem::replace(&mut self.at, At::Gap);
        let rest = std::mem::take(&mut self.held);
        self.searched = 0;
        let picture = matches!(at, At::Measured { picture: true, .. } | At::Unmeasured { picture: true });
        (picture && !rest.is_empty()).then_some(Part::Whole(rest))
    }

    /// Goes on with what is held; `false` when it needs more.
    fn step(&mut self, parts: &mut Vec<Part>) -> bool {
        match self.at {
            At::Gap => self.gap(),
            At::Head { read, length, picture } => self.head(read, length, picture, parts),
            At::Measured { length, picture } => self.measured(length, picture, parts),
            At::Unmeasured { picture } => self.unmeasured(picture, parts),
        }
    }

    fn gap(&mut self) -> bool {
        let Some(line) = self.line() else {
            // No boundary is that long, so this is something else.
            if self.waiting() > MAX_HEAD {
                self.done_with(self.held.len());
            }
            return false;
        };
        if self.boundary.0.is_empty() && line.starts_with(b"--") {
            self.boundary = Boundary::declared(&String::from_utf8_lossy(&line));
        }
        if self.boundary.is(&line) {
            self.at = HEAD;
        }
        true
    }

    fn head(&mut self, read: usize, length: Option<usize>, picture: bool, parts: &mut Vec<Part>) -> bool {
        let line = self.line();
        let read = read + line.as_ref().map_or(self.waiting(), Vec::len);
        if read > MAX_HEAD {
            parts.push(Part::TooLarge);
            self.at = At::Gap;
            return true;
        }
        let Some(line) = line else { return false };
        self.at = match field(&line) {
            None if line.is_empty() => match length {
                Some(length) => At::Measured { length, picture },
                None => At::Unmeasured { picture },
            },
            Some(Field::Length(length)) => At::Head { read, length: Some(length), picture },
            Some(Field::Kind { picture }) => At::Head { read, length, picture },
            // Another header, or a boundary that is sent twice.
            None => At::Head { read, length, picture },
        };
        true
    }

    fn measured(&mut self, length: usize, picture: bool, parts: &mut Vec<Part>) -> bool {
        if length > MAX_PART {
            parts.push(Part::TooLarge);
            self.at = At::Gap;
            return true;
        }
        if self.waiting() < length {
            return false;
        }
        let end = self.start + length;
        // Cameras that have nothing to say keep the connection alive with empty parts.
        if picture && length > 0 {
            parts.push(Part::Whole(self.held[self.start..end].to_vec()));
        }
        self.done_with(end);
        self.at = At::Gap;
        true
    }

    fn unmeasured(&mut self, picture: bool, parts: &mut Vec<Part>) -> bool {
        while let Some(found) = self.held[self.searched..].iter().position(|byte| *byte == b'\n') {
            let end = self.searched + found;
            match self.boundary.looks(&self.held[end + 1..]) {
                Looks::LikeNone => self.searched = end + 1,
                Looks::Undecided => {
                    self.searched = end;
                    return self.give_up_if_too_large(parts);
                }
                Looks::LikeBoundary => {
                    let part = &self.held[self.start..end];
                    let part = part.strip_suffix(b"\r").unwrap_or(part);
                    if part.len() > MAX_PART {
                        parts.push(Part::TooLarge);
                    } else if picture && !part.is_empty() {
                        parts.push(Part::Whole(part.to_vec()));
                    }
                    self.done_with(end + 1);
                    self.at = At::Gap;
                    return true;
                }
            }
        }
        self.searched = self.held.len();
        self.give_up_if_too_large(parts)
    }

    fn give_up_if_too_large(&mut self, parts: &mut Vec<Part>) -> bool {
        if self.waiting() <= MAX_PART {
            return false;
        }
        parts.push(Part::TooLarge);
        self.done_with(self.held.len());
        self.at = At::Gap;
        false
    }

    /// The next line, without its end, taken out.
    fn line(&mut self) -> Option<Vec<u8>> {
        let found = self.held[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(found) = found else {
            self.searched = self.held.len();
            return None;
        };
        let end = self.searched + found;
        let line = self.held[self.start..end].trim_ascii_end().to_vec();
        self.done_with(end + 1);
        Some(line)
    }

    fn waiting(&self) -> usize {
        self.held.len() - self.start
    }

    fn done_with(&mut self, end: usize) {
        self.start = end;
        self.searched = end;
    }
}

impl Boundary {
    /// As it is declared: perhaps in quotes, perhaps with the dashes that should come only in the stream.
    fn declared(value: &str) -> Self {
        let value = value.trim().trim_matches('"').trim();
        Self(value.trim_start_matches('-').as_bytes().to_vec())
    }

    /// Whether a whole line is the boundary, or the last one, with two dashes behind.
    fn is(&self, line: &[u8]) -> bool {
        let name = line.trim_ascii();
        let name = &name[dashes(name)..];
        !self.0.is_empty() && name.strip_prefix(self.0.as_slice()).is_some_and(|rest| matches!(rest, b"" | b"--"))
    }

    /// Whether a line inside a part, of which only the beginning may have come, is a boundary.
    fn looks(&self, line: &[u8]) -> Looks {
        let whole = line.iter().position(|byte| *byte == b'\n').map(|end| &line[..end]);
        match whole {
            Some(line) if self.is(line) && (dashes(line) >= 2 || self.0.len() >= LONG_BOUNDARY) => Looks::LikeBoundary,
            Some(_) => Looks::LikeNone,
            // Dashes, the name, two dashes and a carriage return: what is longer is no boundary.
            None if line.len() > 2 * self.0.len().max(70) => Looks::LikeNone,
            None => Looks::Undecided,
        }
    }
}

fn dashes(line: &[u8]) -> usize {
    line.iter().take_while(|byte| **byte == b'-').count()
}

/// A header that matters.
enum Field {
    Length(usize),
    Kind { picture: bool },
}

fn field(line: &[u8]) -> Option<Field> {
    let line = std::str::from_utf8(line).ok()?;
    let (key, value) = line.split_once(':')?;
    let (key, value) = (key.trim(), value.trim());
    if key.eq_ignore_ascii_case("content-length") {
        // A camera that writes something else here is read by its boundary.
        return value.parse().ok().map(Field::Length);
    }
    let kind = key.eq_ignore_ascii_case("content-type");
    // Some send text between their pictures: sensor states, positions.
    kind.then(|| Field::Kind { picture: !value.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("text/")) })
}

#[cfg(test)]
#[path = "parts_tests.rs"]
mod tests;

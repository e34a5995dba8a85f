//! What a list's file says: lines `text[,note[,valid_until]]`.
//!
//! A line that is wrong is told with its number and its reason, and left out; the others count.

use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord, Trim};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Entries, Entry};
use crate::plate::PlateText;
use crate::plate_format::{self, Country, FormatMatch};

/// How the lines are understood.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Whose plates there are, in order of preference.
    pub countries: Vec<Country>,
    /// Where a day begins and ends.
    pub zone: TimeZone,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListFile {
    /// The plates.
    pub entries: Entries,
    /// What is wrong with lines.
    pub bad: Vec<BadLine>,
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct BadLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Most plates of a list. What is beyond is left out and told.
pub const MOST_ENTRIES: usize = 200_000;
/// Longest note, in characters; a longer one is cut.
const LONGEST_NOTE: usize = 200;

/// What the bytes of a file say.
#[must_use]
pub fn parse(bytes: &[u8], rules: &Rules) -> ListFile {
    // As spreadsheets write it.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).trim(Trim::All).comment(Some(b'#')).from_reader(bytes);
    let mut file = ListFile::default();
    for (index, record) in reader.records().enumerate() {
        let (line, entry) = match record {
            Ok(record) if index == 0 && is_header(&record) => continue,
            Ok(record) => (record.position().map_or(0, csv::Position::line), entry(&record, rules)),
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                (line, Err("it is no UTF-8 text".to_owned()))
            }
        };
        let added = entry.and_then(|(key, entry)| match file.entries.len() {
            MOST_ENTRIES.. => Err(format!("a list has at most {MOST_ENTRIES} plates")),
            _ if !file.entries.add(key, entry) => Err("this plate is in the list already".to_owned()),
            _ => Ok(()),
        });
        if let Err(reason) = added {
            file.bad.push(BadLine { line, reason });
        }
    }
    file
}

fn is_header(record: &StringRecord) -> bool {
    record.get(0).is_some_and(|first| first.eq_ignore_ascii_case("text") || first.eq_ignore_ascii_case("plate"))
}

fn entry(record: &StringRecord, rules: &Rules) -> Result<(String, Entry), String> {
    let format = plate(record.get(0).unwrap_or_default(), &rules.countries)?;
    if !format.valid {
        return Err(format!("no plate {} was ever issued", format.display));
    }
    let note = record.get(1).filter(|note| !note.is_empty());
    let note = note.map(|note| Arc::from(note.chars().take(LONGEST_NOTE).collect::<String>()));
    let valid_until = match record.get(2).unwrap_or_default() {
        "" => None,
        text => Some(end(text, &rules.zone)?),
    };
    if record.iter().skip(3).any(|field| !field.is_empty()) {
        return Err("it has more than a text, a note and a day; put a note with a comma in double quotes".to_owned());
    }
    Ok((format.key, Entry { note, valid_until }))
}

/// The plate of a text, or of a country's code, `-` and a text where several countries have such plates.
fn plate(text: &str, countries: &[Country]) -> Result<FormatMatch, String> {
    let no_plate = || format!("{text:?} is no plate of a country that this gate knows");
    // The models read Đ as D.
    let read = text.to_uppercase().replace('Đ', "D");
    let of_country = read.split_once('-').and_then(|(code, rest)| {
        let country = countries.iter().find(|country| country.code() == code)?;
        plate_format::identify(&PlateText::normalised(rest)?, &[*country])
    });
    let of_any = || plate_format::identify(&PlateText::normalised(&read)?, countries);
    of_country.or_else(of_any).ok_or_else(no_plate)
}

/// The end of a day, or a moment.
fn end(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let day = text.parse::<Date>().ok().and_then(|day| day.tomorrow().ok());
    let begin = day.and_then(|next| next.to_zoned_datetime(zone.clone()).ok()).map(|next| next.timestamp());
    begin.ok_or_else(|| format!("{text:?} is no day like 2026-12-31"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules() -> Rules {
        let zone = TimeZone::fixed(jiff::tz::offset(7));
        Rules { countries: vec![Country::Vietnam, Country::China, Country::Other], zone }
    }

    #[test]
    fn lines_have_a_plate_a_note_and_a_last_day() {
        let file = parse("\u{feff}text,note,valid_until\n12C-123.45,\"Mr. A, driver\",2026-12-31\n\n# gone\n桂F·12345\nxx-12C12346\n29mđ12345,x,2026-12-31T10:00:00+07:00".as_bytes(), &rules());
        assert_eq!(file.bad, []);
        let find = |key: &str| file.entries.0.get(key).unwrap_or_else(|| panic!("{key} is there"));
        assert_eq!(find("VN-12C12345").note.as_deref(), Some("Mr. A, driver"));
        let end = find("VN-12C12345").valid_until.expect("it ends");
        assert_eq!(end.to_string(), "2026-12-31T17:00:00Z", "the day ends at the gate");
        assert_eq!(find("CN-GUI-F12345"), &Entry { note: None, valid_until: None });
        assert_eq!(
            find("VN-29MD12345").valid_until.map(|end| end.to_string()).as_deref(),
            Some("2026-12-31T03:00:00Z")
        );
        assert!(file.entries.0.contains_key("XX-12C12346"));
        assert_eq!(file.entries.len(), 4);
    }

    #[test]
    fn a_bad_line_is_told_with_its_number_and_reason_and_the_others_count() {
        let text = b"12C12345\n???\n13A12345\n12C-12345\n12C12346,x,31.12.2026\n12C12347,a,,b\n12C\xff\n12C12348";
        let file = parse(text, &rules());
        let told: Vec<String> = file.bad.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "line 2: \"???\" is no plate of a country that this gate knows",
                "line 3: no plate 13A-123.45 was ever issued",
                "line 4: this plate is in the list already",
                "line 5: \"31.12.2026\" is no day like 2026-12-31",
                "line 6: it has more than a text, a note and a day; put a note with a comma in double quotes",
                "line 7: it is no UTF-8 text",
            ]
        );
        assert_eq!(file.entries.len(), 2);
    }

    proptest! {
        #[test]
        fn no_file_whatever_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(parse(&bytes, &rules()));
        }
    }
}

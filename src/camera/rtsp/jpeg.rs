//! JPEG pictures out of their RTP packets (RFC 2435): the packets carry the compressed data in pieces, and of the header
//! only what differs between cameras.
//!
//! Done here because `retina` puts the pieces together without looking for missing ones: under loss it gives torn pictures,
//! whose upper half is from one place and whose lower half is shifted, with nothing that says so.

use std::collections::HashMap;

/// Puts one stream's pictures together.
#[derive(Debug, Default)]
pub(super) struct JpegAssembler {
    picture: Progress,
    /// Tables that were sent once and are meant by number from then on.
    tables: HashMap<u8, Tables>,
}

#[derive(Debug, Default)]
enum Progress {
    /// The next piece begins a picture.
    #[default]
    Between,
    /// The header as far as it is known, and the data so far.
    Begun { timestamp: i64, bytes: Vec<u8>, data_from: usize },
    /// The rest of this picture is passed over.
    Broken { timestamp: i64 },
}

/// One packet of a picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    /// Without the RTP header.
    pub(super) payload: &'a [u8],
    /// The same for all pieces of a picture.
    pub(super) timestamp: i64,
    /// The last of its picture.
    pub(super) last: bool,
}

/// Why a picture does not come. Told once per picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("a picture of which packets are missing")]
    Missing,
    #[error("a JPEG packet that is cut short")]
    CutShort,
    #[error("a JPEG picture of a kind that RTP does not know")]
    Kind,
    #[error(
        "a JPEG picture with more than 2040 pixels on a side, which RTP cannot say; choose H.264 or a smaller picture"
    )]
    TooLarge,
    #[error("a JPEG picture without its quantisation tables")]
    NoTables,
}

/// Quantisation tables for brightness and colour, in zigzag order.
#[derive(Debug, Clone)]
struct Tables {
    /// Bit n: table n has 16 bits per value.
    precision: u8,
    values: Vec<u8>,
}

/// What precedes each piece of data.
struct Head {
    offset: usize,
    kind: u8,
    quality: u8,
    /// In units of 8 pixels.
    width: u8,
    height: u8,
    restart_interval: u16,
}

/// No picture of 2040 x 2040 pixels is larger.
const MAX_BYTES: usize = 8 << 20;

impl JpegAssembler {
    /// Takes the next packet; a picture that is complete with it comes out.
    pub(super) fn push(&mut self, piece: Piece<'_>) -> Result<Option<Vec<u8>>, Broken> {
        match self.progress(piece) {
            Ok(complete) => Ok(complete),
            Err(broken) => {
                let told = matches!(self.picture, Progress::Broken { timestamp } if timestamp == piece.timestamp);
                self.picture = Progress::Broken { timestamp: piece.timestamp };
                if told { Ok(None) } else { Err(broken) }
            }
        }
    }

    fn progress(&mut self, piece: Piece<'_>) -> Result<Option<Vec<u8>>, Broken> {
        let mut rest = piece.payload;
        let head = Head::read(&mut rest)?;
        if head.offset == 0 {
            let tables = self.tables_of(&head, &mut rest)?;
            let bytes = header(&head, &tables)?;
            self.picture = Progress::Begun { timestamp: piece.timestamp, data_from: bytes.len(), bytes };
        }
        let Progress::Begun { timestamp, bytes, data_from } = &mut self.picture else { return Err(Broken::Missing) };
        if *timestamp != piece.timestamp || bytes.len() - *data_from != head.offset || bytes.len() > MAX_BYTES {
            return Err(Broken::Missing);
        }
        bytes.extend_from_slice(rest);
        if !piece.last {
            return Ok(None);
        }
        let mut picture = std::mem::take(bytes);
        self.picture = Progress::Between;
        if !picture.ends_with(&END) {
            picture.extend_from_slice(&END);
        }
        Ok(Some(picture))
    }

    fn tables_of(&mut self, head: &Head, rest: &mut &[u8]) -> Result<Tables, Broken> {
        match head.quality {
            1..=99 => Ok(Tables::of_quality(head.quality)),
            128..=255 => {
                let [_, precision, high, low] = take(rest)?;
                let length = usize::from(u16::from_be_bytes([high, low]));
                let (values, behind) = rest.split_at_checked(length).ok_or(Broken::CutShort)?;
                *rest = behind;
                if length == 0 {
                    return self.tables.get(&head.quality).cloned().ok_or(Broken::NoTables);
                }
                let tables = Tables { precision, values: values.to_vec() };
                if head.quality < 255 {
                    self.tables.insert(head.quality, tables.clone());
                }
                Ok(tables)
            }
            _ => Err(Broken::Kind),
        }
    }
}

impl Head {
    fn read(rest: &mut &[u8]) -> Result<Self, Broken> {
        let [_, a, b, c, kind, quality, width, height] = take(rest)?;
        let restart_interval = if kind & 64 != 0 {
            let [high, low, _, _] = take(rest)?;
            u16::from_be_bytes([high, low])
        } else {
            0
        };
        let offset = u32::from_be_bytes([0, a, b, c]) as usize;
        Ok(Self { offset, kind, quality, width, height, restart_interval })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Broken> {
    let (taken, behind) = rest.split_first_chunk().ok_or(Broken::CutShort)?;
    *rest = behind;
    Ok(*taken)
}

const END: [u8; 2] = [0xFF, 0xD9];
/// As in AVI files: it says that the Huffman tables are the standard's and left out.
const AVI: &[u8] = &[0xFF, 0xE0, 0, 9, b'A', b'V', b'I', b'1', 0, 0, 0];
/// Begin of scan (ITU T.81, B.2.3): three components, the first with Huffman tables 0, the others with 1.
const SCAN: &[u8] = &[0xFF, 0xDA, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0];

/// Everything up to the compressed data.
fn header(head: &Head, tables: &Tables) -> Result<Vec<u8>, Broken> {
    if head.width == 0 || head.height == 0 {
        return Err(Broken::TooLarge);
    }
    let sampling = match head.kind & !64 {
        0 => 0x21,
        1 => 0x22,
        _ => return Err(Broken::Kind),
    };
    let mut out = [&[0xFF, 0xD8], AVI].concat();
    let mut values = tables.values.as_slice();
    for number in 0..2_u8 {
        let wide = tables.precision >> number & 1;
        let length = if wide == 1 { 128 } else { 64 };
        let (table, behind) = values.split_at_checked(length).ok_or(Broken::NoTables)?;
        values = behind;
        let marker = [0xFF, 0xDB, 0, if wide == 1 { 131 } else { 67 }, wide << 4 | number];
        out.extend_from_slice(&[&marker, table].concat());
    }
    if head.restart_interval > 0 {
        let [high, low] = head.restart_interval.to_be_bytes();
        out.extend_from_slice(&[0xFF, 0xDD, 0, 4, high, low]);
    }
    let [height, width] = [head.height, head.width].map(|eighths| (u16::from(eighths) * 8).to_be_bytes());
    out.extend_from_slice(&[0xFF, 0xC0, 0, 17, 8, height[0], height[1], width[0], width[1]]);
    out.extend_from_slice(&[3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1]);
    out.extend_from_slice(SCAN);
    Ok(out)
}

impl Tables {
    /// The standard's tables, scaled as RFC 2435 says (section 4.2).
    fn of_quality(quality: u8) -> Self {
        let quality = u16::from(quality);
        let percent = if quality < 50 { 5000 / quality } else { 200 - quality * 2 };
        let scaled = |value: &u8| {
            u8::try_from(((u32::from(*value) * u32::from(percent) + 50) / 100).clamp(1, 255)).unwrap_or(u8::MAX)
        };
        Self { precision: 0, values: BRIGHTNESS.iter().chain(&COLOUR).map(scaled).collect() }
    }
}

/// ITU T.81, table K.1, in zigzag order.
const BRIGHTNESS: [u8; 64] = [
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61,
    60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113,
    121, 112, 100, 120, 92, 101, 103, 99,
];

/// ITU T.81, table K.2, in zigzag order.
const COLOUR: [u8; 64] = [
    17, 18, 18, 24, 21, 24, 47, 26, 26, 47, 99, 66, 56, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DATA: [u8; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 9];

    /// Pushes the pieces of a picture of 16x8 pixels with these offsets and lengths.
    fn push(assembler: &mut JpegAssembler, timestamp: i64, pieces: &[(usize, usize)]) -> Vec<Result<usize, Broken>> {
        let outcomes = pieces.iter().filter_map(|(offset, length)| {
            let at = u8::try_from(*offset).expect("short");
            let payload = [&[0, 0, 0, at, 1, 50, 2, 1], &DATA[*offset..offset + length]].concat();
            let last = offset + length == DATA.len();
            match assembler.push(Piece { payload: &payload, timestamp, last }) {
                Ok(picture) => picture.map(|bytes| {
                    assert!(bytes.ends_with(&[&DATA[..], &END].concat()), "{bytes:x?}");
                    Ok(bytes.len())
                }),
                Err(broken) => Some(Err(broken)),
            }
        });
        outcomes.collect()
    }

    #[test]
    fn a_picture_is_whole_or_it_does_not_come() {
        let mut assembler = JpegAssembler::default();
        let whole = push(&mut assembler, 1, &[(0, 4), (4, 3), (7, 2)]);
        assert!(matches!(whole[..], [Ok(_)]), "{whole:?}");
        let cases: [&[(usize, usize)]; 5] =
            [&[(4, 3), (7, 2)], &[(0, 4), (7, 2)], &[(7, 2)], &[(0, 4), (4, 3)], &[(0, 4), (6, 1), (7, 2)]];
        let mut told = 0;
        for (timestamp, pieces) in (2..).zip(cases) {
            let outcome = push(&mut assembler, timestamp, pieces);
            assert!(outcome.iter().all(|outcome| *outcome == Err(Broken::Missing)), "{pieces:?}: {outcome:?}");
            assert!(outcome.len() <= 1, "told once: {outcome:?}");
            told += outcome.len();
            assert!(told > 0);
        }
        assert_eq!(push(&mut assembler, 9, &[(0, 9)]).len(), 1, "the next one comes");
    }

    #[test]
    fn tables_that_were_sent_once_are_remembered_by_number() {
        let mut assembler = JpegAssembler::default();
        let mut push = |quality, tables: &[u8]| {
            let length = u8::try_from(tables.len()).expect("short");
            let payload = [&[0, 0, 0, 0, 0, quality, 2, 1, 0, 0, 0, length], tables, &DATA].concat();
            assembler.push(Piece { payload: &payload, timestamp: 1, last: true }).map(|picture| picture.is_some())
        };
        assert_eq!(push(200, &[]), Err(Broken::NoTables));
        assert_eq!(push(200, &[7; 128]), Ok(true));
        assert_eq!(push(200, &[]), Ok(true));
        assert_eq!(push(200, &[7; 100]), Err(Broken::NoTables), "too few");
    }

    proptest! {
        #[test]
        fn any_packets_never_panic(packets in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..200), any::<bool>()), 0..6)) {
            let mut assembler = JpegAssembler::default();
            for (payload, last) in &packets {
                drop(assembler.push(Piece { payload, timestamp: 1, last: *last }));
            }
        }
    }
}

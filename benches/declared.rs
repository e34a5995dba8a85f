//! Looking plates up in a list of 200,000: how long it takes, how much memory, and how often the answer is wrong.
//!
//! The rates are of a simulated reader that misreads by the measured confusions. It is once as sure as it is right and once
//! three times as often wrong as it says. So they test the decision, not the measurement. What the reader makes of real
//! plates is for `benches/passages`.

use std::collections::HashSet;
use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use gatelpr::clock::Clock;
use gatelpr::declared::{Asked, DeclaredIndex, DeclaredList, DeclaredVehicle, ReadPlate};
use gatelpr::dossier::{DeclaredMatch, MatchKind};
use gatelpr::plate::{Confidence, PlateText};
use gatelpr::plate_format::{Country, identify};
use jiff::Timestamp;

const ENTRIES: usize = 200_000;
const LOOKUPS: usize = 2_000;
const PASSAGES: usize = 4_000;
const LETTERS: &str = "ABCDEFGHKLMNPSTUVXYZ";
const SERIAL: &str = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const PROVINCES: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

/// Which plates are on a list.
#[derive(Debug, Clone, Copy)]
enum Plates {
    Vietnam,
    China,
    /// Twenty fleets, each with ten thousand consecutive numbers: the worst there can be.
    Fleets,
}

impl Plates {
    fn name(self) -> &'static str {
        match self {
            Self::Vietnam => "Vietnam, random",
            Self::China => "China, random",
            Self::Fleets => "Vietnam, 20 x 10,000 consecutive",
        }
    }

    fn declared(self, random: &mut Rng) -> String {
        match self {
            Self::Vietnam => format!("{}{}{:05}", random.u8(11..=99), one_of(LETTERS, random), random.u32(0..100_000)),
            Self::China => {
                let serial: String = (0..5).map(|_| one_of(SERIAL, random)).collect();
                format!("{}{}{serial}", one_of(PROVINCES, random), one_of("ABCDEFGH", random))
            }
            Self::Fleets => format!("{}C{:05}", random.u8(11..31), random.u32(30_000..40_000)),
        }
    }

    /// A plate that may be declared or not: of fleets, one with a number beside the declared ones.
    fn any(self, random: &mut Rng) -> String {
        match self {
            Self::Fleets => format!("{}C{:05}", random.u8(11..31), random.u32(0..100_000)),
            Self::Vietnam | Self::China => self.declared(random),
        }
    }
}

fn one_of(characters: &str, random: &mut Rng) -> char {
    characters.chars().nth(random.usize(..characters.chars().count())).expect("it is one of them")
}

fn text(plate: &str) -> PlateText {
    PlateText::normalised(plate).expect("it is a plate")
}

struct Listed {
    texts: Vec<PlateText>,
    known: HashSet<PlateText>,
    index: DeclaredIndex,
    built: Duration,
}

fn listed(plates: Plates, random: &mut Rng) -> Listed {
    let (mut known, mut texts) = (HashSet::new(), Vec::new());
    // The fleets have no more numbers than there are entries, so drawing the last of them would take for ever.
    for _ in 0..ENTRIES * 20 {
        let plate = text(&plates.declared(random));
        if texts.len() < ENTRIES && known.insert(plate.clone()) {
            texts.push(plate);
        }
    }
    let vehicle = |(number, text): (usize, &PlateText)| DeclaredVehicle {
        declaration_id: format!("D-{number}").into(),
        text: Some(text.clone()),
        key: None,
        valid_from: None,
        valid_until: None,
    };
    let vehicles = texts.iter().enumerate().map(vehicle).map(Arc::new).collect();
    let list = Arc::new(DeclaredList { version: 1, received_at: Timestamp::UNIX_EPOCH, vehicles });
    let clock = Clock::start();
    let index = DeclaredIndex::new(list);
    Listed { texts, known, index, built: clock.elapsed() }
}

/// What a reader says of a plate.
struct Read {
    text: PlateText,
    confidences: Vec<Confidence>,
}

impl Read {
    fn sure(text: PlateText) -> Self {
        let confidences = vec![Confidence::clamped(0.998); text.len()];
        Self { text, confidences }
    }

    fn look_up(&self, index: &DeclaredIndex) -> DeclaredMatch {
        let least = self.confidences.iter().map(|c| c.value()).fold(1.0, f32::min);
        let read = ReadPlate {
            text: &self.text,
            key: "",
            per_character: &self.confidences,
            confidence: Confidence::clamped(least),
            alternatives: &[],
        };
        index.match_of(&read, Asked { seen: Timestamp::UNIX_EPOCH, now: Timestamp::UNIX_EPOCH })
    }
}

/// A reader that misreads `overstated` times as often as it says.
struct Reader {
    random: Rng,
    overstated: f32,
}

impl Reader {
    fn read(&mut self, truth: &PlateText) -> Read {
        loop {
            let (mut read, mut confidences) = (String::new(), Vec::new());
            for character in truth.as_str().chars() {
                let sure = 1.0 - 10_f32.powf(-2.0 - 2.0 * self.random.f32());
                let confidence = if self.random.f32() < 0.9 { sure } else { 0.4 + 0.59 * self.random.f32() };
                let wrong = self.random.f32() < self.overstated * (1.0 - confidence);
                read.push(if wrong { self.misread(character) } else { character });
                confidences.push(Confidence::clamped(confidence));
            }
            let text = text(&read);
            // The reader answers with what has a format, and nothing else.
            if identify(&text, &[Country::Vietnam, Country::China]).is_some() {
                return Read { text, confidences };
            }
        }
    }

    /// One of the other characters of its kind, as often as it is taken for it: a distance stands for a probability.
    fn misread(&mut self, truth: char) -> char {
        let others = [PROVINCES, SERIAL].into_iter().find(|kind| kind.contains(truth)).unwrap_or(SERIAL);
        let declared = text(&truth.to_string());
        let weight = |read: char| {
            let read = text(&read.to_string());
            let read = ReadPlate { confidence: Confidence::ZERO, ..ReadPlate::certain(&read, "") };
            read.distance_to(&declared).map_or(0.0, |distance| 10_f64.powf(-5.0 * distance))
        };
        let weights: Vec<_> = others.chars().filter(|c| *c != truth).map(|c| (c, weight(c))).collect();
        let mut left = self.random.f64() * weights.iter().map(|(_, weight)| weight).sum::<f64>();
        let chosen = weights.iter().find(|(_, weight)| {
            left -= weight;
            left <= 0.0
        });
        chosen.map_or(truth, |(character, _)| *character)
    }
}

fn timings(out: &mut dyn Write, plates: Plates, listed: &Listed, random: &mut Rng) -> io::Result<()> {
    let mut of = |what: &str, make: &dyn Fn(&mut Rng) -> Read| {
        let reads: Vec<_> = (0..LOOKUPS).map(|_| make(random)).collect();
        let mut took: Vec<_> = reads
            .iter()
            .map(|read| {
                // The fastest of five: what other processes take is no part of it.
                let once = |_| {
                    let clock = Clock::start();
                    black_box(read.look_up(&listed.index));
                    clock.elapsed()
                };
                (0..5).map(once).min().unwrap_or_default()
            })
            .collect();
        took.sort_unstable();
        let at = |share: usize| took[(took.len() - 1) * share / 1000].as_secs_f64() * 1000.0;
        writeln!(out, "  {what:<36}  {:>8.4}  {:>8.4}  {:>8.4}", at(500), at(990), at(1000))
    };
    let chosen = |random: &mut Rng| listed.texts[random.usize(..listed.texts.len())].clone();
    let doubtful = |read: Read, random: &mut Rng| {
        let mut read = read;
        for _ in 0..2 {
            let place = random.usize(..read.confidences.len());
            read.confidences[place] = Confidence::clamped(0.5);
        }
        read
    };
    of("declared, read surely", &|random| Read::sure(chosen(random)))?;
    of("declared, two characters doubtful", &|random| doubtful(Read::sure(chosen(random)), random))?;
    of("near: declared and misread, doubtful", &|random| {
        let mut reader = Reader { random: random.fork(), overstated: 3.0 };
        reader.read(&chosen(random))
    })?;
    of("none, read surely", &|random| Read::sure(text(&plates.any(random))))?;
    of("none, two characters doubtful", &|random| doubtful(Read::sure(text(&plates.any(random))), random))
}

/// How often each answer was given.
#[derive(Default)]
struct Answers {
    passages: usize,
    exact: usize,
    exact_wrong: usize,
    likely: usize,
    likely_wrong: usize,
    ambiguous: usize,
    ambiguous_without: usize,
    none: usize,
}

impl Answers {
    fn add(&mut self, found: &DeclaredMatch, truth: Option<&str>) {
        self.passages += 1;
        let right = truth.is_some() && found.declaration_id.as_deref() == truth;
        match found.kind {
            MatchKind::Exact if right => self.exact += 1,
            MatchKind::Exact => self.exact_wrong += 1,
            MatchKind::Likely if right => self.likely += 1,
            MatchKind::Likely => self.likely_wrong += 1,
            MatchKind::Ambiguous if found.candidates.iter().any(|it| Some(&*it.declaration_id) == truth) => {
                self.ambiguous += 1;
            }
            MatchKind::Ambiguous => self.ambiguous_without += 1,
            MatchKind::NotDeclared | MatchKind::NoList => self.none += 1,
        }
    }

    fn write(&self, out: &mut dyn Write, what: &str) -> io::Result<()> {
        let percent = |count: usize| format!("{:.2}", 100.0 * count as f64 / self.passages.max(1) as f64);
        write!(out, "  {what:<28}  {:>6}", self.passages)?;
        let all = [
            self.exact,
            self.exact_wrong,
            self.likely,
            self.likely_wrong,
            self.ambiguous,
            self.ambiguous_without,
            self.none,
        ];
        for count in all {
            write!(out, "  {:>8}", percent(count))?;
        }
        writeln!(out)
    }
}

fn rates(out: &mut dyn Write, plates: Plates, listed: &Listed, reader: &mut Reader) -> io::Result<()> {
    let [mut right, mut misread, mut strange] = [Answers::default(), Answers::default(), Answers::default()];
    for _ in 0..PASSAGES {
        let number = reader.random.usize(..listed.texts.len());
        let read = reader.read(&listed.texts[number]);
        let found = read.look_up(&listed.index);
        let answers = if read.text == listed.texts[number] { &mut right } else { &mut misread };
        answers.add(&found, Some(&format!("D-{number}")));
        let other = text(&plates.any(&mut reader.random));
        if !listed.known.contains(&other) {
            strange.add(&reader.read(&other).look_up(&listed.index), None);
        }
    }
    right.write(out, "declared, read right")?;
    misread.write(out, "declared, misread")?;
    strange.write(out, "not declared")
}

fn main() -> io::Result<()> {
    let out = &mut io::stdout().lock();
    let mut random = Rng::with_seed(118);
    for plates in [Plates::Vietnam, Plates::China, Plates::Fleets] {
        let listed = listed(plates, &mut random);
        writeln!(
            out,
            "{}: {} entries; index {:.1} bytes an entry, made in {:.0} ms",
            plates.name(),
            listed.texts.len(),
            listed.index.bytes() as f64 / listed.texts.len() as f64,
            listed.built.as_secs_f64() * 1000.0
        )?;
        writeln!(out, "  {:<36}  {:>8}  {:>8}  {:>8}", "lookup, ms", "p50", "p99", "max")?;
        timings(out, plates, &listed, &mut random)?;
        for overstated in [1.0, 3.0] {
            writeln!(
                out,
                "  of each hundred, reader wrong {overstated} x as often as it says\n  {:<28}  {:>6}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}  {:>8}",
                "", "number", "exact", "wrong", "likely", "wrong", "ambig.", "without", "none"
            )?;
            rates(out, plates, &listed, &mut Reader { random: random.fork(), overstated })?;
        }
    }
    Ok(())
}

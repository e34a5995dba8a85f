//! Recognisers that follow a script, and every way in which two of them can answer.

use std::sync::{Arc, Mutex};

use image::RgbImage;
use proptest::prelude::*;

use super::*;
use crate::geometry::{Point, Quad};
use crate::inference::whole;
use crate::plate::{Layout, PlateColour, PlateDetection, WorthAsking};
use crate::plate_format::Country;

/// A text with its confidence; `None`: illegible.
type Said = Option<(&'static str, f32)>;

const NOTHING: Said = None;

/// Answers from its script, one plate after the other, and notes how many plates it was asked for at a time.
struct Script {
    answers: std::vec::IntoIter<Option<PlateReading>>,
    asked: Arc<Mutex<Vec<usize>>>,
}

impl PlateRecogniser for Script {
    fn read(&mut self, plates: &[PlateCrop<'_>]) -> Result<Vec<Option<PlateReading>>, InferenceError> {
        self.asked.lock().expect("nobody panicked").push(plates.len());
        Ok(plates.iter().map(|_| self.answers.next().expect("it is asked no more than the script has")).collect())
    }
}

fn reading(text: &str, confidence: f32) -> PlateReading {
    let text = PlateText::normalised(text).expect("a plate text");
    PlateReading {
        per_character: vec![Confidence::clamped(0.9); text.len()],
        text,
        confidence: Confidence::clamped(confidence),
        alternatives: Vec::new(),
        layout: Layout::OneLine,
        colour: None,
        corners: Quad([Point::new(0.0, 0.0); 4]),
    }
}

fn script(said: &[Said]) -> (Box<Script>, Arc<Mutex<Vec<usize>>>) {
    let answers: Vec<_> = said.iter().map(|said| said.map(|(text, sure)| reading(text, sure))).collect();
    let asked = Arc::default();
    (Box::new(Script { answers: answers.into_iter(), asked: Arc::clone(&asked) }), asked)
}

/// The texts that come of plates that `first` and `second` answer so, and the calls to the second. Below 0.8 it is asked.
fn read(detection: &PlateDetection, first: &[Said], second: &[Said]) -> (Vec<Option<String>>, Vec<usize>) {
    read_if(WorthAsking::Any, detection, first, second)
}

fn read_if(
    worth_asking: WorthAsking<'_>,
    detection: &PlateDetection,
    first: &[Said],
    second: &[Said],
) -> (Vec<Option<String>>, Vec<usize>) {
    let ((one, _), (other, asked)) = (script(first), script(second));
    let mut both = SecondOpinion::new(one, other, Confidence::clamped(0.8));
    let (image, grammar) = (RgbImage::new(8, 8), Grammar::of(&[Country::Vietnam]));
    let plates: Vec<_> =
        first.iter().map(|_| PlateCrop { image: &image, detection, grammar: &grammar, worth_asking }).collect();
    let readings = both.read(&plates).expect("scripts do not fail");
    let texts = readings.into_iter().map(|reading| reading.map(|reading| reading.text.to_string())).collect();
    let asked = asked.lock().expect("nobody panicked").clone();
    (texts, asked)
}

fn found(lines: Vec<Quad>) -> PlateDetection {
    let corners = Quad::from_box(whole(&RgbImage::new(8, 8)));
    PlateDetection { corners, confidence: Confidence::ONE, lines }
}

#[test]
fn only_doubtful_plates_are_asked_again_all_at_once_and_each_keeps_its_place() {
    let first = [Some(("34A11111", 0.9)), Some(("34A22222", 0.5)), NOTHING, Some(("34A44444", 0.8)), NOTHING];
    let second = [Some(("34A22229", 0.7)), NOTHING, Some(("34A55555", 0.3))];
    let (texts, asked) = read(&found(vec![]), &first, &second);
    let texts: Vec<_> = texts.iter().map(Option::as_deref).collect();
    assert_eq!(texts, [Some("34A11111"), Some("34A22229"), None, Some("34A44444"), Some("34A55555")]);
    assert_eq!(asked, [3]);
}

#[test]
fn what_says_the_same_as_is_known_or_is_not_worth_it_is_not_asked_about() {
    let first = [Some(("34A11111", 0.5)), Some(("34A22222", 0.5)), NOTHING];
    let known = PlateText::normalised("34A11111").expect("a plate text");
    let (texts, asked) = read_if(WorthAsking::Unlike(&known), &found(vec![]), &first, &[Some(("34A22229", 0.9))]);
    assert_eq!(texts, [Some("34A11111".to_owned()), Some("34A22229".to_owned()), None]);
    assert_eq!(asked, [1]);
    let (texts, asked) = read_if(WorthAsking::No, &found(vec![]), &first, &[]);
    assert_eq!(texts, [Some("34A11111".to_owned()), Some("34A22222".to_owned()), None]);
    assert!(asked.is_empty());
}

#[test]
fn where_all_is_sure_or_there_is_no_plate_nobody_is_asked() {
    assert_eq!(read(&found(vec![]), &[Some(("34A11111", 0.8))], &[]).1, Vec::<usize>::new());
    assert_eq!(read(&found(vec![]), &[], &[]).1, Vec::<usize>::new());
}

#[test]
fn writing_that_the_first_cannot_read_is_not_taken_for_a_plate() {
    let line = Quad([Point::new(0.0, 0.0); 4]);
    let (texts, asked) = read(&found(vec![line]), &[NOTHING, Some(("34A11111", 0.5))], &[Some(("34A11111", 0.6))]);
    assert_eq!((texts, asked), (vec![None, Some("34A11111".to_owned())], vec![1]));
}

/// What is made of two answers: the text and its confidence in hundredths.
#[track_caller]
fn check(first: Said, second: Said, expect: Option<(&str, f32)>) {
    let grammar = Grammar::of(&[Country::Vietnam, Country::China]);
    let said = |said: Said| said.map(|(text, sure)| reading(text, sure));
    let decided = decide(said(first), said(second), &grammar);
    let hundredths = |sure: f32| (sure * 100.0).round();
    let decided = decided.as_ref().map(|r| (r.text.as_str(), hundredths(r.confidence.value())));
    assert_eq!(decided, expect.map(|(text, sure)| (text, hundredths(sure))), "{first:?} and {second:?}");
}

#[test]
fn two_that_agree_are_as_sure_as_the_surer_one() {
    check(Some(("34A36837", 0.5)), Some(("34A36837", 0.9)), Some(("34A36837", 0.9)));
    check(Some(("34A36837", 0.7)), Some(("34A36837", 0.1)), Some(("34A36837", 0.7)));
}

#[test]
fn one_that_reads_alone_is_believed_as_far_as_it_believes_itself() {
    check(Some(("34A36837", 0.5)), NOTHING, Some(("34A36837", 0.5)));
    check(NOTHING, Some(("34A36837", 0.1)), Some(("34A36837", 0.1)));
    check(NOTHING, NOTHING, None);
}

#[test]
fn a_text_that_the_other_reader_thought_possible_beats_a_surer_one_that_it_did_not_think_of() {
    let text = |text| PlateText::normalised(text).expect("a plate text");
    let first =
        PlateReading { alternatives: vec![(text("30H97287"), Confidence::clamped(0.18))], ..reading("30M97287", 0.55) };
    let grammar = Grammar::of(&[Country::Vietnam]);
    let chosen = decide(Some(first), Some(reading("30H97287", 0.5)), &grammar).expect("both read something");
    assert_eq!(chosen.text, text("30H97287"));
    assert!(chosen.confidence.value() < 0.5, "{:?}", chosen.confidence);
}

#[test]
fn of_two_texts_the_surer_one_stays_and_is_less_sure_than_before() {
    // 0.9 * 0.5 / 0.55, 0.7 * 0.4 / 0.58, 0.5 * 0.5 / 0.75.
    check(Some(("34A36837", 0.5)), Some(("34A36831", 0.9)), Some(("34A36831", 0.818)));
    check(Some(("34A36837", 0.7)), Some(("34A36831", 0.6)), Some(("34A36837", 0.483)));
    check(Some(("34A36837", 0.5)), Some(("34A36831", 0.5)), Some(("34A36837", 0.333)));
    check(Some(("34A36837", 0.0)), Some(("34A36831", 1.0)), Some(("34A36831", 1.0)));
    check(Some(("34A36837", 1.0)), Some(("34A36831", 1.0)), Some(("34A36837", 0.0)));
}

#[test]
fn a_text_that_no_plate_carries_gives_way_to_one_that_may_be_right() {
    // No province of Vietnam has the code 13.
    check(Some(("13A36837", 0.6)), Some(("15A36837", 0.4)), Some(("15A36837", 0.211)));
    check(Some(("15A36837", 0.4)), Some(("13A36837", 0.6)), Some(("15A36837", 0.211)));
    check(Some(("13A36837", 0.4)), Some(("13A36831", 0.6)), Some(("13A36831", 0.474)));
    check(Some(("13A36837", 0.4)), Some(("桂F12345", 0.3)), Some(("桂F12345", 0.2045)));
}

#[test]
fn only_the_characters_in_dispute_become_doubtful_unless_the_lengths_differ() {
    let grammar = Grammar::of(&[Country::Vietnam]);
    let doubtful = |other: &str| -> Vec<bool> {
        let decided = decide(Some(reading("34A36837", 0.6)), Some(reading(other, 0.5)), &grammar).expect("both read");
        assert_eq!(decided.text.as_str(), "34A36837");
        decided.per_character.iter().map(|sure| sure.value() < 0.9).collect()
    };
    assert_eq!(doubtful("34A36831"), [false, false, false, false, false, false, false, true]);
    assert_eq!(doubtful("34A3683"), [true; 8]);
}

#[test]
fn the_other_text_is_an_alternative_among_those_that_were_there() {
    let grammar = Grammar::of(&[Country::Vietnam]);
    let alternatives = |of_first: &[(&str, f32)]| -> Vec<(String, f32)> {
        let mut first = reading("34A36837", 0.6);
        let text = |text: &str| PlateText::normalised(text).expect("a plate text");
        first.alternatives = of_first.iter().map(|(other, sure)| (text(other), Confidence::clamped(*sure))).collect();
        let alternatives = vec![(text("34A36837"), Confidence::clamped(0.4))];
        let second = PlateReading { alternatives, ..reading("34A36831", 0.5) };
        let decided = decide(Some(first), Some(second), &grammar).expect("both read");
        let hundredths = |sure: Confidence| (sure.value() * 100.0).round();
        decided.alternatives.iter().map(|(text, sure)| (text.to_string(), hundredths(*sure))).collect()
    };
    let owned =
        |texts: &[(&str, f32)]| texts.iter().map(|(text, sure)| ((*text).to_owned(), *sure)).collect::<Vec<_>>();
    // 0.5 * 0.4 / 0.7 of the other; what was there keeps 0.5 / 0.7 of its own.
    assert_eq!(alternatives(&[]), owned(&[("34A36831", 29.0)]));
    assert_eq!(alternatives(&[("34A36832", 0.1)]), owned(&[("34A36831", 29.0), ("34A36832", 7.0)]));
    assert_eq!(alternatives(&[("34A36832", 0.2), ("34A36831", 0.1)]), owned(&[("34A36831", 36.0), ("34A36832", 14.0)]));
}

#[test]
fn the_colour_is_the_firsts_whoever_is_right_about_the_text() {
    let grammar = Grammar::of(&[Country::Vietnam]);
    let with = |colour, text: &str, sure| Some(PlateReading { colour, ..reading(text, sure) });
    let (yellow, white) = (Some(PlateColour::Yellow), Some(PlateColour::White));
    for (first, second, expect) in [(yellow, None, yellow), (yellow, white, yellow), (None, white, white)] {
        for text in ["34A36837", "34A36831"] {
            let decided = decide(with(first, "34A36837", 0.5), with(second, text, 0.9), &grammar);
            assert_eq!(decided.expect("both read").colour, expect);
        }
    }
}

proptest! {
    #[test]
    fn disagreement_never_makes_surer_and_likelihoods_stay_shares_of_one(
        a in 0.0_f32..=1.0, b in 0.0_f32..=1.0, shares in prop::collection::vec(0.0_f32..0.25, 0..4),
    ) {
        let mut chosen = reading("34A36837", a);
        let text = |digit: usize| PlateText::normalised(&format!("34A3683{digit}")).expect("a plate text");
        let others = shares.iter().enumerate().map(|(digit, share)| (text(digit), Confidence::clamped((1.0 - a) * share)));
        chosen.alternatives = others.collect();
        let other = reading("34A36831", b);
        let told = disputed(&chosen, &other);
        prop_assert!(told.confidence <= chosen.confidence);
        prop_assert!(told.per_character.iter().zip(&chosen.per_character).all(|(told, own)| told <= own));
        let sum = told.confidence.value() + told.alternatives.iter().map(|(_, sure)| sure.value()).sum::<f32>();
        prop_assert!(sum <= 1.0 + 1e-5, "{sum}");
    }
}

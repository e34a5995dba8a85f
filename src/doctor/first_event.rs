//! From a start to a first event: a drawn lorry is read by the configured models, and its event put into an outbox of its own.
//! Not while a daemon runs: it would lose frames by it.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::duration::in_words;
use super::finding::Opinion;
use super::models::choice;
use super::patient::Patient;
use super::scratch::Scratch;
use crate::clock::Clock;
use crate::config::{Config, LaneConfig};
use crate::daemon::model_ids;
use crate::dossier::Dossier;
use crate::frame::{Frame, Moment};
use crate::inference::models::Models;
use crate::passage::Passage;
use crate::pipeline::Pipeline;
use crate::plate::{CameraName, LaneName};
use crate::proof::DeviceKey;
use crate::publish::{EventMaker, Origin, Outbox, OutboxSettings};
use crate::synthetic::film::Film;
use crate::synthetic::scenario::Scenario;

/// One lorry drives in by day.
const SCENARIO: &str = include_str!("first_event.toml");
/// A vehicle that drives in is then in some pictures only.
const SLOW: Duration = Duration::from_millis(200);
const TOO_SLOW: Duration = Duration::from_secs(1);

/// How long everything took; drawing is not counted.
#[derive(Debug, Clone, PartialEq)]
struct Facts {
    loading: Duration,
    /// Each look at a picture, in their order.
    looks: Vec<Duration>,
    picture: (u32, u32),
    /// What was read, and how long its way onto the disk took; none where nothing was.
    event: Option<(String, Duration)>,
    /// What stands on the plate.
    truth: String,
}

pub(super) fn look(patient: &Patient, config: &Config) -> Vec<Opinion> {
    if patient.daemon().may_run() {
        return vec![left_to_the_daemon(patient)];
    }
    // What is done here is no news of the gate.
    let silence = tracing::subscriber::NoSubscriber::default();
    let tried = tracing::subscriber::with_default(silence, || rehearse(config, patient.clock));
    vec![match tried {
        Ok(facts) => judge(&facts),
        Err(error) => Opinion::of_error(&format!("{error:#}"), "see the findings models and runtime"),
    }]
}

fn left_to_the_daemon(patient: &Patient) -> Opinion {
    let health = patient.daemon().health.as_ref();
    match health.and_then(|health| health.recognition.inference_ms_p50.zip(health.recognition.inference_ms_p99)) {
        Some((half, most)) => judge_look(
            format!("of the daemon's looks at pictures, half take up to {half:.0} ms and 99 of 100 up to {most:.0} ms"),
            Duration::try_from_secs_f64(half / 1000.0).unwrap_or_default(),
        ),
        None => Opinion::unknown(
            "not tried, because a daemon may be running, which would lose pictures by it",
            "stop the daemon and ask again, or set [http] in the config, so that the daemon can be asked",
        ),
    }
}

fn rehearse(config: &Config, clock: Clock) -> anyhow::Result<Facts> {
    let film = Film::of(&Scenario::parse(SCENARIO)?);
    let begun = clock.elapsed();
    let models = Models::load(&choice(config))?;
    let mut facts = Facts {
        loading: clock.elapsed().saturating_sub(begun),
        looks: Vec::new(),
        picture: (0, 0),
        event: None,
        truth: film.truth().passages.iter().find_map(|passage| passage.plate.clone()).unwrap_or_default(),
    };
    let scratch = Scratch::new()?;
    let settings = OutboxSettings::new(DeviceKey::generate()?, scratch.path());
    let outbox = Outbox::open(&scratch.path().join("outbox.sqlite"), settings)?;
    let mut maker = EventMaker::new(origin(config, &models));
    let camera = CameraName::try_from("camera-1")?;
    let mut pipeline = Pipeline::new(models, vec![lane(&camera)?]);
    let shown = (0..film.frames()).filter(|number| !film.seen_plates(0, *number).is_empty());
    for number in shown {
        let picture = film.render(0, number);
        facts.picture = picture.dimensions();
        let elapsed = Duration::try_from_secs_f64(film.seconds(number)).unwrap_or_default();
        let wall = Timestamp::UNIX_EPOCH.checked_add(elapsed)?;
        let captured_at = Moment { wall, elapsed };
        let frame = Frame { camera: camera.clone(), captured_at, image: picture.into() };
        let mut passages = Vec::new();
        let begun = clock.elapsed();
        pipeline.frame(&frame, &mut passages)?;
        let looked = clock.elapsed();
        facts.looks.push(looked.saturating_sub(begun));
        if let Some((passage, text)) = passages.iter().find_map(read) {
            outbox.commit(&maker.event(passage, &Dossier::default()), wall)?;
            facts.event = Some((text, clock.elapsed().saturating_sub(looked)));
            break;
        }
    }
    Ok(facts)
}

fn read(passage: &Passage) -> Option<(&Passage, String)> {
    passage.plate.as_ref().ok().map(|plate| (passage, plate.text.to_string()))
}

fn origin(config: &Config, models: &Models) -> Origin {
    Origin {
        site: config.site.name.clone(),
        gate: config.site.gate.clone(),
        boot_id: Uuid::nil(),
        location: None,
        models: model_ids(models),
    }
}

/// Told as soon as the plate has settled, as for a barrier that waits.
fn lane(camera: &CameraName) -> anyhow::Result<LaneConfig> {
    let mut lane = LaneConfig::whole_picture(LaneName::try_from("lane-1")?, camera.clone());
    lane.rules.provisional = true;
    Ok(lane)
}

fn judge(facts: &Facts) -> Opinion {
    let Facts { loading, looks, picture: (width, height), event, truth } = facts;
    let loaded = format!("the models are loaded in {}", in_words(*loading));
    let first = looks.first().copied().unwrap_or_default();
    let usual = usual(looks);
    let each =
        format!("each look at a picture of {width}x{height} takes {} (the first {})", in_words(usual), in_words(first));
    let (text, committing) = match event {
        Some((text, committing)) if text == truth => (text, *committing),
        other => {
            let read = other.as_ref().map_or("nothing".to_owned(), |(text, _)| text.clone());
            return Opinion::bad(
                format!("{loaded}, but they read {read} where a drawn plate says {truth}; {each}"),
                "choose the models of the package in [inference], and see the findings models and runtime",
            );
        }
    };
    let all = *loading + looks.iter().sum::<Duration>() + committing;
    judge_look(format!("a plate is read {} after the start: {loaded}, {each}; {text} was read", in_words(all)), usual)
}

/// Half of them take no longer; the first is another matter.
fn usual(looks: &[Duration]) -> Duration {
    let mut later: Vec<Duration> = looks.iter().skip(1).copied().collect();
    later.sort();
    later.get(later.len() / 2).or(looks.first()).copied().unwrap_or_default()
}

fn judge_look(what: String, look: Duration) -> Opinion {
    let remedy =
        "use the models of the package, smaller zones, fewer cameras, `analyse = \"motion\"`, or a faster computer";
    match look {
        look if look >= TOO_SLOW => Opinion::bad(format!("{what}: too slow for vehicles that drive"), remedy),
        look if look >= SLOW => Opinion::note(format!("{what}, which is slow"), remedy),
        _ => Opinion::good(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Verdict;

    #[track_caller]
    fn check(look_ms: u64, event: Option<&str>, verdict: Verdict, what: &str) {
        let ms = Duration::from_millis;
        let facts = Facts {
            loading: ms(1_800),
            looks: vec![ms(90), ms(look_ms), ms(look_ms)],
            picture: (1280, 720),
            event: event.map(|text| (text.to_owned(), ms(4))),
            truth: "12C12345".into(),
        };
        let opinion = judge(&facts);
        assert!(opinion.verdict == verdict && opinion.what.contains(what), "{opinion:?}");
    }

    #[test]
    fn how_long_a_first_event_takes_is_told_as_people_say_it() {
        check(30, Some("12C12345"), Verdict::Good, "a plate is read 2.0 s after the start");
        check(30, Some("12C12345"), Verdict::Good, "each look at a picture of 1280x720 takes 30 ms (the first 90 ms)");
        check(300, Some("12C12345"), Verdict::Note, "which is slow");
        check(1_500, Some("12C12345"), Verdict::Bad, "too slow");
        check(30, Some("12C12846"), Verdict::Bad, "they read 12C12846 where a drawn plate says 12C12345");
        check(30, None, Verdict::Bad, "they read nothing");
    }

    #[test]
    fn the_drawn_lorry_shows_its_plate() {
        let film = Film::of(&Scenario::parse(SCENARIO).expect("the scenario is right"));
        let shown = (0..film.frames()).filter(|number| !film.seen_plates(0, *number).is_empty()).count();
        assert!((5..60).contains(&shown), "{shown}");
        assert_eq!(film.truth().passages[0].plate.as_deref(), Some("12C12345"));
    }
}

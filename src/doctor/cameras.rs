//! The cameras: do they deliver, at what size and rate, and are plates large enough? What a running daemon tells of them is
//! taken; otherwise each is opened for some seconds, as the daemon would. A USB camera is never taken from a daemon.

use std::time::Duration;

use super::duration::in_words;
use super::examination::Examination;
use super::finding::{Check, Opinion};
use super::patient::Patient;
use crate::camera::{self, Opening, ProbeReport, SourceSettings, Timeline};
use crate::config::{CameraConfig, Config};
use crate::publish::health::{CameraHealth, CameraState, View};
use crate::stop::Stop;

/// How long a camera is read.
const READ_FOR: Duration = Duration::from_secs(3);
/// Smaller plates are guesses; larger ones read well.
const LEAST_PLATE_PX: f64 = 20.0;
/// With less a vehicle that drives is in too few pictures.
const LEAST_RATE: f64 = 5.0;

/// A look at each camera: one that does not answer holds up no other.
pub(super) fn looks(patient: &Patient, config: &Config) -> Vec<Examination> {
    let look = |camera: &CameraConfig| {
        let facts = gathered(patient, camera);
        // Opening and the first picture may take the patience each.
        let limit = camera.stall_timeout * 2 + READ_FOR + Duration::from_secs(5);
        let (camera, clock) = (camera.clone(), patient.clock);
        Examination::new(Check::Camera, limit, move || {
            let opinions = match facts {
                Gathered::Told(health) => judge_health(&health),
                Gathered::InUse => vec![in_use()],
                Gathered::Nothing => {
                    let opening = Opening {
                        camera: camera.name.clone(),
                        timeline: Timeline::Live(clock),
                        clock,
                        patience: camera.stall_timeout,
                        stop: Stop::default(),
                    };
                    vec![judge_probe(&camera::probe(&camera.source, &opening, READ_FOR), &camera)]
                }
            };
            opinions.into_iter().map(|one| one.about(&camera.name)).collect()
        })
    };
    config.cameras.iter().map(look).collect()
}

/// What can be known without opening it.
enum Gathered {
    Told(Box<CameraHealth>),
    InUse,
    Nothing,
}

fn gathered(patient: &Patient, camera: &CameraConfig) -> Gathered {
    let daemon = patient.daemon();
    let told = daemon.health.iter().flat_map(|health| &health.cameras).find(|told| told.name == camera.name.as_str());
    match told {
        Some(health) => Gathered::Told(Box::new(health.clone())),
        None if daemon.may_run() && matches!(camera.source, SourceSettings::Usb(_)) => Gathered::InUse,
        None => Gathered::Nothing,
    }
}

fn in_use() -> Opinion {
    Opinion::unknown(
        "in use by the running daemon, and not taken from it",
        "set [http] in the config, so that the daemon can be asked, or stop it and ask again",
    )
}

fn judge_health(health: &CameraHealth) -> Vec<Opinion> {
    let fault = health.last_error.as_deref().unwrap_or("no reason is known");
    match health.state {
        CameraState::Lost => return vec![Opinion::of_error(&without_name(fault), LOST)],
        CameraState::Opening => return vec![Opinion::note("it is being opened", "ask again in a minute")],
        CameraState::Ended if health.last_error.is_some() => {
            return vec![Opinion::of_error(&without_name(fault), "put the recording right, and restart the daemon")];
        }
        CameraState::Ended => return vec![Opinion::good("the recording has ended")],
        CameraState::Running => {}
    }
    let size = health.size_px.map_or(String::new(), |[width, height]| format!(", {width}x{height}"));
    let codec = health.codec.as_deref().unwrap_or("pictures");
    let rates = format!("{:.1} pictures a second, {:.1} of them analysed", health.fps_in, health.fps_analysed);
    let what = format!("the daemon gets {codec}{size}, {rates}");
    let mut opinions = vec![match view(health.view) {
        Some((seen, remedy)) => Opinion::bad(format!("{what}, but {seen}"), remedy),
        None => Opinion::good(what),
    }];
    opinions.extend(plates(health));
    if health.reopened > 10 {
        let what = format!("it was lost and opened again {} times since the start of the daemon", health.reopened);
        opinions.push(Opinion::note(what, "check its cable, its power supply, and the switch between"));
    }
    opinions
}

/// What is wrong with what it sees, and what to do.
fn view(view: Option<View>) -> Option<(&'static str, &'static str)> {
    match view? {
        View::Good => None,
        View::Dark => Some(("it is too dark to read plates", "check the lighting and the exposure")),
        View::Blind => Some(("there is no detail in them", "clean the lens, and look for fog or glare")),
        View::Frozen => Some(("it is the same picture again and again", "restart the camera")),
        View::Moved => Some(("the camera was turned or pushed", "check its aim, and draw the zones anew")),
    }
}

fn plates(health: &CameraHealth) -> Option<Opinion> {
    let height = health.picture.as_ref()?.plate_height_px?;
    Some(if height < LEAST_PLATE_PX {
        let remedy = "zoom in or hang the camera nearer, or choose a larger stream: 20 pixels are needed";
        Opinion::note(format!("plates are usually {height:.0} pixels high, which is small"), remedy)
    } else {
        Opinion::good(format!("plates are usually {height:.0} pixels high"))
    })
}

fn judge_probe(report: &ProbeReport, camera: &CameraConfig) -> Opinion {
    if let Some(fault) = &report.fault {
        return Opinion::of_error(&without_name(&fault.to_string()), LOST);
    }
    if !report.read {
        return Opinion::good("the folder is there; it was not read, so that no upload is deleted");
    }
    let codec = report.stream.codec.as_deref().unwrap_or("pictures");
    let size = report.stream.size.map_or(String::new(), |(width, height)| format!(", {width}x{height}"));
    let first = report.first_frame.map_or(String::new(), |time| format!(", the first after {}", in_words(time)));
    let what = match report.measured_rate {
        Some(rate) => format!("gives {codec}{size}, {rate:.1} pictures a second{first}"),
        None => format!("gives {codec}{size}{first}"),
    };
    if report.frames == 0 {
        return Opinion::bad("there is no picture in it", LOST);
    }
    let damaged = report.tally.damaged + report.tally.lost_packets;
    if damaged > 0 {
        let what = format!("{what}; {damaged} pictures or packets were damaged or lost");
        return Opinion::note(what, "check its cable and the switch between, or use transport = \"tcp\"");
    }
    let asked = match &camera.source {
        SourceSettings::Snapshot { frames_per_second, .. } => frames_per_second.per_second(),
        _ => f64::MAX,
    };
    match report.measured_rate {
        Some(rate) if rate < LEAST_RATE.min(asked * 0.5) => {
            let remedy = "set a higher rate in the camera: vehicles that drive need five pictures a second or more";
            Opinion::note(format!("{what}, which is little"), remedy)
        }
        _ => Opinion::good(what),
    }
}

const LOST: &str = "check its power, its cable and its address";

/// Errors name their camera; here everything does.
fn without_name(error: &str) -> String {
    let rest = error.strip_prefix("camera ").and_then(|rest| rest.split_once(": "));
    rest.map_or(error, |(_, rest)| rest).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::camera::{SourceError, StreamInfo, Tally};
    use crate::doctor::finding::Verdict;
    use crate::plate::CameraName;
    use crate::publish::health::PictureHealth;

    fn healthy() -> CameraHealth {
        let picture = PictureHealth { brightness: 90.0, contrast: 80.0, sharpness: 0.5, plate_height_px: Some(31.0) };
        CameraHealth {
            name: "front".into(),
            state: CameraState::Running,
            last_error: None,
            view: Some(View::Good),
            picture: Some(picture),
            codec: Some("H.264".into()),
            size_px: Some([1920, 1080]),
            fps_in: 25.0,
            fps_analysed: 12.5,
            captured: 1000,
            analysed: 500,
            dropped: 500,
            damaged: 0,
            lost_packets: 0,
            behind: 0,
            reopened: 0,
            last_frame_age_s: Some(0.04),
            turned_age_s: 0.04,
        }
    }

    #[track_caller]
    fn told(change: impl FnOnce(&mut CameraHealth), verdict: Verdict, what: &str) {
        let mut health = healthy();
        change(&mut health);
        let opinions = judge_health(&health);
        let found = opinions.iter().find(|one| one.what.contains(what));
        assert_eq!(found.map(|one| one.verdict), Some(verdict), "{opinions:?}");
    }

    #[test]
    fn what_the_daemon_tells_of_a_camera_is_judged() {
        told(|_| {}, Verdict::Good, "gets H.264, 1920x1080, 25.0 pictures a second, 12.5 of them analysed");
        told(|_| {}, Verdict::Good, "31 pixels high");
        told(|health| health.view = Some(View::Moved), Verdict::Bad, "turned or pushed");
        told(|health| health.picture.as_mut().expect("one").plate_height_px = Some(12.0), Verdict::Note, "small");
        told(|health| health.reopened = 40, Verdict::Note, "40 times");
        let lost = |health: &mut CameraHealth| {
            health.state = CameraState::Lost;
            health.last_error = Some("camera front: no frame for 5.0 s; check that it is powered".into());
        };
        told(lost, Verdict::Bad, "no frame for 5.0 s");
        told(|health| health.state = CameraState::Opening, Verdict::Note, "being opened");
    }

    #[track_caller]
    fn probed(report: ProbeReport, verdict: Verdict, what: &str) {
        let name = CameraName::try_from("front").expect("a name");
        let text = "[site]\nname = \"s\"\ngate = \"g\"\n[mqtt]\nhost = \"localhost\"\n[[camera]]\nname = \"front\"\n\
                    source.rtsp.url = \"rtsp://192.0.2.1/1\"\n[[lane]]\nname = \"in-1\"\ncamera = \"front\"\n";
        let config = Config::parse(text, "gate.toml", std::path::Path::new("/")).expect("it is right");
        let opinion = judge_probe(&report, config.camera(&name).expect("it is there"));
        assert!(opinion.verdict == verdict && opinion.what.contains(what), "{opinion:?}");
    }

    #[test]
    fn what_a_probe_shows_is_judged() {
        let stream = StreamInfo { codec: Some("H.264".into()), size: Some((1280, 720)), frames_per_second: Some(25.0) };
        let works = || ProbeReport {
            read: true,
            stream: stream.clone(),
            frames: 74,
            first_frame: Some(Duration::from_millis(310)),
            measured_rate: Some(24.56),
            tally: Tally::default(),
            fault: None,
        };
        probed(works(), Verdict::Good, "gives H.264, 1280x720, 24.6 pictures a second, the first after 310 ms");
        probed(ProbeReport { measured_rate: Some(2.0), ..works() }, Verdict::Note, "which is little");
        let tally = Tally { lost_packets: 7, ..Tally::default() };
        probed(ProbeReport { tally, ..works() }, Verdict::Note, "7 pictures or packets");
        let camera = CameraName::try_from("front").expect("a name");
        let fault = Some(SourceError::Silent { camera, waited: Duration::from_secs(5) });
        probed(ProbeReport { fault, ..works() }, Verdict::Bad, "no frame for 5.0 s");
        probed(ProbeReport { read: false, ..works() }, Verdict::Good, "not read");
        probed(ProbeReport { frames: 0, ..works() }, Verdict::Bad, "no picture");
    }
}

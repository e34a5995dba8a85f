//! A lane's answers to triggers: which vehicle gave one, and what is told when none was read.
//!
//! A trigger is of one vehicle: of those in view after it the one that has answered none yet and came last, else the one
//! that was in view just before. It never makes a second event for a vehicle that has one: it amends that.

use std::time::Duration;

use jiff::Timestamp;

use super::Lane;
use super::ending::is_vehicle_unread;
use super::window::Window;
use crate::frame::Moment;
use crate::passage::{NoReadReason, Passage, Stage};
use crate::tracking::Track;
use crate::trigger::{Analyse, Trigger};

/// A vehicle that was seen last within this time before a trigger is the one that gave it: the loop lies behind the place
/// where its plate was in view. Lorries that follow each other are further apart.
const JUST_BEFORE: Duration = Duration::from_secs(3);
/// A plate that comes into view within this time after a trigger was answered unread is that of its vehicle: it has rolled
/// on a little.
const JUST_AFTER: Duration = Duration::from_secs(3);

impl Lane {
    /// A vehicle is known to be there: opens a window for its trigger at `now` on the process's clock, or joins it to the one
    /// that is open for the same vehicle. Gives the answer to an older one that was due.
    pub fn summon(&mut self, trigger: Trigger, now: Moment) -> Vec<Passage> {
        if let Some(window) = self.window.as_mut().filter(|window| window.takes(&trigger)) {
            window.join(trigger);
            return Vec::new();
        }
        let unanswered = self.window.as_ref().is_some_and(|window| !window.answered);
        let older = if unanswered { self.answer(now) } else { Vec::new() };
        self.window = Some(Window::opened_by(trigger, now));
        older
    }

    /// Whether a trigger waits for its answer, or its window is still open.
    #[must_use]
    pub fn is_summoned(&self) -> bool {
        self.window.is_some()
    }

    /// Whether the answer to a trigger is due at `now` on the process's monotonic clock.
    #[must_use]
    pub fn owes_an_answer(&self, now: Duration) -> bool {
        self.window.as_ref().is_some_and(|window| window.due() <= now)
    }

    /// Closes the window and answers its trigger, at `now` on the process's clock, unless that was done already. A vehicle
    /// that stands there and is watched further has a final passage to come, so it is answered with a provisional one.
    pub fn answer(&mut self, now: Moment) -> Vec<Passage> {
        let mut passages = match self.rules.analyse {
            Analyse::Trigger => self.finish(),
            Analyse::Always | Analyse::Motion => self.answer_with_what_is_in_view().into_iter().collect(),
        };
        match self.window.take() {
            Some(window) if !window.answered => {
                passages.push(self.seen_just_before(&window).unwrap_or_else(|| self.unread(window, now)));
                passages
            }
            _ => passages,
        }
    }

    /// Lets one of these tracks answer the open window, if it has no answer yet and one of them is a vehicle that was in view
    /// after its trigger.
    pub(super) fn answer_window_with<'t>(&mut self, tracks: impl Iterator<Item = &'t mut Track>) {
        let Some(window) = self.window.as_mut().filter(|window| !window.answered) else { return };
        let began = window.began().wall;
        let rule = &self.rules.agreement;
        let may_have_given_it = |track: &&mut Track| {
            track.last_seen().wall >= began && (track.agreed(rule).is_some() || is_vehicle_unread(track))
        };
        let likeliest = tracks.filter(may_have_given_it).max_by_key(|track| {
            (track.triggers().is_empty(), track.agreed(rule).is_some(), track.first_seen().elapsed)
        });
        if let Some(track) = likeliest {
            track.answer(&window.triggers);
            window.answered = true;
        }
    }

    /// A provisional passage of the likeliest vehicle in view, or an amendment if it has its event already. Where no track
    /// is a vehicle by itself, the trigger makes one of that with the most readings.
    fn answer_with_what_is_in_view(&mut self) -> Option<Passage> {
        self.window.as_ref().filter(|window| !window.answered)?;
        let mut tracks = self.tracker.close_all();
        self.answer_window_with(tracks.iter_mut());
        if let Some(window) = self.window.as_mut().filter(|window| !window.answered) {
            let began = window.began().wall;
            let read = |track: &&mut Track| track.last_seen().wall >= began && track.ballot().reads() > 0;
            if let Some(track) = tracks.iter_mut().filter(read).max_by_key(|track| track.ballot().reads()) {
                track.answer(&window.triggers);
                window.answered = true;
            }
        }
        let asked = self.window.as_ref().filter(|window| window.answered).map(|window| window.triggers.clone());
        let answer = asked.and_then(|asked| {
            let is_asked = |track: &&mut Track| track.triggers().iter().any(|trigger| asked.contains(trigger));
            tracks.iter_mut().find(is_asked).and_then(|track| self.told_early(track))
        });
        if answer.is_none() {
            tracks.iter().for_each(|track| self.note_no_result(track));
        }
        self.tracker.open_again(tracks);
        answer
    }

    /// What is told of a track that goes on.
    fn told_early(&mut self, track: &mut Track) -> Option<Passage> {
        self.recognise_unread(track);
        if track.told().is_some() {
            return self.tell(track);
        }
        track.announce();
        self.passage(track, Stage::Provisional)
    }

    /// The vehicle that was in view just before the window was opened: its loop lies behind its view. Or the one that was told
    /// long before and was in view for a moment: its plate flickers.
    fn seen_just_before(&mut self, window: &Window) -> Option<Passage> {
        let began = window.began().wall;
        let mut earlier = self.tracker.wake(|track| {
            let last_seen = track.last_seen().wall;
            let is_near = last_seen >= began || wall_time_between(last_seen, began) <= JUST_BEFORE;
            is_near.then(|| (track.triggers().is_empty(), last_seen))
        })?;
        earlier.answer(&window.triggers);
        // A trigger of the same name, answered before, is answered again.
        let passage = self.tell(&mut earlier).or_else(|| self.passage(&earlier, Stage::Amended));
        self.tracker.rest(earlier);
        passage
    }

    /// The vehicle that a trigger tells of and that nothing was read of.
    fn unread(&mut self, window: Window, now: Moment) -> Passage {
        let reason = match (window.frames, window.readings) {
            (0, _) => NoReadReason::NoPicture,
            (_, true) => NoReadReason::NoAgreement,
            (_, false) => window.illegible.unwrap_or(NoReadReason::NoPlateFound),
        };
        let began = window.began();
        let (best_frame, best_corners) = window.look.map_or((None, None), |(frame, corners)| (Some(frame), corners));
        let passage = Passage {
            lane: self.name.clone(),
            camera: self.camera.clone(),
            track: self.tracker.next_id(),
            stage: Stage::Final,
            plate: Err(reason),
            side_number: window.side_numbers.agreed(),
            first_seen: began,
            best_seen: best_frame.as_ref().map_or(began, |frame| frame.captured_at),
            last_seen: now,
            best_frame,
            best_corners,
            triggers: window.triggers,
            direction: None,
            end: None,
        };
        self.unread = Some(Passage { best_frame: None, ..passage.clone() });
        passage
    }

    /// A plate that comes into view just after a trigger was answered unread is that of its vehicle.
    pub(super) fn recognise_unread(&mut self, track: &mut Track) {
        let Some(unread) = &self.unread else { return };
        let late = wall_time_between(unread.last_seen.wall, track.first_seen().wall);
        let before = track.first_seen().wall <= unread.last_seen.wall;
        let after = track.last_seen().wall >= unread.first_seen.wall;
        let is_new = !track.announced() && track.told().is_none();
        if is_new && after && (before || late <= JUST_AFTER) && track.agreed(&self.rules.agreement).is_some() {
            track.continue_from(unread);
            track.answer(&unread.triggers);
            self.unread = None;
        }
    }

    /// A track that came to nothing, while a trigger says that a vehicle is there.
    pub(super) fn note_no_result(&mut self, track: &Track) {
        let seen_after = |window: &&mut Window| track.last_seen().wall >= window.began().wall;
        let Some(window) = self.window.as_mut().filter(seen_after) else { return };
        let best = track.best();
        match &best.frame {
            Some(frame) if track.ballot().reads() > 0 => window.read_without_result(frame, best.corners),
            _ if track.legibility().known_plates() > 0 => window.illegible = Some(track.legibility().reason()),
            _ => {}
        }
    }
}

/// From one wall time to another; longer than anything when the second is before the first.
fn wall_time_between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::MAX)
}

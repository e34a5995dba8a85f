//! Scenarios side by side, one on each core, and their results in order.

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use gatelpr::clock::Clock;
use gatelpr::evaluation::passages::outcome::ScenarioOutcome;

/// A scenario's outcome, and what it took.
pub(crate) struct Measured {
    /// What became of everything in it.
    pub(crate) outcome: ScenarioOutcome,
    /// Pictures that were drawn or decoded, and analysed.
    pub(crate) pictures: usize,
}

/// One scenario to be run.
pub(crate) type Job = Box<dyn Fn() -> Measured + Send + Sync>;

/// Runs all jobs, `threads` at the same time. Results are in the jobs' order, whatever the threads do.
pub(crate) fn all(jobs: &[Job], threads: usize) -> Vec<Measured> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Measured)>> = Mutex::new(Vec::new());
    let clock = Clock::start();
    let work = || {
        while let Some((index, job)) = take(&next, jobs) {
            let measured = job();
            let mut done = done.lock().expect("no other thread has panicked");
            let passages = measured.outcome.passages.len();
            progress(&format!(
                "{} of {}: {}, {passages} passages, {} pictures, {:.0} s since the start",
                done.len() + 1,
                jobs.len(),
                measured.outcome.name,
                measured.pictures,
                clock.elapsed().as_secs_f32()
            ));
            done.push((index, measured));
        }
    };
    std::thread::scope(|scope| {
        (0..threads.min(jobs.len())).for_each(|_| drop(scope.spawn(work)));
    });
    let mut done = done.into_inner().expect("no thread has panicked");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, measured)| measured).collect()
}

fn take<'j>(next: &AtomicUsize, jobs: &'j [Job]) -> Option<(usize, &'j Job)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    jobs.get(index).map(|job| (index, job))
}

/// Results go to the standard output, and this does not.
pub(crate) fn progress(line: &str) {
    writeln!(std::io::stderr(), "{line}").expect("somebody waits");
}

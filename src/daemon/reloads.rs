//! Reading the config again: who may begin it, what came of it, and what outlives the run that it ends.
//!
//! Whoever wants it asks here: a command, SIGHUP, the file itself, the console. One reload is under way at a time. Not here: what
//! begins anew (`change`), and how (`swap`).

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use super::change::Change;
use super::file_watch::{Content, FileWatch, LOOK_EVERY, content};
use super::swap::Prepared;
use crate::alarm::{AlarmKind, Alarms};
use crate::clock::Clock;
use crate::config::Config;
use crate::publish::inbound::{Reload, ReloadRefused, Reloading};
use crate::publish::status::{LastReload, ReloadOutcome};
use crate::publish::status_board::StatusSender;
use crate::publish::utc_time::UtcTime;
use crate::stop::Stop;

/// Reads a config file again, over all runs of this process.
#[derive(Debug)]
pub struct Reloads {
    path: PathBuf,
    state: Mutex<State>,
    /// A turn is over.
    turned: Condvar,
}

/// Whoever comes while something is under way waits so long for his turn: a script that writes the file and then asks is not to be
/// refused because the file was seen first.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct State {
    /// What was in the file when it was tried last.
    tried: Content,
    /// The run, while it is at work.
    run: Option<RunLink>,
    /// Something is under way.
    busy: bool,
    /// What the next run begins with.
    next: Option<Config>,
    /// Why a config could not begin its run, until the one before it is back.
    not_begun: Option<String>,
    last: Option<LastReload>,
    /// Why the file is not in use, if it is not.
    trouble: Option<String>,
}

/// A run that can be changed.
#[derive(Debug, Clone)]
pub(super) struct RunLink {
    /// What it works with.
    pub(super) config: Arc<Config>,
    /// Its models, by name.
    pub(super) models: Vec<String>,
    /// Where it takes changes.
    pub(super) jobs: mpsc::Sender<Job>,
    /// What its status says.
    pub(super) status: StatusSender,
    /// What needs somebody.
    pub(super) alarms: Alarms,
    /// Stamps.
    pub(super) clock: Clock,
}

/// A change that was made ready.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) plan: Plan,
    /// Completes when whoever asked was told.
    pub(super) go: oneshot::Receiver<()>,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Plan {
    /// Nothing but to remember the config.
    Nothing(Config),
    /// To exchange parts.
    Parts(Box<Prepared>),
    /// To end the run for another one.
    WholeRun(Config),
}

/// How a run ended.
#[derive(Debug)]
pub enum RunEnd {
    /// For another one with this config.
    For(Box<Config>),
    /// Before it had begun.
    NotBegun,
    /// In any other way.
    Otherwise,
}

impl Reloads {
    /// For the file at `path`, of which `config` was read.
    #[must_use]
    pub fn of(path: &Path, config: &Config) -> Self {
        let state = State {
            tried: Some(config.config_sha256().to_owned()),
            run: None,
            busy: false,
            next: None,
            not_begun: None,
            last: None,
            trouble: None,
        };
        Self { path: path.to_owned(), state: Mutex::new(state), turned: Condvar::new() }
    }

    /// Looks at the file until `stop`, and reads it again when it says something else or `asked` is signalled.
    pub async fn look_after(self: Arc<Self>, mut asked: mpsc::Receiver<()>, stop: Stop) {
        let (mut watch, mut is_asked) = (FileWatch::default(), false);
        loop {
            tokio::select! {
                () = stop.wait_async() => return,
                Some(()) = asked.recv() => is_asked = true,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            let reloads = Arc::clone(&self);
            let look = tokio::task::spawn_blocking(move || {
                let tried = reloads.lock().tried.clone();
                let has_news = watch.has_news(content(&reloads.path), &tried);
                // What was found out is told where the run tells how it is; whoever is busy is asked again at the next look.
                let is_busy = (is_asked || has_news) && matches!(reloads.reload(), Err(ReloadRefused::Busy));
                (watch, is_asked && is_busy)
            });
            let Ok(looked) = look.await else { return };
            (watch, is_asked) = looked;
        }
    }

    /// What came of the last time.
    pub(super) fn last(&self) -> Option<LastReload> {
        self.lock().last.clone()
    }

    /// A run is at work.
    pub(super) fn run_began(&self, link: RunLink) {
        let mut state = self.lock();
        let at = UtcTime::new(link.clock.now().wall);
        if let Some(why) = state.not_begun.take() {
            state.note(at, ReloadOutcome::Failed, Vec::new(), Some(&why));
        } else if state.busy {
            state.note(at, ReloadOutcome::Done, Change::WholeRun.names(), None);
        }
        state.busy = false;
        state.run = Some(link);
        state.tell(&self.path);
    }

    /// The run has ended.
    pub fn run_ended(&self) -> RunEnd {
        let mut state = self.lock();
        let begun = state.run.take().is_some();
        self.turned.notify_all();
        match state.next.take() {
            Some(next) => RunEnd::For(Box::new(next)),
            None if begun => RunEnd::Otherwise,
            None => RunEnd::NotBegun,
        }
    }

    /// The run with a new config has not begun, for this reason: the next one is with the config before it.
    pub fn not_begun(&self, why: String) {
        self.lock().not_begun = Some(why);
    }

    /// The run is to end, and the next one begins with `config`.
    pub(super) fn begin_anew_with(&self, config: Config) {
        info!("the run ends, and another one begins with the config that was read again");
        self.lock().next = Some(config);
        self.turned.notify_all();
    }

    /// The run works with `config` now; these parts of it began anew, and with other models where they are named.
    pub(super) fn done(&self, config: Config, changed: Vec<String>, models: Option<Vec<String>>) {
        let mut state = self.lock();
        let Some(run) = &mut state.run else { return };
        run.config = Arc::new(config);
        run.models = models.unwrap_or_else(|| std::mem::take(&mut run.models));
        let at = UtcTime::new(run.clock.now().wall);
        state.note(at, ReloadOutcome::Done, changed, None);
        state.busy = false;
        self.turned.notify_all();
        state.tell(&self.path);
    }

    /// The run is about to end, so nothing came of it.
    pub(super) fn given_up(&self) {
        self.lock().busy = false;
        self.turned.notify_all();
    }

    /// The run, for whoever changes it; nobody else does until it is told what came of it.
    fn take_turn(&self) -> Result<RunLink, ReloadRefused> {
        // A run that is about to end waits for whoever would wait here.
        let waits = |state: &mut State| state.busy && state.run.is_some() && state.next.is_none();
        let waited = self.turned.wait_timeout_while(self.lock(), PATIENCE, waits);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let run = state.run.clone().filter(|_| !state.busy).ok_or(ReloadRefused::Busy)?;
        state.busy = true;
        // Before it is read: a file that is changed meanwhile is another one.
        state.tried = content(&self.path);
        Ok(run)
    }

    fn refuse(&self, run: &RunLink, outcome: ReloadOutcome, why: String) -> ReloadRefused {
        let mut state = self.lock();
        state.note(UtcTime::new(run.clock.now().wall), outcome, Vec::new(), Some(&why));
        state.busy = false;
        self.turned.notify_all();
        state.tell(&self.path);
        ReloadRefused::Problems(why)
    }

    fn plan(&self, run: &RunLink) -> Result<(Plan, Vec<String>), ReloadRefused> {
        let config = Config::load(&self.path)
            .map_err(|problems| self.refuse(run, ReloadOutcome::Refused, problems.to_string()))?;
        let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        let change = Change::between(&run.config, &config, cores);
        let changed = change.names();
        let plan = match change {
            Change::Nothing => Plan::Nothing(config),
            Change::WholeRun => Plan::WholeRun(config),
            Change::Parts(parts) => {
                let prepared = Prepared::with(config, parts);
                let prepared =
                    prepared.map_err(|error| self.refuse(run, ReloadOutcome::Failed, format!("{error:#}")))?;
                Plan::Parts(Box::new(prepared))
            }
        };
        Ok((plan, changed))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reload for Reloads {
    fn reload(&self) -> Result<Reloading, ReloadRefused> {
        let run = self.take_turn()?;
        let (plan, changed) = self.plan(&run)?;
        info!(config = %self.path.display(), ?changed, "the config was read again and can be used");
        let (told, go) = oneshot::channel();
        if run.jobs.try_send(Job { plan, go }).is_err() {
            self.given_up();
            return Err(ReloadRefused::Busy);
        }
        Ok(Reloading::soon(changed, told))
    }

    fn file(&self) -> &Path {
        &self.path
    }
}

impl State {
    fn note(&mut self, at: UtcTime, outcome: ReloadOutcome, changed: Vec<String>, why: Option<&str>) {
        // The first problem explains the others, and `gatelpr check` shows them all.
        let problem = why.map(|why| why.split("\n\n").next().unwrap_or_default().to_owned());
        match &problem {
            Some(_) => {
                warn!("the config was read again and cannot be used; nothing is changed:\n{}", why.unwrap_or_default())
            }
            None => info!(?changed, "the config in the file is in use"),
        }
        self.trouble.clone_from(&problem);
        self.last = Some(LastReload { at, outcome, changed, problem });
    }

    /// Tells what came of it where the run tells how it is.
    fn tell(&self, path: &Path) {
        let Some(RunLink { config, models, status, alarms, clock, .. }) = &self.run else { return };
        match &self.trouble {
            None => alarms.clear(AlarmKind::ConfigFile),
            Some(problem) => {
                let text = format!(
                    "the config file {} cannot be used, so the gate goes on with what it had; correct the file, which is then used \
                     at once, or see all that is wrong with it with `gatelpr check`: {problem}",
                    path.display()
                );
                alarms.raise(AlarmKind::ConfigFile, &text, clock.now().wall);
            }
        }
        status.send_if_modified(|status| {
            let before = status.clone();
            status.last_reload.clone_from(&self.last);
            status.config_sha256 = config.config_sha256().to_owned();
            status.models.clone_from(models);
            status.lanes = config.lanes.iter().map(|lane| lane.name.to_string()).collect();
            *status != before
        });
    }
}
